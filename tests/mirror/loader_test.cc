// Loads of mirrors written by hand: shapes, faults, leader changes, living writers.

#include "core/mirror/loader.h"

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "core/base/concat.h"
#include "core/mirror/fence.h"
#include "core/mirror/tables.h"
#include "ots_mock/engine/faults.h"
#include "tests/mirror/recovering_cluster.h"
#include "tests/mirror/virtual_service.h"
#include "tests/mirror/written_mirror.h"

namespace jfs::mirror {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr Duration kLong = 3600 * kSecond;

// Chunks and pages of a few rows, so that a small mirror has many of both.
LoadLimits SmallLimits() {
  LoadLimits limits;
  limits.chunk_bytes = 300;
  limits.chunk_rows = 7;
  limits.chunks_ahead = 3;
  return limits;
}

ots_mock::EngineOptions SmallPages() {
  ots_mock::EngineOptions options;
  options.max_scanned_rows = 5;
  return options;
}

void AddFault(std::string_view text, VirtualService* service) {
  const absl::StatusOr<ots_mock::FaultRule> rule = ots_mock::ParseFaultRule(text);
  ASSERT_TRUE(rule.ok()) << rule.status().ToString();
  service->faults().Add(*rule);
}

void ExpectLoaded(const RecoveringCluster& cluster, const History& history) {
  EXPECT_FALSE(cluster.failed().has_value()) << *cluster.failed();
  EXPECT_EQ(cluster.cursor(), Loader::kEnd);
  EXPECT_EQ(cluster.rows(), history.state());
}

// ---- Everything comes back ----

struct ShapeCase {
  const char* name;
  int entries;
  MirrorShape shape;
};
constexpr size_t kAllRuns = 1000;
const ShapeCase kShapes[] = {
    {"Empty", 0, {}},
    {"JournalOnly", 60, {.folded_runs = 0}},
    {"DataOnly", 60, {.folded_runs = kAllRuns}},
    {"DataAndUntrimmedJournal", 60, {.folded_runs = kAllRuns, .keep_folded_runs = true}},
    {"Both", 120, {.folded_runs = 12}},
    {"BothUntrimmed", 120, {.folded_runs = 12, .keep_folded_runs = true}},
    {"RunsOfOneEntry", 40, {.run_entries = 1, .folded_runs = 5}},
    {"OneLongRun", 80, {.run_entries = 1000, .folded_runs = 0}},
    {"PartsOfAFewBytes", 60, {.folded_runs = 2, .part_bytes = 9}},
};

struct LoaderShapes : testing::TestWithParam<ShapeCase> {};
TEST_P(LoaderShapes, ComeBackWhole) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(Concat("seed ", seed));
    History history(seed);
    history.GrowMany(GetParam().entries);
    VirtualService service(SmallPages(), seed);
    MirrorShape shape = GetParam().shape;
    shape.seed = seed;
    const Fence before = WriteMirror(history, shape, &service);

    RecoveringCluster cluster({.limits = SmallLimits(), .seed = seed}, &service);
    cluster.Start();
    cluster.RunFor(kLong);
    ExpectLoaded(cluster, history);

    Fence sealed = before;
    sealed.state = FenceState::kSealed;
    ++sealed.revision;
    EXPECT_EQ(ReadFence(&service), sealed);
    EXPECT_EQ(cluster.sealed(), sealed);
    EXPECT_EQ(cluster.status().phase, LoadPhase::kLoaded);
    EXPECT_EQ(cluster.chunks_refused(), 0u);
    EXPECT_GE(cluster.sealed_at(), Micros(SmallLimits().quiet_time));
  }
}
INSTANTIATE_TEST_SUITE_P(All, LoaderShapes, testing::ValuesIn(kShapes),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(LoaderTest, LargeLimitsAndOnePage) {
  History history(5, 500);
  history.GrowMany(300);
  VirtualService service;
  WriteMirror(history, {.run_entries = 40, .folded_runs = 3}, &service);
  RecoveringCluster cluster({}, &service);
  cluster.Start();
  cluster.RunFor(kLong);
  ExpectLoaded(cluster, history);
  // Data, journal, end.
  EXPECT_LE(cluster.chunks_applied(), 3u);
}

TEST(LoaderTest, AnOutboxRowLargerThanAChunkIsCut) {
  History history(6, 400);
  history.Grow(300);
  history.Grow(2);
  history.Grow(300);
  VirtualService service(SmallPages());
  WriteMirror(history, {.run_entries = 10, .folded_runs = 0, .part_bytes = 500}, &service);
  RecoveringCluster cluster({.limits = SmallLimits()}, &service);
  cluster.Start();
  cluster.RunFor(kLong);
  ExpectLoaded(cluster, history);
  EXPECT_GT(cluster.chunks_applied(), 600u / SmallLimits().chunk_rows / 2);
}

TEST(LoaderTest, ASealedMirrorIsLoadedAtOnce) {
  History history(7);
  history.GrowMany(40);
  VirtualService service;
  Fence fence = WriteMirror(history, {}, &service);
  fence.state = FenceState::kSealed;
  ForceFence(fence, &service);
  RecoveringCluster cluster({}, &service);
  cluster.Start();
  cluster.RunFor(kSecond);
  ExpectLoaded(cluster, history);
  EXPECT_EQ(ReadFence(&service), fence);
}

// ---- Faults, lost proposals, leaders that come and go ----

const char* const kFaults[] = {
    "throttle:percent=40",
    "drop-request:percent=40",
    "drop-reply:percent=40",
    "fail-before:percent=40",
    "fail-after:percent=40,code=OTSTimeout",
    "late-apply:percent=50,operation=writes,ms=100-60000",
    "delay:percent=50,ms=10-3000",
    "outage:percent=100,count=200",
};

struct LoaderFaults : testing::TestWithParam<const char*> {};
TEST_P(LoaderFaults, DoNotMatter) {
  uint64_t hits = 0;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(Concat(GetParam(), ", seed ", seed));
    History history(seed);
    history.GrowMany(80);
    VirtualService service(SmallPages(), seed);
    WriteMirror(history, {.seed = seed, .folded_runs = 9}, &service);
    AddFault(GetParam(), &service);
    RecoveringCluster cluster({.limits = SmallLimits(), .seed = seed, .lost_proposals_percent = 10},
                              &service);
    cluster.Start();
    cluster.RunFor(5 * kLong);
    ExpectLoaded(cluster, history);
    hits += service.faults().hits();
  }
  EXPECT_GT(hits, 0u);
}
INSTANTIATE_TEST_SUITE_P(All, LoaderFaults, testing::ValuesIn(kFaults));

TEST(LoaderTest, AnotherLeaderGoesOnAfterAnyStep) {
  History history(11);
  history.GrowMany(60);
  const MirrorShape shape{.seed = 2, .folded_runs = 8};
  uint64_t steps = 0;
  for (uint64_t step = 0; step <= steps; ++step) {
    SCOPED_TRACE(Concat("the leader goes after step ", step));
    VirtualService service(SmallPages(), step);
    WriteMirror(history, shape, &service);
    RecoveringCluster cluster({.limits = SmallLimits(), .seed = step}, &service);
    cluster.OnStep([&](uint64_t n) {
      if (n == step) service.At(service.now(), [&] { cluster.ChangeLeader(); });
    });
    cluster.Start();
    cluster.RunFor(kLong);
    ExpectLoaded(cluster, history);
    if (step == 0) steps = cluster.steps();
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(steps, 50u);
}

TEST(LoaderTest, LeadersThatNeverLastLong) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(Concat("seed ", seed));
    History history(seed);
    history.GrowMany(60);
    history.Grow(100);
    VirtualService service(SmallPages(), seed);
    Fence fence =
        WriteMirror(history, {.seed = seed, .folded_runs = 8, .part_bytes = 60}, &service);
    fence.state = FenceState::kSealed;
    ForceFence(fence, &service);
    AddFault("drop-reply:percent=5", &service);
    RecoveringCluster cluster({.limits = SmallLimits(), .seed = seed, .lost_proposals_percent = 5},
                              &service);
    cluster.OnStep([&](uint64_t n) {
      if (n % 25 == seed) service.At(service.now(), [&] { cluster.ChangeLeader(); });
    });
    cluster.Start();
    cluster.RunFor(kLong);
    ExpectLoaded(cluster, history);
  }
}

TEST(LoaderTest, ChunksThatAreLostAreGivenOutAgain) {
  History history(12);
  history.GrowMany(80);
  VirtualService service(SmallPages());
  WriteMirror(history, {}, &service);
  RecoveringCluster cluster({.limits = SmallLimits(), .lost_proposals_percent = 60}, &service);
  cluster.Start();
  cluster.RunFor(5 * kLong);
  ExpectLoaded(cluster, history);
  EXPECT_GT(cluster.chunks_refused(), 0u);
}

TEST(LoaderTest, TwoClustersLoadOneMirrorAtOnce) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(Concat("seed ", seed));
    History history(seed);
    history.GrowMany(80);
    VirtualService service(SmallPages(), seed);
    const Fence before = WriteMirror(history, {.seed = seed}, &service);
    AddFault("drop-reply:percent=20", &service);
    AddFault("delay:percent=50,ms=1-500", &service);
    RecoveringCluster one({.limits = SmallLimits(), .seed = seed, .name = "one"}, &service);
    RecoveringCluster other({.limits = SmallLimits(), .seed = seed + 1, .name = "other"}, &service);
    one.Start();
    other.Start();
    one.RunFor(kLong);
    other.RunFor(kLong);
    ExpectLoaded(one, history);
    ExpectLoaded(other, history);
    EXPECT_EQ(ReadFence(&service).revision, before.revision + 1);
  }
}

// ---- The old writer ----

// A writer that touches its fence every ten seconds, as far as the service lets it.
class LivingWriter {
 public:
  explicit LivingWriter(VirtualService* service) : service_(service) {}
  void Live(Micros until) {
    service_->At(service_->now() + 10 * kSecond, [this, until] {
      if (service_->now() >= until || refused_) return;
      Fence after = ReadFence(service_);
      if (after.state == FenceState::kSealed) {
        refused_ = true;
        return;
      }
      ++after.revision;
      ++after.touches;
      service_->Call(ots::WriteRow(kJournalTable, ChangeFence(after)), {.repeatable = true},
                     [this, until](const ots::Outcome& outcome) {
                       if (outcome.kind == ots::Outcome::Kind::kDone) touched_ = service_->now();
                       Live(until);
                     });
    });
  }
  bool refused() const { return refused_; }
  Micros touched() const { return touched_; }

 private:
  VirtualService* const service_;
  bool refused_ = false;
  Micros touched_;
};

TEST(LoaderTest, ALivingWriterIsWaitedForAndNamed) {
  History history(13);
  history.GrowMany(30);
  VirtualService service;
  WriteMirror(history, {.cluster = "feedfacefeedface"}, &service);
  LivingWriter writer(&service);
  const Micros stops = service.now() + kLong;
  writer.Live(stops);
  RecoveringCluster cluster({}, &service);
  cluster.Start();
  cluster.RunFor(kLong);
  EXPECT_FALSE(writer.refused());
  EXPECT_EQ(cluster.status().phase, LoadPhase::kWaiting);
  EXPECT_THAT(cluster.status().waiting_for, HasSubstr("feedfacefeedface"));
  EXPECT_THAT(cluster.notes(), Contains(HasSubstr("feedfacefeedface")));

  // It has stopped by now.
  cluster.RunFor(kLong);
  ExpectLoaded(cluster, history);
  EXPECT_GE(cluster.sealed_at() - writer.touched(), LoadLimits().quiet_time);
  EXPECT_LE(cluster.sealed_at() - writer.touched(), 2 * LoadLimits().quiet_time);
}

TEST(LoaderTest, AnOutageIsNoSignThatTheWriterIsGone) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(Concat("seed ", seed));
    History history(seed);
    history.GrowMany(10);
    VirtualService service({}, seed);
    WriteMirror(history, {}, &service);
    LivingWriter writer(&service);
    writer.Live(kNever);
    RecoveringCluster cluster({.seed = seed}, &service);
    cluster.Start();
    for (int i = 0; i < 20; ++i) {
      const Duration good = Random(seed * 100 + i).Below(60) * kSecond;
      cluster.RunFor(good);
      AddFault("outage", &service);
      cluster.RunFor((i + seed) * kSecond);
      service.faults().Clear();
    }
    cluster.RunFor(kLong);
    EXPECT_FALSE(writer.refused());
    EXPECT_EQ(cluster.status().phase, LoadPhase::kWaiting);
  }
}

TEST(LoaderTest, AnAppendBetweenLookAndSealIsNotLost) {
  History history(14);
  history.GrowMany(20);
  VirtualService service;
  WriteMirror(history, {}, &service);
  RecoveringCluster cluster({}, &service);
  bool moved = false;
  cluster.OnStep([&](uint64_t) {
    if (moved || cluster.status().phase != LoadPhase::kSealing) return;
    moved = true;
    Fence fence = ReadFence(&service);
    ++fence.revision;
    ++fence.touches;
    EXPECT_FALSE(service.Try(ots::WriteRow(kJournalTable, ChangeFence(fence))).has_value());
  });
  cluster.Start();
  cluster.RunFor(LoadLimits().quiet_time * 3 / 2);
  EXPECT_TRUE(moved);
  EXPECT_EQ(cluster.status().phase, LoadPhase::kWaiting);
  cluster.RunFor(kLong);
  ExpectLoaded(cluster, history);
  EXPECT_EQ(cluster.sealed()->touches, 1u);
}

TEST(LoaderTest, WhatTheOldWriterSentLandsInVain) {
  History history(15);
  history.GrowMany(60);
  VirtualService service(SmallPages());
  const Fence before = WriteMirror(history, {.folded_runs = 3}, &service);
  RecoveringCluster cluster({.limits = SmallLimits()}, &service);
  uint64_t landed = 0;
  cluster.OnStep([&](uint64_t) {
    if (!cluster.sealed().has_value()) return;
    // A touch, and an append with its journal row, as they were sent before the seal.
    Fence append = before;
    ++append.revision;
    append.last += 5;
    const JournalRow row{.first = before.last + 1,
                         .last = before.last + 5,
                         .parts = 1,
                         .lineage = before.lineage,
                         .bytes = "late"};
    const ots::TableChanges batch{
        .table = std::string(kJournalTable),
        .rows = {ChangeFence(append),
                 {.kind = ots::RowChange::Kind::kPut, .row = EncodeJournalRow(row)}}};
    service.Do(ots::BatchWriteRow({{batch}}, /*atomic=*/true));
    // And folds of what had been in the journal.
    const auto& entries = history.entries();
    const History::Entry& entry = entries[landed++ % entries.size()];
    for (const outbox::RowChange& change : entry.row.changes) {
      service.Try(ots::WriteRow(kDataTable,
                                FoldRow({.key = change.key,
                                         .value = change.after,
                                         .position = PositionOf(before.lineage, entry.row.last)})));
    }
  });
  cluster.Start();
  cluster.RunFor(kLong);
  ExpectLoaded(cluster, history);
  EXPECT_GT(landed, history.entries().size());
  EXPECT_EQ(ReadFence(&service), cluster.sealed());
}

// ---- Somebody else claims the mirror ----

TEST(LoaderTest, AMirrorThatIsClaimedMeanwhileIsNotLoaded) {
  History history(16);
  history.GrowMany(80);
  std::set<LoadPhase> phases;
  for (uint64_t after = 1;; after += 3) {
    SCOPED_TRACE(Concat("claimed after ", after, " chunks"));
    VirtualService service(SmallPages(), after);
    WriteMirror(history, {.folded_runs = 9}, &service);
    RecoveringCluster cluster({.limits = SmallLimits(), .seed = after}, &service);
    bool claimed = false;
    cluster.OnStep([&](uint64_t) {
      if (claimed || cluster.chunks_applied() < after || cluster.ended()) return;
      claimed = true;
      phases.insert(cluster.status().phase);
      Fence fence = ReadFence(&service);
      ++fence.revision;
      fence.state = FenceState::kOpen;
      fence.cluster = "decafdecafdecaf0";
      ++fence.lineage;
      service.Do(ots::WriteRow(kJournalTable, ChangeFence(fence)));
      // The new writer goes on at once: it deletes everything.
      for (const auto& [key, value] : history.state()) {
        const DataRow row{.key = key, .position = PositionOf(fence.lineage, fence.last + 1)};
        service.Do(ots::WriteRow(kDataTable, FoldRow(row)));
      }
    });
    cluster.Start();
    cluster.RunFor(kLong);
    ASSERT_TRUE(cluster.ended());
    if (!claimed) break;
    ASSERT_TRUE(cluster.failed().has_value());
    EXPECT_THAT(*cluster.failed(), HasSubstr("claimed by cluster decafdecafdecaf0"));
    EXPECT_NE(cluster.cursor(), Loader::kEnd);
  }
  EXPECT_TRUE(phases.contains(LoadPhase::kLoadingData));
  EXPECT_TRUE(phases.contains(LoadPhase::kLoadingJournal));
}

// ---- An instance that cannot be read ----

TEST(LoaderTest, WhatIsWrongWithTheInstanceStandsInTheStatus) {
  History history(17);
  history.GrowMany(20);
  VirtualService service;
  WriteMirror(history, {}, &service);
  AddFault("fail-before:code=OTSAuthFailed", &service);
  RecoveringCluster cluster({}, &service);
  cluster.Start();
  cluster.RunFor(600 * kSecond);
  EXPECT_FALSE(cluster.ended());
  EXPECT_THAT(cluster.status().problem, HasSubstr("OTSAuthFailed"));
  EXPECT_LT(service.faults().hits(), 40u) << "pauses grow";
  service.faults().Clear();
  cluster.RunFor(kLong);
  ExpectLoaded(cluster, history);
  EXPECT_EQ(cluster.status().problem, "");
  EXPECT_THAT(cluster.notes(), Contains(HasSubstr("can be read again")));
}

// ---- Planted bugs are bugs ----

struct PlantedCase {
  const char* name;
  Mutation mutation;
};
const PlantedCase kPlanted[] = {
    {"DeletesNotLoaded", Mutation::kA09DeletesNotLoaded},
    {"JournalNotLoaded", Mutation::kA10JournalNotLoaded},
    {"CursorRowSkipped", Mutation::kA11CursorRowSkipped},
};
struct LoaderPlanted : testing::TestWithParam<PlantedCase> {};
TEST_P(LoaderPlanted, LoadsSomethingElse) {
  History history(18);
  history.GrowMany(80);
  VirtualService service(SmallPages());
  WriteMirror(history, {.folded_runs = 9}, &service);
  RecoveringCluster cluster({.limits = SmallLimits(), .mutations = Mutations(GetParam().mutation)},
                            &service);
  cluster.OnStep([&](uint64_t n) {
    if (n % 20 == 0) service.At(service.now(), [&] { cluster.ChangeLeader(); });
  });
  cluster.Start();
  cluster.RunFor(kLong);
  EXPECT_TRUE(cluster.failed().has_value() || cluster.rows() != history.state());
}
INSTANTIATE_TEST_SUITE_P(All, LoaderPlanted, testing::ValuesIn(kPlanted),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(LoaderTest, PlantedSealsCutOffALivingWriter) {
  for (const Mutation mutation :
       {Mutation::kA07SealsLivingWriter, Mutation::kA08SealUnconditional}) {
    History history(19);
    history.GrowMany(20);
    VirtualService service;
    const Fence before = WriteMirror(history, {}, &service);
    RecoveringCluster cluster({.mutations = Mutations(mutation)}, &service);
    uint64_t touches = 0;
    cluster.OnStep([&](uint64_t) {
      if (cluster.status().phase != LoadPhase::kSealing || touches > 0) return;
      Fence fence = ReadFence(&service);
      fence.touches += ++touches;
      ++fence.revision;
      service.Do(ots::WriteRow(kJournalTable, ChangeFence(fence)));
    });
    cluster.Start();
    cluster.RunFor(40 * kSecond);
    ASSERT_TRUE(cluster.sealed().has_value());
    if (mutation == Mutation::kA07SealsLivingWriter) {
      EXPECT_LT(cluster.sealed_at() - Micros(0), LoadLimits().quiet_time);
    } else {
      EXPECT_EQ(cluster.sealed()->touches, before.touches) << "the touch is lost";
    }
  }
}

}  // namespace
}  // namespace jfs::mirror
