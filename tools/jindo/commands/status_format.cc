#include "tools/jindo/commands/status_format.h"

#include <time.h>

#include "absl/strings/str_format.h"

namespace jfs::tools {
namespace {

std::string FormatTime(const char* format, uint64_t millis) {
  const time_t seconds = static_cast<time_t>(millis / 1000);
  tm parts = {};
  if (localtime_r(&seconds, &parts) == nullptr) return "?";
  char text[64];
  return std::string(text, strftime(text, sizeof text, format, &parts));
}

}  // namespace

std::string FormatMode(uint32_t mode) {
  std::string out;
  for (int shift = 6; shift >= 0; shift -= 3) {
    const uint32_t bits = mode >> shift;
    out += (bits & 4) != 0 ? 'r' : '-';
    out += (bits & 2) != 0 ? 'w' : '-';
    out += (bits & 1) != 0 ? 'x' : '-';
  }
  if ((mode & 01000) != 0) out.back() = (mode & 1) != 0 ? 't' : 'T';
  return out;
}

std::string FormatMinutes(uint64_t millis) { return FormatTime("%Y-%m-%d %H:%M", millis); }
std::string FormatSeconds(uint64_t millis) { return FormatTime("%Y-%m-%d %H:%M:%S", millis); }

std::string FormatStat(std::string_view format, const FileStatus& status, std::string_view name) {
  const uint32_t mode = status.permission().perm() & 01777;
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out += format[i];
      continue;
    }
    if (++i == format.size()) break;
    switch (format[i]) {
      case 'a':
        out += absl::StrFormat("%o", mode);
        break;
      case 'A':
        out += FormatMode(mode);
        break;
      case 'b':
        out += std::to_string(status.length());
        break;
      case 'F':
        out += status.filetype() == FileStatus::IS_DIR ? "directory" : "regular file";
        break;
      case 'g':
        out += status.group();
        break;
      case 'n':
        out += name;
        break;
      case 'o':
        out += std::to_string(status.blocksize());
        break;
      case 'r':
        out += std::to_string(status.block_replication());
        break;
      case 'u':
        out += status.owner();
        break;
      case 'x':
        out += FormatSeconds(status.access_time());
        break;
      case 'X':
        out += std::to_string(status.access_time());
        break;
      case 'y':
        out += FormatSeconds(status.modification_time());
        break;
      case 'Y':
        out += std::to_string(status.modification_time());
        break;
      default:
        out += format[i];
        break;
    }
  }
  return out;
}

}  // namespace jfs::tools
