#ifndef CORE_MIRROR_TABLES_H_
#define CORE_MIRROR_TABLES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "core/ots/requests.h"
#include "core/ots/row.h"

// The tables of a mirror and the keys and cells of their rows (docs/formats/mirror.md).
namespace jfs::mirror {

// The fence and the journal, all under one partition key, so that they change together.
inline constexpr std::string_view kJournalTable = "jfs_journal";
// The mirrored rows of the state, as of the checkpoint or later.
inline constexpr std::string_view kDataTable = "jfs_data";

std::vector<ots::TableDefinition> TableDefinitions();
// Everything in one of them, as a range to begin reading with.
ots::RangeRequest WholeTable(std::string_view table);
// The partition key of fence and journal, for local transactions.
ots::KeyColumn JournalPartition();

// Any key of the journal table, whose first column is JournalPartition's in all but the rows that
// try out whether an instance writes atomically.
inline constexpr uint64_t kFenceKind = 0;
inline constexpr uint64_t kJournalKind = 1;
ots::PrimaryKey JournalTableKey(std::string_view mirror, uint64_t kind, uint64_t sequence,
                                uint64_t part);

// Positions are compared as signed integers, so the sign bit is not a lineage's to use.
inline constexpr uint64_t kMaxLineage = (1 << 15) - 1;
inline constexpr int kSequenceBits = 48;
inline constexpr uint64_t kMaxSequence = (uint64_t{1} << kSequenceBits) - 1;
// lineage << 48 | sequence, as everywhere else. REQUIRES: both within their limits.
uint64_t PositionOf(uint64_t lineage, uint64_t sequence);
uint64_t LineageOf(uint64_t position);
uint64_t SequenceOf(uint64_t position);

// ---- Journal ----

// One part of a run of mutations; most runs have one. `first` is the first sequence of the run.
struct JournalRow {
  uint64_t first = 0, last = 0;
  uint64_t part = 0, parts = 1;
  uint64_t lineage = 0;
  std::string bytes;  // of the packed run, journal.h
  friend bool operator==(const JournalRow&, const JournalRow&) = default;
};
ots::PrimaryKey JournalKey(uint64_t first, uint64_t part);
ots::Row EncodeJournalRow(const JournalRow& row);
absl::StatusOr<JournalRow> DecodeJournalRow(const ots::Row& row);

// ---- Data ----

// A row of the state verbatim, and the position that wrote it; without a value it is a tombstone.
struct DataRow {
  std::string key;
  std::optional<std::string> value;
  uint64_t position = 0;
  friend bool operator==(const DataRow&, const DataRow&) = default;
};
// Spread by a hash of the key, so that neighbours are written to different partitions. Of a key
// that is too long for a key column, a digest; the whole of it is then a cell.
ots::PrimaryKey DataKey(std::string_view key);
absl::StatusOr<DataRow> DecodeDataRow(const ots::Row& row);
// Puts the row unless it was written by a position that is not smaller; a tombstone also over
// itself.
ots::RowChange FoldRow(const DataRow& row);

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_TABLES_H_
