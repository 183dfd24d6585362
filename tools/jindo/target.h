#ifndef TOOLS_JINDO_TARGET_H_
#define TOOLS_JINDO_TARGET_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "net/socket.h"

// Paths as users type them: jfs://namespace/path, jfs://host:port/path, /path, or relative to
// /user/NAME.
namespace jfs::tools {

struct Target {
  std::string namespace_name;           // empty: none was said
  std::optional<net::HostPort> master;  // of jfs://host:port/path
  std::string path;                     // absolute; no empty, "." or ".." names, no '/' at the end
  std::string shown;  // how messages and listings show it: as it was typed, normalised
};

// `user` is whose home relative paths begin at. InvalidArgument has the words that `hadoop fs` has
// for another scheme.
absl::StatusOr<Target> ParseTarget(std::string_view text, std::string_view user);

// The path of, or what is shown for, an entry of a directory. Of ".", shown, that is the bare name.
std::string ChildOf(std::string_view directory, std::string_view name);
// The directory that holds an absolute path, "/" for "/".
std::string ParentOf(std::string_view path);
// The last name of an absolute path; empty for "/".
std::string_view NameOf(std::string_view path);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_TARGET_H_
