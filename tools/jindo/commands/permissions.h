#ifndef TOOLS_JINDO_COMMANDS_PERMISSIONS_H_
#define TOOLS_JINDO_COMMANDS_PERMISSIONS_H_

#include <memory>
#include <string>

#include "tools/jindo/commands/command.h"

// -chmod, -chown, -chgrp, -getfacl, -setfacl: who may do what.
namespace jfs::tools {

std::unique_ptr<Command> MakeChangeMode(std::string name, Session* session);
std::unique_ptr<Command> MakeChangeOwner(std::string name, Session* session);
std::unique_ptr<Command> MakeChangeGroup(std::string name, Session* session);
std::unique_ptr<Command> MakeGetAcl(std::string name, Session* session);
std::unique_ptr<Command> MakeSetAcl(std::string name, Session* session);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_PERMISSIONS_H_
