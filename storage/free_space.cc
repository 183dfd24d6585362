#include "storage/free_space.h"

#include <sys/statvfs.h>

#include <cerrno>

#include "core/base/check.h"
#include "storage/posix.h"

namespace jfs::storage {

absl::StatusOr<uint64_t> FreeBytes(const std::string& path) {
  struct statvfs info;
  if (statvfs(path.c_str(), &info) != 0) {
    return ErrnoStatus(errno, "read the free space of", path);
  }
  return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
}

FreeSpaceWatcher::FreeSpaceWatcher(uint64_t low_bytes, uint64_t enough_bytes)
    : low_bytes_(low_bytes), enough_bytes_(enough_bytes) {
  CHECK_LE(low_bytes, enough_bytes);
}

std::optional<bool> FreeSpaceWatcher::Observe(uint64_t free_bytes) {
  const bool low = free_bytes < (low_ ? enough_bytes_ : low_bytes_);
  if (low == low_) return std::nullopt;
  low_ = low;
  return low;
}

}  // namespace jfs::storage
