#ifndef CORE_NS_ROWS_H_
#define CORE_NS_ROWS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "core/kv/view.h"
#include "core/kv/write_batch.h"
#include "core/ns/entry_changes.h"
#include "core/ns/keys.h"
#include "core/ns/records.h"

namespace jfs::ns {

// A row that cannot be decoded: damage on disk or a newer version's state, never something to go on
// with.
absl::Status DamagedRow(std::string_view key);

// An entry as it is stored, with what its row adds to the state hash.
struct EntryRow {
  EntryRecord record;
  uint64_t hash = 0;
};

// Unset: there is no such entry. A status is a read error or a damaged row and terminal.
absl::StatusOr<std::optional<EntryRow>> ReadEntry(const kv::View& view, InodeId directory,
                                                  std::string_view name);

// Unset: no file has that id. A file of an unlinked directory has one until it is removed.
absl::StatusOr<std::optional<FilePlaceRecord>> ReadFilePlace(const kv::View& view, InodeId file);

// Reads block `index` of a file whose blocks beyond the inline ones have rows.
absl::StatusOr<Block> ReadBlock(const kv::View& view, const FileRecord& file, uint64_t index,
                                uint64_t* row_hash);

// Writes rows into a batch and keeps the sum of row hashes up to date. Whoever changes a row knows
// what it was, because it has read it or keeps its hash.
class RowWriter {
 public:
  // `changes`: who wants to know what the rows were before, or null.
  RowWriter(kv::WriteBatch* batch, uint64_t* state_hash, EntryChanges* changes)
      : batch_(batch), hash_(state_hash), changes_(changes) {}

  // From here on `changes` wants to know.
  void Watch(EntryChanges* changes) { changes_ = changes; }

  // The row's own hash is returned for the next change.
  uint64_t Insert(std::string_view key, std::string_view value);
  uint64_t Replace(std::string_view key, uint64_t old_hash, std::string_view value);
  void Remove(std::string_view key, uint64_t old_hash);

 private:
  kv::WriteBatch* batch_;
  uint64_t* hash_;
  EntryChanges* changes_;
};

}  // namespace jfs::ns

#endif  // CORE_NS_ROWS_H_
