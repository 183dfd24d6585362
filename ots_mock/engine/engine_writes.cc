// PutRow, UpdateRow, DeleteRow and BatchWriteRow.

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/base/concat.h"
#include "core/ots/filter.h"
#include "core/ots/plain_buffer.h"
#include "ots_mock/engine/engine_impl.h"
#include "ots_mock/engine/filter_match.h"

namespace jfs::ots_mock {
namespace {

namespace wire = ots::wire;
using ots::ErrorCode;
using ots::RowChange;
using ots::ValueType;

bool HasRegex(const ots::Filter& filter) {
  return filter.regex.has_value() ||
         std::any_of(filter.operands.begin(), filter.operands.end(), HasRegex);
}

bool HasPagination(const ots::Filter& filter) {
  return filter.kind == ots::Filter::Kind::kPagination ||
         std::any_of(filter.operands.begin(), filter.operands.end(), HasPagination);
}

bool HasIncrement(const ots::Row& row) {
  return std::any_of(row.cells.begin(), row.cells.end(), [](const ots::Cell& cell) {
    return cell.operation == ots::CellOperation::kIncrement;
  });
}

bool HasPlaceholder(const ots::PrimaryKey& key) {
  return std::any_of(key.begin(), key.end(), [](const ots::KeyColumn& column) {
    return column.value.is(ValueType::kAutoIncrement);
  });
}

void FillError(const ots::ServiceError& error, wire::Error* out) {
  out->set_code(error.code);
  out->set_message(error.message);
}

template <typename Response>
std::string WriteResponse(const WriteAnswer& answer) {
  Response out;
  *out.mutable_consumed() = answer.consumed;
  if (answer.row.has_value()) out.set_row(*answer.row);
  return out.SerializeAsString();
}

void FillRow(const Refusal& refusal, const WriteAnswer& answer,
             wire::RowInBatchWriteRowResponse* out) {
  out->set_is_ok(!refusal.has_value());
  if (refusal.has_value()) {
    FillError(*refusal, out->mutable_error());
    return;
  }
  *out->mutable_consumed() = answer.consumed;
  if (answer.row.has_value()) out->set_row(*answer.row);
}

}  // namespace

Refusal Engine::Impl::Prepare(const Table& table, RowChange::Kind kind, const std::string& row,
                              const wire::Condition& condition,
                              const wire::ReturnContent& return_content, PreparedWrite* out) const {
  absl::StatusOr<ots::Row> decoded = ots::DecodeRow(row);
  if (!decoded.ok()) return Invalid(ToStd(decoded.status().message()));
  out->kind = kind;
  out->row = *std::move(decoded);
  out->return_content = return_content;
  out->condition.existence = static_cast<ots::Existence>(condition.row_existence());
  if (condition.has_column_condition()) {
    absl::StatusOr<ots::Filter> filter = ots::DecodeFilter(condition.column_condition());
    if (!filter.ok()) return Invalid(ToStd(filter.status().message()));
    if (HasRegex(*filter)) return Invalid("This mock has no regular expressions in conditions.");
    if (HasPagination(*filter)) return Invalid("A pagination is no condition.");
    out->condition.columns = *std::move(filter);
  }
  return CheckCells(table, out->row, kind, now());
}

Refusal Engine::Impl::ChooseAutoIncrement(const Table& table, PreparedWrite* write,
                                          kv::WriteBatch* batch) {
  if (!HasPlaceholder(write->row.primary_key)) return std::nullopt;
  if (write->kind == RowChange::Kind::kDelete) {
    return Invalid("The placeholder of an auto-increment column can't be used in DeleteRow.");
  }
  if (write->condition.existence != ots::Existence::kIgnore ||
      write->condition.columns.has_value()) {
    return Invalid("A write with the placeholder of an auto-increment column has no condition.");
  }
  // One counter a table: unique and increasing within a partition key too, and not dense. It never
  // falls behind the clock, in microseconds.
  std::string key = "a";
  Encoder(&key).U32(table.id);
  const kv::Overlay view(store_, batch);
  std::string stored;
  bool found = false;
  if (Failed(view.Get(key, &stored, &found))) return std::nullopt;
  uint64_t next = static_cast<uint64_t>(now()) * 1000;
  if (found) next = std::max(next, Decoder(stored).U64() + 1);
  std::string encoded;
  Encoder(&encoded).U64(next);
  batch->Put(key, encoded);
  write->row.primary_key[*table.auto_increment()].value =
      ots::Value::Integer(static_cast<int64_t>(next));
  return std::nullopt;
}

Refusal Engine::Impl::Apply(const Table& table, PreparedWrite write, bool in_transaction,
                            kv::WriteBatch* batch, WriteAnswer* answer) {
  if (Refusal refusal = CheckKey(table, write.row.primary_key, KeyUse::kWrite)) return refusal;
  if (table.auto_increment().has_value() && in_transaction) {
    return Invalid("Tables with an auto-increment column have no local transactions.");
  }
  if (Refusal refusal = ChooseAutoIncrement(table, &write, batch)) return refusal;
  const std::string key = StoredKey(table, write.row.primary_key);
  const kv::Overlay view(store_, batch);
  std::optional<ots::Row> before = Load(view, key);
  if (!store_status_.ok()) return std::nullopt;  // the caller reports it
  if (before.has_value() && !Exists(table, *before, now())) before.reset();

  const bool conditional =
      write.condition.existence != ots::Existence::kIgnore || write.condition.columns.has_value();
  const bool existence_holds =
      write.condition.existence == ots::Existence::kIgnore ||
      (write.condition.existence == ots::Existence::kExpectExist) == before.has_value();
  if (!existence_holds) return ots::MakeError(ErrorCode::kConditionCheckFail);
  if (write.condition.columns.has_value()) {
    const std::vector<ots::Cell> cells =
        before.has_value() ? VisibleCells(table, *before, now()) : std::vector<ots::Cell>();
    if (!Matches(*write.condition.columns, cells)) {
      return ots::MakeError(ErrorCode::kConditionCheckFail);
    }
  }

  std::set<std::string> touched;
  std::optional<ots::Row> after;
  switch (write.kind) {
    case RowChange::Kind::kPut:
      after = AfterPut(table, write.row, now());
      break;
    case RowChange::Kind::kUpdate:
      if (Refusal refusal = AfterUpdate(table, before.has_value() ? &*before : nullptr, write.row,
                                        now(), &after, &touched)) {
        return refusal;
      }
      break;
    case RowChange::Kind::kDelete:
      break;
  }
  if (after.has_value()) {
    batch->Put(key, ots::EncodeRow(*after));
  } else if (before.has_value()) {
    batch->Delete(key);
  }

  const uint64_t key_bytes = KeyBytes(write.row.primary_key);
  SetCapacity(conditional ? CapacityUnits(key_bytes) : 0, CapacityUnits(RowBytes(write.row)),
              &answer->consumed);
  switch (write.return_content.return_type()) {
    case wire::RETURN_NONE:
      break;
    case wire::RETURN_PRIMARY_KEY:
      answer->row = ots::EncodeKey(write.row.primary_key);
      break;
    case wire::RETURN_AFTER_MODIFY: {
      ots::Row changed;
      changed.primary_key = write.row.primary_key;
      for (const std::string& name : write.return_content.return_column_names()) {
        const ots::Cell* const cell = after.has_value() ? FindCell(*after, name) : nullptr;
        if (cell != nullptr && touched.count(name) > 0) changed.cells.push_back(*cell);
      }
      answer->row = ots::EncodeRow(changed);
      break;
    }
  }
  return std::nullopt;
}

Refusal Engine::Impl::WriteOne(const std::string& table_name, RowChange::Kind kind,
                               const std::string& row, const wire::Condition& condition,
                               const wire::ReturnContent& return_content, bool has_transaction,
                               const std::string& transaction_id, WriteAnswer* answer) {
  Table* table = nullptr;
  if (Refusal refusal = FindTable(table_name, &table)) return refusal;
  PreparedWrite write;
  if (Refusal refusal = Prepare(*table, kind, row, condition, return_content, &write)) {
    return refusal;
  }
  Transaction* transaction = nullptr;
  if (has_transaction) {
    if (Refusal refusal = FindTransaction(transaction_id, &transaction)) return refusal;
  }
  if (Refusal refusal = CheckKey(*table, write.row.primary_key, KeyUse::kWrite)) return refusal;
  if (Refusal refusal = CheckAccess(*table, write.row.primary_key, transaction, true)) {
    return refusal;
  }
  if (transaction == nullptr) {
    kv::WriteBatch batch;
    if (Refusal refusal = Apply(*table, std::move(write), false, &batch, answer)) return refusal;
    Commit(batch);
    return std::nullopt;
  }
  const uint64_t bytes = RowBytes(write.row);
  if (transaction->written_bytes + bytes > options_.max_transaction_bytes) {
    return ots::MakeError(ErrorCode::kOutOfTransactionDataSizeLimit);
  }
  if (Refusal refusal = Apply(*table, std::move(write), true, &transaction->writes, answer)) {
    return refusal;
  }
  transaction->written_bytes += bytes;
  return std::nullopt;
}

Refusal Engine::Impl::PutRow(std::string_view body, std::string* answer) {
  wire::PutRowRequest in;
  if (Refusal refusal = ReadMessage(body, &in)) return refusal;
  WriteAnswer out;
  if (Refusal refusal =
          WriteOne(in.table_name(), RowChange::Kind::kPut, in.row(), in.condition(),
                   in.return_content(), in.has_transaction_id(), in.transaction_id(), &out)) {
    return refusal;
  }
  *answer = WriteResponse<wire::PutRowResponse>(out);
  return std::nullopt;
}

Refusal Engine::Impl::UpdateRow(std::string_view body, std::string* answer) {
  wire::UpdateRowRequest in;
  if (Refusal refusal = ReadMessage(body, &in)) return refusal;
  WriteAnswer out;
  if (Refusal refusal =
          WriteOne(in.table_name(), RowChange::Kind::kUpdate, in.row_change(), in.condition(),
                   in.return_content(), in.has_transaction_id(), in.transaction_id(), &out)) {
    return refusal;
  }
  *answer = WriteResponse<wire::UpdateRowResponse>(out);
  return std::nullopt;
}

Refusal Engine::Impl::DeleteRow(std::string_view body, std::string* answer) {
  wire::DeleteRowRequest in;
  if (Refusal refusal = ReadMessage(body, &in)) return refusal;
  WriteAnswer out;
  if (Refusal refusal =
          WriteOne(in.table_name(), RowChange::Kind::kDelete, in.primary_key(), in.condition(),
                   in.return_content(), in.has_transaction_id(), in.transaction_id(), &out)) {
    return refusal;
  }
  *answer = WriteResponse<wire::DeleteRowResponse>(out);
  return std::nullopt;
}

Refusal Engine::Impl::CheckBatchSize(const wire::BatchWriteRowRequest& in, size_t bytes) const {
  int rows = 0;
  for (const wire::TableInBatchWriteRowRequest& table : in.tables()) {
    if (table.rows_size() == 0) {
      return Invalid(Concat("No operation is specified for table:'", table.table_name(), "'."));
    }
    rows += table.rows_size();
  }
  if (rows == 0) return Invalid("No row is specified in BatchWriteRow.");
  if (rows > static_cast<int>(ots::kMaxBatchWriteRows)) {
    return Invalid(Concat("Rows count exceeds the upper limit: ", ots::kMaxBatchWriteRows, "."));
  }
  if (bytes > ots::kMaxBatchWriteBytes) {
    return Invalid(
        Concat("The total data size of BatchWriteRow request exceeds the limit, limit "
               "size: ",
               ots::kMaxBatchWriteBytes, ", data size: ", bytes, "."));
  }
  return std::nullopt;
}

void Engine::Impl::WriteAtomically(const Table& table, const wire::TableInBatchWriteRowRequest& in,
                                   std::vector<PreparedWrite> writes, bool in_transaction,
                                   kv::WriteBatch* batch, wire::TableInBatchWriteRowResponse* out) {
  Refusal refusal;
  for (const PreparedWrite& write : writes) {
    if (!refusal) refusal = CheckKey(table, write.row.primary_key, KeyUse::kWrite);
    if (!refusal && write.row.primary_key.front() != writes.front().row.primary_key.front()) {
      refusal = ots::MakeError(ErrorCode::kDataOutOfRange);
    }
  }
  kv::WriteBatch all;
  all.Append(*batch);
  std::vector<WriteAnswer> answers(writes.size());
  for (size_t i = 0; i < writes.size() && !refusal; ++i) {
    refusal = Apply(table, std::move(writes[i]), in_transaction, &all, &answers[i]);
  }
  for (int i = 0; i < in.rows_size(); ++i) {
    FillRow(refusal, answers[static_cast<size_t>(i)], out->add_rows());
  }
  if (!refusal) *batch = std::move(all);
}

Refusal Engine::Impl::BatchWriteRow(std::string_view body, std::string* answer,
                                    const FailsRow& fails_row) {
  wire::BatchWriteRowRequest in;
  if (Refusal refusal = ReadMessage(body, &in)) return refusal;
  if (Refusal refusal = CheckBatchSize(in, body.size())) return refusal;
  Transaction* transaction = nullptr;
  if (in.has_transaction_id()) {
    if (Refusal refusal = FindTransaction(in.transaction_id(), &transaction)) return refusal;
    if (in.tables_size() != 1 || in.tables(0).table_name() != transaction->table) {
      return ots::MakeError(ErrorCode::kDataOutOfRange);
    }
    if (transaction->written_bytes + body.size() > options_.max_transaction_bytes) {
      return ots::MakeError(ErrorCode::kOutOfTransactionDataSizeLimit);
    }
  }

  // What is wrong with the request as such fails all of it, before anything is written.
  std::set<std::string> names;
  std::vector<std::vector<PreparedWrite>> prepared;
  for (const wire::TableInBatchWriteRowRequest& table_in : in.tables()) {
    if (!names.insert(table_in.table_name()).second) {
      return Invalid(Concat("Duplicated table name: ", table_in.table_name(), "."));
    }
    std::vector<PreparedWrite>& writes = prepared.emplace_back();
    Table* table = nullptr;
    if (FindTable(table_in.table_name(), &table)) continue;
    std::map<std::string, const PreparedWrite*> by_key;
    writes.resize(static_cast<size_t>(table_in.rows_size()));
    for (int i = 0; i < table_in.rows_size(); ++i) {
      const wire::RowInBatchWriteRowRequest& row = table_in.rows(i);
      PreparedWrite& write = writes[static_cast<size_t>(i)];
      if (Refusal refusal =
              Prepare(*table, static_cast<RowChange::Kind>(row.type()), row.row_change(),
                      row.condition(), row.return_content(), &write)) {
        return refusal;
      }
      if (HasPlaceholder(write.row.primary_key)) continue;
      const auto [other, first] = by_key.emplace(ots::EncodeKey(write.row.primary_key), &write);
      if (first) continue;
      for (const PreparedWrite* const one :
           {other->second, static_cast<const PreparedWrite*>(&write)}) {
        if (one->condition.existence != ots::Existence::kIgnore) {
          return Invalid(
              "Repeated rows do not support row exist expectation check in BatchModify.");
        }
        if (one->condition.columns.has_value()) {
          return Invalid("Repeated rows do not support row condition check in BatchModify.");
        }
        if (HasIncrement(one->row)) {
          return Invalid("Repeated rows do not support increment in BatchModify.");
        }
      }
    }
  }

  wire::BatchWriteRowResponse out;
  kv::WriteBatch own;
  kv::WriteBatch* const batch = transaction != nullptr ? &transaction->writes : &own;
  size_t place = 0;
  for (int t = 0; t < in.tables_size(); ++t) {
    const wire::TableInBatchWriteRowRequest& table_in = in.tables(t);
    wire::TableInBatchWriteRowResponse* const table_out = out.add_tables();
    table_out->set_table_name(table_in.table_name());
    Table* table = nullptr;
    const Refusal no_table = FindTable(table_in.table_name(), &table);
    std::vector<PreparedWrite>& writes = prepared[static_cast<size_t>(t)];
    if (!no_table && in.is_atomic() && options_.honours_atomic_batches) {
      bool fails = false;
      Refusal refusal;
      for (const PreparedWrite& write : writes) {
        if (fails_row != nullptr && fails_row(place)) fails = true;
        ++place;
        if (!refusal) refusal = CheckKey(*table, write.row.primary_key, KeyUse::kWrite);
        if (!refusal) refusal = CheckAccess(*table, write.row.primary_key, transaction, true);
      }
      if (!refusal && fails) refusal = ots::MakeError(ErrorCode::kServerBusy);
      if (refusal) {
        for (size_t i = 0; i < writes.size(); ++i) FillRow(refusal, {}, table_out->add_rows());
      } else {
        WriteAtomically(*table, table_in, std::move(writes), transaction != nullptr, batch,
                        table_out);
      }
      continue;
    }
    for (int i = 0; i < table_in.rows_size(); ++i, ++place) {
      Refusal refusal = no_table;
      WriteAnswer row_answer;
      if (!refusal) {
        PreparedWrite& write = writes[static_cast<size_t>(i)];
        refusal = CheckKey(*table, write.row.primary_key, KeyUse::kWrite);
        if (!refusal) refusal = CheckAccess(*table, write.row.primary_key, transaction, true);
        if (!refusal && fails_row != nullptr && fails_row(place)) {
          refusal = ots::MakeError(ErrorCode::kServerBusy);
        }
        if (!refusal) {
          refusal = Apply(*table, std::move(write), transaction != nullptr, batch, &row_answer);
        }
      }
      FillRow(refusal, row_answer, table_out->add_rows());
    }
  }
  if (transaction != nullptr) {
    transaction->written_bytes += body.size();
  } else {
    Commit(own);
  }
  *answer = out.SerializeAsString();
  return std::nullopt;
}

}  // namespace jfs::ots_mock
