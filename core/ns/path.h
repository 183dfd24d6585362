#ifndef CORE_NS_PATH_H_
#define CORE_NS_PATH_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/inlined_vector.h"

namespace jfs::ns {

// An absolute path taken apart into names. Repeated and trailing slashes are dropped, "." and ".."
// are names like any other (hdfs-client-protocol 3, "Names and paths").
class Path {
 public:
  // Unset unless `raw` starts with a slash.
  static std::optional<Path> Parse(std::string_view raw);

  // Number of names; 0 for the root.
  size_t depth() const { return names_.size(); }
  std::string_view name(size_t i) const {
    return std::string_view(text_).substr(names_[i].first, names_[i].second);
  }
  std::string_view last() const { return name(depth() - 1); }
  // The path of the first `names` names, without a trailing slash: "/" for none.
  std::string Prefix(size_t names) const;
  const std::string& text() const { return text_; }
  // REQUIRES: depth() > 0.
  std::string Parent() const { return Prefix(depth() - 1); }
  // This path with one more name.
  Path Child(std::string_view name) const;
  // Whether this path lies strictly below `other`.
  bool IsUnder(const Path& other) const;

 private:
  std::string text_ = "/";
  absl::InlinedVector<std::pair<uint32_t, uint32_t>, 12> names_;  // start and length in text_
};

// HDFS's rule for a path that a call would make: absolute, and no name is empty, "." or has a
// colon; ".." only behind an inode's id.
bool IsValidNewPath(std::string_view raw);

// Length as Java counts it, in UTF-16 units: what the limit of 8000 characters means.
size_t Utf16Length(std::string_view utf8);

}  // namespace jfs::ns

#endif  // CORE_NS_PATH_H_
