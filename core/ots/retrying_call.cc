#include "core/ots/retrying_call.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"
#include "core/base/random.h"
#include "core/ots/error.h"

namespace jfs::ots {

std::string FormatOutcome(const Outcome& outcome) {
  const std::string tries =
      Concat(outcome.attempts, outcome.attempts == 1 ? " attempt" : " attempts",
             outcome.in_doubt > 0 ? Concat(", ", outcome.in_doubt, " in doubt") : "");
  switch (outcome.kind) {
    case Outcome::Kind::kDone:
      return Concat("done (", tries, ")");
    case Outcome::Kind::kRefused:
      return Concat("refused (", tries, "): ", outcome.problem);
    case Outcome::Kind::kUnknown:
      return Concat("unknown (", tries, "): ", outcome.problem);
  }
  return "";
}

Duration PauseAfter(uint32_t attempt, const CallOptions& options, uint64_t jitter) {
  CHECK_GT(attempt, 0u);
  Duration pause = options.first_pause;
  for (uint32_t i = 1; i < attempt && pause < options.longest_pause; ++i) pause *= 2;
  pause = std::min(pause, options.longest_pause);
  return pause - pause / 2 + Random(jitter).Below(pause / 2 + 1);
}

NextStep RetryingCall::Start(Micros now) {
  CHECK_EQ(attempts_, 0u) << "a call starts once";
  deadline_ = now + options_.deadline;
  return Attempt(now);
}

NextStep RetryingCall::Resume(Micros now) { return Attempt(now); }

Outcome RetryingCall::Abandon(std::string problem, bool sent) {
  if (sent && !IsRead(operation_)) ++in_doubt_;
  last_error_ = {};
  last_problem_ = std::move(problem);
  return Finish(in_doubt_ == 0 ? Outcome::Kind::kRefused : Outcome::Kind::kUnknown);
}

NextStep RetryingCall::Attempt(Micros now) {
  ++attempts_;
  return MakeAttempt{.until = std::min(deadline_, now + options_.attempt_timeout)};
}

NextStep RetryingCall::AttemptEnded(const AttemptEnd& end, Micros now, uint64_t jitter) {
  RetryClass retry = RetryClass::kAlways;
  if (const auto* answered = std::get_if<AttemptAnswered>(&end)) {
    if (!answered->answer.error.has_value()) {
      Outcome done = Finish(Outcome::Kind::kDone);
      done.body = answered->answer.body;
      done.error = {};
      done.problem.clear();
      return done;
    }
    last_error_ = *answered->answer.error;
    last_problem_ = FormatError(last_error_);
    retry = Classify(last_error_);
  } else {
    const auto& failed = std::get<AttemptFailed>(end);
    last_error_ = {};
    last_problem_ = failed.problem;
    if (failed.sent) retry = RetryClass::kIfRepeatable;
  }
  switch (retry) {
    case RetryClass::kNever:
      break;
    case RetryClass::kAlways:
      return Retry(now, jitter);
    case RetryClass::kIfRepeatable:
      // What only reads is never in doubt: nothing of it can land.
      if (IsRead(operation_)) return Retry(now, jitter);
      ++in_doubt_;
      if (options_.repeatable) return Retry(now, jitter);
      break;
  }
  return Finish(in_doubt_ == 0 ? Outcome::Kind::kRefused : Outcome::Kind::kUnknown);
}

NextStep RetryingCall::Retry(Micros now, uint64_t jitter) {
  const Micros next = now + PauseAfter(attempts_, options_, jitter);
  if (next < deadline_) return Pause{next};
  return Finish(in_doubt_ == 0 ? Outcome::Kind::kRefused : Outcome::Kind::kUnknown);
}

Outcome RetryingCall::Finish(Outcome::Kind kind) const {
  Outcome outcome;
  outcome.kind = kind;
  outcome.error = last_error_;
  outcome.problem = Concat(OperationName(operation_), ": ", last_problem_);
  outcome.attempts = attempts_;
  outcome.in_doubt = in_doubt_;
  return outcome;
}

}  // namespace jfs::ots
