#include "core/ots/plain_buffer.h"

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

#include "core/base/random.h"

namespace jfs::ots {
namespace {

// The row of the product's documentation, with the lengths that its drawing leaves out.
Row DocumentedRow() {
  Row row;
  row.primary_key = {{"pk1", Value::String("iampk")}, {"pk2", Value::Integer(100)}};
  row.cells = {
      {.name = "column1", .value = Value::String("bad"), .timestamp = 1001},
      {.name = "column2", .value = Value::Integer(128), .timestamp = 1002},
      {.name = "column3", .value = Value::Double(34.2), .timestamp = 1003},
      {.name = "column4", .operation = CellOperation::kDeleteAllVersions},
  };
  return row;
}

constexpr char kDocumentedRow[] =
    "7500000001030403000000706b31050a000000030500000069616d706b0a98030403000000706b320509000000"
    "0064000000000000000a0502030407000000636f6c756d6e310508000000030300000062616407e90300000000"
    "00000a30030407000000636f6c756d6e32050900000000800000000000000007ea030000000000000a69030407"
    "000000636f6c756d6e330509000000019a9999999919414007eb030000000000000acf030407000000636f6c75"
    "6d6e3406010aa70922";

TEST(PlainBuffer, DocumentedRow) {
  EXPECT_EQ(absl::BytesToHexString(EncodeRow(DocumentedRow())), kDocumentedRow);
  EXPECT_EQ(*DecodeRow(absl::HexStringToBytes(kDocumentedRow)), DocumentedRow());
}

TEST(PlainBuffer, NoRows) {
  EXPECT_EQ(EncodeRows({}), "");
  EXPECT_TRUE(DecodeRows("")->empty());
  EXPECT_TRUE(DecodeRows(std::string("\x75\0\0\0", 4))->empty());
  EXPECT_FALSE(DecodeRow("").ok());
}

TEST(PlainBuffer, ZerosBehindTheLastRowAreIgnored) {
  const std::string bytes = EncodeRow(DocumentedRow());
  EXPECT_EQ(*DecodeRow(bytes + std::string(22, '\0')), DocumentedRow());
  EXPECT_FALSE(DecodeRow(bytes + std::string(5, '\0') + "x").ok());
}

// CRC-8 finds every single changed bit, and a cut leaves an element unfinished.
TEST(PlainBuffer, EveryFlippedBitAndEveryCutIsNoticed) {
  Row row = DocumentedRow();
  row.cells.push_back(
      {.name = "n", .value = Value::Integer(3), .operation = CellOperation::kIncrement});
  const std::string bytes = EncodeRow(row);
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      EXPECT_FALSE(DecodeRow(changed).ok()) << "byte " << at << " bit " << bit;
    }
    EXPECT_FALSE(DecodeRow(bytes.substr(0, at)).ok()) << "cut at " << at;
  }
}

struct BadCase {
  const char* name;
  const char* hex;
  const char* want;
};
constexpr BadCase kBadCases[] = {
    {"Header", "7600000001", "the header is 118"},
    {"RowWithoutKey", "7500000002", "expected a row or the end"},
    {"KeyWithoutValue", "7500000001030401000000610a20", "a key column has a value"},
    {"LengthBeyondTheEnd", "75000000010304ffffffff61", "of 4294967295 bytes, but only 1 are left"},
    {"UnknownType", "75000000010304010000006105010000000c0a00", "no value has type 12"},
    {"BooleanOfTwo", "7500000001030401000000610502000000020200", "a boolean is 0 or 1"},
    {"UnknownOperation", "750000000102030401000000610602", "no cell operation has number 2"},
    {"ValueLongerThanItsType", "75000000010304010000006105020000000900", "1 bytes too many"},
};
struct BadTest : testing::TestWithParam<BadCase> {};
TEST_P(BadTest, IsDataLossAndSaysWhat) {
  const auto rows = DecodeRows(absl::HexStringToBytes(GetParam().hex));
  ASSERT_EQ(rows.status().code(), absl::StatusCode::kDataLoss) << rows.status();
  EXPECT_NE(rows.status().message().find(GetParam().want), absl::string_view::npos)
      << rows.status();
}
INSTANTIATE_TEST_SUITE_P(All, BadTest, testing::ValuesIn(kBadCases),
                         [](const auto& info) { return std::string(info.param.name); });

std::string RandomText(Random& random) {
  std::string text;
  const uint64_t size = random.Below(20);
  for (uint64_t i = 0; i < size; ++i) text.push_back(static_cast<char>(random.Next()));
  return text;
}

Value RandomValue(Random& random, bool key) {
  switch (random.Below(key ? 6 : 5)) {
    case 0:
      return Value::Integer(static_cast<int64_t>(random.Next()));
    case 1:
      return Value::String(RandomText(random));
    case 2:
      return Value::Blob(RandomText(random));
    case 3:
      return key ? Value::InfMin() : Value::Double(static_cast<double>(random.Next()) / 3);
    case 4:
      return key ? Value::InfMax() : Value::Boolean(random.Chance(1, 2));
    default:
      return Value::AutoIncrement();
  }
}

TEST(PlainBuffer, RandomRowsComeBack) {
  Random random(7);
  for (int round = 0; round < 2000; ++round) {
    std::vector<Row> rows(random.Between(1, 4));
    for (Row& row : rows) {
      const uint64_t keys = random.Between(1, 4);
      for (uint64_t i = 0; i < keys; ++i) {
        std::string name = RandomText(random);
        Value value = RandomValue(random, true);
        row.primary_key.push_back({std::move(name), std::move(value)});
      }
      const uint64_t cells = random.Below(5);
      for (uint64_t i = 0; i < cells; ++i) {
        Cell cell;
        cell.name = RandomText(random);
        if (random.Chance(3, 4)) cell.value = RandomValue(random, false);
        if (random.Chance(1, 2)) cell.timestamp = static_cast<int64_t>(random.Next());
        constexpr CellOperation kOperations[] = {
            CellOperation::kPut, CellOperation::kDeleteAllVersions,
            CellOperation::kDeleteOneVersion, CellOperation::kIncrement};
        cell.operation = kOperations[random.Below(4)];
        row.cells.push_back(std::move(cell));
      }
      row.delete_marker = random.Chance(1, 4);
      if (random.Chance(1, 8)) {
        row.sequence = StreamSequence{.epoch = 3, .timestamp = -1, .row_index = 7};
      }
    }
    const auto again = DecodeRows(EncodeRows(rows));
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(*again, rows);
  }
}

TEST(Value, Order) {
  const std::vector<Value> ascending = {Value::InfMin(), Value::Integer(-5), Value::Integer(3),
                                        Value::InfMax()};
  for (size_t i = 0; i < ascending.size(); ++i) {
    for (size_t j = 0; j < ascending.size(); ++j) {
      EXPECT_EQ(Compare(ascending[i], ascending[j]), i <=> j) << i << " " << j;
    }
  }
  EXPECT_EQ(Compare(Value::String("a"), Value::String(std::string("\xff"))),
            std::partial_ordering::less)
      << "strings order as unsigned bytes";
  EXPECT_EQ(Compare(Value::String("1"), Value::Integer(1)), std::partial_ordering::unordered);
  const Value nan = Value::Double(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(Compare(nan, nan), std::partial_ordering::unordered);
}

TEST(Row, TextForm) {
  EXPECT_EQ(FormatRow(DocumentedRow()),
            R"(("iampk", 100) column1="bad"@1001 column2=128@1002 column3=34.2@1003 -column4)");
}

}  // namespace
}  // namespace jfs::ots
