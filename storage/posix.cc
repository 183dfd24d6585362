#include "storage/posix.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace jfs::storage {

void UniqueFd::Reset() {
  // The result of close is of no use here: whatever had to be durable was synced before.
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

std::string ErrnoText(int error_number) {
  return absl::StrCat(std::generic_category().message(error_number), " (", error_number, ")");
}

absl::Status ErrnoStatus(int error_number, const std::string& what, const std::string& path) {
  absl::StatusCode code = absl::StatusCode::kInternal;
  switch (error_number) {
    case ENOENT:
      code = absl::StatusCode::kNotFound;
      break;
    case EACCES:
    case EPERM:
      code = absl::StatusCode::kPermissionDenied;
      break;
    case ENOSPC:
    case EDQUOT:
      code = absl::StatusCode::kResourceExhausted;
      break;
    case EROFS:
    case ENOTDIR:
      code = absl::StatusCode::kFailedPrecondition;
      break;
    case EIO:
      code = absl::StatusCode::kUnavailable;
      break;
    default:
      break;
  }
  return absl::Status(code,
                      absl::StrCat("cannot ", what, " ", path, ": ", ErrnoText(error_number)));
}

std::string JoinPath(const std::string& directory, const std::string& name) {
  return absl::StrCat(directory, "/", name);
}

bool IsPlainName(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

absl::StatusOr<UniqueFd> OpenDirectory(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, "open directory", path);
  return fd;
}

absl::Status SyncDirectory(int directory_fd, const std::string& path) {
  if (fsync(directory_fd) != 0) return ErrnoStatus(errno, "sync directory", path);
  return absl::OkStatus();
}

absl::Status MakeDirectory(const std::string& path) {
  if (mkdir(path.c_str(), 0750) != 0) {
    if (errno != EEXIST) return ErrnoStatus(errno, "create directory", path);
    struct stat info;
    if (stat(path.c_str(), &info) != 0) return ErrnoStatus(errno, "look at", path);
    if (!S_ISDIR(info.st_mode)) return ErrnoStatus(ENOTDIR, "use as a directory", path);
    // Whoever made it may have ended before the parent was durable, and then a power cut takes the
    // directory away with all that is in it by now.
  }
  const size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  absl::StatusOr<UniqueFd> fd = OpenDirectory(parent);
  if (!fd.ok()) return fd.status();
  return SyncDirectory(fd->get(), parent);
}

absl::StatusOr<std::string> ReadSmallFile(const std::string& path, uint64_t max_bytes) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, "open", path);
  std::string content(max_bytes + 1, '\0');
  uint64_t got = 0;
  if (int error = ReadAt(fd.get(), 0, content.data(), content.size(), &got)) {
    return ErrnoStatus(error, "read", path);
  }
  if (got > max_bytes) {
    return absl::DataLossError(
        absl::StrCat(path, " is larger than the ", max_bytes, " bytes it may have"));
  }
  content.resize(got);
  return content;
}

absl::Status ReplaceFile(const std::string& directory, const std::string& name,
                         std::string_view content) {
  const std::string path = JoinPath(directory, name);
  const std::string temporary = path + ".new";
  UniqueFd fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (!fd.valid()) return ErrnoStatus(errno, "create", temporary);
  if (int error = WriteAt(fd.get(), 0, content.data(), content.size())) {
    return ErrnoStatus(error, "write", temporary);
  }
  if (fsync(fd.get()) != 0) return ErrnoStatus(errno, "sync", temporary);
  if (rename(temporary.c_str(), path.c_str()) != 0) return ErrnoStatus(errno, "rename", temporary);
  absl::StatusOr<UniqueFd> parent = OpenDirectory(directory);
  if (!parent.ok()) return parent.status();
  return SyncDirectory(parent->get(), directory);
}

int ReadAt(int fd, uint64_t offset, char* to, uint64_t bytes, uint64_t* bytes_read) {
  *bytes_read = 0;
  while (*bytes_read < bytes) {
    const ssize_t got =
        pread(fd, to + *bytes_read, bytes - *bytes_read, static_cast<off_t>(offset + *bytes_read));
    if (got < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    if (got == 0) break;
    *bytes_read += static_cast<uint64_t>(got);
  }
  return 0;
}

int WriteAt(int fd, uint64_t offset, const char* from, uint64_t bytes) {
  uint64_t done = 0;
  while (done < bytes) {
    const ssize_t put = pwrite(fd, from + done, bytes - done, static_cast<off_t>(offset + done));
    if (put < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    if (put == 0) return EIO;
    done += static_cast<uint64_t>(put);
  }
  return 0;
}

}  // namespace jfs::storage
