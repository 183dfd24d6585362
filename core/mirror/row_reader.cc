#include "core/mirror/row_reader.h"

#include "core/base/concat.h"

namespace jfs::mirror {

void RowReader::Fail(std::string_view problem) {
  if (!status_.ok()) return;
  status_ = absl::DataLossError(
      Concat(what_, " in the mirror ", FormatKey(row_.primary_key), " is damaged: ", problem));
}

const ots::Value* RowReader::NextKey(std::string_view name, ots::ValueType type) {
  if (!status_.ok()) return nullptr;
  const size_t i = next_key_++;
  if (i >= row_.primary_key.size() || row_.primary_key[i].name != name ||
      !row_.primary_key[i].value.is(type)) {
    Fail(Concat("key column ", i + 1, " should be ", name, ", of type ", ValueTypeName(type)));
    return nullptr;
  }
  return &row_.primary_key[i].value;
}

const ots::Value* RowReader::Find(std::string_view name, ots::ValueType type) {
  if (!status_.ok()) return nullptr;
  const ots::Cell* const cell = FindCell(row_, name);
  if (cell == nullptr || !cell->value.has_value()) {
    Fail(Concat("it has no column ", name));
    return nullptr;
  }
  if (!cell->value->is(type)) {
    Fail(Concat("column ", name, " should be of type ", ValueTypeName(type)));
    return nullptr;
  }
  return &*cell->value;
}

uint64_t RowReader::NotNegative(std::string_view name, const ots::Value* value) {
  if (value == nullptr) return 0;
  if (value->integer() < 0) {
    Fail(Concat("column ", name, " is negative"));
    return 0;
  }
  return static_cast<uint64_t>(value->integer());
}

uint64_t RowReader::KeyNumber(std::string_view name) {
  return NotNegative(name, NextKey(name, ots::ValueType::kInteger));
}

int64_t RowReader::KeyInteger(std::string_view name) {
  const ots::Value* const value = NextKey(name, ots::ValueType::kInteger);
  return value == nullptr ? 0 : value->integer();
}

std::string RowReader::KeyText(std::string_view name) {
  const ots::Value* const value = NextKey(name, ots::ValueType::kString);
  return value == nullptr ? std::string() : value->bytes();
}

std::string RowReader::KeyBlob(std::string_view name) {
  const ots::Value* const value = NextKey(name, ots::ValueType::kBlob);
  return value == nullptr ? std::string() : value->bytes();
}

uint64_t RowReader::Number(std::string_view name, uint64_t max) {
  const uint64_t number = NotNegative(name, Find(name, ots::ValueType::kInteger));
  if (number <= max) return number;
  Fail(Concat("column ", name, " is ", number, ", more than ", max));
  return 0;
}

uint64_t RowReader::Bits(std::string_view name) {
  const ots::Value* const value = Find(name, ots::ValueType::kInteger);
  return value == nullptr ? 0 : static_cast<uint64_t>(value->integer());
}

std::string RowReader::Text(std::string_view name) {
  const ots::Value* const value = Find(name, ots::ValueType::kString);
  return value == nullptr ? std::string() : value->bytes();
}

std::string RowReader::Blob(std::string_view name) {
  const ots::Value* const value = Find(name, ots::ValueType::kBlob);
  return value == nullptr ? std::string() : value->bytes();
}

std::optional<std::string> RowReader::OptionalBlob(std::string_view name) {
  if (!status_.ok() || FindCell(row_, name) == nullptr) return std::nullopt;
  return Blob(name);
}

}  // namespace jfs::mirror
