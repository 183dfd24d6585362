#include "storage/staging.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/codec.h"
#include "core/base/crc32c.h"
#include "storage/posix.h"

namespace jfs::storage {
namespace {

constexpr std::string_view kMagic = "jindofs-staging";
constexpr uint8_t kVersion = 1;

// Only ever compared with what the present attempt would write: equal bytes mean the same snapshot.
std::string EncodeManifest(raft::Position at, const std::vector<node::SnapshotFile>& files) {
  std::string out;
  Encoder encoder(&out);
  encoder.Raw(kMagic);
  encoder.U8(kVersion);
  encoder.U64(at.index.value);
  encoder.U64(at.term.value);
  encoder.Varint(files.size());
  for (const node::SnapshotFile& file : files) {
    encoder.Bytes(file.name);
    encoder.U64(file.bytes);
    encoder.U32(file.crc32c);
  }
  encoder.U32(Crc32c(out));
  return out;
}

}  // namespace

Staging::Staging(StateFiles files, std::string directory)
    : io_(std::move(files)), directory_(std::move(directory)) {}

std::string Staging::files_path() const { return JoinPath(directory_, "files"); }
std::string Staging::manifest_path() const { return JoinPath(directory_, "MANIFEST"); }

absl::Status Staging::Begin(const std::string& manifest) {
  if (absl::Status status = io_.RemoveTree(directory_); !status.ok()) return status;
  if (absl::Status status = io_.MakeDirectory(directory_); !status.ok()) return status;
  if (absl::Status status = io_.MakeDirectory(files_path()); !status.ok()) return status;
  return io_.WriteNew(manifest_path(), manifest);
}

absl::StatusOr<std::vector<uint64_t>> Staging::Prepare(
    raft::Position at, const std::vector<node::SnapshotFile>& files) {
  prepared_ = false;
  expected_.clear();
  at_ = at;
  for (const node::SnapshotFile& file : files) {
    if (!IsPlainName(file.name)) {
      return absl::InvalidArgumentError(
          "a file of the snapshot has a name that is none: the sender is broken");
    }
    if (!expected_.emplace(file.name, Expected{.file = file}).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("the snapshot names file ", file.name, " twice: the sender is broken"));
    }
  }

  const std::string manifest = EncodeManifest(at, files);
  absl::StatusOr<std::string> found = io_.Read(manifest_path());
  if (!found.ok() && !absl::IsNotFound(found.status())) return found.status();
  absl::StatusOr<bool> have_files = io_.Exists(files_path());
  if (!have_files.ok()) return have_files.status();
  if (!found.ok() || *found != manifest || !*have_files) {
    if (absl::Status status = Begin(manifest); !status.ok()) return status;
  }

  absl::StatusOr<std::vector<std::string>> names = io_.List(files_path());
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    const std::string path = JoinPath(files_path(), name);
    absl::StatusOr<uint64_t> bytes = io_.Size(path);
    if (!bytes.ok()) return bytes.status();
    const auto it = expected_.find(name);
    if (it != expected_.end() && *bytes <= it->second.file.bytes) {
      it->second.have = *bytes;
    } else if (absl::Status status = io_.RemoveFile(path); !status.ok()) {
      return status;
    }
  }
  std::vector<uint64_t> have;
  for (const node::SnapshotFile& file : files) {
    // An empty file gets no chunk that would create it.
    if (file.bytes == 0) {
      const absl::Status status = io_.Append(JoinPath(files_path(), file.name), "");
      if (!status.ok()) return status;
    }
    have.push_back(expected_.find(file.name)->second.have);
  }
  prepared_ = true;
  return have;
}

absl::Status Staging::Write(const std::string& file, uint64_t offset, std::string_view data) {
  const auto it = expected_.find(file);
  if (!prepared_ || it == expected_.end()) {
    return absl::FailedPreconditionError(
        absl::StrCat("no snapshot with a file ", file, " is being received"));
  }
  Expected& expected = it->second;
  if (offset > expected.have) {
    return absl::FailedPreconditionError(absl::StrCat("chunk of ", file, " at ", offset,
                                                      " leaves a gap: only ", expected.have,
                                                      " bytes are there"));
  }
  if (offset + data.size() < offset || offset + data.size() > expected.file.bytes) {
    return absl::FailedPreconditionError(absl::StrCat("chunk of ", file, " ends at ",
                                                      offset + data.size(), ", beyond its ",
                                                      expected.file.bytes, " bytes"));
  }
  const uint64_t known = std::min<uint64_t>(expected.have - offset, data.size());
  data.remove_prefix(known);
  if (data.empty()) return absl::OkStatus();
  if (absl::Status status = io_.Append(JoinPath(files_path(), file), data); !status.ok()) {
    // Part of the data may be in the file: the next Prepare looks.
    prepared_ = false;
    return status;
  }
  expected.have += data.size();
  return absl::OkStatus();
}

absl::Status Staging::Verify() {
  if (!prepared_) return absl::FailedPreconditionError("no snapshot is being received");
  absl::Status verdict;
  for (auto& [name, expected] : expected_) {
    const std::string path = JoinPath(files_path(), name);
    absl::StatusOr<uint64_t> bytes = io_.Size(path);
    if (absl::IsNotFound(bytes.status()) || (bytes.ok() && *bytes < expected.file.bytes)) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, " is not complete: ", bytes.ok() ? *bytes : 0, " of ",
                       expected.file.bytes, " bytes have arrived"));
    }
    if (!bytes.ok()) return bytes.status();
    absl::StatusOr<uint32_t> crc = io_.Checksum(path);
    if (!crc.ok()) return crc.status();
    if (*bytes == expected.file.bytes && *crc == expected.file.crc32c) continue;
    if (absl::Status status = io_.RemoveFile(path); !status.ok()) return status;
    expected.have = 0;
    verdict = absl::DataLossError(
        absl::StrCat(path, " has arrived with wrong content (", *bytes, " bytes, CRC32C ",
                     absl::Hex(*crc), " instead of ", expected.file.bytes, " bytes, ",
                     absl::Hex(expected.file.crc32c), "); it is removed and has to be sent again"));
  }
  return verdict;
}

absl::Status Staging::Sync() const {
  for (const auto& [name, expected] : expected_) {
    const absl::Status status = io_.SyncFile(JoinPath(files_path(), name));
    if (!status.ok()) return status;
  }
  return io_.SyncDirectory(files_path());
}

absl::Status Staging::Remove() {
  prepared_ = false;
  expected_.clear();
  return io_.RemoveTree(directory_);
}

}  // namespace jfs::storage
