#include "core/base/random.h"

#include <vector>

#include "gtest/gtest.h"

#include "core/base/hash.h"

namespace jfs {
namespace {

// Fixed for ever: seeds in bug reports must keep their meaning.
TEST(RandomTest, SequenceIsFixed) {
  Random random(1);
  const std::vector<uint64_t> got = {random.Next(), random.Next(), random.Next()};
  Random again(1);
  EXPECT_EQ(got, (std::vector<uint64_t>{again.Next(), again.Next(), again.Next()}));
  EXPECT_EQ(Mix64(0), 0xe220a8397b1dcdafu);  // first output of SplitMix64 with seed 0
}

TEST(RandomTest, StaysInBounds) {
  Random random(7);
  std::vector<int> seen(10, 0);
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t v = random.Below(10);
    ASSERT_LT(v, 10u);
    ++seen[v];
    const uint64_t b = random.Between(3, 5);
    ASSERT_GE(b, 3u);
    ASSERT_LE(b, 5u);
    ASSERT_FALSE(random.Chance(0, 5));
    ASSERT_TRUE(random.Chance(5, 5));
  }
  for (const int count : seen) EXPECT_GT(count, 800);
}

TEST(HashTest, IsXxh64) {
  EXPECT_EQ(Hash64(""), 0xef46db3751d8e999u);
  EXPECT_EQ(Hash64("a"), 0xd24ec4f1a98c6e5bu);
  EXPECT_NE(Hash64("a", 1), Hash64("a"));
  EXPECT_NE(HashCombine(1, 2), HashCombine(2, 1));
}

}  // namespace
}  // namespace jfs
