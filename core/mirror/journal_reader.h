#ifndef CORE_MIRROR_JOURNAL_READER_H_
#define CORE_MIRROR_JOURNAL_READER_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "core/base/mutation.h"
#include "core/mirror/chunk_builder.h"
#include "core/mirror/load_cursor.h"
#include "core/mirror/loader.h"
#include "core/mirror/tables.h"
#include "core/ots/requests.h"
#include "core/outbox/outbox_row.h"

namespace jfs::mirror {

// Reads the journal of a sealed mirror from a place to the fence's last sequence, checks every
// outbox row against the one before it, and cuts their after-images into chunks. All errors are
// DataLoss, and sentences that name the row.
//
// REQUIRES of the writer: runs follow each other, and a checkpoint is the end of a run.
class JournalReader {
 public:
  JournalReader(const LoadLimits& limits, const Fence& sealed, const JournalPlace& from,
                Mutations mutations);

  // The page to ask for; nothing if there is none left or enough is read ahead.
  std::optional<ots::RangeRequest> NextPage() const;
  // Such a page.
  absl::Status Add(const ots::RangePage& page);
  // The next chunk that is complete, if what has been read makes one.
  absl::StatusOr<std::optional<Chunk>> Take();
  // Everything up to the fence's last sequence has been read, verified and taken.
  bool finished() const { return finished_ && builder_.ready() == 0; }
  // Where the last chunk ended, once finished.
  const JournalPlace& place() const { return place_; }

 private:
  // What the key and columns of part 0 say of a run that is being put together.
  struct Run {
    uint64_t first = 0, last = 0, parts = 0, lineage = 0;
    uint64_t collected = 0;
    std::string packed;
  };

  // Sets `current_`, or leaves it unset if more pages are needed or this is the end.
  absl::Status NextOutboxRow();
  // Takes rows of the journal until a run is whole; false: there are not enough yet.
  absl::StatusOr<bool> PutRunTogether();
  absl::Status AddPart(const JournalRow& row);
  absl::Status Unpack();
  // Checks an outbox row against what came before and, at the end, against the fence.
  absl::Status Verify(std::string_view bytes, const outbox::OutboxRow& row) const;
  absl::Status Finish();
  void GiveOutChanges();

  const LoadLimits limits_;
  const Fence sealed_;
  const Mutations mutations_;
  std::optional<ots::PrimaryKey> next_;  // start of the next page; unset at the range's end
  std::deque<JournalRow> read_;          // rows of pages that no run has taken
  std::optional<Run> run_;               // being put together
  // The run that was put together last: its key, and its outbox rows that are not given out.
  uint64_t whole_first_ = 0, whole_last_ = 0, whole_parts_ = 0;
  std::vector<std::string> rows_;
  size_t next_row_ = 0;
  std::optional<outbox::OutboxRow> current_;  // being given out
  uint64_t current_chain_ = 0;                // after it
  JournalPlace place_;
  ChunkBuilder builder_;
  bool finished_ = false;
};

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_JOURNAL_READER_H_
