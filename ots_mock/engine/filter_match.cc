#include "ots_mock/engine/filter_match.h"

#include <algorithm>
#include <compare>

namespace jfs::ots_mock {
namespace {

bool Holds(const ots::Value& value, ots::Comparator comparator, const ots::Value& constant) {
  const std::partial_ordering order = ots::Compare(value, constant);
  if (order == std::partial_ordering::unordered) return false;
  switch (comparator) {
    case ots::Comparator::kEqual:
      return order == 0;
    case ots::Comparator::kNotEqual:
      return order != 0;
    case ots::Comparator::kGreater:
      return order > 0;
    case ots::Comparator::kGreaterEqual:
      return order >= 0;
    case ots::Comparator::kLess:
      return order < 0;
    case ots::Comparator::kLessEqual:
      return order <= 0;
    case ots::Comparator::kExist:
    case ots::Comparator::kNotExist:
      break;  // with a regular expression only, which the engine refuses
  }
  return false;
}

bool ComparisonHolds(const ots::Filter& filter, std::span<const ots::Cell> cells) {
  bool found = false;
  for (const ots::Cell& cell : cells) {
    if (cell.name != filter.column || !cell.value.has_value()) continue;
    if (Holds(*cell.value, filter.comparator, filter.value)) return true;
    if (filter.latest_version_only) return false;
    found = true;
  }
  return !found && filter.pass_if_missing;
}

}  // namespace

bool Matches(const ots::Filter& filter, std::span<const ots::Cell> cells) {
  const auto operand = [&](const ots::Filter& part) { return Matches(part, cells); };
  switch (filter.kind) {
    case ots::Filter::Kind::kCompare:
      return ComparisonHolds(filter, cells);
    case ots::Filter::Kind::kNot:
      return !operand(filter.operands.front());
    case ots::Filter::Kind::kAnd:
      return std::all_of(filter.operands.begin(), filter.operands.end(), operand);
    case ots::Filter::Kind::kOr:
      return std::any_of(filter.operands.begin(), filter.operands.end(), operand);
    case ots::Filter::Kind::kPagination:
      return true;
  }
  return false;
}

}  // namespace jfs::ots_mock
