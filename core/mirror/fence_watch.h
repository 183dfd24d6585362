#ifndef CORE_MIRROR_FENCE_WATCH_H_
#define CORE_MIRROR_FENCE_WATCH_H_

#include <optional>

#include "core/base/time.h"
#include "core/mirror/fence.h"

namespace jfs::mirror {

// Decides from repeated looks at an open fence whether its writer has stopped. Only this master's
// monotonic clock counts: nothing is compared with what the writer or the service says of time.
class FenceWatch {
 public:
  explicit FenceWatch(Duration quiet_time) : quiet_time_(quiet_time) {}

  // A read that began and ended at these times showed `fence`, which is open. True: it has not
  // changed for the quiet time, in looks no farther apart than a third of it. After a longer gap
  // the wait begins anew: while this master could not reach the service, a living writer may not
  // have been able to either.
  bool Saw(const Fence& fence, Micros begun, Micros ended);

  // The fence seen last, if any, and for how long it has been seen unchanged.
  const std::optional<Fence>& fence() const { return fence_; }
  Duration quiet() const { return quiet_; }

 private:
  const Duration quiet_time_;
  std::optional<Fence> fence_;
  Micros since_;      // end of the first look at this fence
  Micros seen_last_;  // end of the last one
  Duration quiet_ = 0;
};

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_FENCE_WATCH_H_
