#ifndef CORE_NODE_IO_H_
#define CORE_NODE_IO_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"

#include "core/base/bytes.h"
#include "core/base/identity.h"
#include "core/base/time.h"
#include "core/kv/state_store.h"
#include "core/log/disk.h"
#include "core/ns/reply.h"
#include "core/ns/request.h"
#include "core/ots/exchange.h"
#include "core/ots/retrying_call.h"
#include "core/raft/types.h"

// Everything that goes into and comes out of one master. Effects that take time are *jobs* with
// tokens; the driver carries them out and answers each exactly once, unless the process dies first.
namespace jfs::node {

// Chosen by the driver, unique within one run of the process.
using CallHandle = StrongInt<struct CallHandleTag>;
// Chosen by the node, unique within one run of the process.
using JobToken = StrongInt<struct JobTokenTag>;

// Which connection to a peer a payload takes: votes and heartbeats never wait behind entries,
// nothing waits behind a snapshot.
enum class Lane : uint8_t { kControl = 0, kAppend = 1, kSnapshot = 2 };
inline constexpr int kLanes = 3;

// A snapshot is a set of files, as a checkpoint of the state store left them.
struct SnapshotFile {
  std::string name;  // plain, without '/'
  uint64_t bytes = 0;
  uint32_t crc32c = 0;
  friend bool operator==(const SnapshotFile&, const SnapshotFile&) = default;
};

// ---- Inputs ----

struct Tick {};

// A payload from a peer whose frame was whole (peer_wire.h). The payload itself may still be
// anything.
struct PeerPayload {
  NodeId from;
  SharedBytes payload;
};

struct DiskDone {
  log::DiskCompletion completion;
};

// A mutating call. `command.operation` must not be one of those that only the leader proposes.
// Namespace 0 stands for one that the leader has not made yet, in reads as well: kNotReady.
struct ClientCommand {
  CallHandle call;
  ns::Command command;
};

struct ClientRead {
  CallHandle call;
  ns::ReadRequest request;
};

// The holders of open files are alive. Answered like a read that asks for nothing; kNotReady while
// the files of one of them are being taken away.
struct RenewLeases {
  CallHandle call;
  std::vector<std::string> holders;
};

// Answer to FlushState: what is now persisted, as read back from the persisted data.
struct StateFlushed {
  JobToken token;
  absl::Status status;
  raft::Position persisted;
};

// Answer to TakeCheckpoint. `at` is read from inside the checkpoint.
struct CheckpointTaken {
  JobToken token;
  absl::Status status;
  raft::Position at;
  std::vector<SnapshotFile> files;
};

// Answer to ReadCheckpoint: exactly the bytes asked for.
struct CheckpointRead {
  JobToken token;
  absl::Status status;
  SharedBytes data;
};

// Answer to PrepareStaging: how many bytes of each file asked for are already there from an earlier
// attempt.
struct StagingPrepared {
  JobToken token;
  absl::Status status;
  std::vector<uint64_t> have;
};

// Answer to WriteStaged (the data is in the file, not necessarily durable).
struct StagedWritten {
  JobToken token;
  absl::Status status;
};

// Answer to InstallStaged. OK: the state is now the snapshot's, durably; `store` replaces the one
// before. Not OK with store == nullptr: nothing changed (a checksum was wrong, the disk is full).
struct StagedInstalled {
  JobToken token;
  absl::Status status;
  kv::StateStore* store = nullptr;
};

// Answer to CallTablestore.
struct TablestoreAnswered {
  JobToken token;
  ots::Outcome outcome;
};

// Free space on the disk crossed the threshold.
struct DiskSpace {
  bool low = false;
};

// The process wants to end: hand leadership over. Output::drained turns true when it may.
struct Drain {};

// An operator wants another leader (NodeId{}: whoever is best).
struct TransferLeadership {
  NodeId to;
};

using Input =
    std::variant<Tick, PeerPayload, DiskDone, ClientCommand, ClientRead, RenewLeases, StateFlushed,
                 CheckpointTaken, CheckpointRead, StagingPrepared, StagedWritten, StagedInstalled,
                 TablestoreAnswered, DiskSpace, Drain, TransferLeadership>;

// ---- Outputs ----

struct SendPayload {
  NodeId to;
  Lane lane = Lane::kControl;
  SharedBytes payload;
};

// Make everything written to the state store so far survive a crash.
struct FlushState {
  JobToken token;
};
// Make an unchanging copy of the state, durable or not, under `checkpoint`.
struct TakeCheckpoint {
  JobToken token;
  uint64_t checkpoint = 0;
};
struct ReadCheckpoint {
  JobToken token;
  uint64_t checkpoint = 0;
  std::string file;
  uint64_t offset = 0;
  uint64_t bytes = 0;
};
// No answer.
struct DropCheckpoint {
  uint64_t checkpoint = 0;
};
// A snapshot at `at` with these files is about to arrive: keep what fits of an earlier attempt at
// the same snapshot (same position and list), remove the rest.
struct PrepareStaging {
  JobToken token;
  raft::Position at;
  std::vector<SnapshotFile> files;
};
struct WriteStaged {
  JobToken token;
  std::string file;
  uint64_t offset = 0;
  SharedBytes data;
};
// Check sizes and checksums, make the staged files durable, and let them take the place of the
// state in one step that survives a crash at any moment either way. The node uses no state until
// answered.
struct InstallStaged {
  JobToken token;
};

using Job = std::variant<FlushState, TakeCheckpoint, ReadCheckpoint, DropCheckpoint, PrepareStaging,
                         WriteStaged, InstallStaged>;

// One logical call of the mirror's, to be carried out over the network. Calls are independent of
// each other and may end in any order.
struct CallTablestore {
  JobToken token;
  ots::Request request;
  ots::CallOptions options;
};

struct ClientReply {
  enum class Outcome : uint8_t {
    kReply,      // `reply` is the namespace's answer, success or refusal
    kNotLeader,  // did not happen here: ask `leader` (NodeId{}: unknown)
    kNotReady,   // did not happen: leader, but not yet able to serve; the same master again
    kBusy,       // did not happen: a budget is used up; the same master again
    kDiskLow,    // did not happen: a majority is short of disk space
    kUnknown,    // may or may not happen: leadership was lost under way
    kTooLarge,   // did not happen: the command exceeds the size limit
  };
  CallHandle call;
  Outcome outcome = Outcome::kReply;
  NodeId leader;
  ns::Reply reply;
  // Where the answer stands in the log: a write's own entry and place in its batch, or what a read
  // was served at.
  raft::Position at;
  uint32_t ordinal = 0;
  // A read decided by the leader lease: check Node::LeaseValid with a fresh time when the answer
  // leaves, and answer kNotReady instead if it has lapsed.
  bool by_lease = false;
};

// For the log of the process: what an operator would want to know.
struct Event {
  enum class Severity : uint8_t { kInfo, kWarning, kError };
  Severity severity = Severity::kInfo;
  std::string text;
};

struct Output {
  std::vector<log::DiskRequest> disk;  // start in order
  std::vector<SendPayload> send;
  std::vector<Job> jobs;
  std::vector<CallTablestore> tablestore;
  std::vector<ClientReply> replies;
  std::vector<Event> events;
  // Not OK: this run of the process is over; nothing more may leave. The message says what, where
  // and what to do.
  absl::Status fatal;
  bool drained = false;
  Micros next_deadline = kNever;
};

}  // namespace jfs::node

#endif  // CORE_NODE_IO_H_
