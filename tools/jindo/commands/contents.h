#ifndef TOOLS_JINDO_COMMANDS_CONTENTS_H_
#define TOOLS_JINDO_COMMANDS_CONTENTS_H_

#include <memory>
#include <string>

#include "tools/jindo/commands/command.h"

// Commands that read or write the contents of files, which the masters do not have.
namespace jfs::tools {

std::unique_ptr<Command> MakeContents(std::string name, Session* session);
std::unique_ptr<Command> MakeMoveToLocal(std::string name, Session* session);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_CONTENTS_H_
