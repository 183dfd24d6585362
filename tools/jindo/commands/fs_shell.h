#ifndef TOOLS_JINDO_COMMANDS_FS_SHELL_H_
#define TOOLS_JINDO_COMMANDS_FS_SHELL_H_

#include <string>

#include "tools/jindo/commands/command_arguments.h"
#include "tools/jindo/commands/session.h"

namespace jfs::tools {

// `hadoop fs` from the command on: -COMMAND ARGUMENT... Exit code 0: done; 1: something failed,
// which has been said; -1: wrongly called. `own_usage` stands at the end of what is said about all
// commands: switches in front of the command, and commands that Hadoop's shell does not have.
int RunFsShell(Session* session, const std::string& own_usage, const Arguments& words);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_FS_SHELL_H_
