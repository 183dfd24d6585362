#ifndef TOOLS_JINDO_COMMANDS_HUMAN_SIZE_H_
#define TOOLS_JINDO_COMMANDS_HUMAN_SIZE_H_

#include <cstdint>
#include <string>

namespace jfs::tools {

// Sizes as -h shows them: "512", "1.5 K", "2 G"; halves are rounded up. Negative ones have a '-'.
std::string HumanSize(int64_t size);
// The number itself, or as above.
std::string FormatSize(int64_t size, bool human);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_HUMAN_SIZE_H_
