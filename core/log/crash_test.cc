#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "core/log/log_world.h"

// Power failures. Whatever a crash leaves of the requests under way, a recovery finds everything
// acknowledged, nothing that was never written, and reports no damage.
namespace jfs::log {
namespace {

using Remains = MemoryDisk::Remains;

std::string RecoverUndamaged(LogWorld& world) {
  std::string wrong = world.Recover();
  if (wrong.empty() && world.recovered().damaged) wrong = world.recovered().damage;
  return wrong;
}

// Lives on for a while and is recovered once more.
std::string GoOn(LogWorld& world) {
  world.AppendEntries(2, 30);
  world.CompleteAll();
  world.AppendEntries(1, 30);
  world.CompleteAll();
  world.Kill();
  return RecoverUndamaged(world);
}

// ---- Writes that overlap ----

struct OverlapCase {
  const char* name;
  int rolls_before;              // batches before, to begin in a recycled segment
  std::vector<size_t> payloads;  // of the batches in flight
};

class OverlapTest : public testing::TestWithParam<OverlapCase> {
 protected:
  // A log whose last batches are all under way.
  LogWorld Begin() const {
    LogWorld world(LogWorld::TinyOptions());
    world.options().writes_in_flight = static_cast<uint32_t>(GetParam().payloads.size());
    EXPECT_EQ(world.Recover(), "");
    world.AppendEntries(1, 10);
    world.CompleteAll();
    for (int i = 0; i < GetParam().rolls_before; ++i) {
      world.AppendEntries(1, 900);
      world.CompleteAll();
      world.Compact(world.oracle().next_index() - 1);
      world.CompleteAll();
    }
    for (const size_t bytes : GetParam().payloads) world.AppendEntries(1, bytes);
    return world;
  }
};

TEST_P(OverlapTest, EverySubsetOfBlocks) {
  LogWorld probe = Begin();
  std::vector<uint64_t> blocks;
  uint64_t bits = 0;
  for (size_t i = 0; i < probe.disk().under_way().size(); ++i) {
    // The making of spare files leaves nothing here.
    const bool create = std::holds_alternative<CreateFile>(probe.disk().under_way()[i].action);
    blocks.push_back(create ? 0 : probe.disk().BlocksOf(i));
    bits += blocks.back();
  }
  ASSERT_GE(blocks.size(), GetParam().payloads.size());
  ASSERT_LE(bits, 12u);
  int whole = 0;
  int torn = 0;
  for (uint64_t subset = 0; subset < uint64_t{1} << bits; ++subset) {
    LogWorld world = Begin();
    std::vector<Remains> remains;
    uint64_t bit = 0;
    for (const uint64_t count : blocks) {
      Remains one;
      for (uint64_t i = 0; i < count; ++i) one.blocks.push_back((subset >> bit++ & 1) != 0);
      remains.push_back(one);
    }
    world.disk().Crash(remains);
    ASSERT_EQ(RecoverUndamaged(world), "") << "subset " << subset;
    torn += world.recovered().torn_tail;
    whole += !world.recovered().torn_tail;
    ASSERT_EQ(GoOn(world), "") << "subset " << subset;
  }
  EXPECT_GT(torn, 0);
  EXPECT_GT(whole, 0);
}

// Some of the writes complete, and in another order than they were started.
TEST_P(OverlapTest, EveryOrderOfCompletion) {
  const size_t writes = Begin().disk().under_way().size();
  for (uint64_t done = 0; done < uint64_t{1} << writes; ++done) {
    for (uint64_t landed = 0; landed < uint64_t{1} << writes; ++landed) {
      LogWorld world = Begin();
      std::vector<Remains> remains;
      for (size_t i = 0; i < writes; ++i) {
        if ((done >> i & 1) != 0) continue;
        Remains one;
        one.blocks.assign(world.disk().BlocksOf(i), (landed >> i & 1) != 0);
        remains.push_back(one);
      }
      for (size_t i = writes; i-- > 0;) {
        if ((done >> i & 1) != 0) world.Complete(i);
      }
      world.disk().Crash(remains);
      ASSERT_EQ(RecoverUndamaged(world), "") << "done " << done << " landed " << landed;
      ASSERT_EQ(GoOn(world), "");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, OverlapTest,
                         testing::Values(OverlapCase{"FreshSegment", 0, {10, 600, 10}},
                                         OverlapCase{"RecycledSegment", 9, {10, 600, 900}},
                                         OverlapCase{"AcrossSegments", 11, {600, 900, 10, 900}},
                                         OverlapCase{"LargeOnes", 2, {1200, 900, 1200}}),
                         [](const auto& info) { return std::string(info.param.name); });

// ---- A crash at each point ----

// Everything the log ever does: first start, appends, roll-over, a batch with a segment of its own,
// truncation, compaction with recycling, reset, idling. Returns after `points` completions, or when
// all is done.
bool Live(LogWorld& world, uint64_t points) {
  const std::vector<std::function<void()>> deeds = {
      [&] { world.AppendEntries(2, 20); },
      [&] { world.AppendEntries(3, 700); },
      [&] { world.AppendEntries(1, 10); },
      [&] { world.Truncate(world.oracle().next_index() - 1, 2, 400); },
      [&] { world.AppendEntries(1, 1500); },
      [&] { world.Compact(3); },
      [&] { world.AppendEntries(1, 5000); },
      [&] { world.Idle(); },
      [&] { world.AppendEntries(1, 1500); },
      [&] { world.Compact(world.oracle().next_index() - 1); },
      [&] { world.AppendEntries(1, 1500); },
      [&] {
        world.Reset({40, 9});
      },
      [&] { world.AppendEntries(2, 1500); },
      [&] { world.AppendEntries(2, 1500); },
  };
  size_t next = 0;
  for (uint64_t point = 0; point < points; ++point) {
    // Two deeds are always under way, so that their requests mix.
    while (world.disk().under_way().size() < 2 && next < deeds.size()) deeds[next++]();
    if (world.disk().under_way().empty()) return true;
    world.Complete();
  }
  return false;
}

// What is left of the requests under way: nothing, all, or a part chosen by `seed`.
void CrashLike(LogWorld& world, uint64_t seed) {
  if (seed > 1) {
    Random random(seed);
    world.disk().CrashAtRandom(random);
    return;
  }
  std::vector<Remains> remains;
  for (size_t i = 0; i < world.disk().under_way().size(); ++i) {
    remains.push_back({std::vector<bool>(world.disk().BlocksOf(i), seed == 1), seed == 1});
  }
  world.disk().Crash(remains);
}

constexpr uint64_t kCrashShapes = 6;

TEST(CrashTest, AtEachPointOfALife) {
  bool over = false;
  uint64_t points = 0;
  for (; !over; ++points) {
    for (uint64_t shape = 0; shape < kCrashShapes; ++shape) {
      LogWorld world(LogWorld::TinyOptions());
      ASSERT_EQ(world.Recover(), "");
      over = Live(world, points);
      CrashLike(world, shape);
      ASSERT_EQ(RecoverUndamaged(world), "") << "point " << points << " shape " << shape;
      ASSERT_EQ(GoOn(world), "") << "point " << points << " shape " << shape;
      ASSERT_TRUE(world.read_errors().empty());
    }
  }
  EXPECT_GT(points, 40u);
}

TEST(CrashTest, AtEachPointOfTheRecoveryAfterwards) {
  uint64_t tried = 0;
  for (uint64_t points = 0; points < 70; points += 3) {
    bool over = false;
    for (uint64_t steps = 0; !over; ++steps) {
      for (uint64_t shape = 0; shape < 3; ++shape) {
        LogWorld world(LogWorld::TinyOptions());
        ASSERT_EQ(world.Recover(), "");
        Live(world, points);
        CrashLike(world, 100 + points);
        std::string wrong;
        over = world.RecoverFor(steps, &wrong);
        ASSERT_EQ(wrong, "");
        if (over) world.Kill();
        CrashLike(world, shape);
        ASSERT_EQ(RecoverUndamaged(world), "")
            << "points " << points << " steps " << steps << " shape " << shape;
        ASSERT_EQ(GoOn(world), "")
            << "points " << points << " steps " << steps << " shape " << shape;
        ++tried;
      }
    }
  }
  EXPECT_GT(tried, 500u);
}

// The first moments after a recovery: the new segment, its first batch, its header, its rename, the
// files given back.
TEST(CrashTest, AtEachPointOfGoingOn) {
  uint64_t tried = 0;
  for (uint64_t points = 0; points < 70; points += 3) {
    for (uint64_t steps = 0; steps < 16; ++steps) {
      for (uint64_t shape = 0; shape < 3; ++shape) {
        LogWorld world(LogWorld::TinyOptions());
        ASSERT_EQ(world.Recover(), "");
        Live(world, points);
        CrashLike(world, 200 + points);
        ASSERT_EQ(RecoverUndamaged(world), "");
        world.AppendEntries(1, 100);
        world.AppendEntries(1, 900);
        for (uint64_t i = 0; i < steps && !world.disk().under_way().empty(); ++i) world.Complete();
        CrashLike(world, shape);
        ASSERT_EQ(RecoverUndamaged(world), "")
            << "points " << points << " steps " << steps << " shape " << shape;
        ASSERT_EQ(GoOn(world), "")
            << "points " << points << " steps " << steps << " shape " << shape;
        ++tried;
      }
    }
  }
  EXPECT_GT(tried, 500u);
}

// A killed process leaves writes in a cache: readable by the next one, and lost if the power fails
// after that. Whatever a recovery reported must have been made durable by it.
TEST(CrashTest, RecoveredMeansDurable) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    Random random(seed);
    LogWorld world(LogWorld::TinyOptions());
    ASSERT_EQ(world.Recover(), "");
    const uint64_t steps = 10 + random.Below(60);
    for (uint64_t i = 0; i < steps; ++i) world.RandomStep(random);
    const std::map<std::string, std::string> durable = world.disk().files();
    CrashLike(world, 1);  // everything is readable...
    const std::map<std::string, std::string> cached = world.disk().files();
    ASSERT_EQ(RecoverUndamaged(world), "");
    const RecoveredLog told = world.recovered();
    // ...and what recovery did not write itself is lost, file by file and block by block.
    for (const auto& [name, bytes] : cached) {
      const auto before = durable.find(name);
      if (before == durable.end() || before->second.size() != bytes.size()) continue;
      std::string& now = world.disk().files()[name];
      for (size_t at = 0; at < bytes.size(); at += 512) {
        const bool changed = before->second.compare(at, 512, bytes, at, 512) != 0;
        if (!changed || world.disk().WasRewritten(name, at)) continue;
        now.replace(at, 512, before->second, at, 512);
      }
    }
    world.Kill();
    ASSERT_EQ(RecoverUndamaged(world), "") << "seed " << seed;
    ASSERT_EQ(world.recovered().entries, told.entries) << "seed " << seed;
    ASSERT_EQ(world.recovered().hard_state, told.hard_state) << "seed " << seed;
  }
}

// ---- Random lives ----

TEST(CrashTest, RandomLives) {
  const char* from_environment = std::getenv("JFS_LOG_SEEDS");
  const uint64_t seeds =
      from_environment != nullptr ? std::strtoull(from_environment, nullptr, 10) : 2000;
  uint64_t torn = 0;
  uint64_t acknowledged = 0;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Random random(seed);
    LogWorld world(LogWorld::TinyOptions());
    world.options().writes_in_flight = static_cast<uint32_t>(random.Between(1, 5));
    world.options().spare_segments = static_cast<uint32_t>(random.Between(1, 3));
    world.options().segment_bytes = random.Chance(1, 2) ? 4096 : 8192;
    for (int crash = 0; crash < 8; ++crash) {
      std::string wrong;
      if (random.Chance(1, 4)) {
        const uint64_t steps = random.Below(25);
        if (!world.RecoverFor(steps, &wrong)) {
          world.Kill();
          world.disk().CrashAtRandom(random);
          continue;
        }
        ASSERT_EQ(wrong, "") << "crash " << crash;
      } else {
        ASSERT_EQ(world.Recover(), "") << "crash " << crash;
      }
      ASSERT_FALSE(world.recovered().damaged)
          << "crash " << crash << ": " << world.recovered().damage;
      torn += world.recovered().torn_tail;
      const uint64_t steps = random.Below(120);
      for (uint64_t i = 0; i < steps; ++i) world.RandomStep(random);
      ASSERT_TRUE(world.read_errors().empty()) << world.read_errors().front();
      acknowledged += world.oracle().acknowledged();
      world.disk().CrashAtRandom(random);
    }
  }
  EXPECT_GT(torn, seeds / 2);
  EXPECT_GT(acknowledged, seeds * 10);
}

}  // namespace
}  // namespace jfs::log
