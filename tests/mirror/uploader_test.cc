// What an uploader makes of what it finds, one situation each and without faults.

#include "core/mirror/uploader.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "core/base/concat.h"
#include "core/mirror/tables.h"
#include "core/ots/error.h"
#include "tests/mirror/upload_world.h"

namespace jfs::mirror {
namespace {

using ots_mock::FaultKind;

constexpr Duration kMinute = 60 * kSecond;

Writer First(uint64_t term = 1) { return {.cluster = "c1", .lineage = 1, .term = term}; }

Writer Claimer(const std::string& cluster, const Fence& sealed) {
  return {
      .cluster = cluster,
      .lineage = sealed.lineage + 1,
      .term = 1,
      .claim = Recovered{.lineage = sealed.lineage, .last = sealed.last, .chain = sealed.chain}};
}

class UploaderTest : public testing::Test {
 protected:
  // A mirror of a few entries, complete.
  Leader* Upload(UploadWorld* world, int entries = 10) {
    Leader* const leader = world->Elect(First());
    world->RunFor(kSecond);
    for (int i = 0; i < entries; ++i) world->Grow(3);
    world->RunFor(20 * kSecond);
    EXPECT_EQ(world->Check(), "");
    return leader;
  }

  static void Seal(UploadWorld* world) {
    Fence fence = *world->fence();
    ++fence.revision;
    fence.state = FenceState::kSealed;
    world->service().Do(ots::WriteRow(kJournalTable, ChangeFence(fence)));
  }

  // A few keys, so that rows are deleted soon; an hour is the longest that a request floats.
  static UploadWorldOptions ShortLivedTombstones() {
    UploadWorldOptions options;
    options.keys = 6;
    options.limits.late_landing_bound = 3600 * kSecond;
    options.limits.tombstone_interval = 10 * kSecond;
    return options;
  }

  static auto Tombstones(UploadWorld* world) {
    const std::vector<DataRow> rows = world->data();
    return std::count_if(rows.begin(), rows.end(),
                         [](const DataRow& row) { return !row.value.has_value(); });
  }

  static bool Noted(const Leader* leader, std::string_view text) {
    return std::any_of(
        leader->notes().begin(), leader->notes().end(),
        [&](const std::string& note) { return note.find(text) != std::string::npos; });
  }

  static void ExpectRefused(const Leader* leader, std::string_view text) {
    const UploadStatus status = leader->status();
    EXPECT_EQ(static_cast<int>(status.phase), static_cast<int>(UploadPhase::kRefused));
    EXPECT_NE(status.problem.find(text), std::string::npos) << status.problem;
    EXPECT_TRUE(Noted(leader, text)) << "an operator reads it in the log too";
  }
};

TEST_F(UploaderTest, MirrorsAndCleansUp) {
  for (const bool atomic : {false, true}) {
    UploadWorld world({.engine = {.honours_atomic_batches = atomic}});
    const Leader* const leader = Upload(&world);
    EXPECT_TRUE(leader->admitted());
    const UploadStatus status = leader->status();
    EXPECT_EQ(static_cast<int>(status.phase), static_cast<int>(UploadPhase::kRunning));
    EXPECT_EQ(status.mirrored, world.history().last());
    EXPECT_EQ(status.folded, world.history().last());
    EXPECT_EQ(status.problem, "");
    EXPECT_EQ(status.failures, 0u);
    EXPECT_EQ(world.counts().transactions > 0, !atomic);
    Rows rows;
    for (const DataRow& row : world.data()) {
      if (row.value.has_value()) rows.emplace(row.key, *row.value);
    }
    EXPECT_EQ(rows, world.history().state());
    EXPECT_LE(world.journal_rows(), 1u) << "but for the trial's, if it had to clean up";
  }
}

TEST_F(UploaderTest, TouchesAFenceThatHasNothingToSay) {
  UploadWorld world({});
  Upload(&world);
  const uint64_t touches = world.fence()->touches;
  world.RunFor(100 * kSecond);
  EXPECT_GE(world.fence()->touches, touches + 9);
  EXPECT_LE(world.fence()->touches, touches + 11);
}

TEST_F(UploaderTest, WhatComesInSmallPiecesIsSentTogether) {
  UploadWorld world({});
  const Leader* const leader = Upload(&world);
  const uint64_t appends = leader->status().appends;
  const uint64_t reports = world.counts().progress_reports;
  for (int i = 0; i < 1000; ++i) {
    world.Grow(1);
    world.RunFor(kMillisecond);
  }
  world.RunFor(kSecond);
  EXPECT_EQ(leader->status().mirrored, world.history().last());
  EXPECT_EQ(world.Check(), "");
  EXPECT_LE(leader->status().appends, appends + 102);
  EXPECT_GT(leader->status().appends, appends + 10);
  EXPECT_LE(world.counts().progress_reports, reports + 12);
  EXPECT_GT(world.counts().progress_reports, reports);
}

TEST_F(UploaderTest, ABacklogDoesNotWait) {
  UploadWorldOptions options;
  options.limits.append_interval = kMinute;
  options.limits.run_bytes = 100;
  UploadWorld world(options);
  const Leader* const leader = world.Elect(First());
  world.RunFor(kSecond);
  for (int i = 0; i < 100; ++i) world.history().Grow(3);
  world.Grow(1);
  world.RunFor(20 * kSecond);
  EXPECT_GT(leader->status().appends, 50u);
  EXPECT_EQ(leader->status().mirrored, world.history().last());
}

TEST_F(UploaderTest, ALongRunGoesInPartsAndCountsWithTheLast) {
  UploadWorldOptions options;
  options.limits.part_bytes = 64;
  options.limits.memory_bytes = 0;
  UploadWorld world(options);
  Leader* const first = world.Elect(First());
  world.RunFor(kSecond);
  for (int i = 0; i < 20; ++i) world.history().Grow(5);
  world.Grow(1);
  // Stopped in the middle.
  while (world.fence()->parts < 3) world.RunFor(kMillisecond);
  EXPECT_EQ(world.fence()->last, 0u);
  EXPECT_EQ(world.Check(), "");
  world.Kill(first);
  world.Elect(First(2));
  world.RunFor(kMinute);
  EXPECT_EQ(world.Check(), "");
  EXPECT_EQ(world.fence()->checkpoint, world.history().last());
}

TEST_F(UploaderTest, RefusesAMirrorThatIsGone) {
  UploadWorld world({});
  Upload(&world);
  world.Kill(world.Elect(First(2)));
  world.service().Do(ots::DeleteTable(kJournalTable));
  world.service().Do(ots::DeleteTable(kDataTable));
  const Leader* const leader = world.Elect(First(3));
  world.RunFor(kMinute);
  ExpectRefused(leader, "The mirror is gone");
  EXPECT_TRUE(world.service().Try(ots::DescribeTable(kDataTable)).has_value())
      << "an empty mirror would hide what has happened";
}

TEST_F(UploaderTest, RefusesAMirrorWhoseFenceIsGone) {
  UploadWorld world({});
  Leader* const running = Upload(&world);
  world.service().Do(ots::WriteRow(
      kJournalTable, {.kind = ots::RowChange::Kind::kDelete, .row = {.primary_key = FenceKey()}}));
  const Leader* const leader = world.Elect(First(2));
  world.RunFor(kMinute);
  ExpectRefused(leader, "Tablestore has no fence");
  ExpectRefused(running, "Tablestore has no fence");
}

TEST_F(UploaderTest, RefusesWhatAnotherClusterHolds) {
  UploadWorld world({});
  Upload(&world);
  const Leader* const leader = world.Elect({.cluster = "c2", .lineage = 1, .term = 9});
  world.RunFor(kMinute);
  ExpectRefused(leader, "belongs to another cluster (open, lineage 1, cluster c1");
  ExpectRefused(leader, "recovery.mode=true");
  EXPECT_FALSE(leader->admitted());
}

TEST_F(UploaderTest, RefusesAnInstanceThatWritesNothingTogether) {
  UploadWorld world(
      {.engine = {.transactions_on_every_table = false, .honours_atomic_batches = false}});
  for (ots::TableDefinition table : TableDefinitions()) {
    table.local_transactions = false;
    world.service().Do(ots::CreateTable(table));
  }
  const Leader* const leader = world.Elect(First());
  world.RunFor(kMinute);
  ExpectRefused(leader, "transaction feature");
  EXPECT_FALSE(world.fence().has_value());
}

TEST_F(UploaderTest, RefusesTablesOfAnotherShape) {
  for (const bool fading : {false, true}) {
    UploadWorld world({});
    ots::TableDefinition table = TableDefinitions()[1];
    if (fading) {
      table.time_to_live = 86'400;
    } else {
      table.key.pop_back();
    }
    world.service().Do(ots::CreateTable(table));
    const Leader* const leader = world.Elect(First());
    world.RunFor(kMinute);
    ExpectRefused(leader, fading ? "live for 86400 seconds" : "primary key has other columns");
  }
}

TEST_F(UploaderTest, RefusesAFenceOfANewerProgram) {
  UploadWorld world({});
  Upload(&world);
  ots::Row row = ChangeFence(*world.fence()).row;
  for (ots::Cell& cell : row.cells) {
    if (cell.name == "version") cell.value = ots::Value::Integer(2);
  }
  world.service().Do(ots::WriteRow(kJournalTable, {.row = row}));
  const Leader* const leader = world.Elect(First(2));
  world.RunFor(kMinute);
  ExpectRefused(leader, "is of version 2");
}

TEST_F(UploaderTest, RefusesAMirrorWithAnotherPast) {
  UploadWorld world({});
  Upload(&world);
  Fence fence = *world.fence();
  ++fence.revision;
  ++fence.chain;
  world.service().Do(ots::WriteRow(kJournalTable, ChangeFence(fence)));
  const Leader* const leader = world.Elect(First(2));
  world.RunFor(kMinute);
  ExpectRefused(leader, "have diverged");
}

TEST_F(UploaderTest, RefusesAJournalThatIsDamaged) {
  struct Damage {
    std::string_view says;
    void (*make)(UploadWorld* world, const ots::Row& row);
  };
  const Damage damages[] = {
      {"has none that follows",
       [](UploadWorld* world, const ots::Row& row) {
         world->service().Do(ots::WriteRow(
             kJournalTable,
             {.kind = ots::RowChange::Kind::kDelete, .row = {.primary_key = row.primary_key}}));
       }},
      {"is damaged",
       [](UploadWorld* world, const ots::Row& row) {
         JournalRow changed = *DecodeJournalRow(row);
         changed.bytes[changed.bytes.size() / 2] ^= 1;
         world->service().Do(ots::WriteRow(kJournalTable, {.row = EncodeJournalRow(changed)}));
       }},
  };
  for (const Damage& damage : damages) {
    UploadWorld world({});
    Leader* const first = world.Elect(First());
    world.RunFor(kSecond);
    // Appended and not folded.
    world.history().Grow(3);
    world.Grow(3);
    while (world.fence()->last == 0) world.RunFor(kMillisecond);
    world.Kill(first);
    ASSERT_LT(world.fence()->checkpoint, world.fence()->last);
    for (const ots::Row& row : world.service().ReadAll(kJournalTable, JournalKey(0, 0))) {
      if (row.primary_key == FenceKey() || row.primary_key.front() != JournalPartition()) continue;
      damage.make(&world, row);
    }
    const Leader* const leader = world.Elect(First(2));
    world.RunFor(kMinute);
    ExpectRefused(leader, damage.says);
  }
}

TEST_F(UploaderTest, ASealEndsIt) {
  UploadWorld world({});
  const Leader* const running = Upload(&world);
  Seal(&world);
  const Fence sealed = *world.fence();
  world.Grow(2);
  world.RunFor(kMinute);
  ExpectRefused(running, "this cluster's own, has been sealed");
  const Leader* const next = world.Elect(First(2));
  world.RunFor(kMinute);
  ExpectRefused(next, "has been sealed");
  EXPECT_EQ(*world.fence(), sealed);
}

TEST_F(UploaderTest, AReplacedLeaderStopsQuietly) {
  UploadWorld world({});
  Leader* const old = Upload(&world);
  world.Depose(old);
  world.Elect(First(2));
  world.RunFor(kMinute);
  ExpectRefused(old, "A newer leader of this cluster writes the mirror");
  const uint64_t revision = world.fence()->revision;
  world.Kill(world.Elect(First(1)));
  world.RunFor(5 * kSecond);
  EXPECT_LE(world.fence()->revision, revision + 1) << "an old term takes nothing";
  EXPECT_EQ(world.fence()->term, 2u);
}

TEST_F(UploaderTest, ClaimsWhatItWasRecoveredFrom) {
  UploadWorld world({});
  Leader* const lost = Upload(&world);
  world.Kill(lost);
  Seal(&world);
  const Fence sealed = *world.fence();
  Leader* const winner = world.Elect(Claimer("c2", sealed));
  world.RunFor(5 * kSecond);
  EXPECT_TRUE(winner->admitted());
  EXPECT_EQ(world.fence()->cluster, "c2");
  EXPECT_EQ(world.fence()->lineage, 2u);
  EXPECT_EQ(world.fence()->last, sealed.last);
  for (int i = 0; i < 5; ++i) world.Grow(3);
  world.RunFor(20 * kSecond);
  EXPECT_EQ(world.Check(), "");
  EXPECT_EQ(world.fence()->checkpoint, world.history().last());
  bool of_both = false;
  for (const DataRow& row : world.data()) of_both |= row.position > PositionOf(2, 0);
  EXPECT_TRUE(of_both);

  // The next leader of the winner takes it over like any other, claim or not.
  Writer next = Claimer("c2", sealed);
  next.term = 2;
  Leader* const heir = world.Elect(next);
  world.RunFor(5 * kSecond);
  EXPECT_TRUE(heir->admitted());
  // Who was slower hears the winner's name.
  const Leader* const loser = world.Elect(Claimer("c3", sealed));
  world.RunFor(5 * kSecond);
  ExpectRefused(loser, "cluster c2");
  EXPECT_FALSE(loser->admitted());
}

TEST_F(UploaderTest, OfTwoClaimsOneWins) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    UploadWorld world({.seed = seed});
    world.Kill(Upload(&world));
    Seal(&world);
    const Fence sealed = *world.fence();
    world.service().faults().Add({.kind = FaultKind::kDropReply, .percent = 50, .count = 3});
    world.service().faults().Add({.kind = FaultKind::kLateApply,
                                  .percent = 30,
                                  .count = 2,
                                  .delay = kMillisecond,
                                  .longest_delay = 5 * kSecond});
    std::vector<Leader*> claimers;
    for (const char* const cluster : {"c2", "c3"}) {
      Writer writer = Claimer(cluster, sealed);
      writer.claim_only = true;
      claimers.push_back(world.Elect(writer));
    }
    world.RunFor(3 * kMinute);
    int won = 0;
    for (const Leader* const claimer : claimers) {
      const bool mine = world.fence()->cluster == claimer->writer().cluster;
      won += mine ? 1 : 0;
      EXPECT_EQ(claimer->admitted(), mine);
      EXPECT_EQ(static_cast<int>(claimer->status().phase),
                static_cast<int>(mine ? UploadPhase::kClaimed : UploadPhase::kRefused));
    }
    EXPECT_EQ(won, 1);
    EXPECT_EQ(world.fence()->last, sealed.last);
    EXPECT_EQ(world.fence()->state, FenceState::kOpen);
  }
}

TEST_F(UploaderTest, GoesOnAfterALongOutage) {
  UploadWorld world({});
  const Leader* const leader = Upload(&world);
  world.service().faults().Add({.kind = FaultKind::kOutage});
  for (int i = 0; i < 50; ++i) {
    world.Grow(4);
    world.RunFor(10 * kSecond);
  }
  const UploadStatus away = leader->status();
  EXPECT_GT(away.failures, 3u);
  EXPECT_LT(away.failures, 100u) << "it backs off";
  EXPECT_NE(away.problem.find("connection"), std::string::npos) << away.problem;
  EXPECT_LE(leader->notes().size(), 12u) << "the log is not flooded";
  world.service().faults().Clear();
  const uint64_t revision = world.fence()->revision;
  world.RunFor(15 * kSecond);
  EXPECT_GT(world.fence()->revision, revision) << "who is silent for 30 s is taken for dead";
  world.RunFor(kMinute);
  EXPECT_EQ(world.Check(), "");
  EXPECT_EQ(leader->status().folded, world.history().last());
  EXPECT_EQ(leader->status().problem, "");
}

TEST_F(UploaderTest, ATransactionThatSomebodyLeftOpenRunsOut) {
  UploadWorld world({.engine = {.honours_atomic_batches = false}});
  const Leader* const leader = Upload(&world);
  world.service().Do(ots::StartLocalTransaction(kJournalTable, JournalPartition()));
  world.Grow(3);
  world.RunFor(30 * kSecond);
  EXPECT_LT(leader->status().mirrored, world.history().last());
  world.RunFor(90 * kSecond);
  EXPECT_EQ(leader->status().mirrored, world.history().last());
  EXPECT_EQ(world.Check(), "");
}

// Appends that follow each other without a gap hold the partition's lock all the time.
TEST_F(UploaderTest, TheJournalStaysShortUnderLoad) {
  for (const bool atomic : {false, true}) {
    UploadWorld world({.engine = {.honours_atomic_batches = atomic}});
    const Leader* const leader = world.Elect(First());
    world.RunFor(kSecond);
    size_t most = 0;
    for (int i = 0; i < 2500; ++i) {
      world.Grow(2);
      world.RunFor(10 * kMillisecond);
      if (i % 100 == 0) most = std::max(most, world.journal_rows());
    }
    EXPECT_GT(leader->status().appends, 900u);
    EXPECT_LT(most, 850u) << "atomic batches: " << atomic;
    EXPECT_EQ(world.Check(), "");
  }
}

TEST_F(UploaderTest, TombstonesStayUntilNothingCanFloatAnyMore) {
  UploadWorld world(ShortLivedTombstones());
  const Leader* const leader = Upload(&world);
  // One entry at a time, so that rows are folded before they are deleted.
  for (int i = 0; i < 10; ++i) {
    world.Grow(3);
    world.RunFor(5 * kSecond);
  }
  const auto before = Tombstones(&world);
  ASSERT_GT(before, 0);
  world.RunFor(3400 * kSecond);
  EXPECT_EQ(Tombstones(&world), before);
  world.RunFor(400 * kSecond);
  EXPECT_EQ(Tombstones(&world), 0);
  EXPECT_EQ(leader->status().tombstones_removed, static_cast<uint64_t>(before));
  EXPECT_EQ(world.Check(), "");
}

// Seed 9122 of the simulator: the put of an older row that the second leader sent once more landed
// when the first one's tombstone was old, and gone.
TEST_F(UploaderTest, ATombstoneThatIsFoldedAgainIsNewAgain) {
  UploadWorld world(ShortLivedTombstones());
  Leader* const first = Upload(&world);
  // It dies when a row has been folded and its tombstone too, but no checkpoint says so yet.
  const auto before = Tombstones(&world);
  for (int i = 0; i < 50 && Tombstones(&world) <= before; ++i) {
    world.Grow(1);
    for (int ms = 0; ms < 3000 && Tombstones(&world) <= before; ++ms) world.RunFor(kMillisecond);
  }
  ASSERT_GT(Tombstones(&world), before);
  ASSERT_LT(world.fence()->checkpoint, first->status().mirrored);
  world.Kill(first);
  const auto kept = Tombstones(&world);
  world.RunFor(3000 * kSecond);
  const Leader* const second = world.Elect(First(2));
  world.RunFor(1500 * kSecond);
  EXPECT_GE(Tombstones(&world), 1) << "folded again 1500 s ago";
  EXPECT_LE(Tombstones(&world), kept);
  world.RunFor(2500 * kSecond);
  EXPECT_EQ(Tombstones(&world), 0);
  EXPECT_GT(second->status().tombstones_removed, 0u);
  EXPECT_EQ(world.Check(), "");
}

}  // namespace
}  // namespace jfs::mirror
