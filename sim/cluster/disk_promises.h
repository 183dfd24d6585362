#ifndef SIM_CLUSTER_DISK_PROMISES_H_
#define SIM_CLUSTER_DISK_PROMISES_H_

#include <cstddef>
#include <map>

#include "core/base/identity.h"
#include "core/node/node.h"
#include "core/raft/types.h"

namespace jfs::sim {

// What each node's disk has told its node to be durable: others may count on it.
//
// A disk that forgets the end of its log and leaves no trace of it cannot be told from one that
// was never given it. If the rest of the cluster then holds less than a quorum of an acknowledged
// entry, or the node has forgotten a vote, no protocol helps. So the budget of destroying faults
// lets a promise vanish without a trace only where nobody depends on it any more.
class DiskPromises {
 public:
  // A node that has never made a step is one that holds nothing.
  explicit DiskPromises(size_t nodes) : nodes_(nodes) {}

  void AfterStep(NodeId node, const node::Node& state, const node::NodeStatus& status);
  void ForgetDisk(NodeId node) { promised_.erase(node); }

  // Whether all other nodes hold, durably, everything `node` has promised, and have a leader in its
  // term, so that its vote in it decides nothing any more.
  bool OthersHold(NodeId node) const;

 private:
  struct Promised {
    raft::Term term;      // current; perhaps not yet durable
    raft::LogIndex last;  // durable
    raft::Term last_term;
  };
  size_t nodes_;
  std::map<NodeId, Promised> promised_;
};

}  // namespace jfs::sim

#endif  // SIM_CLUSTER_DISK_PROMISES_H_
