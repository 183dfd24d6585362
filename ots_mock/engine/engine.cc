#include "ots_mock/engine/engine.h"

#include <algorithm>
#include <utility>

#include "core/base/codec.h"
#include "core/base/concat.h"
#include "core/ots/plain_buffer.h"
#include "ots_mock/engine/engine_impl.h"

namespace jfs::ots_mock {
namespace {

constexpr uint64_t kCapacityUnitBytes = 4096;

// The store: 'm' + name -> table, 'n' -> the next table's id, 'r' + table id + key -> row,
// 'a' + table id -> the last automatic key.
constexpr char kTablePrefix[] = "m";
constexpr char kTablePrefixEnd[] = "n";
constexpr char kNextTableIdKey[] = "n";

}  // namespace

void SetCapacity(int64_t read, int64_t write, ots::wire::ConsumedCapacity* out) {
  out->mutable_capacity_unit()->set_read(static_cast<int32_t>(read));
  out->mutable_capacity_unit()->set_write(static_cast<int32_t>(write));
}

int64_t CapacityUnits(uint64_t bytes) {
  return static_cast<int64_t>(
      std::max<uint64_t>(1, (bytes + kCapacityUnitBytes - 1) / kCapacityUnitBytes));
}

absl::Status Engine::Impl::Load() {
  std::string next;
  bool found = false;
  if (absl::Status status = store_->Get(kNextTableIdKey, &next, &found); !status.ok()) {
    return status;
  }
  if (found) {
    Decoder in(next);
    next_table_id_ = in.U32();
    if (!in.Done()) return absl::DataLossError("the stored number of the next table is damaged");
  }
  const std::unique_ptr<kv::Iterator> it = store_->Scan(kTablePrefix, kTablePrefixEnd);
  for (; it->Valid(); it->Next()) {
    absl::StatusOr<Table> table = DecodeTable(it->value());
    if (!table.ok()) return table.status();
    std::string name = table->name();
    tables_.insert_or_assign(std::move(name), *std::move(table));
  }
  return it->status();
}

absl::StatusOr<ots::Answer> Engine::Impl::Execute(const ots::Request& request, WallMillis now,
                                                  const FailsRow& fails_row) {
  now_millis_ = static_cast<int64_t>(now.value);
  DropExpiredTransactions();
  Refusal refusal;
  std::string body;
  switch (request.operation) {
    case ots::Operation::kCreateTable:
      refusal = CreateTable(request.body, &body);
      break;
    case ots::Operation::kUpdateTable:
      refusal = UpdateTable(request.body, &body);
      break;
    case ots::Operation::kDescribeTable:
      refusal = DescribeTable(request.body, &body);
      break;
    case ots::Operation::kListTable:
      refusal = ListTable(request.body, &body);
      break;
    case ots::Operation::kDeleteTable:
      refusal = DeleteTable(request.body, &body);
      break;
    case ots::Operation::kGetRow:
      refusal = GetRow(request.body, &body);
      break;
    case ots::Operation::kPutRow:
      refusal = PutRow(request.body, &body);
      break;
    case ots::Operation::kUpdateRow:
      refusal = UpdateRow(request.body, &body);
      break;
    case ots::Operation::kDeleteRow:
      refusal = DeleteRow(request.body, &body);
      break;
    case ots::Operation::kBatchGetRow:
      refusal = BatchGetRow(request.body, &body);
      break;
    case ots::Operation::kBatchWriteRow:
      refusal = BatchWriteRow(request.body, &body, fails_row);
      break;
    case ots::Operation::kGetRange:
      refusal = GetRange(request.body, &body);
      break;
    case ots::Operation::kStartLocalTransaction:
      refusal = StartLocalTransaction(request.body, &body);
      break;
    case ots::Operation::kCommitTransaction:
      refusal = CommitTransaction(request.body, &body);
      break;
    case ots::Operation::kAbortTransaction:
      refusal = AbortTransaction(request.body, &body);
      break;
    case ots::Operation::kComputeSplitPointsBySize:
      refusal = ComputeSplitPoints(request.body, &body);
      break;
    case ots::Operation::kBulkImport:
    case ots::Operation::kBulkExport:
    case ots::Operation::kListStream:
    case ots::Operation::kDescribeStream:
    case ots::Operation::kGetShardIterator:
    case ots::Operation::kGetStreamRecord:
      refusal =
          Invalid(Concat("Unsupported operation: ", ots::OperationName(request.operation), "."));
      break;
  }
  if (!store_status_.ok()) return store_status_;
  ots::Answer answer;
  if (refusal.has_value()) {
    answer.error = *std::move(refusal);
  } else {
    answer.body = std::move(body);
  }
  return answer;
}

std::optional<ots::Row> Engine::Impl::Load(const kv::View& view, const std::string& stored_key) {
  std::string bytes;
  bool found = false;
  if (Failed(view.Get(stored_key, &bytes, &found)) || !found) return std::nullopt;
  absl::StatusOr<ots::Row> row = ots::DecodeRow(bytes);
  if (Failed(row.status())) return std::nullopt;
  return *std::move(row);
}

void Engine::Impl::Commit(const kv::WriteBatch& batch) {
  if (!batch.empty()) Failed(store_->Write(batch));
}

Refusal Engine::Impl::FindTable(const std::string& name, Table** table) {
  const auto found = tables_.find(name);
  if (found == tables_.end()) return ots::MakeError(ots::ErrorCode::kObjectNotExist);
  *table = &found->second;
  return std::nullopt;
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

absl::StatusOr<std::unique_ptr<Engine>> Engine::Open(const EngineOptions& options,
                                                     kv::StateStore* store) {
  auto impl = std::make_unique<Impl>(options, store);
  if (absl::Status status = impl->Load(); !status.ok()) return status;
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

absl::StatusOr<ots::Answer> Engine::Execute(const ots::Request& request, WallMillis now,
                                            const FailsRow& fails_row) {
  return impl_->Execute(request, now, fails_row);
}

size_t Engine::tables() const { return impl_->tables(); }
size_t Engine::open_transactions() const { return impl_->open_transactions(); }

}  // namespace jfs::ots_mock
