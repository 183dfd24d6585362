#ifndef SIM_CLUSTER_PROCESS_H_
#define SIM_CLUSTER_PROCESS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/identity.h"
#include "core/base/time.h"
#include "core/node/io.h"
#include "core/node/node.h"
#include "sim/cluster/node_clock.h"
#include "sim/disk/virtual_disk.h"
#include "sim/state/state_device.h"
#include "sim/world/probes.h"
#include "sim/world/world.h"

namespace jfs::sim {

struct ProcessOptions {
  node::Config config;
  // Of the clusters of a run; machines of different ones have nothing in common.
  uint64_t generation = 0;
  // Not empty: each run of the process has one of these, as while a setting is being changed.
  std::vector<Duration> election_timeouts;
  DiskOptions disk;
  StateOptions state;
  // From the first input to the turn that takes it together with what came since.
  Duration turn_low = 10;
  Duration turn_high = 200;
  // From the turn that makes an answer to the moment it leaves.
  Duration reply_low = 5;
  Duration reply_high = 100;
  Ratio send_crash{1, 1000};  // of the turns that send something while the disk writes
  // A failed CHECK kills only this process, as it does in production; otherwise it ends the run.
  bool checks_are_crashes = false;
};

// Why a run of a process ended by itself.
struct Death {
  absl::Status status;        // the node's own verdict, or
  std::string check_failure;  // the text of a failed CHECK
  bool drained = false;
  bool injected = false;  // a crash ordered by a fault
};

// What a process gets from and gives to the world around it.
class ProcessHost {
 public:
  virtual ~ProcessHost() = default;
  virtual void SendToPeer(NodeId from, node::SendPayload payload) = 0;
  // After every turn, before anything of `output` has left.
  virtual void Stepped(NodeId node, const node::Node& state, const node::Output& output) = 0;
  // One call of the mirror's. `alive`: its process has not ended.
  virtual void CallTablestore(NodeId node, uint64_t run, node::CallTablestore call) = 0;
  // An answer leaves the process, after the last look at the lease.
  virtual void Answered(NodeId node, uint64_t run, node::ClientReply reply) = 0;
  // Whether the node's disk may now lose what it has promised without leaving a trace.
  virtual bool MayForget(NodeId node) const = 0;
  // The process has ended by itself and is already gone.
  virtual void Died(NodeId node, Death death) = 0;
};

// Thrown by a failed CHECK while a simulation runs (InstallCheckHandler).
struct CheckFailed {
  std::string text;
};
// From now on a failed CHECK throws CheckFailed instead of ending this program.
void InstallCheckHandler();

// Which of a machine's disks: the log and the state may lie on two.
enum class DisksLost : uint8_t { kBoth, kLog, kState };

// One machine: its disks and clocks, which outlive the process, and the process on it, a thin
// driver around node::Node like the one in server/.
class Process {
 public:
  Process(World* world, Probes* probes, NodeId node, ProcessOptions options, NodeClock clock,
          ProcessHost* host);

  // REQUIRES: not running.
  void Start();
  // As kill -9 together with a power failure: what is not durable may be lost. No-op if not
  // running.
  void Kill();
  // The process stands still; time, network and disks go on.
  void PauseUntil(Micros until);
  void ResumeNow();
  // These disks are new and empty. REQUIRES: not running.
  void LoseDisks(DisksLost lost);

  // Lost if the process is not running.
  void Take(node::Input input);

  bool running() const { return node_ != nullptr; }
  bool paused() const { return world_->now() < paused_until_; }
  // Counts starts; a call handle means nothing to another run.
  uint64_t run() const { return run_; }
  NodeId id() const { return id_; }
  const node::Node* node() const { return node_.get(); }
  Micros LocalNow() const { return clock_.Local(world_->now()); }
  NodeClock& clock() { return clock_; }
  VirtualDisk& disk() { return disk_; }
  const VirtualDisk& disk() const { return disk_; }
  StateDevice& state() { return state_; }
  const StateDevice& state() const { return state_; }
  const node::Config& config() const { return options_.config; }
  // For the next start.
  void Configure(const node::MirrorConfig& mirror) { options_.config.mirror = mirror; }

 private:
  void ScheduleTurn(Duration delay);
  void AtEndOfPause();
  void Turn();
  void Handle(node::Output output);
  void ArmTick(Micros local_deadline);
  void Reply(node::ClientReply reply);
  void LeaveReply(node::ClientReply reply);
  void End(Death death);
  std::string name() const;
  template <typename F>
  bool Guarded(F&& f);

  World* world_;
  Probes* probes_;
  NodeId id_;
  ProcessOptions options_;
  NodeClock clock_;
  ProcessHost* host_;
  VirtualDisk disk_;
  StateDevice state_;

  std::unique_ptr<node::Node> node_;
  uint64_t run_ = 0;
  uint64_t turns_ = 0;
  bool turn_scheduled_ = false;
  Micros paused_until_;
  uint64_t pauses_ = 0;  // a wait for the end of one is void after another has begun or ended
  std::vector<node::ClientReply> held_replies_;
  Micros tick_deadline_ = kNever;   // local
  Micros tick_armed_for_ = kNever;  // real; kNever: none
  uint64_t tick_generation_ = 0;
  std::vector<node::Input> inbox_;
};

}  // namespace jfs::sim

#endif  // SIM_CLUSTER_PROCESS_H_
