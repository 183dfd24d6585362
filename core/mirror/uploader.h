#ifndef CORE_MIRROR_UPLOADER_H_
#define CORE_MIRROR_UPLOADER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "core/base/mutation.h"
#include "core/base/time.h"
#include "core/mirror/fence.h"
#include "core/mirror/io.h"

// The leader's side of the mirror: takes hold of the fence, appends the outbox to the journal and
// folds the journal into the data table (docs/formats/mirror.md; design in docs/architecture.md).
namespace jfs::mirror {

struct UploadLimits {
  uint64_t run_bytes = 1 << 20;     // of outbox rows in a journal run, before packing
  uint64_t part_bytes = 1'900'000;  // of a journal row
  // Between the beginnings of two runs, unless the first was half full: what comes meanwhile goes
  // along. A run costs a request and its answer, however little it carries.
  Duration append_interval = 10 * kMillisecond;
  // Between two reports of progress, each of which becomes an entry of the log.
  Duration progress_interval = 100 * kMillisecond;
  // What is in the journal waits for so long before it is folded: of a row that changes often only
  // the last state is sent, of one that comes and goes nothing.
  Duration fold_delay = kSecond;
  uint32_t fold_rows = 200;          // of one BatchWriteRow
  uint64_t fold_bytes = 1 << 20;     // of one BatchWriteRow
  uint32_t fold_calls = 8;           // under way at once
  uint64_t memory_bytes = 32 << 20;  // appended and not folded; beyond that, the journal is read
  // A fence that nobody has changed for so long is touched, so that sealing sees a living writer.
  Duration touch_interval = 10 * kSecond;
  // After an error that retrying inside the call did not mend.
  Duration retry_first = kSecond;
  Duration retry_longest = 30 * kSecond;
  Duration call_deadline = 30 * kSecond;
  // The longest a request may float before it lands: tombstones are kept that long.
  Duration late_landing_bound = 24 * 3600 * kSecond;
  // Between rounds over the data table that look for old tombstones.
  Duration tombstone_interval = 3600 * kSecond;
};

// What a store that came out of a recovery was loaded from: its mirror is still to be claimed.
struct Recovered {
  uint64_t lineage = 0;
  uint64_t last = 0;
  uint64_t chain = 0;
};

// Who uploads, constant for one uploader: a leader's term has one.
struct Writer {
  std::string cluster;  // its id as text
  uint64_t lineage = 1;
  uint64_t term = 0;
  std::optional<Recovered> claim;  // set: `lineage` is claim->lineage + 1
  // Only claim, then stop: the mirror is not to be kept.
  bool claim_only = false;
};

// How far the state is, as of this step.
struct OutboxEnd {
  uint64_t last = 0;   // last sequence in the outbox, folded or not
  uint64_t chain = 0;  // after it
};

enum class UploadPhase : uint8_t {
  kPreparing,   // looks at the instance: tables, atomic writes
  kTakingOver,  // reads and takes the fence
  kRunning,
  kRefused,  // for good: the mirror is not this cluster's to write; `problem` says why
  kClaimed,  // Writer::claim_only: done
};

struct UploadStatus {
  UploadPhase phase = UploadPhase::kPreparing;
  uint64_t mirrored = 0;  // the journal has everything up to this sequence
  uint64_t folded = 0;    // the data table has
  std::string problem;    // of the last call that failed, empty once one has succeeded
  uint64_t appends = 0, appended_bytes = 0, appended_rows = 0;  // whole runs
  uint64_t appended_parts = 0;                                  // of runs, also of unfinished ones
  uint64_t folded_rows = 0, fold_calls = 0;
  uint64_t failures = 0;  // calls that did not do what they should
  uint64_t tombstones_removed = 0;
  Micros last_success = Micros(0);
};

struct UploadOutput {
  std::vector<Call> calls;
  std::vector<Note> notes;
  // The fence is this writer's (set once): a new store may now decide that it has a mirror, a
  // recovered one that it has claimed it.
  bool admitted = false;
  // Everything up to this sequence is in the journal: to be replicated.
  std::optional<uint64_t> progress;
  // Not OK: the store cannot be read. Terminal for the process.
  absl::Status fatal;
  Micros next_deadline = kNever;
};

class Uploader {
 public:
  Uploader(UploadLimits limits, Writer writer, Mutations mutations);
  ~Uploader();
  Uploader(const Uploader&) = delete;
  Uploader& operator=(const Uploader&) = delete;

  // One turn. Call it whenever calls ended, the outbox grew, or the deadline passed.
  // REQUIRES: the state has everything that was committed before the writer's term began (an entry
  // of that term has been applied); else the mirror may look as if it were ahead of the store. A
  // store that has mutations has a mirror already: `end` is zero until the first leader was
  // admitted. A call that nobody will ever answer must not float for longer than
  // UploadLimits::late_landing_bound less two minutes.
  [[nodiscard]] UploadOutput Step(Micros now, OutboxEnd end, OutboxReader* outbox,
                                  std::span<const CallEnded> ended);
  UploadStatus status() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_UPLOADER_H_
