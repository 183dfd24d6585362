#ifndef CORE_LOG_LOG_H_
#define CORE_LOG_LOG_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "core/base/identity.h"
#include "core/base/mutation.h"
#include "core/log/disk.h"
#include "core/log/record.h"

// The segmented log of one master as two pure state machines: Recovery turns what lies on the disk
// into what was durable; Log appends batches, recycles segments and reads entries back. Both speak
// to the disk only through requests and completions as data. Format: docs/formats/log.md.
namespace jfs::log {

struct Options {
  // Written into every segment header. At recovery the node must agree with what is found (else
  // FailedPrecondition); the incarnation here is used only where no log exists yet, otherwise the
  // one found counts.
  ClusterNode identity;
  uint64_t segment_bytes = uint64_t{64} << 20;
  uint32_t block_bytes = 4096;  // the device's atomic write unit: 512 or 4096
  uint32_t spare_segments = 2;  // kept ready, zero-filled: also the reserve when the disk fills
  uint32_t writes_in_flight = 4;
  Mutations mutations;
};

// ---- Recovery ----

struct RecoveredLog {
  bool existed = false;    // false: no log at all was found (an empty disk)
  ClusterNode identity;    // of the disk: see Options::identity
  std::string hard_state;  // opaque to the log: as last appended
  LogPosition base;        // state below the first entry, as last set by Compact/Reset records
  std::vector<LogEntry> entries;  // contiguous from base.index + 1
  bool torn_tail = false;         // something not durable was cut off: normal after a crash
  bool damaged = false;           // rot: something that had been durable is gone or changed
  std::string damage;             // names segment, offset and index, for people
};

struct RecoveryOutput {
  std::vector<DiskRequest> requests;
  // Set once, at the end. An error (another cluster's directory, unknown version, read error) is
  // final; its message names file, offset and what to do.
  bool finished = false;
  absl::Status status;
};

class Log;

class Recovery {
 public:
  explicit Recovery(Options options);
  ~Recovery();
  [[nodiscard]] RecoveryOutput Start();
  [[nodiscard]] RecoveryOutput Step(const DiskCompletion& completion);

  // REQUIRES: finished with an OK status. TakeLog may be called once: it returns the log positioned
  // behind what was recovered. Its first batch goes to a fresh segment with a new epoch, durable
  // before anything is acknowledged.
  const RecoveredLog& recovered() const;
  std::unique_ptr<Log> TakeLog();

 private:
  class Impl;  // recovery.h
  std::unique_ptr<Impl> impl_;
};

// ---- Appending ----

// A batch larger than a segment gets a segment of its own size. These bounds are the caller's to
// keep: more is a bug (CHECK).
inline constexpr uint64_t kMaxBatchBytes =
    uint64_t{256} << 20;  // encoded entries: payloads + at most 16 bytes each
inline constexpr uint64_t kMaxHardStateBytes = uint64_t{64} << 10;

// One unit: durable as a whole or not at all. Maps one to one to raft::Persist.
struct Batch {
  uint64_t token = 0;                     // the caller's; returned in LogOutput::durable in order
  std::optional<std::string> hard_state;  // unset: as before
  std::optional<uint64_t> truncate_from;  // every entry from this index on is void
  // Everything is void; the state stands at this position. REQUIRES: not below the base, except in
  // the first batch of a run: the state may turn out at a start to be older than the log's base.
  std::optional<LogPosition> reset_to;
  std::vector<LogEntry> entries;
  // Damage found by this or an earlier recovery has been made good: recoveries after this batch no
  // longer report it. Until then every recovery does, whatever has been appended since.
  bool damage_repaired = false;
};

struct LogOutput {
  std::vector<DiskRequest> requests;
  std::vector<uint64_t> durable;  // tokens of batches that are now durable, in order
  // Not OK: the log is dead for this run of the process; no later batch will become durable.
  // OutOfRange: a number would have gone beyond kLargestNumber; nothing was written.
  absl::Status error;
  // Answer to ReadEntries, if complete.
  struct ReadDone {
    uint64_t token = 0;
    absl::Status status;  // NotFound: no longer in the log; DataLoss: rot
    std::vector<LogEntry> entries;
  };
  std::vector<ReadDone> reads;
};

class Log {
 public:
  ~Log();
  [[nodiscard]] LogOutput Append(Batch batch);
  [[nodiscard]] LogOutput Complete(const DiskCompletion& completion);
  // Entries below `index` are no longer needed (the state at `index` - 1 is durable elsewhere):
  // segments wholly below are recycled once that fact is durable.
  [[nodiscard]] LogOutput Compact(LogPosition base);
  // Reads entries [first, end) back, at least one and at most `max_bytes` unless the first is
  // larger.
  [[nodiscard]] LogOutput ReadEntries(uint64_t token, uint64_t first, uint64_t end,
                                      uint64_t max_bytes);
  // No batch came for a while: writes an empty batch if the last one is not yet covered by a
  // durable watermark.
  [[nodiscard]] LogOutput Idle();
  // True while an Idle() would write something.
  bool watermark_behind() const;

  uint64_t bytes_kept() const;  // in live segments
  uint64_t writes_outstanding() const;

 private:
  friend class Recovery;
  class Impl;  // log_impl.h
  explicit Log(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace jfs::log

#endif  // CORE_LOG_LOG_H_
