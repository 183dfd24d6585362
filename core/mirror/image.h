#ifndef CORE_MIRROR_IMAGE_H_
#define CORE_MIRROR_IMAGE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "core/mirror/fence.h"
#include "core/mirror/io.h"
#include "core/ots/row.h"

// What the tables of a mirror say, as anybody can find out who reads docs/formats/mirror.md: for
// comparing it with a state. On purpose other code than a recovery's.
namespace jfs::mirror {

// The mirrored rows as of every position from a checkpoint on, put together from a mirror that may
// be written meanwhile:
//
// 1. The fence is read; its checkpoint is where the image begins.
// 2. The data table is read, in whatever order, however long that takes. Everything up to the
//    checkpoint is in it; what it has of later mutations is in the journal too, which decides.
// 3. The journal is read from the checkpoint to the end that a later look at the fence names; and
//    again to a later end, as often as the reader likes. Since runs at or below a newer checkpoint
//    may be deleted, it should be read beside 2.
class Image {
 public:
  // What is kept of a value, where the whole would take too much memory.
  using Keep = std::function<std::string(std::string_view)>;

  // `begun`: the fence as of step 1. Without `keep`, values are kept as they are.
  explicit Image(const Fence& begun, Keep keep = nullptr);

  // Step 2; DataLoss if it is no such row.
  absl::Status AddData(const ots::Row& row);
  // Step 3: rows of the journal in the order of their keys, from JournalKey(next(), 0) on. DataLoss
  // if they are no whole runs, or do not follow what came before.
  absl::Status AddJournal(const ots::Row& row);
  // First sequence of the run that comes next.
  uint64_t next() const { return next_; }
  // The journal has been read as far as `fence` says. DataLoss if it ends elsewhere or differently.
  absl::Status Check(const Fence& fence);

  // The image is known from the first of these sequences to the second.
  uint64_t begin() const { return checkpoint_; }
  uint64_t end() const { return next_ - 1; }
  // The row as of a sequence; unset: there was none. REQUIRES: begin() <= sequence <= end().
  std::optional<std::string> At(std::string_view key, uint64_t sequence) const;
  // All keys behind `after` and not behind `until` (unset: to the end) that there were at any time,
  // in order. The empty key is none.
  void ForEachKey(std::string_view after, std::optional<std::string_view> until,
                  const std::function<void(const std::string& key)>& visit) const;

 private:
  struct Stored {
    std::optional<std::string> value;
    uint64_t position = 0;
  };
  struct Change {
    uint64_t sequence = 0;  // the last one of its outbox row
    std::optional<std::string> value;
  };
  // Of one row, within the journal that was read.
  struct History {
    std::optional<std::string> before;  // the first of them
    std::vector<Change> changes;
  };
  using Bytes = std::less<>;

  std::optional<std::string> Kept(const std::optional<std::string>& value) const;
  absl::Status AddRun();

  const Keep keep_;
  const uint64_t checkpoint_;
  std::map<std::string, Stored, Bytes> data_;
  std::map<std::string, History, Bytes> history_;
  // What was written after the seal of a mirror, by whomever, is none of it.
  uint64_t latest_position_;
  // The journal.
  uint64_t next_;
  uint64_t chain_;
  std::optional<Carried> carried_;  // as of the last outbox row that was read
  uint64_t run_last_ = 0, run_parts_ = 0;
  uint64_t parts_ = 0;  // collected
  std::string packed_;
};

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_IMAGE_H_
