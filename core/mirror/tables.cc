#include "core/mirror/tables.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"
#include "core/base/hash.h"
#include "core/mirror/row_reader.h"
#include "core/ots/signature.h"

namespace jfs::mirror {
namespace {

// Key columns.
constexpr char kMirror[] = "mirror";
constexpr char kKind[] = "kind";
constexpr char kSequence[] = "sequence";
constexpr char kPart[] = "part";
constexpr char kHash[] = "hash";
constexpr char kKey[] = "key";
// The one partition of the journal table: a mirror is an instance's, not a table's.
constexpr char kTheMirror[] = "mirror";

// The key column of a key that is too long for one: its beginning, and a digest of all of it. Only
// such columns have this length, so no other key can be taken for one.
constexpr size_t kLongKeyColumnBytes = ots::kMaxKeyColumnBytes;
constexpr size_t kDigestBytes = 32;
// The whole of such a key.
constexpr char kWholeKey[] = "whole_key";

ots::Value Integer(uint64_t number) {
  CHECK_LE(number, static_cast<uint64_t>(INT64_MAX));
  return ots::Value::Integer(static_cast<int64_t>(number));
}

ots::Cell MakeCell(std::string_view name, ots::Value value) {
  return {.name = std::string(name), .value = std::move(value)};
}

bool IsLong(std::string_view key) { return key.size() >= kLongKeyColumnBytes; }

std::string KeyColumnOf(std::string_view key) {
  if (!IsLong(key)) return std::string(key);
  return Concat(key.substr(0, kLongKeyColumnBytes - kDigestBytes), ots::Sha256(key));
}

}  // namespace

std::vector<ots::TableDefinition> TableDefinitions() {
  const auto column = [](std::string_view name, ots::ValueType type) {
    return ots::KeyColumnSchema{.name = std::string(name), .type = type};
  };
  ots::TableDefinition journal;
  journal.name = std::string(kJournalTable);
  journal.key = {column(kMirror, ots::ValueType::kString), column(kKind, ots::ValueType::kInteger),
                 column(kSequence, ots::ValueType::kInteger),
                 column(kPart, ots::ValueType::kInteger)};
  journal.local_transactions = true;
  ots::TableDefinition data;
  data.name = std::string(kDataTable);
  data.key = {column(kHash, ots::ValueType::kInteger), column(kKey, ots::ValueType::kBlob)};
  return {std::move(journal), std::move(data)};
}

ots::RangeRequest WholeTable(std::string_view table) {
  ots::RangeRequest range;
  range.table = std::string(table);
  for (const ots::TableDefinition& definition : TableDefinitions()) {
    if (definition.name != table) continue;
    for (const ots::KeyColumnSchema& column : definition.key) {
      range.inclusive_start.push_back({column.name, ots::Value::InfMin()});
      range.exclusive_end.push_back({column.name, ots::Value::InfMax()});
    }
  }
  CHECK(!range.inclusive_start.empty()) << "a mirror has no such table";
  return range;
}

ots::KeyColumn JournalPartition() { return {kMirror, ots::Value::String(kTheMirror)}; }

ots::PrimaryKey JournalTableKey(std::string_view mirror, uint64_t kind, uint64_t sequence,
                                uint64_t part) {
  return {{kMirror, ots::Value::String(std::string(mirror))},
          {kKind, Integer(kind)},
          {kSequence, Integer(sequence)},
          {kPart, Integer(part)}};
}

uint64_t PositionOf(uint64_t lineage, uint64_t sequence) {
  CHECK_LE(lineage, kMaxLineage);
  CHECK_LE(sequence, kMaxSequence);
  return lineage << kSequenceBits | sequence;
}

uint64_t LineageOf(uint64_t position) { return position >> kSequenceBits; }

uint64_t SequenceOf(uint64_t position) { return position & kMaxSequence; }

// ---- Journal ----

ots::PrimaryKey JournalKey(uint64_t first, uint64_t part) {
  return JournalTableKey(kTheMirror, kJournalKind, first, part);
}

ots::Row EncodeJournalRow(const JournalRow& row) {
  CHECK_LE(row.first, row.last);
  CHECK_LT(row.part, row.parts);
  ots::Row out;
  out.primary_key = JournalKey(row.first, row.part);
  out.cells = {MakeCell("last", Integer(row.last)), MakeCell("lineage", Integer(row.lineage)),
               MakeCell("parts", Integer(row.parts)), MakeCell("run", ots::Value::Blob(row.bytes))};
  return out;
}

absl::StatusOr<JournalRow> DecodeJournalRow(const ots::Row& row) {
  RowReader in(row, "a journal row");
  JournalRow out;
  if (in.KeyText(kMirror) != kTheMirror) in.Fail("it is not of this mirror");
  if (in.KeyNumber(kKind) != kJournalKind) in.Fail("its kind is not the journal's");
  out.first = in.KeyNumber(kSequence);
  out.part = in.KeyNumber(kPart);
  out.last = in.Number("last", kMaxSequence);
  out.lineage = in.Number("lineage", kMaxLineage);
  out.parts = in.Number("parts");
  out.bytes = in.Blob("run");
  if (out.first == 0 || out.first > out.last) in.Fail("its sequences are no range");
  if (out.part >= out.parts) in.Fail(Concat("part ", out.part, " of ", out.parts));
  if (!in.status().ok()) return in.status();
  return out;
}

// ---- Data ----

ots::PrimaryKey DataKey(std::string_view key) {
  return {{kHash, ots::Value::Integer(static_cast<int64_t>(Hash64(key)))},
          {kKey, ots::Value::Blob(KeyColumnOf(key))}};
}

absl::StatusOr<DataRow> DecodeDataRow(const ots::Row& row) {
  RowReader in(row, "a data row");
  DataRow out;
  const int64_t hash = in.KeyInteger(kHash);
  out.key = in.KeyBlob(kKey);
  if (IsLong(out.key)) {
    std::string whole = in.Blob(kWholeKey);
    if (in.status().ok() && (!IsLong(whole) || KeyColumnOf(whole) != out.key)) {
      in.Fail("its whole key does not belong to its key column");
    }
    out.key = std::move(whole);
  }
  out.position = in.Number("position");
  out.value = in.OptionalBlob("value");
  if (in.status().ok() && hash != static_cast<int64_t>(Hash64(out.key))) {
    in.Fail("its hash is not that of its key");
  }
  if (!in.status().ok()) return in.status();
  return out;
}

ots::RowChange FoldRow(const DataRow& row) {
  ots::RowChange change;
  change.kind = ots::RowChange::Kind::kPut;
  change.row.primary_key = DataKey(row.key);
  change.row.cells.push_back(MakeCell("position", Integer(row.position)));
  if (row.value.has_value()) {
    change.row.cells.push_back(MakeCell("value", ots::Value::Blob(*row.value)));
  }
  if (IsLong(row.key)) change.row.cells.push_back(MakeCell(kWholeKey, ots::Value::Blob(row.key)));
  // A tombstone that is there already is put once more, and is new again by the service's time: who
  // folds it has just put older rows of its key, which may float for as long as any.
  const ots::Comparator passes =
      row.value.has_value() ? ots::Comparator::kLess : ots::Comparator::kLessEqual;
  // A missing row has no position and passes.
  change.condition.columns = ots::CompareColumn("position", passes, Integer(row.position),
                                                /*pass_if_missing=*/true);
  return change;
}

}  // namespace jfs::mirror
