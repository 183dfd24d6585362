#include "core/base/lookup_map.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace jfs {
namespace {

template <typename Map>
concept Walkable = requires(const Map& map) {
  map.begin();
};

static_assert(Walkable<absl::flat_hash_map<uint64_t, int>>);
static_assert(!Walkable<LookupMap<uint64_t, int>>, "its order differs from run to run");

TEST(LookupMapTest, FindsWhatWasPutIn) {
  LookupMap<uint64_t, std::string> names;
  EXPECT_TRUE(names.emplace(7, "seven").second);
  EXPECT_FALSE(names.emplace(7, "again").second);
  names[8] = "eight";
  ASSERT_NE(names.find(7), names.end());
  EXPECT_EQ(names.find(7)->second, "seven");
  EXPECT_EQ(names.size(), 2u);
  names.erase(7);
  EXPECT_FALSE(names.contains(7));
  EXPECT_EQ(names.at(8), "eight");
}

}  // namespace
}  // namespace jfs
