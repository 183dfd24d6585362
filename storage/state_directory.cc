#include "storage/state_directory.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "core/base/check.h"
#include "core/base/crc32c.h"
#include "storage/posix.h"

namespace jfs::storage {
namespace {

constexpr char kMagicLine[] = "jindofs-namespace-state";
constexpr int kFormatVersion = 1;
constexpr char kGenerationPrefix[] = "generation-";
constexpr char kCheckpointPrefix[] = "checkpoint-";
constexpr char kPointer[] = "CURRENT";
constexpr char kNewPointer[] = "CURRENT.new";
constexpr uint64_t kFirstGeneration = 1;

struct Pointer {
  uint64_t generation = 0;
  // The very first database is about to be created: only then may it be missing.
  bool creating = false;
};

std::string EncodePointer(const Pointer& pointer) {
  const std::string body =
      absl::StrCat(kMagicLine, "\nversion ", kFormatVersion, "\ngeneration ", pointer.generation,
                   pointer.creating ? " creating" : "", "\n");
  return absl::StrCat(body, absl::StrFormat("crc32c %08x\n", Crc32c(body)));
}

absl::StatusOr<Pointer> DecodePointer(const std::string& file, const std::string& content) {
  const std::vector<absl::string_view> lines = absl::StrSplit(content, '\n');
  absl::string_view version = lines.size() > 1 ? lines[1] : "";
  absl::string_view generation = lines.size() > 2 ? lines[2] : "";
  if (lines[0] != kMagicLine || !absl::ConsumePrefix(&version, "version ")) {
    return absl::DataLossError(absl::StrCat(file, " is damaged: it does not begin as it must"));
  }
  if (version != absl::StrCat(kFormatVersion)) {
    return absl::FailedPreconditionError(
        absl::StrCat(file, " has format version ", version, "; this program knows version ",
                     kFormatVersion, ". Run the program that wrote it, or a later one."));
  }
  Pointer pointer;
  pointer.creating = absl::ConsumeSuffix(&generation, " creating");
  if (!absl::ConsumePrefix(&generation, "generation ") ||
      !absl::SimpleAtoi(generation, &pointer.generation) || content != EncodePointer(pointer)) {
    return absl::DataLossError(
        absl::StrCat(file,
                     " is damaged: it does not match its own checksum. Empty the meta "
                     "directory to join with an empty disk."));
  }
  return pointer;
}

}  // namespace

std::string_view Name(InstallPoint point) {
  switch (point) {
    case InstallPoint::kVerified:
      return "verified";
    case InstallPoint::kFilesSynced:
      return "files synced";
    case InstallPoint::kMoved:
      return "moved";
    case InstallPoint::kOpened:
      return "opened";
    case InstallPoint::kPointerWritten:
      return "pointer written";
    case InstallPoint::kPointerRenamed:
      return "pointer renamed";
    case InstallPoint::kPointerDurable:
      return "pointer durable";
    case InstallPoint::kOldRemoved:
      return "old removed";
  }
  return "unknown";
}

StateDirectory::StateDirectory(StateDirectoryOptions options, const std::string& path)
    : options_(std::move(options)),
      io_(options_.state.env->GetFileSystem()),
      path_(path),
      staging_(io_, JoinPath(path, "staging")) {}

std::string StateDirectory::GenerationPath(uint64_t generation) const {
  return JoinPath(path_, absl::StrFormat("%s%06d", kGenerationPrefix, generation));
}

std::string StateDirectory::CheckpointPath(uint64_t checkpoint) const {
  return JoinPath(path_, absl::StrCat(kCheckpointPrefix, checkpoint));
}

void StateDirectory::At(InstallPoint point) const {
  if (options_.at_install_point) options_.at_install_point(point);
}

absl::StatusOr<std::unique_ptr<StateDirectory>> StateDirectory::Open(StateDirectoryOptions options,
                                                                     const std::string& path) {
  std::unique_ptr<StateDirectory> directory(new StateDirectory(std::move(options), path));
  if (absl::Status status = directory->Begin(); !status.ok()) return status;
  return directory;
}

absl::Status StateDirectory::Begin() {
  const std::string file = JoinPath(path_, kPointer);
  absl::StatusOr<bool> exists = io_.Exists(file);
  if (!exists.ok()) return exists.status();
  Pointer pointer{.generation = kFirstGeneration, .creating = true};
  if (*exists) {
    absl::StatusOr<std::string> content = io_.Read(file);
    if (!content.ok()) return content.status();
    absl::StatusOr<Pointer> decoded = DecodePointer(file, *content);
    if (!decoded.ok()) return decoded.status();
    pointer = *decoded;
  } else {
    // The pointer is written before the first generation is created, so this is no crash of ours.
    absl::StatusOr<std::vector<std::string>> names = io_.List(path_);
    if (!names.ok()) return names.status();
    for (const std::string& name : *names) {
      if (!absl::StartsWith(name, kGenerationPrefix)) continue;
      return absl::FailedPreconditionError(
          absl::StrCat(path_, " holds ", name, " but no ", kPointer,
                       " that says whether it counts. Restore that file, or empty the meta "
                       "directory to join with an empty disk."));
    }
    generation_ = pointer.generation;
    if (absl::Status status = WritePointer(generation_, true); !status.ok()) return status;
    if (absl::Status status = MovePointer(generation_); !status.ok()) return status;
  }
  generation_ = pointer.generation;
  if (absl::Status status = RemoveLeftovers(); !status.ok()) return status;

  const std::string state_path = GenerationPath(generation_);
  absl::StatusOr<bool> present = io_.Exists(JoinPath(state_path, "CURRENT"));
  if (!present.ok()) return present.status();
  if (!*present && !pointer.creating) {
    return absl::DataLossError(
        absl::StrCat(file, " names ", state_path,
                     ", which holds no database any more. Empty the meta directory to join with an "
                     "empty disk."));
  }
  absl::StatusOr<std::unique_ptr<RocksdbState>> store =
      RocksdbState::Open(options_.state, state_path, pointer.creating);
  if (!store.ok()) return store.status();
  store_ = *std::move(store);
  if (!pointer.creating) return absl::OkStatus();
  if (absl::Status status = io_.SyncDirectory(path_); !status.ok()) return status;
  if (absl::Status status = WritePointer(generation_, false); !status.ok()) return status;
  return MovePointer(generation_);
}

absl::Status StateDirectory::RemoveLeftovers() const {
  absl::StatusOr<std::vector<std::string>> names = io_.List(path_);
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    const std::string path = JoinPath(path_, name);
    absl::Status status;
    if (name == kNewPointer) {
      status = io_.RemoveFile(path);
    } else if (absl::StartsWith(name, kCheckpointPrefix) ||
               (absl::StartsWith(name, kGenerationPrefix) && path != GenerationPath(generation_))) {
      status = io_.RemoveTree(path);
    }
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status StateDirectory::WritePointer(uint64_t generation, bool creating) {
  return io_.WriteNew(JoinPath(path_, kNewPointer),
                      EncodePointer({.generation = generation, .creating = creating}));
}

absl::Status StateDirectory::MovePointer(uint64_t generation) {
  absl::Status status = io_.Rename(JoinPath(path_, kNewPointer), JoinPath(path_, kPointer));
  if (status.ok()) {
    if (generation != generation_) At(InstallPoint::kPointerRenamed);
    status = io_.SyncDirectory(path_);
  }
  // Whether a failed rename or sync took effect on the disk, only the next start can see.
  if (!status.ok()) failed_ = status;
  return status;
}

absl::StatusOr<StateDirectory::Checkpoint> StateDirectory::TakeCheckpoint(uint64_t checkpoint) {
  if (checkpoints_.contains(checkpoint)) {
    return absl::AlreadyExistsError(absl::StrCat("checkpoint ", checkpoint, " exists already"));
  }
  const std::string path = CheckpointPath(checkpoint);
  Checkpoint result;
  absl::Status status = store_->Checkpoint(path);
  if (status.ok()) {
    absl::StatusOr<raft::Position> at = RocksdbState::ReadPosition(options_.state, path);
    status = at.status();
    if (at.ok()) result.at = *at;
  }
  if (status.ok()) {
    absl::StatusOr<std::vector<std::string>> names = io_.List(path);
    status = names.status();
    if (names.ok()) {
      for (const std::string& name : *names) {
        const std::string file = JoinPath(path, name);
        absl::StatusOr<uint64_t> bytes = io_.Size(file);
        absl::StatusOr<uint32_t> crc = io_.Checksum(file);
        status.Update(bytes.status());
        status.Update(crc.status());
        if (!status.ok()) break;
        result.files.push_back({.name = name, .bytes = *bytes, .crc32c = *crc});
      }
    }
  }
  if (!status.ok()) {
    // Best effort: the next start removes what is left.
    io_.RemoveTree(path).IgnoreError();
    return status;
  }
  checkpoints_.emplace(checkpoint, result.files);
  return result;
}

absl::StatusOr<std::string> StateDirectory::ReadCheckpoint(uint64_t checkpoint,
                                                           const std::string& file, uint64_t offset,
                                                           uint64_t bytes) {
  const auto it = checkpoints_.find(checkpoint);
  if (it == checkpoints_.end()) {
    return absl::NotFoundError(absl::StrCat("there is no checkpoint ", checkpoint));
  }
  for (const node::SnapshotFile& known : it->second) {
    if (known.name != file) continue;
    if (offset > known.bytes || bytes > known.bytes - offset) {
      return absl::OutOfRangeError(absl::StrCat("file ", file, " of checkpoint ", checkpoint,
                                                " has ", known.bytes, " bytes, not ",
                                                offset + bytes));
    }
    return io_.ReadRange(JoinPath(CheckpointPath(checkpoint), file), offset, bytes);
  }
  return absl::NotFoundError(
      absl::StrCat("checkpoint ", checkpoint, " has no file of the name asked for"));
}

absl::Status StateDirectory::DropCheckpoint(uint64_t checkpoint) {
  if (checkpoints_.erase(checkpoint) == 0) return absl::OkStatus();
  return io_.RemoveTree(CheckpointPath(checkpoint));
}

absl::StatusOr<std::vector<uint64_t>> StateDirectory::PrepareStaging(
    raft::Position at, const std::vector<node::SnapshotFile>& files) {
  return staging_.Prepare(at, files);
}

absl::Status StateDirectory::WriteStaged(const std::string& file, uint64_t offset,
                                         std::string_view data) {
  return staging_.Write(file, offset, data);
}

absl::StatusOr<std::unique_ptr<RocksdbState>> StateDirectory::OpenNext(uint64_t generation) {
  // RocksDB opens the copy for writing before anything points to it: whatever could be wrong with
  // it shows while the old state is still there to go on with.
  const std::string path = GenerationPath(generation);
  absl::StatusOr<std::unique_ptr<RocksdbState>> next =
      RocksdbState::Open(options_.state, path, /*create=*/false);
  if (!next.ok()) return next.status();
  absl::StatusOr<raft::Position> at = (*next)->Persisted();
  if (!at.ok()) return at.status();
  if (*at != staging_.at()) {
    return absl::DataLossError(absl::StrCat("the snapshot was announced at index ",
                                            staging_.at().index.value, ", term ",
                                            staging_.at().term.value, " but stands at index ",
                                            at->index.value, ", term ", at->term.value));
  }
  return next;
}

absl::StatusOr<RocksdbState*> StateDirectory::Install() {
  if (!failed_.ok()) return failed_;
  if (absl::Status status = staging_.Verify(); !status.ok()) return status;
  At(InstallPoint::kVerified);
  if (absl::Status status = staging_.Sync(); !status.ok()) {
    // A second sync of the same pages might report success without having written them: they must
    // come again.
    if (absl::Status removed = staging_.Remove(); !removed.ok()) failed_ = removed;
    return status;
  }
  At(InstallPoint::kFilesSynced);

  const uint64_t next_generation = generation_ + 1;
  const std::string next_path = GenerationPath(next_generation);
  absl::Status status = io_.RemoveTree(next_path);
  if (status.ok()) status = io_.Rename(staging_.files_path(), next_path);
  if (status.ok()) status = io_.SyncDirectory(path_);
  if (!status.ok()) return status;
  At(InstallPoint::kMoved);

  absl::StatusOr<std::unique_ptr<RocksdbState>> next = OpenNext(next_generation);
  status = next.status();
  if (status.ok()) {
    At(InstallPoint::kOpened);
    status = WritePointer(next_generation, /*creating=*/false);
  }
  if (!status.ok()) {
    if (next.ok()) (*next)->Abandon();
    // Best effort, both: the next attempt and the next start begin by removing them.
    io_.RemoveTree(next_path).IgnoreError();
    staging_.Remove().IgnoreError();
    return status;
  }
  At(InstallPoint::kPointerWritten);
  if (status = MovePointer(next_generation); !status.ok()) {
    (*next)->Abandon();
    return status;
  }
  At(InstallPoint::kPointerDurable);

  const std::string old_path = GenerationPath(generation_);
  store_->Abandon();
  replaced_.push_back(std::move(store_));
  store_ = *std::move(next);
  generation_ = next_generation;
  // The new state counts whether or not the old one can be removed; the next start tries again.
  io_.RemoveTree(old_path).IgnoreError();
  staging_.Remove().IgnoreError();
  At(InstallPoint::kOldRemoved);
  return store_.get();
}

}  // namespace jfs::storage
