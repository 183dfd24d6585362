#ifndef CORE_RAFT_RANDOM_CLUSTER_NODE_H_
#define CORE_RAFT_RANDOM_CLUSTER_NODE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "core/raft/random_cluster.h"

// Private to the random cluster: its disks and processes.
namespace jfs::raft {

// One durable or pending change of a log.
struct RandomCluster::Order {
  Persist persist;  // token zero: a compaction only
  Position compact;
};

struct RandomCluster::Disk {
  Incarnation incarnation;
  std::vector<Order> orders;
  Position state;
  uint64_t chain = 0;
  Membership state_membership;
};

struct RandomCluster::Node {
  NodeId id;
  Disk disk;
  std::unique_ptr<Raft> raft;
  uint64_t run = 0;
  bool damaged = false;    // of the next start
  bool destroyed = false;  // lost promises and not yet repaired
  Micros paused_until;
  Micros hung_until;
  uint64_t rate_ppm = 0;
  // Of the run.
  std::deque<Order> pending;
  std::deque<Input> inbox;  // while the process is stopped
  bool writing = false;
  PersistToken completed;
  std::deque<std::pair<PersistToken, Message>> held;
  LogIndex applied;
  LogIndex applicable;
  bool applying = false;
  Micros local_now;
  Micros alarm = kNever;
};

}  // namespace jfs::raft

#endif  // CORE_RAFT_RANDOM_CLUSTER_NODE_H_
