#ifndef TOOLS_JINDO_COMMANDS_CREATING_H_
#define TOOLS_JINDO_COMMANDS_CREATING_H_

#include <memory>
#include <string>

#include "tools/jindo/commands/command.h"

// -mkdir, -touch, -touchz: what was not there.
namespace jfs::tools {

std::unique_ptr<Command> MakeMakeDirectory(std::string name, Session* session);
std::unique_ptr<Command> MakeTouch(std::string name, Session* session);
std::unique_ptr<Command> MakeTouchEmpty(std::string name, Session* session);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_CREATING_H_
