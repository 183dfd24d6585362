#ifndef TOOLS_JINDO_COMMANDS_FIND_EXPRESSION_H_
#define TOOLS_JINDO_COMMANDS_FIND_EXPRESSION_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/jindo/answer.h"
#include "tools/jindo/commands/command_arguments.h"
#include "tools/jindo/commands/glob.h"

namespace jfs::tools {

// What -find does with each path: -name PATTERN, -iname PATTERN, -print, -print0, with -a (or -and,
// or nothing) between. A pattern is one of glob.h, and looks at the last name of the path.
class FindExpression {
 public:
  // Without an action -print is added. Parentheses are read as Hadoop's shell reads them, which
  // forgets a group that another expression precedes.
  static Answer<FindExpression> Parse(const Arguments& words);

  // `print` gets what actions print.
  void Apply(std::string_view name, std::string_view shown,
             const std::function<void(std::string_view)>& print) const;

  // For tests: "and(name(f*),print)".
  std::string DebugString() const;

  struct Node;

 private:
  explicit FindExpression(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  std::shared_ptr<const Node> root_;
};

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_FIND_EXPRESSION_H_
