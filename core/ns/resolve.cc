#include "core/ns/resolve.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/ns/keys.h"
#include "core/ns/reserved_path.h"

namespace jfs::ns {
namespace {

constexpr uint16_t kStickyBit = 01000;

// In a directory with a sticky bit, of which the caller is not the owner: everything must be its
// own. Reads the entries, for files have their owners there.
absl::StatusOr<std::optional<Reply>> CheckStickyEntries(const State& state, const kv::View& view,
                                                        const Caller& caller,
                                                        const Directory& here) {
  std::optional<Reply> refused;
  const std::string entries = EntriesOf(here.id);
  const auto at = view.Scan(entries, EndOf(entries));
  for (; at->Valid(); at->Next()) {
    EntryRecord entry;
    InodeId parent = 0;
    std::string_view name;
    if (!ParseEntryKey(at->key(), &parent, &name) || !DecodeRecord(at->value(), &entry)) {
      return DamagedRow(at->key());
    }
    const Directory* const child =
        entry.type == FileType::kDirectory ? state.tree.Find(entry.directory) : nullptr;
    if (entry.type == FileType::kDirectory && child == nullptr) return DamagedRow(at->key());
    const Attributes inode = child != nullptr ? AttributesOf(*child) : AttributesOf(entry.file);
    if (inode.owner == caller.user) continue;
    const std::string above = state.tree.PathOf(&here);
    refused = StickyBitDenied(caller, (above == "/" ? "" : above) + "/" + std::string(name), inode,
                              above, AttributesOf(here));
    return refused;
  }
  if (!at->status().ok()) return at->status();
  return refused;
}

}  // namespace

Reply Refuse(Code code, std::vector<std::string> arguments) {
  Reply reply;
  reply.code = code;
  reply.arguments = std::move(arguments);
  return reply;
}

Reply Answer(Value value) {
  Reply reply;
  reply.value = std::move(value);
  return reply;
}

FileStatus StatusOf(const Directory& directory) {
  FileStatus status;
  status.type = FileType::kDirectory;
  status.mode = directory.mode;
  status.owner = *directory.owner;
  status.group = *directory.group;
  status.mtime = directory.mtime;
  status.atime = directory.atime;
  status.id = directory.id;
  status.children = directory.counts.directories + directory.counts.files;
  status.has_acl = !directory.features().acl.empty();
  return status;
}

FileStatus StatusOf(const FileRecord& file) {
  FileStatus status;
  status.type = FileType::kFile;
  status.length = file.length;
  status.mode = file.mode;
  status.owner = file.owner;
  status.group = file.group;
  status.mtime = file.mtime;
  status.atime = file.atime;
  status.replication = file.replication;
  status.block_size = file.block_size;
  status.id = file.id;
  status.has_acl = !file.acl.empty();
  return status;
}

Directory* Resolved::parent() const {
  if (path.depth() == 0 || directories.size() < path.depth()) return nullptr;
  return directories[path.depth() - 1];
}

size_t Resolved::ancestor_depth() const {
  CHECK(path.depth() > 0);
  return std::min(directories.size(), path.depth()) - 1;
}

Attributes Resolved::attributes() const {
  CHECK(exists());
  return is_directory() ? AttributesOf(*directory()) : AttributesOf(file->record.file);
}

absl::StatusOr<Resolved> Resolve(const kv::View& view, Directory* root, Path path) {
  Resolved at;
  at.path = std::move(path);
  at.directories.push_back(root);
  for (size_t i = 0; i < at.path.depth(); ++i) {
    Directory* const here = at.directories.back();
    const std::string_view name = at.path.name(i);
    const auto child = here->children.find(name);
    if (child != here->children.end()) {
      at.directories.push_back(child->second);
      continue;
    }
    // What is no directory can only be a file, and many directories have none.
    if (here->counts.files == 0) break;
    absl::StatusOr<std::optional<EntryRow>> entry = ReadEntry(view, here->id, name);
    if (!entry.ok()) return entry.status();
    if (entry->has_value()) {
      // Memory has all directories: one that it does not have is damage.
      if ((*entry)->record.type != FileType::kFile) return DamagedRow(EntryKey(here->id, name));
      at.file = *std::move(*entry);
    }
    break;
  }
  return at;
}

std::optional<Reply> CheckTraverse(const Caller& caller, const Resolved& at, bool creating) {
  if (at.path.depth() == 0) return std::nullopt;
  const size_t ancestors = at.ancestor_depth() + 1;
  if (!caller.superuser) {
    for (size_t i = 0; i < ancestors; ++i) {
      const Attributes inode = AttributesOf(*at.directories[i]);
      if (!Allows(caller, inode, Access::kExecute)) {
        return PermissionDenied(caller, Access::kExecute, at.path.Prefix(i), inode);
      }
    }
  }
  return CheckNoFileAbove(at, creating);
}

std::optional<Reply> CheckNoFileAbove(const Resolved& at, bool creating) {
  if (!at.blocked_by_file()) return std::nullopt;
  return Refuse(creating ? Code::kParentNotDirectory : Code::kAncestorNotDirectory,
                {at.path.Prefix(at.directories.size())});
}

std::optional<Reply> CheckAncestorWrite(const Caller& caller, const Resolved& at) {
  if (caller.superuser || at.path.depth() == 0) return std::nullopt;
  const size_t depth = at.ancestor_depth();
  const Attributes inode = AttributesOf(*at.directories[depth]);
  if (Allows(caller, inode, Access::kWrite)) return std::nullopt;
  return PermissionDenied(caller, Access::kWrite, at.path.Prefix(depth), inode);
}

std::optional<Reply> CheckParentWrite(const Caller& caller, const Resolved& at) {
  const Directory* const parent = at.parent();
  if (caller.superuser || parent == nullptr) return std::nullopt;
  const Attributes directory = AttributesOf(*parent);
  if (at.exists() && (parent->mode & kStickyBit) != 0) {
    const Attributes inode = at.attributes();
    if (caller.user != directory.owner && caller.user != inode.owner) {
      return StickyBitDenied(caller, at.path.text(), inode, at.path.Parent(), directory);
    }
  }
  if (Allows(caller, directory, Access::kWrite)) return std::nullopt;
  return PermissionDenied(caller, Access::kWrite, at.path.Parent(), directory);
}

std::optional<Reply> CheckAccess(const Caller& caller, const Resolved& at, Access access) {
  if (caller.superuser || !at.exists()) return std::nullopt;
  const Attributes inode = at.attributes();
  if (Allows(caller, inode, access)) return std::nullopt;
  return PermissionDenied(caller, access, at.path.text(), inode);
}

std::optional<Reply> CheckOwner(const Caller& caller, const Resolved& at) {
  if (caller.superuser || at.attributes().owner == caller.user) return std::nullopt;
  return Refuse(Code::kNotOwner, {caller.user, at.path.text()});
}

absl::StatusOr<std::optional<Reply>> CheckSubtree(const State& state, const kv::View& view,
                                                  const Caller& caller, const Resolved& at,
                                                  Access access, bool skip_empty) {
  std::optional<Reply> refused;
  if (caller.superuser || !at.is_directory()) return refused;
  std::vector<const Directory*> waiting = {at.directory()};
  // A tree has no directory twice; only a cycle made by a planted bug could exceed this.
  size_t left = state.tree.size();
  while (!waiting.empty() && left > 0) {
    --left;
    const Directory* const here = waiting.back();
    waiting.pop_back();
    if (skip_empty && here->empty()) continue;
    const Attributes inode = AttributesOf(*here);
    if (!Allows(caller, inode, access)) {
      refused = PermissionDenied(caller, access, state.tree.PathOf(here), inode);
      return refused;
    }
    if ((here->mode & kStickyBit) != 0 && caller.user != inode.owner) {
      absl::StatusOr<std::optional<Reply>> sticky = CheckStickyEntries(state, view, caller, *here);
      if (!sticky.ok() || sticky->has_value()) return sticky;
    }
    // As HDFS walks it, the last one first: it decides which of several is named.
    for (const auto& [name, child] : here->children) waiting.push_back(child);
  }
  return refused;
}

std::optional<Reply> CheckReadable(const State& state, const Caller& caller,
                                   const Directory& directory) {
  if (caller.superuser) return std::nullopt;
  std::vector<const Directory*> waiting = {&directory};
  size_t left = state.tree.size();
  while (!waiting.empty() && left > 0) {
    --left;
    const Directory* const here = waiting.back();
    waiting.pop_back();
    const Attributes inode = AttributesOf(*here);
    if (!Allows(caller, inode, Access::kReadExecute)) {
      return PermissionDenied(caller, Access::kReadExecute, state.tree.PathOf(here), inode);
    }
    for (auto child = here->children.rbegin(); child != here->children.rend(); ++child) {
      waiting.push_back(child->second);
    }
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<Reply>> Walk(const State& state, const kv::View& view,
                                          const Caller& caller, Directory* root,
                                          const std::string& raw, Purpose purpose,
                                          const char* operation, Resolved* at) {
  std::optional<Reply> refused;
  const bool creating = purpose == Purpose::kCreate;
  if (creating && !IsValidNewPath(raw)) {
    refused = Refuse(Code::kInvalidPath, {"Invalid file name: " + raw});
    return refused;
  }
  const std::optional<Path> asked = Path::Parse(raw);
  if (!asked) {
    refused = Refuse(Code::kPathNotAbsolute, {raw});
    return refused;
  }
  absl::StatusOr<Path> path = *asked;
  if (IsReserved(*asked)) path = PathBehind(state.tree, view, root, *asked, &refused);
  if (!path.ok()) return path.status();
  if (refused) return refused;
  if (IsRaw(*asked) && purpose != Purpose::kRead && !caller.superuser) {
    refused = Refuse(Code::kSuperuserRequired, {caller.user, operation});
    return refused;
  }
  absl::StatusOr<Resolved> resolved = Resolve(view, root, *std::move(path));
  if (!resolved.ok()) return resolved.status();
  *at = *std::move(resolved);
  refused = CheckTraverse(caller, *at, creating);
  if (!refused && purpose != Purpose::kRead && IsInSnapshots(at->path)) {
    refused = Refuse(Code::kSnapshotReadOnly, {});
  }
  return refused;
}

absl::StatusOr<std::optional<Resolved>> Locate(const State& state, const kv::View& view,
                                               Directory* root, const std::string& raw) {
  std::optional<Resolved> found;
  const std::optional<Path> asked = Path::Parse(raw);
  if (!asked) return found;
  std::optional<Reply> refused;
  absl::StatusOr<Path> path = PathBehind(state.tree, view, root, *asked, &refused);
  if (!path.ok()) return path.status();
  if (refused) return found;
  absl::StatusOr<Resolved> at = Resolve(view, root, *std::move(path));
  if (!at.ok()) return at.status();
  found = *std::move(at);
  return found;
}

std::optional<Reply> CheckPathLength(const std::string& raw, const char* call,
                                     const SetLimits& limits) {
  if (raw.empty()) return Refuse(Code::kEmptyPath, {});
  const std::optional<Path> path = Path::Parse(raw);
  if (Utf16Length(raw) <= limits.max_path_characters &&
      (!path.has_value() || path->depth() <= limits.max_path_depth)) {
    return std::nullopt;
  }
  return Refuse(Code::kPathTooLong, {call, std::to_string(limits.max_path_characters),
                                     std::to_string(limits.max_path_depth)});
}

std::optional<Reply> CheckNotReservedDirectory(const std::string& raw) {
  // Compared as a text, as HDFS does.
  if (raw != "/.reserved") return std::nullopt;
  return Refuse(Code::kInvalidPath, {raw});
}

std::optional<Reply> CheckNewName(const SetLimits& limits, const Path& path, size_t i,
                                  const Directory* parent) {
  const std::string_view name = path.name(i);
  if (name.size() > limits.max_name_bytes) {
    return Refuse(Code::kNameTooLong,
                  {std::string(name), path.Prefix(i), std::to_string(limits.max_name_bytes),
                   std::to_string(name.size())});
  }
  const uint64_t items = parent->counts.directories + parent->counts.files;
  if (items >= limits.max_directory_items) {
    return Refuse(
        Code::kTooManyDirectoryItems,
        {path.Prefix(i), std::to_string(limits.max_directory_items), std::to_string(items)});
  }
  if (name == kSnapshotName) return Refuse(Code::kReservedName, {std::string(name)});
  if (i == 0 && name == kReservedName) return Refuse(Code::kReservedRootName, {std::string(name)});
  return std::nullopt;
}

std::optional<Reply> CheckParentExists(const Resolved& at) {
  if (at.path.depth() == 0 || at.parent() != nullptr) return std::nullopt;
  return Refuse(Code::kParentNotFound, {at.path.Parent()});
}

}  // namespace jfs::ns
