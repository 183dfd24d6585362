// Small parts of the loader by themselves.

#include "gtest/gtest.h"

#include "core/mirror/chunk_builder.h"
#include "core/mirror/fence_watch.h"
#include "core/mirror/load_cursor.h"
#include "core/mirror/loader.h"
#include "core/mirror/tables.h"

namespace jfs::mirror {
namespace {

// ---- Cursors ----

ots::PrimaryKey KeyWithHash(uint64_t hash) {
  ots::PrimaryKey key = DataKey("k");
  key[0].value = ots::Value::Integer(static_cast<int64_t>(hash));
  return key;
}

TEST(LoadCursorTest, RoundTrip) {
  const LoadPlace places[] = {
      DataPlace{},
      DataPlace{DataKey("a key")},
      DataPlace{DataKey(std::string("\0end", 4))},
      DataPlace{DataKey(std::string(3000, 'k'))},
      DataPlace{KeyWithHash(UINT64_MAX)},
      JournalPlace{},
      JournalPlace{.run = 5, .done = 7, .chain = UINT64_MAX, .changes = 300},
      EndPlace{},
  };
  for (const LoadPlace& place : places) {
    const std::string cursor = EncodeCursor(place);
    const std::optional<LoadPlace> back = DecodeCursor(cursor);
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(*back, place);
    EXPECT_LE(cursor.size(), 1100u);
  }
  EXPECT_EQ(EncodeCursor(DataPlace{}), "");
  EXPECT_EQ(EncodeCursor(EndPlace{}), Loader::kEnd);
}

TEST(LoadCursorTest, OtherBytesAreNone) {
  const std::string journal = EncodeCursor(JournalPlace{.run = 5, .done = 7});
  const std::string of_a_third_kind = std::string(1, 3) + "12345678";
  const std::string bad[] = {
      "x",         "end ",          "ends",        "\x01",
      "\x01short", of_a_third_kind, journal + "x", journal.substr(0, journal.size() - 1)};
  for (const std::string& cursor : bad) EXPECT_FALSE(DecodeCursor(cursor).has_value()) << cursor;
}

TEST(LoadCursorTest, PermilleGrows) {
  const Fence sealed{.last = 300, .checkpoint = 100};
  const auto at = [&](const LoadPlace& place) {
    return LoadedPermille(EncodeCursor(place), sealed);
  };
  EXPECT_EQ(at(DataPlace{}), 0u);
  // Hashes are signed in the table.
  EXPECT_EQ(at(DataPlace{KeyWithHash(uint64_t{1} << 63)}), 0u);
  EXPECT_EQ(at(DataPlace{KeyWithHash(UINT64_MAX)}), 474u);
  EXPECT_EQ(at(DataPlace{KeyWithHash(0)}), 475u);
  EXPECT_EQ(at(DataPlace{KeyWithHash(INT64_MAX)}), 949u);
  EXPECT_EQ(at(JournalPlace{.run = 101, .done = 100}), 950u);
  EXPECT_EQ(at(JournalPlace{.run = 150, .done = 200}), 975u);
  EXPECT_EQ(at(JournalPlace{.run = 301, .done = 300}), 999u);
  EXPECT_EQ(at(EndPlace{}), 1000u);
  EXPECT_EQ(LoadedPermille("nonsense", sealed), 0u);
  // An empty journal, and a place that is not of this mirror.
  EXPECT_EQ(LoadedPermille(EncodeCursor(JournalPlace{.run = 1}), Fence{}), 999u);
  EXPECT_EQ(at(JournalPlace{.run = 1, .done = 9}), 999u);
}

// ---- Chunks ----

TEST(ChunkBuilderTest, CutsByRowsAndBytesAndChains) {
  LoadLimits limits;
  limits.chunk_rows = 3;
  limits.chunk_bytes = 10;
  ChunkBuilder builder(limits, DataPlace{});
  builder.Close(DataPlace{});
  EXPECT_EQ(builder.ready(), 0u) << "moves nowhere";

  const LoadedRow big{.key = "k", .value = std::string(100, 'v')};
  const LoadedRow small{.key = "k", .value = "v"};
  const LoadedRow gone{.key = "k"};
  EXPECT_FALSE(builder.Full(big)) << "an empty chunk takes any row";
  builder.Add(big);
  EXPECT_TRUE(builder.Full(gone));
  const LoadPlace first = JournalPlace{.run = 1};
  builder.Close(first);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(builder.Full(small));
    builder.Add(small);
  }
  EXPECT_TRUE(builder.Full(small));
  const LoadPlace second = JournalPlace{.run = 2};
  builder.Close(second);
  // Empty, but it moves.
  builder.Close(EndPlace{});

  ASSERT_EQ(builder.ready(), 3u);
  Chunk chunk = *builder.Take();
  EXPECT_EQ(chunk.from, "");
  EXPECT_EQ(chunk.to, EncodeCursor(first));
  EXPECT_EQ(chunk.rows, std::vector<LoadedRow>{big});
  chunk = *builder.Take();
  EXPECT_EQ(chunk.from, EncodeCursor(first));
  EXPECT_EQ(chunk.to, EncodeCursor(second));
  EXPECT_EQ(chunk.rows.size(), 3u);
  chunk = *builder.Take();
  EXPECT_EQ(chunk.to, Loader::kEnd);
  EXPECT_TRUE(chunk.rows.empty());
  EXPECT_FALSE(builder.Take().has_value());
}

// ---- The watch ----

struct Look {
  uint64_t begun, ended, revision;  // seconds
  bool quiet;
};
struct WatchCase {
  const char* name;
  std::vector<Look> looks;
};
const WatchCase kWatchCases[] = {
    {"QuietAfterThirtySeconds",
     {{0, 1, 5, false},
      {10, 11, 5, false},
      {20, 21, 5, false},
      {30, 31, 5, false},
      {31, 31, 5, true}}},
    {"ALongLastReadCountsFromItsBeginning",
     {{0, 1, 5, false},
      {10, 11, 5, false},
      {20, 21, 5, false},
      {30, 31, 5, false},
      {30, 41, 5, false},
      {41, 41, 5, true}}},
    {"AChangeBeginsAnew",
     {{0, 1, 5, false},
      {10, 11, 5, false},
      {20, 21, 6, false},
      {30, 31, 6, false},
      {40, 41, 6, false},
      {50, 50, 6, false},
      {51, 51, 6, true}}},
    {"AGapBeginsAnew",
     {{0, 1, 5, false},
      {10, 11, 5, false},
      {31, 32, 5, false},
      {41, 42, 5, false},
      {51, 52, 5, false},
      {62, 62, 5, true}}},
    {"OnlyTheFirstLook", {{100, 100, 5, false}}},
};

struct WatchTest : testing::TestWithParam<WatchCase> {};
TEST_P(WatchTest, Looks) {
  FenceWatch watch(30 * kSecond);
  for (const Look& look : GetParam().looks) {
    const Fence fence{.revision = look.revision};
    EXPECT_EQ(watch.Saw(fence, Micros(look.begun * kSecond), Micros(look.ended * kSecond)),
              look.quiet)
        << look.begun;
    EXPECT_EQ(watch.fence(), fence);
  }
}
INSTANTIATE_TEST_SUITE_P(All, WatchTest, testing::ValuesIn(kWatchCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(WatchTest, WithoutAnyQuietTimeAtOnce) {
  FenceWatch watch(0);
  EXPECT_TRUE(watch.Saw(Fence{}, Micros(7), Micros(7)));
}

}  // namespace
}  // namespace jfs::mirror
