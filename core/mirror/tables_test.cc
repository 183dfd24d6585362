#include "core/mirror/tables.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace jfs::mirror {
namespace {

using ots::Value;

ots::Row Stored(const ots::RowChange& change) { return change.row; }

TEST(Tables, KeysAreTyped) {
  const std::vector<ots::TableDefinition> tables = TableDefinitions();
  ASSERT_EQ(tables.size(), 2u);
  EXPECT_EQ(tables[0].name, kJournalTable);
  EXPECT_TRUE(tables[0].local_transactions);
  EXPECT_EQ(tables[1].name, kDataTable);
  for (const ots::TableDefinition& table : tables) {
    EXPECT_EQ(table.time_to_live, -1) << "nothing in a mirror may fade away";
    const ots::PrimaryKey key = table.name == kJournalTable ? JournalKey(1, 0) : DataKey("k");
    ASSERT_EQ(table.key.size(), key.size());
    for (size_t i = 0; i < key.size(); ++i) {
      EXPECT_EQ(table.key[i].name, key[i].name);
      EXPECT_EQ(table.key[i].type, key[i].value.type());
    }
  }
  EXPECT_EQ(JournalKey(7, 2).front(), JournalPartition());
}

TEST(Tables, PositionsSortByLineageAndThenSequence) {
  EXPECT_EQ(PositionOf(1, 5), (uint64_t{1} << 48) + 5);
  EXPECT_LT(PositionOf(1, kMaxSequence), PositionOf(2, 0));
  EXPECT_GT(static_cast<int64_t>(PositionOf(kMaxLineage, kMaxSequence)), 0);
}

TEST(JournalRow, IsReadAsItWasWritten) {
  const JournalRow row{
      .first = 11, .last = 20, .part = 1, .parts = 3, .lineage = 2, .bytes = std::string("\0x", 2)};
  const auto read = DecodeJournalRow(EncodeJournalRow(row));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, row);
}

struct DamageCase {
  std::string_view name;
  void (*damage)(ots::Row* row);
  std::string_view says;
};

ots::Cell* Cell(ots::Row* row, std::string_view name) {
  for (ots::Cell& cell : row->cells) {
    if (cell.name == name) return &cell;
  }
  return nullptr;
}

constexpr DamageCase kJournalDamage[] = {
    {"NoRun", [](ots::Row* row) { Cell(row, "run")->name = "walk"; }, "no column run"},
    {"RunIsText", [](ots::Row* row) { Cell(row, "run")->value = Value::String(""); },
     "column run should be of type BLOB"},
    {"LastBelowFirst", [](ots::Row* row) { Cell(row, "last")->value = Value::Integer(10); },
     "no range"},
    {"NegativeLast", [](ots::Row* row) { Cell(row, "last")->value = Value::Integer(-1); },
     "last is negative"},
    {"PartBeyondParts", [](ots::Row* row) { Cell(row, "parts")->value = Value::Integer(1); },
     "part 1 of 1"},
    {"LineageTooHigh", [](ots::Row* row) { Cell(row, "lineage")->value = Value::Integer(1 << 15); },
     "lineage is 32768"},
    {"Fence", [](ots::Row* row) { row->primary_key[1].value = Value::Integer(0); }, "its kind"},
    {"OtherMirror", [](ots::Row* row) { row->primary_key[0].value = Value::String("probe"); },
     "not of this mirror"},
    {"ShortKey", [](ots::Row* row) { row->primary_key.pop_back(); }, "key column 4"},
};

struct JournalDamageTest : testing::TestWithParam<DamageCase> {};
TEST_P(JournalDamageTest, IsNamed) {
  ots::Row row = EncodeJournalRow(
      {.first = 11, .last = 20, .part = 1, .parts = 3, .lineage = 2, .bytes = "run"});
  GetParam().damage(&row);
  const absl::Status status = DecodeJournalRow(row).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(std::string(status.message()).find(GetParam().says), std::string::npos) << status;
}
INSTANTIATE_TEST_SUITE_P(All, JournalDamageTest, testing::ValuesIn(kJournalDamage),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(DataRow, IsReadAsItWasWritten) {
  for (const size_t key_bytes : {1, 8, 1023, 1024, 1025, 20'000}) {
    for (const bool tombstone : {false, true}) {
      DataRow row{.key = std::string(key_bytes, 'k'), .position = PositionOf(3, 17)};
      if (!tombstone) row.value = "value";
      const ots::RowChange change = FoldRow(row);
      for (const ots::KeyColumn& column : change.row.primary_key) {
        EXPECT_LE(column.value.counted_bytes(), ots::kMaxKeyColumnBytes);
      }
      const auto read = DecodeDataRow(Stored(change));
      ASSERT_TRUE(read.ok()) << read.status();
      EXPECT_EQ(*read, row) << key_bytes;
    }
  }
}

// The service refuses key columns of more than 1024 bytes, and names of attributes may be longer.
TEST(DataRow, LongKeysDifferInTheirDigest) {
  const std::string prefix(2000, 'a');
  EXPECT_NE(DataKey(prefix + "1"), DataKey(prefix + "2"));
  EXPECT_NE(DataKey(prefix + "1")[1], DataKey(prefix + "2")[1]) << "also without the hash";
  // A key that looks like a long one's column is a long one itself.
  const std::string column = DataKey(prefix)[1].value.bytes();
  EXPECT_NE(DataKey(column)[1].value.bytes(), column);
}

TEST(DataRow, IsPutUnlessItIsThereAsNewOrNewer) {
  const ots::RowChange change = FoldRow({.key = "k", .value = "v", .position = 100});
  EXPECT_EQ(change.condition.existence, ots::Existence::kIgnore);
  EXPECT_EQ(change.condition.columns,
            ots::CompareColumn("position", ots::Comparator::kLess, Value::Integer(100), true));
  EXPECT_EQ(FoldRow({.key = "k", .value = std::nullopt, .position = 100}).condition.columns,
            ots::CompareColumn("position", ots::Comparator::kLessEqual, Value::Integer(100), true))
      << "a tombstone is new again";
}

TEST(DataRow, DamageIsNamed) {
  ots::Row row = Stored(FoldRow({.key = "k", .value = "v", .position = 100}));
  row.primary_key[0].value = Value::Integer(1);
  EXPECT_EQ(DecodeDataRow(row).status().code(), absl::StatusCode::kDataLoss);

  row = Stored(FoldRow({.key = "k", .value = "v", .position = 100}));
  Cell(&row, "position")->value = Value::Integer(-100);
  EXPECT_EQ(DecodeDataRow(row).status().code(), absl::StatusCode::kDataLoss);

  row = Stored(FoldRow({.key = "k", .value = "v", .position = 100}));
  Cell(&row, "value")->value = Value::Integer(1);
  EXPECT_EQ(DecodeDataRow(row).status().code(), absl::StatusCode::kDataLoss);

  row = Stored(FoldRow({.key = std::string(2000, 'k'), .value = "v", .position = 100}));
  Cell(&row, "whole_key")->value = Value::Blob(std::string(2000, 'l'));
  EXPECT_EQ(DecodeDataRow(row).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace jfs::mirror
