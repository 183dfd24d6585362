#ifndef STORAGE_FREE_SPACE_H_
#define STORAGE_FREE_SPACE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace jfs::storage {

// Bytes that this process may still write to the file system of `path`.
absl::StatusOr<uint64_t> FreeBytes(const std::string& path);

// Turns readings of the free space into "short" and "enough again". Between the two thresholds
// nothing changes, so that a disk which hovers around one of them does not flap.
class FreeSpaceWatcher {
 public:
  // Short below `low_bytes`, enough from `enough_bytes` on. REQUIRES: low_bytes <= enough_bytes.
  FreeSpaceWatcher(uint64_t low_bytes, uint64_t enough_bytes);

  // Set when `free_bytes` changes the verdict (at first: enough); the value is what
  // node::DiskSpace::low takes.
  std::optional<bool> Observe(uint64_t free_bytes);
  bool low() const { return low_; }

 private:
  uint64_t low_bytes_;
  uint64_t enough_bytes_;
  bool low_ = false;
};

}  // namespace jfs::storage

#endif  // STORAGE_FREE_SPACE_H_
