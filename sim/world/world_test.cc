#include "sim/world/world.h"

#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace jfs::sim {
namespace {

TEST(WorldTest, EventsRunByTimeThenByOrderOfScheduling) {
  World world(1, FaultSet(), nullptr);
  std::string order;
  world.After(20, [&] { order += 'c'; });
  world.After(10, [&] { order += 'a'; });
  world.After(20, [&] { order += 'd'; });
  world.After(10, [&] {
    order += 'b';
    world.After(10, [&] { order += 'e'; });
  });
  while (world.RunNext()) {
  }
  EXPECT_EQ(order, "abcde");
  EXPECT_EQ(world.now(), Micros(20));
  EXPECT_EQ(world.events_run(), 5u);
}

TEST(WorldTest, DecisionsDependOnSeedStreamAndIdentityOnly) {
  World a(7, FaultSet::All(), nullptr);
  World b(7, FaultSet::All(), nullptr);
  World other(8, FaultSet::All(), nullptr);
  // Asking something else in between must not move an answer.
  (void)a.Draw(Stream::kWorkload, Identity::Of(99));
  const Identity identity = Identity::Of(1, 2, 3);
  EXPECT_EQ(a.Draw(Stream::kNemesis, identity), b.Draw(Stream::kNemesis, identity));
  EXPECT_NE(a.Draw(Stream::kNemesis, identity), a.Draw(Stream::kWorkload, identity));
  EXPECT_NE(a.Draw(Stream::kNemesis, identity), other.Draw(Stream::kNemesis, identity));
  EXPECT_NE(a.Draw(Stream::kNemesis, identity), a.Draw(Stream::kNemesis, Identity::Of(1, 3, 2)));
}

TEST(WorldTest, FaultsOccurAtTheirRateAndNeverWhenOffOrFrozen) {
  FaultSet faults = FaultSet::All();
  faults.Remove(FaultKind::kRot);
  World world(3, faults, nullptr);
  int drops = 0;
  int rots = 0;
  for (uint64_t i = 0; i < 10'000; ++i) {
    drops += world.Fault(FaultKind::kNetDrop, Identity::Of(i), Ratio{1, 10}) ? 1 : 0;
    rots += world.Fault(FaultKind::kRot, Identity::Of(i), Ratio{1, 2}) ? 1 : 0;
  }
  EXPECT_GT(drops, 900);
  EXPECT_LT(drops, 1100);
  EXPECT_EQ(rots, 0);
  world.FreezeFaults();
  for (uint64_t i = 0; i < 1000; ++i) {
    EXPECT_FALSE(world.Fault(FaultKind::kNetDrop, Identity::Of(i), Ratio{1, 1}));
  }
}

TEST(WorldTest, RemovingOneFaultLeavesTheOthersWhereTheyWere) {
  FaultSet fewer = FaultSet::All();
  fewer.Remove(FaultKind::kNetDrop);
  World all(5, FaultSet::All(), nullptr);
  World some(5, fewer, nullptr);
  for (uint64_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(all.Fault(FaultKind::kPause, Identity::Of(i), Ratio{1, 3}),
              some.Fault(FaultKind::kPause, Identity::Of(i), Ratio{1, 3}));
  }
}

TEST(WorldTest, FingerprintSeesTimeAndContent) {
  auto run = [](Duration delay, uint64_t what, std::ostream* trace) {
    World world(1, FaultSet(), trace);
    world.After(delay, [&world, what] {
      world.Note(what);
      world.Trace("n1", "noted");
    });
    while (world.RunNext()) {
    }
    return world.fingerprint();
  };
  std::ostringstream trace;
  EXPECT_EQ(run(5, 1, nullptr), run(5, 1, &trace));
  EXPECT_NE(run(5, 1, nullptr), run(6, 1, nullptr));
  EXPECT_NE(run(5, 1, nullptr), run(5, 2, nullptr));
  EXPECT_EQ(trace.str(), "   0.000005 n1  noted\n");
}

TEST(WorldTest, BetweenReachesBothEnds) {
  World world(2, FaultSet(), nullptr);
  std::vector<int> seen(4, 0);
  for (uint64_t i = 0; i < 1000; ++i) {
    const uint64_t drawn = world.Between(Stream::kWorkload, Identity::Of(i), 10, 13);
    ASSERT_GE(drawn, 10u);
    ASSERT_LE(drawn, 13u);
    ++seen[drawn - 10];
  }
  for (const int count : seen) EXPECT_GT(count, 200);
}

TEST(FaultTest, NamesAreUniqueAndReadBack) {
  for (int i = 0; i < kFaultKinds; ++i) {
    const auto kind = static_cast<FaultKind>(i);
    EXPECT_EQ(FaultByName(FaultName(kind)), kind);
  }
  EXPECT_EQ(FaultByName("nothing"), std::nullopt);
}

}  // namespace
}  // namespace jfs::sim
