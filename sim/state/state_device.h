#ifndef SIM_STATE_STATE_DEVICE_H_
#define SIM_STATE_STATE_DEVICE_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"

#include "core/base/identity.h"
#include "core/base/time.h"
#include "core/kv/state_store.h"
#include "core/node/io.h"
#include "sim/state/rewind_store.h"
#include "sim/world/probes.h"
#include "sim/world/world.h"

namespace jfs::sim {

struct StateOptions {
  Duration flush_low = 1 * kMillisecond;
  Duration flush_high = 30 * kMillisecond;
  Duration job_low = 100;
  Duration job_high = 3 * kMillisecond;
  // Keys and values per file of a checkpoint, in bytes.
  uint64_t file_bytes = 64 << 10;
  // Rates of faults: per checkpoint installed, and per piece written to staging.
  Ratio install_crash{1, 4};
  Ratio corrupt{1, 40};
};

// The moments of an installation at which a crash is tried. After kSwapped the state is the
// snapshot's; the node then voids its log, which is a request of its own to the log's disk and may
// be cut off as well.
enum class InstallPoint : uint8_t {
  kBeforeVerify,
  kVerified,
  kStagedDurable,
  kSwapped,
  kAnswered,  // the node knows, its log is not reset yet
};
inline constexpr int kInstallPoints = 5;

// The state store of one node and everything that io.h's jobs do to it: flushes, checkpoints,
// staging and installation, each with a duration, each cut short by a crash.
class StateDevice {
 public:
  using Done = absl::AnyInvocable<void(node::Input) &&>;
  // Called at a point of an installation at which the process must die now.
  using CrashHook = absl::AnyInvocable<void(InstallPoint)>;

  StateDevice(World* world, Probes* probes, NodeId node, StateOptions options, CrashHook crash);

  // The store to open; lives until the next Crash() or Wipe() even if an installation replaces it.
  kv::StateStore* Open();
  void Start(const node::Job& job, Done done);

  // The process dies: the store falls back to some batch between the last completed flush and now,
  // staged bytes to some prefix of what was written.
  void Crash();
  void Wipe();

  // The position that a crash now would leave at worst.
  raft::Position DurablePosition() const { return durable_; }
  const RewindStore& store() const { return *store_; }

 private:
  struct Checkpoint {
    raft::Position at;
    std::map<std::string, std::string> files;
  };
  struct Staging {
    raft::Position at;
    std::vector<node::SnapshotFile> files;
    std::map<std::string, std::string> written;
  };

  void Later(Duration delay, absl::AnyInvocable<void() &&> event);
  Duration JobTime(uint64_t salt);
  Duration FlushTime(uint64_t salt);
  void Flush(const node::FlushState& job, Done done);
  void Take(const node::TakeCheckpoint& job, Done done);
  void Read(const node::ReadCheckpoint& job, Done done);
  void Prepare(const node::PrepareStaging& job, Done done);
  void WriteStaged(const node::WriteStaged& job, Done done);
  void Install(const node::InstallStaged& job, Done done);
  // True if the process dies here.
  bool CrashAt(InstallPoint point);
  absl::Status VerifyStaged() const;
  absl::Status Swap();

  World* world_;
  Probes* probes_;
  NodeId node_;
  StateOptions options_;
  CrashHook crash_;
  uint64_t run_ = 0;  // counts crashes: answers of an earlier run never arrive
  uint64_t jobs_ = 0;
  uint64_t installs_ = 0;
  std::unique_ptr<RewindStore> store_;
  std::vector<std::unique_ptr<RewindStore>> replaced_;
  raft::Position durable_;
  std::map<uint64_t, Checkpoint> checkpoints_;
  Staging staging_;
};

}  // namespace jfs::sim

#endif  // SIM_STATE_STATE_DEVICE_H_
