#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/raft/impl.h"
#include "core/raft/quorum.h"

// What a leader sends and what it makes of the answers (dissertation 3.5, 3.6.2, 10.2).
namespace jfs::raft {

void Raft::Impl::LeaderTimers() {
  // 6.2: a leader that no majority answers gives up, and so stops keeping others from electing one.
  std::vector<Micros> heard = {now_};
  for (const auto& [node, progress] : lead_->followers) {
    if (Counts(progress)) heard.push_back(std::max(progress.last_heard, lead_->since));
  }
  const Micros majority_heard = MajorityReached(member_count(), std::move(heard));
  if (now_ >= majority_heard + config_.election_timeout &&
      now_ >= lead_->since + config_.election_timeout) {
    BecomeFollower(term(), NodeId{});
    return;
  }
  CheckTransfer();
  CheckDiskSpeed();
  if (role_ != Role::kLeader) return;
  if (now_ < lead_->heartbeat_deadline) return;
  lead_->heartbeat_deadline = now_ + config_.heartbeat_interval;
  for (auto& [node, progress] : lead_->followers) {
    progress.Resume();
    if (progress.state() == Progress::State::kReplicate && progress.Stalled()) {
      // Something in flight may be lost: an append of nothing behind it makes the follower say so.
      // If even the place behind it is compacted by now, start over from what is certain.
      if (progress.next() > log_.base().index) {
        SendAppend(progress, {});
      } else {
        progress.Rewind();
      }
    }
  }
  BroadcastHeartbeat();
}

void Raft::Impl::BroadcastHeartbeat() {
  const uint64_t round = lead_->rounds.Start(now_);
  for (const auto& [node, progress] : lead_->followers) {
    // Only what the receiver is known to share: its tail may be an old leader's.
    LogIndex commit = std::min(commit_, progress.match());
    if (config_.mutations.Has(Mutation::kR09HeartbeatCommit)) commit = commit_;
    Send(node, Heartbeat{.commit = commit, .round = round});
  }
  CompleteRounds();
}

void Raft::Impl::SendAppends() {
  for (auto& [node, progress] : lead_->followers) SendAppends(progress);
}

void Raft::Impl::SendAppends(Progress& progress) {
  while (progress.MaySend(config_.in_flight_messages, config_.in_flight_bytes)) {
    const LogIndex next = progress.next();
    const bool probing = progress.state() == Progress::State::kProbe;
    if (next > log_.last_index() && !probing) return;
    if (next < log_.first_index()) {
      progress.StartSnapshot(log_.base().index);
      out_.send_snapshots.push_back({.to = progress.member().node});
      return;
    }
    if (next < log_.cached_first() && next <= log_.last_index()) {
      progress.reading = true;
      out_.read_log.push_back({.for_follower = progress.member().node,
                               .range = {.first = next, .end = log_.cached_first()},
                               .max_bytes = config_.append_bytes});
      return;
    }
    std::vector<Entry> entries;
    size_t bytes = 0;
    for (LogIndex i = next; i <= log_.last_index(); ++i) {
      const Entry* entry = log_.at(i);
      bytes += entry->charged_bytes();
      if (!entries.empty() && bytes > config_.append_bytes) break;
      entries.push_back(*entry);
    }
    SendAppend(progress, std::move(entries));
  }
}

void Raft::Impl::SendAppend(Progress& progress, std::vector<Entry> entries) {
  const LogIndex previous = progress.next() - 1;
  size_t bytes = 0;
  for (const Entry& entry : entries) bytes += entry.charged_bytes();
  const LogIndex last = previous + entries.size();
  Send(progress.member().node, AppendRequest{.previous_index = previous,
                                             .previous_term = log_.term(previous),
                                             .commit = commit_,
                                             .round = lead_->rounds.latest(),
                                             .entries = std::move(entries)});
  progress.Sent(last, bytes);
}

void Raft::Impl::On(const LogRead& input) {
  if (role_ != Role::kLeader) return;
  const auto found = lead_->followers.find(input.for_follower);
  if (found == lead_->followers.end()) return;
  Progress& progress = found->second;
  if (!progress.reading) return;
  progress.reading = false;
  // Acknowledgements and refusals may have moved on while the disk was read.
  if (!progress.MaySend(config_.in_flight_messages, config_.in_flight_bytes)) return;
  if (input.entries.empty()) {
    if (progress.next() >= log_.first_index()) {
      // Gone although nothing compacted it here: only the state can help.
      progress.StartSnapshot(log_.base().index);
      out_.send_snapshots.push_back({.to = progress.member().node});
    }
    return;
  }
  if (input.entries.front().index != progress.next()) return;
  for (const Entry& entry : input.entries) {
    if (!log_.Has({.index = entry.index, .term = entry.term})) return;
  }
  SendAppend(progress, input.entries);
}

void Raft::Impl::OnAppendReply(const Message& message, const AppendReply& reply) {
  if (role_ != Role::kLeader) return;
  const auto found = lead_->followers.find(message.from.node);
  if (found == lead_->followers.end()) return;
  Progress& progress = found->second;
  if (!AcceptIdentity(progress, message.from, reply.admission_session)) return;
  progress.last_heard = now_;
  progress.disk_low = reply.disk_low;
  progress.round = std::max(progress.round, std::min(reply.round, lead_->rounds.latest()));
  // A follower of ours cannot share more with us than we have.
  const LogIndex match = std::min(reply.match, log_.last_index());
  if (reply.accepted) {
    progress.Acknowledged(match);
    MaybeCommit();
    // The commit may have been of an admission that puts another disk in our own place.
    if (role_ != Role::kLeader) return;
  } else if (reply.busy) {
    progress.Busy(match);
  } else {
    LogIndex agree = match;
    if (match >= log_.base().index) {
      const Position common = log_.LastWithTermAtMost(match, reply.match_term);
      // If even our base is newer, the logs part below what we still have.
      agree = common.term <= reply.match_term ? common.index : log_.base().index - 1;
    }
    progress.Refused(agree);
  }
  CompleteRounds();
  MaybeProposeAdmission(progress);
}

void Raft::Impl::OnHeartbeatReply(const Message& message, const HeartbeatReply& reply) {
  if (role_ != Role::kLeader) return;
  const auto found = lead_->followers.find(message.from.node);
  if (found == lead_->followers.end()) return;
  Progress& progress = found->second;
  if (!AcceptIdentity(progress, message.from, reply.admission_session)) return;
  progress.last_heard = now_;
  progress.disk_low = reply.disk_low;
  progress.round = std::max(progress.round, std::min(reply.round, lead_->rounds.latest()));
  CompleteRounds();
  MaybeProposeAdmission(progress);
}

void Raft::Impl::CompleteRounds() {
  std::vector<uint64_t> rounds = {lead_->rounds.latest()};
  for (const auto& [node, progress] : lead_->followers) {
    if (Counts(progress)) rounds.push_back(progress.round);
  }
  lead_->rounds.Confirm(MajorityReached(member_count(), std::move(rounds)));
}

void Raft::Impl::MaybeCommit() {
  if (role_ != Role::kLeader) return;
  // The own disk is one among the members': the leader may commit what it has not itself made
  // durable (10.2.1).
  std::vector<LogIndex> durable = {durability_.durable_index()};
  for (const auto& [node, progress] : lead_->followers) {
    if (Counts(progress)) durable.push_back(progress.match());
  }
  LogIndex index = MajorityReached(member_count(), std::move(durable));
  if (config_.mutations.Has(Mutation::kR14OwnLogCommits) && index > commit_) {
    index = log_.last_index();
  }
  if (index <= commit_) return;
  // 3.6.2, figure 8: counting copies commits only entries of the own term; older ones come along.
  const bool own_term = log_.term(index) == term();
  if (!own_term && !config_.mutations.Has(Mutation::kR03CommitOldTerm)) return;
  AdvanceCommit(index);
}

bool Raft::Impl::DiskMajorityLow() const {
  size_t low = disk_low_ ? 1 : 0;
  for (const auto& [node, progress] : lead_->followers) {
    if (progress.disk_low) ++low;
  }
  return low >= majority();
}

LogIndex Raft::Impl::FollowersNeedAbove() const {
  LogIndex needed = log_.last_index();
  if (role_ != Role::kLeader) return needed;
  for (const auto& [node, progress] : lead_->followers) {
    if (progress.state() == Progress::State::kSnapshot) {
      needed = std::min(needed, progress.snapshot_pin());
    } else if (now_ < progress.last_heard + 2 * config_.election_timeout) {
      needed = std::min(needed, progress.match());
    }
  }
  return needed;
}

void Raft::Impl::On(const SnapshotSent& input) {
  if (role_ != Role::kLeader) return;
  const auto found = lead_->followers.find(input.to);
  if (found == lead_->followers.end()) return;
  found->second.EndSnapshot(input.ok, std::min(input.at.index, log_.last_index()));
}

}  // namespace jfs::raft
