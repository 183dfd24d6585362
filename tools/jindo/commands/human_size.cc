#include "tools/jindo/commands/human_size.h"

#include <limits>
#include <string_view>

#include "core/base/concat.h"

namespace jfs::tools {

std::string HumanSize(int64_t size) {
  constexpr std::string_view kPrefixes = "KMGTPE";
  if (size == std::numeric_limits<int64_t>::min()) return "-8 E";
  if (size < 0) return Concat("-", HumanSize(-size));
  const auto bytes = static_cast<uint64_t>(size);
  if (bytes < 1024) return std::to_string(bytes);
  size_t prefix = 0;
  while (prefix + 1 < kPrefixes.size() && bytes >> (10 * (prefix + 2)) != 0) ++prefix;
  for (;; ++prefix) {
    const unsigned shift = static_cast<unsigned>(10 * (prefix + 1));
    const std::string_view letter = kPrefixes.substr(prefix, 1);
    if ((bytes & ((uint64_t{1} << shift) - 1)) == 0) return Concat(bytes >> shift, " ", letter);
    const uint64_t tenths = static_cast<uint64_t>(
        ((static_cast<unsigned __int128>(bytes) * 10 << 1) + (uint64_t{1} << shift)) >>
        (shift + 1));
    // Just below the next prefix, rounding would make 1024.0 of it.
    if (tenths >= 10240 && prefix + 1 < kPrefixes.size()) continue;
    return Concat(tenths / 10, ".", tenths % 10, " ", letter);
  }
}

std::string FormatSize(int64_t size, bool human) {
  return human ? HumanSize(size) : std::to_string(size);
}

}  // namespace jfs::tools
