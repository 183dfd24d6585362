#include "ots_mock/engine/engine.h"

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

#include "core/base/concat.h"
#include "core/base/random.h"
#include "core/kv/memory_store.h"
#include "core/ots/plain_buffer.h"
#include "core/ots/proto/tablestore.pb.h"
#include "core/ots/requests.h"

namespace jfs::ots_mock {
namespace {

using ots::Cell;
using ots::CellOperation;
using ots::Comparator;
using ots::CompareColumn;
using ots::Existence;
using ots::PrimaryKey;
using ots::Request;
using ots::Row;
using ots::RowChange;
using ots::Value;

constexpr uint64_t kNow = 1'714'979'289'123;

PrimaryKey Key(std::string pk, int64_t id) {
  return {{"pk", Value::String(std::move(pk))}, {"id", Value::Integer(id)}};
}

Cell Put(std::string name, Value value) {
  return {.name = std::move(name), .value = std::move(value)};
}

RowChange PutOf(PrimaryKey key, std::vector<Cell> cells, ots::Condition condition = {}) {
  return {.kind = RowChange::Kind::kPut,
          .row = {.primary_key = std::move(key), .cells = std::move(cells)},
          .condition = std::move(condition)};
}

RowChange UpdateOf(PrimaryKey key, std::vector<Cell> cells, ots::Condition condition = {}) {
  RowChange change = PutOf(std::move(key), std::move(cells), std::move(condition));
  change.kind = RowChange::Kind::kUpdate;
  return change;
}

RowChange DeletionOf(PrimaryKey key, ots::Condition condition = {}) {
  RowChange change = PutOf(std::move(key), {}, std::move(condition));
  change.kind = RowChange::Kind::kDelete;
  return change;
}

class EngineTest : public testing::Test {
 protected:
  EngineTest() { Reopen(); }

  void Reopen() {
    engine_.reset();
    auto engine = Engine::Open(options_, &store_);
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
  }

  // The error's code, or "ok".
  std::string Do(const Request& request) {
    auto answer = engine_->Execute(request, WallMillis(now_), fails_row_);
    EXPECT_TRUE(answer.ok()) << answer.status();
    body_ = answer->body;
    message_ = answer->error.has_value() ? answer->error->message : "";
    return answer->error.has_value() ? answer->error->code : "ok";
  }

  void MakeTable(std::string name, int32_t max_versions = 1, int32_t time_to_live = -1) {
    ASSERT_EQ(Do(ots::CreateTable(
                  {.name = std::move(name),
                   .key = {{"pk", ots::ValueType::kString}, {"id", ots::ValueType::kInteger}},
                   .time_to_live = time_to_live,
                   .max_versions = max_versions})),
              "ok");
  }

  std::string Write(const RowChange& change, std::string_view transaction = {}) {
    return Do(ots::WriteRow("t", change, transaction));
  }

  // The row without the times of its cells, or "none", or the error's code.
  std::string Get(const PrimaryKey& key, std::string_view transaction = {},
                  const std::vector<std::string>& columns = {}) {
    const std::string code = Do(ots::GetRow("t", key, columns, transaction));
    if (code != "ok") return code;
    const auto row = ots::ReadGetRow(body_);
    EXPECT_TRUE(row.ok()) << row.status();
    return row->has_value() ? Text(**row) : "none";
  }

  static std::string Text(Row row) {
    for (Cell& cell : row.cells) cell.timestamp.reset();
    return FormatRow(row);
  }

  // Everything of the table "t", page by page.
  std::vector<std::string> All(bool backward, int32_t limit) {
    ots::RangeRequest range;
    range.table = "t";
    range.backward = backward;
    range.limit = limit;
    const PrimaryKey low = {{"pk", Value::InfMin()}, {"id", Value::InfMin()}};
    const PrimaryKey high = {{"pk", Value::InfMax()}, {"id", Value::InfMax()}};
    range.inclusive_start = backward ? high : low;
    range.exclusive_end = backward ? low : high;
    std::vector<std::string> out;
    pages_ = 0;
    while (true) {
      EXPECT_EQ(Do(ots::GetRange(range)), "ok") << message_;
      const auto page = ots::ReadGetRange(body_);
      EXPECT_TRUE(page.ok()) << page.status();
      ++pages_;
      for (const Row& row : page->rows) out.push_back(Text(row));
      if (!page->next_start.has_value()) return out;
      range.inclusive_start = *page->next_start;
    }
  }

  EngineOptions options_;
  kv::MemoryStore store_;
  std::unique_ptr<Engine> engine_;
  Engine::FailsRow fails_row_;
  uint64_t now_ = kNow;
  std::string body_, message_;
  int pages_ = 0;
};

TEST_F(EngineTest, Tables) {
  MakeTable("t");
  MakeTable("b");
  EXPECT_EQ(Do(ots::CreateTable({.name = "t", .key = {{"pk", ots::ValueType::kString}}})),
            "OTSObjectAlreadyExist");
  EXPECT_EQ(Do(ots::ListTable()), "ok");
  EXPECT_EQ(*ots::ReadListTable(body_), (std::vector<std::string>{"b", "t"}));
  EXPECT_EQ(Do(ots::DescribeTable("t")), "ok");
  EXPECT_EQ(ots::ReadDescribeTable(body_)->key.size(), 2u);
  EXPECT_EQ(Do(ots::DescribeTable("x")), "OTSObjectNotExist");
  EXPECT_EQ(Do(ots::CreateTable({.name = "1x", .key = {{"pk", ots::ValueType::kString}}})),
            "OTSParameterInvalid");
  EXPECT_EQ(message_, "Invalid table name: 1x.");
  EXPECT_EQ(Write(PutOf(Key("a", 1), {Put("s", Value::String("x"))})), "ok");
  EXPECT_EQ(Do(ots::DeleteTable("t")), "ok");
  EXPECT_EQ(Get(Key("a", 1)), "OTSObjectNotExist");
  MakeTable("t");
  EXPECT_EQ(Get(Key("a", 1)), "none") << "rows of the dropped table are gone";
}

TEST_F(EngineTest, SurvivesInItsStore) {
  MakeTable("t");
  EXPECT_EQ(Write(PutOf(Key("a", 1), {Put("s", Value::String("x"))})), "ok");
  Reopen();
  EXPECT_EQ(Get(Key("a", 1)), R"(("a", 1) s="x")");
  MakeTable("u");
  Reopen();
  EXPECT_EQ(engine_->tables(), 2u);
}

TEST_F(EngineTest, PutReplacesTheRowAndUpdateChangesIt) {
  MakeTable("t");
  EXPECT_EQ(Write(PutOf(Key("a", 1), {Put("b", Value::Integer(1)), Put("a", Value::Integer(2))})),
            "ok");
  EXPECT_EQ(Get(Key("a", 1)), R"(("a", 1) a=2 b=1)") << "sorted by name";
  EXPECT_EQ(
      Write(UpdateOf(Key("a", 1), {Put("c", Value::Boolean(true)),
                                   {.name = "a", .operation = CellOperation::kDeleteAllVersions}})),
      "ok");
  EXPECT_EQ(Get(Key("a", 1)), R"(("a", 1) b=1 c=true)");
  EXPECT_EQ(Write(PutOf(Key("a", 1), {Put("z", Value::Integer(9))})), "ok");
  EXPECT_EQ(Get(Key("a", 1)), R"(("a", 1) z=9)");
  EXPECT_EQ(Write(PutOf(Key("a", 1), {})), "ok");
  EXPECT_EQ(Get(Key("a", 1)), R"(("a", 1))") << "a row without attributes is a row";
  EXPECT_EQ(Write(UpdateOf(Key("a", 1), {})), "OTSParameterInvalid");
  EXPECT_EQ(message_, "Attribute column is missing.");
  EXPECT_EQ(
      Write(UpdateOf(Key("m", 1), {{.name = "a", .operation = CellOperation::kDeleteAllVersions}})),
      "ok");
  EXPECT_EQ(Get(Key("m", 1)), "none") << "deleting columns makes no row";
  EXPECT_EQ(Write(DeletionOf(Key("a", 1))), "ok");
  EXPECT_EQ(Get(Key("a", 1)), "none");
  EXPECT_EQ(Write(DeletionOf(Key("a", 1))), "ok");
}

struct ConditionCase {
  const char* name;
  bool exists;  // the row, with d = 1.5
  ots::Condition condition;
  const char* want;
};
const ConditionCase kConditionCases[] = {
    {"IgnoreExisting", true, {}, "ok"},
    {"IgnoreMissing", false, {}, "ok"},
    {"ExistExisting", true, {.existence = Existence::kExpectExist}, "ok"},
    {"ExistMissing", false, {.existence = Existence::kExpectExist}, "OTSConditionCheckFail"},
    {"NotExistExisting", true, {.existence = Existence::kExpectNotExist}, "OTSConditionCheckFail"},
    {"NotExistMissing", false, {.existence = Existence::kExpectNotExist}, "ok"},
    {"Equal", true, {.columns = CompareColumn("d", Comparator::kEqual, Value::Double(1.5))}, "ok"},
    {"Greater",
     true,
     {.columns = CompareColumn("d", Comparator::kGreater, Value::Double(1.5))},
     "OTSConditionCheckFail"},
    {"LessEqual",
     true,
     {.columns = CompareColumn("d", Comparator::kLessEqual, Value::Double(1.5))},
     "ok"},
    {"OtherType",
     true,
     {.columns = CompareColumn("d", Comparator::kNotEqual, Value::Integer(7))},
     "OTSConditionCheckFail"},
    {"ColumnMissing",
     true,
     {.columns = CompareColumn("x", Comparator::kEqual, Value::Integer(7))},
     "OTSConditionCheckFail"},
    {"ColumnMissingPasses",
     true,
     {.columns = CompareColumn("x", Comparator::kEqual, Value::Integer(7), true)},
     "ok"},
    {"RowMissing",
     false,
     {.columns = CompareColumn("d", Comparator::kEqual, Value::Double(1.5))},
     "OTSConditionCheckFail"},
    {"RowMissingPasses",
     false,
     {.columns = CompareColumn("d", Comparator::kEqual, Value::Double(1.5), true)},
     "ok"},
    {"BothMustHold",
     true,
     {.existence = Existence::kExpectExist,
      .columns = CompareColumn("d", Comparator::kLess, Value::Double(1.5))},
     "OTSConditionCheckFail"},
};
struct ConditionTest : EngineTest, testing::WithParamInterface<ConditionCase> {};
TEST_P(ConditionTest, HoldsOrNothingChanges) {
  const ConditionCase& c = GetParam();
  for (const RowChange::Kind kind :
       {RowChange::Kind::kPut, RowChange::Kind::kUpdate, RowChange::Kind::kDelete}) {
    if (engine_->tables() == 0) MakeTable("t");
    ASSERT_EQ(Write(DeletionOf(Key("a", 1))), "ok");
    if (c.exists) {
      ASSERT_EQ(Write(PutOf(Key("a", 1), {Put("d", Value::Double(1.5))})), "ok");
    }
    const std::string before = Get(Key("a", 1));
    RowChange change = PutOf(Key("a", 1), {Put("new", Value::Integer(1))}, c.condition);
    change.kind = kind;
    EXPECT_EQ(Write(change), c.want);
    if (std::string_view(c.want) != "ok") {
      EXPECT_EQ(message_, "Condition check failed.");
      EXPECT_EQ(Get(Key("a", 1)), before);
    } else if (kind == RowChange::Kind::kDelete) {
      EXPECT_EQ(Get(Key("a", 1)), "none");
    } else {
      EXPECT_NE(Get(Key("a", 1)).find("new=1"), std::string::npos);
    }
  }
}
INSTANTIATE_TEST_SUITE_P(All, ConditionTest, testing::ValuesIn(kConditionCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_F(EngineTest, VersionsAndTimeToLive) {
  MakeTable("t", /*max_versions=*/2, /*time_to_live=*/100);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(Write(UpdateOf(Key("a", 1), {Put("v", Value::Integer(i))})), "ok");
    now_ += 1000;
  }
  const std::string* bytes = &store_.contents().rbegin()->second;
  EXPECT_EQ(ots::DecodeRow(*bytes)->cells.size(), 2u) << "the oldest of three is dropped";
  EXPECT_EQ(Get(Key("a", 1)), R"(("a", 1) v=2)");
  now_ += 98'500;  // the older version has run out, the newer not yet
  EXPECT_EQ(Get(Key("a", 1)), R"(("a", 1) v=2)");
  now_ += 1'000;
  EXPECT_EQ(Get(Key("a", 1)), "none");
  EXPECT_TRUE(All(false, 0).empty());
  EXPECT_EQ(Write(PutOf(Key("a", 1), {Put("v", Value::Integer(1))},
                        {.existence = Existence::kExpectNotExist})),
            "ok");
  Cell old = Put("v", Value::Integer(1));
  old.timestamp = static_cast<int64_t>(now_) - 86'402'000;
  EXPECT_EQ(Write(UpdateOf(Key("a", 1), {old})), "OTSParameterInvalid");
}

TEST_F(EngineTest, Increment) {
  MakeTable("t");
  const Cell add{.name = "n", .value = Value::Integer(3), .operation = CellOperation::kIncrement};
  EXPECT_EQ(Write(UpdateOf(Key("a", 1), {add})), "ok");
  EXPECT_EQ(Write(UpdateOf(Key("a", 1), {add})), "ok");
  EXPECT_EQ(Get(Key("a", 1)), R"(("a", 1) n=6)");
  EXPECT_EQ(Write(UpdateOf(Key("a", 1), {Put("n", Value::Integer(INT64_MAX))})), "ok");
  EXPECT_EQ(Write(UpdateOf(Key("a", 1), {add})), "OTSParameterInvalid") << "overflow";
  EXPECT_EQ(Write(PutOf(Key("a", 1), {add})), "OTSParameterInvalid");
  EXPECT_EQ(message_, "OpType cannot be given for column name:n in PutRow.");
}

TEST_F(EngineTest, KeysAreChecked) {
  MakeTable("t");
  EXPECT_EQ(Get({{"pk", Value::String("a")}}), "OTSInvalidPK");
  EXPECT_EQ(message_, "Validate PK size fail. Input: 1, Meta: 2.");
  EXPECT_EQ(Get({{"pk", Value::String("a")}, {"PK2", Value::Integer(1)}}), "OTSInvalidPK");
  EXPECT_EQ(message_, "Validate PK name fail. Input: PK2, Meta: id.");
  EXPECT_EQ(Get({{"pk", Value::String("a")}, {"id", Value::String("1")}}), "OTSInvalidPK");
  EXPECT_EQ(message_, "Validate PK type fail. Input: VT_STRING, Meta: VT_INTEGER.");
  EXPECT_EQ(Get({{"pk", Value::String("a")}, {"id", Value::InfMin()}}), "OTSParameterInvalid");
  EXPECT_EQ(message_, "VT_INF_MIN is an invalid type for the primary key.");
  EXPECT_EQ(Write(PutOf(Key(std::string(1025, 'x'), 1), {})), "OTSParameterInvalid");
  EXPECT_EQ(Write(PutOf(Key("a", 1), {Put("s", Value::String(std::string(2'097'153, 'x')))})),
            "OTSParameterInvalid");
  EXPECT_EQ(Do({.operation = ots::Operation::kPutRow, .body = "\xff"}), "OTSParameterInvalid");
}

// Random keys, in both directions and all page sizes, against an ordered set.
TEST_F(EngineTest, RangesAreInOrderAndWhole) {
  MakeTable("t");
  Random random(3);
  std::set<std::pair<std::string, int64_t>> model;
  for (int i = 0; i < 300; ++i) {
    std::string pk;
    const uint64_t size = random.Below(4);
    for (uint64_t j = 0; j < size; ++j) pk.push_back(static_cast<char>(random.Below(3)));
    const int64_t id = static_cast<int64_t>(random.Below(7)) - 3;
    EXPECT_EQ(Write(PutOf(Key(pk, id), {})), "ok");
    model.emplace(pk, id);
  }
  std::vector<std::string> want;
  want.reserve(model.size());
  for (const auto& [pk, id] : model) want.push_back(ots::FormatKey(Key(pk, id)));
  for (const int32_t limit : {0, 1, 7, static_cast<int32_t>(want.size())}) {
    EXPECT_EQ(All(false, limit), want) << limit;
  }
  EXPECT_EQ(pages_, 1) << "exactly full, and nothing follows";
  EXPECT_EQ(All(true, 7), std::vector<std::string>(want.rbegin(), want.rend()));
}

TEST_F(EngineTest, RangesStopAfterWhatTheyScanned) {
  options_.max_scanned_rows = 10;
  Reopen();
  MakeTable("t");
  for (int i = 0; i < 35; ++i) {
    ASSERT_EQ(Write(PutOf(Key("a", i), {Put("x", Value::Integer(i))})), "ok");
  }
  EXPECT_EQ(All(false, 0).size(), 35u);
  EXPECT_EQ(pages_, 4);
  ots::RangeRequest range;
  range.table = "t";
  range.inclusive_start = Key("a", 0);
  range.exclusive_end = Key("b", 0);
  range.filter = CompareColumn("x", Comparator::kGreater, Value::Integer(100));
  ASSERT_EQ(Do(ots::GetRange(range)), "ok");
  const auto page = ots::ReadGetRange(body_);
  EXPECT_TRUE(page->rows.empty());
  EXPECT_EQ(page->next_start, Key("a", 10)) << "rows filtered out count as scanned";
  range.exclusive_end = range.inclusive_start;
  EXPECT_EQ(Do(ots::GetRange(range)), "OTSParameterInvalid");
  EXPECT_EQ(message_, "Begin key must less than end key in FORWARD");
}

TEST_F(EngineTest, BatchRowsFailOneByOne) {
  MakeTable("t");
  ASSERT_EQ(Write(PutOf(Key("a", 1), {})), "ok");
  ots::TableChanges changes{.table = "t"};
  changes.rows.push_back(
      PutOf(Key("a", 1), {Put("x", Value::Integer(1))}, {.existence = Existence::kExpectNotExist}));
  changes.rows.push_back(PutOf(Key("a", 2), {Put("x", Value::Integer(2))}));
  const ots::TableChanges nowhere{.table = "nowhere", .rows = {PutOf(Key("a", 1), {})}};
  ASSERT_EQ(Do(ots::BatchWriteRow(std::vector{changes, nowhere})), "ok");
  const auto results = *ots::ReadBatchWriteRow(body_);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0][0]->code, "OTSConditionCheckFail");
  EXPECT_FALSE(results[0][1].has_value());
  EXPECT_EQ(results[1][0]->code, "OTSObjectNotExist");
  EXPECT_EQ(Get(Key("a", 1)), R"(("a", 1))");
  EXPECT_EQ(Get(Key("a", 2)), R"(("a", 2) x=2)");

  fails_row_ = [](size_t row) { return row == 1; };
  changes.rows[0] = PutOf(Key("b", 1), {});
  changes.rows[1] = PutOf(Key("b", 2), {});
  ASSERT_EQ(Do(ots::BatchWriteRow(std::vector{changes})), "ok");
  EXPECT_EQ((*ots::ReadBatchWriteRow(body_))[0][1]->code, "OTSServerBusy");
  fails_row_ = nullptr;
  EXPECT_EQ(Get(Key("b", 1)), R"(("b", 1))");
  EXPECT_EQ(Get(Key("b", 2)), "none");
}

TEST_F(EngineTest, BatchesThatAreRefusedWhole) {
  MakeTable("t");
  ots::TableChanges changes{.table = "t"};
  EXPECT_EQ(Do(ots::BatchWriteRow({})), "OTSParameterInvalid");
  EXPECT_EQ(message_, "No row is specified in BatchWriteRow.");
  EXPECT_EQ(Do(ots::BatchWriteRow(std::vector{changes})), "OTSParameterInvalid");
  for (int i = 0; i < 201; ++i) changes.rows.push_back(PutOf(Key("a", i), {}));
  EXPECT_EQ(Do(ots::BatchWriteRow(std::vector{changes})), "OTSParameterInvalid");
  EXPECT_EQ(message_, "Rows count exceeds the upper limit: 200.");
  changes.rows = {PutOf(Key("a", 1), {}), PutOf(Key("a", 1), {Put("x", Value::Integer(1))})};
  EXPECT_EQ(Do(ots::BatchWriteRow(std::vector{changes})), "ok");
  EXPECT_EQ(Get(Key("a", 1)), R"(("a", 1) x=1)") << "the last of equal keys wins";
  changes.rows[0].condition.existence = Existence::kExpectExist;
  EXPECT_EQ(Do(ots::BatchWriteRow(std::vector{changes})), "OTSParameterInvalid");
  EXPECT_EQ(message_, "Repeated rows do not support row exist expectation check in BatchModify.");
}

TEST_F(EngineTest, AtomicBatch) {
  MakeTable("t");
  ots::TableChanges changes{.table = "t"};
  changes.rows = {PutOf(Key("a", 1), {}), UpdateOf(Key("a", 2), {Put("x", Value::Integer(1))},
                                                   {.existence = Existence::kExpectExist})};
  ASSERT_EQ(Do(ots::BatchWriteRow(std::vector{changes}, true)), "ok");
  auto results = *ots::ReadBatchWriteRow(body_);
  EXPECT_EQ(results[0][0]->code, "OTSConditionCheckFail");
  EXPECT_EQ(results[0][1]->code, "OTSConditionCheckFail");
  EXPECT_EQ(Get(Key("a", 1)), "none") << "all or nothing";
  ASSERT_EQ(Write(PutOf(Key("a", 2), {})), "ok");
  ASSERT_EQ(Do(ots::BatchWriteRow(std::vector{changes}, true)), "ok");
  EXPECT_FALSE((*ots::ReadBatchWriteRow(body_))[0][0].has_value());
  EXPECT_EQ(Get(Key("a", 2)), R"(("a", 2) x=1)");
  changes.rows = {PutOf(Key("a", 1), {}), PutOf(Key("b", 1), {})};
  ASSERT_EQ(Do(ots::BatchWriteRow(std::vector{changes}, true)), "ok");
  results = *ots::ReadBatchWriteRow(body_);
  EXPECT_EQ(results[0][0]->code, "OTSDataOutOfRange") << "two partition keys";
  EXPECT_EQ(results[0][1]->code, "OTSDataOutOfRange");
}

TEST_F(EngineTest, Transactions) {
  MakeTable("t");
  const ots::KeyColumn partition = {"pk", Value::String("a")};
  ASSERT_EQ(Do(ots::StartLocalTransaction("t", partition)), "ok");
  const std::string id = *ots::ReadStartLocalTransaction(body_);
  EXPECT_EQ(Do(ots::StartLocalTransaction("t", partition)), "OTSRowOperationConflict");
  EXPECT_EQ(Write(PutOf(Key("a", 1), {Put("x", Value::Integer(1))}), id), "ok");
  EXPECT_EQ(Get(Key("a", 1)), "none") << "not committed";
  EXPECT_EQ(Get(Key("a", 1), id), R"(("a", 1) x=1)") << "sees its own writes";
  EXPECT_EQ(Write(PutOf(Key("a", 2), {})), "OTSRowOperationConflict") << "from outside";
  EXPECT_EQ(Write(PutOf(Key("b", 2), {})), "ok");
  EXPECT_EQ(Write(PutOf(Key("b", 2), {}), id), "OTSDataOutOfRange");
  EXPECT_EQ(Do(ots::CommitTransaction(id)), "ok");
  EXPECT_EQ(Get(Key("a", 1)), R"(("a", 1) x=1)");
  EXPECT_EQ(Do(ots::CommitTransaction(id)), "OTSSessionNotExist");
  EXPECT_EQ(message_, "Session not exist or may be timeout.");
  EXPECT_EQ(Do(ots::CommitTransaction("")), "OTSParameterInvalid");

  ASSERT_EQ(Do(ots::StartLocalTransaction("t", partition)), "ok");
  const std::string aborted = *ots::ReadStartLocalTransaction(body_);
  EXPECT_EQ(Write(DeletionOf(Key("a", 1)), aborted), "ok");
  EXPECT_EQ(Do(ots::AbortTransaction(aborted)), "ok");
  EXPECT_EQ(Get(Key("a", 1)), R"(("a", 1) x=1)");

  ASSERT_EQ(Do(ots::StartLocalTransaction("t", partition)), "ok");
  const std::string left = *ots::ReadStartLocalTransaction(body_);
  EXPECT_EQ(Write(DeletionOf(Key("a", 1)), left), "ok");
  now_ += 60'000;
  EXPECT_EQ(Write(PutOf(Key("a", 2), {})), "ok") << "the lock of a dead writer runs out";
  EXPECT_EQ(Do(ots::CommitTransaction(left)), "OTSSessionNotExist");
  EXPECT_EQ(Get(Key("a", 1)), R"(("a", 1) x=1)");
  EXPECT_EQ(engine_->open_transactions(), 0u);
}

TEST_F(EngineTest, BatchGetRow) {
  MakeTable("t");
  ASSERT_EQ(Write(PutOf(Key("a", 1), {Put("x", Value::Integer(1)), Put("y", Value::Integer(2))})),
            "ok");
  const ots::TableKeys keys{.table = "t", .keys = {Key("a", 1), Key("a", 2)}, .columns = {"y"}};
  ASSERT_EQ(Do(ots::BatchGetRow(std::vector{keys})), "ok");
  const auto results = *ots::ReadBatchGetRow(body_);
  EXPECT_EQ(Text(*results[0][0].row), R"(("a", 1) y=2)");
  EXPECT_FALSE(results[0][1].row.has_value());
  EXPECT_EQ(Get(Key("a", 1), {}, {"nothing"}), "none") << "has none of the columns asked for";
  EXPECT_EQ(Get(Key("a", 1), {}, {"nothing", "pk"}), R"(("a", 1))");
}

TEST_F(EngineTest, AutoIncrement) {
  ASSERT_EQ(Do(ots::CreateTable({.name = "t",
                                 .key = {{"pk", ots::ValueType::kString},
                                         {"id", ots::ValueType::kInteger, true}}})),
            "ok");
  const PrimaryKey placeholder = {{"pk", Value::String("a")}, {"id", Value::AutoIncrement()}};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Write(PutOf(placeholder, {})), "ok");
  EXPECT_EQ(All(false, 0).size(), 5u);
  EXPECT_EQ(Get(placeholder), "OTSParameterInvalid");
  EXPECT_EQ(message_, "PKAutoIncr can't be used for read operations.");
  EXPECT_EQ(Do(ots::StartLocalTransaction("t", {"pk", Value::String("a")})), "OTSParameterInvalid");
}

}  // namespace
}  // namespace jfs::ots_mock
