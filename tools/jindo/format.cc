#include "tools/jindo/format.h"

#include <time.h>

#include <algorithm>

#include "absl/strings/str_format.h"

#include "core/base/concat.h"

namespace jfs::tools {
namespace {

bool IsDirectory(const FileStatus& status) { return status.filetype() == FileStatus::IS_DIR; }

// Columns count characters, not bytes.
size_t Width(std::string_view utf8) {
  return static_cast<size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string Left(std::string_view text, size_t width) {
  return Concat(text, std::string(width > Width(text) ? width - Width(text) : 0, ' '));
}
std::string Right(std::string_view text, size_t width) {
  return Concat(std::string(width > Width(text) ? width - Width(text) : 0, ' '), text);
}

std::string FormatTime(const char* format, bool local, uint64_t millis) {
  const time_t seconds = static_cast<time_t>(millis / 1000);
  tm parts = {};
  if ((local ? localtime_r(&seconds, &parts) : gmtime_r(&seconds, &parts)) == nullptr) return "?";
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

std::string FormatHumanSize(uint64_t bytes) {
  constexpr std::string_view kPrefixes = "KMGTPE";
  if (bytes < 1024) return std::to_string(bytes);
  size_t prefix = 0;
  while (prefix + 1 < kPrefixes.size() && bytes >> (10 * (prefix + 2)) != 0) ++prefix;
  for (;; ++prefix) {
    const unsigned shift = static_cast<unsigned>(10 * (prefix + 1));
    const std::string_view letter = kPrefixes.substr(prefix, 1);
    if ((bytes & ((uint64_t{1} << shift) - 1)) == 0) return Concat(bytes >> shift, " ", letter);
    const uint64_t tenths = static_cast<uint64_t>(
        ((static_cast<unsigned __int128>(bytes) * 10 << 1) + (uint64_t{1} << shift)) >>
        (shift + 1));
    // Just below the next prefix, rounding would make 1024.0 of it.
    if (tenths >= 10240 && prefix + 1 < kPrefixes.size()) continue;
    return Concat(tenths / 10, ".", tenths % 10, " ", letter);
  }
}

std::string FormatLocalMinutes(uint64_t millis) {
  return FormatTime("%Y-%m-%d %H:%M", true, millis);
}
std::string FormatUtcSeconds(uint64_t millis) {
  return FormatTime("%Y-%m-%d %H:%M:%S", false, millis);
}

std::string ListingFormat::Size(uint64_t bytes) const {
  return human_ ? FormatHumanSize(bytes) : std::to_string(bytes);
}

void ListingFormat::Widen(const FileStatus& status) {
  replication_ = std::max(replication_, std::to_string(status.block_replication()).size());
  length_ = std::max(length_, Size(status.length()).size());
  owner_ = std::max(owner_, Width(status.owner()));
  group_ = std::max(group_, Width(status.group()));
}

std::string ListingFormat::Line(const FileStatus& status, std::string_view shown) const {
  const bool directory = IsDirectory(status);
  const bool acl = (status.flags() & FileStatus::HAS_ACL) != 0;
  std::string out =
      Concat(directory ? "d" : "-", FormatMode(status.permission().perm()), acl ? "+" : " ");
  out += Right(directory ? "-" : std::to_string(status.block_replication()), replication_) + " ";
  out += owner_ > 0 ? Left(status.owner(), owner_) + " " : status.owner();
  out += group_ > 0 ? Left(status.group(), group_) + " " : status.group();
  out += Right(Size(status.length()), length_) + " ";
  return Concat(out, FormatLocalMinutes(status.modification_time()), " ", shown);
}

std::string FormatCountHeader(const CountFormat& format) {
  std::string out;
  if (format.quota) {
    out = absl::StrFormat("%12s %15s %15s %15s ", "QUOTA", "REM_QUOTA", "SPACE_QUOTA",
                          "REM_SPACE_QUOTA");
  }
  return out + absl::StrFormat("%12s %12s %18s %s", "DIR_COUNT", "FILE_COUNT", "CONTENT_SIZE",
                               "PATHNAME");
}

std::string FormatCount(const CountFormat& format, const Summary& summary, std::string_view shown) {
  const auto number = [&](uint64_t n) {
    return format.human ? FormatHumanSize(n) : std::to_string(n);
  };
  // Limits and what is left of them; none is 2^64 - 1, as -1 travels.
  const auto limit = [&](uint64_t quota, uint64_t used) -> std::pair<std::string, std::string> {
    const int64_t value = static_cast<int64_t>(quota);
    if (value < 0) return {"none", "inf"};
    const int64_t left = value - static_cast<int64_t>(used);
    return {number(quota), left < 0 ? Concat("-", number(static_cast<uint64_t>(-left)))
                                    : number(static_cast<uint64_t>(left))};
  };
  std::string out;
  if (format.quota) {
    const auto names = limit(summary.quota(), summary.filecount() + summary.directorycount());
    const auto space = limit(summary.spacequota(), summary.spaceconsumed());
    out = absl::StrFormat("%12s %15s %15s %15s ", names.first, names.second, space.first,
                          space.second);
  }
  return out + absl::StrFormat("%12s %12s %18s %s", number(summary.directorycount()),
                               number(summary.filecount()), number(summary.length()),
                               std::string(shown));
}

std::string FormatStat(std::string_view format, const FileStatus& status, std::string_view name) {
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out += format[i];
      continue;
    }
    const uint32_t mode = status.permission().perm() & 01777;
    switch (format[++i]) {
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
        out += IsDirectory(status) ? "directory" : "regular file";
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
        out += FormatUtcSeconds(status.access_time());
        break;
      case 'X':
        out += std::to_string(status.access_time());
        break;
      case 'y':
        out += FormatUtcSeconds(status.modification_time());
        break;
      case 'Y':
        out += std::to_string(status.modification_time());
        break;
      default:
        out += format[i];
        break;  // the letter itself, %% included
    }
  }
  return out;
}

}  // namespace jfs::tools
