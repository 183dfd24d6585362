#ifndef NET_LOG_LIMIT_H_
#define NET_LOG_LIMIT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.h"

namespace jfs::net {

// Keeps whoever can make us write a log line from filling the disk with it: per key (a peer, a kind
// of trouble) one line an interval; the next line says how many were left out. Remembers at most
// `max_keys` keys.
class LogLimit {
 public:
  explicit LogLimit(Duration interval, size_t max_keys = 1024)
      : interval_(interval), max_keys_(max_keys) {}

  // Nothing if the line is to be left out; else what to append to it: empty, or " (N like it left
  // out)".
  std::optional<std::string> Admit(std::string_view key, Micros now);

 private:
  struct Entry {
    Micros last;
    uint64_t left_out = 0;
  };
  const Duration interval_;
  const size_t max_keys_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace jfs::net

#endif  // NET_LOG_LIMIT_H_
