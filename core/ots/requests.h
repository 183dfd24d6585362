#ifndef CORE_OTS_REQUESTS_H_
#define CORE_OTS_REQUESTS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "core/ots/exchange.h"
#include "core/ots/filter.h"
#include "core/ots/row.h"

// The requests that a mirror makes, and what their answers say. Functions called Read... take the
// body of an answer (Answer::body) and return DataLoss if it is not what the operation answers.
namespace jfs::ots {

// Limits of the service, checked by it and not here.
inline constexpr size_t kMaxBatchWriteRows = 200;
inline constexpr size_t kMaxBatchReadRows = 100;
inline constexpr size_t kMaxBatchWriteBytes = size_t{4} << 20;
inline constexpr size_t kMaxAttributeBytes = size_t{2} << 20;
inline constexpr size_t kMaxKeyColumnBytes = 1024;
inline constexpr size_t kMaxRequestBytes = size_t{5} << 20;

// ---- Tables ----

struct KeyColumnSchema {
  std::string name;
  ValueType type = ValueType::kString;  // kInteger, kString or kBlob
  bool auto_increment = false;
  friend bool operator==(const KeyColumnSchema&, const KeyColumnSchema&) = default;
};

// Cells are kept for ever and in one version unless said otherwise.
struct TableDefinition {
  std::string name;
  std::vector<KeyColumnSchema> key;
  int32_t time_to_live = -1;  // seconds; -1: for ever
  int32_t max_versions = 1;
  bool local_transactions = false;
};

Request CreateTable(const TableDefinition& table);
Request DeleteTable(std::string_view table);
Request DescribeTable(std::string_view table);
Request ListTable();
absl::StatusOr<std::vector<std::string>> ReadListTable(std::string_view body);
// `local_transactions` is not in the answer: it stays false.
absl::StatusOr<TableDefinition> ReadDescribeTable(std::string_view body);

// ---- Writes ----

// The numbers are those on the wire.
enum class Existence : uint8_t { kIgnore = 0, kExpectExist = 1, kExpectNotExist = 2 };

// What must hold for a write to happen; both parts must.
struct Condition {
  Existence existence = Existence::kIgnore;
  std::optional<Filter> columns;
};

struct RowChange {
  enum class Kind : uint8_t { kPut = 1, kUpdate = 2, kDelete = 3 };
  Kind kind = Kind::kPut;
  // kPut: cells without operations. kUpdate: at least one cell. kDelete: only the key counts.
  Row row;
  Condition condition;
};

// `transaction` is empty outside of a transaction, in all requests below.
Request WriteRow(std::string_view table, const RowChange& change,
                 std::string_view transaction = {});

struct TableChanges {
  std::string table;
  std::vector<RowChange> rows;
};
// Rows succeed or fail one by one; with `atomic` all rows of a table together, which then must have
// one partition key.
Request BatchWriteRow(std::span<const TableChanges> tables, bool atomic = false,
                      std::string_view transaction = {});

// One row of a batch: absent error means it is written.
using RowResult = std::optional<ServiceError>;
// Results by table and row, in the order of the request.
absl::StatusOr<std::vector<std::vector<RowResult>>> ReadBatchWriteRow(std::string_view body);

// ---- Reads ----

// The newest version of each column. Names of columns: none means all.
Request GetRow(std::string_view table, const PrimaryKey& key,
               std::span<const std::string> columns = {}, std::string_view transaction = {});
// Nothing if there is no such row, or it has none of the columns asked for.
absl::StatusOr<std::optional<Row>> ReadGetRow(std::string_view body);

struct TableKeys {
  std::string table;
  std::vector<PrimaryKey> keys;
  std::vector<std::string> columns;
};
Request BatchGetRow(std::span<const TableKeys> tables);
struct ReadResult {
  std::optional<ServiceError> error;
  std::optional<Row> row;
};
absl::StatusOr<std::vector<std::vector<ReadResult>>> ReadBatchGetRow(std::string_view body);

struct RangeRequest {
  std::string table;
  bool backward = false;
  // Every key column, each a value or an infinity. For a backward range start > end.
  PrimaryKey inclusive_start;
  PrimaryKey exclusive_end;
  std::vector<std::string> columns;
  std::optional<Filter> filter;
  int32_t limit = 0;  // rows; 0: as many as fit one answer
};
Request GetRange(const RangeRequest& range, std::string_view transaction = {});
struct RangePage {
  std::vector<Row> rows;  // may be empty although there is more
  // Where to go on, as inclusive_start; absent at the end of the range.
  std::optional<PrimaryKey> next_start;
};
absl::StatusOr<RangePage> ReadGetRange(std::string_view body);

// ---- Local transactions ----

Request StartLocalTransaction(std::string_view table, const KeyColumn& partition_key);
absl::StatusOr<std::string> ReadStartLocalTransaction(std::string_view body);
Request CommitTransaction(std::string_view transaction);
Request AbortTransaction(std::string_view transaction);

}  // namespace jfs::ots

#endif  // CORE_OTS_REQUESTS_H_
