#ifndef TOOLS_JINDO_COMMANDS_TIMESTAMP_H_
#define TOOLS_JINDO_COMMANDS_TIMESTAMP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Times as the shell writes and reads them, in this machine's time zone. Fields may be too large,
// as a month 13: they carry over. What follows the last digit is ignored. So reads Java.
namespace jfs::tools {

// -touch -t: yyyyMMdd:HHmmss, as milliseconds since 1970.
std::optional<int64_t> ParseTouchTime(std::string_view text);

// Names of checkpoints in the trash: yyMMddHHmmss, of old ones yyMMddHHmm.
std::string CheckpointName(uint64_t millis);
// A year of two digits is the one from 80 years before `now_millis` to 20 years after it.
std::optional<int64_t> ParseCheckpointName(std::string_view name, uint64_t now_millis);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_TIMESTAMP_H_
