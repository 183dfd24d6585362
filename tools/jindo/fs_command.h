#ifndef TOOLS_JINDO_FS_COMMAND_H_
#define TOOLS_JINDO_FS_COMMAND_H_

#include <string>
#include <vector>

#include "tools/jindo/service.h"

namespace jfs::tools {

// `jindo fs` with a command that Hadoop's shell has: [OPTION...] -COMMAND ARGUMENT... Options say
// which masters and as whom, and come first, for behind the command all words are the command's
// own. `more_usage` is printed below what is said about all commands. The process's exit code.
int RunFs(ServiceFlags flags, const std::string& more_usage, std::vector<std::string> words);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_FS_COMMAND_H_
