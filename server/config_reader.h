#ifndef SERVER_CONFIG_READER_H_
#define SERVER_CONFIG_READER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"

#include "core/base/concat.h"
#include "server/config.h"
#include "server/config_keys.h"

namespace jfs::server {

// Looks settings up, and words the errors about them.
class ConfigReader {
 public:
  explicit ConfigReader(const Settings& settings) : settings_(settings) {}

  bool Has(std::string_view key) const { return settings_.contains(key); }

  // The value set, else the default of the key.
  std::string Text(std::string_view key) const {
    const auto it = settings_.find(key);
    if (it != settings_.end()) return it->second.value;
    for (const KeyInfo& info : FixedKeys()) {
      if (info.name == key) return std::string(info.default_value);
    }
    return "";
  }

  absl::Status Error(std::string_view key, std::string_view why) const {
    const auto it = settings_.find(key);
    return absl::InvalidArgumentError(
        Concat(it != settings_.end() ? it->second.source : "configuration", ": ", key, ": ", why));
  }

  absl::Status Number(std::string_view key, uint64_t min, uint64_t max, uint64_t* out) const {
    const std::string text = Text(key);
    if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos ||
        !absl::SimpleAtoi(text, out) || *out < min || *out > max) {
      return Error(key, Concat("'", text, "' is not a number from ", min, " to ", max));
    }
    return absl::OkStatus();
  }

  absl::Status Port(std::string_view key, uint16_t* out) const {
    uint64_t number = 0;
    if (absl::Status read = Number(key, 0, 65535, &number); !read.ok()) return read;
    *out = static_cast<uint16_t>(number);
    return absl::OkStatus();
  }

  absl::Status Bool(std::string_view key, bool* out) const {
    const std::string text = Text(key);
    if (text != "true" && text != "false") {
      return Error(key, Concat("'", text, "' is neither true nor false"));
    }
    *out = text == "true";
    return absl::OkStatus();
  }

 private:
  const Settings& settings_;
};

}  // namespace jfs::server

#define JFS_RETURN_IF_ERROR(expression)                                  \
  do {                                                                   \
    if (absl::Status status = (expression); !status.ok()) return status; \
  } while (false)

#endif  // SERVER_CONFIG_READER_H_
