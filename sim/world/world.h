#ifndef SIM_WORLD_WORLD_H_
#define SIM_WORLD_WORLD_H_

#include <cstdint>
#include <iosfwd>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"

#include "core/base/time.h"
#include "sim/world/fault.h"

namespace jfs::sim {

// Decisions that are no faults: delays, choices of the workload. Streams are independent of each
// other.
enum class Stream : uint64_t {
  kSwarm = 1000,
  kNetworkDelay,
  kDiskLatency,
  kStateLatency,
  kLoopLatency,
  kNemesis,
  kWorkload,
  kCrashImage,
  kClock,
  kNodeSeed,
  kOracle,
  kTablestore,
};

// Everything a run may observe: virtual time, pending events, and what the seed decides. Equal seed
// and equal code give an equal run, byte for byte, on every compiler; fingerprint() makes that
// testable. One thread.
class World {
 public:
  using Event = absl::AnyInvocable<void() &&>;

  // `faults` are those that can occur in this run. `trace` may be null; otherwise it gets one line
  // per event of interest. Tracing changes nothing else.
  World(uint64_t seed, FaultSet faults, std::ostream* trace);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Microseconds of real time (of this world) since the run began.
  Micros now() const { return now_; }

  // Runs `event` at now() + delay. Events due at the same time run in the order in which they were
  // scheduled.
  void After(Duration delay, Event event);
  // REQUIRES: at >= now().
  void At(Micros at, Event event);
  // Runs the next event; false if there is none.
  bool RunNext();
  uint64_t events_run() const { return events_run_; }

  // A pure function of (seed, stream, identity).
  uint64_t Draw(Stream stream, Identity identity) const;
  // Uniform in [low, high], both included.
  uint64_t Between(Stream stream, Identity identity, uint64_t low, uint64_t high) const;
  bool Chance(Stream stream, Identity identity, Ratio probability) const;

  // True with `probability`, a pure function of (seed, kind, identity). Never in a run in which
  // `kind` is off, and never after FreezeFaults().
  bool Fault(FaultKind kind, Identity identity, Ratio probability) const;
  // Whether `kind` is on in this run and faults still occur.
  bool Possible(FaultKind kind) const { return !frozen_ && faults_.Has(kind); }
  FaultSet faults() const { return faults_; }
  void FreezeFaults() { frozen_ = true; }
  bool frozen() const { return frozen_; }

  // Folds what has just happened into the rolling hash of the run. The time of the event goes in by
  // itself.
  void Note(uint64_t what);
  uint64_t fingerprint() const { return fingerprint_; }

  bool tracing() const { return trace_ != nullptr; }
  // One line: time, `who` (empty: the world itself), text.
  void Trace(std::string_view who, std::string_view text);

 private:
  struct Scheduled {
    Micros at;
    uint64_t sequence = 0;
    Event event;
    // For the standard heap, whose top is the greatest element.
    friend bool operator<(const Scheduled& a, const Scheduled& b) {
      if (a.at != b.at) return a.at > b.at;
      return a.sequence > b.sequence;
    }
  };

  uint64_t seed_;
  FaultSet faults_;
  bool frozen_ = false;
  std::ostream* trace_;
  Micros now_;
  uint64_t next_sequence_ = 0;
  uint64_t events_run_ = 0;
  uint64_t fingerprint_;
  std::vector<Scheduled> queue_;
};

}  // namespace jfs::sim

#endif  // SIM_WORLD_WORLD_H_
