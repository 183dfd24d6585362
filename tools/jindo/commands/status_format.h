#ifndef TOOLS_JINDO_COMMANDS_STATUS_FORMAT_H_
#define TOOLS_JINDO_COMMANDS_STATUS_FORMAT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/jindo/file_system.h"

// What is known about one file or directory, as text. Times are this machine's.
namespace jfs::tools {

// "rwxr-xr-x"; with the sticky bit the last letter is 't', or 'T' where others may not execute.
std::string FormatMode(uint32_t mode);
// "2024-01-31 23:59".
std::string FormatMinutes(uint64_t millis);
// "2024-01-31 23:59:58".
std::string FormatSeconds(uint64_t millis);

// -stat's format: %a %A mode, %b bytes, %F type, %g group, %n name, %o block size, %r replication,
// %u owner, %x %X access time, %y %Y modification time (small: a date, big: milliseconds), any
// other letter for itself. A % at the end is dropped.
std::string FormatStat(std::string_view format, const FileStatus& status, std::string_view name);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_STATUS_FORMAT_H_
