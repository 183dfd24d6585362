#include "core/base/check.h"
#include "core/raft/impl.h"

// Every proposal ends in exactly one fate.
namespace jfs::raft {

void Raft::Impl::On(const Proposed& input) {
  using Outcome = ProposalOutcome;
  CHECK(!input.commands.empty());
  const auto drop = [&](Outcome::Reason reason) {
    out_.proposals.push_back({.id = input.id, .fate = Outcome::Fate::kDropped, .reason = reason});
  };
  if (role_ != Role::kLeader) return drop(Outcome::Reason::kNotLeader);
  if (lead_->transfer_to != NodeId{}) return drop(Outcome::Reason::kTransferring);
  if (DiskMajorityLow()) return drop(Outcome::Reason::kDiskLow);
  size_t bytes = 0;
  for (const SharedBytes& command : input.commands) {
    bytes += Entry{.payload = command}.charged_bytes();
  }
  // An empty budget takes a batch of any size, or a large one would never get in.
  const size_t uncommitted = log_.bytes(commit_, log_.last_index());
  const size_t unapplied = log_.bytes(applied_, commit_);
  const bool full = uncommitted > 0 && uncommitted + bytes > config_.uncommitted_bytes;
  if (full || unapplied > config_.unapplied_bytes) return drop(Outcome::Reason::kBusy);
  const LogIndex first = log_.last_index() + 1;
  for (const SharedBytes& command : input.commands) {
    Append({.term = term(),
            .index = log_.last_index() + 1,
            .kind = EntryKind::kCommand,
            .payload = command});
  }
  proposals_.push_back({.id = input.id, .term = term(), .first = first, .last = log_.last_index()});
}

void Raft::Impl::CommitProposals() {
  if (role_ != Role::kLeader) return;
  while (!proposals_.empty() && proposals_.front().term == term() &&
         proposals_.front().last <= commit_) {
    const PendingProposal& done = proposals_.front();
    out_.proposals.push_back({.id = done.id,
                              .fate = ProposalOutcome::Fate::kCommitted,
                              .term = done.term,
                              .first = done.first});
    proposals_.pop_front();
  }
}

void Raft::Impl::ResolveLostProposals() {
  if (role_ == Role::kLeader) return;
  for (const PendingProposal& lost : proposals_) {
    ProposalOutcome outcome = {.id = lost.id,
                               .fate = ProposalOutcome::Fate::kUnknown,
                               .term = lost.term,
                               .first = lost.first};
    // The step that ended our leadership may also have brought news of what was committed instead
    // or after all.
    if (lost.last <= commit_ && log_.Has({.index = lost.last, .term = lost.term})) {
      outcome.fate = ProposalOutcome::Fate::kCommitted;
    } else if (lost.first <= commit_ && lost.first > log_.base().index &&
               log_.term(lost.first) != lost.term) {
      outcome.fate = ProposalOutcome::Fate::kDropped;
      outcome.reason = ProposalOutcome::Reason::kOverwritten;
    }
    out_.proposals.push_back(outcome);
  }
  proposals_.clear();
}

}  // namespace jfs::raft
