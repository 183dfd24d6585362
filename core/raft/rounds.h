#ifndef CORE_RAFT_ROUNDS_H_
#define CORE_RAFT_ROUNDS_H_

#include <cstdint>
#include <deque>

#include "core/base/time.h"

namespace jfs::raft {

// A leader's rounds of asking "do you still follow me?". Every append and heartbeat carries the
// number of the latest round; an answer to it proves that its sender followed after the round had
// *started*. Reads need a round that started after they came (6.4); the lease counts from the start
// of the round, never from the arrival of the answers, since a follower's promise may be as old as
// that (6.4.1).
class Rounds {
 public:
  uint64_t Start(Micros now) {
    ++latest_;
    starts_.push_back(now);
    return latest_;
  }
  uint64_t latest() const { return latest_; }
  uint64_t confirmed() const { return confirmed_; }
  // When the last confirmed round started; zero if none was confirmed.
  Micros confirmed_start() const { return confirmed_start_; }

  // A majority has answered `round`. REQUIRES: round <= latest().
  void Confirm(uint64_t round) {
    while (confirmed_ < round) {
      confirmed_start_ = starts_.front();
      starts_.pop_front();
      ++confirmed_;
    }
  }

 private:
  uint64_t latest_ = 0;
  uint64_t confirmed_ = 0;
  Micros confirmed_start_;
  std::deque<Micros> starts_;  // of the rounds after confirmed_
};

}  // namespace jfs::raft

#endif  // CORE_RAFT_ROUNDS_H_
