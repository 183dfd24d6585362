#ifndef OTS_MOCK_ENGINE_ENGINE_IMPL_H_
#define OTS_MOCK_ENGINE_ENGINE_IMPL_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "core/kv/overlay.h"
#include "core/kv/state_store.h"
#include "core/kv/write_batch.h"
#include "core/ots/error.h"
#include "core/ots/parse_message.h"
#include "core/ots/proto/tablestore.pb.h"
#include "core/ots/requests.h"
#include "ots_mock/engine/engine.h"
#include "ots_mock/engine/stored_row.h"
#include "ots_mock/engine/table.h"

// Inside of the engine; nobody but its own sources includes this.
namespace jfs::ots_mock {

struct Transaction {
  std::string id;
  std::string table;
  std::string partition;  // the prefix of all keys that it may touch
  int64_t expires_millis = 0;
  uint64_t written_bytes = 0;
  kv::WriteBatch writes;
};

// One row's part of a write, read and checked as far as that is possible without the row.
struct PreparedWrite {
  ots::RowChange::Kind kind = ots::RowChange::Kind::kPut;
  ots::Row row;
  ots::Condition condition;
  ots::wire::ReturnContent return_content;
};

// What a row's write answers.
struct WriteAnswer {
  ots::wire::ConsumedCapacity consumed;
  std::optional<std::string> row;  // a PlainBuffer
};

class Engine::Impl {
 public:
  Impl(const EngineOptions& options, kv::StateStore* store) : options_(options), store_(store) {}
  absl::Status Load();
  absl::StatusOr<ots::Answer> Execute(const ots::Request& request, WallMillis now,
                                      const FailsRow& fails_row);
  size_t tables() const { return tables_.size(); }
  size_t open_transactions() const { return transactions_.size(); }

 private:
  // Each reads `body`, and either fills in the answer's message or says why not.
  // engine_tables.cc
  Refusal CreateTable(std::string_view body, std::string* answer);
  Refusal UpdateTable(std::string_view body, std::string* answer);
  Refusal DescribeTable(std::string_view body, std::string* answer);
  Refusal ListTable(std::string_view body, std::string* answer);
  Refusal DeleteTable(std::string_view body, std::string* answer);
  Refusal ComputeSplitPoints(std::string_view body, std::string* answer);
  // engine_writes.cc
  Refusal PutRow(std::string_view body, std::string* answer);
  Refusal UpdateRow(std::string_view body, std::string* answer);
  Refusal DeleteRow(std::string_view body, std::string* answer);
  Refusal BatchWriteRow(std::string_view body, std::string* answer, const FailsRow& fails_row);
  // engine_reads.cc
  Refusal GetRow(std::string_view body, std::string* answer);
  Refusal BatchGetRow(std::string_view body, std::string* answer);
  Refusal GetRange(std::string_view body, std::string* answer);
  // engine_transactions.cc
  Refusal StartLocalTransaction(std::string_view body, std::string* answer);
  Refusal CommitTransaction(std::string_view body, std::string* answer);
  Refusal AbortTransaction(std::string_view body, std::string* answer);

  Refusal FindTable(const std::string& name, Table** table);

  // Parts of writes: `Prepare` finds what is wrong with the request itself, `Apply` what the row
  // as it is does not allow. Apply reads through what `batch` already changes and adds to it, or
  // leaves it as it was if it refuses.
  Refusal Prepare(const Table& table, ots::RowChange::Kind kind, const std::string& row,
                  const ots::wire::Condition& condition,
                  const ots::wire::ReturnContent& return_content, PreparedWrite* out) const;
  Refusal Apply(const Table& table, PreparedWrite write, bool in_transaction, kv::WriteBatch* batch,
                WriteAnswer* answer);
  // A whole single-row operation.
  Refusal WriteOne(const std::string& table, ots::RowChange::Kind kind, const std::string& row,
                   const ots::wire::Condition& condition,
                   const ots::wire::ReturnContent& return_content, bool has_transaction,
                   const std::string& transaction, WriteAnswer* answer);
  Refusal ChooseAutoIncrement(const Table& table, PreparedWrite* write, kv::WriteBatch* batch);
  Refusal CheckBatchSize(const ots::wire::BatchWriteRowRequest& request, size_t bytes) const;
  void WriteAtomically(const Table& table, const ots::wire::TableInBatchWriteRowRequest& in,
                       std::vector<PreparedWrite> writes, bool in_transaction,
                       kv::WriteBatch* batch, ots::wire::TableInBatchWriteRowResponse* out);

  Refusal ReadOne(const Table& table, const std::string& key, const Selection& selection,
                  const kv::View& view, ots::wire::ConsumedCapacity* consumed, std::string* row);

  // The open transaction with this id, or what the service says if there is none.
  Refusal FindTransaction(const std::string& id, Transaction** transaction);
  // Whether a row with this key may be written, or read inside a transaction, by `transaction`
  // (null: outside of any).
  Refusal CheckAccess(const Table& table, const ots::PrimaryKey& key,
                      const Transaction* transaction, bool write) const;
  void DropExpiredTransactions();
  void Forget(const std::string& transaction);

  // A row of the view, or nothing. An error of the store is kept in store_status_.
  std::optional<ots::Row> Load(const kv::View& view, const std::string& stored_key);
  void Commit(const kv::WriteBatch& batch);
  bool Failed(const absl::Status& status) {
    if (store_status_.ok()) store_status_ = status;
    return !status.ok();
  }
  int64_t now() const { return now_millis_; }

  const EngineOptions options_;
  kv::StateStore* const store_;
  const kv::WriteBatch no_writes_;
  absl::Status store_status_;
  int64_t now_millis_ = 0;
  uint32_t next_table_id_ = 1;
  uint64_t next_transaction_ = 1;
  std::map<std::string, Table> tables_;
  std::map<std::string, Transaction> transactions_;  // by id
  std::map<std::string, std::string> locks_;         // partition prefix -> transaction id
};

// Reads a request's message; what the service says if it is none.
template <typename Message>
Refusal ReadMessage(std::string_view body, Message* message) {
  if (ots::ParseMessage(body, message)) return std::nullopt;
  return ots::MakeError(ots::ErrorCode::kParameterInvalid,
                        "Parse PBMessage from RawString failed.");
}

inline Refusal Invalid(std::string_view message) {
  return ots::MakeError(ots::ErrorCode::kParameterInvalid, message);
}

void SetCapacity(int64_t read, int64_t write, ots::wire::ConsumedCapacity* out);
// Capacity units of so many bytes: of 4 KiB each, at least one.
int64_t CapacityUnits(uint64_t bytes);

}  // namespace jfs::ots_mock

#endif  // OTS_MOCK_ENGINE_ENGINE_IMPL_H_
