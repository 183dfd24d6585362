#include "storage/log_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/base/overload.h"
#include "storage/aligned_buffers.h"

namespace jfs::storage {
namespace {

// A file under creation carries this behind its name until it is whole, so that a crash leaves no
// short segment.
constexpr char kUnfinished[] = ".unfinished";

// Large enough to stream, small enough that a log write which meets one in the device's queue
// hardly waits.
constexpr uint64_t kZeroBytes = 256 << 10;

// Calls `visit` with the name of every entry but "." and "..", until it returns an errno.
int ForEachName(int directory_fd, const std::function<int(const char*)>& visit) {
  const int copy = openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return errno;
  DIR* listing = fdopendir(copy);
  if (listing == nullptr) {
    const int error = errno;
    close(copy);
    return error;
  }
  int error = 0;
  while (error == 0) {
    errno = 0;
    const dirent* entry = readdir(listing);
    if (entry == nullptr) {
      error = errno;
      break;
    }
    if (IsPlainName(entry->d_name)) error = visit(entry->d_name);
  }
  closedir(listing);
  return error;
}

}  // namespace

absl::StatusOr<LogFiles> LogFiles::Open(const std::string& directory, bool direct) {
  absl::StatusOr<UniqueFd> fd = OpenDirectory(directory);
  if (!fd.ok()) return fd.status();
  LogFiles files(directory, *std::move(fd), direct);
  if (int error = files.RemoveUnfinished()) return ErrnoStatus(error, "clean up", directory);
  return files;
}

int LogFiles::RemoveUnfinished() const {
  return ForEachName(fd_.get(), [this](const char* name) {
    if (!absl::EndsWith(name, kUnfinished)) return 0;
    return unlinkat(fd_.get(), name, 0) == 0 ? 0 : errno;
  });
}

std::shared_ptr<const UniqueFd> LogFiles::OpenFile(const std::string& name, int* error) const {
  CHECK(IsPlainName(name)) << "file name \"" << name << "\"";
  const int flags = O_RDWR | O_CLOEXEC | (direct_ ? O_DIRECT : 0);
  UniqueFd fd(openat(fd_.get(), name.c_str(), flags));
  if (!fd.valid()) {
    *error = errno;
    return nullptr;
  }
  return std::make_shared<const UniqueFd>(std::move(fd));
}

int LogFiles::Sync() const { return fsync(fd_.get()) == 0 ? 0 : errno; }

int LogFiles::WriteZeros(int fd, uint64_t bytes) const {
  const uint64_t piece = std::min(bytes, kZeroBytes);
  std::unique_ptr<char, FreeDeleter> zeros(
      static_cast<char*>(std::aligned_alloc(kDirectAlignment, kZeroBytes)));
  CHECK(zeros != nullptr);
  std::memset(zeros.get(), 0, kZeroBytes);
  for (uint64_t offset = 0; offset < bytes; offset += piece) {
    const uint64_t size = std::min(piece, bytes - offset);
    if (int error = WriteAt(fd, offset, zeros.get(), size)) return error;
  }
  return fsync(fd) == 0 ? 0 : errno;
}

int LogFiles::Create(const std::string& name, uint64_t bytes) const {
  CHECK(IsPlainName(name)) << "file name \"" << name << "\"";
  // Ask before trying: filling the disk to the last byte only to find that it does not suffice
  // would hurt everybody else on it.
  struct statvfs space;
  if (fstatvfs(fd_.get(), &space) != 0) return errno;
  if (static_cast<uint64_t>(space.f_bavail) * space.f_frsize < bytes) return ENOSPC;

  const std::string unfinished = absl::StrCat(name, kUnfinished);
  const int flags = O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | (direct_ ? O_DIRECT : 0);
  UniqueFd fd(openat(fd_.get(), unfinished.c_str(), flags, 0640));
  if (!fd.valid()) return errno;
  // Only a hint for contiguous extents. Alone it would be the worst choice: each first write into
  // an allocated but unwritten block costs a journal commit, so the zeros are really written.
  if (bytes > 0) (void)fallocate(fd.get(), 0, 0, static_cast<off_t>(bytes));
  int error = WriteZeros(fd.get(), bytes);
  if (error == 0 && renameat(fd_.get(), unfinished.c_str(), fd_.get(), name.c_str()) != 0) {
    error = errno;
  }
  if (error != 0) {
    unlinkat(fd_.get(), unfinished.c_str(), 0);
    return error;
  }
  return Sync();
}

log::DiskCompletion LogFiles::Failure(log::DiskToken token, int error, const std::string& what,
                                      const std::string& name) const {
  log::DiskCompletion completion;
  completion.token = token;
  completion.error = error == ENOSPC || error == EDQUOT ? log::DiskError::kNoSpace
                     : error == ENOENT                  ? log::DiskError::kNotFound
                                                        : log::DiskError::kIo;
  const std::string path = name.empty() ? directory_ : JoinPath(directory_, name);
  completion.error_text = absl::StrCat("cannot ", what, " ", path, ": ", ErrnoText(error));
  return completion;
}

log::DiskCompletion LogFiles::Run(const log::DiskRequest& request) const {
  log::DiskCompletion done;
  done.token = request.token;
  const auto finish = [&](int error, const std::string& what, const std::string& name) {
    if (error != 0) done = Failure(request.token, error, what, name);
  };
  std::visit(
      Overload{
          [&](const log::CreateFile& create) {
            finish(Create(create.file, create.bytes),
                   absl::StrCat("create with ", create.bytes, " zero bytes"), create.file);
          },
          [&](const log::WriteFile&) { CHECK(false) << "writes do not come here"; },
          [&](const log::ReadFile& read) {
            const std::string what =
                absl::StrCat("read ", read.bytes, " bytes at offset ", read.offset, " of");
            int error = 0;
            const std::shared_ptr<const UniqueFd> fd = OpenFile(read.file, &error);
            if (fd == nullptr) return finish(error, what, read.file);
            struct stat info;
            if (fstat(fd->get(), &info) != 0) return finish(errno, what, read.file);
            // A request may reach far beyond the end: no memory for what cannot be there.
            const uint64_t size = static_cast<uint64_t>(info.st_size);
            const uint64_t bytes =
                read.offset >= size ? 0 : std::min(read.bytes, size - read.offset);
            if (bytes == 0) return;
            const uint64_t room = (bytes + kDirectAlignment - 1) & ~(kDirectAlignment - 1);
            std::unique_ptr<char, FreeDeleter> buffer(
                static_cast<char*>(std::aligned_alloc(kDirectAlignment, room)));
            CHECK(buffer != nullptr);
            uint64_t got = 0;
            error = ReadAt(fd->get(), read.offset, buffer.get(), room, &got);
            if (error != 0) return finish(error, what, read.file);
            done.data = SharedBytes(std::string(buffer.get(), std::min(got, bytes)));
          },
          [&](const log::RenameFile& rename) {
            CHECK(IsPlainName(rename.from) && IsPlainName(rename.to));
            int error = 0;
            if (renameat(fd_.get(), rename.from.c_str(), fd_.get(), rename.to.c_str()) != 0) {
              error = errno;
            } else {
              error = Sync();
            }
            finish(error, absl::StrCat("rename to ", rename.to), rename.from);
          },
          [&](const log::RemoveFile& remove) {
            CHECK(IsPlainName(remove.file));
            int error = 0;
            if (unlinkat(fd_.get(), remove.file.c_str(), 0) != 0 && errno != ENOENT) {
              error = errno;
            } else {
              error = Sync();
            }
            finish(error, "remove", remove.file);
          },
          [&](const log::ListFiles&) {
            const int error = ForEachName(fd_.get(), [&](const char* name) {
              struct stat info;
              if (fstatat(fd_.get(), name, &info, AT_SYMLINK_NOFOLLOW) != 0) return errno;
              if (S_ISREG(info.st_mode)) {
                done.files.push_back({.name = name, .bytes = static_cast<uint64_t>(info.st_size)});
              }
              return 0;
            });
            finish(error, "list", "");
          },
      },
      request.action);
  return done;
}

}  // namespace jfs::storage
