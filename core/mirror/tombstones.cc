#include "core/mirror/tombstones.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "core/base/concat.h"
#include "core/mirror/fence.h"
#include "core/mirror/tables.h"

namespace jfs::mirror {
namespace {

constexpr char kRevision[] = "revision";
constexpr char kPosition[] = "position";
constexpr char kValue[] = "value";

std::string MessageOf(const absl::Status& status) { return std::string(ToStd(status.message())); }

}  // namespace

TombstoneSweep::TombstoneSweep(Duration late_landing_bound)
    : bound_millis_(static_cast<int64_t>(late_landing_bound / kMillisecond)) {}

ots::Request TombstoneSweep::Start(uint64_t checkpoint) {
  stage_ = Stage::kReadFence;
  checkpoint_ = checkpoint;
  removals_.clear();
  removed_ = 0;
  problem_.clear();
  const std::string revision = kRevision;
  return ots::GetRow(kJournalTable, FenceKey(), std::span(&revision, 1));
}

std::optional<ots::Request> TombstoneSweep::Fail(std::string problem) {
  problem_ = std::move(problem);
  return std::nullopt;
}

std::optional<ots::Request> TombstoneSweep::Ended(const ots::Outcome& outcome) {
  // What a removal in doubt leaves, a later round finds.
  if (outcome.kind != ots::Outcome::Kind::kDone) return Fail(outcome.problem);
  switch (stage_) {
    case Stage::kReadFence:
      return Scan(outcome.body);
    case Stage::kScan:
      return Scanned(outcome.body);
    case Stage::kRemove:
      break;
  }
  const auto results = ots::ReadBatchWriteRow(outcome.body);
  if (!results.ok()) return Fail(MessageOf(results.status()));
  for (const std::vector<ots::RowResult>& table : *results) {
    removed_ += static_cast<uint64_t>(std::count(table.begin(), table.end(), ots::RowResult()));
  }
  return RemoveNext();
}

std::optional<ots::Request> TombstoneSweep::Scan(const std::string& body) {
  const absl::StatusOr<std::optional<ots::Row>> fence = ots::ReadGetRow(body);
  if (!fence.ok()) return Fail(MessageOf(fence.status()));
  const ots::Cell* const revision = fence->has_value() ? FindCell(**fence, kRevision) : nullptr;
  if (revision == nullptr || !revision->timestamp.has_value()) {
    return Fail("GetRow: the fence has no time");
  }
  fence_millis_ = *revision->timestamp;
  stage_ = Stage::kScan;
  ots::RangeRequest range = WholeTable(kDataTable);
  if (cursor_.has_value()) range.inclusive_start = *cursor_;
  // The service sends only rows without a value: any value is at or above the empty one.
  range.columns = {kPosition, kValue};
  range.filter = ots::Not(ots::CompareColumn(kValue, ots::Comparator::kGreaterEqual,
                                             ots::Value::Blob(""), /*pass_if_missing=*/false));
  return ots::GetRange(range);
}

std::optional<ots::Request> TombstoneSweep::Scanned(const std::string& body) {
  absl::StatusOr<ots::RangePage> page = ots::ReadGetRange(body);
  if (!page.ok()) return Fail(MessageOf(page.status()));
  cursor_ = std::move(page->next_start);
  for (ots::Row& row : page->rows) {
    const ots::Cell* const position = FindCell(row, kPosition);
    if (position == nullptr || !position->value.has_value() || !position->timestamp.has_value() ||
        !position->value->is(ots::ValueType::kInteger) || FindCell(row, kValue) != nullptr) {
      continue;
    }
    const uint64_t sequence = SequenceOf(static_cast<uint64_t>(position->value->integer()));
    if (sequence > checkpoint_) continue;
    if (fence_millis_ - *position->timestamp <= bound_millis_) continue;
    ots::RowChange removal{.kind = ots::RowChange::Kind::kDelete};
    removal.condition.columns =
        ots::CompareColumn(kPosition, ots::Comparator::kEqual, *position->value);
    removal.row.primary_key = std::move(row.primary_key);
    removals_.push_back(std::move(removal));
  }
  return RemoveNext();
}

std::optional<ots::Request> TombstoneSweep::RemoveNext() {
  if (removals_.empty()) return std::nullopt;
  stage_ = Stage::kRemove;
  ots::TableChanges changes{.table = std::string(kDataTable)};
  const size_t count = std::min(removals_.size(), ots::kMaxBatchWriteRows);
  const auto begin = removals_.end() - static_cast<std::ptrdiff_t>(count);
  changes.rows.assign(std::make_move_iterator(begin), std::make_move_iterator(removals_.end()));
  removals_.erase(begin, removals_.end());
  return ots::BatchWriteRow(std::span(&changes, 1));
}

}  // namespace jfs::mirror
