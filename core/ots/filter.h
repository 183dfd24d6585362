#ifndef CORE_OTS_FILTER_H_
#define CORE_OTS_FILTER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "core/ots/value.h"

namespace jfs::ots {

// The numbers are those on the wire.
enum class Comparator : uint8_t {
  kEqual = 1,
  kNotEqual = 2,
  kGreater = 3,
  kGreaterEqual = 4,
  kLess = 5,
  kLessEqual = 6,
  kExist = 7,     // with a regular expression only
  kNotExist = 8,  // with a regular expression only
};

// An expression over the columns of one row: what a read lets through, or what must hold for a
// write. A tree; a leaf compares one column with a constant.
struct Filter {
  enum class Kind : uint8_t { kCompare, kNot, kAnd, kOr, kPagination };
  Kind kind = Kind::kCompare;

  // kCompare
  std::string column;
  Comparator comparator = Comparator::kEqual;
  Value value;
  // What a row without the column counts as: true means the comparison holds.
  bool pass_if_missing = false;
  // False: any version may satisfy the comparison.
  bool latest_version_only = true;
  // A regular expression that takes the value to compare out of a string. Kept as sent.
  std::optional<std::string> regex;
  std::optional<int> cast_type;

  // kNot: one; kAnd, kOr: two or more
  std::vector<Filter> operands;

  // kPagination, in reads only: keeps the columns [offset, offset + limit) of a row
  int32_t offset = 0;
  int32_t limit = 0;

  friend bool operator==(const Filter&, const Filter&) = default;
};

// Comparisons of one column and the ways to combine them.
Filter CompareColumn(std::string column, Comparator comparator, Value value,
                     bool pass_if_missing = false);
Filter Not(Filter operand);
Filter And(std::vector<Filter> operands);
Filter Or(std::vector<Filter> operands);

// More nodes than this in one expression are refused.
inline constexpr size_t kMaxFilterNodes = 32;

// REQUIRES: the number of operands fits the kind.
std::string EncodeFilter(const Filter& filter);
// InvalidArgument with the service's words: not a filter, a wrong number of operands, too many
// nodes.
absl::StatusOr<Filter> DecodeFilter(std::string_view bytes);

}  // namespace jfs::ots

#endif  // CORE_OTS_FILTER_H_
