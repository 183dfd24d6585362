#ifndef TOOLS_JINDO_COMMANDS_ATTRIBUTES_H_
#define TOOLS_JINDO_COMMANDS_ATTRIBUTES_H_

#include <memory>
#include <string>

#include "tools/jindo/commands/command.h"

// -getfattr, -setfattr: extended attributes.
namespace jfs::tools {

std::unique_ptr<Command> MakeGetAttributes(std::string name, Session* session);
std::unique_ptr<Command> MakeSetAttribute(std::string name, Session* session);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_ATTRIBUTES_H_
