#include "ots_mock/engine/stored_row.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/concat.h"
#include "core/ots/error.h"
#include "ots_mock/engine/filter_match.h"

namespace jfs::ots_mock {
namespace {

using ots::Cell;
using ots::CellOperation;
using ots::ErrorCode;
using ots::Row;
using ots::RowChange;
using ots::ValueType;

constexpr size_t kMaxColumnsInAWrite = 1024;
constexpr uint64_t kMaxRowBytes = uint64_t{4} << 20;

Refusal Invalid(std::string_view message) {
  return ots::MakeError(ErrorCode::kParameterInvalid, message);
}

bool Before(const Cell& a, const Cell& b) {
  if (a.name != b.name) return a.name < b.name;
  return a.timestamp > b.timestamp;
}

// Keeps the newest versions of each column. REQUIRES: sorted.
void DropOldVersions(int32_t max_versions, std::vector<Cell>* cells) {
  std::vector<Cell> kept;
  int32_t versions = 0;
  for (Cell& cell : *cells) {
    versions = !kept.empty() && kept.back().name == cell.name ? versions + 1 : 1;
    if (versions <= max_versions) kept.push_back(std::move(cell));
  }
  *cells = std::move(kept);
}

// Adds a version, or replaces the one of the same time.
void PutCell(Cell cell, std::vector<Cell>* cells) {
  const auto at = std::lower_bound(cells->begin(), cells->end(), cell, Before);
  if (at != cells->end() && at->name == cell.name && at->timestamp == cell.timestamp) {
    *at = std::move(cell);
  } else {
    cells->insert(at, std::move(cell));
  }
}

Refusal CheckValue(const Cell& cell) {
  const ots::Value& value = *cell.value;
  switch (value.type()) {
    case ValueType::kInfMin:
    case ValueType::kInfMax:
    case ValueType::kAutoIncrement:
      return Invalid(Concat("VT_", ots::ValueTypeName(value.type()),
                            " is an invalid type for the attribute column."));
    case ValueType::kDouble:
      if (value.real() != value.real()) return Invalid("NaN can't be set to double value.");
      if (value.real() > std::numeric_limits<double>::max() ||
          value.real() < std::numeric_limits<double>::lowest()) {
        return Invalid("Infinity can't be set to double value.");
      }
      return std::nullopt;
    default:
      break;
  }
  if (value.bytes().size() > ots::kMaxAttributeBytes) {
    return Invalid(Concat("The length of attribute column: ", cell.name,
                          " exceeded the MaxLength:", ots::kMaxAttributeBytes,
                          " with Current Length:", value.bytes().size(), "."));
  }
  return std::nullopt;
}

// An explicit timestamp must be near the service's clock, both in whole seconds.
Refusal CheckTimestamp(const Table& table, int64_t timestamp, int64_t now_millis) {
  if (timestamp < 0 || timestamp >= std::numeric_limits<int64_t>::max() / 1000) {
    return Invalid("Timestamp must be in range [0, INT64_MAX/1000).");
  }
  const int64_t now = now_millis / 1000;
  const int64_t seconds = timestamp / 1000;
  const int64_t deviation = table.deviation_seconds();
  if (seconds < now - deviation || (seconds >= now && seconds - now >= deviation)) {
    return Invalid(Concat("Cell version is out of range, version: ", timestamp,
                          ", current time: ", now_millis, ", deviation: ", deviation, " s."));
  }
  return std::nullopt;
}

Refusal CheckOperation(const Cell& cell, RowChange::Kind kind) {
  if (cell.operation != CellOperation::kPut && kind == RowChange::Kind::kPut) {
    return Invalid(Concat("OpType cannot be given for column name:", cell.name, " in PutRow."));
  }
  switch (cell.operation) {
    case CellOperation::kPut:
      if (!cell.value.has_value()) return Invalid("The value of an attribute column is missing.");
      break;
    case CellOperation::kDeleteAllVersions:
      if (cell.value.has_value() || cell.timestamp.has_value()) {
        return Invalid(
            "Neither value nor timestamp may be given when type is "
            "DELETE_ALL_VERSION.");
      }
      break;
    case CellOperation::kDeleteOneVersion:
      if (cell.value.has_value()) {
        return Invalid("A value may not be given when type is DELETE_ONE_VERSION.");
      }
      if (!cell.timestamp.has_value()) {
        return Invalid("Timestamp must be given when type is DELETE_ONE_VERSION.");
      }
      break;
    case CellOperation::kIncrement:
      if (!cell.value.has_value() || !cell.value->is(ValueType::kInteger)) {
        return Invalid("INCREMENT needs a value of type INTEGER.");
      }
      if (cell.timestamp.has_value()) {
        return Invalid("Timestamp may not be given when type is INCREMENT.");
      }
      break;
  }
  return std::nullopt;
}

const ots::Filter* Pagination(const std::optional<ots::Filter>& filter) {
  if (!filter.has_value()) return nullptr;
  if (filter->kind == ots::Filter::Kind::kPagination) return &*filter;
  if (filter->kind != ots::Filter::Kind::kAnd) return nullptr;
  for (const ots::Filter& part : filter->operands) {
    if (part.kind == ots::Filter::Kind::kPagination) return &part;
  }
  return nullptr;
}

// Keeps the columns [offset, offset + limit).
void Paginate(const ots::Filter& pagination, std::vector<Cell>* cells) {
  std::vector<Cell> kept;
  int64_t column = -1;
  for (size_t i = 0; i < cells->size(); ++i) {
    if (i == 0 || (*cells)[i].name != (*cells)[i - 1].name) ++column;
    if (column < pagination.offset) continue;
    if (column >= int64_t{pagination.offset} + pagination.limit) break;
    kept.push_back((*cells)[i]);
  }
  *cells = std::move(kept);
}

bool InTime(const Selection& selection, int64_t timestamp) {
  if (selection.specific_time.has_value()) return timestamp == *selection.specific_time;
  if (selection.start_time.has_value() && timestamp < *selection.start_time) return false;
  return !selection.end_time.has_value() || timestamp < *selection.end_time;
}

bool Wanted(const Selection& selection, const Cell& cell) {
  if (!selection.columns.empty() && selection.columns.count(cell.name) == 0) return false;
  if (selection.start_column.has_value() && cell.name < *selection.start_column) return false;
  if (selection.end_column.has_value() && cell.name >= *selection.end_column) return false;
  return InTime(selection, *cell.timestamp);
}

}  // namespace

std::vector<Cell> VisibleCells(const Table& table, const Row& stored, int64_t now_millis) {
  if (table.time_to_live() < 0) return stored.cells;
  const int64_t oldest = now_millis - int64_t{table.time_to_live()} * 1000;
  std::vector<Cell> cells;
  for (const Cell& cell : stored.cells) {
    if (*cell.timestamp >= oldest) cells.push_back(cell);
  }
  return cells;
}

bool Exists(const Table& table, const Row& stored, int64_t now_millis) {
  return stored.cells.empty() || !VisibleCells(table, stored, now_millis).empty();
}

Refusal CheckCells(const Table& table, const Row& row, RowChange::Kind kind, int64_t now_millis) {
  if (kind == RowChange::Kind::kDelete) {
    if (!row.delete_marker || !row.cells.empty()) {
      return Invalid("A row of DeleteRow has the delete marker and no attribute columns.");
    }
    return std::nullopt;
  }
  if (row.delete_marker) return Invalid("The delete marker may be given in DeleteRow only.");
  if (row.cells.empty() && kind == RowChange::Kind::kUpdate) {
    return Invalid("Attribute column is missing.");
  }
  std::set<std::string> columns;
  for (const Cell& cell : row.cells) {
    if (!IsName(cell.name)) return Invalid(Concat("Invalid column name: ", cell.name, "."));
    for (const ots::KeyColumnSchema& column : table.key) {
      if (column.name == cell.name) {
        return Invalid(
            Concat("Duplicated attribute column name with primary key column: ", cell.name, "."));
      }
    }
    if (Refusal refusal = CheckOperation(cell, kind)) return refusal;
    if (cell.value.has_value()) {
      if (Refusal refusal = CheckValue(cell)) return refusal;
    }
    if (cell.timestamp.has_value() && cell.operation == CellOperation::kPut) {
      if (Refusal refusal = CheckTimestamp(table, *cell.timestamp, now_millis)) return refusal;
    }
    columns.insert(cell.name);
  }
  if (columns.size() > kMaxColumnsInAWrite) {
    return Invalid(Concat("The number of attribute columns exceeds the limit, limit count: ",
                          kMaxColumnsInAWrite, ", column count: ", columns.size(), "."));
  }
  if (RowBytes(row) > kMaxRowBytes) return ots::MakeError(ErrorCode::kOutOfRowSizeLimit);
  return std::nullopt;
}

Row AfterPut(const Table& table, const Row& put, int64_t now_millis) {
  Row after;
  after.primary_key = put.primary_key;
  for (Cell cell : put.cells) {
    if (!cell.timestamp.has_value()) cell.timestamp = now_millis;
    PutCell(std::move(cell), &after.cells);
  }
  DropOldVersions(table.max_versions(), &after.cells);
  return after;
}

Refusal AfterUpdate(const Table& table, const Row* before, const Row& update, int64_t now_millis,
                    std::optional<Row>* after, std::set<std::string>* touched) {
  Row row;
  row.primary_key = update.primary_key;
  if (before != nullptr) row.cells = VisibleCells(table, *before, now_millis);
  for (const Cell& change : update.cells) {
    switch (change.operation) {
      case CellOperation::kDeleteAllVersions:
        std::erase_if(row.cells, [&](const Cell& cell) { return cell.name == change.name; });
        break;
      case CellOperation::kDeleteOneVersion:
        std::erase_if(row.cells, [&](const Cell& cell) {
          return cell.name == change.name && cell.timestamp == change.timestamp;
        });
        break;
      case CellOperation::kPut: {
        Cell cell = change;
        if (!cell.timestamp.has_value()) cell.timestamp = now_millis;
        PutCell(std::move(cell), &row.cells);
        touched->insert(change.name);
        break;
      }
      case CellOperation::kIncrement: {
        const Cell* const old = FindCell(row, change.name);
        int64_t sum = change.value->integer();
        if (old != nullptr) {
          if (!old->value->is(ValueType::kInteger)) {
            return Invalid(Concat("Column ", change.name, " is no INTEGER: INCREMENT refused."));
          }
          if (__builtin_add_overflow(sum, old->value->integer(), &sum)) {
            return Invalid(Concat("Column ", change.name, " would overflow: INCREMENT refused."));
          }
        }
        PutCell({.name = change.name, .value = ots::Value::Integer(sum), .timestamp = now_millis},
                &row.cells);
        touched->insert(change.name);
        break;
      }
    }
  }
  DropOldVersions(table.max_versions(), &row.cells);
  after->reset();
  // Deleting columns of a row that is not there does not make one.
  if (before != nullptr || !touched->empty()) *after = std::move(row);
  return std::nullopt;
}

std::optional<Row> Select(const Table& table, const Row& stored, const Selection& selection,
                          int64_t now_millis) {
  if (!Exists(table, stored, now_millis)) return std::nullopt;
  Row row;
  row.primary_key = stored.primary_key;
  for (const Cell& cell : VisibleCells(table, stored, now_millis)) {
    if (Wanted(selection, cell)) row.cells.push_back(cell);
  }
  DropOldVersions(selection.max_versions.value_or(std::numeric_limits<int32_t>::max()), &row.cells);
  // Asked for attributes only, of which it has none.
  if (!selection.columns.empty() && row.cells.empty()) {
    const bool key_wanted =
        std::any_of(table.key.begin(), table.key.end(), [&](const ots::KeyColumnSchema& column) {
          return selection.columns.count(column.name) > 0;
        });
    if (!key_wanted) return std::nullopt;
  }
  if (selection.filter.has_value() && !Matches(*selection.filter, row.cells)) return std::nullopt;
  if (const ots::Filter* pagination = Pagination(selection.filter)) {
    Paginate(*pagination, &row.cells);
  }
  return row;
}

uint64_t KeyBytes(const ots::PrimaryKey& key) {
  uint64_t bytes = 0;
  for (const ots::KeyColumn& column : key) {
    bytes += column.name.size() + column.value.counted_bytes();
  }
  return bytes;
}

uint64_t RowBytes(const Row& row) {
  uint64_t bytes = KeyBytes(row.primary_key);
  for (const Cell& cell : row.cells) {
    bytes += cell.name.size() + (cell.value.has_value() ? cell.value->counted_bytes() : 0);
  }
  return bytes;
}

}  // namespace jfs::ots_mock
