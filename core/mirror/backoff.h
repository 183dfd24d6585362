#ifndef CORE_MIRROR_BACKOFF_H_
#define CORE_MIRROR_BACKOFF_H_

#include <algorithm>

#include "core/base/time.h"

namespace jfs::mirror {

// How long one kind of work rests after a failure: twice as long after each, up to a limit.
class Backoff {
 public:
  Backoff(Duration first, Duration longest) : first_(first), longest_(longest), next_(first) {}

  void Failed(Micros now) {
    until_ = now + next_;
    next_ = std::min(next_ * 2, longest_);
  }
  void Succeeded() {
    next_ = first_;
    until_ = Micros(0);
  }
  // A rest that is no sign of trouble.
  void Rest(Micros now, Duration pause) { until_ = now + pause; }
  bool Ready(Micros now) const { return until_ <= now; }
  Micros until() const { return until_; }

 private:
  Duration first_, longest_, next_;
  Micros until_ = Micros(0);
};

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_BACKOFF_H_
