#ifndef CORE_RAFT_RANDOM_CLUSTER_H_
#define CORE_RAFT_RANDOM_CLUSTER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/random.h"
#include "core/raft/raft.h"

// A few peers in a small hostile world, everything drawn from one seed: messages get lost, doubled
// and overtake each other, disks are slow or hang and forget what was not synced, processes crash,
// stop and restart, one disk at a time is lost or rots. Oracles watch from outside. The cluster
// simulator (sim/) does this for whole masters; this one is for core/raft alone, small enough to
// run hundreds of seeds in a unit test.
namespace jfs::raft {

struct RandomClusterOptions {
  uint64_t seed = 0;
  size_t nodes = 3;
  Duration run_time = 40 * kSecond;
  bool destroy = true;  // lose disks, let them rot
  Mutations mutations;
  bool check_invariants = true;
  bool trace = false;  // to standard error
};

class RandomCluster {
 public:
  explicit RandomCluster(RandomClusterOptions options);
  ~RandomCluster();

  // Runs the faulty part, heals everything, and demands that the cluster converges. Stops at the
  // first violation.
  void Run();

  const std::vector<std::string>& violations() const { return violations_; }
  // Equal for equal seeds.
  uint64_t fingerprint() const { return fingerprint_; }
  // How often things happened, to see that a test is not idle.
  const std::map<std::string, uint64_t>& probes() const { return probes_; }

 private:
  struct Order;
  struct Disk;
  struct Node;

  // ---- World ----
  void At(Micros when, std::function<void()> event);
  void RunUntil(Micros end);
  Micros ClockOf(const Node& node) const;
  void Violation(const std::string& what);
  void Probe(const std::string& name) { ++probes_[name]; }

  // ---- Driver of one peer ----
  void Start(Node& node);
  void Crash(Node& node);
  void LoseDisk(Node& node);
  void Rot(Node& node);
  void Step(Node& node, const Input& input);
  // `stale`: with the clock reading of the step before.
  void StepNow(Node& node, const Input& input, bool stale);
  void Drain(Node& node);
  void Handle(Node& node, Output out);
  void Deadline(Node& node, Micros local);
  void StartWrite(Node& node, Order order);
  void CompleteWrite(Node& node);
  void Transmit(const Message& message);
  void ApplySome(Node& node);
  void Flush(Node& node);
  void Snapshot(Node& node, NodeId to);
  void ReadBack(Node& node, const ReadLog& request);

  // ---- Workload and faults ----
  void Propose();
  void Read();
  void Disturb();
  void Heal();
  bool Destroyable() const;
  bool Reachable(NodeId from, NodeId to) const;

  // ---- Oracles ----
  void CheckCommitted(Node& node, const IndexRange& range);
  void CheckLeader(Node& node);
  void CheckPersist(const Persist& persist, const Node& node);
  void CheckProposal(Node& node, const ProposalOutcome& outcome);
  void CheckConverged();
  bool OnDisk(const Node& node, LogIndex index, Term term) const;

  CheckFailureHandler previous_handler_ = nullptr;
  const RandomClusterOptions options_;
  Random random_;
  Micros now_;
  uint64_t events_ = 0;
  std::map<std::pair<uint64_t, uint64_t>, std::function<void()>> queue_;
  std::map<NodeId, std::unique_ptr<Node>> nodes_;
  std::vector<std::string> violations_;
  std::map<std::string, uint64_t> probes_;
  uint64_t fingerprint_ = 0;
  bool healed_ = false;

  // Faults of this seed, in thousandths, or microseconds.
  uint64_t loss_ = 0;
  uint64_t duplication_ = 0;
  Duration delay_ = 0;
  Duration disk_delay_ = 0;
  uint64_t crash_weight_ = 0;
  uint64_t partition_weight_ = 0;
  uint64_t destroy_weight_ = 0;
  uint64_t hang_weight_ = 0;
  uint64_t transfer_weight_ = 0;
  std::set<std::pair<NodeId, NodeId>> cut_;

  // What the oracles know.
  struct CommittedEntry {
    Entry entry;
    Term seen_in;
    uint64_t chain = 0;
  };
  std::vector<CommittedEntry> committed_;  // [0] is index 1
  std::map<Term, NodeId> leaders_;
  std::map<std::pair<LogIndex, Term>, std::pair<uint64_t, Term>>
      entries_;                                  // payload hash, term before
  std::map<ProposalId, std::string> proposals_;  // payload, while the fate is open
  std::map<std::string, ProposalOutcome> fates_;
  LogIndex acknowledged_;
  std::map<ReadId, LogIndex> read_floor_;
  uint64_t next_id_ = 0;
  uint64_t next_incarnation_ = 0;
};

}  // namespace jfs::raft

#endif  // CORE_RAFT_RANDOM_CLUSTER_H_
