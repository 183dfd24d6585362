#ifndef SERVER_MIRROR_CONFIG_H_
#define SERVER_MIRROR_CONFIG_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "core/base/time.h"

namespace jfs::server {

class ConfigReader;

// What a master is told of the mirror in Tablestore.
struct MirrorConfig {
  bool upload = false;    // ...async.ots.enabled
  bool recovery = false;  // ...recovery.mode; never both
  // All set or none; set if either is on. A cluster that has left its recovery needs them once more
  // even without a mirror, for its claim. Nothing prints the keys, and no error repeats them.
  std::string instance, endpoint;
  std::string access_key, access_secret;
  // A mirror is sealed when its writer gave no sign of life for so long.
  Duration seal_after = 0;
  uint64_t outbox_bytes = 0;

  bool on() const { return upload || recovery; }
  bool configured() const { return !instance.empty(); }
};

// `backend`: namespace.backend.type, raft or rocksdb, which the keys for both switches depend on.
absl::StatusOr<MirrorConfig> ReadMirrorConfig(const ConfigReader& reader, std::string_view backend);

}  // namespace jfs::server

#endif  // SERVER_MIRROR_CONFIG_H_
