#include "core/mirror/fence.h"

#include <string>

#include "gtest/gtest.h"

#include "core/mirror/tables.h"

namespace jfs::mirror {
namespace {

using ots::Value;

Fence Example() {
  Fence fence;
  fence.revision = 12;
  fence.cluster = "00c0ffee";
  fence.lineage = 2;
  fence.term = 7;
  fence.last = 120;
  fence.chain = 0xfedcba9876543210;
  fence.carried.wall = WallMillis(1'700'000'000'000);
  fence.carried.next_lease = 4;
  fence.carried.next_namespace = 3;
  fence.carried.directories = 10;
  fence.carried.files = 20;
  fence.carried.bytes = 30;
  fence.checkpoint = 100;
  fence.checkpoint_chain = 0x8000000000000000;
  fence.parts = 1;
  fence.touches = 9;
  return fence;
}

ots::Cell* Cell(ots::Row* row, std::string_view name) {
  for (ots::Cell& cell : row->cells) {
    if (cell.name == name) return &cell;
  }
  return nullptr;
}

TEST(Fence, IsReadAsItWasWritten) {
  Fence fence = Example();
  for (const FenceState state : {FenceState::kOpen, FenceState::kSealed}) {
    fence.state = state;
    const auto read = DecodeFence(ChangeFence(fence).row);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, fence);
  }
}

TEST(Fence, IsTheFirstRowOfTheJournalsPartition) {
  EXPECT_EQ(FenceKey().front(), JournalPartition());
  EXPECT_NE(FenceKey(), JournalKey(0, 0));
}

TEST(Fence, ChangesOnlyFromTheRevisionBefore) {
  const ots::RowChange change = ChangeFence(Example());
  EXPECT_EQ(change.kind, ots::RowChange::Kind::kPut);
  EXPECT_EQ(change.condition.existence, ots::Existence::kExpectExist);
  EXPECT_EQ(change.condition.columns,
            ots::CompareColumn("revision", ots::Comparator::kEqual, Value::Integer(11), false));
  const ots::RowChange creation = CreateFence(Example());
  EXPECT_EQ(creation.condition.existence, ots::Existence::kExpectNotExist);
  EXPECT_FALSE(creation.condition.columns.has_value());
}

TEST(Fence, DamageIsNamed) {
  const ots::Row good = ChangeFence(Example()).row;
  for (size_t i = 0; i < good.cells.size(); ++i) {
    ots::Row row = good;
    const std::string name = row.cells[i].name;
    row.cells[i].name = "?";
    const absl::Status missing = DecodeFence(row).status();
    EXPECT_EQ(missing.code(), absl::StatusCode::kDataLoss) << name;
    EXPECT_NE(std::string(missing.message()).find("no column " + name), std::string::npos)
        << missing;
    row = good;
    row.cells[i].value = Value::Boolean(true);
    EXPECT_EQ(DecodeFence(row).status().code(), absl::StatusCode::kDataLoss) << name;
  }
  ots::Row row = good;
  Cell(&row, "state")->value = Value::String("ajar");
  EXPECT_EQ(DecodeFence(row).status().code(), absl::StatusCode::kDataLoss);
  row = good;
  Cell(&row, "checkpoint")->value = Value::Integer(121);
  EXPECT_EQ(DecodeFence(row).status().code(), absl::StatusCode::kDataLoss);
  row = good;
  row.primary_key = JournalKey(1, 0);
  EXPECT_EQ(DecodeFence(row).status().code(), absl::StatusCode::kDataLoss);
}

TEST(Fence, OfANewerProgramIsNotRead) {
  ots::Row row = ChangeFence(Example()).row;
  Cell(&row, "version")->value = Value::Integer(2);
  // Whatever else is in it.
  row.cells.resize(1);
  const absl::Status status = DecodeFence(row).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(std::string(status.message()).find("version 2"), std::string::npos) << status;
}

TEST(Fence, AsText) {
  EXPECT_EQ(FormatFence(Example()),
            "open, lineage 2, cluster 00c0ffee, term 7, sequence 120, folded to 100");
}

}  // namespace
}  // namespace jfs::mirror
