#include "sim/oracle/lease_oracle.h"

#include <string>

#include "gtest/gtest.h"

#include "sim/oracle/violation.h"

namespace jfs::sim {
namespace {

constexpr Duration kHard = 10 * kSecond;

Micros At(uint64_t seconds) { return Micros(seconds * kSecond); }

std::string ViolationOf(LeaseOracle* oracle, const std::string& holder, bool effective, Micros at) {
  try {
    oracle->Released({holder, 7}, effective, at);
  } catch (const Violation& violation) {
    return violation.text;
  }
  return "";
}

TEST(LeaseOracle, WhoWasHeardKeepsHisFiles) {
  LeaseOracle oracle(kHard, {1, 10});
  oracle.Renewed("w", At(100));
  EXPECT_EQ(ViolationOf(&oracle, "w", true, At(105)),
            "lease 7 of w is released, but 5000 ms ago he was told that he has it for 10000 ms");
  oracle.Renewed("w", At(106));
  EXPECT_NE(ViolationOf(&oracle, "w", true, At(111)), "");
}

TEST(LeaseOracle, AfterTheLimitHeMayLoseThem) {
  LeaseOracle oracle(kHard, {1, 10});
  oracle.Renewed("w", At(100));
  EXPECT_EQ(ViolationOf(&oracle, "w", true, At(110)), "");
  // A clock that runs fast may think so a little earlier.
  EXPECT_EQ(ViolationOf(&oracle, "w", true, At(109)), "");
  EXPECT_NE(ViolationOf(&oracle, "w", true, At(108)), "");
}

TEST(LeaseOracle, AReleaseOfWhatIsNoLongerHisDoesNotMatter) {
  LeaseOracle oracle(kHard, {1, 10});
  oracle.Renewed("w", At(100));
  EXPECT_EQ(ViolationOf(&oracle, "w", false, At(101)), "");
  EXPECT_EQ(ViolationOf(&oracle, "v", true, At(101)), "");
}

}  // namespace
}  // namespace jfs::sim
