#include <algorithm>

#include "core/base/check.h"
#include "core/raft/impl.h"

// Linearizable reads without a log entry (dissertation 6.4): by the leader's lease, or by a round
// of heartbeats.
namespace jfs::raft {

bool Raft::Impl::OwnTermCommitted() const {
  return lead_.has_value() && commit_ >= lead_->first_index;
}

Micros Raft::Impl::LeaseEnd() const {
  if (!lead_) return Micros{};
  // Once a follower was asked to campaign nobody's stickiness protects this leader, until the term
  // ends: the request may still be on its way after the transfer was given up.
  if (lead_->transfer_to != NodeId{} || lead_->lease_void) return Micros{};
  if (majority() == 1) return kNever;
  if (lead_->rounds.confirmed() == 0) return Micros{};
  // A majority refuses to elect anybody for so long by their clocks, which may run fast against
  // ours. What they are configured to is not known here.
  const bool trusting = config_.mutations.Has(Mutation::kN27LeaseByOwnTimeout);
  const Duration promised = trusting ? config_.election_timeout : kLeasePromise;
  const Duration lease = promised * 1'000'000 / (1'000'000 + config_.clock_drift_ppm);
  return lead_->rounds.confirmed_start() + lease;
}

bool Raft::Impl::LeaseValid(Micros now) const {
  return role_ == Role::kLeader && OwnTermCommitted() && now < LeaseEnd();
}

void Raft::Impl::On(const ReadRequested& input) {
  if (role_ != Role::kLeader) {
    out_.reads.push_back({.id = input.id});
    return;
  }
  const bool early = config_.mutations.Has(Mutation::kR23ReadBeforeOwnTerm);
  const bool settled = OwnTermCommitted() || early;
  if (input.kind == ReadRequested::Kind::kLease && settled && now_ < LeaseEnd()) {
    out_.reads.push_back({.id = input.id, .ready = true, .by_lease = true, .index = commit_});
    return;
  }
  // Confirmed by the first round that starts from now on; AnswerReads starts it.
  lead_->reads.push_back({.id = input.id,
                          .index = settled ? commit_ : LogIndex{},
                          .round = lead_->rounds.latest() + 1});
}

void Raft::Impl::AnswerReads() {
  if (lead_->reads.empty()) return;
  // Before an own entry is committed the leader does not know what its predecessors committed: what
  // it knows then covers everything acknowledged before the read came.
  if (OwnTermCommitted()) {
    for (PendingRead& read : lead_->reads) {
      if (read.index == LogIndex{}) read.index = commit_;
    }
  }
  // One round at a time for reads: those that come while it is under way share the next.
  const PendingRead& oldest = lead_->reads.front();
  const bool under_way = oldest.round <= lead_->rounds.latest();
  if (!under_way) BroadcastHeartbeat();
  std::deque<PendingRead>& reads = lead_->reads;
  while (!reads.empty() && reads.front().index != LogIndex{} &&
         reads.front().round <= lead_->rounds.confirmed()) {
    out_.reads.push_back({.id = reads.front().id, .ready = true, .index = reads.front().index});
    reads.pop_front();
  }
  if (!reads.empty() && reads.front().round > lead_->rounds.latest()) BroadcastHeartbeat();
}

void Raft::Impl::FailReads() {
  for (const PendingRead& read : lead_->reads) out_.reads.push_back({.id = read.id});
  lead_->reads.clear();
}

}  // namespace jfs::raft
