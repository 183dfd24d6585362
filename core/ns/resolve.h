#ifndef CORE_NS_RESOLVE_H_
#define CORE_NS_RESOLVE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"

#include "core/kv/view.h"
#include "core/ns/directory_tree.h"
#include "core/ns/path.h"
#include "core/ns/permission.h"
#include "core/ns/reply.h"
#include "core/ns/request.h"
#include "core/ns/rows.h"
#include "core/ns/state.h"

// From a path to what is there, and the checks that every call makes on the way
// (hdfs-client-protocol 3).
namespace jfs::ns {

// How far a path leads. Pointers live until the next change of the tree.
struct Resolved {
  Path path;
  // The directories along the path from the root on, as far as they exist; never empty.
  // directories[i] is path.Prefix(i).
  absl::InlinedVector<Directory*, 12> directories;
  // The file behind the last of them, if the walk met one: at its end, or before it.
  std::optional<EntryRow> file;

  bool is_directory() const { return directories.size() == path.depth() + 1; }
  bool is_file() const { return file.has_value() && directories.size() == path.depth(); }
  bool exists() const { return is_directory() || is_file(); }
  // A name that is not the last one is a file's.
  bool blocked_by_file() const { return file.has_value() && directories.size() < path.depth(); }
  Directory* directory() const { return directories.back(); }
  // The directory that has, or would have, the last name; null for the root and while it is
  // missing.
  Directory* parent() const;
  // Number of names of the nearest existing directory above the path itself. REQUIRES: not the
  // root.
  size_t ancestor_depth() const;
  Attributes attributes() const;  // REQUIRES: exists()
};

absl::StatusOr<Resolved> Resolve(const kv::View& view, Directory* root, Path path);

// Execute permission on each directory above, and that no file is among them, whichever comes
// first. `creating` is how mkdirs, create and a rename's target say it.
std::optional<Reply> CheckTraverse(const Caller& caller, const Resolved& at, bool creating);
// The latter alone.
std::optional<Reply> CheckNoFileAbove(const Resolved& at, bool creating);
// Write permission on the nearest existing directory above.
std::optional<Reply> CheckAncestorWrite(const Caller& caller, const Resolved& at);
// The right to remove the last name from its directory: sticky bit, then write permission.
std::optional<Reply> CheckParentWrite(const Caller& caller, const Resolved& at);
// `access` to what the path leads to, if it exists.
std::optional<Reply> CheckAccess(const Caller& caller, const Resolved& at, Access access);
std::optional<Reply> CheckOwner(const Caller& caller, const Resolved& at);
// `access` to the directory at the path and all directories below, in order of their paths, and the
// right to remove what lies in those with a sticky bit; nothing for a file. Empty directories are
// exempt if `skip_empty`. A status is a read error.
absl::StatusOr<std::optional<Reply>> CheckSubtree(const State& state, const kv::View& view,
                                                  const Caller& caller, const Resolved& at,
                                                  Access access, bool skip_empty);
// Whether `directory` and all below it may be listed and entered.
std::optional<Reply> CheckReadable(const State& state, const Caller& caller,
                                   const Directory& directory);

// What a call is about to do with what a path leads to.
enum class Purpose : uint8_t {
  kRead,
  kChange,  // or remove
  kCreate,  // make it, or find that it is there; the path then has more rules
};

// The path of a call: taken apart, the inode behind a reserved one found, and walked with all that
// the walk itself may refuse. `operation` is HDFS's name of the call, which one refusal has. *at is
// set unless the call is refused.
absl::StatusOr<std::optional<Reply>> Walk(const State& state, const kv::View& view,
                                          const Caller& caller, Directory* root,
                                          const std::string& raw, Purpose purpose,
                                          const char* operation, Resolved* at);
// The same without a look at rights, for what is no client's call; unset where Walk would refuse.
absl::StatusOr<std::optional<Resolved>> Locate(const State& state, const kv::View& view,
                                               Directory* root, const std::string& raw);

// The limits on the text of a path that `call` would make, which come before all else.
std::optional<Reply> CheckPathLength(const std::string& raw, const char* call,
                                     const SetLimits& limits);
// Some calls refuse "/.reserved" before they look for it.
std::optional<Reply> CheckNotReservedDirectory(const std::string& raw);
// The limits for name `i` of `path`, which is to be made in `parent`: its length, the number of
// entries, and whether the name may be used at all.
std::optional<Reply> CheckNewName(const SetLimits& limits, const Path& path, size_t i,
                                  const Directory* parent);
// createParent = false.
std::optional<Reply> CheckParentExists(const Resolved& at);

Reply Refuse(Code code, std::vector<std::string> arguments);
Reply Answer(Value value);

FileStatus StatusOf(const Directory& directory);
FileStatus StatusOf(const FileRecord& file);

}  // namespace jfs::ns

#endif  // CORE_NS_RESOLVE_H_
