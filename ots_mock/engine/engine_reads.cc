// GetRow, BatchGetRow and GetRange.

#include <algorithm>
#include <deque>
#include <utility>

#include "core/base/concat.h"
#include "core/ots/filter.h"
#include "core/ots/plain_buffer.h"
#include "ots_mock/engine/engine_impl.h"

namespace jfs::ots_mock {
namespace {

namespace wire = ots::wire;

constexpr int kMaxColumnsToGet = 1024;

bool HasRegex(const ots::Filter& filter) {
  return filter.regex.has_value() ||
         std::any_of(filter.operands.begin(), filter.operands.end(), HasRegex);
}

// What of a row is asked for: the same fields in all three requests.
template <typename Request>
Refusal ReadSelection(const Request& in, Selection* out) {
  if (in.columns_to_get_size() > kMaxColumnsToGet) {
    return Invalid(Concat("The number of columns from the request exceeds the limit, limit count: ",
                          kMaxColumnsToGet, ", column count: ", in.columns_to_get_size(), "."));
  }
  for (const std::string& name : in.columns_to_get()) {
    if (!IsName(name)) return Invalid(Concat("Invalid column name: ", name, "."));
    out->columns.insert(name);
  }
  if (!in.has_max_versions() && !in.has_time_range()) {
    return Invalid("No version condition is specified while querying row.");
  }
  if (in.has_max_versions()) {
    if (in.max_versions() < 1) return Invalid("The max versions must be greater than 0.");
    out->max_versions = in.max_versions();
  }
  if (in.has_time_range()) {
    const wire::TimeRange& range = in.time_range();
    if (range.has_specific_time()) {
      if (range.has_start_time() || range.has_end_time()) {
        return Invalid("A specific time and a time range exclude each other.");
      }
      out->specific_time = range.specific_time();
    } else {
      if (!range.has_start_time() || !range.has_end_time()) {
        return Invalid("A time range needs both ends.");
      }
      if (range.start_time() >= range.end_time()) {
        return Invalid("The start of a time range must be less than its end.");
      }
      out->start_time = range.start_time();
      out->end_time = range.end_time();
    }
  }
  if (in.has_start_column()) out->start_column = in.start_column();
  if (in.has_end_column()) out->end_column = in.end_column();
  if (in.has_filter() && !in.filter().empty()) {
    absl::StatusOr<ots::Filter> filter = ots::DecodeFilter(in.filter());
    if (!filter.ok()) return Invalid(ToStd(filter.status().message()));
    if (HasRegex(*filter)) return Invalid("This mock has no regular expressions in filters.");
    out->filter = *std::move(filter);
  }
  return std::nullopt;
}

// A key of a request: a row without cells.
Refusal ReadKey(const std::string& bytes, ots::PrimaryKey* key) {
  absl::StatusOr<ots::Row> row = ots::DecodeRow(bytes);
  if (!row.ok()) return Invalid(ToStd(row.status().message()));
  *key = std::move(row->primary_key);
  return std::nullopt;
}

}  // namespace

Refusal Engine::Impl::ReadOne(const Table& table, const std::string& key_bytes,
                              const Selection& selection, const kv::View& view,
                              wire::ConsumedCapacity* consumed, std::string* row) {
  ots::PrimaryKey key;
  if (Refusal refusal = ReadKey(key_bytes, &key)) return refusal;
  if (Refusal refusal = CheckKey(table, key, KeyUse::kRead)) return refusal;
  const std::optional<ots::Row> stored = Load(view, StoredKey(table, key));
  std::optional<ots::Row> selected;
  if (stored.has_value()) selected = Select(table, *stored, selection, now());
  SetCapacity(CapacityUnits(selected.has_value() ? RowBytes(*selected) : KeyBytes(key)), 0,
              consumed);
  if (selected.has_value()) *row = ots::EncodeRow(*selected);
  return std::nullopt;
}

Refusal Engine::Impl::GetRow(std::string_view body, std::string* answer) {
  wire::GetRowRequest in;
  if (Refusal refusal = ReadMessage(body, &in)) return refusal;
  Table* table = nullptr;
  if (Refusal refusal = FindTable(in.table_name(), &table)) return refusal;
  Selection selection;
  if (Refusal refusal = ReadSelection(in, &selection)) return refusal;
  const kv::WriteBatch* writes = &no_writes_;
  if (in.has_transaction_id()) {
    Transaction* transaction = nullptr;
    if (Refusal refusal = FindTransaction(in.transaction_id(), &transaction)) return refusal;
    ots::PrimaryKey key;
    if (Refusal refusal = ReadKey(in.primary_key(), &key)) return refusal;
    if (Refusal refusal = CheckKey(*table, key, KeyUse::kRead)) return refusal;
    if (Refusal refusal = CheckAccess(*table, key, transaction, false)) return refusal;
    writes = &transaction->writes;
  }
  wire::GetRowResponse out;
  const kv::Overlay view(store_, writes);
  if (Refusal refusal = ReadOne(*table, in.primary_key(), selection, view, out.mutable_consumed(),
                                out.mutable_row())) {
    return refusal;
  }
  *answer = out.SerializeAsString();
  return std::nullopt;
}

Refusal Engine::Impl::BatchGetRow(std::string_view body, std::string* answer) {
  wire::BatchGetRowRequest in;
  if (Refusal refusal = ReadMessage(body, &in)) return refusal;
  int rows = 0;
  std::set<std::string> names;
  std::vector<Selection> selections;
  for (const wire::TableInBatchGetRowRequest& table : in.tables()) {
    if (!names.insert(table.table_name()).second) {
      return Invalid(Concat("Duplicated table name: ", table.table_name(), "."));
    }
    if (table.primary_key_size() == 0) {
      return Invalid(Concat("No row is specified for table:'", table.table_name(), "'."));
    }
    rows += table.primary_key_size();
    if (Refusal refusal = ReadSelection(table, &selections.emplace_back())) return refusal;
  }
  if (rows == 0) return Invalid("No row specified in the request of BatchGetRow.");
  if (rows > static_cast<int>(ots::kMaxBatchReadRows)) {
    return Invalid(Concat("Rows count exceeds the upper limit: ", ots::kMaxBatchReadRows, "."));
  }
  wire::BatchGetRowResponse out;
  for (int t = 0; t < in.tables_size(); ++t) {
    wire::TableInBatchGetRowResponse* const table_out = out.add_tables();
    table_out->set_table_name(in.tables(t).table_name());
    Table* table = nullptr;
    const Refusal no_table = FindTable(in.tables(t).table_name(), &table);
    for (const std::string& key : in.tables(t).primary_key()) {
      wire::RowInBatchGetRowResponse* const row = table_out->add_rows();
      std::string bytes;
      Refusal refusal = no_table;
      if (!refusal) {
        refusal = ReadOne(*table, key, selections[static_cast<size_t>(t)], *store_,
                          row->mutable_consumed(), &bytes);
      }
      row->set_is_ok(!refusal.has_value());
      if (refusal.has_value()) {
        row->clear_consumed();
        row->mutable_error()->set_code(refusal->code);
        row->mutable_error()->set_message(refusal->message);
      } else {
        row->set_row(bytes);
      }
    }
  }
  *answer = out.SerializeAsString();
  return std::nullopt;
}

Refusal Engine::Impl::GetRange(std::string_view body, std::string* answer) {
  wire::GetRangeRequest in;
  if (Refusal refusal = ReadMessage(body, &in)) return refusal;
  Table* table = nullptr;
  if (Refusal refusal = FindTable(in.table_name(), &table)) return refusal;
  Selection selection;
  if (Refusal refusal = ReadSelection(in, &selection)) return refusal;
  if (in.has_limit() && in.limit() <= 0) return Invalid("The limit must be greater than 0.");
  ots::PrimaryKey start;
  ots::PrimaryKey end;
  if (Refusal refusal = ReadKey(in.inclusive_start_primary_key(), &start)) return refusal;
  if (Refusal refusal = ReadKey(in.exclusive_end_primary_key(), &end)) return refusal;
  if (Refusal refusal = CheckKey(*table, start, KeyUse::kRange)) return refusal;
  if (Refusal refusal = CheckKey(*table, end, KeyUse::kRange)) return refusal;
  const std::string start_key = StoredKey(*table, start);
  const std::string end_key = StoredKey(*table, end);
  const bool forward = in.direction() == wire::FORWARD;
  if (forward && start_key >= end_key)
    return Invalid("Begin key must less than end key in FORWARD");
  if (!forward && start_key <= end_key) {
    return Invalid("Begin key must more than end key in BACKWARD");
  }
  const kv::WriteBatch* writes = &no_writes_;
  if (in.has_transaction_id()) {
    Transaction* transaction = nullptr;
    if (Refusal refusal = FindTransaction(in.transaction_id(), &transaction)) return refusal;
    if (Refusal refusal = CheckAccess(*table, start, transaction, false)) return refusal;
    if (Refusal refusal = CheckAccess(*table, end, transaction, false)) return refusal;
    writes = &transaction->writes;
  }
  const kv::Overlay view(store_, writes);

  std::vector<ots::Row> rows;
  std::optional<ots::PrimaryKey> next;
  uint64_t scanned_rows = 0;
  uint64_t scanned_bytes = 0;
  // False when the answer is full, and then `next` is set: this row is the first of the next.
  const auto add = [&](std::string_view value) {
    absl::StatusOr<ots::Row> row = ots::DecodeRow(value);
    if (Failed(row.status())) return false;
    // A row that ran out is gone, and no key to go on with.
    if (!Exists(*table, *row, now())) return true;
    if ((in.has_limit() && rows.size() >= static_cast<size_t>(in.limit())) ||
        scanned_rows >= options_.max_scanned_rows || scanned_bytes >= options_.max_scanned_bytes) {
      next = row->primary_key;
      return false;
    }
    ++scanned_rows;
    scanned_bytes += RowBytes(*row);
    if (std::optional<ots::Row> selected = Select(*table, *row, selection, now())) {
      rows.push_back(*std::move(selected));
    }
    return true;
  };
  if (forward) {
    const std::unique_ptr<kv::Iterator> it = view.Scan(start_key, end_key);
    while (it->Valid() && add(it->value())) it->Next();
    Failed(it->status());
  } else {
    // Views are walked forwards only, so the whole range is, keeping the last keys; start is
    // included and end is not.
    std::deque<std::string> last;
    const std::unique_ptr<kv::Iterator> it = view.Scan(end_key + '\0', start_key + '\0');
    for (; it->Valid(); it->Next()) {
      last.emplace_back(it->key());
      if (last.size() > options_.max_scanned_rows + 1) last.pop_front();
    }
    Failed(it->status());
    std::string value;
    bool found = true;
    while (!last.empty() && store_status_.ok()) {
      if (Failed(view.Get(last.back(), &value, &found)) || !found || !add(value)) break;
      last.pop_back();
    }
  }
  wire::GetRangeResponse out;
  SetCapacity(CapacityUnits(scanned_bytes), 0, out.mutable_consumed());
  out.set_rows(ots::EncodeRows(rows));
  if (next.has_value()) out.set_next_start_primary_key(ots::EncodeKey(*next));
  *answer = out.SerializeAsString();
  return std::nullopt;
}

}  // namespace jfs::ots_mock
