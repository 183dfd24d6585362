#ifndef CORE_MIRROR_DATA_READER_H_
#define CORE_MIRROR_DATA_READER_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"

#include "core/base/mutation.h"
#include "core/mirror/chunk_builder.h"
#include "core/mirror/load_cursor.h"
#include "core/mirror/loader.h"
#include "core/ots/requests.h"

namespace jfs::mirror {

// Reads the data table of a sealed mirror, in the order of its keys, and cuts it into chunks. The
// order of rows and the places between them are those of the table, so two leaders that start at
// one cursor read the same.
class DataReader {
 public:
  DataReader(const LoadLimits& limits, const Fence& sealed, const DataPlace& from,
             Mutations mutations);

  // The page to ask for; nothing if there is none left or enough is read ahead.
  std::optional<ots::RangeRequest> NextPage() const;
  // Such a page. DataLoss, naming the row, if it cannot be a row of this mirror.
  absl::Status Add(const ots::RangePage& page);
  // The next chunk that is complete. The last one ends where the journal begins.
  std::optional<Chunk> Take() { return builder_.Take(); }
  // The whole table has been read and taken.
  bool finished() const { return !next_.has_value() && builder_.ready() == 0; }

 private:
  const uint64_t sealed_position_;
  const JournalPlace journal_;
  const uint32_t chunks_ahead_;
  const Mutations mutations_;
  std::optional<ots::PrimaryKey> next_;  // start of the next page; unset at the table's end
  ChunkBuilder builder_;
};

// The place where a journal begins, behind the data table.
JournalPlace JournalStart(const Fence& sealed);

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_DATA_READER_H_
