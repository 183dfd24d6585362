#include "sim/disk/virtual_disk.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace jfs::sim {
namespace {

constexpr uint32_t kBlock = 512;

class VirtualDiskTest : public testing::Test {
 protected:
  explicit VirtualDiskTest(FaultSet faults = FaultSet::All(), uint64_t seed = 1)
      : world_(seed, faults, nullptr), disk_(&world_, &probes_, NodeId(1), Options()) {}

  static DiskOptions Options() {
    DiskOptions options;
    options.block_bytes = kBlock;
    return options;
  }

  void Start(log::DiskAction action) {
    ++token_;
    disk_.Start(log::DiskRequest{log::DiskToken(token_), std::move(action)},
                [this](log::DiskCompletion done) { done_.push_back(std::move(done)); });
  }
  void RunAll() {
    while (world_.RunNext()) {
    }
  }
  log::DiskCompletion Do(log::DiskAction action) {
    done_.clear();
    Start(std::move(action));
    RunAll();
    EXPECT_EQ(done_.size(), 1u);
    return done_.empty() ? log::DiskCompletion() : done_.front();
  }
  static SharedBytes Blocks(size_t count, char fill) {
    return SharedBytes(std::string(count * kBlock, fill));
  }

  World world_;
  Probes probes_;
  VirtualDisk disk_;
  uint64_t token_ = 0;
  std::vector<log::DiskCompletion> done_;
};

TEST_F(VirtualDiskTest, KeepsWhatItIsGiven) {
  Do(log::CreateFile{"a", 4 * kBlock});
  Do(log::WriteFile{"a", kBlock, Blocks(2, 'x')});
  EXPECT_EQ(Do(log::ReadFile{"a", kBlock, 2 * kBlock}).data, Blocks(2, 'x'));
  EXPECT_EQ(Do(log::ReadFile{"a", 3 * kBlock, 4 * kBlock}).data, Blocks(1, '\0'));
  EXPECT_EQ(Do(log::ReadFile{"b", 0, kBlock}).error, log::DiskError::kNotFound);
  Do(log::RenameFile{"a", "b"});
  const log::DiskCompletion list = Do(log::ListFiles{});
  ASSERT_EQ(list.files.size(), 1u);
  EXPECT_EQ(list.files[0].name, "b");
  EXPECT_EQ(list.files[0].bytes, 4 * kBlock);
  Do(log::RemoveFile{"b"});
  EXPECT_TRUE(disk_.files().empty());
}

TEST_F(VirtualDiskTest, CompletedWritesSurviveEveryCrash) {
  Do(log::CreateFile{"a", 8 * kBlock});
  Do(log::WriteFile{"a", 0, Blocks(8, 'x')});
  for (int i = 0; i < 20; ++i) {
    disk_.Crash(/*may_forget=*/true);
    ASSERT_EQ(disk_.files().at("a"), std::string(8 * kBlock, 'x'));
  }
}

TEST_F(VirtualDiskTest, WriteUnderWayIsTornAtBlocksInAnySubset) {
  Do(log::CreateFile{"a", 16 * kBlock});
  bool mixed = false;
  for (int i = 0; i < 20; ++i) {
    const char fill = static_cast<char>('a' + i);
    const std::string before = disk_.files().at("a");
    Start(log::WriteFile{"a", 0, Blocks(16, fill)});
    disk_.Crash(/*may_forget=*/true);
    RunAll();
    EXPECT_TRUE(done_.empty() || i == 0) << "a dead process got an answer";
    done_.clear();
    size_t kept = 0;
    for (size_t block = 0; block < 16; ++block) {
      const std::string now = disk_.files().at("a").substr(block * kBlock, kBlock);
      const bool is_new = now == std::string(kBlock, fill);
      EXPECT_TRUE(is_new || now == before.substr(block * kBlock, kBlock));
      kept += is_new ? 1 : 0;
    }
    mixed = mixed || (kept > 0 && kept < 16);
  }
  EXPECT_TRUE(mixed);
}

TEST_F(VirtualDiskTest, LyingSyncsAreLostInPartUntilAnHonestOne) {
  Do(log::CreateFile{"a", 16 * kBlock});
  disk_.LieUntil(world_.now() + kSecond);
  EXPECT_EQ(Do(log::WriteFile{"a", 0, Blocks(16, 'x')}).error, log::DiskError::kNone);
  EXPECT_EQ(Do(log::ReadFile{"a", 0, 16 * kBlock}).data, Blocks(16, 'x'));
  EXPECT_TRUE(disk_.untrustworthy());
  EXPECT_EQ(disk_.DurableFiles().at("a"), std::string(16 * kBlock, '\0'));
  disk_.Crash(/*may_forget=*/true);
  EXPECT_NE(disk_.files().at("a"), std::string(16 * kBlock, 'x'));
  EXPECT_EQ(probes_.count(Probe::kLyingSyncCrashes), 1u);

  Do(log::WriteFile{"a", 0, Blocks(16, 'y')});
  world_.After(2 * kSecond, [] {});
  RunAll();
  Do(log::WriteFile{"a", 0, Blocks(1, 'y')});
  EXPECT_FALSE(disk_.untrustworthy());
  disk_.Crash(/*may_forget=*/true);
  EXPECT_EQ(disk_.files().at("a"), std::string(16 * kBlock, 'y'));
}

TEST_F(VirtualDiskTest, MisdirectedWriteIsMissingHereAndThereWhereItDoesNotBelong) {
  Do(log::CreateFile{"a", 8 * kBlock});
  Do(log::WriteFile{"a", 0, Blocks(8, 'x')});
  disk_.MisdirectNext();
  Do(log::WriteFile{"a", 2 * kBlock, Blocks(1, 'y')});
  const std::string after = disk_.files().at("a");
  EXPECT_EQ(after.substr(2 * kBlock, kBlock), std::string(kBlock, 'x'));
  EXPECT_NE(after.find('y'), std::string::npos);
  // Taken back, both blocks hold what they should.
  disk_.RestoreDamage();
  std::string intended(8 * kBlock, 'x');
  intended.replace(2 * kBlock, kBlock, std::string(kBlock, 'y'));
  EXPECT_EQ(disk_.files().at("a"), intended);
}

TEST_F(VirtualDiskTest, RotChangesOneBlockInUse) {
  Do(log::CreateFile{"a", 8 * kBlock});
  EXPECT_FALSE(disk_.Rot(Identity::Of(1))) << "there is nothing but zeros";
  Do(log::WriteFile{"a", 0, Blocks(8, 'x')});
  ASSERT_TRUE(disk_.Rot(Identity::Of(2)));
  Do(log::RenameFile{"a", "b"});
  Do(log::RenameFile{"b", "a"});
  size_t changed = 0;
  for (size_t block = 0; block < 8; ++block) {
    changed += disk_.files().at("a").substr(block * kBlock, kBlock) != std::string(kBlock, 'x');
  }
  EXPECT_EQ(changed, 1u);
  disk_.RestoreDamage();
  EXPECT_EQ(disk_.files().at("a"), std::string(8 * kBlock, 'x'));
}

TEST_F(VirtualDiskTest, WhatTheLogHasFoundIsNotRestoredWhatLiesBeforeIs) {
  const std::string good(8 * kBlock, 'x');
  Do(log::CreateFile{"a", 8 * kBlock});
  Do(log::WriteFile{"a", 0, Blocks(8, 'x')});
  ASSERT_TRUE(disk_.Rot(Identity::Of(2)));
  const std::string rotten = disk_.files().at("a");
  size_t block = 0;
  while (rotten.compare(block * kBlock, kBlock, good, 0, kBlock) == 0) ++block;
  disk_.FoundDamage("a at offset " + std::to_string(block * kBlock) + ": a block is bad");
  disk_.RestoreDamage();
  EXPECT_EQ(disk_.files().at("a"), rotten);

  Do(log::WriteFile{"a", 0, Blocks(8, 'x')});
  ASSERT_TRUE(disk_.Rot(Identity::Of(2)));
  disk_.FoundDamage("a at offset " + std::to_string((block + 1) * kBlock) +
                    ": bad; b at offset 0: bad");
  disk_.RestoreDamage();
  EXPECT_EQ(disk_.files().at("a"), good);
}

TEST_F(VirtualDiskTest, WhatWasFoundOnALostDiskIsNotKnownOfTheNewOne) {
  Do(log::CreateFile{"a", 8 * kBlock});
  Do(log::WriteFile{"a", 0, Blocks(8, 'x')});
  ASSERT_TRUE(disk_.Rot(Identity::Of(2)));
  disk_.FoundDamage("a at offset 0: a block is bad");
  disk_.Wipe();
  Do(log::CreateFile{"a", 8 * kBlock});
  Do(log::WriteFile{"a", 0, Blocks(8, 'x')});
  ASSERT_TRUE(disk_.Rot(Identity::Of(2)));
  disk_.RestoreDamage();
  EXPECT_EQ(disk_.files().at("a"), std::string(8 * kBlock, 'x'));
}

TEST_F(VirtualDiskTest, LostRenameIsUndoneByTheNextCrash) {
  Do(log::CreateFile{"a", kBlock});
  Do(log::WriteFile{"a", 0, Blocks(1, 'x')});
  Do(log::CreateFile{"b", 2 * kBlock});
  disk_.LoseNextRename();
  Do(log::RenameFile{"a", "b"});
  EXPECT_EQ(disk_.files().size(), 1u);
  disk_.Crash(/*may_forget=*/true);
  EXPECT_EQ(disk_.files().at("a"), std::string(kBlock, 'x'));
  EXPECT_EQ(disk_.files().at("b"), std::string(2 * kBlock, '\0'));
}

TEST_F(VirtualDiskTest, WithholdsALossThatNothingWouldTell) {
  Do(log::CreateFile{"segment-1", 8 * kBlock});
  disk_.LieUntil(world_.now() + kSecond);
  Do(log::WriteFile{"segment-1", 0, Blocks(4, 'x')});
  disk_.Crash(/*may_forget=*/false);
  EXPECT_EQ(disk_.files().at("segment-1").substr(0, 4 * kBlock), std::string(4 * kBlock, 'x'));

  disk_.LoseNextRename();
  Do(log::RenameFile{"segment-1", "segment-2"});
  disk_.Crash(/*may_forget=*/false);
  EXPECT_TRUE(disk_.files().contains("segment-2"));
  EXPECT_EQ(probes_.count(Probe::kLossesWithheld), 2u);
}

TEST_F(VirtualDiskTest, DamageStaysWhereALaterBatchGivesItAway) {
  Do(log::CreateFile{"segment-1", 64 * kBlock});
  disk_.MisdirectNext();
  Do(log::WriteFile{"segment-1", kBlock, Blocks(1, 'x')});
  Do(log::WriteFile{"segment-1", 2 * kBlock, Blocks(1, 'y')});
  const std::string before = disk_.files().at("segment-1");
  ASSERT_EQ(before[kBlock], '\0');
  disk_.Crash(/*may_forget=*/false);
  EXPECT_EQ(disk_.files().at("segment-1"), before);
}

TEST_F(VirtualDiskTest, DamageIsTakenBackWhereNoLaterBatchGivesItAway) {
  Do(log::CreateFile{"segment-1", 64 * kBlock});
  Do(log::WriteFile{"segment-1", kBlock, Blocks(1, 'w')});
  disk_.MisdirectNext();
  // Both are made before either is complete: neither can say that the other was durable.
  Start(log::WriteFile{"segment-1", 2 * kBlock, Blocks(1, 'x')});
  Start(log::WriteFile{"segment-1", 3 * kBlock, Blocks(1, 'y')});
  RunAll();
  disk_.Crash(/*may_forget=*/false);
  EXPECT_EQ(disk_.files().at("segment-1").substr(0, 4 * kBlock),
            std::string(kBlock, '\0') + std::string(kBlock, 'w') + std::string(kBlock, 'x') +
                std::string(kBlock, 'y'));
}

TEST_F(VirtualDiskTest, ErrorsAndNoSpaceAreReported) {
  disk_.FailNext();
  EXPECT_EQ(Do(log::CreateFile{"a", kBlock}).error, log::DiskError::kIo);
  disk_.SetFull(true);
  EXPECT_EQ(Do(log::CreateFile{"b", kBlock}).error, log::DiskError::kNoSpace);
  disk_.SetFull(false);
  EXPECT_EQ(Do(log::CreateFile{"b", kBlock}).error, log::DiskError::kNone);
}

TEST_F(VirtualDiskTest, HungDiskAnswersLater) {
  Do(log::CreateFile{"a", kBlock});
  disk_.HangUntil(world_.now() + kSecond);
  const Micros before = world_.now();
  Do(log::WriteFile{"a", 0, Blocks(1, 'x')});
  EXPECT_GE(world_.now() - before, kSecond);
}

TEST_F(VirtualDiskTest, WipedDiskIsEmpty) {
  Do(log::CreateFile{"a", kBlock});
  disk_.Wipe();
  EXPECT_TRUE(disk_.files().empty());
}

}  // namespace
}  // namespace jfs::sim
