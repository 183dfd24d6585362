#ifndef CORE_BASE_TIME_H_
#define CORE_BASE_TIME_H_

#include <cstdint>

#include "core/base/strong_int.h"

namespace jfs {

// A reading of the driver's monotonic clock, in microseconds since an arbitrary start. It never
// goes back within one run of the process and means nothing to another process.
using Micros = StrongInt<struct MicrosTag>;

// Length of time in microseconds.
using Duration = uint64_t;
inline constexpr Duration kMillisecond = 1'000;
inline constexpr Duration kSecond = 1'000'000;

// Wall-clock time in milliseconds since 1970, as HDFS puts it into modification and access times.
using WallMillis = StrongInt<struct WallMillisTag>;

// Far enough in the future to mean "never".
inline constexpr Micros kNever = Micros(UINT64_MAX);

}  // namespace jfs

#endif  // CORE_BASE_TIME_H_
