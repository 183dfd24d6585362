#include "core/base/codec.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace jfs {
namespace {

std::string Everything() {
  std::string out;
  Encoder encoder(&out);
  encoder.U8(0x12);
  encoder.U16(0x1234);
  encoder.U32(0x12345678);
  encoder.U64(0x123456789abcdef0);
  encoder.Varint(300);
  encoder.Bool(true);
  encoder.Bytes("name");
  encoder.Raw("rest");
  return out;
}

TEST(CodecTest, ReadsBackWhatWasWritten) {
  const std::string bytes = Everything();
  Decoder decoder(bytes);
  EXPECT_EQ(decoder.U8(), 0x12);
  EXPECT_EQ(decoder.U16(), 0x1234);
  EXPECT_EQ(decoder.U32(), 0x12345678u);
  EXPECT_EQ(decoder.U64(), 0x123456789abcdef0u);
  EXPECT_EQ(decoder.Varint(), 300u);
  EXPECT_TRUE(decoder.Bool());
  EXPECT_EQ(decoder.Bytes(), "name");
  EXPECT_FALSE(decoder.Done());
  EXPECT_EQ(decoder.Raw(4), "rest");
  EXPECT_TRUE(decoder.Done());
}

TEST(CodecTest, FixedWidthIntegersSortLikeNumbers) {
  std::string small, large;
  Encoder(&small).U64(255);
  Encoder(&large).U64(256);
  EXPECT_LT(small, large);
}

TEST(CodecTest, EveryTruncationIsNoticed) {
  const std::string bytes = Everything();
  for (size_t size = 0; size < bytes.size(); ++size) {
    Decoder decoder(std::string_view(bytes).substr(0, size));
    decoder.U8();
    decoder.U16();
    decoder.U32();
    decoder.U64();
    decoder.Varint();
    decoder.Bool();
    decoder.Bytes();
    decoder.Raw(4);
    EXPECT_FALSE(decoder.ok()) << size;
    EXPECT_EQ(decoder.U64(), 0u) << "reads after a failure give zero";
  }
}

TEST(CodecTest, VarintEdges) {
  for (const uint64_t value : std::vector<uint64_t>{0, 1, 127, 128, 16383, 16384, UINT32_MAX,
                                                    uint64_t{1} << 63, UINT64_MAX}) {
    std::string bytes;
    Encoder(&bytes).Varint(value);
    EXPECT_LE(bytes.size(), 10u);
    Decoder decoder(bytes);
    EXPECT_EQ(decoder.Varint(), value);
    EXPECT_TRUE(decoder.Done());
  }
}

struct BadVarint {
  std::string_view name;
  std::string bytes;
};

TEST(CodecTest, RefusesOtherFormsOfVarints) {
  const std::vector<BadVarint> cases = {
      {"longer than needed", std::string("\x80\x00", 2)},
      {"eleven bytes", std::string(10, '\xff') + "\x01"},
      {"more than 64 bits", std::string(9, '\xff') + "\x02"},
      {"no end", std::string(3, '\xff')},
  };
  for (const BadVarint& bad : cases) {
    Decoder decoder(bad.bytes);
    EXPECT_EQ(decoder.Varint(), 0u) << bad.name;
    EXPECT_FALSE(decoder.ok()) << bad.name;
  }
}

TEST(CodecTest, LimitsAndBooleansAreChecked) {
  Decoder above(std::string_view("\x05", 1));
  above.VarintUpTo(4);
  EXPECT_FALSE(above.ok());
  Decoder truth(std::string_view("\x02", 1));
  truth.Bool();
  EXPECT_FALSE(truth.ok());
  Decoder length(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01zz", 12));
  EXPECT_EQ(length.Bytes(), "");
  EXPECT_FALSE(length.ok());
}

}  // namespace
}  // namespace jfs
