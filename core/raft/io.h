#ifndef CORE_RAFT_IO_H_
#define CORE_RAFT_IO_H_

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/time.h"
#include "core/raft/message.h"
#include "core/raft/types.h"

// Everything that goes into and comes out of one Raft peer. Times are the driver's monotonic
// microseconds.
namespace jfs::raft {

// Numbers the Persist orders of one run of the process, from 1, without gaps. They complete in
// order.
using PersistToken = StrongInt<struct PersistTokenTag>;
// Chosen by the caller, unique within one run of the process.
using ProposalId = StrongInt<struct ProposalIdTag>;
using ReadId = StrongInt<struct ReadIdTag>;

// ---- Inputs ----

// Time has passed; nothing else happened.
struct Tick {};

// Already checked: decoded without error, addressed to this node.
struct Received {
  Message message;
};

// Commands to replicate, in this order, as one unit of admission: all are accepted or all refused.
struct Proposed {
  ProposalId id;
  std::vector<SharedBytes> commands;
};

// The Persist order `token` and all before it are on disk. `last` and `term` name the last entry
// written by it (as written then: the index may have been rewritten since), zero if it held no
// entries.
struct Durable {
  PersistToken token;
  Term term;
  LogIndex last;
};

// The state machine has applied everything up to `index`.
struct Applied {
  LogIndex index;
};

// Asks from which index on a read may be served. kLease answers at once while the leader lease
// holds and falls back to a round of heartbeats; kConfirm always takes the round.
struct ReadRequested {
  enum class Kind : uint8_t { kLease, kConfirm };
  ReadId id;
  Kind kind = Kind::kLease;
};

// Entries up to `through` are covered by durable state: the peer may forget them, except what it
// keeps pinned for snapshot transfers and slow followers. REQUIRES: through.index <= last applied.
struct StateDurable {
  Position through;
};

// A snapshot ordered by SendSnapshot has ended. ok: the follower reported it installed at `at`.
struct SnapshotSent {
  NodeId to;
  bool ok = false;
  Position at;
};

// This node's state was replaced by a snapshot; the driver has made it durable. Everything in the
// log at or below `at`, and everything above that does not follow from it, is void. What was
// announced as committed above `at` stays announced and is not announced again. REQUIRES: at.index
// >= everything reported Applied.
struct SnapshotInstalled {
  Position at;
  Membership membership;
};

// Entries asked for by ReadLog, read back from disk; empty if the range is no longer there.
struct LogRead {
  NodeId for_follower;
  std::vector<Entry> entries;
};

// Free space crossed the threshold.
struct DiskSpace {
  bool low = false;
};

// Hand leadership to `to`, or to the best follower if NodeId{}. No-op unless leader.
struct TransferLeadership {
  NodeId to;
};

using Input = std::variant<Tick, Received, Proposed, Durable, Applied, ReadRequested, StateDurable,
                           SnapshotSent, SnapshotInstalled, LogRead, DiskSpace, TransferLeadership>;

// ---- Outputs ----

// One unit for the log. First everything is void and the log starts again above `reset_to` (if
// set), or everything from `truncate_from` on is void (if set); then `entries` are appended; the
// hard state replaces the one before. Durable as a whole or not at all.
struct Persist {
  PersistToken token;
  std::optional<HardState> hard_state;
  // Set after a snapshot was installed that the log does not lead up to: the whole log is void and
  // starts again behind this position (then `truncate_from` is unset). If the log holds the
  // snapshot's last entry with the same term, the suffix behind it stays and nothing is reset.
  std::optional<Position> reset_to;
  std::optional<LogIndex> truncate_from;
  std::vector<Entry> entries;
};

struct ProposalOutcome {
  enum class Fate : uint8_t {
    kCommitted,  // all commands are committed at [first, first + count) in `term`
    kDropped,    // will never be committed; safe to propose again
    kUnknown,    // leadership was lost while it was under way
  };
  enum class Reason : uint8_t { kNone, kNotLeader, kBusy, kDiskLow, kTransferring, kOverwritten };
  ProposalId id;
  Fate fate = Fate::kDropped;
  Reason reason = Reason::kNone;
  Term term;
  LogIndex first;
};

struct ReadOutcome {
  ReadId id;
  bool ready = false;     // false: not leader, or leadership could not be confirmed
  bool by_lease = false;  // check LeaseValid() again when the answer leaves
  LogIndex index;         // serve when applied >= index
};

// Bring `to` up to date by a snapshot: the entries it needs are gone. Report SnapshotSent when
// over. Log entries above the transfer's position stay pinned until then, up to
// Config::snapshot_pin_bytes.
struct SendSnapshot {
  NodeId to;
};

// Entries [range) are needed for a follower and no longer in memory: answer with LogRead.
struct ReadLog {
  NodeId for_follower;
  IndexRange range;
  size_t max_bytes = 0;
};

// The order of the fields is the contract of durability: `persist` goes to the log; `send` may
// leave at once; `after_durable` leaves only when the order `after` (which may be an earlier one)
// is durable, and is dropped if the process dies before; `committed` may be applied, in order, at
// once.
struct Output {
  std::optional<Persist> persist;
  std::vector<Message> send;
  PersistToken after;  // zero: nothing outstanding, after_durable may leave at once
  std::vector<Message> after_durable;
  IndexRange committed;
  std::vector<ProposalOutcome> proposals;
  std::vector<ReadOutcome> reads;
  std::vector<SendSnapshot> send_snapshots;
  std::vector<ReadLog> read_log;
  // Entries below this index may be dropped from the log on disk (never decreases; zero: no news).
  LogIndex compact_below;
  Term compact_term;  // of the entry just below compact_below
  // Call Step(Tick) no later than this.
  Micros next_deadline = kNever;
};

}  // namespace jfs::raft

#endif  // CORE_RAFT_IO_H_
