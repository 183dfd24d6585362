#include "sim/oracle/raft_oracle.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "sim/oracle/violation.h"

namespace jfs::sim {

bool RaftOracle::OlderThanALeader(NodeId node) const {
  if (leaders_.empty()) return false;
  const auto own = std::find_if(leaders_.rbegin(), leaders_.rend(),
                                [node](const auto& leader) { return leader.second == node; });
  return own != leaders_.rend() && own->first < leaders_.rbegin()->first;
}

void RaftOracle::AfterStep(NodeId node, uint64_t run, const node::Node& state,
                           const node::NodeStatus& status) {
  if (status.phase == node::Phase::kRecovering || status.phase == node::Phase::kStopped) return;
  const raft::Status& raft = status.raft;
  Seen& seen = seen_[node];
  if (seen.run != run) {
    const bool was_recovering = seen.was_recovering;
    seen = Seen{};
    seen.run = run;
    seen.was_recovering = was_recovering;
    seen.snapshots_installed = status.snapshots_installed;
    // Below this the state speaks for the entries.
    seen.commit = raft.applied;
    seen.applied = raft.applied;
    seen.last_index = raft.last_index;
    if (status.phase == node::Phase::kRunning) {
      history_->CheckState(node, raft.applied.value, status.state_hash);
    }
  }
  if (raft.term < seen.term) {
    Violate("terms-fall", absl::StrCat("node ", node.value, " went from term ", seen.term.value,
                                       " to ", raft.term.value));
  }
  if (raft.commit < seen.commit) {
    Violate("commit-falls", absl::StrCat("node ", node.value, " went from commit index ",
                                         seen.commit.value, " to ", raft.commit.value));
  }
  if (raft.role == raft::Role::kLeader) CheckLeader(node, state, raft);
  if (raft.role == raft::Role::kLeader && seen.role != raft::Role::kLeader) {
    probes_->Hit(Probe::kElections);
    if (history_->reference().safe_mode()) probes_->Hit(Probe::kSafeModeElections);
  }
  if (raft.last_index < seen.last_index) probes_->Hit(Probe::kLogTruncations);
  CheckCommitted(node, state, raft, seen);
  if (status.phase == node::Phase::kRunning && raft.applied != seen.applied) {
    history_->CheckState(node, raft.applied.value, status.state_hash);
  }
  if (seen.was_recovering && !raft.recovering) probes_->Hit(Probe::kReadmissions);
  probes_->Hit(Probe::kSnapshotInstalls, status.snapshots_installed - seen.snapshots_installed);
  probes_->Hit(Probe::kSnapshotsSent, status.snapshots_sent - seen.snapshots_sent);
  seen.was_recovering = raft.recovering;
  seen.snapshots_installed = status.snapshots_installed;
  seen.snapshots_sent = status.snapshots_sent;
  seen.term = raft.term;
  seen.role = raft.role;
  seen.commit = raft.commit;
  seen.last_index = raft.last_index;
  if (status.phase == node::Phase::kRunning) seen.applied = raft.applied;
}

void RaftOracle::CheckLeader(NodeId node, const node::Node& state, const raft::Status& status) {
  const auto [at, first] = leaders_.emplace(status.term, node);
  if (at->second != node) {
    Violate("election-safety", absl::StrCat("nodes ", at->second.value, " and ", node.value,
                                            " both lead term ", status.term.value));
  }
  if (!first) return;
  // Leader completeness (Raft paper, 5.4.3): what leaders of earlier terms have committed. A vote
  // may arrive so late that a later term has already a leader who has committed more; what is
  // elected then cannot commit anything.
  uint64_t last = history_->last();
  while (last > 0 && history_->at(last).committed_in >= status.term) --last;
  if (status.last_index.value < last) {
    Violate(
        "leader-completeness",
        absl::StrCat("node ", node.value, " leads term ", status.term.value, " with entries to ",
                     status.last_index.value, ", but ", last, " was committed before"));
  }
  for (uint64_t index = last; index > 0 && index + 16 > last; --index) {
    const raft::Entry* entry = state.entry(raft::LogIndex(index));
    if (entry != nullptr && entry->term != history_->at(index).term) {
      Violate("leader-completeness",
              absl::StrCat("node ", node.value, " leads term ", status.term.value,
                           " with an entry of term ", entry->term.value, " at ", index,
                           ", committed there is one of term ", history_->at(index).term.value));
    }
  }
}

void RaftOracle::CheckCommitted(NodeId node, const node::Node& state, const raft::Status& status,
                                const Seen& before) {
  for (raft::LogIndex index = before.commit + 1; index <= status.commit; ++index) {
    const raft::Entry* entry = state.entry(index);
    if (entry == nullptr) {
      // A snapshot brought the state here: its hash answers for the entries, which others must have
      // committed before.
      if (index.value > history_->last()) {
        Violate("committed-entry", absl::StrCat("node ", node.value, " has committed index ",
                                                index.value, " without holding the entry"));
      }
      continue;
    }
    history_->Observe(node, status.term, *entry);
  }
}

}  // namespace jfs::sim
