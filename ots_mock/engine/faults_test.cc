#include "ots_mock/engine/faults.h"

#include <string>

#include "gtest/gtest.h"

namespace jfs::ots_mock {
namespace {

using ots::Operation;

TEST(FaultRule, TextForm) {
  for (const char* const text :
       {"throttle", "throttle:operation=PutRow,percent=10,count=5", "delay:ms=300",
        "delay:operation=writes,ms=10-300", "late-apply:percent=1,ms=5000-60000",
        "fail-before:code=OTSServerUnavailable", "fail-after:count=1,code=OTSTimeout",
        "drop-request", "drop-reply:operation=BatchWriteRow", "partial-batch:percent=30",
        "outage"}) {
    const auto rule = ParseFaultRule(text);
    ASSERT_TRUE(rule.ok()) << rule.status();
    EXPECT_EQ(FormatFaultRule(*rule), text);
  }
}

TEST(FaultRule, SaysWhatIsWrong) {
  const struct {
    const char* text;
    const char* want;
  } cases[] = {
      {"", "there is no kind ''"},
      {"explode", "there is no kind 'explode'"},
      {"throttle:percent=101", "'percent=101' should be a number from 0 to 100"},
      {"throttle:count=0", "'count=0' should be a number from 1"},
      {"delay:ms=5-2", "'ms=5-2' should be milliseconds"},
      {"throttle:operation=Put", "'operation=Put' should be an operation such as PutRow"},
      {"fail-after:code=OTSNo", "'code=OTSNo' should be an error code"},
      {"throttle:color=red", "'color=red' should be one of the keys"},
  };
  for (const auto& c : cases) {
    const auto rule = ParseFaultRule(c.text);
    EXPECT_EQ(rule.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(rule.status().message().find(c.want), absl::string_view::npos) << rule.status();
  }
}

// What each kind makes of one write.
struct KindCase {
  const char* rule;
  bool execute, late, drop;
  const char* error;
};
constexpr KindCase kKindCases[] = {
    {"throttle", false, false, false, "OTSServerBusy"},
    {"delay:ms=7", true, false, false, ""},
    {"late-apply", false, true, false, "OTSTimeout"},
    {"fail-before", false, false, false, "OTSInternalServerError"},
    {"fail-after:code=OTSServerUnavailable", true, false, false, "OTSServerUnavailable"},
    {"drop-request", false, false, true, ""},
    {"drop-reply", true, false, true, ""},
    {"outage", false, false, true, ""},
};
TEST(FaultPlan, KindsDoWhatTheySay) {
  for (const KindCase& c : kKindCases) {
    FaultPlan plan(1);
    plan.Add(*ParseFaultRule(c.rule));
    const Fault fault = plan.Next(Operation::kBatchWriteRow);
    EXPECT_EQ(fault.execute, c.execute) << c.rule;
    EXPECT_EQ(fault.late.has_value(), c.late) << c.rule;
    EXPECT_EQ(fault.drop, c.drop) << c.rule;
    EXPECT_EQ(fault.error.has_value() ? fault.error->code : "", c.error) << c.rule;
    EXPECT_EQ(plan.hits(), 1u);
  }
}

TEST(FaultPlan, HitsWhatFits) {
  FaultPlan plan(1);
  const uint64_t puts = plan.Add(*ParseFaultRule("throttle:operation=PutRow,count=2"));
  plan.Add(*ParseFaultRule("delay:operation=writes,ms=5"));
  EXPECT_FALSE(plan.Next(Operation::kGetRow).error.has_value());
  EXPECT_EQ(plan.Next(Operation::kGetRow).delay, 0u);
  EXPECT_EQ(plan.Next(Operation::kDeleteRow).delay, 5 * kMillisecond);
  const Fault both = plan.Next(Operation::kPutRow);
  EXPECT_TRUE(both.error.has_value());
  EXPECT_EQ(both.delay, 5 * kMillisecond) << "delays come with the others";
  EXPECT_TRUE(plan.Next(Operation::kPutRow).error.has_value());
  EXPECT_FALSE(plan.Next(Operation::kPutRow).error.has_value()) << "used up";
  EXPECT_FALSE(plan.Remove(puts));
  EXPECT_EQ(plan.rules().size(), 1u);
  plan.Clear();
  EXPECT_EQ(plan.Next(Operation::kPutRow).delay, 0u);
}

TEST(FaultPlan, ReadsDoNotLandLate) {
  FaultPlan plan(1);
  plan.Add(*ParseFaultRule("late-apply"));
  EXPECT_TRUE(plan.Next(Operation::kGetRow).execute);
}

TEST(FaultPlan, EqualSeedsHitEqually) {
  const auto run = [](uint64_t seed) {
    FaultPlan plan(seed);
    plan.Add(*ParseFaultRule("throttle:percent=20"));
    plan.Add(*ParseFaultRule("delay:ms=1-50"));
    plan.Add(*ParseFaultRule("partial-batch:percent=50"));
    std::string out;
    for (int i = 0; i < 500; ++i) {
      const Fault fault = plan.Next(Operation::kBatchWriteRow);
      out += std::to_string(fault.delay) + (fault.execute ? "+" : "-");
      for (size_t row = 0; row < 10; ++row) out += RowFails(fault, row) ? 'x' : '.';
    }
    return out;
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

TEST(FaultPlan, PercentIsAboutThat) {
  FaultPlan plan(9);
  plan.Add(*ParseFaultRule("throttle:percent=25"));
  int hits = 0;
  for (int i = 0; i < 4000; ++i) hits += plan.Next(Operation::kPutRow).error.has_value() ? 1 : 0;
  EXPECT_GT(hits, 850);
  EXPECT_LT(hits, 1150);
}

}  // namespace
}  // namespace jfs::ots_mock
