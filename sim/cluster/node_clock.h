#ifndef SIM_CLUSTER_NODE_CLOCK_H_
#define SIM_CLUSTER_NODE_CLOCK_H_

#include <cstdint>

#include "core/base/time.h"

namespace jfs::sim {

// Any two monotonic clocks differ by less than the 5 % that the leader lease allows for: 1.024 /
// 0.976 < 1.05.
inline constexpr int64_t kMaxClockRatePpm = 24'000;

// The clocks of one machine: a monotonic one that runs too fast or too slow, and a wall clock that
// runs with it and can be set. All arithmetic is in integers.
class NodeClock {
 public:
  // `base` is what the monotonic clock shows at `real`, `wall` what the wall clock shows.
  NodeClock(Micros real, Micros base, WallMillis wall)
      : real_base_(real), local_base_(base), wall_base_(wall) {}

  Micros Local(Micros real) const { return local_base_ + Scaled(real - real_base_); }
  WallMillis Wall(Micros real) const {
    const int64_t shown = static_cast<int64_t>(wall_base_.value) + wall_offset_ +
                          static_cast<int64_t>((Local(real) - first_local()) / kMillisecond);
    return WallMillis(shown < 0 ? 0 : static_cast<uint64_t>(shown));
  }
  // The first moment at which Local() is at least `local`; kNever stays.
  Micros RealOf(Micros local) const;

  // From `real` on the monotonic clock runs at 1 + ppm / 10^6. REQUIRES: |ppm| <= kMaxClockRatePpm.
  void SetRate(Micros real, int64_t ppm);
  void StepWall(int64_t millis) { wall_offset_ += millis; }

 private:
  Micros first_local() const { return Micros(first_local_); }
  Duration Scaled(Duration real) const {
    return static_cast<Duration>(static_cast<unsigned __int128>(real) *
                                 static_cast<uint64_t>(1'000'000 + ppm_) / 1'000'000);
  }

  Micros real_base_, local_base_;
  WallMillis wall_base_;
  uint64_t first_local_ = local_base_.value;
  int64_t wall_offset_ = 0;
  int64_t ppm_ = 0;
};

}  // namespace jfs::sim

#endif  // SIM_CLUSTER_NODE_CLOCK_H_
