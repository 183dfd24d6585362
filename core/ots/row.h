#ifndef CORE_OTS_ROW_H_
#define CORE_OTS_ROW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ots/value.h"

namespace jfs::ots {

struct KeyColumn {
  std::string name;
  Value value;
  friend bool operator==(const KeyColumn&, const KeyColumn&) = default;
};

// A row's key: one to four columns, the first of which is the partition key.
using PrimaryKey = std::vector<KeyColumn>;

// What a cell of an UpdateRow does. The numbers are PlainBuffer's; kPut is the absence of one.
enum class CellOperation : uint8_t {
  kPut = 0,
  kDeleteAllVersions = 1,
  kDeleteOneVersion = 3,  // the one with the cell's timestamp
  kIncrement = 4,         // an integer, by the cell's value
};

// An attribute column's value at one time, or a change of it.
struct Cell {
  std::string name;
  std::optional<Value> value;  // absent in deletions
  CellOperation operation = CellOperation::kPut;
  std::optional<int64_t> timestamp;  // milliseconds since 1970; absent: the service's time
  friend bool operator==(const Cell&, const Cell&) = default;
};

// Where a change stands in a table's stream; only in records of streams.
struct StreamSequence {
  uint32_t epoch = 0;
  int64_t timestamp = 0;  // microseconds since 1970
  uint32_t row_index = 0;
  friend bool operator==(const StreamSequence&, const StreamSequence&) = default;
};

struct Row {
  PrimaryKey primary_key;
  std::vector<Cell> cells;
  bool delete_marker = false;  // the row is deleted
  std::optional<StreamSequence> sequence;
  friend bool operator==(const Row&, const Row&) = default;
};

// The first cell called `name`, or null. In what the service answers that is the newest version.
const Cell* FindCell(const Row& row, std::string_view name);

// For messages and traces: ("a", 1) and ("a", 1) s="hello"@1700 i+=3 -d.
std::string FormatKey(const PrimaryKey& key);
std::string FormatRow(const Row& row);

}  // namespace jfs::ots

#endif  // CORE_OTS_ROW_H_
