#ifndef TOOLS_JINDO_COMMANDS_COMMAND_TABLE_H_
#define TOOLS_JINDO_COMMANDS_COMMAND_TABLE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/jindo/commands/command.h"

namespace jfs::tools {

struct CommandEntry {
  std::string_view name;   // without '-'
  std::string_view usage;  // what may stand behind it
  // Null for -help and -usage, which are the shell's own.
  std::unique_ptr<Command> (*make)(std::string name, Session* session) = nullptr;
  // Of an old name: what to write instead, and the switch that it stands for.
  std::string_view replacement = {};
  std::string_view implied = {};

  bool deprecated() const { return !replacement.empty(); }
};

// All that Hadoop's shell knows, in the order of names.
const std::vector<CommandEntry>& AllCommands();
// Null if there is none of that name (without '-').
const CommandEntry* FindCommand(std::string_view name);
// "-mkdir [-p] <path> ...".
std::string UsageOf(const CommandEntry& entry);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_COMMAND_TABLE_H_
