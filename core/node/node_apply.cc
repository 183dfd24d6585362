#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/base/overload.h"
#include "core/kv/overlay.h"
#include "core/node/node_impl.h"

namespace jfs::node {

// Entries share one batch and one write, bounded so that a follower catching up still hears
// heartbeats in between. The row that says how far the state goes is in the same batch as the
// state.
void Node::Impl::ApplyCommitted() {
  if (applied_.index + 1 >= commit_end_) return;
  struct Answer {
    raft::Position at;
    std::vector<ns::Reply> replies;
  };
  std::vector<Answer> answers;
  apply_batch_.Clear();
  const kv::Overlay view(store_, &apply_batch_);
  uint32_t left = config_.apply_entries_per_step;
  uint64_t bytes = 0;
  while (left > 0 && bytes < config_.apply_bytes_per_step &&
         apply_batch_.bytes() < config_.apply_row_bytes_per_step &&
         applied_.index + 1 < commit_end_) {
    --left;
    const raft::Entry* entry = raft_->entry(applied_.index + 1);
    CHECK(entry != nullptr) << "committed entry " << (applied_.index + 1) << " is not in memory";
    const raft::Position at{entry->index, entry->term};
    bytes += entry->payload.size();
    if (entry->kind == raft::EntryKind::kCommand) {
      std::vector<ns::Reply> replies;
      const absl::Status status = namespace_->Apply(view, entry->index.value, entry->payload.view(),
                                                    &apply_batch_, &replies);
      if (!status.ok()) {
        Fail(absl::Status(status.code(),
                          absl::StrCat("cannot apply log entry ", at.index.value, " of term ",
                                       at.term.value, ": ", status.message())));
        return;
      }
      commands_applied_ += replies.size();
      answers.push_back(Answer{at, std::move(replies)});
    }
    applied_ = at;
  }
  applied_row_.at = applied_;
  applied_row_.membership = raft_->membership();
  apply_batch_.Put(kAppliedKey, EncodeAppliedRow(applied_row_));
  if (absl::Status status = store_->Write(apply_batch_); !status.ok()) {
    Fail(absl::Status(status.code(),
                      absl::StrCat("cannot write to the state store: ", status.message())));
    return;
  }
  // What the log brought may be news to a state that was flushed long ago: looking when it is
  // opened is not enough.
  if (absl::Status status = CheckMirror(); !status.ok()) {
    Fail(std::move(status));
    return;
  }
  for (Answer& answer : answers) calls_.OnApplied(answer.at, std::move(answer.replies), &out_);
  StepRaft(raft::Applied{applied_.index});
}

namespace {

// How much of a step's budget an answer takes.
uint64_t RowsOf(const ns::Reply& reply) {
  const auto blocks = [](const std::vector<ns::BlockLocations>& locations) {
    uint64_t rows = 0;
    for (const ns::BlockLocations& one : locations) rows += one.blocks.size();
    return rows;
  };
  return 1 +
         std::visit(Overload{
                        [&](const ns::Listing& listing) -> uint64_t {
                          return listing.entries.size() + blocks(listing.locations);
                        },
                        [](const ns::BlockLocations& one) -> uint64_t { return one.blocks.size(); },
                        [](const ns::OpenFileList& list) -> uint64_t { return list.files.size(); },
                        [](const auto&) -> uint64_t { return 0; },
                    },
                    reply.value);
}

}  // namespace

bool Node::Impl::ReadsReady() const {
  return !ready_reads_.empty() && ready_reads_.begin()->first <= applied_.index;
}

void Node::Impl::ServeReads() {
  // After a failure in applying, memory is ahead of the store.
  if (phase_ != Phase::kRunning) return;
  uint64_t rows = 0;
  while (ReadsReady() && rows < config_.read_rows_per_step) {
    const WaitingRead read = std::move(ready_reads_.begin()->second);
    ready_reads_.erase(ready_reads_.begin());
    ClientReply reply{.call = read.call, .at = applied_, .by_lease = read.by_lease};
    if (!read.renew.empty()) {
      for (const std::string& holder : read.renew) {
        if (!LeasesOfTerm().Renew(holder, now_)) reply.outcome = ClientReply::Outcome::kNotReady;
      }
      reply.reply.position = namespace_->position();
    } else if (InRecovery() && namespace_->recovery().state == ns::RecoveryState::kNone) {
      // Nothing of it is replicated yet, so the namespace does not know.
      reply.reply.code = ns::Code::kRecoveryLoading;
      reply.reply.arguments = {"0"};
      reply.reply.position = namespace_->position();
    } else if (!InRecovery() && (read.request.ns == 0 || !namespace_->has_namespaces())) {
      reply.outcome = ClientReply::Outcome::kNotReady;
    } else {
      if (absl::Status status = namespace_->Read(*store_, read.request, &reply.reply);
          !status.ok()) {
        Fail(
            absl::Status(status.code(), absl::StrCat("cannot read the state: ", status.message())));
        return;
      }
      ++leader_reads_;
      NoteAccess(read.request, reply.reply);
    }
    rows += RowsOf(reply.reply);
    out_.replies.push_back(std::move(reply));
  }
}

void Node::Impl::ProposeWaiting() {
  if (!calls_.waiting() || phase_ == Phase::kStopped) return;
  const raft::Standing raft = raft_->standing();
  if (raft.role != raft::Role::kLeader) {
    calls_.RefuseWaiting(ClientReply::Outcome::kNotLeader, raft.leader, &out_);
    return;
  }
  while (calls_.waiting()) {
    // Log time: what has passed since the batch before, kept to whole milliseconds without losing
    // the rest.
    uint64_t elapsed_millis = 0;
    if (stamped_term_ == raft.term) {
      elapsed_millis = (now_ - last_stamp_) / kMillisecond;
      last_stamp_ = last_stamp_ + elapsed_millis * kMillisecond;
    } else {
      stamped_term_ = raft.term;
      last_stamp_ = now_;
    }
    Calls::Proposal proposal = calls_.NextProposal(wall_, elapsed_millis);
    StepRaft(raft::Proposed{proposal.id, {std::move(proposal.payload)}});
  }
}

// What only the leader proposes, and only once it knows the state that all entries before its term
// left.
void Node::Impl::LeaderDuties() {
  if (phase_ != Phase::kRunning) return;
  const raft::Standing raft = raft_->standing();
  if (raft.role != raft::Role::kLeader || !raft.ready) return;
  // An entry of its own term has been applied, so all of the terms before. Under load the state may
  // trail what is committed for as long as the load lasts, and this must go on.
  if (applied_.term != raft.term) return;

  // Limits are the cluster's, not a master's: they are set once, before there is a namespace and
  // before one comes out of a mirror.
  const bool limits_open = !namespace_->has_namespaces() &&
                           namespace_->recovery().state == ns::RecoveryState::kNone &&
                           !(namespace_->limits() == config_.limits);
  if (limits_open) {
    if (limits_asked_.MayAsk(raft.term, now_)) calls_.AddInternal(config_.limits);
    return;
  }
  if (!MirrorDuties(raft)) return;
  std::vector<std::string> missing;
  for (const std::string& name : config_.namespaces) {
    if (!namespace_->FindNamespace(name).has_value()) missing.push_back(name);
  }
  if (!missing.empty() && namespaces_asked_.MayAsk(raft.term, now_)) {
    for (std::string& name : missing) calls_.AddInternal(ns::CreateNamespace{std::move(name)});
  }
  if (namespace_->anything_can_expire() && now_ >= last_stamp_ + config_.advance_interval) {
    calls_.AddInternal(ns::Advance{});
  }
  ReleaseDueLeases();
  if (namespace_->deletes_pending() && now_ >= FinishDeletesDue()) {
    last_finish_deletes_ = now_;
    finish_deletes_at_ = applied_.index;
    calls_.AddInternal(ns::FinishDeletes{config_.finish_deletes_rows});
  }
}

// While nothing newer is applied the one before may be under way, or was refused: then it is tried
// again.
Micros Node::Impl::FinishDeletesDue() const {
  const bool news = applied_.index > finish_deletes_at_;
  return last_finish_deletes_ + (news ? config_.finish_deletes_interval : kSecond);
}

void Node::Impl::MaybeFlush() {
  // Segments are given back some time after the flush that made them superfluous.
  log_bytes_at_flush_ = std::min(log_bytes_at_flush_, log_->bytes_kept());
  if (phase_ != Phase::kRunning || flush_job_.has_value() || state_durable_ == applied_) return;
  if (log_->bytes_kept() < log_bytes_at_flush_ + config_.flush_after_log_bytes) return;
  flush_job_ = job_tokens_.Next();
  out_.jobs.emplace_back(std::in_place_type<FlushState>, FlushState{*flush_job_});
}

void Node::Impl::OnStateFlushed(const StateFlushed& flushed) {
  if (flush_job_ != flushed.token) return;
  flush_job_.reset();
  if (!flushed.status.ok()) {
    Fail(absl::Status(flushed.status.code(),
                      absl::StrCat("cannot make the state durable: ", flushed.status.message())));
    return;
  }
  CHECK_LE(flushed.persisted.index, applied_.index) << "more is persisted than was written";
  if (flushed.persisted.index > state_durable_.index) {
    state_durable_ = flushed.persisted;
    StepRaft(raft::StateDurable{state_durable_});
  }
  log_bytes_at_flush_ = log_->bytes_kept();
}

}  // namespace jfs::node
