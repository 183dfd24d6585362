#ifndef TOOLS_JINDO_COMMANDS_DELETING_H_
#define TOOLS_JINDO_COMMANDS_DELETING_H_

#include <memory>
#include <string>

#include "tools/jindo/commands/command.h"

// -rm, -rmdir, -expunge.
namespace jfs::tools {

std::unique_ptr<Command> MakeRemove(std::string name, Session* session);
std::unique_ptr<Command> MakeRemoveDirectory(std::string name, Session* session);
std::unique_ptr<Command> MakeExpunge(std::string name, Session* session);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_DELETING_H_
