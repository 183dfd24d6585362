#ifndef OTS_MOCK_ENGINE_STORED_ROW_H_
#define OTS_MOCK_ENGINE_STORED_ROW_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/ots/filter.h"
#include "core/ots/row.h"
#include "ots_mock/engine/table.h"

// What a row's cells are after a write, and what of them a read sees. Cells of a stored row are
// sorted by name, versions newest first, each with its timestamp.
namespace jfs::ots_mock {

// A row's cells for the rules of time-to-live: which exist at `now_millis`.
std::vector<ots::Cell> VisibleCells(const Table& table, const ots::Row& stored, int64_t now_millis);
// Whether the row exists: one without attributes does, one all of whose cells ran out does not.
bool Exists(const Table& table, const ots::Row& stored, int64_t now_millis);

// ---- Writes. REQUIRES: CheckCells found nothing. ----

// Names, types, sizes and timestamps of a request's cells; what is wrong with the request, whatever
// the row holds now.
Refusal CheckCells(const Table& table, const ots::Row& row, ots::RowChange::Kind kind,
                   int64_t now_millis);
// The row that a PutRow leaves.
ots::Row AfterPut(const Table& table, const ots::Row& put, int64_t now_millis);
// The row that an UpdateRow leaves of `before` (null: there was none), or nothing if there is still
// none, in `*after`. `*touched` gets the names of columns that were put or incremented.
Refusal AfterUpdate(const Table& table, const ots::Row* before, const ots::Row& update,
                    int64_t now_millis, std::optional<ots::Row>* after,
                    std::set<std::string>* touched);

// ---- Reads ----

struct Selection {
  std::set<std::string> columns;  // empty: all
  std::optional<int32_t> max_versions;
  std::optional<int64_t> start_time, end_time, specific_time;  // milliseconds
  std::optional<std::string> start_column, end_column;
  std::optional<ots::Filter> filter;
};

// What a read of the row returns, or nothing: none of the columns asked for, or filtered out.
std::optional<ots::Row> Select(const Table& table, const ots::Row& stored,
                               const Selection& selection, int64_t now_millis);

// Bytes that the service counts for limits and capacity.
uint64_t KeyBytes(const ots::PrimaryKey& key);
uint64_t RowBytes(const ots::Row& row);

}  // namespace jfs::ots_mock

#endif  // OTS_MOCK_ENGINE_STORED_ROW_H_
