#ifndef CORE_MIRROR_ROW_READER_H_
#define CORE_MIRROR_ROW_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "core/ots/row.h"

namespace jfs::mirror {

// Takes a row of the mirror apart. After the first thing that is missing or makes no sense,
// everything reads as zero or empty and status() stays DataLoss, so a caller reads a whole row and
// asks once. `row` must outlive the reader.
class RowReader {
 public:
  // `what` begins the messages: "the fence".
  RowReader(const ots::Row& row, std::string_view what) : row_(row), what_(what) {}

  // The key columns one after the other, from the first; each must have that name and type.
  uint64_t KeyNumber(std::string_view name);
  int64_t KeyInteger(std::string_view name);
  std::string KeyText(std::string_view name);
  std::string KeyBlob(std::string_view name);

  // Cells. A number is not negative.
  uint64_t Number(std::string_view name, uint64_t max = INT64_MAX);
  // All 64 bits count, in an integer that may be negative.
  uint64_t Bits(std::string_view name);
  std::string Text(std::string_view name);
  std::string Blob(std::string_view name);
  std::optional<std::string> OptionalBlob(std::string_view name);

  void Fail(std::string_view problem);
  const absl::Status& status() const { return status_; }

 private:
  const ots::Value* NextKey(std::string_view name, ots::ValueType type);
  const ots::Value* Find(std::string_view name, ots::ValueType type);
  uint64_t NotNegative(std::string_view name, const ots::Value* value);

  const ots::Row& row_;
  const std::string what_;
  size_t next_key_ = 0;
  absl::Status status_;
};

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_ROW_READER_H_
