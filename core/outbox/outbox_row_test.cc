#include "core/outbox/outbox_row.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

namespace jfs::outbox {
namespace {

OutboxRow Example() {
  OutboxRow row;
  row.first = 7;
  row.last = 9;
  row.previous_chain = 0x0123456789abcdef;
  row.wall = WallMillis(1'700'000'000'000);
  row.next_lease = 3;
  row.next_namespace = 2;
  row.directories = 4;
  row.files = 5;
  row.bytes = 6;
  row.changes = {
      {"d1", "old", "new"}, {"e1a", std::nullopt, "made"}, {"e1b", "gone", std::nullopt}};
  return row;
}

TEST(OutboxRowTest, BytesAndBack) {
  const OutboxRow row = Example();
  const std::string bytes = EncodeOutboxRow(row);
  OutboxRow back;
  ASSERT_TRUE(DecodeOutboxRow(bytes, &back));
  EXPECT_EQ(back, row);
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_FALSE(DecodeOutboxRow(bytes.substr(0, cut), &back)) << cut;
  }
  EXPECT_FALSE(DecodeOutboxRow(bytes + '\0', &back));
}

TEST(OutboxRowTest, OneEncodingOnly) {
  OutboxRow back;
  OutboxRow row = Example();
  std::swap(row.changes[1], row.changes[2]);  // out of order
  EXPECT_FALSE(DecodeOutboxRow(EncodeOutboxRow(row), &back));
  row = Example();
  row.changes[2] = row.changes[1];  // a key twice
  EXPECT_FALSE(DecodeOutboxRow(EncodeOutboxRow(row), &back));
  row = Example();
  row.changes[0].before.reset();
  row.changes[0].after.reset();  // no change at all
  EXPECT_FALSE(DecodeOutboxRow(EncodeOutboxRow(row), &back));
}

}  // namespace
}  // namespace jfs::outbox
