#include "core/mirror/fold_buffer.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "core/base/concat.h"

namespace jfs::mirror {
namespace {

using outbox::OutboxRow;

constexpr Micros kNow = Micros(1000);
constexpr uint32_t kRows = 100;
constexpr uint64_t kBytes = 1 << 20;

struct Changed {
  std::string key;
  std::optional<std::string> before, after;
};

OutboxRow Row(uint64_t first, uint64_t last, const std::vector<Changed>& changes) {
  OutboxRow row{.first = first, .last = last};
  for (const Changed& change : changes) {
    row.changes.push_back({.key = change.key, .before = change.before, .after = change.after});
  }
  return row;
}

std::string Show(const std::optional<FoldBuffer::Batch>& batch) {
  if (!batch.has_value()) return "nothing";
  std::string out;
  for (const DataRow& row : batch->rows) {
    out += Concat(out.empty() ? "" : " ", row.key, row.value.has_value() ? "=" + *row.value : "-",
                  "@", row.position & kMaxSequence);
  }
  return out;
}

class FoldBufferTest : public testing::Test {
 protected:
  void Add(const std::vector<OutboxRow>& rows, Micros due = kNow) {
    buffer_.Add(2, rows, {.last = rows.back().last, .chain = rows.back().last * 10}, due);
  }
  std::string Take() {
    std::optional<FoldBuffer::Batch> batch = buffer_.Take(kNow, kRows, kBytes);
    if (batch.has_value()) last_batch_ = batch->number;
    return Show(batch);
  }
  uint64_t folded() const { return buffer_.folded().last; }

  // Up to 9 the table has everything, up to 10 another writer may have folded.
  FoldBuffer buffer_{{.last = 9, .chain = 90}, 10, Mutations()};
  uint64_t last_batch_ = 0;
};

TEST_F(FoldBufferTest, OfSeveralChangesTheLastCounts) {
  Add({Row(10, 11, {{"a", {}, "1"}, {"b", "0", "1"}}), Row(12, 12, {{"a", "1", "2"}})});
  EXPECT_EQ(folded(), 9u);
  EXPECT_EQ(Take(), "a=2@12 b=1@11");
  EXPECT_EQ(folded(), 9u) << "under way is not there";
  buffer_.Ended(last_batch_, {true, true});
  EXPECT_EQ(buffer_.folded(), (RunEnd{.last = 12, .chain = 120}));
  EXPECT_EQ(buffer_.bytes(), 0u);
}

TEST_F(FoldBufferTest, PositionsAreOfTheLineageThatWroteThem) {
  Add({Row(10, 10, {{"a", {}, "1"}})});
  EXPECT_EQ(buffer_.Take(kNow, kRows, kBytes)->rows.front().position, PositionOf(2, 10));
}

TEST_F(FoldBufferTest, AKeyIsUnderWayOnce) {
  Add({Row(10, 10, {{"a", {}, "1"}, {"b", {}, "1"}})});
  EXPECT_EQ(Take(), "a=1@10 b=1@10");
  const uint64_t first = last_batch_;
  Add({Row(11, 11, {{"a", "1", "2"}, {"c", {}, "2"}})});
  EXPECT_EQ(Take(), "c=2@11");
  const uint64_t second = last_batch_;
  EXPECT_EQ(Take(), "nothing");
  buffer_.Ended(second, {true});
  EXPECT_EQ(folded(), 9u);
  // What failed is given out again, as it is now.
  buffer_.Ended(first, {false, true});
  EXPECT_EQ(folded(), 9u) << "the failed row is of sequence 10";
  EXPECT_EQ(Take(), "a=2@11");
  buffer_.Ended(last_batch_, {true});
  EXPECT_EQ(folded(), 11u);
  EXPECT_EQ(buffer_.bytes(), 0u);
}

TEST_F(FoldBufferTest, OldestFirstWithinTheLimits) {
  Add({Row(10, 10, {{"z", {}, "1"}}), Row(11, 11, {{"a", {}, "1"}}),
       Row(12, 12, {{"m", {}, "1"}})});
  EXPECT_EQ(Show(buffer_.Take(kNow, 2, kBytes)), "z=1@10 a=1@11");
  EXPECT_EQ(Show(buffer_.Take(kNow, 2, 1)), "m=1@12") << "at least one";
  EXPECT_EQ(Show(buffer_.Take(kNow, 2, 1)), "nothing");
}

TEST_F(FoldBufferTest, FailedRowsKeepTheirPlace) {
  Add({Row(10, 10, {{"z", {}, "1"}})});
  EXPECT_EQ(Take(), "z=1@10");
  Add({Row(11, 11, {{"a", {}, "1"}})});
  buffer_.Ended(last_batch_, {false});
  EXPECT_EQ(Take(), "z=1@10 a=1@11");
}

TEST_F(FoldBufferTest, MadeAndDeletedUnheardOf) {
  Add({Row(10, 11, {{"a", {}, "1"}}), Row(12, 12, {{"a", "1", {}}})});
  EXPECT_EQ(Take(), "nothing");
  EXPECT_EQ(folded(), 12u);
  EXPECT_EQ(buffer_.bytes(), 0u);
}

TEST_F(FoldBufferTest, ADeletionOfWhatMayBeThereLeavesATombstone) {
  // "old" was there, "inherited" may have been folded by the writer before, "sent" is under way.
  Add({Row(10, 10, {{"inherited", {}, "1"}}), Row(11, 11, {{"old", "1", "2"}, {"sent", {}, "1"}})});
  EXPECT_EQ(Show(buffer_.Take(kNow, kRows, kBytes)), "inherited=1@10 old=2@11 sent=1@11");
  buffer_.Ended(1, {false, false, false});
  Add({Row(12, 12, {{"inherited", "1", {}}, {"old", "2", {}}, {"sent", "1", {}}})});
  EXPECT_EQ(Take(), "inherited-@12 old-@12 sent-@12");
}

TEST_F(FoldBufferTest, RunsThatChangeNothingAreFolded) {
  Add({Row(10, 10, {})});
  EXPECT_EQ(folded(), 10u);
  EXPECT_EQ(buffer_.due(), kNever);
}

TEST_F(FoldBufferTest, RowsWaitUntilTheyAreDue) {
  Add({Row(10, 10, {{"b", {}, "1"}})});
  Add({Row(11, 11, {{"a", {}, "1"}, {"b", "1", "2"}})}, kNow + 1);
  EXPECT_EQ(buffer_.due(), kNow);
  EXPECT_EQ(Take(), "b=2@11") << "a change that came later goes with the row that waits";
  EXPECT_EQ(buffer_.due(), kNow + 1);
  EXPECT_EQ(Take(), "nothing");
  EXPECT_EQ(Show(buffer_.Take(kNow + 1, kRows, kBytes)), "a=1@11");
  EXPECT_EQ(buffer_.due(), kNever);
}

}  // namespace
}  // namespace jfs::mirror
