#include "core/mirror/preparation.h"

#include <algorithm>
#include <span>
#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"
#include "core/mirror/tables.h"
#include "core/ots/error.h"

namespace jfs::mirror {
namespace {

using Kind = ots::Outcome::Kind;

// Of the rows of a trial.
constexpr uint64_t kTrialKind = 2;

std::string MessageOf(const absl::Status& status) { return std::string(ToStd(status.message())); }

std::string NeedsTransactions(std::string_view why) {
  return Concat(
      "This Tablestore instance cannot hold a mirror: it writes rows of one partition neither "
      "together in one batch nor in a local transaction (",
      why,
      "). Use an instance that has the transaction feature; tables that were made without it have "
      "to be deleted first.");
}

}  // namespace

Preparation::Preparation(bool may_create, std::string trial, uint64_t number)
    : may_create_(may_create),
      trial_(std::move(trial)),
      number_(number),
      tables_(TableDefinitions()) {}

ots::Request Preparation::Start() {
  CHECK(stage_ == Stage::kList && !result_.has_value());
  return ots::ListTable();
}

bool Preparation::repeatable() const {
  // A repeated trial could be refused because of its own first attempt, and a repeated lock waits
  // for itself.
  return stage_ != Stage::kTryBatch && stage_ != Stage::kTryTransaction;
}

std::optional<ots::Request> Preparation::Finish(Result result, std::string problem) {
  problem_ = std::move(problem);
  result_ = result;
  return std::nullopt;
}

std::optional<ots::Request> Preparation::Ended(const ots::Outcome& outcome) {
  CHECK(!result_.has_value());
  const bool done = outcome.kind == Kind::kDone;
  switch (stage_) {
    case Stage::kList:
      if (!done) return Finish(Result::kFailed, outcome.problem);
      return Listed(outcome.body);
    case Stage::kDescribe:
      return Described(outcome);
    case Stage::kCreate:
      // Somebody was faster, perhaps an attempt of our own.
      if (!done && !ots::Is(outcome.error, ots::ErrorCode::kObjectAlreadyExist)) {
        return Finish(Result::kFailed, outcome.problem);
      }
      ++next_table_;
      return NextTable();
    case Stage::kTryBatch:
      return BatchTried(outcome);
    case Stage::kReadBatch:
      return BatchRead(outcome);
    case Stage::kCleanUp:
      // A row that stays there is in nobody's way.
      return TryTransaction();
    case Stage::kTryTransaction:
      if (done) {
        const absl::StatusOr<std::string> id = ots::ReadStartLocalTransaction(outcome.body);
        if (!id.ok()) return Finish(Result::kFailed, MessageOf(id.status()));
        stage_ = Stage::kAbort;
        return ots::AbortTransaction(*id);
      }
      if (outcome.kind == Kind::kRefused &&
          ots::Is(outcome.error, ots::ErrorCode::kParameterInvalid)) {
        return Finish(Result::kRefused, NeedsTransactions(outcome.error.message));
      }
      return Finish(Result::kFailed, outcome.problem);
    case Stage::kAbort:
      // One that was not aborted locks its own partition for a while, and nothing else.
      how_ = AtomicWrites::kTransaction;
      return Finish(Result::kReady, "");
  }
  return std::nullopt;
}

std::optional<ots::Request> Preparation::Listed(const std::string& body) {
  absl::StatusOr<std::vector<std::string>> names = ots::ReadListTable(body);
  if (!names.ok()) return Finish(Result::kFailed, MessageOf(names.status()));
  existing_ = *std::move(names);
  return NextTable();
}

std::optional<ots::Request> Preparation::NextTable() {
  if (next_table_ == tables_.size()) {
    stage_ = Stage::kTryBatch;
    // Two rows, of which one must not be written: together, neither is.
    ots::TableChanges changes{.table = std::string(kJournalTable)};
    changes.rows.resize(2);
    changes.rows[0].row.primary_key = TrialKey(false);
    changes.rows[1].row.primary_key = TrialKey(true);
    changes.rows[1].condition.existence = ots::Existence::kExpectExist;
    return ots::BatchWriteRow(std::span(&changes, 1), /*atomic=*/true);
  }
  const ots::TableDefinition& table = tables_[next_table_];
  if (std::find(existing_.begin(), existing_.end(), table.name) != existing_.end()) {
    stage_ = Stage::kDescribe;
    return ots::DescribeTable(table.name);
  }
  if (!may_create_) {
    return Finish(Result::kRefused,
                  Concat("The mirror is gone: Tablestore has no table ", table.name,
                         ", although this store has been mirrored. Somebody has deleted it, or the "
                         "configuration names another instance. Put the tables back or, unless "
                         "this cluster is still in recovery, give the mirror up with 'jindo jfs "
                         "-metaDisable'."));
  }
  stage_ = Stage::kCreate;
  return ots::CreateTable(table);
}

std::optional<ots::Request> Preparation::Described(const ots::Outcome& outcome) {
  if (outcome.kind != Kind::kDone) return Finish(Result::kFailed, outcome.problem);
  const absl::StatusOr<ots::TableDefinition> found = ots::ReadDescribeTable(outcome.body);
  if (!found.ok()) return Finish(Result::kFailed, MessageOf(found.status()));
  const ots::TableDefinition& want = tables_[next_table_];
  // Rows of a table with a time to live would vanish one by one.
  if (found->key != want.key || found->time_to_live != want.time_to_live) {
    return Finish(
        Result::kRefused,
        Concat("Tablestore's table ", want.name, " is not a mirror's: ",
               found->key != want.key ? "its primary key has other columns"
                                      : Concat("its rows live for ", found->time_to_live,
                                               " seconds instead of for ever"),
               ". Use another instance, or delete the table if nobody needs what is in it."));
  }
  ++next_table_;
  return NextTable();
}

// `held_back`: of the row that must not be written.
ots::PrimaryKey Preparation::TrialKey(bool held_back) const {
  return JournalTableKey(trial_, kTrialKind, number_, held_back ? 1 : 0);
}

std::optional<ots::Request> Preparation::BatchTried(const ots::Outcome& outcome) {
  if (outcome.kind != Kind::kDone) {
    // An instance that does not know the option may refuse the request because of it.
    if (outcome.kind == Kind::kRefused &&
        ots::Is(outcome.error, ots::ErrorCode::kParameterInvalid)) {
      return TryTransaction();
    }
    return Finish(Result::kFailed, outcome.problem);
  }
  const absl::StatusOr<std::vector<std::vector<ots::RowResult>>> tables =
      ots::ReadBatchWriteRow(outcome.body);
  if (!tables.ok()) return Finish(Result::kFailed, MessageOf(tables.status()));
  if (tables->size() != 1 || tables->front().size() != 2) {
    return Finish(Result::kFailed,
                  "BatchWriteRow: the answer is not about the rows that were sent");
  }
  const ots::RowResult& first = tables->front()[0];
  const ots::RowResult& held_back = tables->front()[1];
  // Throttled alone, the first row looks as if the second had held it back.
  for (const ots::RowResult* const row : {&first, &held_back}) {
    if (row->has_value() && ots::Classify(**row) != ots::RetryClass::kNever) {
      return Finish(Result::kFailed, Concat("BatchWriteRow: ", FormatError(**row)));
    }
  }
  if (!held_back.has_value()) {
    return Finish(Result::kRefused,
                  "This Tablestore instance cannot hold a mirror: it wrote a row whose condition "
                  "did not hold. Use another instance.");
  }
  // Refused for another reason than its condition: this instance has no such batches.
  if (!ots::Is(*held_back, ots::ErrorCode::kConditionCheckFail)) return TryTransaction();
  if (!first.has_value()) {
    stage_ = Stage::kCleanUp;
    ots::RowChange deletion{.kind = ots::RowChange::Kind::kDelete};
    deletion.row.primary_key = TrialKey(false);
    return ots::WriteRow(kJournalTable, deletion);
  }
  // It says that it has not written it; what counts is that the row is not there.
  stage_ = Stage::kReadBatch;
  return ots::GetRow(kJournalTable, TrialKey(false));
}

std::optional<ots::Request> Preparation::BatchRead(const ots::Outcome& outcome) {
  if (outcome.kind != Kind::kDone) return Finish(Result::kFailed, outcome.problem);
  const absl::StatusOr<std::optional<ots::Row>> row = ots::ReadGetRow(outcome.body);
  if (!row.ok()) return Finish(Result::kFailed, MessageOf(row.status()));
  if (row->has_value()) return TryTransaction();
  how_ = AtomicWrites::kBatch;
  return Finish(Result::kReady, "");
}

ots::Request Preparation::TryTransaction() {
  stage_ = Stage::kTryTransaction;
  return ots::StartLocalTransaction(kJournalTable, TrialKey(false).front());
}

}  // namespace jfs::mirror
