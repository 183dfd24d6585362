#include "tests/process/small_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"

namespace jfs {
namespace {

absl::Status WriteTo(const std::string& path, const std::string& text) {
  std::ofstream out(path);
  out << text;
  out.close();
  return out ? absl::OkStatus() : absl::ErrnoToStatus(errno, absl::StrCat("write ", path));
}

}  // namespace

absl::Status SmallDisk::Allow() {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return absl::ErrnoToStatus(errno, "unshare");
  // Both keep their numbers, so that nothing else of the test looks different.
  if (absl::Status status = WriteTo("/proc/self/setgroups", "deny"); !status.ok()) return status;
  if (absl::Status status = WriteTo("/proc/self/uid_map", absl::StrCat(user, " ", user, " 1"));
      !status.ok()) {
    return status;
  }
  return WriteTo("/proc/self/gid_map", absl::StrCat(group, " ", group, " 1"));
}

SmallDisk::SmallDisk(std::string path, uint64_t bytes) : path_(std::move(path)) {
  CHECK(mkdir(path_.c_str(), 0755) == 0 || errno == EEXIST) << path_ << ": " << strerror(errno);
  const std::string size = absl::StrCat("size=", bytes, ",mode=0755");
  CHECK_EQ(mount("none", path_.c_str(), "tmpfs", 0, size.c_str()), 0) << strerror(errno);
}

SmallDisk::~SmallDisk() { umount2(path_.c_str(), MNT_DETACH); }

uint64_t SmallDisk::FreeBytes() const {
  struct statvfs info;
  CHECK_EQ(statvfs(path_.c_str(), &info), 0);
  return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
}

void SmallDisk::LeaveFree(uint64_t bytes) {
  const int fd = open(Ballast().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  CHECK(fd >= 0) << strerror(errno);
  struct stat info;
  CHECK_EQ(fstat(fd, &info), 0);
  const uint64_t free = FreeBytes();
  if (free > bytes) {
    CHECK_EQ(fallocate(fd, 0, info.st_size, static_cast<off_t>(free - bytes)), 0)
        << strerror(errno);
  }
  close(fd);
}

void SmallDisk::MakeRoom() { CHECK_EQ(unlink(Ballast().c_str()), 0) << strerror(errno); }

void SmallDisk::SetReadOnly(bool read_only) {
  const unsigned long flags = MS_REMOUNT | (read_only ? MS_RDONLY : 0);
  CHECK_EQ(mount("none", path_.c_str(), nullptr, flags, nullptr), 0) << strerror(errno);
}

}  // namespace jfs
