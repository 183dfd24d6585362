#include "tools/jindo/walker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "core/base/concat.h"

namespace jfs::tools {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

// Reading a directory would otherwise change its access time, which is to be kept. Only its owner
// may ask for that.
absl::Status Open(int parent, const char* name, bool follow, Directory* out) {
  const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
  int fd = openat(parent, name, flags | O_NOATIME);
  if (fd < 0 && errno == EPERM) fd = openat(parent, name, flags);
  if (fd < 0) return absl::ErrnoToStatus(errno, "open");
  DIR* const directory = fdopendir(fd);
  if (directory == nullptr) {
    const int error = errno;
    close(fd);
    return absl::ErrnoToStatus(error, "fdopendir");
  }
  out->reset(directory);
  return absl::OkStatus();
}

uint64_t Millis(const timespec& time) {
  if (time.tv_sec < 0) return 0;
  return static_cast<uint64_t>(time.tv_sec) * 1000 +
         static_cast<uint64_t>(time.tv_nsec) / 1'000'000;
}

LocalEntry EntryOf(std::string path, const struct stat& info) {
  return {.path = std::move(path),
          .mode = static_cast<uint32_t>(info.st_mode) & 07777,
          .uid = info.st_uid,
          .gid = info.st_gid,
          .mtime_millis = Millis(info.st_mtim),
          .atime_millis = Millis(info.st_atim),
          .bytes = S_ISREG(info.st_mode) ? static_cast<uint64_t>(info.st_size) : 0};
}

std::string_view KindTrouble(mode_t mode) {
  if (S_ISREG(mode) || S_ISDIR(mode)) return "";
  if (S_ISLNK(mode)) return "symbolic link";
  if (S_ISCHR(mode)) return "character device";
  if (S_ISBLK(mode)) return "block device";
  if (S_ISFIFO(mode)) return "pipe";
  if (S_ISSOCK(mode)) return "socket";
  return "neither file nor directory";
}

struct Level {
  Directory directory;
  std::string path;
};

}  // namespace

bool IsUtf8(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size();) {
    const auto at = [&](size_t k) -> uint32_t {
      return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0;
    };
    const uint32_t first = at(0);
    size_t length = 1;
    uint32_t point = first;
    if (first >= 0x80) {
      if (first >= 0xc2 && first <= 0xdf) {
        length = 2;
        point = first & 0x1f;
      } else if (first >= 0xe0 && first <= 0xef) {
        length = 3;
        point = first & 0x0f;
      } else if (first >= 0xf0 && first <= 0xf4) {
        length = 4;
        point = first & 0x07;
      } else {
        return false;
      }
      for (size_t k = 1; k < length; ++k) {
        if ((at(k) & 0xc0) != 0x80) return false;
        point = point << 6 | (at(k) & 0x3f);
      }
      if (length == 3 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff))) return false;
      if (length == 4 && (point < 0x10000 || point > 0x10ffff)) return false;
    }
    i += length;
  }
  return true;
}

std::string_view NameTrouble(std::string_view name) {
  if (name.find(':') != std::string_view::npos) return "name with ':'";
  if (!IsUtf8(name)) return "name that is not UTF-8";
  return "";
}

absl::Status Walk(const std::string& root, const WalkOptions& options, WalkVisitor* visitor) {
  std::vector<Level> levels(1);
  const auto about_root = [&](const absl::Status& status) {
    return absl::Status(status.code(), Concat(root, ": ", ToStd(status.message())));
  };
  if (absl::Status opened = Open(AT_FDCWD, root.c_str(), /*follow=*/true, &levels[0].directory);
      !opened.ok()) {
    return about_root(opened);
  }
  struct stat root_info = {};
  if (fstat(dirfd(levels[0].directory.get()), &root_info) != 0) {
    return about_root(absl::ErrnoToStatus(errno, "fstat"));
  }
  visitor->EnterDirectory(EntryOf("", root_info));
  while (!levels.empty()) {
    if (visitor->Stopped()) return absl::OkStatus();
    const std::string parent_path = levels.back().path;
    DIR* const directory = levels.back().directory.get();
    errno = 0;
    const dirent* const found = readdir(directory);
    if (found == nullptr) {
      if (errno != 0) visitor->Trouble(parent_path, absl::ErrnoToStatus(errno, "readdir"));
      visitor->LeaveDirectory();
      levels.pop_back();
      continue;
    }
    const std::string name = found->d_name;
    if (name == "." || name == "..") continue;
    std::string path = parent_path.empty() ? name : Concat(parent_path, "/", name);
    struct stat info = {};
    if (fstatat(dirfd(directory), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) visitor->Trouble(path, absl::ErrnoToStatus(errno, "stat"));
      continue;
    }
    std::string_view trouble = KindTrouble(info.st_mode);
    if (trouble.empty()) trouble = NameTrouble(name);
    if (trouble.empty() && options.one_file_system && info.st_dev != root_info.st_dev) {
      trouble = "other file system";
    }
    if (trouble.empty() && S_ISDIR(info.st_mode) && levels.size() >= options.max_depth) {
      trouble = "directory too deep for HDFS";
    }
    if (!trouble.empty()) {
      visitor->Skip(path, trouble);
      continue;
    }
    if (S_ISREG(info.st_mode)) {
      visitor->File(EntryOf(std::move(path), info));
      continue;
    }
    Level below{.path = std::move(path)};
    if (const absl::Status opened =
            Open(dirfd(directory), name.c_str(), /*follow=*/false, &below.directory);
        !opened.ok()) {
      // The directory itself is known, and is kept: only what is in it is missing.
      if (opened.code() == absl::StatusCode::kNotFound) continue;
      visitor->Trouble(below.path, opened);
      visitor->EnterDirectory(EntryOf(below.path, info));
      visitor->LeaveDirectory();
      continue;
    }
    // What was opened counts: the name may have got another directory since.
    if (fstat(dirfd(below.directory.get()), &info) != 0) {
      visitor->Trouble(below.path, absl::ErrnoToStatus(errno, "fstat"));
      continue;
    }
    visitor->EnterDirectory(EntryOf(below.path, info));
    levels.push_back(std::move(below));
  }
  return absl::OkStatus();
}

}  // namespace jfs::tools
