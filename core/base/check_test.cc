#include "core/base/check.h"

#include <string>

#include "gtest/gtest.h"

#include "core/base/strong_int.h"

namespace jfs {
namespace {

using Index = StrongInt<struct IndexTag>;

struct Thrown {
  std::string message;
};

void Throw(const CheckFailure& failure) { throw Thrown{failure.message}; }

class CheckTest : public testing::Test {
 protected:
  void SetUp() override { before_ = SetCheckFailureHandler(&Throw); }
  void TearDown() override { SetCheckFailureHandler(before_); }
  CheckFailureHandler before_;
};

TEST_F(CheckTest, PassesSilently) {
  CHECK(true) << "not evaluated";
  CHECK_LE(Index(3), Index(3));
}

TEST_F(CheckTest, NamesConditionValuesAndText) {
  try {
    const Index commit(7), last(5);
    CHECK_LE(commit, last) << "node " << 2;
    FAIL() << "should have thrown";
  } catch (const Thrown& thrown) {
    EXPECT_NE(thrown.message.find("commit <= last"), std::string::npos) << thrown.message;
    EXPECT_NE(thrown.message.find("7 against 5"), std::string::npos) << thrown.message;
    EXPECT_NE(thrown.message.find("node 2"), std::string::npos) << thrown.message;
  }
}

TEST(CheckDeathTest, AbortsByDefault) {
  EXPECT_DEATH(CHECK_EQ(1 + 1, 3) << "arithmetic", "check_test.*1 \\+ 1 == 3.*arithmetic");
}

}  // namespace
}  // namespace jfs
