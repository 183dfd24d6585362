#ifndef TOOLS_JINDO_COMMANDS_CHANGING_H_
#define TOOLS_JINDO_COMMANDS_CHANGING_H_

#include <memory>
#include <string>

#include "tools/jindo/commands/command.h"

// -mv, -concat, -truncate, -setrep: what is there becomes something else.
namespace jfs::tools {

std::unique_ptr<Command> MakeMove(std::string name, Session* session);
std::unique_ptr<Command> MakeConcat(std::string name, Session* session);
std::unique_ptr<Command> MakeTruncate(std::string name, Session* session);
std::unique_ptr<Command> MakeSetReplication(std::string name, Session* session);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_CHANGING_H_
