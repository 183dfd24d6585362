#ifndef TOOLS_JINDO_COMMANDS_LISTING_H_
#define TOOLS_JINDO_COMMANDS_LISTING_H_

#include <memory>
#include <string>

#include "tools/jindo/commands/command.h"

// -ls, -find, -stat, -test: what is there.
namespace jfs::tools {

std::unique_ptr<Command> MakeList(std::string name, Session* session);
std::unique_ptr<Command> MakeFind(std::string name, Session* session);
std::unique_ptr<Command> MakeStat(std::string name, Session* session);
std::unique_ptr<Command> MakeTest(std::string name, Session* session);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_LISTING_H_
