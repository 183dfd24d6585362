#ifndef SIM_ORACLE_RAFT_ORACLE_H_
#define SIM_ORACLE_RAFT_ORACLE_H_

#include <cstdint>
#include <map>
#include <string>

#include "core/base/identity.h"
#include "core/node/io.h"
#include "core/node/node.h"
#include "sim/oracle/committed_history.h"
#include "sim/world/probes.h"

namespace jfs::sim {

// What must hold over all nodes after every step of any of them, judged from outside: one leader a
// term, terms and commit index that never fall within a run, the same entry committed at an index
// everywhere, a leader that holds everything ever committed, equal states at equal indices.
// Violations are thrown.
class RaftOracle {
 public:
  RaftOracle(CommittedHistory* history, Probes* probes) : history_(history), probes_(probes) {}

  // `run` counts the starts of the node's process.
  void AfterStep(NodeId node, uint64_t run, const node::Node& state,
                 const node::NodeStatus& status);
  // Whether somebody has led a later term than the one in which `node` was last seen to lead.
  bool OlderThanALeader(NodeId node) const;
  // The node's disk is new: it may know nothing.
  void ForgetDisk(NodeId node) { seen_.erase(node); }

 private:
  struct Seen {
    uint64_t run = 0;
    raft::Term term;
    raft::LogIndex commit, applied, last_index;
    raft::Role role = raft::Role::kForming;
    uint64_t snapshots_installed = 0, snapshots_sent = 0;
    bool counted = false;  // not recovering, in this run
    bool was_recovering = false;
  };

  void CheckLeader(NodeId node, const node::Node& state, const raft::Status& status);
  void CheckCommitted(NodeId node, const node::Node& state, const raft::Status& status,
                      const Seen& before);

  CommittedHistory* history_;
  Probes* probes_;
  std::map<raft::Term, NodeId> leaders_;
  std::map<NodeId, Seen> seen_;
};

}  // namespace jfs::sim

#endif  // SIM_ORACLE_RAFT_ORACLE_H_
