#ifndef TESTS_PROCESS_SMALL_DISK_H_
#define TESTS_PROCESS_SMALL_DISK_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace jfs {

// A file system of a few megabytes that a test may fill and make read-only: a tmpfs in a mount
// namespace of this process and its children.
class SmallDisk {
 public:
  // To be called once, before there is a second thread. Not OK: this machine does not let a process
  // have a namespace of its own.
  static absl::Status Allow();

  SmallDisk(std::string path, uint64_t bytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  const std::string& path() const { return path_; }
  uint64_t FreeBytes() const;
  // Takes space away until only `bytes` are left, or gives back what was taken.
  void LeaveFree(uint64_t bytes);
  void MakeRoom();
  void SetReadOnly(bool read_only);

 private:
  std::string Ballast() const { return path_ + "/ballast"; }
  const std::string path_;
};

}  // namespace jfs

#endif  // TESTS_PROCESS_SMALL_DISK_H_
