#ifndef STORAGE_POSIX_H_
#define STORAGE_POSIX_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// The few system calls on files that all of storage/ shares, with errors that say what was tried on
// which path.
namespace jfs::storage {

// Owns a file descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      Reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~UniqueFd() { Reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void Reset();

 private:
  int fd_ = -1;
};

// "No space left on device (28)".
std::string ErrnoText(int error_number);

// "cannot <what> <path>: <errno text>" with the closest code: NotFound, PermissionDenied,
// ResourceExhausted for ENOSPC and EDQUOT, FailedPrecondition for a read-only file system,
// Unavailable for EIO, else Internal.
absl::Status ErrnoStatus(int error_number, const std::string& what, const std::string& path);

std::string JoinPath(const std::string& directory, const std::string& name);

// True for a name that denotes a file directly inside a directory: not empty, no '/', no NUL, not
// "." or "..", at most 255 bytes. Names that come from a peer must pass this before they meet a
// path.
bool IsPlainName(std::string_view name);

absl::StatusOr<UniqueFd> OpenDirectory(const std::string& path);
// Makes the names inside an open directory durable.
absl::Status SyncDirectory(int directory_fd, const std::string& path);
// Creates a directory whose parent exists; an existing one is fine. The parent is synced if it was
// created.
absl::Status MakeDirectory(const std::string& path);

// The whole content of a small file. NotFound if there is none.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path, uint64_t max_bytes);
// Creates or replaces `directory`/`name` so that after a crash it holds either what it held before
// or all of `content`; durable on return.
absl::Status ReplaceFile(const std::string& directory, const std::string& name,
                         std::string_view content);

// pread and pwrite of everything asked for. ReadAt returns the bytes read: fewer mean the end of
// the file. Both give back 0 on success or the errno.
int ReadAt(int fd, uint64_t offset, char* to, uint64_t bytes, uint64_t* bytes_read);
int WriteAt(int fd, uint64_t offset, const char* from, uint64_t bytes);

}  // namespace jfs::storage

#endif  // STORAGE_POSIX_H_
