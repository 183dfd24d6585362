#include "core/log/segment_header.h"

#include <string>

#include "gtest/gtest.h"

#include "core/base/codec.h"
#include "core/base/crc32c.h"

namespace jfs::log {
namespace {

SegmentHeader Recovered() {
  SegmentHeader header;
  header.kind = SegmentHeader::Kind::kRecovered;
  header.identity = {NodeId(3), Incarnation(0x1122334455667788)};
  header.epoch = 12;
  header.cut = {9, 100, 0xabcdef01};
  header.block_bytes = 4096;
  header.segment_bytes = 1 << 20;
  return header;
}

TEST(SegmentHeaderTest, RoundTrip) {
  SegmentHeader rolled = Recovered();
  rolled.kind = SegmentHeader::Kind::kRolled;
  rolled.cut = CutPoint();
  rolled.previous_epoch = 11;
  SegmentHeader spare = rolled;
  spare.kind = SegmentHeader::Kind::kSpare;
  spare.epoch = 0;
  spare.block_bytes = 512;
  for (const SegmentHeader& header : {Recovered(), rolled, spare}) {
    const std::string block = EncodeSegmentHeader(header);
    EXPECT_EQ(block.size(), header.block_bytes);
    SegmentHeader decoded;
    ASSERT_TRUE(DecodeSegmentHeader(block, &decoded).ok());
    EXPECT_EQ(decoded, header);
  }
}

TEST(SegmentHeaderTest, EveryFlippedBitAndEveryTruncation) {
  const std::string block = EncodeSegmentHeader(Recovered());
  SegmentHeader decoded;
  for (size_t bit = 0; bit < kSegmentHeaderBytes * 8; ++bit) {
    std::string bad = block;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    ASSERT_TRUE(absl::IsDataLoss(DecodeSegmentHeader(bad, &decoded))) << bit;
  }
  for (size_t size = 0; size < kSegmentHeaderBytes; ++size) {
    ASSERT_TRUE(absl::IsDataLoss(DecodeSegmentHeader(block.substr(0, size), &decoded))) << size;
  }
}

// A header whose checksum holds, with `bytes` at `offset`.
std::string Forged(const SegmentHeader& header, size_t offset, std::string_view bytes) {
  std::string block = EncodeSegmentHeader(header);
  block.replace(offset, bytes.size(), bytes);
  std::string crc;
  Encoder(&crc).U32(Crc32c(std::string_view(block).substr(4, kSegmentHeaderBytes - 4)));
  return block.replace(0, 4, crc);
}

std::string Forged(size_t offset, std::string_view bytes) {
  return Forged(Recovered(), offset, bytes);
}

TEST(SegmentHeaderTest, ForgedFields) {
  SegmentHeader decoded;
  EXPECT_TRUE(absl::IsFailedPrecondition(
      DecodeSegmentHeader(Forged(12, std::string("\0\2", 2)), &decoded)));
  EXPECT_TRUE(absl::IsDataLoss(DecodeSegmentHeader(Forged(4, "X"), &decoded)));
  EXPECT_TRUE(absl::IsDataLoss(DecodeSegmentHeader(Forged(14, "\7"), &decoded)));  // kind
  EXPECT_TRUE(
      absl::IsDataLoss(DecodeSegmentHeader(Forged(32, std::string(8, '\0')), &decoded)));  // epoch
  EXPECT_TRUE(absl::IsDataLoss(
      DecodeSegmentHeader(Forged(68, std::string(4, '\0')), &decoded)));  // block bytes
  EXPECT_TRUE(
      absl::IsDataLoss(DecodeSegmentHeader(Forged(72, std::string(8, '\xff')), &decoded)));  // size
}

// Whoever counts on from these numbers must not overflow.
TEST(SegmentHeaderTest, NumbersBeyondTheLargest) {
  struct Case {
    const char* what;
    SegmentHeader::Kind kind;
    size_t offset;
  };
  const size_t epoch = 32;
  const size_t cut_sequence = 56;
  for (const Case& c : {Case{"epoch", SegmentHeader::Kind::kRecovered, epoch},
                        Case{"epoch", SegmentHeader::Kind::kRolled, epoch},
                        Case{"sequence", SegmentHeader::Kind::kRecovered, cut_sequence}}) {
    // A segment's own first batch has the sequence after the cut.
    const uint64_t largest = c.offset == epoch ? kLargestNumber : kLargestNumber - 1;
    for (const uint64_t number : {largest, largest + 1, uint64_t{1} << 63, UINT64_MAX}) {
      SegmentHeader header = Recovered();
      header.kind = c.kind;
      header.previous_epoch = c.kind == SegmentHeader::Kind::kRolled ? 11 : 0;
      std::string bytes;
      Encoder(&bytes).U64(number);
      SegmentHeader decoded;
      const absl::Status status = DecodeSegmentHeader(Forged(header, c.offset, bytes), &decoded);
      EXPECT_EQ(status.code(),
                number == largest ? absl::StatusCode::kOk : absl::StatusCode::kOutOfRange)
          << c.what << " " << number << ": " << status;
    }
  }
}

TEST(SegmentHeaderTest, FileNames) {
  EXPECT_EQ(SegmentFileName(0x1f), "segment-000000000000001f");
  EXPECT_EQ(SpareFileName(3), "spare-0000000000000003");
  EXPECT_EQ(ParseSegmentFileName("segment-000000000000001f"), 0x1fu);
  EXPECT_EQ(ParseSpareFileName("spare-0000000000000003"), 3u);
  for (const char* name :
       {"segment-0000000000000000", "segment-000000000000001F", "segment-1f", "segment-", "LOCK",
        "segment-000000000000001f0", "spare-000000000000001f"}) {
    EXPECT_FALSE(ParseSegmentFileName(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace jfs::log
