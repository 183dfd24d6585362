#ifndef CORE_MIRROR_RUN_READER_H_
#define CORE_MIRROR_RUN_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "core/mirror/tables.h"
#include "core/ots/requests.h"
#include "core/outbox/outbox_row.h"

namespace jfs::mirror {

// A run of the journal, put together and taken apart. Not empty.
struct JournalRun {
  uint64_t first = 0, last = 0;
  uint64_t chain = 0;  // after it
  uint64_t lineage = 0;
  std::vector<outbox::OutboxRow> rows;
};

// Takes a run's outbox rows apart and follows the chain through them. DataLoss names what does not
// follow: they must be the rows from `first` on, with `*chain` before them; it is moved behind
// them.
absl::Status DecodeRun(const std::vector<std::string>& rows, uint64_t first, uint64_t* chain,
                       std::vector<outbox::OutboxRow>* decoded);

// Reads the journal's runs back from the table, one page at a time, and checks that each follows
// the one before. For who holds the fence: what it reads is at or below the fence's last sequence
// and changes no more.
class RunReader {
 public:
  // Reads what follows sequence `after`, the end of a run; the chain there. Runs that would be
  // longer than `max_run_bytes` unpacked are refused.
  RunReader(uint64_t after, uint64_t chain, uint64_t max_run_bytes)
      : after_(after), chain_(chain), max_run_bytes_(max_run_bytes) {}

  // The next page of what the journal has up to `last`, of at most `max_rows` rows.
  // REQUIRES: after() < last.
  ots::Request NextPage(uint64_t last, uint32_t max_rows);
  // The answer to it: appends the runs that are whole now. DataLoss: the journal contradicts
  // itself, or a run is missing. Unavailable: the answer cannot be read; ask again.
  absl::Status Take(const std::string& body, std::vector<JournalRun>* runs);

  // Everything up to here has been read.
  uint64_t after() const { return after_; }

 private:
  absl::Status AddRow(JournalRow row, std::vector<JournalRun>* runs);

  uint64_t after_;
  uint64_t chain_;
  const uint64_t max_run_bytes_;
  uint64_t asked_last_ = 0;
  std::optional<ots::PrimaryKey> next_;  // where the next page starts, if the last one said so
  std::optional<JournalRow> partial_;    // a run of which parts [0, part] are here
};

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_RUN_READER_H_
