#ifndef CORE_MIRROR_LOADER_H_
#define CORE_MIRROR_LOADER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/mutation.h"
#include "core/base/time.h"
#include "core/mirror/fence.h"
#include "core/mirror/io.h"
#include "core/mirror/journal.h"

// The leader's side of a recovery: seals a mirror and reads it, chunk by chunk, up to the position
// where it was sealed (docs/formats/mirror.md). First come the rows of the data table, then the
// after-images in the journal from the checkpoint on, so a key may come several times: the last one
// counts. How far a cursor is: load_cursor.h.
namespace jfs::mirror {

struct LoadLimits {
  // The fence must have stayed unchanged for so long before it is sealed, looked at so often. After
  // a gap of a third of the quiet time between two looks the wait begins anew.
  Duration quiet_time = 30 * kSecond;
  Duration look_interval = 3 * kSecond;
  uint64_t chunk_bytes = 256 << 10;  // of keys and values in one chunk
  uint32_t chunk_rows = 4096;
  // Chunks given out and not yet loaded, as the replicated cursor shows; and as many are read
  // ahead, if one page of a table does not already make more.
  uint32_t chunks_ahead = 4;
  // What was given out to be replicated and has not moved anything for so long is given out again:
  // a proposal may be lost.
  Duration give_again = 10 * kSecond;
  uint64_t max_run_bytes = kMaxRunBytes;  // of an unpacked journal run
  Duration retry_first = kSecond;
  Duration retry_longest = 30 * kSecond;
  Duration call_deadline = 30 * kSecond;
};

struct LoadedRow {
  std::string key;
  std::optional<std::string> value;  // unset: the row is to go
  friend bool operator==(const LoadedRow&, const LoadedRow&) = default;
};

// A piece of the mirror; to be applied only where the replicated cursor is `from`, which it then
// moves to `to`. A cursor's bytes are the loader's own business; empty is the beginning. After the
// last chunk the cursor is Loader::kEnd.
struct Chunk {
  std::string from, to;
  std::vector<LoadedRow> rows;
};

struct LoadOutput {
  std::vector<Call> calls;
  std::vector<Note> notes;
  // The mirror is sealed here: to be replicated before anything is loaded.
  std::optional<Fence> sealed;
  std::vector<Chunk> chunks;  // to be proposed in this order
  // The recovery has failed, for good, and for this reason: there is no mirror, what was read
  // contradicts itself or the fence, or the mirror was claimed by another cluster meanwhile. Set in
  // every output from then on. An instance that cannot be reached is no such reason.
  std::optional<std::string> failed;
  Micros next_deadline = kNever;
};

enum class LoadPhase : uint8_t {
  kLooking,  // reads the fence
  kWaiting,  // for a living writer to stop
  kSealing,
  kLoadingData,
  kLoadingJournal,
  kLoaded,  // the cursor is at the end
  kFailed,
};

struct LoadStatus {
  LoadPhase phase = LoadPhase::kLooking;
  std::string waiting_for;  // who writes the mirror still, while kWaiting
  std::string problem;      // of the last call that failed
  std::string failure;      // kFailed: LoadOutput::failed
  uint64_t rows = 0;        // given out by this loader
};

class Loader {
 public:
  static constexpr char kEnd[] = "end";

  // `cluster`: this cluster's id as text, for messages. `sealed`: the fence as it was replicated by
  // an earlier leader of the same recovery, if one got so far; its revision, term, parts and
  // touches do not count.
  Loader(LoadLimits limits, std::string cluster, std::optional<Fence> sealed, Mutations mutations);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // One turn; call it when calls ended, the cursor moved, or the deadline passed. `cursor` is the
  // replicated one; `sealed_replicated`: what LoadOutput::sealed brought, or the constructor was
  // given, has been applied. REQUIRES: when the loader was made, everything that earlier leaders
  // proposed and that will be applied had been.
  //
  // The last chunk is given out only after the fence has been seen, behind everything that was
  // read, as it was sealed: so nobody had begun to write the mirror again.
  [[nodiscard]] LoadOutput Step(Micros now, const std::string& cursor, bool sealed_replicated,
                                std::span<const CallEnded> ended);
  LoadStatus status() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_LOADER_H_
