#ifndef CORE_NODE_NODE_H_
#define CORE_NODE_NODE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/identity.h"
#include "core/base/mutation.h"
#include "core/base/time.h"
#include "core/kv/state_store.h"
#include "core/log/log.h"
#include "core/node/file_leases.h"
#include "core/node/io.h"
#include "core/node/mirror_duty.h"
#include "core/ns/namespace.h"
#include "core/raft/raft.h"

// One master: Raft, log, namespace and client calls composed, still pure. The same object runs over
// real disks and sockets (server/) and in the simulator (sim/).
namespace jfs::node {

struct Config {
  raft::Config
      raft;          // raft.self, raft.initial_members; raft.incarnation is filled in from the disk
  log::Options log;  // log.identity.incarnation: a fresh random one, used only on an empty disk
  std::vector<std::string> namespaces = {"test"};  // created by the first leader
  ns::SetLimits limits;                            // replicated by the first leader
  // Who makes the leader's own calls: the roots of the namespaces belong to him and his group.
  ns::Caller self = {"hdfs", {"supergroup"}, true, ""};

  uint64_t flush_after_log_bytes = uint64_t{64} << 20;
  uint64_t batch_bytes = 256 << 10;  // of one entry's commands
  uint32_t batch_commands = 1024;
  uint64_t max_command_bytes = 1 << 20;
  uint32_t apply_entries_per_step = 256;
  uint64_t apply_bytes_per_step = 1 << 20;  // and the entry that passes it
  // Of rows that a step may write, and the entry that passes it: a short command may do much.
  uint64_t apply_row_bytes_per_step = 1 << 20;
  // Reads answered in one step, counted in entries and blocks of their answers; the rest waits for
  // the next one, behind what peers have sent in between.
  uint32_t read_rows_per_step = 8192;
  uint64_t snapshot_chunk_bytes = 1 << 20;
  uint32_t snapshot_chunks_in_flight = 4;
  Duration snapshot_retry = 2 * kSecond;     // without an answer from the follower
  Duration snapshot_timeout = 60 * kSecond;  // without progress: give up
  Duration idle_watermark_delay = 200 * kMillisecond;
  Duration advance_interval = 5 * kSecond;
  Duration finish_deletes_interval = 5 * kMillisecond;
  uint32_t finish_deletes_rows = 1000;
  FileLeaseLimits file_leases;
  MirrorConfig mirror;

  Mutations mutations;
};

enum class Phase : uint8_t {
  kRecovering,  // reading the log
  kRunning,
  kInstalling,  // a snapshot is taking the state's place
  kStopped,     // fatal
};

struct NodeStatus {
  Phase phase = Phase::kRecovering;
  raft::Status raft;
  Incarnation incarnation;
  raft::Term applied_term;       // of entry raft.applied
  ns::Position position;         // of the applied state
  uint64_t state_hash = 0;       // at raft.applied
  bool serving = false;          // leader, ready, namespaces present
  raft::Position state_durable;  // persisted state
  uint64_t log_bytes = 0;
  uint64_t snapshots_sent = 0, snapshots_installed = 0;
  uint64_t commands_applied = 0, leader_reads = 0;
  uint64_t entries_persisted = 0, log_batches = 0;
  uint64_t batches_not_durable = 0;  // given to the log, not yet on the disk
  std::string damage;                // what the log found rotten at start, if anything
};

class Node {
 public:
  // `store` is the open state store; it and whatever StagedInstalled brings must outlive the node.
  // `wall` is asked for the wall clock only through the inputs below. `seed` is the only source of
  // randomness.
  Node(Config config, kv::StateStore* store, Micros now, uint64_t seed);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // The first call; begins log recovery.
  [[nodiscard]] Output Start(Micros now);

  // One turn: takes the inputs in order, then proposes what came in together (natural batching),
  // applies what is committed (bounded), and returns all effects. `wall` is the wall clock, used
  // only as leader to stamp commands.
  [[nodiscard]] Output Step(Micros now, WallMillis wall, std::span<const Input> inputs);

  bool LeaseValid(Micros now) const;
  // NodeStatus::serving without the rest, which is copied: drivers ask for every call.
  bool serving() const;
  NodeStatus status() const;
  // Empty while recovering or installing.
  MirrorStatus mirror_status() const;

  // Null while recovering or installing. For status pages and oracles; do not keep it across steps.
  const ns::Namespace* state() const;
  // Committed entries as this node applied them; for oracles. Null if not in memory.
  const raft::Entry* entry(raft::LogIndex index) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace jfs::node

#endif  // CORE_NODE_NODE_H_
