#include "core/mirror/journal.h"

#include <zstd.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "core/base/random.h"

namespace jfs::mirror {
namespace {

constexpr uint64_t kEnough = 1 << 20;

std::string Noise(size_t bytes, uint64_t seed) {
  Random random(seed);
  std::string noise;
  for (size_t i = 0; i < bytes; ++i) noise.push_back(static_cast<char>(random.Next()));
  return noise;
}

std::string Frame(std::string_view plain) {
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 3));
  return packed;
}

TEST(Journal, RunsAreReadAsTheyWereWritten) {
  const std::vector<std::vector<std::string>> runs = {
      {}, {""}, {"a", "", "bb"}, {Noise(70'000, 1), std::string(70'000, 'x')}};
  for (const std::vector<std::string>& run : runs) {
    const auto read = UnpackRun(PackRun(run), kEnough);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, run);
  }
}

TEST(Journal, WhatIsNoRunIsRefused) {
  const std::string good = PackRun(std::vector<std::string>{"row", std::string(1000, 'x')});
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(UnpackRun(good.substr(0, size), kEnough).status().code(), absl::StatusCode::kDataLoss)
        << size;
  }
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x40);
    EXPECT_FALSE(UnpackRun(bad, kEnough).ok()) << at;
  }
  EXPECT_FALSE(UnpackRun(good + "x", kEnough).ok());
  EXPECT_FALSE(UnpackRun(good + good, kEnough).ok()) << "two frames are not one run";
  EXPECT_FALSE(UnpackRun(Frame(""), kEnough).ok()) << "no count";
  EXPECT_FALSE(UnpackRun(Frame(std::string("\x02\x01x", 3)), kEnough).ok()) << "a row too few";
  EXPECT_FALSE(UnpackRun(Frame(std::string("\x01\x01xy", 4)), kEnough).ok()) << "a byte too many";
}

TEST(Journal, NothingLongerThanAllowed) {
  const std::string bomb = PackRun(std::vector<std::string>{std::string(100'000, 'x')});
  EXPECT_LT(bomb.size(), 1000u);
  EXPECT_TRUE(UnpackRun(bomb, 100'010).ok());
  const absl::Status status = UnpackRun(bomb, 99'999).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(std::string(status.message()).find("at most 99999"), std::string::npos) << status;
}

TEST(Journal, PartsMakeTheWhole) {
  const std::string packed = Noise(1000, 2);
  for (const uint64_t part_bytes : {1, 7, 500, 999, 1000, 1001}) {
    std::string whole;
    const std::vector<std::string_view> parts = CutIntoParts(packed, part_bytes);
    for (const std::string_view part : parts) {
      EXPECT_LE(part.size(), part_bytes);
      EXPECT_FALSE(part.empty());
      whole += part;
    }
    EXPECT_EQ(whole, packed);
    EXPECT_EQ(parts.size(), (packed.size() + part_bytes - 1) / part_bytes);
  }
  EXPECT_EQ(CutIntoParts("", 10).size(), 1u);
}

}  // namespace
}  // namespace jfs::mirror
