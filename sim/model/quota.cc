#include "sim/model/quota.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "sim/model/refusal.h"

namespace jfs::sim::model {
namespace {

// What is not getting more is never too much, even where it is over the limit already.
bool Exceeds(int64_t quota, int64_t used, int64_t more) {
  return quota >= 0 && more > 0 && used > quota - more;
}

}  // namespace

Charge ChargeOf(const Tree& node) {
  const Count count = CountAll(node);
  return {static_cast<int64_t>(count.names()), static_cast<int64_t>(count.space)};
}

void CheckQuota(const Tree& root, const Names& directory, Charge more,
                std::optional<size_t> exempt) {
  if (more.names <= 0 && more.space <= 0) return;
  for (size_t depth = directory.size();; --depth) {
    if (exempt.has_value() && depth <= *exempt) return;
    const Names names(directory.begin(), directory.begin() + static_cast<ptrdiff_t>(depth));
    const Tree node = Find(root, names);
    if (node->name_quota >= 0 || node->space_quota >= 0) {
      const Charge used = ChargeOf(node);
      if (Exceeds(node->name_quota, used.names, more.names)) {
        throw NameQuotaExceeded(
            absl::StrCat("The NameSpace quota (directories and files) of "
                         "directory ",
                         Join(names), " is exceeded: quota=", node->name_quota,
                         " file count=", used.names + more.names));
      }
      if (Exceeds(node->space_quota, used.space, more.space)) {
        const int64_t would_be = used.space + more.space;
        throw SpaceQuotaExceeded(absl::StrCat(
            "The DiskSpace quota of ", Join(names), " is exceeded: quota = ", node->space_quota,
            " B = ", BytesInWords(node->space_quota), " but diskspace consumed = ", would_be,
            " B = ", BytesInWords(would_be)));
      }
    }
    if (depth == 0) return;
  }
}

std::string BytesInWords(int64_t bytes) {
  if (bytes < 0) return absl::StrCat("-", BytesInWords(-bytes));
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  static constexpr const char* kUnits[] = {"KB", "MB", "GB", "TB", "PB", "EB"};
  size_t unit = 0;
  while (unit + 1 < std::size(kUnits) && bytes >> (10 * (unit + 2)) != 0) ++unit;
  const int64_t one = int64_t{1} << (10 * (unit + 1));
  if (bytes % one == 0) return absl::StrCat(bytes / one, " ", kUnits[unit]);
  const std::string text = absl::StrFormat("%.2f", static_cast<double>(bytes) / one);
  // 1024 of one unit are one of the next.
  if (text.substr(0, 4) == "1024" && unit + 1 < std::size(kUnits)) {
    return absl::StrFormat("%.2f %s", static_cast<double>(bytes) / one / 1024, kUnits[unit + 1]);
  }
  return absl::StrCat(text, " ", kUnits[unit]);
}

}  // namespace jfs::sim::model
