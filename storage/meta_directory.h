#ifndef STORAGE_META_DIRECTORY_H_
#define STORAGE_META_DIRECTORY_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "core/base/identity.h"
#include "storage/posix.h"

namespace jfs::storage {

// The directory that `namespace.meta-dir` names: everything one master keeps on its disk. Held by
// one process at a time. Layout: docs/formats/meta-dir.md.
class MetaDirectory {
 public:
  // The layout this program writes, and the only one it reads.
  static constexpr uint32_t kFormatVersion = 1;

  // Locks `path` for this process and checks whose it is; an empty directory becomes `node`'s. The
  // directory must exist: creating it here would turn a disk that is not mounted into an empty one
  // without a word.
  //   NotFound            there is no such directory
  //   PermissionDenied    it cannot be written
  //   FailedPrecondition  not a directory; a read-only file system; another node's; of an unknown
  //   version; not empty
  //                       and not a meta directory
  //   Unavailable         another process holds it (its process id is in the message)
  //   DataLoss            the identity file is damaged
  static absl::StatusOr<std::unique_ptr<MetaDirectory>> Open(const std::string& path, NodeId node);

  // Where the parts lie; the directories exist.
  std::string log_path() const { return JoinPath(path_, "log"); }      // core/log over LogDisk
  std::string state_path() const { return JoinPath(path_, "state"); }  // StateDirectory
  const std::string& path() const { return path_; }

 private:
  MetaDirectory(std::string path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  UniqueFd lock_;  // flock: released when this object, or the process, ends
};

}  // namespace jfs::storage

#endif  // STORAGE_META_DIRECTORY_H_
