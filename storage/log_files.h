#ifndef STORAGE_LOG_FILES_H_
#define STORAGE_LOG_FILES_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "core/log/disk.h"
#include "storage/posix.h"

namespace jfs::storage {

// The file operations under LogDisk as plain blocking calls on one directory. Each ends with
// everything it promises durable. No state but the open directory: may be used by several threads.
class LogFiles {
 public:
  static absl::StatusOr<LogFiles> Open(const std::string& directory, bool direct);

  // A file for reading and writing; on failure the errno is in *error. The descriptor stays good
  // when the file is renamed or removed.
  std::shared_ptr<const UniqueFd> OpenFile(const std::string& name, int* error) const;

  // Carries out anything but a WriteFile.
  log::DiskCompletion Run(const log::DiskRequest& request) const;

  // The completion of a failed request.
  log::DiskCompletion Failure(log::DiskToken token, int error, const std::string& what,
                              const std::string& name) const;

 private:
  LogFiles(std::string directory, UniqueFd fd, bool direct)
      : directory_(std::move(directory)), fd_(std::move(fd)), direct_(direct) {}

  int RemoveUnfinished() const;
  int Create(const std::string& name, uint64_t bytes) const;
  int WriteZeros(int fd, uint64_t bytes) const;
  int Sync() const;

  std::string directory_;
  UniqueFd fd_;
  bool direct_;
};

}  // namespace jfs::storage

#endif  // STORAGE_LOG_FILES_H_
