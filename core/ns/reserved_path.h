#ifndef CORE_NS_RESERVED_PATH_H_
#define CORE_NS_RESERVED_PATH_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "core/kv/view.h"
#include "core/ns/directory_tree.h"
#include "core/ns/path.h"
#include "core/ns/reply.h"
#include "core/ns/request.h"

// The paths below /.reserved, which no entry can have: another way to spell a path
// (hdfs-client-protocol 3, "Reserved paths").
namespace jfs::ns {

inline constexpr std::string_view kReservedName = ".reserved";
inline constexpr std::string_view kReservedPrefix = "/.reserved/";
inline constexpr std::string_view kSnapshotName = ".snapshot";

// "/.reserved" itself.
bool IsReservedDirectory(const Path& path);
// It or something below.
bool IsReserved(const Path& path);
// Below /.reserved/raw: the tree itself, seen without encryption. Changes are the superuser's.
bool IsRaw(const Path& path);
// Below /.reserved/.inodes: what an inode's id leads to.
bool IsByInodeId(const Path& path);

// The root's own ".snapshot", or what lies below. The root alone may have snapshots in HDFS, and
// has none.
bool IsInSnapshots(const Path& path);
// That directory itself.
bool IsSnapshotDirectory(const Path& path);

// The path in the tree that `path` stands for; itself if it is not reserved, or if nothing can be
// there. `refused` is set if it names an inode that there is not.
absl::StatusOr<Path> PathBehind(const DirectoryTree& tree, const kv::View& view,
                                const Directory* root, const Path& path,
                                std::optional<Reply>* refused);

// Where the inode of that id is below `root`; unset if there is none, or it is not live.
absl::StatusOr<std::optional<Path>> PathOfInode(const DirectoryTree& tree, const kv::View& view,
                                                const Directory* root, InodeId id);

// Statuses of what is not in the tree. `now` stands for the time at which HDFS was started.
FileStatus StatusOfReservedDirectory();
FileStatus StatusOfSnapshotDirectory();
Listing ListingOfReservedDirectory(WallMillis now);

}  // namespace jfs::ns

#endif  // CORE_NS_RESERVED_PATH_H_
