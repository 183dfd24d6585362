#include "tools/jindo/commands/trash.h"

#include <optional>
#include <string>

#include "core/base/concat.h"
#include "tools/jindo/commands/read_ahead.h"
#include "tools/jindo/commands/timestamp.h"

namespace jfs::tools {
namespace {

constexpr char kIntervalKey[] = "fs.trash.interval";
constexpr char kCurrent[] = "Current";
constexpr std::string_view kSource = "fs.TrashPolicyDefault";
constexpr double kMillisInMinute = 60'000;
constexpr uint32_t kTrashMode = 0700;

HadoopPath TrashOf(const Session& session, const HadoopPath& somewhere) {
  HadoopPath out = somewhere;
  out.path = session.Home().path;
  return out.Child(".Trash");
}

bool IsOf(const Failure& failure, std::string_view exception_class) {
  return failure.exception_class == exception_class;
}

Failure Plain(std::string message) {
  return {.exception_class = "java.io.IOException", .message = std::move(message)};
}

// The place of something that was deleted, and the directory it is in.
struct Place {
  HadoopPath directory, path;
};

// A file stands where the trash needs a directory: the directory gets another name.
Outcome AvoidFile(const Session& session, const Item& item, Place* place) {
  HadoopPath file = place->directory;
  while (true) {
    const Answer<bool> exists = Exists(item, file);
    if (!exists.ok()) return exists.failure();
    if (*exists || !file.Parent().has_value()) break;
    file = *file.Parent();
  }
  place->directory.path.insert(file.path.size(), std::to_string(session.now_millis()));
  place->path = place->directory.Child(place->path.Name());
  return std::nullopt;
}

}  // namespace

Answer<bool> MoveToTrash(const Session& session, const Item& item) {
  const Answer<ServerDefaults> defaults = item.fs->GetServerDefaults();
  if (!defaults.ok()) {
    return Plain(Concat("Failed to get server trash configuration: ", defaults.failure().message));
  }
  const double minutes = defaults->trashinterval() != 0
                             ? static_cast<double>(defaults->trashinterval())
                             : session.Number(kIntervalKey, 0);
  if (minutes * kMillisInMinute < 1) return false;

  const HadoopPath trash = TrashOf(session, item.path);
  const std::string full = item.path.ToString();
  if (full.starts_with(trash.ToString())) return false;
  if (trash.Parent()->ToString().starts_with(full)) {
    return Plain(Concat("Cannot move \"", full, "\" to the trash, as it contains the trash"));
  }
  const HadoopPath current = trash.Child(kCurrent);
  Place place = {.directory = current, .path = current};
  place.path.path += item.where();
  place.directory = *place.path.Parent();

  Failure cause;
  // Twice: a checkpoint may be made between the two calls.
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Answer<uint32_t> umask = session.Umask();
    if (!umask.ok()) return umask.failure();
    const Answer<bool> made =
        item.fs->Mkdirs(place.directory.path, kTrashMode & ~*umask, kTrashMode);
    if (!made.ok()) {
      if (IsOf(made.failure(), "org.apache.hadoop.fs.FileAlreadyExistsException") ||
          IsOf(made.failure(), "org.apache.hadoop.fs.ParentNotDirectoryException")) {
        if (Outcome failed = AvoidFile(session, item, &place)) return *failed;
        --attempt;
        continue;
      }
      cause = made.failure();
      break;
    }
    if (!*made) {
      Log(session, "WARN", kSource,
          Concat("Can't create(mkdir) trash directory: ", place.directory.ToString()));
      return false;
    }
    HadoopPath target = place.path;
    while (true) {
      const Answer<bool> taken = Exists(item, target);
      if (!taken.ok()) return taken.failure();
      if (!*taken) break;
      target = place.path;
      target.path += std::to_string(session.now_millis());
    }
    place.path = target;
    Outcome failed = item.fs->RenameStrictly(item.where(), target.path, /*to_trash=*/true);
    if (!failed.has_value()) {
      Log(session, "INFO", kSource, Concat("Moved: '", full, "' to trash at: ", target.ToString()));
      return true;
    }
    cause = *std::move(failed);
  }
  return Plain(
      Concat("Failed to move ", full, " to trash ", place.path.ToString(), ": ", cause.message));
}

namespace {

Outcome DeleteCheckpoints(const Session& session, FileSystem* fs, const HadoopPath& trash,
                          bool all) {
  // Hadoop's shell says it twice.
  for (int i = 0; i < 2; ++i) {
    Log(session, "INFO", kSource,
        Concat("TrashPolicyDefault#deleteCheckpoint for trashRoot: ", trash.ToString()));
  }
  const auto interval = static_cast<int64_t>(session.Number(kIntervalKey, 0) * kMillisInMinute);
  const auto now = static_cast<int64_t>(session.now_millis());
  Page entries;
  ReadAhead::Directory directory = ReadAhead::Open(nullptr, fs, trash.path);
  while (!directory.done()) {
    Answer<std::optional<Page>> page = directory.Next();
    if (!page.ok()) return page.failure();
    if (!page->has_value()) return std::nullopt;
    std::move((*page)->begin(), (*page)->end(), std::back_inserter(entries));
  }
  for (const FileStatus& entry : entries) {
    if (entry.path() == kCurrent) continue;
    const HadoopPath path = trash.Child(entry.path());
    const std::optional<int64_t> time = ParseCheckpointName(entry.path(), session.now_millis());
    if (!time.has_value()) {
      Log(session, "WARN", kSource, Concat("Unexpected item in trash: ", path.path, ". Ignoring."));
      continue;
    }
    if (!all && now - interval <= *time) continue;
    const Answer<bool> deleted = fs->Delete(path.path, /*recursive=*/true);
    if (!deleted.ok()) return deleted.failure();
    if (*deleted) {
      Log(session, "INFO", kSource, Concat("Deleted trash checkpoint: ", path.path));
    } else {
      Log(session, "WARN", kSource,
          Concat("Couldn't delete checkpoint: ", path.path, " Ignoring."));
    }
  }
  return std::nullopt;
}

Outcome MakeCheckpoint(const Session& session, FileSystem* fs, const HadoopPath& trash) {
  Log(session, "INFO", kSource,
      Concat("TrashPolicyDefault#createCheckpoint for trashRoot: ", trash.ToString()));
  const HadoopPath current = trash.Child(kCurrent);
  const Answer<std::optional<FileStatus>> exists = fs->GetFileInfo(current.path);
  if (!exists.ok()) return exists.failure();
  if (!exists->has_value()) return std::nullopt;
  const HadoopPath base = trash.Child(CheckpointName(session.now_millis()));
  HadoopPath checkpoint = base;
  constexpr int kAttempts = 1000;
  for (int attempt = 1;; ++attempt) {
    const Outcome failed = fs->RenameStrictly(current.path, checkpoint.path, /*to_trash=*/false);
    if (!failed.has_value()) break;
    if (!IsOf(*failed, "org.apache.hadoop.fs.FileAlreadyExistsException")) return failed;
    if (attempt > kAttempts) {
      return Plain(Concat("Failed to checkpoint trash: ", checkpoint.ToString()));
    }
    checkpoint = base;
    checkpoint.path += Concat("-", attempt);
  }
  Log(session, "INFO", kSource, Concat("Created trash checkpoint: ", checkpoint.path));
  return std::nullopt;
}

}  // namespace

Outcome Expunge(const Session& session, FileSystem* fs, bool immediately) {
  const HadoopPath trash = TrashOf(session, session.root);
  const Answer<std::optional<FileStatus>> exists = fs->GetFileInfo(trash.path);
  if (!exists.ok()) {
    Log(session, "WARN", "fs.FileSystem", "Cannot get all trash roots");
    return std::nullopt;
  }
  if (!exists->has_value()) return std::nullopt;
  if (immediately) {
    if (Outcome failed = MakeCheckpoint(session, fs, trash)) return failed;
    return DeleteCheckpoints(session, fs, trash, /*all=*/true);
  }
  if (Outcome failed = DeleteCheckpoints(session, fs, trash, /*all=*/false)) return failed;
  return MakeCheckpoint(session, fs, trash);
}

}  // namespace jfs::tools
