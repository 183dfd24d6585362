#ifndef CORE_OTS_DATE_H_
#define CORE_OTS_DATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jfs::ots {

// The x-ots-date of requests: UTC with milliseconds, 2024-05-06T07:08:09.123Z. Milliseconds since
// 1970; REQUIRES: from 1970 to 9999.
std::string FormatRequestDate(int64_t milliseconds);
// That of answers, with microseconds, of which ours are always whole milliseconds.
std::string FormatResponseDate(int64_t milliseconds);
// 20240506, as signatures of version 4 have it.
std::string FormatSigningDay(int64_t milliseconds);

// Seconds since 1970. The fraction may have any number of digits, or be absent, and is not looked
// at: one official client puts something else there. Nothing if it is no such date.
std::optional<int64_t> ParseDateSeconds(std::string_view text);

}  // namespace jfs::ots

#endif  // CORE_OTS_DATE_H_
