#ifndef TOOLS_JINDO_COMMANDS_SNAPSHOTS_H_
#define TOOLS_JINDO_COMMANDS_SNAPSHOTS_H_

#include <memory>
#include <string>

#include "tools/jindo/commands/command.h"

// -createSnapshot, -deleteSnapshot, -renameSnapshot: whether there are any, the server says.
namespace jfs::tools {

std::unique_ptr<Command> MakeCreateSnapshot(std::string name, Session* session);
std::unique_ptr<Command> MakeDeleteSnapshot(std::string name, Session* session);
std::unique_ptr<Command> MakeRenameSnapshot(std::string name, Session* session);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_SNAPSHOTS_H_
