#include "core/mirror/fence_watch.h"

#include "core/base/check.h"

namespace jfs::mirror {

bool FenceWatch::Saw(const Fence& fence, Micros begun, Micros ended) {
  CHECK(fence.state == FenceState::kOpen) << "nobody waits for a fence that is sealed";
  CHECK_LE(begun, ended);
  const bool unchanged = fence_.has_value() && *fence_ == fence;
  if (!unchanged || ended - seen_last_ > quiet_time_ / 3) {
    fence_ = fence;
    since_ = ended;
  }
  seen_last_ = ended;
  // What was read is how the fence was at some moment of the read: the shortest time between the
  // first look and this one counts.
  quiet_ = begun > since_ ? begun - since_ : 0;
  return quiet_ >= quiet_time_ && begun >= since_;
}

}  // namespace jfs::mirror
