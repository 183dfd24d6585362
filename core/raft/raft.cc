#include "core/raft/raft.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/overload.h"
#include "core/base/random.h"
#include "core/raft/codec.h"
#include "core/raft/impl.h"

namespace jfs::raft {
namespace {

LogIndex LastOf(const Recovered& recovered) {
  return recovered.base.index + recovered.entries.size();
}

uint64_t SessionOf(const Config& config, uint64_t seed) {
  return std::max<uint64_t>(Mix64(Mix64(seed) ^ config.incarnation.value), 1);
}

}  // namespace

Raft::Raft(Config config, Recovered recovered, Micros now, uint64_t seed)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(recovered), now, seed)) {}
Raft::~Raft() = default;
Output Raft::Step(Micros now, const Input& input) { return impl_->Step(now, input); }
bool Raft::LeaseValid(Micros now) const { return impl_->LeaseValid(now); }
const Entry* Raft::entry(LogIndex index) const { return impl_->entry(index); }
Standing Raft::standing() const { return impl_->standing(); }
const Membership& Raft::membership() const { return impl_->membership(); }
Status Raft::status() const { return impl_->status(); }

Raft::Impl::Impl(Config config, Recovered recovered, Micros now, uint64_t seed)
    : config_(std::move(config)),
      session_(SessionOf(config_, seed)),
      random_(seed),
      now_(now),
      hard_(std::move(recovered.hard_state)),
      log_(recovered.base, {}),
      durability_(LastOf(recovered)),
      commit_(std::max(recovered.base.index, recovered.applied)),
      applied_(commit_),
      leader_heard_(now),
      formation_(self(), config_.initial_members),
      hello_deadline_(now) {
  CHECK_GE(config_.election_timeout, kLeasePromise);
  CHECK(std::is_sorted(config_.initial_members.begin(), config_.initial_members.end()));
  CHECK(std::find(config_.initial_members.begin(), config_.initial_members.end(), config_.self) !=
        config_.initial_members.end());
  CHECK_LE(commit_, LastOf(recovered)) << "state ahead of the log: the log must restart at it";
  for (Entry& entry : recovered.entries) {
    CHECK_GE(entry.term, log_.last_term());
    if (entry.kind == EntryKind::kAdmit && entry.index > commit_) {
      std::optional<Admission> admission = DecodeAdmission(entry.payload.view());
      CHECK(admission.has_value()) << "entry " << entry.index;
      pending_admissions_.push_back({.index = entry.index, .admission = *admission});
    }
    log_.Append(std::move(entry));
  }
  if (recovered.applied_term != Term{}) {
    CHECK_EQ(log_.term(applied_), recovered.applied_term)
        << "the log does not lead up to the state: it must restart at it";
  }
  if (hard_.term < log_.last_term()) {
    // Only a state ahead of the log gets here: its entries were committed by others' disks. No vote
    // of ours in that term can have left, since it would have been durable.
    CHECK_EQ(log_.last_index(), log_.base().index);
    hard_.term = log_.last_term();
    hard_.voted_for = NodeId{};
    hard_dirty_ = true;
  }
  if (recovered.damaged && !hard_.recovering) {
    hard_.recovering = true;
    hard_dirty_ = true;
  }
  if (formed() && !hard_.membership.Contains(self()) && !hard_.recovering) {
    hard_.recovering = true;
    hard_dirty_ = true;
  }
  // Peers lock a record that names this disk's incarnation: they may hear of it only once the log,
  // whose first batch makes it durable, has taken one.
  if (!formed()) hard_dirty_ = true;
  // The membership is changed only by what is committed.
  const Position admitted = {.index = hard_.membership.as_of, .term = hard_.membership.as_of_term};
  if (log_.Has(admitted)) commit_ = std::max(commit_, admitted.index);
  while (!pending_admissions_.empty() && pending_admissions_.front().index <= commit_) {
    pending_admissions_.pop_front();
  }
  matched_ = commit_;
  committed_from_ = applied_;
  if (formed()) role_ = Role::kFollower;
  ResetElectionTimer();
  log_.Evict(std::min(applied_, durability_.durable_index()), config_.cached_bytes);
}

Output Raft::Impl::Step(Micros now, const Input& input) {
  CHECK_GE(now, now_) << "the driver's clock went back";
  now_ = now;
  out_ = Output{};
  const View before = view();
  std::visit([this](const auto& in) { On(in); }, input);
  FinishStep();
  if (oracle_checks()) {
    const View after = view();
    CheckView(after, config_.self);
    CheckTransition(before, after);
    CHECK(log_.TermsOrdered()) << "terms fall along the log";
  }
  return std::move(out_);
}

View Raft::Impl::view() const {
  return {.role = role_,
          .term = hard_.term,
          .voted_for = hard_.voted_for,
          .leader = leader_,
          .commit = commit_,
          .applied = applied_,
          .durable = durability_.durable_index(),
          .base = log_.base(),
          .last = log_.last(),
          .as_of = hard_.membership.as_of,
          .cluster = hard_.membership.cluster,
          .recovering = hard_.recovering};
}

// Only a tick looks at the clock's consequences: after a pause the messages that waited are heard
// first.
void Raft::Impl::On(const Tick&) { RunTimers(); }

void Raft::Impl::On(const Received& input) {
  const Message& message = input.message;
  if (message.to != config_.self || message.from.node == config_.self) return;
  if (const auto* hello = std::get_if<Hello>(&message.body)) {
    OnHello(message, *hello);
    return;
  }
  if (!formed() || message.cluster != hard_.membership.cluster) return;
  const auto& members = hard_.membership.members;
  if (std::none_of(members.begin(), members.end(),
                   [&](const Member& m) { return m.node == message.from.node; })) {
    return;
  }
  // Votes have their own rules for terms: a request may have to be ignored whatever its term is,
  // and a pre-vote carries a term that nobody is in.
  if (const auto* request = std::get_if<VoteRequest>(&message.body)) {
    OnVoteRequest(message, *request);
    return;
  }
  const auto* vote = std::get_if<VoteReply>(&message.body);
  if (vote != nullptr && vote->pre_vote && vote->granted) {
    OnVoteReply(message, *vote);
    return;
  }
  if (message.term < term()) {
    RefuseStale(message);
    return;
  }
  if (message.term > term()) BecomeFollower(message.term, NodeId{});
  std::visit(Overload{[](const Hello&) {}, [](const VoteRequest&) {},
                      [&](const VoteReply& body) { OnVoteReply(message, body); },
                      [&](const AppendRequest& body) { OnAppendRequest(message, body); },
                      [&](const AppendReply& body) { OnAppendReply(message, body); },
                      [&](const Heartbeat& body) { OnHeartbeat(message, body); },
                      [&](const HeartbeatReply& body) { OnHeartbeatReply(message, body); },
                      [&](const TimeoutNow&) { OnTimeoutNow(message); }},
             message.body);
}

void Raft::Impl::On(const Durable& input) {
  durability_.Completed(input.token, {.index = input.last, .term = input.term});
  if (role_ == Role::kCandidate) VoteForSelfDurable();
  MaybeCommit();
}

void Raft::Impl::On(const Applied& input) {
  CHECK_LE(input.index, commit_) << "applied what is not committed";
  applied_ = std::max(applied_, input.index);
}

void Raft::Impl::On(const StateDurable& input) {
  const LogIndex through = input.through.index;
  CHECK_LE(through, applied_);
  if (through <= log_.base().index) return;
  CHECK_EQ(log_.term(through), input.through.term);
  // Two followers may have committed entries that the own log has not yet on disk; the state covers
  // them now.
  durability_.CoveredThrough(through);
  const LogIndex needed = FollowersNeedAbove();
  LogIndex base = log_.base().index;
  while (base < through) {
    const size_t kept = log_.bytes(base, log_.last_index());
    if (kept <= config_.trailing_bytes) break;
    if (base >= needed && kept <= config_.snapshot_pin_bytes) break;
    ++base;
  }
  if (base == log_.base().index) return;
  log_.CompactThrough(base);
  out_.compact_below = base + 1;
  out_.compact_term = log_.base().term;
}

void Raft::Impl::On(const SnapshotInstalled& input) {
  CHECK_GE(input.at.index, applied_) << "a snapshot took the state back";
  if (formed() && input.membership.formed()) {
    CHECK_EQ(input.membership.cluster, hard_.membership.cluster);
    if (input.membership.as_of > hard_.membership.as_of) {
      hard_.membership = input.membership;
      hard_dirty_ = true;
      if (!hard_.membership.Contains(self()) && !hard_.recovering) {
        // As in AdmissionCommitted: who has been replaced is silent, whatever it was about to do.
        hard_.recovering = true;
        BecomeFollower(term(), role_ == Role::kLeader ? NodeId{} : leader_);
      }
    }
  }
  if (log_.Has(input.at)) {
    // The log leads up to the snapshot and beyond: what follows still does.
    log_.CompactThrough(input.at.index);
    out_.compact_below = input.at.index + 1;
    out_.compact_term = input.at.term;
    durability_.CoveredThrough(input.at.index);
  } else {
    log_.Reset(input.at);
    durability_.Reset(input.at.index);
    reset_to_ = input.at;
    truncate_from_.reset();
    persist_from_ = LogIndex{};
    pending_admissions_.clear();
  }
  while (!pending_admissions_.empty() && pending_admissions_.front().index <= input.at.index) {
    pending_admissions_.pop_front();
  }
  if (term() < input.at.term) BecomeFollower(input.at.term, NodeId{});
  commit_ = std::max(commit_, input.at.index);
  committed_from_ = std::max(committed_from_, input.at.index);
  applied_ = input.at.index;
  matched_ = std::max(matched_, input.at.index);
}

void Raft::Impl::On(const DiskSpace& input) { disk_low_ = input.low; }

void Raft::Impl::RunTimers() {
  if (role_ == Role::kForming) FormingTimers();
  if (role_ == Role::kForming) return;
  if (role_ == Role::kLeader) {
    LeaderTimers();
    return;
  }
  if (now_ < election_deadline_) return;
  // A node that is silent, or whose vote for itself could not reach the disk, has nothing to offer.
  if (hard_.recovering || DiskHung()) {
    ResetElectionTimer();
    return;
  }
  BecomePreCandidate();
}

void Raft::Impl::FinishStep() {
  MaybeLeaveRecovering();
  if (role_ == Role::kLeader) {
    AnswerReads();
    SendAppends();
    MaybeFinishTransfer();
  }
  CommitProposals();
  ResolveLostProposals();
  ReleaseMemory();
  IssuePersist();
  PersistToken after;
  for (Promise& promise : promises_) {
    after = std::max(after, durability_.TokenFor(promise.index));
    if (config_.mutations.Has(Mutation::kR15AckBeforeSync)) {
      out_.send.push_back(std::move(promise.message));
    } else {
      out_.after_durable.push_back(std::move(promise.message));
    }
  }
  promises_.clear();
  if (!out_.after_durable.empty()) out_.after = after;
  if (commit_ > committed_from_) {
    out_.committed = {.first = committed_from_ + 1, .end = commit_ + 1};
    committed_from_ = commit_;
  }
  out_.next_deadline = NextDeadline();
}

void Raft::Impl::IssuePersist() {
  const bool entries = persist_from_ != LogIndex{};
  if (!hard_dirty_ && !truncate_from_ && !reset_to_ && !entries) return;
  Persist persist;
  if (hard_dirty_) persist.hard_state = hard_;
  persist.truncate_from = truncate_from_;
  persist.reset_to = reset_to_;
  Position last;
  if (entries) {
    for (LogIndex i = persist_from_; i <= log_.last_index(); ++i) {
      persist.entries.push_back(*log_.at(i));
    }
    last = {.index = persist.entries.back().index, .term = persist.entries.back().term};
  }
  persist.token = durability_.Issue(now_, hard_dirty_, persist_from_, last);
  if (role_ == Role::kCandidate && campaign_token_ == PersistToken{}) {
    campaign_token_ = persist.token;
  }
  hard_dirty_ = false;
  truncate_from_.reset();
  reset_to_.reset();
  persist_from_ = LogIndex{};
  out_.persist = std::move(persist);
}

void Raft::Impl::ReleaseMemory() {
  log_.Evict(std::min(applied_, durability_.durable_index()), config_.cached_bytes);
}

Micros Raft::Impl::NextDeadline() const {
  if (role_ == Role::kForming) return hello_deadline_;
  if (role_ != Role::kLeader) return election_deadline_;
  Micros deadline = lead_->heartbeat_deadline;
  if (lead_->transfer_to != NodeId{}) deadline = std::min(deadline, lead_->transfer_deadline);
  return deadline;
}

void Raft::Impl::SendInTerm(NodeId to, Term term, Body body) {
  out_.send.push_back({.from = self(),
                       .to = to,
                       .cluster = hard_.membership.cluster,
                       .term = term,
                       .body = std::move(body)});
}

void Raft::Impl::Send(NodeId to, Body body) { SendInTerm(to, term(), std::move(body)); }

void Raft::Impl::SendAfterDurable(NodeId to, LogIndex index, Body body) {
  promises_.push_back({.index = index,
                       .message = {.from = self(),
                                   .to = to,
                                   .cluster = hard_.membership.cluster,
                                   .term = term(),
                                   .body = std::move(body)}});
}

void Raft::Impl::Append(Entry entry) {
  if (persist_from_ == LogIndex{}) persist_from_ = entry.index;
  if (entry.kind == EntryKind::kAdmit) {
    std::optional<Admission> admission = DecodeAdmission(entry.payload.view());
    // The decoder of messages has looked at it before.
    CHECK(admission.has_value()) << "entry " << entry.index << " is no admission";
    pending_admissions_.push_back({.index = entry.index, .admission = *admission});
  }
  log_.Append(std::move(entry));
}

void Raft::Impl::TruncateFrom(LogIndex index) {
  if (index > log_.last_index()) return;
  if (oracle_checks()) CHECK_GT(index, commit_) << "a committed entry would be cut off (3.6.3)";
  log_.TruncateFrom(index);
  durability_.Truncated(index);
  truncate_from_ = truncate_from_ ? std::min(*truncate_from_, index) : index;
  if (persist_from_ != LogIndex{} && persist_from_ >= index) persist_from_ = LogIndex{};
  commit_ = std::min(commit_, index - 1);
  committed_from_ = std::min(committed_from_, commit_);
  applied_ = std::min(applied_, commit_);
  matched_ = std::min(matched_, index - 1);
  while (!pending_admissions_.empty() && pending_admissions_.back().index >= index) {
    pending_admissions_.pop_back();
  }
}

void Raft::Impl::AdvanceCommit(LogIndex index) {
  index = std::min(index, log_.last_index());
  if (index <= commit_) return;
  commit_ = index;
  while (!pending_admissions_.empty() && pending_admissions_.front().index <= commit_) {
    const PendingAdmission committed = pending_admissions_.front();
    pending_admissions_.pop_front();
    AdmissionCommitted(committed.index, committed.admission);
  }
}

Standing Raft::Impl::standing() const {
  return {.role = role_,
          .term = hard_.term,
          .leader = leader_,
          .ready = role_ == Role::kLeader && OwnTermCommitted(),
          .recovering = hard_.recovering};
}

Status Raft::Impl::status() const {
  const Standing now = standing();
  Status status;
  status.role = now.role;
  status.term = now.term;
  status.voted_for = hard_.voted_for;
  status.leader = now.leader;
  status.commit = commit_;
  status.applied = applied_;
  status.durable = durability_.durable_index();
  status.last_index = log_.last_index();
  status.last_term = log_.last_term();
  status.first_index = log_.first_index();
  status.recovering = now.recovering;
  status.ready = now.ready;
  status.disk_low = disk_low_;
  status.transferring = lead_ && lead_->transfer_to != NodeId{};
  status.membership = hard_.membership;
  if (lead_) {
    for (const auto& [node, progress] : lead_->followers) {
      status.followers.push_back({.node = node,
                                  .match = progress.match(),
                                  .next = progress.next(),
                                  .counts = Counts(progress),
                                  .snapshotting = progress.state() == Progress::State::kSnapshot,
                                  .last_heard = progress.last_heard});
    }
  }
  status.uncommitted_bytes = log_.bytes(commit_, log_.last_index());
  status.cached_bytes = log_.cached_bytes();
  return status;
}

}  // namespace jfs::raft
