#ifndef STORAGE_STATE_FILES_H_
#define STORAGE_STATE_FILES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/file_system.h"

namespace jfs::storage {

// File operations through RocksDB's file system interface, so that a test can cut the power under
// them just as under RocksDB itself. Errors name the path. Blocking; may be used by several
// threads.
class StateFiles {
 public:
  explicit StateFiles(std::shared_ptr<rocksdb::FileSystem> file_system)
      : file_system_(std::move(file_system)) {}

  absl::StatusOr<bool> Exists(const std::string& path) const;
  // Names directly in `directory`, sorted.
  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) const;
  absl::StatusOr<uint64_t> Size(const std::string& path) const;
  absl::StatusOr<uint32_t> Checksum(const std::string& path) const;  // CRC32C of the content

  // All of a file of at most 16 MiB.
  absl::StatusOr<std::string> Read(const std::string& path) const;
  // Exactly [offset, offset + bytes), else OutOfRange.
  absl::StatusOr<std::string> ReadRange(const std::string& path, uint64_t offset,
                                        uint64_t bytes) const;

  // Writes a new file and syncs its content (not its directory).
  absl::Status WriteNew(const std::string& path, std::string_view content) const;
  // Adds to the end, creating the file if there is none; not durable.
  absl::Status Append(const std::string& path, std::string_view data) const;

  absl::Status SyncFile(const std::string& path) const;
  absl::Status SyncDirectory(const std::string& path) const;
  absl::Status MakeDirectory(const std::string& path) const;  // an existing one is fine
  absl::Status Rename(const std::string& from, const std::string& to) const;
  absl::Status RemoveFile(const std::string& path) const;
  // A directory and everything in it; a missing one is fine. Not durable.
  absl::Status RemoveTree(const std::string& path) const;

 private:
  std::shared_ptr<rocksdb::FileSystem> file_system_;
};

}  // namespace jfs::storage

#endif  // STORAGE_STATE_FILES_H_
