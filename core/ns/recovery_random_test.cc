#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/ns/keys.h"
#include "core/ns/random_commands.h"
#include "core/ns/recount.h"
#include "core/ns/test_mirror.h"
#include "core/ns/test_world.h"

namespace jfs::ns {
namespace {

// Rows that say where files are: not mirrored, but made anew from the entries.
kv::MemoryStore::Map PlaceRows(const TestWorld& world) {
  kv::MemoryStore::Map rows;
  for (const auto& [key, value] : world.store().contents()) {
    if (key[0] == static_cast<char>(Prefix::kFilePlace)) rows.emplace(key, value);
  }
  return rows;
}

InodeId HighestInode(const TestWorld& world) {
  InodeId highest = 0;
  for (const Prefix prefix : {Prefix::kDirectory, Prefix::kFilePlace}) {
    for (const auto& [key, value] : world.store().contents()) {
      InodeId id = 0;
      if (ParseInodeKey(key, prefix, &id)) highest = std::max(highest, id);
    }
  }
  return highest;
}

void RunSome(Random* random, int steps, Known* known, TestMirror* mirror, TestWorld* world) {
  const int checkpoint = static_cast<int>(random->Below(static_cast<uint64_t>(steps)));
  for (int step = 0; step < steps; ++step) {
    const CommandBatch batch =
        RandomBatch(random, known, 1'000'000 + random->Below(5000), random->Between(1, 5));
    const std::vector<Reply> replies = world->Run(batch);
    for (size_t i = 0; i < replies.size(); ++i) {
      Note(batch.commands[i].operation, replies[i], known);
    }
    mirror->Take(*world);
    if (step == checkpoint) mirror->Checkpoint();
  }
}

// Puts the recovery's commands into entries as they come, with what leaders do by mistake in
// between; the process is killed now and then.
void LoadCarelessly(const TestMirror& mirror, uint16_t lineage, Random* random, TestWorld* world) {
  const std::vector<LoadRows> chunks = mirror.Chunks(random);
  std::vector<Operation> operations;
  for (size_t i = 0; i < chunks.size(); ++i) {
    if (random->Chance(1, 10)) operations.push_back(mirror.Source(lineage));
    if (random->Chance(1, 5)) operations.push_back(chunks[random->Below(i + 1)]);  // late
    if (i + 1 < chunks.size() && random->Chance(1, 5)) operations.push_back(chunks[i + 1]);
    operations.push_back(chunks[i]);
    if (random->Chance(1, 5)) operations.push_back(chunks[i]);  // twice
    if (random->Chance(1, 10)) operations.push_back(Mkdirs{"/refused"});
    if (random->Chance(1, 10)) operations.push_back(FinishDeletes{5});
    if (i + 1 < chunks.size() && random->Chance(1, 10)) {
      operations.push_back(FinishRecovery{true, ""});
    }
  }
  world->Run(mirror.Source(lineage));
  for (size_t at = 0; at < operations.size();) {
    CommandBatch batch;
    batch.wall = WallMillis(world->wall);
    for (uint64_t left = random->Between(1, 4); left > 0 && at < operations.size(); --left) {
      batch.commands.push_back({1, Superuser(), {}, operations[at++]});
    }
    world->Run(batch);
    if (!random->Chance(1, 6)) continue;
    const RecoveryRecord before = world->ns().recovery();
    const uint64_t hash = world->ns().state_hash();
    world->Reopen();
    ASSERT_EQ(world->ns().recovery(), before);
    ASSERT_EQ(world->ns().state_hash(), hash);
    ASSERT_EQ(world->Findings(), "");
  }
}

TEST(RecoveryRandomTest, WhatIsRecoveredIsWhatWasThereAndGoesOn) {
  uint64_t loaded = 0;
  uint64_t changed_after = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(3000 + seed);
    TestWorld lost(SetMirror{.on = true});
    TestMirror mirror;
    Known known;
    RunSome(&random, 200, &known, &mirror, &lost);
    // All is lost three times over.
    for (uint16_t lineage = 1; lineage <= 3; ++lineage) {
      SCOPED_TRACE("lineage " + std::to_string(lineage));
      TestWorld world{TestWorld::Empty{}};
      world.wall = random.Below(2'000'000);
      ASSERT_NO_FATAL_FAILURE(LoadCarelessly(mirror, lineage, &random, &world));
      ASSERT_EQ(world.ns().recovery().state, RecoveryState::kLoading)
          << world.ns().recovery().failure;
      ASSERT_EQ(world.ns().recovery().cursor, kRecoveryEnd);
      ASSERT_EQ(world.TreeRows(), mirror.rows());
      ASSERT_EQ(world.TreeRows(), lost.TreeRows());
      ASSERT_EQ(PlaceRows(world), PlaceRows(lost));
      loaded += mirror.rows().size();

      Recount recount;
      while (!*recount.Step(world.store(), random.Between(1, 50))) {
      }
      ASSERT_EQ(recount.problem(), "");
      ASSERT_EQ(recount.totals(), TotalsOf(mirror.Source(lineage)));
      world.Run(FinishRecovery{true, ""});
      ASSERT_EQ(world.ns().recovery().state, RecoveryState::kFinished)
          << world.ns().recovery().failure;
      if (random.Chance(1, 2)) world.Reopen();
      ASSERT_EQ(world.Findings(), "");
      ASSERT_EQ(world.ns().totals(1), lost.ns().totals(1));
      ASSERT_EQ(world.ns().position(), lost.ns().position());
      ASSERT_EQ(world.Tree(), lost.Tree());
      for (int i = 0; i < 30; ++i) {
        const Query query = GetFileInfo{RandomPath(&random)};
        ASSERT_EQ(world.Ask(query), lost.Ask(query));
      }
      world.Run(ClaimRecovered{static_cast<uint16_t>(lineage + 1), true});
      ASSERT_EQ(world.ns().recovery().state, RecoveryState::kNone);
      ASSERT_EQ(world.Findings(), "");

      const InodeId highest = HighestInode(world);
      mirror.Checkpoint();
      RunSome(&random, 120, &known, &mirror, &world);
      ASSERT_EQ(world.Findings(), "");
      ASSERT_EQ(world.TreeRows(), mirror.rows());
      ASSERT_EQ(world.ns().position(), Position::Of(lineage + 1, mirror.last().last));
      const InodeId made = HighestInode(world);
      if (made != highest) {
        ASSERT_EQ(made >> 48, lineage);
      }
      changed_after += mirror.last().last;
      lost.store() = kv::MemoryStore(world.store().contents());
      lost.Reopen();
    }
  }
  EXPECT_GT(loaded, 1000u);
  EXPECT_GT(changed_after, 5000u);
}

// One thing too many or too few, wherever it is, and the recovery does not finish.
TEST(RecoveryRandomTest, ALostOrChangedRowIsFound) {
  uint64_t found_by_recount = 0;
  uint64_t found_by_totals = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(4000 + seed);
    TestWorld lost(SetMirror{.on = true});
    TestMirror mirror;
    Known known;
    RunSome(&random, 60, &known, &mirror, &lost);
    lost.FinishAllDeletes(50);
    mirror.Take(lost);
    std::vector<std::string> keys;  // whose loss a recount must see
    for (const auto& [key, value] : mirror.rows()) {
      if (key[0] == 'e' || key[0] == 'd' || key[0] == 'n') keys.push_back(key);
    }
    const std::string& key = keys[random.Below(keys.size())];
    SCOPED_TRACE(KeyText(key));
    TestWorld world{TestWorld::Empty{}};
    world.Run(mirror.Source(1));
    std::vector<LoadRows> chunks = mirror.Chunks(&random);
    chunks.back().rows.push_back({key, std::nullopt});
    for (const LoadRows& chunk : chunks) world.Run(chunk);
    Recount recount;
    while (!*recount.Step(world.store(), 7)) {
    }
    const bool noticed =
        !recount.problem().empty() || recount.totals() != TotalsOf(mirror.Source(1));
    EXPECT_TRUE(noticed);
    found_by_recount += noticed ? 1 : 0;
    world.Run(FinishRecovery{true, ""});
    if (world.ns().recovery().state == RecoveryState::kFailed) ++found_by_totals;
  }
  EXPECT_EQ(found_by_recount, 40u);
  EXPECT_GT(found_by_totals, 5u);
}

}  // namespace
}  // namespace jfs::ns
