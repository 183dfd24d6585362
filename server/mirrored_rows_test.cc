#include "server/mirrored_rows.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "core/base/hash.h"
#include "core/kv/memory_store.h"
#include "core/kv/write_batch.h"

namespace jfs::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A row of each kind that there is, and neighbours that are nobody's.
class MirroredRows : public testing::Test {
 protected:
  MirroredRows() {
    kv::WriteBatch batch;
    for (const char* key : {"a", "b1", "c", "d1", "d2", "e1", "e2", "e3", "f1", "g1", "m1", "n1",
                            "o1", "r1", "u1", "x1", "z", "\x01"}) {
      batch.Put(key, std::string("value of ") + key);
    }
    EXPECT_TRUE(store_.Write(batch).ok());
  }
  std::vector<std::string> Page(const std::string& start_after, uint32_t limit) {
    page_.Clear();
    EXPECT_TRUE(ReadMirroredRows(store_, start_after, limit, &page_).ok());
    std::vector<std::string> keys;
    for (const auto& row : page_.rows()) keys.push_back(row.key());
    return keys;
  }

  kv::MemoryStore store_;
  ::jfs::jindo::MirroredRowsResponseProto page_;
};

TEST_F(MirroredRows, AreTheTreesInTheOrderOfKeys) {
  EXPECT_THAT(Page("", 0), ElementsAre("b1", "d1", "d2", "e1", "e2", "e3", "g1", "n1", "o1", "x1"));
  EXPECT_FALSE(page_.more());
  EXPECT_EQ(page_.rows(0).valuehash(), Hash64("value of b1"));
  EXPECT_EQ(page_.rows(0).valuebytes(), 11u);
}

TEST_F(MirroredRows, ComeInPages) {
  EXPECT_THAT(Page("", 3), ElementsAre("b1", "d1", "d2"));
  EXPECT_TRUE(page_.more());
  EXPECT_THAT(Page("d2", 4), ElementsAre("e1", "e2", "e3", "g1"));
  EXPECT_TRUE(page_.more());
  // In the middle of what is not mirrored, and behind what is no key.
  EXPECT_THAT(Page("f1", 2), ElementsAre("g1", "n1"));
  EXPECT_THAT(Page("nn", 2), ElementsAre("o1", "x1"));
  EXPECT_FALSE(page_.more());
  EXPECT_THAT(Page("x1", 2), IsEmpty());
  EXPECT_FALSE(page_.more());
}

TEST_F(MirroredRows, PagesAreBoundedInBytes) {
  kv::WriteBatch batch;
  for (char c = 'a'; c < 'e'; ++c) batch.Put(std::string("e9") + c, std::string(600 << 10, 'v'));
  ASSERT_TRUE(store_.Write(batch).ok());
  EXPECT_THAT(Page("e3", 0), ElementsAre("e9a", "e9b"));
  EXPECT_TRUE(page_.more());
}

}  // namespace
}  // namespace jfs::server
