#ifndef TOOLS_JINDO_FORMAT_H_
#define TOOLS_JINDO_FORMAT_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/jindo/file_system.h"

// Output in the formats of `hadoop fs`, which scripts take apart by columns. Source: Hadoop's shell
// commands Ls, Count, Stat.
namespace jfs::tools {

// "rwxr-xr-x"; with the sticky bit the last letter is 't', or 'T' where others may not execute.
std::string FormatMode(uint32_t mode);

// Sizes as -h shows them: "512", "1.5 K", "2 G"; halves are rounded up.
std::string FormatHumanSize(uint64_t bytes);

// "2024-01-31 23:59": minutes, in this machine's time zone.
std::string FormatLocalMinutes(uint64_t millis);
// "2024-01-31 23:59:58", in UTC.
std::string FormatUtcSeconds(uint64_t millis);

// Prints listings. Column widths grow with what has been printed and never shrink, so the listings
// of one command fit each other as far as they can.
class ListingFormat {
 public:
  explicit ListingFormat(bool human) : human_(human) {}
  // Makes the columns wide enough for what will be printed next.
  void Widen(const FileStatus& status);
  std::string Line(const FileStatus& status, std::string_view shown) const;

 private:
  std::string Size(uint64_t bytes) const;
  bool human_;
  size_t replication_ = 3, length_ = 10, owner_ = 0, group_ = 0;
};

struct CountFormat {
  bool human = false;
  bool quota = false;
};
std::string FormatCountHeader(const CountFormat& format);
std::string FormatCount(const CountFormat& format, const Summary& summary, std::string_view shown);

// -stat's format: %a %A mode, %b bytes, %F type, %g group, %n name, %o block size, %r replication,
// %u owner, %x %X access time, %y %Y modification time (small: UTC date, big: milliseconds), %%
// percent.
std::string FormatStat(std::string_view format, const FileStatus& status, std::string_view name);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_FORMAT_H_
