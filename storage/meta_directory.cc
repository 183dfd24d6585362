#include "storage/meta_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

#include "core/base/crc32c.h"

namespace jfs::storage {
namespace {

constexpr char kLockFile[] = "LOCK";
constexpr char kIdentityFile[] = "IDENTITY";
constexpr char kMagicLine[] = "jindofs-namespace-meta-dir";
constexpr uint64_t kMaxIdentityBytes = 4096;

// Readable with `cat`, and checked as strictly as any binary file.
std::string EncodeIdentity(NodeId node) {
  const std::string body = absl::StrCat(kMagicLine, "\nversion ", MetaDirectory::kFormatVersion,
                                        "\nnode ", node.value, "\n");
  return absl::StrCat(body, absl::StrFormat("crc32c %08x\n", Crc32c(body)));
}

// The number behind `prefix` on a line.
bool ParseLine(absl::string_view line, absl::string_view prefix, uint64_t* value) {
  return absl::ConsumePrefix(&line, prefix) && absl::SimpleAtoi(line, value);
}

absl::Status CheckIdentity(const std::string& path, const std::string& content, NodeId node) {
  const std::string file = JoinPath(path, kIdentityFile);
  const std::vector<absl::string_view> lines = absl::StrSplit(content, '\n');
  if (lines[0] != kMagicLine) {
    return absl::FailedPreconditionError(
        absl::StrCat(file, " is not the identity of a meta directory: its first line is not \"",
                     kMagicLine, "\". Point namespace.meta-dir at another directory."));
  }
  // The version comes before the checksum: a later version may well check itself in another way.
  uint64_t version = 0;
  if (lines.size() < 2 || !ParseLine(lines[1], "version ", &version)) {
    return absl::DataLossError(absl::StrCat(file, " names no version: it is damaged"));
  }
  if (version != MetaDirectory::kFormatVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, " has format version ", version, "; this program knows version ",
        MetaDirectory::kFormatVersion, ". Run the program that wrote it, or a later one."));
  }
  uint64_t found = 0;
  if (lines.size() < 3 || !ParseLine(lines[2], "node ", &found) ||
      content != EncodeIdentity(NodeId(found))) {
    return absl::DataLossError(
        absl::StrCat(file,
                     " is damaged: it does not match its own checksum. If this is the disk "
                     "of node ",
                     node.value,
                     ", restore the file from another copy; else empty "
                     "the directory to join with an empty disk."));
  }
  if (NodeId(found) != node) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " belongs to node ", found, ", but this is node ", node.value,
                     ": check namespace.meta-dir and namespace.backend.raft.hostname."));
  }
  return absl::OkStatus();
}

// The process id that the holder of the lock left in the file; 0 if none can be read.
uint64_t HolderOf(int fd) {
  char text[32] = {};
  uint64_t got = 0;
  uint64_t holder = 0;
  if (ReadAt(fd, 0, text, sizeof(text) - 1, &got) != 0) return 0;
  const absl::string_view line(text, got);
  return absl::SimpleAtoi(absl::StripSuffix(line, "\n"), &holder) ? holder : 0;
}

absl::StatusOr<UniqueFd> Lock(const std::string& path) {
  const std::string file = JoinPath(path, kLockFile);
  UniqueFd fd(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!fd.valid()) {
    if (errno == EROFS) {
      return absl::FailedPreconditionError(absl::StrCat(
          path,
          " lies on a read-only file system: remount it writable, or repair the disk that "
          "made the kernel do so."));
    }
    if (errno == EACCES || errno == EPERM) {
      return absl::PermissionDeniedError(absl::StrCat(path, " cannot be written by user ",
                                                      geteuid(), " (", ErrnoText(errno),
                                                      "): change its owner, or run as its owner."));
    }
    return ErrnoStatus(errno, "create", file);
  }
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoStatus(errno, "lock", file);
    const uint64_t holder = HolderOf(fd.get());
    const std::string who = holder == 0 ? "another process" : absl::StrCat("process ", holder);
    return absl::UnavailableError(absl::StrCat(
        path, " is locked by ", who, ": a master already runs on this directory. Stop it first."));
  }
  const std::string content = absl::StrCat(getpid(), "\n");
  if (ftruncate(fd.get(), 0) != 0) return ErrnoStatus(errno, "truncate", file);
  if (int error = WriteAt(fd.get(), 0, content.data(), content.size())) {
    return ErrnoStatus(error, "write", file);
  }
  return fd;
}

// The name of something in `path` that does not belong into an empty meta directory; empty if there
// is none. What a crash in the first start may have left (the lock, an unfinished identity) and
// what mkfs puts there is fine.
absl::StatusOr<std::string> Foreign(const std::string& path) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name != kLockFile && name != absl::StrCat(kIdentityFile, ".new") && name != "lost+found") {
      return name;
    }
  }
  if (error) return ErrnoStatus(error.value(), "list", path);
  return std::string();
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetaDirectory>> MetaDirectory::Open(const std::string& path,
                                                                   NodeId node) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    if (errno != ENOENT) return ErrnoStatus(errno, "look at", path);
    return absl::NotFoundError(absl::StrCat(
        "namespace.meta-dir ", path, " does not exist: create it, or mount the disk it lies on."));
  }
  if (!S_ISDIR(info.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat("namespace.meta-dir ", path, " is not a directory."));
  }
  absl::StatusOr<UniqueFd> lock = Lock(path);
  if (!lock.ok()) return lock.status();

  absl::StatusOr<std::string> identity =
      ReadSmallFile(JoinPath(path, kIdentityFile), kMaxIdentityBytes);
  if (identity.ok()) {
    if (absl::Status status = CheckIdentity(path, *identity, node); !status.ok()) return status;
  } else if (absl::IsNotFound(identity.status())) {
    absl::StatusOr<std::string> foreign = Foreign(path);
    if (!foreign.ok()) return foreign.status();
    if (!foreign->empty()) {
      return absl::FailedPreconditionError(absl::StrCat(
          path, " has no ", kIdentityFile, " but holds \"", *foreign,
          "\": it is not a meta directory. Point namespace.meta-dir at an empty directory."));
    }
    if (absl::Status status = ReplaceFile(path, kIdentityFile, EncodeIdentity(node));
        !status.ok()) {
      return status;
    }
  } else {
    return identity.status();
  }

  std::unique_ptr<MetaDirectory> directory(new MetaDirectory(path, *std::move(lock)));
  for (const std::string& part : {directory->log_path(), directory->state_path()}) {
    if (absl::Status status = MakeDirectory(part); !status.ok()) return status;
  }
  return directory;
}

}  // namespace jfs::storage
