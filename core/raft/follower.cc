#include <algorithm>

#include "core/base/check.h"
#include "core/base/overload.h"
#include "core/raft/impl.h"

// What a follower does with its leader's messages (dissertation 3.5).
namespace jfs::raft {

void Raft::Impl::RefuseStale(const Message& message) {
  // 3.3: an old leader learns of the newer term by the answer. Old answers need none.
  std::visit(
      Overload{[](const auto&) {},
               [&](const AppendRequest& request) {
                 Send(message.from.node, AppendReply{.round = request.round,
                                                     .admission_session = admission_session()});
               },
               [&](const Heartbeat& heartbeat) {
                 Send(message.from.node, HeartbeatReply{.round = heartbeat.round,
                                                        .admission_session = admission_session()});
               }},
      message.body);
}

void Raft::Impl::HeardFromLeader(NodeId leader) {
  if (role_ != Role::kFollower || leader_ != leader) BecomeFollower(term(), leader);
  leader_heard_ = now_;
  ResetElectionTimer();
}

bool Raft::Impl::OverBudget() const {
  const size_t unstable = log_.bytes(durability_.durable_index(), log_.last_index());
  const size_t unapplied = log_.bytes(applied_, commit_);
  return unstable > config_.unstable_bytes || unapplied > config_.unapplied_bytes;
}

void Raft::Impl::RefuseAppend(NodeId to, const AppendRequest& request, LogIndex below) {
  const Position hint = log_.LastWithTermAtMost(below, request.previous_term);
  Send(to, AppendReply{.accepted = false,
                       .match = hint.index,
                       .match_term = hint.term,
                       .round = request.round,
                       .disk_low = disk_low_,
                       .admission_session = admission_session()});
}

void Raft::Impl::OnAppendRequest(const Message& message, const AppendRequest& request) {
  const NodeId leader = message.from.node;
  if (role_ == Role::kLeader) {
    CHECK(!oracle_checks()) << "two leaders in term " << term() << ": " << leader;
    return;
  }
  HeardFromLeader(leader);
  LogIndex previous = request.previous_index;
  if (previous > log_.last_index()) {
    RefuseAppend(leader, request, log_.last_index());
    return;
  }
  // Below the base everything is committed, and committed entries are the same everywhere.
  if (previous >= log_.base().index && log_.term(previous) != request.previous_term) {
    const bool skipped =
        config_.mutations.Has(Mutation::kR12PrevCheckSkipped) && previous == log_.last_index();
    if (!skipped) {
      RefuseAppend(leader, request, previous);
      return;
    }
  }
  const LogIndex last = previous + request.entries.size();
  auto entry = request.entries.begin();
  if (config_.mutations.Has(Mutation::kR11TruncateWithoutConflict)) {
    if (!request.entries.empty() && previous >= log_.base().index) TruncateFrom(previous + 1);
  }
  // What we have already is skipped: a delayed append must not cut off what came after it.
  while (entry != request.entries.end() &&
         (entry->index <= log_.base().index ||
          (entry->index <= log_.last_index() && log_.term(entry->index) == entry->term))) {
    ++entry;
  }
  if (entry != request.entries.end()) {
    if (OverBudget()) {
      const LogIndex agreed = entry->index - 1;
      Send(leader, AppendReply{.accepted = false,
                               .match = agreed,
                               .match_term = log_.term(agreed),
                               .round = request.round,
                               .busy = true,
                               .disk_low = disk_low_,
                               .admission_session = admission_session()});
      return;
    }
    std::vector<Entry> kept;
    if (config_.mutations.Has(Mutation::kR10SuffixKept)) {
      for (LogIndex i = last + 1; i <= log_.last_index() && log_.at(i) != nullptr; ++i) {
        kept.push_back(*log_.at(i));
      }
    }
    TruncateFrom(entry->index);
    for (; entry != request.entries.end(); ++entry) Append(*entry);
    for (Entry& suffix : kept) Append(std::move(suffix));
  }
  matched_ = std::max(matched_, std::min(last, log_.last_index()));
  const bool past_match = config_.mutations.Has(Mutation::kR08CommitPastMatch);
  AdvanceCommit(past_match ? request.commit : std::min(request.commit, last));
  AppendReply reply = {.accepted = true,
                       .match = std::max(last, log_.base().index),
                       .round = request.round,
                       .disk_low = disk_low_,
                       .admission_session = admission_session()};
  if (config_.mutations.Has(Mutation::kR13WrongMatch)) reply.match = log_.last_index();
  const LogIndex match = reply.match;
  SendAfterDurable(leader, match, reply);
}

void Raft::Impl::OnHeartbeat(const Message& message, const Heartbeat& heartbeat) {
  const NodeId leader = message.from.node;
  if (role_ == Role::kLeader) {
    CHECK(!oracle_checks()) << "two leaders in term " << term() << ": " << leader;
    return;
  }
  HeardFromLeader(leader);
  // The leader names no more than what we had acknowledged; a node that lost entries since then
  // trusts only what was compared in this run.
  AdvanceCommit(hard_.recovering ? std::min(heartbeat.commit, matched_) : heartbeat.commit);
  Send(leader, HeartbeatReply{.round = heartbeat.round,
                              .disk_low = disk_low_,
                              .admission_session = admission_session()});
}

}  // namespace jfs::raft
