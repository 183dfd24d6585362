#ifndef CORE_OTS_RETRYING_CALL_H_
#define CORE_OTS_RETRYING_CALL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "core/base/time.h"
#include "core/ots/exchange.h"

// One logical call to Tablestore: attempts, pauses between them, and what may be said about it at
// the end. Pure: a driver makes the attempts and brings time and jitter. net/ots and the simulator
// drive the same code.
namespace jfs::ots {

struct CallOptions {
  // Doing it twice is like doing it once, so an attempt in doubt may be repeated. True of reads
  // whatever stands here; of PutRow, DeleteRow and UpdateRow without increment if the caller does
  // not mind that an attempt lands late, over something newer.
  bool repeatable = false;
  // From Start to the end of the call, pauses included.
  Duration deadline = 30 * kSecond;
  // What one attempt may take at most.
  Duration attempt_timeout = 10 * kSecond;
  // Pauses grow from the first to the longest by doubling; each is drawn from its upper half.
  Duration first_pause = 20 * kMillisecond;
  Duration longest_pause = 2 * kSecond;
};

// How an attempt ended.
struct AttemptAnswered {
  Answer answer;
};
// No answer came. `sent`: something may have reached the service.
struct AttemptFailed {
  bool sent = false;
  std::string problem;  // for people
};
using AttemptEnd = std::variant<AttemptAnswered, AttemptFailed>;

struct Outcome {
  enum class Kind : uint8_t {
    kDone,     // `body` is the answer
    kRefused,  // it did not happen and will not: `error`
    kUnknown,  // it may have happened, may not, or may still: `problem`
  };
  Kind kind = Kind::kUnknown;
  std::string body;
  // kRefused: the service's last word, or none (code empty) if it was never reached.
  // kUnknown: the last error answer, if one came.
  ServiceError error;
  std::string problem;  // a sentence for people, empty if done
  uint32_t attempts = 0;
  // Attempts that ended in doubt. Each may yet land, even after a later one was answered.
  uint32_t in_doubt = 0;
};

// "done", "refused: ...", "unknown: ..." with the attempts; without the body.
std::string FormatOutcome(const Outcome& outcome);

// Make an attempt now, giving up at `until`.
struct MakeAttempt {
  Micros until;
};
// Call Resume at that time.
struct Pause {
  Micros until;
};
using NextStep = std::variant<MakeAttempt, Pause, Outcome>;

class RetryingCall {
 public:
  RetryingCall(Operation operation, const CallOptions& options)
      : operation_(operation), options_(options) {}

  // The first attempt.
  NextStep Start(Micros now);
  // The attempt ended. `jitter` is a fresh random number; equal numbers give equal pauses.
  NextStep AttemptEnded(const AttemptEnd& end, Micros now, uint64_t jitter);
  // A pause is over.
  NextStep Resume(Micros now);
  // The caller gives up, at any time; `sent`: an attempt is under way and may have reached the
  // service.
  Outcome Abandon(std::string problem, bool sent);

  uint32_t attempts() const { return attempts_; }

 private:
  NextStep Attempt(Micros now);
  NextStep Retry(Micros now, uint64_t jitter);
  Outcome Finish(Outcome::Kind kind) const;

  const Operation operation_;
  const CallOptions options_;
  Micros deadline_ = kNever;
  uint32_t attempts_ = 0;
  uint32_t in_doubt_ = 0;
  ServiceError last_error_;
  std::string last_problem_;
};

// The pause after the attempt with this number (from 1).
Duration PauseAfter(uint32_t attempt, const CallOptions& options, uint64_t jitter);

}  // namespace jfs::ots

#endif  // CORE_OTS_RETRYING_CALL_H_
