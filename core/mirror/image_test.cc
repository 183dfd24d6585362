#include "core/mirror/image.h"

#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "core/mirror/journal.h"
#include "core/mirror/tables.h"
#include "core/outbox/outbox_row.h"

namespace jfs::mirror {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A writer that makes fences, runs and data rows as the format has them.
class Writer {
 public:
  // One outbox row of `count` mutations.
  std::string Row(uint64_t count, std::vector<outbox::RowChange> changes) {
    outbox::OutboxRow row;
    row.first = last_ + 1;
    row.last = last_ + count;
    row.previous_chain = fence.chain;
    row.files = row.last;
    row.changes = std::move(changes);
    const std::string bytes = outbox::EncodeOutboxRow(row);
    fence.chain = outbox::NextChain(fence.chain, bytes);
    fence.carried = Carried{.files = row.files};
    last_ = row.last;
    return bytes;
  }
  // A run of these, in parts of at most so many bytes.
  std::vector<ots::Row> Run(const std::vector<std::string>& rows, uint64_t part_bytes = 1 << 20) {
    const std::string packed = PackRun(rows);
    const std::vector<std::string_view> parts = CutIntoParts(packed, part_bytes);
    std::vector<ots::Row> out;
    for (size_t i = 0; i < parts.size(); ++i) {
      out.push_back(EncodeJournalRow({.first = fence.last + 1,
                                      .last = last_,
                                      .part = i,
                                      .parts = parts.size(),
                                      .lineage = 1,
                                      .bytes = std::string(parts[i])}));
    }
    fence.last = last_;
    return out;
  }
  static ots::Row Data(const std::string& key, std::optional<std::string> value,
                       uint64_t sequence) {
    return FoldRow({.key = key, .value = std::move(value), .position = PositionOf(1, sequence)})
        .row;
  }

  Fence fence;

 private:
  uint64_t last_ = 0;
};

void AddAll(const std::vector<ots::Row>& rows, Image* image) {
  for (const ots::Row& row : rows) {
    const absl::Status added = image->AddJournal(row);
    ASSERT_TRUE(added.ok()) << added;
  }
}

TEST(Image, IsKnownAsOfEveryPosition) {
  Writer writer;
  const auto one = writer.Run({writer.Row(2, {{"a", {}, "a2"}, {"b", {}, "b2"}})});
  writer.fence.checkpoint = writer.fence.last;
  writer.fence.checkpoint_chain = writer.fence.chain;
  Image image(writer.fence);
  const auto two = writer.Run(
      {writer.Row(1, {{"a", "a2", "a3"}}), writer.Row(3, {{"b", "b2", {}}, {"c", {}, "c6"}})});
  const auto three = writer.Run({writer.Row(1, {{"a", "a3", {}}})});

  // The table was read while later mutations were being folded into it.
  for (const ots::Row& row : {Writer::Data("a", "a3", 3), Writer::Data("b", "b2", 2),
                              Writer::Data("c", "c6", 6), Writer::Data("gone", {}, 1)}) {
    ASSERT_TRUE(image.AddData(row).ok());
  }
  EXPECT_EQ(image.next(), 3u);
  AddAll(two, &image);
  AddAll(three, &image);
  const absl::Status checked = image.Check(writer.fence);
  ASSERT_TRUE(checked.ok()) << checked;

  EXPECT_EQ(image.begin(), 2u);
  EXPECT_EQ(image.end(), 7u);
  EXPECT_EQ(image.At("a", 2), "a2");
  EXPECT_EQ(image.At("a", 3), "a3");
  EXPECT_EQ(image.At("a", 6), "a3");
  EXPECT_EQ(image.At("a", 7), std::nullopt);
  EXPECT_EQ(image.At("b", 5), "b2");
  EXPECT_EQ(image.At("b", 6), std::nullopt);
  EXPECT_EQ(image.At("c", 3), std::nullopt);
  EXPECT_EQ(image.At("c", 6), "c6");
  EXPECT_EQ(image.At("gone", 7), std::nullopt);
  EXPECT_EQ(image.At("never", 7), std::nullopt);
  std::vector<std::string> keys;
  const auto collect = [&](const std::string& key) { keys.push_back(key); };
  image.ForEachKey("", std::nullopt, collect);
  EXPECT_THAT(keys, ElementsAre("a", "b", "c", "gone"));
  keys.clear();
  image.ForEachKey("a", "c", collect);
  EXPECT_THAT(keys, ElementsAre("b", "c"));
}

TEST(Image, KeepsOfValuesWhatItIsTold) {
  Writer writer;
  Image image(writer.fence, [](std::string_view value) { return std::to_string(value.size()); });
  AddAll(writer.Run({writer.Row(1, {{"a", {}, "four"}})}), &image);
  ASSERT_TRUE(image.AddData(Writer::Data("b", "sixsix", 1)).ok());
  ASSERT_TRUE(image.Check(writer.fence).ok());
  EXPECT_EQ(image.At("a", 1), "4");
  EXPECT_EQ(image.At("b", 1), "6");
}

TEST(Image, RunsInPartsAndTheirLeftovers) {
  Writer writer;
  Image image(writer.fence);
  std::vector<outbox::RowChange> changes;
  for (char c = 'a'; c <= 'z'; ++c) {
    std::string noise;
    for (int i = 0; i < 40; ++i) noise += static_cast<char>((c * 31 + i * i * 17) & 0xff);
    changes.push_back({std::string(1, c), {}, noise});
  }
  const auto parts = writer.Run({writer.Row(1, changes)}, 300);
  ASSERT_GE(parts.size(), 3u);
  AddAll(parts, &image);
  // Of an earlier try that was cut into more parts.
  ASSERT_TRUE(image
                  .AddJournal(EncodeJournalRow({.first = 1,
                                                .last = 9,
                                                .part = parts.size(),
                                                .parts = parts.size() + 1,
                                                .lineage = 1,
                                                .bytes = "old"}))
                  .ok());
  AddAll(writer.Run({writer.Row(1, {{"a", "x", "y"}})}), &image);
  EXPECT_TRUE(image.Check(writer.fence).ok());
  EXPECT_EQ(image.At("a", 2), "y");
}

TEST(Image, WhatIsNotWholeIsNamed) {
  Writer writer;
  const Fence begun = writer.fence;
  const auto one = writer.Run({writer.Row(5, {{"a", {}, "1"}})});
  const auto two = writer.Run({writer.Row(5, {{"a", "1", "2"}})});
  {
    Image image(begun);
    EXPECT_THAT(std::string(image.AddJournal(two[0]).message()),
                HasSubstr("lacks part 0 of the run that begins at 1"));
  }
  {
    Image image(begun);
    AddAll(one, &image);
    EXPECT_THAT(std::string(image.Check(writer.fence).message()),
                HasSubstr("ends at 5, and the fence says 10"));
    AddAll(two, &image);
    EXPECT_TRUE(image.Check(writer.fence).ok());
    Fence other = writer.fence;
    ++other.chain;
    EXPECT_THAT(std::string(image.Check(other).message()), HasSubstr("chain"));
    other = writer.fence;
    ++other.carried.files;
    EXPECT_THAT(std::string(image.Check(other).message()), HasSubstr("totals"));
  }
  {
    // A run of another history.
    Fence elsewhere = begun;
    ++elsewhere.checkpoint_chain;
    Image image(elsewhere);
    EXPECT_THAT(std::string(image.AddJournal(one[0]).message()), HasSubstr("behind 0 is not what"));
  }
}

TEST(Image, WhatWasWrittenAfterTheSealIsNone) {
  Writer writer;
  Image image(writer.fence);
  AddAll(writer.Run({writer.Row(1, {{"a", {}, "1"}})}), &image);
  ASSERT_TRUE(image.AddData(Writer::Data("late", "x", 2)).ok());
  ASSERT_TRUE(image.Check(writer.fence).ok());
  EXPECT_EQ(image.At("late", 1), std::nullopt);
}

}  // namespace
}  // namespace jfs::mirror
