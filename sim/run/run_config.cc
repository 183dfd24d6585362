#include "sim/run/run_config.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"

#include "sim/world/world.h"

namespace jfs::sim {
namespace {

// Draws settings by number, so that a new one does not move the others.
class Swarm {
 public:
  explicit Swarm(uint64_t seed) : world_(seed, FaultSet(), nullptr) {}
  uint64_t Between(uint64_t setting, uint64_t low, uint64_t high) const {
    return world_.Between(Stream::kSwarm, Identity::Of(setting), low, high);
  }
  uint64_t OneOf(uint64_t setting, const std::vector<uint64_t>& values) const {
    return values[Between(setting, 0, values.size() - 1)];
  }
  bool Coin(uint64_t setting) const { return Between(setting, 0, 1) == 1; }

 private:
  World world_;
};

void DrawNode(const Swarm& swarm, RunConfig& config) {
  raft::Config& raft = config.node.raft;
  raft.election_timeout = swarm.OneOf(100, {300, 500, 1000}) * kMillisecond;
  raft.heartbeat_interval = raft.election_timeout / swarm.OneOf(101, {5, 8, 10});
  if (swarm.Coin(150)) {
    config.election_timeouts = {300 * kMillisecond, 500 * kMillisecond, 1000 * kMillisecond};
    raft.heartbeat_interval = config.election_timeouts.front() / swarm.OneOf(101, {5, 8, 10});
  }
  raft.slow_disk = swarm.OneOf(102, {200, 500, 1000}) * kMillisecond;
  raft.append_bytes = swarm.OneOf(103, {256, 2048, 65536, 1 << 20});
  raft.in_flight_messages = swarm.OneOf(104, {1, 4, 64});
  raft.in_flight_bytes = swarm.OneOf(105, {4096, 65536, 8 << 20});
  raft.cached_bytes = swarm.OneOf(106, {16384, 65536, 262144, 64 << 20});
  raft.uncommitted_bytes = swarm.OneOf(107, {8192, 65536, 64 << 20});
  raft.unapplied_bytes = swarm.OneOf(108, {8192, 65536, 64 << 20});
  raft.unstable_bytes = swarm.OneOf(109, {16384, 65536, 64 << 20});
  raft.snapshot_pin_bytes = swarm.OneOf(110, {16384, 262144, 256 << 20});

  log::Options& log = config.node.log;
  log.block_bytes = static_cast<uint32_t>(swarm.OneOf(111, {512, 512, 4096}));
  log.segment_bytes = swarm.OneOf(112, {64, 64, 128, 256}) << 10;
  log.spare_segments = static_cast<uint32_t>(swarm.Between(113, 1, 3));
  log.writes_in_flight = static_cast<uint32_t>(swarm.OneOf(114, {1, 2, 4}));
  config.disk.block_bytes = log.block_bytes;

  node::Config& node = config.node;
  node.flush_after_log_bytes = log.segment_bytes * swarm.OneOf(115, {1, 2, 4});
  node.batch_bytes = swarm.OneOf(116, {512, 4096, 16384});
  node.batch_commands = static_cast<uint32_t>(swarm.OneOf(117, {1, 4, 64}));
  node.max_command_bytes = 8 << 10;
  node.apply_entries_per_step = static_cast<uint32_t>(swarm.OneOf(118, {1, 8, 256}));
  node.snapshot_chunk_bytes = swarm.OneOf(119, {512, 4096, 65536});
  node.snapshot_chunks_in_flight = static_cast<uint32_t>(swarm.OneOf(120, {1, 2, 4}));
  node.snapshot_retry = swarm.OneOf(121, {300, 1000, 2000}) * kMillisecond;
  node.snapshot_timeout = swarm.OneOf(122, {5, 10, 20}) * kSecond;
  node.idle_watermark_delay = swarm.OneOf(123, {20, 200}) * kMillisecond;
  node.finish_deletes_rows = static_cast<uint32_t>(swarm.OneOf(124, {3, 20, 1000}));
  node.finish_deletes_interval = swarm.OneOf(125, {5, 50}) * kMillisecond;
  // Longer than any call or message lives, short enough for rows to expire within a run.
  node.limits.retry_cache_millis = swarm.OneOf(126, {45'000, 600'000});
  // Short enough to run out within a run, and for other clients to take over before.
  node.file_leases.hard = swarm.OneOf(129, {10, 20}) * kSecond;
  node.file_leases.soft = swarm.OneOf(130, {3, 8}) * kSecond;
  node.limits.max_directory_items = swarm.OneOf(127, {12, 1048576});
}

}  // namespace

namespace {

void DrawMirror(const Swarm& swarm, RunConfig& config) {
  TablestoreOptions& tablestore = config.tablestore;
  tablestore.latency_high = swarm.OneOf(260, {2, 20, 300}) * kMillisecond;
  tablestore.throttle = Ratio{1, static_cast<uint32_t>(swarm.OneOf(261, {5, 30, 200}))};
  tablestore.error = Ratio{1, static_cast<uint32_t>(swarm.OneOf(262, {8, 40, 200}))};
  tablestore.late = Ratio{1, static_cast<uint32_t>(swarm.OneOf(263, {8, 40, 200}))};
  tablestore.lost = Ratio{1, static_cast<uint32_t>(swarm.OneOf(264, {8, 40, 200}))};
  tablestore.partial = Ratio{1, static_cast<uint32_t>(swarm.OneOf(265, {3, 20, 200}))};
  tablestore.outage = Ratio{1, static_cast<uint32_t>(swarm.OneOf(266, {3, 8, 50}))};
  tablestore.late_bound = swarm.OneOf(267, {5, 30, 60}) * kSecond;
  tablestore.atomic_batches = swarm.Between(268, 0, 3) != 0;

  node::MirrorConfig& mirror = config.node.mirror;
  mirror.upload = config.upload;
  mirror.instance = "simulated";
  mirror.endpoint = "http://simulated";
  // Small enough to be passed now and then in a run with a long outage.
  mirror.outbox_bytes = swarm.OneOf(270, {64 << 10, 1 << 20, 1 << 30});
  mirror::UploadLimits& upload = mirror.upload_limits;
  upload.run_bytes = swarm.OneOf(271, {500, 10'000, 1'000'000});
  upload.part_bytes = swarm.OneOf(272, {200, 2'000, 1'900'000});
  upload.fold_rows = static_cast<uint32_t>(swarm.OneOf(273, {2, 20, 200}));
  upload.fold_calls = static_cast<uint32_t>(swarm.OneOf(274, {1, 3, 8}));
  upload.memory_bytes = swarm.OneOf(275, {1'000, 20'000, 32 << 20});
  upload.touch_interval = kSecond;
  upload.retry_first = 200 * kMillisecond;
  upload.retry_longest = 3 * kSecond;
  upload.call_deadline = swarm.OneOf(276, {2, 10}) * kSecond;
  // Longer than any request floats.
  upload.late_landing_bound = tablestore.late_bound + 30 * kSecond;
  upload.tombstone_interval = 3 * kSecond;
  mirror::LoadLimits& load = mirror.load_limits;
  load.quiet_time = 4 * kSecond;
  load.look_interval = 500 * kMillisecond;
  load.chunk_bytes = swarm.OneOf(277, {500, 4'000});
  load.chunk_rows = static_cast<uint32_t>(swarm.OneOf(278, {3, 30, 4096}));
  load.chunks_ahead = static_cast<uint32_t>(swarm.OneOf(279, {1, 4}));
  load.retry_first = 200 * kMillisecond;
  load.retry_longest = 3 * kSecond;
  load.call_deadline = upload.call_deadline;
  mirror.recount_rows_per_step = static_cast<uint32_t>(swarm.OneOf(280, {5, 20'000}));
}

}  // namespace

RunConfig DrawConfig(const RunOptions& options) {
  RunConfig config;
  config.options = options;
  const Swarm swarm(options.seed);
  for (int kind = 0; kind < kFaultKinds; ++kind) {
    const auto fault = static_cast<FaultKind>(kind);
    if (swarm.Coin(static_cast<uint64_t>(kind)) && options.allowed.Has(fault)) {
      config.faults.Add(fault);
    }
  }
  config.nodes = swarm.Between(200, 0, 4) == 0 ? 5 : 3;
  DrawNode(swarm, config);
  config.node.mutations = options.mutations;
  config.node.raft.check_invariants = options.core_checks;

  config.network.delay_high = swarm.OneOf(210, {200, 2'000, 20'000});
  config.network.drop = Ratio{1, static_cast<uint32_t>(swarm.OneOf(211, {20, 100, 500}))};
  config.network.duplicate = Ratio{1, static_cast<uint32_t>(swarm.OneOf(212, {10, 50, 200}))};
  config.network.reorder = Ratio{1, static_cast<uint32_t>(swarm.OneOf(213, {10, 50, 200}))};
  config.network.reset = Ratio{1, static_cast<uint32_t>(swarm.OneOf(214, {100, 500, 2000}))};
  config.network.corrupt = Ratio{1, static_cast<uint32_t>(swarm.OneOf(215, {100, 500, 2000}))};
  config.network.late = swarm.OneOf(216, {50, 500, 3000}) * kMillisecond;
  config.disk.latency_high = swarm.OneOf(220, {200, 1'000, 10'000});
  config.state.flush_high = swarm.OneOf(221, {10, 100, 500}) * kMillisecond;
  config.state.file_bytes = swarm.OneOf(222, {1 << 10, 8 << 10, 1 << 20});
  config.turn_high = swarm.OneOf(223, {20, 200, 2000});
  config.reply_high = swarm.OneOf(224, {20, 500});
  config.nemesis_rate = Ratio{1, static_cast<uint32_t>(swarm.OneOf(230, {20, 40, 80}))};
  config.send_crash = Ratio{1, static_cast<uint32_t>(swarm.OneOf(232, {200, 1000, 5000}))};
  config.nemesis_interval = swarm.OneOf(231, {250, 500, 1000}) * kMillisecond;

  // A third of the runs have no mirror, a third one that works, a third needs it.
  const uint64_t mirror = swarm.Between(250, 0, 5);
  config.upload = mirror >= 2;
  if (mirror >= 4) config.losses = swarm.Between(251, 0, 2) == 0 ? 2 : 1;
  // A recovery commits chunks of some KiB several at a time; those that go out of memory in the
  // step that commits them are never seen by the oracle.
  if (config.losses > 0) {
    raft::Config& raft = config.node.raft;
    raft.cached_bytes = std::max<uint64_t>(raft.cached_bytes, 256 << 10);
  }
  DrawMirror(swarm, config);

  config.clients = static_cast<int>(swarm.Between(240, 2, 8));
  config.think_high = swarm.OneOf(241, {50, 200, 600}) * kMillisecond;
  config.client_timeout = swarm.OneOf(242, {500, 1000, 3000}) * kMillisecond;
  config.read_percent = static_cast<uint32_t>(swarm.OneOf(243, {10, 40, 60}));
  config.search_history = swarm.Between(244, 0, 49) == 0;
  config.safety_time = swarm.Between(245, 60, 75) * kSecond;
  return config;
}

std::string RunConfig::ToString() const {
  return absl::StrCat(nodes, " nodes, election timeout ", node.raft.election_timeout / kMillisecond,
                      election_timeouts.empty() ? "" : " or another at each start",
                      " ms, segments ", node.log.segment_bytes, " B in blocks of ",
                      node.log.block_bytes, ", flush after ", node.flush_after_log_bytes,
                      " B, cached ", node.raft.cached_bytes, " B, ", clients, " clients",
                      search_history ? ", history searched" : "",
                      upload ? absl::StrCat(", mirror, ", losses, " losses") : "",
                      "; faults: ", faults.empty() ? "none" : faults.ToString());
}

}  // namespace jfs::sim
