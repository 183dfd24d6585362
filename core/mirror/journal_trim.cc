#include "core/mirror/journal_trim.h"

#include <span>
#include <utility>

#include "core/base/concat.h"
#include "core/mirror/tables.h"
#include "core/ots/error.h"

namespace jfs::mirror {
namespace {

constexpr char kLast[] = "last";
constexpr int32_t kPageRows = ots::kMaxBatchWriteRows;

}  // namespace

ots::Request JournalTrim::Start(uint64_t checkpoint) {
  stage_ = Stage::kRead;
  more_ = false;
  problem_.clear();
  ots::RangeRequest range;
  range.table = std::string(kJournalTable);
  range.inclusive_start = JournalKey(0, 0);
  // A checkpoint is the end of a run. Of a run that begins at or below it, this also takes parts
  // that somebody left behind who lost the fence half-way.
  range.exclusive_end = JournalKey(checkpoint + 1, 0);
  range.columns = {kLast};
  range.limit = kPageRows;
  return ots::GetRange(range);
}

std::optional<ots::Request> JournalTrim::Ended(const ots::Outcome& outcome) {
  if (outcome.kind != ots::Outcome::Kind::kDone) {
    problem_ = outcome.problem;
    return std::nullopt;
  }
  if (stage_ == Stage::kDelete) {
    CheckDeleted(outcome.body);
    return std::nullopt;
  }
  absl::StatusOr<ots::RangePage> page = ots::ReadGetRange(outcome.body);
  if (!page.ok()) {
    problem_ = std::string(ToStd(page.status().message()));
    return std::nullopt;
  }
  more_ = page->next_start.has_value();
  ots::TableChanges changes{.table = std::string(kJournalTable)};
  for (ots::Row& row : page->rows) {
    const ots::Cell* const last = FindCell(row, kLast);
    if (last == nullptr || !last->value.has_value()) continue;
    ots::RowChange deletion{.kind = ots::RowChange::Kind::kDelete};
    deletion.condition.columns = ots::CompareColumn(kLast, ots::Comparator::kEqual, *last->value);
    deletion.row.primary_key = std::move(row.primary_key);
    changes.rows.push_back(std::move(deletion));
  }
  if (changes.rows.empty()) return std::nullopt;
  stage_ = Stage::kDelete;
  return ots::BatchWriteRow(std::span(&changes, 1));
}

// Rows that were not deleted, behind the lock of a transaction say, are seen again the next time.
void JournalTrim::CheckDeleted(const std::string& body) {
  const auto tables = ots::ReadBatchWriteRow(body);
  if (!tables.ok()) {
    problem_ = std::string(ToStd(tables.status().message()));
    return;
  }
  for (const std::vector<ots::RowResult>& table : *tables) {
    for (const ots::RowResult& row : table) {
      if (!row.has_value() || ots::Is(*row, ots::ErrorCode::kConditionCheckFail)) continue;
      problem_ = FormatError(*row);
    }
  }
}

}  // namespace jfs::mirror
