#ifndef TOOLS_JINDO_COMMANDS_GLOB_H_
#define TOOLS_JINDO_COMMANDS_GLOB_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/jindo/answer.h"

// Wildcards as Hadoop's shell expands them itself: * ? [abc] [a-z] [^abc] [!abc] {one,other}, and a
// backslash before a character that means itself. Unlike in a Unix shell a leading dot is nothing
// special.
namespace jfs::tools {

// One name of a path. Copies share what was parsed.
class GlobPattern {
 public:
  // "Illegal file pattern: ..." if a bracket or brace is left open, or nothing follows a backslash.
  static Answer<GlobPattern> Parse(std::string_view pattern);
  // Whether any character of the pattern stands for others.
  bool has_wildcard() const { return has_wildcard_; }
  bool Matches(std::string_view name) const;

  struct Node;
  using Sequence = std::vector<Node>;

 private:
  std::shared_ptr<const Sequence> nodes_;
  bool has_wildcard_ = false;
};

// "/a/{b/c,d}" is "/a/b/c" and "/a/d": braces with a '/' in them concern more than one name, so
// they are expanded first. Others stay.
Answer<std::vector<std::string>> ExpandBraces(const std::string& path_pattern);

// Without the backslashes before characters.
std::string Unescape(std::string_view text);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_GLOB_H_
