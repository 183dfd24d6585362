#include "core/ots/retrying_call.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

#include "core/ots/error.h"

namespace jfs::ots {
namespace {

AttemptEnd Error(ErrorCode code) { return AttemptAnswered{{.error = MakeError(code)}}; }
AttemptEnd Done(std::string body) { return AttemptAnswered{{.body = std::move(body)}}; }

// Which codes call for another attempt: every row of the table, as the official clients have it.
struct CodeCase {
  std::string_view name;
  int status;
  RetryClass retry;
};
constexpr CodeCase kCodeCases[] = {
    {"OTSParameterInvalid", 400, RetryClass::kNever},
    {"OTSInvalidPK", 400, RetryClass::kNever},
    {"OTSOutOfColumnCountLimit", 400, RetryClass::kNever},
    {"OTSOutOfRowSizeLimit", 400, RetryClass::kNever},
    {"OTSForbiddenUpdateCapacityUnit", 400, RetryClass::kNever},
    {"OTSAuthFailed", 403, RetryClass::kNever},
    {"OTSNoPermissionAccess", 403, RetryClass::kNever},
    {"OTSConditionCheckFail", 403, RetryClass::kNever},
    {"OTSQuotaExhausted", 403, RetryClass::kNever},
    {"OTSNotEnoughCapacityUnit", 403, RetryClass::kAlways},
    {"OTSCapacityUnitExhausted", 403, RetryClass::kNever},
    {"OTSTooFrequentReservedThroughputAdjustment", 403, RetryClass::kNever},
    {"OTSObjectNotExist", 404, RetryClass::kNever},
    {"OTSTableNotReady", 404, RetryClass::kAlways},
    {"OTSMethodNotAllowed", 405, RetryClass::kNever},
    {"OTSRequestTimeout", 408, RetryClass::kNever},
    {"OTSObjectAlreadyExist", 409, RetryClass::kNever},
    {"OTSRowOperationConflict", 409, RetryClass::kAlways},
    {"OTSRequestBodyTooLarge", 413, RetryClass::kNever},
    {"OTSInternalServerError", 500, RetryClass::kIfRepeatable},
    {"OTSServerBusy", 503, RetryClass::kAlways},
    {"OTSPartitionUnavailable", 503, RetryClass::kAlways},
    {"OTSTimeout", 503, RetryClass::kIfRepeatable},
    {"OTSServerUnavailable", 503, RetryClass::kIfRepeatable},
    {"OTSOperationThrottled", 503, RetryClass::kAlways},
    {"OTSStorageServerBusy", 503, RetryClass::kAlways},
    {"OTSSessionNotExist", 400, RetryClass::kNever},
    {"OTSSessionBusy", 400, RetryClass::kNever},
    {"OTSDataOutOfRange", 400, RetryClass::kNever},
    {"OTSOutOfTransactionDataSizeLimit", 400, RetryClass::kNever},
};

TEST(Errors, TableIsAsTheClientsHaveIt) {
  ASSERT_EQ(ErrorTable().size(), std::size(kCodeCases));
  for (size_t i = 0; i < std::size(kCodeCases); ++i) {
    const ErrorInfo& info = ErrorTable()[i];
    EXPECT_EQ(info.name, kCodeCases[i].name);
    EXPECT_EQ(info.http_status, kCodeCases[i].status) << info.name;
    EXPECT_EQ(Classify(MakeError(info.code)), kCodeCases[i].retry) << info.name;
    EXPECT_EQ(&InfoOf(ParseErrorCode(info.name)), &info);
  }
  EXPECT_EQ(ParseErrorCode("OTSNoSuchCode"), ErrorCode::kUnknown);
}

TEST(Errors, ClassifiesWhatIsNotInTheTable) {
  EXPECT_EQ(Classify(MakeError(ErrorCode::kQuotaExhausted, "Too frequent table operations.")),
            RetryClass::kAlways);
  EXPECT_EQ(Classify(DecodeError(502, "<html>")), RetryClass::kIfRepeatable);
  EXPECT_EQ(Classify(DecodeError(400, "")), RetryClass::kNever);
  EXPECT_EQ(Classify({.http_status = 503, .code = "OTSNew", .message = ""}),
            RetryClass::kIfRepeatable);
}

// What a call makes of its first attempt's end: goes on, or how it ends.
struct FirstEndCase {
  const char* name;
  Operation operation;
  bool repeatable;
  AttemptEnd end;
  const char* want;
};
const FirstEndCase kFirstEndCases[] = {
    {"AnsweredWrite", Operation::kPutRow, false, Done("x"), "done"},
    {"BusyWrite", Operation::kPutRow, false, Error(ErrorCode::kServerBusy), "again"},
    {"ConflictingWrite", Operation::kPutRow, false, Error(ErrorCode::kRowOperationConflict),
     "again"},
    {"FailedCondition", Operation::kUpdateRow, false, Error(ErrorCode::kConditionCheckFail),
     "refused"},
    {"TimedOutWrite", Operation::kUpdateRow, false, Error(ErrorCode::kTimeout), "unknown"},
    {"TimedOutRepeatableWrite", Operation::kPutRow, true, Error(ErrorCode::kTimeout), "again"},
    {"TimedOutRead", Operation::kGetRow, false, Error(ErrorCode::kTimeout), "again"},
    {"BrokenWrite", Operation::kBatchWriteRow, false, AttemptFailed{true, "reset"}, "unknown"},
    {"BrokenRepeatableWrite", Operation::kBatchWriteRow, true, AttemptFailed{true, "reset"},
     "again"},
    {"BrokenRead", Operation::kGetRange, false, AttemptFailed{true, "reset"}, "again"},
    {"UnsentWrite", Operation::kPutRow, false, AttemptFailed{false, "refused"}, "again"},
    {"CommitInDoubt", Operation::kCommitTransaction, false, AttemptFailed{true, "reset"},
     "unknown"},
    {"BadGateway", Operation::kPutRow, false, AttemptAnswered{{.error = DecodeError(502, "x")}},
     "unknown"},
};
struct FirstEndTest : testing::TestWithParam<FirstEndCase> {};
TEST_P(FirstEndTest, GoesOnOrEnds) {
  const FirstEndCase& c = GetParam();
  RetryingCall call(c.operation, {.repeatable = c.repeatable});
  ASSERT_TRUE(std::holds_alternative<MakeAttempt>(call.Start(Micros(0))));
  const NextStep next = call.AttemptEnded(c.end, Micros(1000), 1);
  std::string got = "again";
  if (const auto* outcome = std::get_if<Outcome>(&next)) {
    got = outcome->kind == Outcome::Kind::kDone      ? "done"
          : outcome->kind == Outcome::Kind::kRefused ? "refused"
                                                     : "unknown";
    EXPECT_EQ(outcome->in_doubt, got == "unknown" ? 1u : 0u);
  } else {
    EXPECT_TRUE(std::holds_alternative<Pause>(next));
  }
  EXPECT_EQ(got, c.want);
}
INSTANTIATE_TEST_SUITE_P(All, FirstEndTest, testing::ValuesIn(kFirstEndCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(RetryingCall, DoubtIsNotForgotten) {
  RetryingCall call(Operation::kPutRow, {.repeatable = true});
  call.Start(Micros(0));
  const NextStep pause = call.AttemptEnded(AttemptFailed{true, "reset by peer"}, Micros(10), 1);
  ASSERT_TRUE(std::holds_alternative<Pause>(pause));
  call.Resume(std::get<Pause>(pause).until);
  // The second is refused for good, but the first may still land.
  const NextStep end = call.AttemptEnded(Error(ErrorCode::kParameterInvalid), Micros(100'000), 1);
  const Outcome& outcome = std::get<Outcome>(end);
  EXPECT_EQ(outcome.kind, Outcome::Kind::kUnknown);
  EXPECT_EQ(FormatOutcome(outcome),
            "unknown (2 attempts, 1 in doubt): PutRow: OTSParameterInvalid (400): Parse PBMessage "
            "from RawString failed.");
}

TEST(RetryingCall, EndsBeforeItsDeadline) {
  const CallOptions options{.deadline = kSecond, .attempt_timeout = 300 * kMillisecond};
  RetryingCall call(Operation::kPutRow, options);
  NextStep next = call.Start(Micros(5'000'000));
  Micros now(5'000'000);
  for (uint64_t jitter = 0; !std::holds_alternative<Outcome>(next); ++jitter) {
    ASSERT_LT(jitter, 100u);
    if (const auto* attempt = std::get_if<MakeAttempt>(&next)) {
      EXPECT_LE(attempt->until, Micros(6'000'000));
      EXPECT_LE(attempt->until - now, 300 * kMillisecond);
      now = now + 7 * kMillisecond;
      next = call.AttemptEnded(Error(ErrorCode::kServerBusy), now, jitter);
    } else {
      now = std::get<Pause>(next).until;
      EXPECT_LT(now, Micros(6'000'000));
      next = call.Resume(now);
    }
  }
  const Outcome& outcome = std::get<Outcome>(next);
  EXPECT_EQ(outcome.kind, Outcome::Kind::kRefused);
  EXPECT_GT(outcome.attempts, 3u);
  EXPECT_EQ(outcome.error.code, "OTSServerBusy");
}

TEST(RetryingCall, PausesDoubleUpToTheLongest) {
  const CallOptions options;
  for (uint32_t attempt = 1; attempt < 12; ++attempt) {
    const Duration most =
        std::min<Duration>(options.first_pause << (attempt - 1), options.longest_pause);
    Duration least_seen = most;
    Duration most_seen = 0;
    for (uint64_t jitter = 0; jitter < 200; ++jitter) {
      const Duration pause = PauseAfter(attempt, options, jitter);
      least_seen = std::min(least_seen, pause);
      most_seen = std::max(most_seen, pause);
      EXPECT_EQ(pause, PauseAfter(attempt, options, jitter));
    }
    EXPECT_GE(least_seen, most / 2);
    EXPECT_LE(most_seen, most);
    EXPECT_GT(most_seen - least_seen, most / 4) << "they spread";
  }
}

}  // namespace
}  // namespace jfs::ots
