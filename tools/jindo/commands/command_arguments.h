#ifndef TOOLS_JINDO_COMMANDS_COMMAND_ARGUMENTS_H_
#define TOOLS_JINDO_COMMANDS_COMMAND_ARGUMENTS_H_

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tools/jindo/answer.h"

// How the commands of Hadoop's shell read their arguments. It is no getopt: a switch is a whole
// word
// (-skipTrash), switches come before the first other word, and each command has its own idea of
// what is too little. So no library for command lines can express it.
namespace jfs::tools {

using Arguments = std::vector<std::string>;

// IllegalArgumentException: the command line is wrong.
Failure Misuse(std::string message);

class ArgumentFormat {
 public:
  static constexpr size_t kAny = ~size_t{0};

  // Between `least` and `most` words must remain when the switches are taken out.
  ArgumentFormat(size_t least, size_t most, std::set<std::string> switches)
      : least_(least), most_(most), switches_(std::move(switches)) {}
  // A switch that takes the next word, unless that is a switch itself or the last one needed.
  ArgumentFormat& WithValue(std::string name);
  // Leaves words with '-' that are no switches where they are.
  ArgumentFormat& LetUnknownPass();

  // Takes the switches out of *arguments. "--" ends them. May be called again, for what remains.
  Outcome Parse(Arguments* arguments);

  bool Has(const std::string& name) const { return found_.contains(name); }
  const std::set<std::string>& found() const { return found_; }
  // Nothing: not given. Empty: given without a value.
  std::optional<std::string> ValueOf(const std::string& name) const;

 private:
  size_t least_, most_;
  std::set<std::string> switches_, valued_, found_;
  std::map<std::string, std::string> values_;
  bool unknown_pass_ = false;
};

// Some commands take a switch out from wherever it stands, up to "--".
bool TakeSwitch(std::string_view name, Arguments* arguments);
// The same for a switch and the word behind it; misuse if there is none.
Answer<std::optional<std::string>> TakeSwitchWithValue(std::string_view name, Arguments* arguments);

// Java's Long.parseLong and Short.parseShort, with their complaints.
Answer<int64_t> ParseJavaLong(std::string_view text);
Answer<int64_t> ParseJavaShort(std::string_view text);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_COMMAND_ARGUMENTS_H_
