#include "core/ns/reserved_path.h"

#include <cstdint>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"

#include "core/ns/rows.h"

namespace jfs::ns {
namespace {

constexpr std::string_view kRaw = "raw";
constexpr std::string_view kInodes = ".inodes";
constexpr std::string_view kParent = "..";
constexpr char kSuperGroup[] = "supergroup";

// As Java reads a long: a sign, then digits.
std::optional<int64_t> NumberOf(std::string_view text) {
  const std::string_view digits =
      !text.empty() && (text[0] == '+' || text[0] == '-') ? text.substr(1) : text;
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  int64_t number = 0;
  const std::string_view number_text = text[0] == '+' ? digits : text;
  if (!absl::SimpleAtoi(absl::string_view(number_text.data(), number_text.size()), &number)) {
    return std::nullopt;
  }
  return number;
}

Reply RefusePath(Code code, const Path& path) {
  Reply reply;
  reply.code = code;
  reply.arguments = {path.text()};
  return reply;
}

// `path` from name `first` on, behind `start`.
Path Joined(Path start, const Path& path, size_t first) {
  for (size_t i = first; i < path.depth(); ++i) start = start.Child(path.name(i));
  return start;
}

}  // namespace

bool IsReservedDirectory(const Path& path) {
  return path.depth() == 1 && path.name(0) == kReservedName;
}

bool IsReserved(const Path& path) { return path.depth() > 0 && path.name(0) == kReservedName; }

bool IsRaw(const Path& path) {
  return path.depth() > 1 && IsReserved(path) && path.name(1) == kRaw;
}

bool IsByInodeId(const Path& path) {
  return path.depth() > 1 && IsReserved(path) && path.name(1) == kInodes;
}

bool IsInSnapshots(const Path& path) { return path.depth() > 0 && path.name(0) == kSnapshotName; }

bool IsSnapshotDirectory(const Path& path) { return path.depth() == 1 && IsInSnapshots(path); }

absl::StatusOr<std::optional<Path>> PathOfInode(const DirectoryTree& tree, const kv::View& view,
                                                const Directory* root, InodeId id) {
  std::optional<Path> path;
  const Directory* directory = tree.Find(id);
  std::string name;
  if (directory == nullptr) {
    absl::StatusOr<std::optional<FilePlaceRecord>> place = ReadFilePlace(view, id);
    if (!place.ok()) return place.status();
    if (!place->has_value()) return path;
    directory = tree.Find((*place)->directory);
    name = std::move((*place)->name);
  }
  // The rows of what was unlinked are still there for a while.
  if (directory == nullptr || !tree.IsAtOrUnder(directory, root)) return path;
  path = Path::Parse(tree.PathOf(directory));
  if (!name.empty()) path = path->Child(name);
  return path;
}

absl::StatusOr<Path> PathBehind(const DirectoryTree& tree, const kv::View& view,
                                const Directory* root, const Path& path,
                                std::optional<Reply>* refused) {
  // What is below raw is not looked at twice: /.reserved/raw/.reserved/raw leads nowhere.
  if (IsRaw(path)) {
    if (path.depth() == 3 && path.name(2) == kReservedName) return path;
    return Joined(Path(), path, 2);
  }
  if (!IsByInodeId(path) || path.depth() < 3) return path;
  const std::optional<int64_t> id = NumberOf(path.name(2));
  if (!id) {
    *refused = RefusePath(Code::kInvalidInodePath, path);
    return path;
  }
  absl::StatusOr<std::optional<Path>> inode = std::optional<Path>();
  if (*id > 0) inode = PathOfInode(tree, view, root, static_cast<InodeId>(*id));
  if (!inode.ok()) return inode.status();
  if (!inode->has_value()) {
    *refused = RefusePath(Code::kInodePathNotFound, path);
    return path;
  }
  // What follows the dots is ignored, as HDFS does: they are there for NFS, which puts nothing
  // behind them.
  if (path.depth() > 3 && path.name(3) == kParent) {
    const bool at_top = (*inode)->depth() == 0;
    return at_top ? Path() : *Path::Parse((*inode)->Parent());
  }
  return Joined(**std::move(inode), path, 3);
}

FileStatus StatusOfReservedDirectory() {
  FileStatus status;
  status.type = FileType::kDirectory;
  status.mode = 01770;
  return status;
}

FileStatus StatusOfSnapshotDirectory() {
  FileStatus status;
  status.type = FileType::kDirectory;
  status.mode = 0777;
  return status;
}

Listing ListingOfReservedDirectory(WallMillis now) {
  Listing listing;
  for (const std::string_view name : {kInodes, kRaw}) {
    FileStatus status;
    status.type = FileType::kDirectory;
    status.name = std::string(name);
    status.mode = 0770;
    status.group = kSuperGroup;
    status.mtime = now;
    status.atime = now;
    listing.entries.push_back(std::move(status));
  }
  return listing;
}

}  // namespace jfs::ns
