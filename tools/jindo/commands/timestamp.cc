#include "tools/jindo/commands/timestamp.h"

#include <time.h>

#include <algorithm>

namespace jfs::tools {
namespace {

// `width` digits from the front; 0: all that are there, but at least one.
std::optional<int> TakeNumber(size_t width, std::string_view* text) {
  constexpr size_t kMost = 9;  // fit an int
  size_t digits = 0;
  while (digits < text->size() && (*text)[digits] >= '0' && (*text)[digits] <= '9') ++digits;
  if (width > 0 ? digits < width : digits == 0 || digits > kMost) return std::nullopt;
  const size_t taken = width > 0 ? width : digits;
  int value = 0;
  for (size_t i = 0; i < taken; ++i) value = value * 10 + ((*text)[i] - '0');
  text->remove_prefix(taken);
  return value;
}

std::optional<int64_t> MillisOf(tm parts) {
  parts.tm_isdst = -1;
  const time_t seconds = mktime(&parts);
  return static_cast<int64_t>(seconds) * 1000;
}

int YearOf(uint64_t millis) {
  const time_t seconds = static_cast<time_t>(millis / 1000);
  tm parts = {};
  localtime_r(&seconds, &parts);
  return parts.tm_year + 1900;
}

}  // namespace

std::optional<int64_t> ParseTouchTime(std::string_view text) {
  const auto year = TakeNumber(4, &text);
  const auto month = year ? TakeNumber(2, &text) : std::nullopt;
  const auto day = month ? TakeNumber(0, &text) : std::nullopt;
  if (!day || !text.starts_with(':')) return std::nullopt;
  text.remove_prefix(1);
  const auto hour = TakeNumber(2, &text);
  const auto minute = hour ? TakeNumber(2, &text) : std::nullopt;
  const auto second = minute ? TakeNumber(0, &text) : std::nullopt;
  if (!second) return std::nullopt;
  tm parts = {};
  parts.tm_year = *year - 1900;
  parts.tm_mon = *month - 1;
  parts.tm_mday = *day;
  parts.tm_hour = *hour;
  parts.tm_min = *minute;
  parts.tm_sec = *second;
  return MillisOf(parts);
}

std::string CheckpointName(uint64_t millis) {
  const time_t seconds = static_cast<time_t>(millis / 1000);
  tm parts = {};
  localtime_r(&seconds, &parts);
  char text[32];
  return std::string(text, strftime(text, sizeof text, "%y%m%d%H%M%S", &parts));
}

std::optional<int64_t> ParseCheckpointName(std::string_view name, uint64_t now_millis) {
  const auto year = TakeNumber(2, &name);
  const auto month = year ? TakeNumber(2, &name) : std::nullopt;
  const auto day = month ? TakeNumber(2, &name) : std::nullopt;
  const auto hour = day ? TakeNumber(2, &name) : std::nullopt;
  if (!hour) return std::nullopt;
  // With seconds behind it the minute has two digits; without, it is the last field.
  const std::string_view behind_hour = name;
  auto minute = TakeNumber(2, &name);
  auto second = minute ? TakeNumber(0, &name) : std::nullopt;
  if (!second) {
    name = behind_hour;
    minute = TakeNumber(0, &name);
    second = 0;
  }
  if (!minute) return std::nullopt;
  const int now = YearOf(now_millis);
  int full_year = now / 100 * 100 + *year;
  if (full_year > now + 20) full_year -= 100;
  if (full_year <= now - 80) full_year += 100;
  tm parts = {};
  parts.tm_year = full_year - 1900;
  parts.tm_mon = *month - 1;
  parts.tm_mday = *day;
  parts.tm_hour = *hour;
  parts.tm_min = *minute;
  parts.tm_sec = *second;
  return MillisOf(parts);
}

}  // namespace jfs::tools
