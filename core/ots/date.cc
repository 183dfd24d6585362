#include "core/ots/date.h"

#include <array>

#include "absl/strings/str_format.h"

#include "core/base/check.h"

namespace jfs::ots {
namespace {

constexpr int64_t kSecondsPerDay = 86'400;
// Of the proleptic Gregorian calendar, which repeats every 400 years.
constexpr int64_t kDaysPerEra = 146'097;
// From 0000-03-01, where the years counted here begin (leap days come last), to 1970-01-01.
constexpr int64_t kDaysToEpoch = 719'468;

struct Civil {
  int64_t year, month, day;
};

// Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms", for dates since 1970.
Civil CivilFromDays(int64_t days) {
  const int64_t shifted = days + kDaysToEpoch;
  const int64_t era = shifted / kDaysPerEra;
  const int64_t day_of_era = shifted % kDaysPerEra;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  return {.year = year_of_era + era * 400 + (month <= 2 ? 1 : 0),
          .month = month,
          .day = day_of_year - (153 * shifted_month + 2) / 5 + 1};
}

int64_t DaysFromCivil(const Civil& date) {
  const int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const int64_t era = year / 400;
  const int64_t year_of_era = year % 400;
  const int64_t shifted_month = date.month > 2 ? date.month - 3 : date.month + 9;
  const int64_t day_of_year = (153 * shifted_month + 2) / 5 + date.day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * kDaysPerEra + day_of_era - kDaysToEpoch;
}

std::string FormatSeconds(int64_t seconds) {
  CHECK_GE(seconds, 0);
  const Civil date = CivilFromDays(seconds / kSecondsPerDay);
  const int64_t rest = seconds % kSecondsPerDay;
  return absl::StrFormat("%04d-%02d-%02dT%02d:%02d:%02d", date.year, date.month, date.day,
                         rest / 3600, rest / 60 % 60, rest % 60);
}

// A number of exactly `digits` digits at `at`, which moves behind it; -1 if there is none.
int64_t TakeDigits(std::string_view text, size_t digits, size_t* at) {
  int64_t number = 0;
  for (size_t i = 0; i < digits; ++i, ++*at) {
    if (*at >= text.size() || text[*at] < '0' || text[*at] > '9') return -1;
    number = number * 10 + (text[*at] - '0');
  }
  return number;
}

int64_t DaysInMonth(int64_t year, int64_t month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return kDays[static_cast<size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

}  // namespace

std::string FormatRequestDate(int64_t milliseconds) {
  return FormatSeconds(milliseconds / 1000) + absl::StrFormat(".%03dZ", milliseconds % 1000);
}

std::string FormatResponseDate(int64_t milliseconds) {
  return FormatSeconds(milliseconds / 1000) + absl::StrFormat(".%03d000Z", milliseconds % 1000);
}

std::string FormatSigningDay(int64_t milliseconds) {
  const Civil date = CivilFromDays(milliseconds / 1000 / kSecondsPerDay);
  return absl::StrFormat("%04d%02d%02d", date.year, date.month, date.day);
}

std::optional<int64_t> ParseDateSeconds(std::string_view text) {
  constexpr std::string_view kSeparators = "--T::";
  constexpr std::array<size_t, 6> kDigits = {4, 2, 2, 2, 2, 2};
  std::array<int64_t, 6> parts{};
  size_t at = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    parts[i] = TakeDigits(text, kDigits[i], &at);
    if (parts[i] < 0) return std::nullopt;
    if (i < kSeparators.size()) {
      if (at >= text.size() || text[at] != kSeparators[i]) return std::nullopt;
      ++at;
    }
  }
  if (at < text.size() && text[at] == '.') {
    const size_t first = ++at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    if (at == first) return std::nullopt;
  }
  if (text.substr(at) != "Z") return std::nullopt;
  const auto [year, month, day, hour, minute, second] = parts;
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, month)) {
    return std::nullopt;
  }
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return DaysFromCivil({year, month, day}) * kSecondsPerDay + hour * 3600 + minute * 60 + second;
}

}  // namespace jfs::ots
