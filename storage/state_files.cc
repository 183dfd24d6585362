#include "storage/state_files.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/crc32c.h"
#include "storage/posix.h"

namespace jfs::storage {
namespace {

constexpr uint64_t kPieceBytes = 1 << 20;
constexpr uint64_t kMaxSmallFileBytes = 16 << 20;

absl::Status Convert(const rocksdb::IOStatus& status, const std::string& what,
                     const std::string& path) {
  if (status.ok()) return absl::OkStatus();
  const absl::StatusCode code = status.IsNoSpace() ? absl::StatusCode::kResourceExhausted
                                : status.IsPathNotFound() || status.IsNotFound()
                                    ? absl::StatusCode::kNotFound
                                    : absl::StatusCode::kUnavailable;
  return absl::Status(code, absl::StrCat("cannot ", what, " ", path, ": ", status.ToString()));
}

const rocksdb::IOOptions kIo;
const rocksdb::FileOptions kFile;

}  // namespace

absl::StatusOr<bool> StateFiles::Exists(const std::string& path) const {
  const rocksdb::IOStatus status = file_system_->FileExists(path, kIo, nullptr);
  if (status.IsNotFound() || status.IsPathNotFound()) return false;
  if (!status.ok()) return Convert(status, "look for", path);
  return true;
}

absl::StatusOr<std::vector<std::string>> StateFiles::List(const std::string& directory) const {
  std::vector<std::string> names;
  const rocksdb::IOStatus status = file_system_->GetChildren(directory, kIo, &names, nullptr);
  if (!status.ok()) return Convert(status, "list", directory);
  std::erase_if(names, [](const std::string& name) { return !IsPlainName(name); });
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<uint64_t> StateFiles::Size(const std::string& path) const {
  uint64_t bytes = 0;
  const rocksdb::IOStatus status = file_system_->GetFileSize(path, kIo, &bytes, nullptr);
  if (!status.ok()) return Convert(status, "look at", path);
  return bytes;
}

absl::StatusOr<uint32_t> StateFiles::Checksum(const std::string& path) const {
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  rocksdb::IOStatus status = file_system_->NewSequentialFile(path, kFile, &file, nullptr);
  if (!status.ok()) return Convert(status, "open", path);
  const std::unique_ptr<char[]> buffer(new char[kPieceBytes]);
  uint32_t crc = 0;
  while (true) {
    rocksdb::Slice piece;
    status = file->Read(kPieceBytes, kIo, &piece, buffer.get(), nullptr);
    if (!status.ok()) return Convert(status, "read", path);
    if (piece.empty()) return crc;
    crc = Crc32c({piece.data(), piece.size()}, crc);
  }
}

absl::StatusOr<std::string> StateFiles::Read(const std::string& path) const {
  absl::StatusOr<uint64_t> bytes = Size(path);
  if (!bytes.ok()) return bytes.status();
  if (*bytes > kMaxSmallFileBytes) {
    return absl::DataLossError(absl::StrCat(path, " has ", *bytes, " bytes, more than it may"));
  }
  return ReadRange(path, 0, *bytes);
}

absl::StatusOr<std::string> StateFiles::ReadRange(const std::string& path, uint64_t offset,
                                                  uint64_t bytes) const {
  std::unique_ptr<rocksdb::FSRandomAccessFile> file;
  rocksdb::IOStatus status = file_system_->NewRandomAccessFile(path, kFile, &file, nullptr);
  if (!status.ok()) return Convert(status, "open", path);
  std::string out(bytes, '\0');
  uint64_t got = 0;
  while (got < bytes) {
    rocksdb::Slice piece;
    status = file->Read(offset + got, bytes - got, kIo, &piece, out.data() + got, nullptr);
    if (!status.ok()) return Convert(status, "read", path);
    if (piece.empty()) {
      return absl::OutOfRangeError(
          absl::StrCat(path, " ends at ", offset + got, ", before ", offset + bytes));
    }
    // A file system may answer with memory of its own.
    if (piece.data() != out.data() + got) {
      std::copy(piece.data(), piece.data() + piece.size(), out.data() + got);
    }
    got += piece.size();
  }
  return out;
}

absl::Status StateFiles::WriteNew(const std::string& path, std::string_view content) const {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  rocksdb::IOStatus status = file_system_->NewWritableFile(path, kFile, &file, nullptr);
  if (status.ok()) status = file->Append({content.data(), content.size()}, kIo, nullptr);
  if (status.ok()) status = file->Sync(kIo, nullptr);
  if (status.ok()) status = file->Close(kIo, nullptr);
  return Convert(status, "write", path);
}

absl::Status StateFiles::Append(const std::string& path, std::string_view data) const {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  rocksdb::IOStatus status = file_system_->ReopenWritableFile(path, kFile, &file, nullptr);
  if (status.ok()) status = file->Append({data.data(), data.size()}, kIo, nullptr);
  if (status.ok()) status = file->Close(kIo, nullptr);
  return Convert(status, "append to", path);
}

absl::Status StateFiles::SyncFile(const std::string& path) const {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  rocksdb::IOStatus status = file_system_->ReopenWritableFile(path, kFile, &file, nullptr);
  if (status.ok()) status = file->Fsync(kIo, nullptr);
  if (status.ok()) status = file->Close(kIo, nullptr);
  return Convert(status, "sync", path);
}

absl::Status StateFiles::SyncDirectory(const std::string& path) const {
  std::unique_ptr<rocksdb::FSDirectory> directory;
  rocksdb::IOStatus status = file_system_->NewDirectory(path, kIo, &directory, nullptr);
  if (status.ok()) status = directory->Fsync(kIo, nullptr);
  return Convert(status, "sync directory", path);
}

absl::Status StateFiles::MakeDirectory(const std::string& path) const {
  return Convert(file_system_->CreateDirIfMissing(path, kIo, nullptr), "create directory", path);
}

absl::Status StateFiles::Rename(const std::string& from, const std::string& to) const {
  return Convert(file_system_->RenameFile(from, to, kIo, nullptr),
                 absl::StrCat("rename to ", to, " what was"), from);
}

absl::Status StateFiles::RemoveFile(const std::string& path) const {
  return Convert(file_system_->DeleteFile(path, kIo, nullptr), "remove", path);
}

absl::Status StateFiles::RemoveTree(const std::string& path) const {
  absl::StatusOr<bool> exists = Exists(path);
  if (!exists.ok()) return exists.status();
  if (!*exists) return absl::OkStatus();
  absl::StatusOr<std::vector<std::string>> names = List(path);
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    const std::string child = JoinPath(path, name);
    bool directory = false;
    const rocksdb::IOStatus status = file_system_->IsDirectory(child, kIo, &directory, nullptr);
    if (!status.ok()) return Convert(status, "look at", child);
    const absl::Status removed = directory ? RemoveTree(child) : RemoveFile(child);
    if (!removed.ok()) return removed;
  }
  return Convert(file_system_->DeleteDir(path, kIo, nullptr), "remove directory", path);
}

}  // namespace jfs::storage
