#include "sim/cluster/node_clock.h"

#include "gtest/gtest.h"

namespace jfs::sim {
namespace {

TEST(NodeClockTest, RunsAtItsRateAndNeverGoesBack) {
  NodeClock clock(Micros(0), Micros(500), WallMillis(1'000'000));
  EXPECT_EQ(clock.Local(Micros(1'000'000)), Micros(1'000'500));
  clock.SetRate(Micros(1'000'000), 20'000);
  EXPECT_EQ(clock.Local(Micros(1'000'000)), Micros(1'000'500));
  EXPECT_EQ(clock.Local(Micros(2'000'000)), Micros(2'020'500));
  clock.SetRate(Micros(2'000'000), -20'000);
  EXPECT_EQ(clock.Local(Micros(3'000'000)), Micros(3'000'500));
}

TEST(NodeClockTest, RealOfIsTheFirstMomentThatShowsIt) {
  NodeClock clock(Micros(0), Micros(1000), WallMillis(0));
  clock.SetRate(Micros(10), kMaxClockRatePpm);
  for (uint64_t local = 1010; local < 3000; local += 7) {
    const Micros real = clock.RealOf(Micros(local));
    EXPECT_GE(clock.Local(real), Micros(local));
    if (real > Micros(10)) {
      EXPECT_LT(clock.Local(real - 1), Micros(local));
    }
  }
  EXPECT_EQ(clock.RealOf(kNever), kNever);
}

TEST(NodeClockTest, WallClockStepsBothWays) {
  NodeClock clock(Micros(0), Micros(7), WallMillis(1'000'000));
  EXPECT_EQ(clock.Wall(Micros(5'000)), WallMillis(1'000'005));
  clock.StepWall(-3'000);
  EXPECT_EQ(clock.Wall(Micros(5'000)), WallMillis(997'005));
  clock.StepWall(10'000);
  EXPECT_EQ(clock.Wall(Micros(6'000)), WallMillis(1'007'006));
}

TEST(NodeClockTest, AnyTwoClocksDifferByLessThanTheLeaseAllows) {
  const int64_t fast = 1'000'000 + kMaxClockRatePpm;
  const int64_t slow = 1'000'000 - kMaxClockRatePpm;
  EXPECT_LT(fast * 100, slow * 105);
}

}  // namespace
}  // namespace jfs::sim
