#ifndef TOOLS_JINDO_WALKER_H_
#define TOOLS_JINDO_WALKER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

// Walks a tree of a local file system without following links.
namespace jfs::tools {

struct LocalEntry {
  std::string path;   // below the root that is walked; empty for the root itself
  uint32_t mode = 0;  // permission bits, 07777
  uint32_t uid = 0, gid = 0;
  uint64_t mtime_millis = 0, atime_millis = 0;  // since 1970; earlier times are 1970
  uint64_t bytes = 0;                           // of files
};

class WalkVisitor {
 public:
  virtual ~WalkVisitor() = default;
  // A directory before anything in it, and again once everything in it has been visited. The root
  // comes first.
  virtual void EnterDirectory(const LocalEntry& directory) = 0;
  virtual void LeaveDirectory() = 0;
  virtual void File(const LocalEntry& file) = 0;
  // HDFS cannot hold it; of a directory nothing below is visited.
  virtual void Skip(const std::string& path, std::string_view reason) = 0;
  // It could not be read. Of a directory, what is below is missing.
  virtual void Trouble(const std::string& path, const absl::Status& status) = 0;
  // True ends the walk.
  virtual bool Stopped() { return false; }
};

struct WalkOptions {
  bool one_file_system = false;  // other file systems mounted below are skipped
  // HDFS takes no path deeper than 1000 names; every level costs a descriptor and a buffer while
  // the walk is below it.
  uint32_t max_depth = 900;
};

// Memory does not depend on the size of the tree, only on its depth. The error says why the root
// cannot be read; the visitor has seen nothing then. Files that vanish while the walk is under way
// are passed over in silence.
absl::Status Walk(const std::string& root, const WalkOptions& options, WalkVisitor* visitor);

// Why HDFS cannot hold an entry of this name; empty if it can.
std::string_view NameTrouble(std::string_view name);
// Whether bytes are UTF-8 as Java writes it: no surrogates, no overlong forms.
bool IsUtf8(std::string_view bytes);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_WALKER_H_
