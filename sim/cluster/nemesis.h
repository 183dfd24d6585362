#ifndef SIM_CLUSTER_NEMESIS_H_
#define SIM_CLUSTER_NEMESIS_H_

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/identity.h"
#include "core/base/time.h"
#include "sim/cluster/cluster.h"
#include "sim/world/probes.h"
#include "sim/world/world.h"

namespace jfs::sim {

// Breaks things, round by round. What it may destroy is bounded: a fault that takes away what a
// node had promised to keep hits a second node only after the first is repaired, which means that
// its process runs, counts again in the membership, and has caught up with everything that was
// committed when it was hit. Everything else may strike any number of nodes at once.
class Nemesis {
 public:
  Nemesis(World* world, Probes* probes, Cluster* cluster);

  // Begins; rounds go on until the world's faults are frozen.
  void Start();

  // No further rounds: this cluster is given up, or is to be left alone for a while.
  void Stop() { stopped_ = true; }
  // Everything that struck a node is over, and those that are down start.
  void HealAll();

  // The end of all faults: freezes them and gives a majority everything back but what was
  // destroyed. The rest may stay broken for good. Returns the nodes that are healed.
  std::vector<NodeId> HealQuorum();

  // Faults that struck in this run, for reports.
  uint64_t strikes() const { return strikes_; }

 private:
  void Heal(const std::vector<NodeId>& nodes);
  void Round();
  void StrikeNode(NodeId node);
  void StrikeNetwork();
  void Destroy(NodeId node);
  void EndExcuse(NodeId node);
  void StrikeWholeCluster();
  void CheckRepaired();
  void ProbeRecovery();
  bool Strikes(FaultKind kind, uint64_t who, Ratio rate);
  Duration Length(FaultKind kind, uint64_t who, Duration low, Duration high) const;
  void Trace(NodeId node, std::string_view text);
  std::vector<NodeId> Group(uint64_t bits) const;

  World* world_;
  Probes* probes_;
  Cluster* cluster_;
  uint64_t round_ = 0;
  uint64_t strikes_ = 0;
  bool stopped_ = false;
  uint64_t victim_committed_ = 0;  // when the cluster's victim last lost something
  Micros victim_settles_;          // its last fault is over and has led to a restart
  std::set<std::pair<NodeId, uint64_t>> probed_runs_;
};

}  // namespace jfs::sim

#endif  // SIM_CLUSTER_NEMESIS_H_
