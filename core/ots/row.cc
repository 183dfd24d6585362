#include "core/ots/row.h"

#include "absl/strings/str_cat.h"

#include "core/base/concat.h"

namespace jfs::ots {

const Cell* FindCell(const Row& row, std::string_view name) {
  for (const Cell& cell : row.cells) {
    if (cell.name == name) return &cell;
  }
  return nullptr;
}

std::string FormatKey(const PrimaryKey& key) {
  std::string out = "(";
  for (const KeyColumn& column : key) {
    if (out.size() > 1) out += ", ";
    out += FormatValue(column.value);
  }
  return out + ")";
}

std::string FormatRow(const Row& row) {
  std::string out = FormatKey(row.primary_key);
  for (const Cell& cell : row.cells) {
    switch (cell.operation) {
      case CellOperation::kPut:
        absl::StrAppend(&out, " ", cell.name, "=");
        break;
      case CellOperation::kIncrement:
        absl::StrAppend(&out, " ", cell.name, "+=");
        break;
      case CellOperation::kDeleteAllVersions:
      case CellOperation::kDeleteOneVersion:
        absl::StrAppend(&out, " -", cell.name);
        break;
    }
    if (cell.value.has_value()) out += FormatValue(*cell.value);
    if (cell.timestamp.has_value()) absl::StrAppend(&out, "@", *cell.timestamp);
  }
  if (row.delete_marker) out += " deleted";
  return out;
}

}  // namespace jfs::ots
