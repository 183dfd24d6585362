#ifndef TOOLS_JINDO_COMMANDS_COUNTING_H_
#define TOOLS_JINDO_COMMANDS_COUNTING_H_

#include <memory>
#include <string>

#include "tools/jindo/commands/command.h"

// -count, -du, -df: how much is there.
namespace jfs::tools {

std::unique_ptr<Command> MakeCount(std::string name, Session* session);
std::unique_ptr<Command> MakeDiskUsage(std::string name, Session* session);
std::unique_ptr<Command> MakeDiskFree(std::string name, Session* session);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_COUNTING_H_
