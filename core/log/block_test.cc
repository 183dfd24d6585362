#include "core/log/block.h"

#include <string>

#include "gtest/gtest.h"

#include "core/base/codec.h"
#include "core/base/crc32c.h"
#include "core/log/record.h"

namespace jfs::log {
namespace {

BatchPlace Place() {
  BatchPlace place;
  place.epoch = 7;
  place.incarnation = Incarnation(42);
  place.first_block = 3;
  place.sequence = 9;
  place.watermark = 8;
  return place;
}

TEST(BlockTest, RoundTrip) {
  for (const uint32_t block_bytes : {kSmallBlockBytes, kLargeBlockBytes}) {
    const uint32_t room = BlockPayloadBytes(block_bytes);
    for (const size_t size :
         {size_t{0}, size_t{1}, size_t{room}, size_t{room} + 1, size_t{3} * room}) {
      const std::string record(size, 'r');
      const EncodedBatch batch = EncodeBlocks(record, Place(), block_bytes);
      const uint64_t parts = BlocksFor(size, block_bytes);
      ASSERT_EQ(batch.blocks.size(), parts * block_bytes);
      std::string joined;
      uint32_t crc = 0;
      for (uint32_t part = 0; part < parts; ++part) {
        const DecodedBlock block =
            DecodeBlock(std::string_view(batch.blocks).substr(part * block_bytes, block_bytes), 7,
                        Incarnation(42), 3 + part);
        ASSERT_EQ(block.kind, BlockKind::kNew);
        EXPECT_EQ(block.part, part);
        EXPECT_EQ(block.parts, parts);
        EXPECT_EQ(block.sequence, 9u);
        EXPECT_EQ(block.watermark, 8u);
        joined.append(block.payload);
        crc = ExtendBatchCrc(crc, block.crc);
      }
      EXPECT_EQ(joined, record);
      EXPECT_EQ(crc, batch.crc);
    }
  }
}

TEST(BlockTest, Kinds) {
  const std::string block = EncodeBlocks("hello", Place(), kSmallBlockBytes).blocks;
  const Incarnation disk(42);
  EXPECT_EQ(DecodeBlock(block, 7, disk, 3).kind, BlockKind::kNew);
  EXPECT_EQ(DecodeBlock(block, 8, disk, 3).kind, BlockKind::kOld);
  EXPECT_EQ(DecodeBlock(block, 8, disk, 4).kind,
            BlockKind::kBad);  // an old block, but not of this place
  EXPECT_EQ(DecodeBlock(block, 7, disk, 4).kind,
            BlockKind::kStray);  // misdirected within the segment
  EXPECT_EQ(DecodeBlock(block, 6, disk, 3).kind,
            BlockKind::kStray);  // misdirected from a later segment
  EXPECT_EQ(DecodeBlock(block, 7, Incarnation(43), 3).kind, BlockKind::kBad);
  EXPECT_EQ(DecodeBlock(std::string(kSmallBlockBytes, '\0'), 7, disk, 3).kind, BlockKind::kZero);
  EXPECT_EQ(DecodeBlock(std::string(kSmallBlockBytes, '\xff'), 7, disk, 3).kind, BlockKind::kBad);
  EXPECT_EQ(DecodeBlock("", 7, disk, 3).kind, BlockKind::kZero);
}

TEST(BlockTest, NumbersBeyondTheLargest) {
  const std::string block = EncodeBlocks("hello", Place(), kSmallBlockBytes).blocks;
  const size_t epoch = 20;
  const size_t sequence = 36;
  for (const size_t offset : {epoch, sequence}) {
    for (const uint64_t number : {kLargestNumber, kLargestNumber + 1, UINT64_MAX}) {
      std::string field, crc;
      Encoder(&field).U64(number);
      std::string forged = block;
      forged.replace(offset, 8, field);
      Encoder(&crc).U32(Crc32c(std::string_view(forged).substr(4)));
      forged.replace(0, 4, crc);
      const uint64_t seen_from = offset == epoch ? number : Place().epoch;
      const BlockKind kind = DecodeBlock(forged, seen_from, Incarnation(42), 3).kind;
      EXPECT_EQ(kind, number == kLargestNumber ? BlockKind::kNew : BlockKind::kBad)
          << "at " << offset << ": " << number;
    }
  }
}

TEST(BlockTest, EveryFlippedBitAndEveryTruncation) {
  const std::string block = EncodeBlocks("hello", Place(), kSmallBlockBytes).blocks;
  for (size_t bit = 0; bit < block.size() * 8; ++bit) {
    std::string bad = block;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    ASSERT_EQ(DecodeBlock(bad, 7, Incarnation(42), 3).kind, BlockKind::kBad) << bit;
  }
  for (size_t size = 1; size < block.size(); ++size) {
    ASSERT_EQ(DecodeBlock(block.substr(0, size), 7, Incarnation(42), 3).kind, BlockKind::kBad)
        << size;
  }
}

}  // namespace
}  // namespace jfs::log
