#include "sim/cluster/node_clock.h"

#include "core/base/check.h"

namespace jfs::sim {

Micros NodeClock::RealOf(Micros local) const {
  if (local == kNever) return kNever;
  if (local <= local_base_) return real_base_;
  const auto rate = static_cast<uint64_t>(1'000'000 + ppm_);
  const auto wanted = static_cast<unsigned __int128>(local - local_base_) * 1'000'000;
  const auto real = static_cast<Duration>((wanted + rate - 1) / rate);
  return real_base_ + real;
}

void NodeClock::SetRate(Micros real, int64_t ppm) {
  CHECK_LE(ppm, kMaxClockRatePpm);
  CHECK_GE(ppm, -kMaxClockRatePpm);
  local_base_ = Local(real);
  real_base_ = real;
  ppm_ = ppm;
}

}  // namespace jfs::sim
