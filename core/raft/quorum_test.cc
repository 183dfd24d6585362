#include "core/raft/quorum.h"

#include <cstdint>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace jfs::raft {
namespace {

struct QuorumCase {
  std::string name;
  size_t members;
  std::vector<uint64_t> values;
  uint64_t want;
};

class QuorumTest : public testing::TestWithParam<QuorumCase> {};

TEST_P(QuorumTest, HighestThatAMajorityReached) {
  EXPECT_EQ(MajorityReached(GetParam().members, GetParam().values), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    All, QuorumTest,
    testing::Values(QuorumCase{"Alone", 1, {7}, 7}, QuorumCase{"AloneButSilent", 1, {}, 0},
                    QuorumCase{"TwoNeedBoth", 2, {7, 5}, 5},
                    QuorumCase{"ThreeTakeTheMiddle", 3, {9, 2, 5}, 5},
                    QuorumCase{"ThreeWithOneThatDoesNotCount", 3, {9, 2}, 2},
                    QuorumCase{"ThreeWithTwoThatDoNotCount", 3, {9}, 0},
                    QuorumCase{"FourNeedThree", 4, {9, 8, 7, 6}, 7},
                    QuorumCase{"FiveNeedThree", 5, {1, 2, 3, 4, 5}, 3},
                    QuorumCase{"FiveWithOneThatDoesNotCount", 5, {2, 3, 4, 5}, 3}),
    [](const auto& info) { return info.param.name; });

// Against a slow, obvious twin: count for each value how many members have reached it.
TEST(QuorumTest, AgreesWithCounting) {
  for (uint64_t code = 0; code < 4 * 4 * 4 * 4 * 4; ++code) {
    std::vector<uint64_t> values;
    for (uint64_t rest = code, i = 0; i < 5; ++i, rest /= 4) values.push_back(rest % 4);
    uint64_t want = 0;
    for (uint64_t candidate = 0; candidate < 4; ++candidate) {
      size_t reached = 0;
      for (uint64_t value : values) reached += value >= candidate ? 1 : 0;
      if (reached >= 3) want = candidate;
    }
    EXPECT_EQ(MajorityReached(5, values), want) << code;
  }
}

}  // namespace
}  // namespace jfs::raft
