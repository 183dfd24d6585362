#include "core/ots/requests.h"

#include <utility>

#include "absl/status/status.h"

#include "core/base/check.h"
#include "core/base/concat.h"
#include "core/ots/parse_message.h"
#include "core/ots/plain_buffer.h"
#include "core/ots/proto/tablestore.pb.h"

namespace jfs::ots {
namespace {

template <typename Message>
Request Make(Operation operation, const Message& message) {
  return {.operation = operation, .body = message.SerializeAsString()};
}

template <typename Message>
absl::StatusOr<Message> Parse(Operation operation, std::string_view body) {
  Message message;
  if (!ParseMessage(body, &message)) {
    return absl::DataLossError(
        Concat("an answer of ", body.size(), " bytes is none to ", OperationName(operation)));
  }
  return message;
}

wire::PrimaryKeyType KeyType(ValueType type) {
  switch (type) {
    case ValueType::kInteger:
      return wire::KEY_INTEGER;
    case ValueType::kString:
      return wire::KEY_STRING;
    default:
      CHECK(type == ValueType::kBlob) << "no key column is a " << ValueTypeName(type);
      return wire::KEY_BINARY;
  }
}

ValueType KeyValueType(wire::PrimaryKeyType type) {
  switch (type) {
    case wire::KEY_INTEGER:
      return ValueType::kInteger;
    case wire::KEY_STRING:
      return ValueType::kString;
    case wire::KEY_BINARY:
      return ValueType::kBlob;
  }
  return ValueType::kBlob;
}

void SetCondition(const Condition& condition, wire::Condition* out) {
  out->set_row_existence(static_cast<wire::RowExistence>(condition.existence));
  if (condition.columns.has_value()) out->set_column_condition(EncodeFilter(*condition.columns));
}

// Of a deletion only the key travels, with the marker that the service insists on.
std::string EncodeChange(const RowChange& change) {
  if (change.kind != RowChange::Kind::kDelete) return EncodeRow(change.row);
  Row deletion;
  deletion.primary_key = change.row.primary_key;
  deletion.delete_marker = true;
  return EncodeRow(deletion);
}

template <typename Message>
void SetTransaction(std::string_view transaction, Message* message) {
  if (!transaction.empty()) message->set_transaction_id(std::string(transaction));
}

ServiceError FromWire(const wire::Error& error) {
  // A row's error has no status of its own: that of the code's kind is not needed by anyone.
  return {.http_status = 0, .code = error.code(), .message = error.message()};
}

// The row of an answer, where no bytes mean no row.
absl::StatusOr<std::optional<Row>> OptionalRow(std::string_view bytes) {
  absl::StatusOr<std::vector<Row>> rows = DecodeRows(bytes);
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::optional<Row>();
  if (rows->size() > 1) return absl::DataLossError("more than one row where one was asked for");
  return std::optional<Row>(std::move(rows->front()));
}

}  // namespace

Request CreateTable(const TableDefinition& table) {
  wire::CreateTableRequest out;
  out.mutable_table_meta()->set_table_name(table.name);
  for (const KeyColumnSchema& column : table.key) {
    wire::PrimaryKeySchema* const schema = out.mutable_table_meta()->add_primary_key();
    schema->set_name(column.name);
    schema->set_type(KeyType(column.type));
    if (column.auto_increment) schema->set_option(wire::AUTO_INCREMENT);
  }
  wire::CapacityUnit* const capacity = out.mutable_reserved_throughput()->mutable_capacity_unit();
  capacity->set_read(0);
  capacity->set_write(0);
  out.mutable_table_options()->set_time_to_live(table.time_to_live);
  out.mutable_table_options()->set_max_versions(table.max_versions);
  if (table.local_transactions) out.set_enable_local_txn(true);
  return Make(Operation::kCreateTable, out);
}

Request DeleteTable(std::string_view table) {
  wire::DeleteTableRequest out;
  out.set_table_name(std::string(table));
  return Make(Operation::kDeleteTable, out);
}

Request DescribeTable(std::string_view table) {
  wire::DescribeTableRequest out;
  out.set_table_name(std::string(table));
  return Make(Operation::kDescribeTable, out);
}

Request ListTable() { return Make(Operation::kListTable, wire::ListTableRequest()); }

absl::StatusOr<std::vector<std::string>> ReadListTable(std::string_view body) {
  auto in = Parse<wire::ListTableResponse>(Operation::kListTable, body);
  if (!in.ok()) return in.status();
  return std::vector<std::string>(in->table_names().begin(), in->table_names().end());
}

absl::StatusOr<TableDefinition> ReadDescribeTable(std::string_view body) {
  auto in = Parse<wire::DescribeTableResponse>(Operation::kDescribeTable, body);
  if (!in.ok()) return in.status();
  TableDefinition table;
  table.name = in->table_meta().table_name();
  for (const wire::PrimaryKeySchema& column : in->table_meta().primary_key()) {
    table.key.push_back({.name = column.name(),
                         .type = KeyValueType(column.type()),
                         .auto_increment = column.has_option()});
  }
  table.time_to_live = in->table_options().time_to_live();
  table.max_versions = in->table_options().max_versions();
  return table;
}

Request WriteRow(std::string_view table, const RowChange& change, std::string_view transaction) {
  const auto fill = [&](auto& out) {
    out.set_table_name(std::string(table));
    SetCondition(change.condition, out.mutable_condition());
    SetTransaction(transaction, &out);
  };
  switch (change.kind) {
    case RowChange::Kind::kPut: {
      wire::PutRowRequest out;
      fill(out);
      out.set_row(EncodeChange(change));
      return Make(Operation::kPutRow, out);
    }
    case RowChange::Kind::kUpdate: {
      wire::UpdateRowRequest out;
      fill(out);
      out.set_row_change(EncodeChange(change));
      return Make(Operation::kUpdateRow, out);
    }
    case RowChange::Kind::kDelete:
      break;
  }
  wire::DeleteRowRequest out;
  fill(out);
  out.set_primary_key(EncodeChange(change));
  return Make(Operation::kDeleteRow, out);
}

Request BatchWriteRow(std::span<const TableChanges> tables, bool atomic,
                      std::string_view transaction) {
  wire::BatchWriteRowRequest out;
  for (const TableChanges& changes : tables) {
    wire::TableInBatchWriteRowRequest* const table = out.add_tables();
    table->set_table_name(changes.table);
    for (const RowChange& change : changes.rows) {
      wire::RowInBatchWriteRowRequest* const row = table->add_rows();
      row->set_type(static_cast<wire::RowOperation>(change.kind));
      row->set_row_change(EncodeChange(change));
      SetCondition(change.condition, row->mutable_condition());
    }
  }
  if (atomic) out.set_is_atomic(true);
  SetTransaction(transaction, &out);
  return Make(Operation::kBatchWriteRow, out);
}

absl::StatusOr<std::vector<std::vector<RowResult>>> ReadBatchWriteRow(std::string_view body) {
  auto in = Parse<wire::BatchWriteRowResponse>(Operation::kBatchWriteRow, body);
  if (!in.ok()) return in.status();
  std::vector<std::vector<RowResult>> out;
  for (const wire::TableInBatchWriteRowResponse& table : in->tables()) {
    std::vector<RowResult>& rows = out.emplace_back();
    for (const wire::RowInBatchWriteRowResponse& row : table.rows()) {
      rows.push_back(row.is_ok() ? RowResult() : FromWire(row.error()));
    }
  }
  return out;
}

Request GetRow(std::string_view table, const PrimaryKey& key, std::span<const std::string> columns,
               std::string_view transaction) {
  wire::GetRowRequest out;
  out.set_table_name(std::string(table));
  out.set_primary_key(EncodeKey(key));
  for (const std::string& column : columns) out.add_columns_to_get(column);
  out.set_max_versions(1);
  SetTransaction(transaction, &out);
  return Make(Operation::kGetRow, out);
}

absl::StatusOr<std::optional<Row>> ReadGetRow(std::string_view body) {
  auto in = Parse<wire::GetRowResponse>(Operation::kGetRow, body);
  if (!in.ok()) return in.status();
  return OptionalRow(in->row());
}

Request BatchGetRow(std::span<const TableKeys> tables) {
  wire::BatchGetRowRequest out;
  for (const TableKeys& keys : tables) {
    wire::TableInBatchGetRowRequest* const table = out.add_tables();
    table->set_table_name(keys.table);
    for (const PrimaryKey& key : keys.keys) table->add_primary_key(EncodeKey(key));
    for (const std::string& column : keys.columns) table->add_columns_to_get(column);
    table->set_max_versions(1);
  }
  return Make(Operation::kBatchGetRow, out);
}

absl::StatusOr<std::vector<std::vector<ReadResult>>> ReadBatchGetRow(std::string_view body) {
  auto in = Parse<wire::BatchGetRowResponse>(Operation::kBatchGetRow, body);
  if (!in.ok()) return in.status();
  std::vector<std::vector<ReadResult>> out;
  for (const wire::TableInBatchGetRowResponse& table : in->tables()) {
    std::vector<ReadResult>& rows = out.emplace_back();
    for (const wire::RowInBatchGetRowResponse& row : table.rows()) {
      ReadResult result;
      if (!row.is_ok()) {
        result.error = FromWire(row.error());
      } else {
        absl::StatusOr<std::optional<Row>> decoded = OptionalRow(row.row());
        if (!decoded.ok()) return decoded.status();
        result.row = *std::move(decoded);
      }
      rows.push_back(std::move(result));
    }
  }
  return out;
}

Request GetRange(const RangeRequest& range, std::string_view transaction) {
  wire::GetRangeRequest out;
  out.set_table_name(range.table);
  out.set_direction(range.backward ? wire::BACKWARD : wire::FORWARD);
  for (const std::string& column : range.columns) out.add_columns_to_get(column);
  out.set_max_versions(1);
  if (range.limit > 0) out.set_limit(range.limit);
  out.set_inclusive_start_primary_key(EncodeKey(range.inclusive_start));
  out.set_exclusive_end_primary_key(EncodeKey(range.exclusive_end));
  if (range.filter.has_value()) out.set_filter(EncodeFilter(*range.filter));
  SetTransaction(transaction, &out);
  return Make(Operation::kGetRange, out);
}

absl::StatusOr<RangePage> ReadGetRange(std::string_view body) {
  auto in = Parse<wire::GetRangeResponse>(Operation::kGetRange, body);
  if (!in.ok()) return in.status();
  if (in->data_block_type() != wire::PLAIN_BUFFER) {
    return absl::DataLossError("an answer to GetRange has a block format that was not asked for");
  }
  absl::StatusOr<std::vector<Row>> rows = DecodeRows(in->rows());
  if (!rows.ok()) return rows.status();
  RangePage page;
  page.rows = *std::move(rows);
  if (in->has_next_start_primary_key()) {
    absl::StatusOr<Row> next = DecodeRow(in->next_start_primary_key());
    if (!next.ok()) return next.status();
    page.next_start = std::move(next->primary_key);
  }
  return page;
}

Request StartLocalTransaction(std::string_view table, const KeyColumn& partition_key) {
  wire::StartLocalTransactionRequest out;
  out.set_table_name(std::string(table));
  out.set_key(EncodeKey({partition_key}));
  return Make(Operation::kStartLocalTransaction, out);
}

absl::StatusOr<std::string> ReadStartLocalTransaction(std::string_view body) {
  auto in = Parse<wire::StartLocalTransactionResponse>(Operation::kStartLocalTransaction, body);
  if (!in.ok()) return in.status();
  return in->transaction_id();
}

Request CommitTransaction(std::string_view transaction) {
  wire::CommitTransactionRequest out;
  out.set_transaction_id(std::string(transaction));
  return Make(Operation::kCommitTransaction, out);
}

Request AbortTransaction(std::string_view transaction) {
  wire::AbortTransactionRequest out;
  out.set_transaction_id(std::string(transaction));
  return Make(Operation::kAbortTransaction, out);
}

}  // namespace jfs::ots
