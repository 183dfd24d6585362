#include "sim/cluster/disk_promises.h"

#include <algorithm>

namespace jfs::sim {

void DiskPromises::AfterStep(NodeId node, const node::Node& state, const node::NodeStatus& status) {
  if (status.phase == node::Phase::kRecovering || status.phase == node::Phase::kStopped) return;
  const raft::Status& raft = status.raft;
  Promised& promised = promised_[node];
  promised.term = raft.term;
  promised.last = raft.durable;
  // An entry that is no longer in memory leaves the term unknown, which counts as held by nobody.
  const raft::Entry* entry = state.entry(raft.durable);
  promised.last_term = raft.durable == raft.last_index ? raft.last_term
                       : entry != nullptr              ? entry->term
                                                       : raft::Term();
}

bool DiskPromises::OthersHold(NodeId node) const {
  const auto mine = promised_.find(node);
  if (mine == promised_.end()) return true;
  const Promised& promise = mine->second;
  if (promised_.size() < nodes_ || promise.last_term != promise.term) return false;
  // Same term at the end and at least as long: by log matching, the promised log is a part of it.
  return std::all_of(promised_.begin(), promised_.end(), [&](const auto& other) {
    return other.first == node ||
           (other.second.last_term == promise.term && other.second.last >= promise.last);
  });
}

}  // namespace jfs::sim
