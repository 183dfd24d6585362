// Operations on whole tables.

#include <utility>

#include "core/base/codec.h"
#include "core/base/concat.h"
#include "ots_mock/engine/engine_impl.h"

namespace jfs::ots_mock {
namespace {

namespace wire = ots::wire;

std::string TableKey(const std::string& name) { return "m" + name; }

constexpr char kNextTableIdKey[] = "n";
// Rows of a dropped table go in batches of this many.
constexpr int kDropBatchRows = 10'000;

void FillThroughput(const Table& table, wire::ReservedThroughputDetails* out) {
  const wire::CapacityUnit& reserved = table.definition.reserved_throughput().capacity_unit();
  out->mutable_capacity_unit()->set_read(reserved.read());
  out->mutable_capacity_unit()->set_write(reserved.write());
  out->set_last_increase_time(table.created_millis / 1000);
}

}  // namespace

Refusal Engine::Impl::CreateTable(std::string_view body, std::string* answer) {
  Table table;
  if (Refusal refusal = ReadMessage(body, &table.definition)) return refusal;
  if (Refusal refusal = CheckDefinition(table.definition)) return refusal;
  if (tables_.count(table.name()) > 0) return ots::MakeError(ots::ErrorCode::kObjectAlreadyExist);
  if (tables_.size() >= options_.max_tables) return ots::MakeError(ots::ErrorCode::kQuotaExhausted);
  table.id = next_table_id_++;
  table.created_millis = now();
  Complete(&table);
  kv::WriteBatch batch;
  std::string next;
  Encoder(&next).U32(next_table_id_);
  batch.Put(kNextTableIdKey, next);
  batch.Put(TableKey(table.name()), EncodeTable(table));
  Commit(batch);
  std::string name = table.name();
  tables_.emplace(std::move(name), std::move(table));
  *answer = wire::CreateTableResponse().SerializeAsString();
  return std::nullopt;
}

Refusal Engine::Impl::UpdateTable(std::string_view body, std::string* answer) {
  wire::UpdateTableRequest in;
  if (Refusal refusal = ReadMessage(body, &in)) return refusal;
  Table* table = nullptr;
  if (Refusal refusal = FindTable(in.table_name(), &table)) return refusal;
  if (!in.has_reserved_throughput() && !in.has_table_options() && !in.has_stream_spec()) {
    return Invalid("No parameter is specified in UpdateTable.");
  }
  if (in.has_stream_spec() && in.stream_spec().enable_stream()) {
    return Invalid("This mock has no streams.");
  }
  if (in.has_table_options()) {
    const wire::TableOptions& options = in.table_options();
    if (!options.has_time_to_live() && !options.has_max_versions() &&
        !options.has_deviation_cell_version_in_sec()) {
      return Invalid("No parameter is specified in table options.");
    }
    if (Refusal refusal = CheckOptions(options)) return refusal;
    table->definition.mutable_table_options()->MergeFrom(options);
  }
  if (in.has_reserved_throughput()) {
    table->definition.mutable_reserved_throughput()->MergeFrom(in.reserved_throughput());
  }
  kv::WriteBatch batch;
  batch.Put(TableKey(table->name()), EncodeTable(*table));
  Commit(batch);
  wire::UpdateTableResponse out;
  FillThroughput(*table, out.mutable_reserved_throughput_details());
  *out.mutable_table_options() = table->definition.table_options();
  out.mutable_stream_details()->set_enable_stream(false);
  *answer = out.SerializeAsString();
  return std::nullopt;
}

Refusal Engine::Impl::DescribeTable(std::string_view body, std::string* answer) {
  wire::DescribeTableRequest in;
  if (Refusal refusal = ReadMessage(body, &in)) return refusal;
  Table* table = nullptr;
  if (Refusal refusal = FindTable(in.table_name(), &table)) return refusal;
  wire::DescribeTableResponse out;
  *out.mutable_table_meta() = table->definition.table_meta();
  FillThroughput(*table, out.mutable_reserved_throughput_details());
  *out.mutable_table_options() = table->definition.table_options();
  out.set_table_status(wire::TABLE_ACTIVE);
  out.mutable_stream_details()->set_enable_stream(false);
  out.set_creation_time(table->created_millis * 1000);
  *answer = out.SerializeAsString();
  return std::nullopt;
}

Refusal Engine::Impl::ListTable(std::string_view body, std::string* answer) {
  wire::ListTableRequest in;
  if (Refusal refusal = ReadMessage(body, &in)) return refusal;
  wire::ListTableResponse out;
  for (const auto& [name, table] : tables_) out.add_table_names(name);
  *answer = out.SerializeAsString();
  return std::nullopt;
}

Refusal Engine::Impl::DeleteTable(std::string_view body, std::string* answer) {
  wire::DeleteTableRequest in;
  if (Refusal refusal = ReadMessage(body, &in)) return refusal;
  Table* table = nullptr;
  if (Refusal refusal = FindTable(in.table_name(), &table)) return refusal;
  const std::string begin = TablePrefix(*table);
  const std::string end = TableEnd(*table);
  std::vector<std::string> ended;
  for (const auto& [id, transaction] : transactions_) {
    if (transaction.table == in.table_name()) ended.push_back(id);
  }
  for (const std::string& id : ended) Forget(id);
  // First the table: rows left behind by a crash belong to a number that nobody uses again.
  kv::WriteBatch batch;
  batch.Delete(TableKey(in.table_name()));
  Commit(batch);
  tables_.erase(in.table_name());
  while (store_status_.ok()) {
    batch.Clear();
    const std::unique_ptr<kv::Iterator> it = store_->Scan(begin, end);
    for (int i = 0; i < kDropBatchRows && it->Valid(); ++i, it->Next()) batch.Delete(it->key());
    if (Failed(it->status()) || batch.empty()) break;
    Commit(batch);
  }
  *answer = wire::DeleteTableResponse().SerializeAsString();
  return std::nullopt;
}

// A table of this engine has one split.
Refusal Engine::Impl::ComputeSplitPoints(std::string_view body, std::string* answer) {
  wire::ComputeSplitPointsBySizeRequest in;
  if (Refusal refusal = ReadMessage(body, &in)) return refusal;
  Table* table = nullptr;
  if (Refusal refusal = FindTable(in.table_name(), &table)) return refusal;
  if (in.split_size() <= 0) return Invalid("SplitSize must be greater than 0.");
  wire::ComputeSplitPointsBySizeResponse out;
  SetCapacity(1, 0, out.mutable_consumed());
  *out.mutable_schema() = table->definition.table_meta().primary_key();
  wire::SplitLocation* const location = out.add_locations();
  location->set_location("mock");
  location->set_repeat(1);
  *answer = out.SerializeAsString();
  return std::nullopt;
}

}  // namespace jfs::ots_mock
