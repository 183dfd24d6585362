// Local transactions: an exclusive lock on one partition key, and writes that wait for the commit.

#include <utility>

#include "absl/strings/str_format.h"

#include "core/base/concat.h"
#include "core/ots/plain_buffer.h"
#include "ots_mock/engine/engine_impl.h"

namespace jfs::ots_mock {

namespace wire = ots::wire;
using ots::ErrorCode;

Refusal Engine::Impl::StartLocalTransaction(std::string_view body, std::string* answer) {
  wire::StartLocalTransactionRequest in;
  if (Refusal refusal = ReadMessage(body, &in)) return refusal;
  Table* table = nullptr;
  if (Refusal refusal = FindTable(in.table_name(), &table)) return refusal;
  const bool enabled = options_.transactions_on_every_table || table->definition.enable_local_txn();
  if (!enabled || table->auto_increment().has_value()) {
    return Invalid(
        "Try to call method using explicit transaction on explicit-transaction-disabled "
        "table.");
  }
  absl::StatusOr<ots::Row> row = ots::DecodeRow(in.key());
  if (!row.ok()) return Invalid(ToStd(row.status().message()));
  if (row->primary_key.size() != 1) {
    return Invalid("StartLocalTransaction support only one primary key.");
  }
  // Checked as the first column of a whole key.
  ots::PrimaryKey whole = row->primary_key;
  Table first = *table;
  first.key.resize(1);
  if (Refusal refusal = CheckKey(first, whole, KeyUse::kRead)) return refusal;
  const std::string partition = PartitionPrefix(*table, whole.front());
  if (locks_.count(partition) > 0) return ots::MakeError(ErrorCode::kRowOperationConflict);

  Transaction transaction;
  // As opaque as the service's, and different after a restart at another time.
  transaction.id = absl::StrFormat("%016x-%08x", now(), next_transaction_++);
  transaction.table = in.table_name();
  transaction.partition = partition;
  transaction.expires_millis = now() + static_cast<int64_t>(options_.transaction_lifetime_millis);
  wire::StartLocalTransactionResponse out;
  out.set_transaction_id(transaction.id);
  locks_.emplace(partition, transaction.id);
  transactions_.emplace(out.transaction_id(), std::move(transaction));
  *answer = out.SerializeAsString();
  return std::nullopt;
}

Refusal Engine::Impl::CommitTransaction(std::string_view body, std::string* answer) {
  wire::CommitTransactionRequest in;
  if (Refusal refusal = ReadMessage(body, &in)) return refusal;
  Transaction* transaction = nullptr;
  if (Refusal refusal = FindTransaction(in.transaction_id(), &transaction)) return refusal;
  Commit(transaction->writes);
  Forget(in.transaction_id());
  *answer = wire::CommitTransactionResponse().SerializeAsString();
  return std::nullopt;
}

Refusal Engine::Impl::AbortTransaction(std::string_view body, std::string* answer) {
  wire::AbortTransactionRequest in;
  if (Refusal refusal = ReadMessage(body, &in)) return refusal;
  Transaction* transaction = nullptr;
  if (Refusal refusal = FindTransaction(in.transaction_id(), &transaction)) return refusal;
  Forget(in.transaction_id());
  wire::AbortTransactionResponse out;
  out.set_transaction_id(in.transaction_id());
  *answer = out.SerializeAsString();
  return std::nullopt;
}

Refusal Engine::Impl::FindTransaction(const std::string& id, Transaction** transaction) {
  if (id.empty()) return Invalid("TransactionID is invalid.");
  const auto found = transactions_.find(id);
  if (found == transactions_.end()) return ots::MakeError(ErrorCode::kSessionNotExist);
  *transaction = &found->second;
  return std::nullopt;
}

Refusal Engine::Impl::CheckAccess(const Table& table, const ots::PrimaryKey& key,
                                  const Transaction* transaction, bool write) const {
  const ots::Value& first = key.front().value;
  const bool concrete = !first.is(ots::ValueType::kInfMin) && !first.is(ots::ValueType::kInfMax);
  if (transaction != nullptr) {
    if (transaction->table != table.name() || !concrete ||
        PartitionPrefix(table, key.front()) != transaction->partition) {
      return ots::MakeError(ErrorCode::kDataOutOfRange);
    }
    return std::nullopt;
  }
  if (write && concrete && locks_.count(PartitionPrefix(table, key.front())) > 0) {
    return ots::MakeError(ErrorCode::kRowOperationConflict);
  }
  return std::nullopt;
}

void Engine::Impl::DropExpiredTransactions() {
  for (auto it = transactions_.begin(); it != transactions_.end();) {
    if (it->second.expires_millis > now()) {
      ++it;
      continue;
    }
    locks_.erase(it->second.partition);
    it = transactions_.erase(it);
  }
}

void Engine::Impl::Forget(const std::string& id) {
  const auto found = transactions_.find(id);
  locks_.erase(found->second.partition);
  transactions_.erase(found);
}

}  // namespace jfs::ots_mock
