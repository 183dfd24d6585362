#ifndef TOOLS_JINDO_COMMANDS_HADOOP_PATH_H_
#define TOOLS_JINDO_COMMANDS_HADOOP_PATH_H_

#include <optional>
#include <string>
#include <string_view>

#include "tools/jindo/answer.h"

namespace jfs::tools {

// A path as Hadoop's class of that name has it: [scheme:][//authority]path. Messages of the shell
// show paths in this form, and which names it refuses follows from it.
struct HadoopPath {
  std::string scheme;                    // empty: none
  std::optional<std::string> authority;  // host, host:port or the name of a namespace
  std::string path;  // without "//", "." and "x/.."; no '/' at the end but for the root's

  // Misuse: the text is empty, or has a scheme and a relative path.
  static Answer<HadoopPath> Parse(std::string_view text);

  bool absolute() const { return path.starts_with('/'); }
  std::string ToString() const;
  // Of "/a/b" "b"; empty for the root.
  std::string_view Name() const;
  // Nothing for the root.
  std::optional<HadoopPath> Parent() const;
  // `name` is one name, as it is.
  HadoopPath Child(std::string_view name) const;
  // Absolute: below `working_directory` if this is relative, and with the scheme and authority of
  // `working_directory` where this has none.
  HadoopPath QualifiedBy(const HadoopPath& working_directory) const;
  // Paths of one file system are ordered by this: by what java.net.URI makes of them, where a blank
  // is %20 and so behind '!'.
  std::u16string SortKey() const;
};

// Removes empty and "." names and what ".." takes back. ".." in front remains.
std::string NormalizePath(std::string_view path);

// Misuse if HDFS's client would not send such a path: with a name that is ".." or has a ':'.
Outcome CheckName(const HadoopPath& qualified);

// The text of a path that is typed, in parts, as the shell takes it apart to show it again.
struct TypedPath {
  std::string prefix;  // "scheme://authority", as far as it is there
  std::string path;
};
TypedPath SplitTypedPath(std::string_view text);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_HADOOP_PATH_H_
