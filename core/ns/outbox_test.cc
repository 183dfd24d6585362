#include "core/ns/outbox.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/ns/keys.h"
#include "core/ns/mirror_record.h"
#include "core/ns/test_world.h"

namespace jfs::ns {
namespace {

std::vector<uint64_t> SequencesKept(TestWorld* world) {
  std::vector<uint64_t> kept;
  for (const auto& [key, value] : world->store().contents()) {
    uint64_t last = 0;
    if (ParseOutboxKey(key, &last)) kept.push_back(last);
  }
  return kept;
}

TEST(OutboxTest, NothingIsKeptWithoutAMirror) {
  TestWorld undecided;
  undecided.Make("/d/ /d/f");
  EXPECT_EQ(undecided.ns().mirror().record.state, MirrorState::kUndecided);
  TestWorld off(SetMirror{.on = false});
  off.Make("/d/ /d/f");
  EXPECT_EQ(off.ns().mirror().record.state, MirrorState::kOff);
  EXPECT_EQ(SequencesKept(&undecided), std::vector<uint64_t>());
  EXPECT_EQ(SequencesKept(&off), std::vector<uint64_t>());
}

TEST(OutboxTest, TheFirstDecisionStays) {
  TestWorld late;  // its root exists already: what came before would be missing
  late.Run(SetMirror{.on = true});
  EXPECT_EQ(late.ns().mirror().record.state, MirrorState::kOff);
  TestWorld off(SetMirror{.on = false});
  off.Run(SetMirror{.on = true});
  EXPECT_EQ(off.ns().mirror().record.state, MirrorState::kOff);
  TestWorld on(SetMirror{.on = true, .outbox_bytes = 1000});
  on.Run(SetMirror{.on = false});
  EXPECT_EQ(on.ns().mirror().record.state, MirrorState::kOn);
  EXPECT_EQ(on.ns().mirror().record.cap_bytes, 1000u);
  on.Run(SetMirror{.on = true, .outbox_bytes = 5000});
  EXPECT_EQ(on.ns().mirror().record.cap_bytes, 5000u);
  on.Reopen();
  EXPECT_EQ(on.ns().mirror().record.state, MirrorState::kOn);
  EXPECT_EQ(on.Findings(), "");
}

TEST(OutboxTest, OneRowAnEntryAndNoneForWhatChangesNothing) {
  TestWorld world(SetMirror{.on = true});
  EXPECT_EQ(SequencesKept(&world), std::vector<uint64_t>({1}));  // the namespace itself
  CommandBatch batch;
  batch.wall = WallMillis(world.wall);
  for (const char* path : {"/a", "/b", "/c"}) {
    batch.commands.push_back({1, Superuser(), {}, Mkdirs{path}});
  }
  world.Run(batch);
  EXPECT_EQ(SequencesKept(&world), std::vector<uint64_t>({1, 4}));
  world.Run(Mkdirs{"/a"});                                // is there
  world.Run(Delete{"/nowhere"});                          // is not
  world.Run(Mkdirs{"/d"}, User("alice"), {"client", 1});  // not allowed, remembered
  world.Run(Advance{});
  world.Run(SetSafeMode{true});
  world.Run(SetSafeMode{false});
  EXPECT_EQ(SequencesKept(&world), std::vector<uint64_t>({1, 4}));
  EXPECT_EQ(world.Findings(), "");
}

TEST(OutboxTest, WhatTheMirrorHasGoesAFewRowsAtATime) {
  TestWorld world(SetMirror{.on = true});
  for (int i = 0; i < 200; ++i) world.Make("/d" + std::to_string(i) + "/");
  EXPECT_EQ(SequencesKept(&world).size(), 201u);
  world.Run(MirrorProgress{150});
  EXPECT_TRUE(world.ns().mirror().trim_pending);
  EXPECT_EQ(SequencesKept(&world).front(), static_cast<uint64_t>(Outbox::kTrimRows) + 1);
  EXPECT_EQ(world.Findings(), "");
  world.Run(MirrorProgress{100});  // late: nothing goes back
  EXPECT_EQ(world.ns().mirror().record.mirrored, 150u);
  world.Run(Advance{});
  EXPECT_FALSE(world.ns().mirror().trim_pending);
  EXPECT_EQ(SequencesKept(&world).front(), 151u);
  world.Run(MirrorProgress{1'000'000});  // more than there is
  EXPECT_EQ(world.ns().mirror().record.mirrored, 201u);
  EXPECT_EQ(SequencesKept(&world), std::vector<uint64_t>());
  EXPECT_EQ(world.ns().mirror().outbox_bytes, 0u);
  EXPECT_EQ(world.Findings(), "");
  world.Make("/more/");
  EXPECT_EQ(SequencesKept(&world), std::vector<uint64_t>({202}));
  EXPECT_EQ(world.Findings(), "");
}

TEST(OutboxTest, OverTheCapTheMirrorIsStaleForGood) {
  TestWorld world(SetMirror{.on = true, .outbox_bytes = 20'000});
  int made = 0;
  while (world.ns().mirror().record.state == MirrorState::kOn) {
    ASSERT_LT(made, 1000);
    world.Make("/d" + std::to_string(made++) + "/");
  }
  EXPECT_GT(made, 20);
  const MirrorRecord stale = world.ns().mirror().record;
  EXPECT_EQ(stale.state, MirrorState::kStale);
  EXPECT_EQ(stale.last + 1, world.ns().position().sequence());
  world.Reopen();
  while (world.ns().mirror().trim_pending) world.Run(Advance{});
  EXPECT_EQ(SequencesKept(&world), std::vector<uint64_t>());
  world.Make("/more/");
  world.Run(MirrorProgress{stale.last});
  EXPECT_EQ(world.ns().mirror().record, stale);
  EXPECT_EQ(SequencesKept(&world), std::vector<uint64_t>());
  EXPECT_EQ(world.Findings(), "");
}

// An entry removes rows by their number and adds one by its size, so rows that the mirror has can
// fill the outbox under large entries.
TEST(OutboxTest, RowsThatTheMirrorHasDoNotCountAgainstTheCap) {
  constexpr uint64_t kCap = 100'000;
  TestWorld world(SetMirror{.on = true, .outbox_bytes = kCap});
  int made = 0;
  const auto fill = [&] {
    while (world.ns().mirror().outbox_bytes < kCap - 5'000) {
      world.Make("/d" + std::to_string(made++) + "/");
    }
  };
  fill();
  ASSERT_GT(SequencesKept(&world).size(), 150u);
  for (const bool reopened : {false, true}) {
    SCOPED_TRACE(reopened);
    CommandBatch batch;
    batch.wall = WallMillis(world.wall);
    batch.commands.push_back({1, Superuser(), {}, MirrorProgress{world.ns().mirror().record.last}});
    for (int i = 0; i < 100; ++i) {
      batch.commands.push_back({1, Superuser(), {}, Mkdirs{"/more" + std::to_string(made++)}});
    }
    ASSERT_GT(world.ns().mirror().outbox_bytes, kCap - 5'000);
    world.Run(batch);
    ASSERT_EQ(world.ns().mirror().record.state, MirrorState::kOn);
    EXPECT_LE(world.ns().mirror().outbox_bytes, kCap);
    EXPECT_EQ(SequencesKept(&world).back(), world.ns().mirror().record.last);
    EXPECT_EQ(world.Findings(), "");
    world.Reopen();
    EXPECT_EQ(world.Findings(), "");
    fill();
  }
}

TEST(OutboxTest, WhatTheMirrorLacksIsNeverDroppedForTheCap) {
  TestWorld world(SetMirror{.on = true, .outbox_bytes = 20'000});
  while (world.ns().mirror().outbox_bytes < 15'000) {
    world.Make("/d" + std::to_string(world.ns().mirror().record.last) + "/");
  }
  ASSERT_EQ(world.ns().mirror().record.state, MirrorState::kOn);
  CommandBatch batch;
  batch.wall = WallMillis(world.wall);
  batch.commands.push_back({1, Superuser(), {}, MirrorProgress{5}});
  for (int i = 0; i < 100; ++i) {
    batch.commands.push_back({1, Superuser(), {}, Mkdirs{"/more" + std::to_string(i)}});
  }
  world.Run(batch);
  EXPECT_EQ(world.ns().mirror().record.state, MirrorState::kStale);
  EXPECT_EQ(world.ns().mirror().record.mirrored, 5u);
  EXPECT_EQ(world.Findings(), "");
}

TEST(OutboxTest, OnlyTheSuperuserGivesItUp) {
  TestWorld world(SetMirror{.on = true});
  EXPECT_EQ(world.Run(DisableMirror{}, User("alice")).code, Code::kSuperuserRequired);
  EXPECT_EQ(world.ns().mirror().record.state, MirrorState::kOn);
  EXPECT_EQ(world.Run(DisableMirror{}).code, Code::kOk);
  EXPECT_EQ(world.ns().mirror().record.state, MirrorState::kOff);
  world.Make("/d/");
  EXPECT_EQ(SequencesKept(&world), std::vector<uint64_t>());
  world.Run(SetMirror{.on = true});
  EXPECT_EQ(world.ns().mirror().record.state, MirrorState::kOff);
  EXPECT_EQ(world.Findings(), "");
}

}  // namespace
}  // namespace jfs::ns
