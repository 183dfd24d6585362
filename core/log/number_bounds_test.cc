#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

#include "core/base/codec.h"
#include "core/base/crc32c.h"
#include "core/log/batch_record.h"
#include "core/log/block.h"
#include "core/log/log_world.h"
#include "core/log/segment_header.h"

// Numbers so large that counting on from them would overflow, under checksums that hold. Nobody
// writes them by counting: they are damage. The largest that are allowed can be read, but the log
// does not go on behind them.
namespace jfs::log {
namespace {

constexpr size_t kBlock = 512;
constexpr size_t kEpochOfHeader = 32;
constexpr size_t kEpochOfBlock = 20;
constexpr size_t kSequenceOfBlock = 36;
constexpr size_t kWatermarkOfBlock = 44;

// Puts `number` at `offset` of the block at `block` and makes the block's checksum right.
void Forge(std::string* file, size_t block, size_t offset, uint64_t number) {
  std::string field, crc;
  Encoder(&field).U64(number);
  file->replace(block + offset, field.size(), field);
  Encoder(&crc).U32(Crc32c(std::string_view(*file).substr(block + 4, kBlock - 4)));
  file->replace(block, crc.size(), crc);
}

// Three segments with batches and one that was made ahead.
LogWorld Begin() {
  LogWorld world(LogWorld::TinyOptions());
  EXPECT_EQ(world.Recover(), "");
  world.FillSegmentsAndKill();
  return world;
}

std::vector<std::string> Segments(LogWorld& world) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : world.disk().files()) {
    if (ParseSegmentFileName(name)) names.push_back(name);
  }
  return names;
}

// Recovery reports damage that names `place`; going on works and keeps reporting it until it is
// repaired.
void ExpectDamage(LogWorld& world, const std::string& place) {
  ASSERT_EQ(world.Recover(), "");
  EXPECT_TRUE(world.recovered().existed);
  ASSERT_TRUE(world.recovered().damaged) << place;
  EXPECT_TRUE(absl::StrContains(world.recovered().damage, place)) << world.recovered().damage;
  world.AppendEntries(2, 300);
  world.CompleteAll();
  ASSERT_EQ(world.Recover(), "");
  EXPECT_TRUE(world.recovered().damaged) << place;
  Batch repaired;
  repaired.damage_repaired = true;
  world.Append(repaired);
  world.CompleteAll();
  ASSERT_EQ(world.Recover(), "");
  EXPECT_FALSE(world.recovered().damaged) << world.recovered().damage;
}

TEST(NumberBoundsTest, EpochOfEachHeader) {
  for (const uint64_t epoch : {kLargestNumber + 1, UINT64_MAX}) {
    const size_t segments = [] {
      LogWorld world = Begin();
      return Segments(world).size();
    }();
    ASSERT_GE(segments, 4u);
    for (size_t i = 0; i < segments; ++i) {
      LogWorld world = Begin();
      const std::string name = Segments(world)[i];
      Forge(&world.disk().files()[name], 0, kEpochOfHeader, epoch);
      ExpectDamage(world, name);
    }
  }
}

// What the fuzzer found: a directory of one segment, the next epoch wrapped around to its own.
TEST(NumberBoundsTest, EpochOfTheOnlyHeader) {
  LogWorld world(LogWorld::TinyOptions());
  ASSERT_EQ(world.Recover(), "");
  world.AppendEntries(1, 10);
  world.CompleteAll();
  const std::string first = SegmentFileName(1);
  for (const bool empty : {false, true}) {
    LogWorld forged(LogWorld::TinyOptions());
    std::string bytes = world.disk().files()[first];
    if (empty) bytes.replace(kBlock, std::string::npos, bytes.size() - kBlock, '\0');
    Forge(&bytes, 0, kEpochOfHeader, UINT64_MAX);
    forged.disk().files()[first] = bytes;
    ExpectDamage(forged, first);
  }
}

TEST(NumberBoundsTest, NumbersOfEachBlock) {
  LogWorld world = Begin();
  uint64_t blocks = 0;
  for (auto& [name, bytes] : world.disk().files()) {
    const std::optional<uint64_t> epoch = ParseSegmentFileName(name);
    if (!epoch) continue;
    for (size_t at = kBlock; at < bytes.size(); at += kBlock) {
      const std::string_view block = std::string_view(bytes).substr(at, kBlock);
      const auto number = static_cast<uint32_t>(at / kBlock);
      if (DecodeBlock(block, *epoch, Incarnation(11), number).kind != BlockKind::kNew) continue;
      ++blocks;
      const std::string before = bytes;
      for (const size_t field : {kEpochOfBlock, kSequenceOfBlock, kWatermarkOfBlock}) {
        for (const uint64_t value : {kLargestNumber + 1, UINT64_MAX}) {
          Forge(&bytes, at, field, value);
          absl::Status status;
          const RecoveredLog recovered = world.Peek(&status);
          bytes = before;
          ASSERT_TRUE(status.ok()) << status;
          ASSERT_TRUE(recovered.damaged) << name << " at " << at << " field " << field;
          ASSERT_TRUE(absl::StrContains(recovered.damage, name)) << recovered.damage;
          ASSERT_EQ(world.oracle().Judge(recovered), "");
        }
      }
    }
  }
  EXPECT_GE(blocks, 10u);
}

// No batch declares the segment void that it lies in: nothing at all would be left of the log.
TEST(NumberBoundsTest, OldestEpochBeyondTheBatchsOwn) {
  for (const uint64_t beyond : {uint64_t{1}, kLargestNumber, UINT64_MAX - 8}) {
    LogWorld world(LogWorld::TinyOptions());
    ASSERT_EQ(world.Recover(), "");
    world.AppendEntries(1, 10);
    world.CompleteAll();
    world.Kill();
    std::string& bytes = world.disk().files()[SegmentFileName(1)];
    const size_t at = 2 * kBlock;
    const DecodedBlock block =
        DecodeBlock(std::string_view(bytes).substr(at, kBlock), 1, Incarnation(11), 2);
    ASSERT_EQ(block.kind, BlockKind::kNew);
    ASSERT_EQ(block.parts, 1u);
    BatchRecord record;
    ASSERT_TRUE(DecodeRecord(SharedBytes(std::string(block.payload)), &record).ok());
    ASSERT_EQ(record.oldest_epoch, 1u);
    record.oldest_epoch += beyond;
    BatchPlace place;
    place.epoch = 1;
    place.incarnation = Incarnation(11);
    place.first_block = 2;
    place.sequence = block.sequence;
    place.watermark = block.watermark;
    bytes.replace(at, kBlock, EncodeBlocks(EncodeRecord(record), place, kBlock).blocks);
    ExpectDamage(world, SegmentFileName(1));
  }
}

TEST(NumberBoundsTest, NamesOfFiles) {
  for (const uint64_t number : {kLargestNumber + 1, UINT64_MAX}) {
    for (const std::string& name : {SpareFileName(number), SegmentFileName(number)}) {
      for (const bool alone : {false, true}) {
        for (const std::string like : {"", "segment", "spare"}) {
          LogWorld world = Begin();
          std::string bytes(4096, '\0');
          for (const auto& [other, content] : world.disk().files()) {
            if (like == "segment" && other == SegmentFileName(1)) bytes = content;
            if (like == "spare" && ParseSpareFileName(other)) bytes = content;
          }
          if (alone) world = LogWorld(LogWorld::TinyOptions());
          world.disk().files()[name] = bytes;
          ExpectDamage(world, name);
          EXPECT_EQ(world.disk().files().count(name), 0u) << name;
        }
      }
    }
  }
}

// ---- The largest numbers that are allowed ----

struct Opened {
  absl::Status status;
  RecoveredLog recovered;
  std::unique_ptr<Log> log;
};

Opened Open(MemoryDisk& disk) {
  Recovery recovery(LogWorld::TinyOptions());
  RecoveryOutput out = recovery.Start();
  while (!out.finished) {
    disk.Submit(std::move(out.requests));
    out = recovery.Step(disk.CompleteOne(0));
  }
  Opened opened{out.status, {}, nullptr};
  if (!out.status.ok()) return opened;
  opened.recovered = recovery.recovered();
  opened.log = recovery.TakeLog();
  return opened;
}

// One segment whose own first batch is all of the log.
void PutSegment(MemoryDisk& disk, uint64_t epoch, uint64_t sequence, LogPosition base) {
  SegmentHeader header;
  header.kind = SegmentHeader::Kind::kRecovered;
  header.identity = {NodeId(1), Incarnation(11)};
  header.epoch = epoch;
  if (sequence > 1) header.cut = {1, sequence - 1, 7};
  header.block_bytes = kBlock;
  header.segment_bytes = 4096;
  BatchRecord record;
  record.previous_crc = header.cut.crc;
  record.oldest_epoch = epoch;
  record.base = base;
  record.hard_state = "vote";
  BatchPlace place;
  place.epoch = epoch;
  place.incarnation = Incarnation(11);
  place.first_block = 1;
  place.sequence = sequence;
  place.watermark = sequence - 1;
  std::string bytes = EncodeSegmentHeader(header);
  bytes += EncodeBlocks(EncodeRecord(record), place, kBlock).blocks;
  bytes.resize(4096, '\0');
  disk.files()[SegmentFileName(epoch)] = std::move(bytes);
}

Batch OneEntry(uint64_t index, uint64_t term) {
  Batch batch;
  batch.token = 1;
  LogEntry entry;
  entry.index = index;
  entry.term = term;
  batch.entries.push_back(std::move(entry));
  return batch;
}

TEST(NumberBoundsTest, AtTheEndTheLogIsReadAndNotContinued) {
  struct Case {
    const char* what;
    uint64_t epoch, sequence, index, spare;
  };
  const uint64_t last = kLargestNumber;
  for (const Case& c :
       {Case{"epoch", last, 1, 5, 1}, Case{"sequence", 2, last, 5, 1}, Case{"index", 2, 1, last, 1},
        Case{"spare number", 2, 1, 5, last}, Case{"near", last - kNumbersInReserve + 1, 1, 5, 1}}) {
    MemoryDisk disk(kBlock);
    PutSegment(disk, c.epoch, c.sequence, {c.index, 3});
    disk.files()[SpareFileName(c.spare)] = std::string(4096, '\0');
    for (int i = 0; i < 2; ++i) {
      Opened opened = Open(disk);
      ASSERT_TRUE(opened.status.ok()) << c.what << ": " << opened.status;
      EXPECT_FALSE(opened.recovered.damaged) << c.what << ": " << opened.recovered.damage;
      EXPECT_EQ(opened.recovered.base.index, c.index);
      EXPECT_EQ(opened.recovered.hard_state, "vote");
      const auto before = disk.files();
      const LogOutput out = opened.log->Append(OneEntry(c.index + 1, 3));
      EXPECT_TRUE(absl::IsOutOfRange(out.error)) << c.what << ": " << out.error;
      EXPECT_TRUE(out.requests.empty()) << c.what;
      EXPECT_TRUE(absl::IsOutOfRange(opened.log->Idle().error) || !opened.log->watermark_behind());
      EXPECT_TRUE(disk.files() == before) << c.what;
    }
  }
}

TEST(NumberBoundsTest, WhatTheCallerAsksFor) {
  const uint64_t beyond = kLargestNumber + 1;
  Batch reset_index, reset_term;
  reset_index.reset_to = LogPosition{beyond, 1};
  reset_term.reset_to = LogPosition{10, beyond};
  for (const Batch& batch : {OneEntry(1, beyond), reset_index, reset_term}) {
    MemoryDisk disk(kBlock);
    Opened opened = Open(disk);
    ASSERT_TRUE(opened.status.ok());
    const LogOutput out = opened.log->Append(batch);
    EXPECT_TRUE(absl::IsOutOfRange(out.error)) << out.error;
    EXPECT_TRUE(out.requests.empty());
  }
}

}  // namespace
}  // namespace jfs::log
