#ifndef TOOLS_JINDO_COMMANDS_HELP_TEXTS_H_
#define TOOLS_JINDO_COMMANDS_HELP_TEXTS_H_

#include <string_view>

namespace jfs::tools {

// What -help says about a command, without its usage; lines of up to 82 characters. Empty for the
// commands that need the contents of files.
std::string_view HelpTextOf(std::string_view command);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_HELP_TEXTS_H_
