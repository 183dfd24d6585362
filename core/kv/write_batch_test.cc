#include "core/kv/write_batch.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/base/random.h"

namespace jfs::kv {
namespace {

using Twin = std::map<std::string, std::optional<std::string>>;

Twin Read(const WriteBatch& batch) {
  Twin rows;
  std::string last;
  for (const auto& [key, value] : batch.changes()) {
    EXPECT_TRUE(rows.empty() || last < key) << "out of order: " << key;
    last = std::string(key);
    rows[last] = value.has_value() ? std::optional<std::string>(*value) : std::nullopt;
  }
  return rows;
}

// Against the obvious twin, with reads of both kinds between the changes.
TEST(WriteBatchTest, TheLastChangeOfAKeyWinsWheneverItIsAskedFor) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    WriteBatch batch;
    Twin twin;
    for (int step = 0; step < 300; ++step) {
      const std::string key = "key" + std::to_string(random.Below(40));
      const uint64_t what = random.Below(100);
      if (what < 50) {
        // Some larger than any block of the batch's memory.
        const std::string value(random.Chance(1, 100) ? 100'000 : random.Below(60), 'v');
        batch.Put(key, value);
        twin[key] = value;
      } else if (what < 70) {
        batch.Delete(key);
        twin[key] = std::nullopt;
      } else if (what < 90) {
        const WriteBatch::Change* const change = batch.Find(key);
        const auto expected = twin.find(key);
        ASSERT_EQ(change != nullptr, expected != twin.end());
        if (change == nullptr) continue;
        EXPECT_EQ(change->key, key);
        ASSERT_EQ(change->value.has_value(), expected->second.has_value());
        if (change->value.has_value()) {
          EXPECT_EQ(*change->value, *expected->second);
        }
      } else if (what < 97) {
        ASSERT_EQ(Read(batch), twin);
      } else if (what == 97) {
        batch.Clear();
        twin.clear();
        EXPECT_EQ(batch.bytes(), 0u);
      } else {
        WriteBatch moved = std::move(batch);
        batch = WriteBatch();
        batch.Put("before the move back", "");
        batch = std::move(moved);
      }
      EXPECT_EQ(batch.empty(), twin.empty());
    }
    ASSERT_EQ(Read(batch), twin);
  }
}

TEST(WriteBatchTest, WhatWasMovedFromIsEmptyAndCanBeUsed) {
  WriteBatch from;
  from.Put("a", "1");
  ASSERT_NE(from.Find("a"), nullptr);
  const WriteBatch to = std::move(from);
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): this is what is tested
  EXPECT_EQ(from.Find("a"), nullptr);
  from.Put("b", "2");
  EXPECT_EQ(Read(from), (Twin{{"b", "2"}}));
  EXPECT_EQ(Read(to), (Twin{{"a", "1"}}));
}

TEST(WriteBatchTest, WhatIsAppendedIsNewer) {
  WriteBatch batch;
  batch.Put("a", "1");
  batch.Put("b", "1");
  batch.Delete("d");
  {
    WriteBatch newer;
    newer.Put("c", "dropped");
    newer.Put("d", "2");
    newer.Put("c", "2");
    newer.Delete("a");
    batch.Append(newer);
  }
  EXPECT_EQ(Read(batch), (Twin{{"a", std::nullopt}, {"b", "1"}, {"c", "2"}, {"d", "2"}}));
}

TEST(WriteBatchTest, AnEmptyValueIsNotADeletion) {
  WriteBatch batch;
  batch.Put("a", "");
  batch.Delete("b");
  EXPECT_EQ(Read(batch), (Twin{{"a", ""}, {"b", std::nullopt}}));
}

}  // namespace
}  // namespace jfs::kv
