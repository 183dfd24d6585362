#include "net/log_limit.h"

#include <algorithm>

#include "core/base/concat.h"

namespace jfs::net {

std::optional<std::string> LogLimit::Admit(std::string_view key, Micros now) {
  auto it = entries_.find(key);
  if (it == entries_.end()) {
    if (entries_.size() >= max_keys_) {
      // The one silent for longest makes room; with many keys at once the limit is then per key of
      // the recent ones.
      entries_.erase(std::min_element(
          entries_.begin(), entries_.end(),
          [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
    }
    entries_.emplace(std::string(key), Entry{.last = now});
    return "";
  }
  Entry& entry = it->second;
  if (now < entry.last + interval_) {
    ++entry.left_out;
    return std::nullopt;
  }
  const uint64_t left_out = entry.left_out;
  entry = Entry{.last = now};
  return left_out == 0 ? std::string() : Concat(" (", left_out, " like it left out)");
}

}  // namespace jfs::net
