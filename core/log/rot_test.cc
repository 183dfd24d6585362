#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "core/log/block.h"
#include "core/log/log_world.h"
#include "core/log/segment_header.h"

// Disks that lose or change what they had made durable. Everything acknowledged is still there, or
// the damage is reported with its place.
namespace jfs::log {
namespace {

constexpr size_t kBlock = 512;

// Multi-block and one-block batches over several segments, some of them recycled.
LogWorld Begin(bool idle) {
  LogWorld world(LogWorld::TinyOptions());
  EXPECT_EQ(world.Recover(), "");
  for (int i = 0; i < 6; ++i) {
    world.AppendEntries(1, 900);
    world.CompleteAll();
    world.Compact(world.oracle().next_index() - 1);
    world.CompleteAll();
  }
  for (const size_t bytes : {10, 900, 10, 1500, 300, 10, 700, 20}) {
    world.AppendEntries(2, bytes);
    world.CompleteAll();
  }
  if (idle) {
    world.Idle();
    world.CompleteAll();
  }
  world.Kill();
  return world;
}

// A block that holds part of a batch of its segment, seen by the format alone.
struct UsedBlock {
  std::string file;
  size_t offset = 0;
  uint64_t epoch = 0;
  uint64_t sequence = 0;
};

std::vector<UsedBlock> UsedBlocks(const LogWorld& world) {
  std::vector<UsedBlock> used;
  for (const auto& [name, bytes] : const_cast<LogWorld&>(world).disk().files()) {
    const std::optional<uint64_t> epoch = ParseSegmentFileName(name);
    if (!epoch) continue;
    for (size_t at = kBlock; at < bytes.size(); at += kBlock) {
      const DecodedBlock block = DecodeBlock(std::string_view(bytes).substr(at, kBlock), *epoch,
                                             Incarnation(11), static_cast<uint32_t>(at / kBlock));
      if (block.kind == BlockKind::kNew) used.push_back({name, at, *epoch, block.sequence});
    }
  }
  return used;
}

uint64_t LastSequence(const std::vector<UsedBlock>& used) {
  uint64_t last = 0;
  for (const UsedBlock& block : used) last = std::max(last, block.sequence);
  return last;
}

struct Outcome {
  std::string wrong;
  bool damaged = false;
  bool complete = false;
  std::string damage;
};

Outcome Look(const LogWorld& world) {
  absl::Status status;
  const RecoveredLog recovered = world.Peek(&status);
  Outcome out;
  if (!status.ok()) {
    out.wrong = std::string(status.message());
    return out;
  }
  LogOracle& oracle = const_cast<LogWorld&>(world).oracle();
  out.wrong = oracle.Judge(recovered);
  out.damaged = recovered.damaged;
  out.damage = recovered.damage;
  out.complete = oracle.HoldsAcknowledged(recovered);
  return out;
}

TEST(RotTest, EveryByte) {
  LogWorld world = Begin(true);
  const std::vector<UsedBlock> used = UsedBlocks(world);
  ASSERT_GE(used.size(), 15u);
  uint64_t found = 0;
  uint64_t harmless = 0;
  for (auto& [name, bytes] : world.disk().files()) {
    for (size_t at = 0; at < bytes.size(); ++at) {
      // A used block, or the header of a segment with one.
      bool matters = false;
      for (const UsedBlock& block : used) {
        matters |= block.file == name &&
                   (at < kBlock || (at >= block.offset && at < block.offset + kBlock));
      }
      const char flip = static_cast<char>(1 << at % 8);
      bytes[at] = static_cast<char>(bytes[at] ^ flip);
      const Outcome outcome = Look(world);
      bytes[at] = static_cast<char>(bytes[at] ^ flip);
      ASSERT_EQ(outcome.wrong, "") << name << " at " << at;
      if (!matters) {
        ASSERT_TRUE(outcome.complete) << name << " at " << at;
        ++harmless;
        continue;
      }
      ASSERT_TRUE(outcome.damaged) << name << " at " << at;
      const std::string place = absl::StrCat(name, " at offset ", at / kBlock * kBlock, ":");
      ASSERT_TRUE(absl::StrContains(outcome.damage, place)) << place << " in " << outcome.damage;
      ++found;
    }
  }
  EXPECT_EQ(Look(world).damaged, false);
  EXPECT_GT(found, 8000u);
  EXPECT_GT(harmless, 2000u);
}

// What a crash could leave in a block's place is no proof by itself; the watermark of a later batch
// is.
TEST(RotTest, EveryBlockZeroOrOld) {
  for (const bool idle : {true, false}) {
    LogWorld world = Begin(idle);
    const std::vector<UsedBlock> used = UsedBlocks(world);
    const uint64_t last = LastSequence(used);
    for (const UsedBlock& block : used) {
      BatchPlace place;
      place.epoch = block.epoch - 1;
      place.incarnation = Incarnation(11);
      place.first_block = static_cast<uint32_t>(block.offset / kBlock);
      place.sequence = 1;
      const std::string old = EncodeBlocks("from an earlier life", place, kBlock).blocks;
      for (const std::string& instead : {std::string(kBlock, '\0'), old}) {
        std::string& file = world.disk().files()[block.file];
        const std::string before = file.substr(block.offset, kBlock);
        file.replace(block.offset, kBlock, instead);
        absl::Status status;
        const RecoveredLog recovered = world.Peek(&status);
        const Outcome outcome = Look(world);
        file.replace(block.offset, kBlock, before);
        ASSERT_TRUE(status.ok());
        if (block.sequence < last) {
          ASSERT_EQ(outcome.wrong, "");
          ASSERT_TRUE(outcome.damaged) << block.file << " at " << block.offset;
        } else {
          // Nothing tells this from a batch that was never finished; with an empty batch behind it,
          // no loss.
          ASSERT_FALSE(outcome.damaged) << outcome.damage;
          ASSERT_EQ(outcome.complete, idle);
        }
      }
    }
  }
}

TEST(RotTest, EveryCut) {
  LogWorld world = Begin(true);
  const std::vector<UsedBlock> used = UsedBlocks(world);
  for (auto& [name, bytes] : world.disk().files()) {
    if (!ParseSegmentFileName(name)) continue;
    const std::string whole = bytes;
    for (size_t length = 0; length < whole.size();
         length += length % kBlock == 0 ? 100 : kBlock - 100) {
      bytes = whole.substr(0, length);
      bool matters = false;
      for (const UsedBlock& block : used)
        matters |= block.file == name && block.offset + kBlock > length;
      const Outcome outcome = Look(world);
      ASSERT_EQ(outcome.wrong, "") << name << " cut to " << length;
      ASSERT_TRUE(matters ? outcome.damaged : outcome.complete) << name << " cut to " << length;
    }
    bytes = whole;
  }
}

// Any block written over any other.
TEST(RotTest, EveryMisplacedBlock) {
  LogWorld world = Begin(true);
  const std::vector<UsedBlock> used = UsedBlocks(world);
  const uint64_t last = LastSequence(used);
  for (const UsedBlock& from : used) {
    const std::string block = world.disk().files()[from.file].substr(from.offset, kBlock);
    for (const UsedBlock& to : used) {
      if (from.file == to.file && from.offset == to.offset) continue;
      std::string& file = world.disk().files()[to.file];
      const std::string before = file.substr(to.offset, kBlock);
      file.replace(to.offset, kBlock, block);
      const Outcome outcome = Look(world);
      file.replace(to.offset, kBlock, before);
      ASSERT_EQ(outcome.wrong, "");
      // A block of an earlier segment over the last, empty batch passes for the file's earlier
      // life: nothing is lost.
      const bool found =
          outcome.damaged || (to.sequence == last && from.epoch < to.epoch && outcome.complete);
      ASSERT_TRUE(found) << from.file << "@" << from.offset << " over " << to.file << "@"
                         << to.offset;
    }
  }
}

// The life of a log with one request about which the disk lies, or which goes elsewhere.
void LiveWithFault(LogWorld& world, uint64_t at, const std::function<DiskCompletion()>& fault) {
  uint64_t request = 0;
  const auto run = [&] {
    while (!world.disk().under_way().empty()) {
      const bool write = std::holds_alternative<WriteFile>(world.disk().under_way()[0].action);
      if (write && request++ == at) {
        world.Deliver(fault());
      } else {
        world.Complete();
      }
    }
  };
  for (int i = 0; i < 12; ++i) {
    world.AppendEntries(2, i % 3 == 0 ? 900 : 20);
    run();
    if (i % 4 == 3) world.Compact(world.oracle().next_index() - 4);
    run();
  }
  world.AppendEntries(1, 20);
  run();
  world.Idle();
  run();
  world.Kill();
}

TEST(RotTest, EachWriteLostByALyingDisk) {
  uint64_t damaged = 0;
  for (uint64_t at = 0; at < 45; ++at) {
    LogWorld world(LogWorld::TinyOptions());
    ASSERT_EQ(world.Recover(), "");
    LiveWithFault(world, at, [&] { return world.disk().LieAboutOne(0); });
    const Outcome outcome = Look(world);
    ASSERT_EQ(outcome.wrong, "") << "write " << at;
    damaged += outcome.damaged;
  }
  EXPECT_GT(damaged, 4u);
}

TEST(RotTest, EachWriteMisdirected) {
  uint64_t damaged = 0;
  for (uint64_t at = 0; at < 45; ++at) {
    for (const uint64_t distance : {1, 2, 4}) {
      LogWorld world(LogWorld::TinyOptions());
      ASSERT_EQ(world.Recover(), "");
      LiveWithFault(world, at, [&] { return world.disk().MisdirectOne(0, distance * kBlock); });
      const Outcome outcome = Look(world);
      ASSERT_EQ(outcome.wrong, "") << "write " << at << " distance " << distance;
      damaged += outcome.damaged;
    }
  }
  EXPECT_GT(damaged, 10u);
}

// The last write, which no watermark covers, is found out if it lies elsewhere in the segment.
TEST(RotTest, LastWriteMisdirected) {
  LogWorld world(LogWorld::TinyOptions());
  ASSERT_EQ(world.Recover(), "");
  world.AppendEntries(1, 20);
  world.CompleteAll();
  world.AppendEntries(1, 20);
  world.Deliver(world.disk().MisdirectOne(0, 2 * kBlock));
  world.Kill();
  const Outcome outcome = Look(world);
  EXPECT_EQ(outcome.wrong, "");
  EXPECT_TRUE(outcome.damaged);
}

TEST(RotTest, DamageIsRememberedUntilRepaired) {
  const std::vector<UsedBlock> used = UsedBlocks(Begin(true));
  for (size_t i = 0; i < used.size(); ++i) {
    for (uint64_t crash_after = 0; crash_after < 14; ++crash_after) {
      LogWorld world = Begin(true);
      world.disk().files()[used[i].file][used[i].offset + 100] ^= 1;
      ASSERT_EQ(world.Recover(), "");
      ASSERT_TRUE(world.recovered().damaged);
      const std::string first_damage = world.recovered().damage;
      // The log goes on behind the damage and is cut off at some point of it.
      world.AppendEntries(1, 30);
      for (uint64_t step = 0; step < crash_after && !world.disk().under_way().empty(); ++step)
        world.Complete();
      Random random(i * 100 + crash_after);
      world.disk().CrashAtRandom(random);
      ASSERT_EQ(world.Recover(), "") << "block " << i << " crash after " << crash_after;
      ASSERT_TRUE(world.recovered().damaged) << "block " << i << " crash after " << crash_after;
      world.AppendEntries(1, 30);
      world.CompleteAll();
      Batch repaired;
      repaired.damage_repaired = true;
      world.Append(repaired);
      world.CompleteAll();
      world.AppendEntries(1, 30);
      world.CompleteAll();
      ASSERT_EQ(world.Recover(), "");
      ASSERT_FALSE(world.recovered().damaged) << world.recovered().damage;
    }
  }
}

TEST(RotTest, ReadingBackMeetsRot) {
  LogWorld world(LogWorld::TinyOptions());
  ASSERT_EQ(world.Recover(), "");
  world.AppendEntries(2, 20);
  world.CompleteAll();
  world.ReadAll();
  world.CompleteAll();
  ASSERT_TRUE(world.read_errors().empty());
  world.disk().files()["segment-0000000000000001"][2 * kBlock + 99] ^= 4;
  world.ReadAll();
  world.CompleteAll();
  ASSERT_EQ(world.read_errors().size(), 1u);
  EXPECT_TRUE(absl::StrContains(world.read_errors()[0], "segment-0000000000000001 at offset 1024"))
      << world.read_errors()[0];
}

// One destroying fault in a random life: never a silent loss, and the log goes on.
TEST(RotTest, RandomLives) {
  uint64_t damaged = 0;
  for (uint64_t seed = 1; seed <= 1500; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Random random(seed);
    LogWorld world(LogWorld::TinyOptions());
    world.options().writes_in_flight = static_cast<uint32_t>(random.Between(1, 4));
    ASSERT_EQ(world.Recover(), "");
    for (int life = 0; life < 2; ++life) {
      const uint64_t steps = 20 + random.Below(120);
      for (uint64_t i = 0; i < steps; ++i) world.RandomStep(random);
      world.disk().CrashAtRandom(random);
      if (life > 0) break;
      ASSERT_EQ(world.Recover(), "");
    }
    world.Kill();
    std::vector<std::string> names;
    for (const auto& [name, bytes] : world.disk().files()) {
      if (!bytes.empty()) names.push_back(name);
    }
    std::string& bytes = world.disk().files()[names[random.Below(names.size())]];
    const size_t at = random.Below(bytes.size());
    const uint64_t bit = random.Below(8);
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
    ASSERT_EQ(world.Recover(), "");
    damaged += world.recovered().damaged;
    const bool was_damaged = world.recovered().damaged;
    const uint64_t steps = random.Below(60);
    for (uint64_t i = 0; i < steps; ++i) world.RandomStep(random);
    world.disk().CrashAtRandom(random);
    ASSERT_EQ(world.Recover(), "");
    // Damage stays. It may also show only now, where the flipped bit lay in a block of the future.
    ASSERT_TRUE(world.recovered().damaged || !was_damaged);
  }
  EXPECT_GT(damaged, 300u);
}

}  // namespace
}  // namespace jfs::log
