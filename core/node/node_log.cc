#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/node/log_conversion.h"
#include "core/node/node_impl.h"
#include "core/raft/codec.h"

namespace jfs::node {
namespace {

// Entries take the lane that may be slow; everything that keeps leadership alive goes past them.
Lane LaneOf(const raft::Message& message) {
  const bool bulk = std::holds_alternative<raft::AppendRequest>(message.body) ||
                    std::holds_alternative<raft::AppendReply>(message.body);
  return bulk ? Lane::kAppend : Lane::kControl;
}

}  // namespace

// A step may bring about the next one (a batch that is durable at once, a read that turns out
// served): these wait their turn, because Raft is stepped by one input at a time.
void Node::Impl::StepRaft(raft::Input input) {
  raft_inputs_.push_back(std::move(input));
  if (stepping_raft_) return;
  stepping_raft_ = true;
  while (!raft_inputs_.empty() && phase_ != Phase::kStopped) {
    const raft::Input next = std::move(raft_inputs_.front());
    raft_inputs_.pop_front();
    TakeRaftOutput(raft_->Step(now_, next));
  }
  raft_inputs_.clear();
  stepping_raft_ = false;
}

void Node::Impl::TakeRaftOutput(raft::Output output) {
  raft_deadline_ = output.next_deadline;
  if (output.persist.has_value()) Persist(*output.persist);
  for (const raft::Message& message : output.send) SendRaft(message);
  if (!output.after_durable.empty()) {
    held_.push_back(HeldMessages{output.after, std::move(output.after_durable)});
    ReleaseHeld();
  }
  if (!output.committed.empty()) {
    CHECK_EQ(output.committed.first, commit_end_) << "commit range with a gap";
    commit_end_ = output.committed.end;
  }
  if (!output.proposals.empty()) {
    const NodeId leader = raft_->standing().leader;
    for (const raft::ProposalOutcome& outcome : output.proposals) {
      calls_.OnOutcome(outcome, leader, &out_);
    }
  }
  for (const raft::ReadOutcome& outcome : output.reads) OnReadOutcome(outcome);
  for (const raft::SendSnapshot& order : output.send_snapshots) BeginSnapshot(order.to);
  for (const raft::ReadLog& order : output.read_log) {
    OnLog(log_->ReadEntries(order.for_follower.value, order.range.first.value,
                            order.range.end.value, order.max_bytes));
  }
  if (output.compact_below != raft::LogIndex{}) {
    OnLog(
        log_->Compact(log::LogPosition{output.compact_below.value - 1, output.compact_term.value}));
  }
}

void Node::Impl::Persist(const raft::Persist& order) {
  log::Batch batch;
  batch.token = ++last_log_token_;
  if (order.hard_state.has_value()) {
    last_hard_state_ = raft::EncodeHardState(*order.hard_state);
    batch.hard_state = last_hard_state_;
    // Raft clears the mark only when everything this disk had promised is on it again.
    batch.damage_repaired = log_damaged_ && !order.hard_state->recovering;
    if (batch.damage_repaired) log_damaged_ = false;
  }
  if (order.reset_to.has_value()) {
    batch.reset_to = log::LogPosition{order.reset_to->index.value, order.reset_to->term.value};
  }
  if (order.truncate_from.has_value()) batch.truncate_from = order.truncate_from->value;
  batch.entries.reserve(order.entries.size());
  for (const raft::Entry& entry : order.entries) batch.entries.push_back(ToLog(entry));

  raft::Durable durable{.token = order.token};
  if (!order.entries.empty()) {
    durable.term = order.entries.back().term;
    durable.last = order.entries.back().index;
  }
  entries_persisted_ += order.entries.size();
  ++log_batches_;
  last_append_ = now_;
  pending_persists_.push_back(PendingPersist{batch.token, durable});
  OnLog(log_->Append(std::move(batch)));
}

void Node::Impl::OnLog(log::LogOutput output) {
  for (log::DiskRequest& request : output.requests) out_.disk.push_back(std::move(request));
  for (const uint64_t token : output.durable) {
    CHECK(!pending_persists_.empty()) << "the log made durable what nobody gave it";
    const PendingPersist pending = pending_persists_.front();
    pending_persists_.pop_front();
    CHECK_EQ(pending.log_token, token) << "batches became durable out of order";
    if (!pending.durable.has_value()) continue;
    durable_token_ = pending.durable->token;
    ReleaseHeld();
    StepRaft(*pending.durable);
  }
  for (log::LogOutput::ReadDone& read : output.reads) {
    if (absl::IsDataLoss(read.status)) {
      // Entries that were good when written: this disk can no longer be trusted.
      Fail(std::move(read.status));
      return;
    }
    raft::LogRead done{.for_follower = NodeId(read.token)};
    if (read.status.ok()) {
      for (const log::LogEntry& entry : read.entries) done.entries.push_back(FromLog(entry));
    }
    StepRaft(std::move(done));
  }
  if (!output.error.ok()) Fail(std::move(output.error));
}

void Node::Impl::ReleaseHeld() {
  while (!held_.empty() && held_.front().after <= durable_token_) {
    for (const raft::Message& message : held_.front().messages) SendRaft(message);
    held_.pop_front();
  }
}

void Node::Impl::SendRaft(const raft::Message& message) {
  out_.send.push_back(
      SendPayload{message.to, LaneOf(message), SharedBytes(EncodePeerPayload(message))});
}

void Node::Impl::OnReadOutcome(const raft::ReadOutcome& outcome) {
  const auto at = asked_reads_.find(outcome.id);
  CHECK(at != asked_reads_.end()) << "second outcome of read " << outcome.id;
  std::vector<WaitingRead> reads = std::move(at->second);
  asked_reads_.erase(at);
  if (outcome.ready) {
    for (WaitingRead& read : reads) {
      read.by_lease = outcome.by_lease;
      ready_reads_.emplace(outcome.index, std::move(read));
    }
    return;
  }
  const raft::Standing raft = raft_->standing();
  for (const WaitingRead& read : reads) {
    out_.replies.push_back(ClientReply{.call = read.call,
                                       .outcome = raft.role == raft::Role::kLeader
                                                      ? ClientReply::Outcome::kNotReady
                                                      : ClientReply::Outcome::kNotLeader,
                                       .leader = raft.leader});
  }
}

}  // namespace jfs::node
