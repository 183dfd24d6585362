#include "core/mirror/guarded_write.h"

#include <span>
#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"
#include "core/mirror/tables.h"
#include "core/ots/error.h"

namespace jfs::mirror {
namespace {

using Kind = ots::Outcome::Kind;

// What a batch did to rows that were to be written together.
struct BatchResult {
  GuardedWrite::Result result = GuardedWrite::Result::kDone;
  std::string problem;
  bool torn = false;
};

// `together`: the service was to write all or none.
BatchResult JudgeBatch(const std::string& body, size_t rows, bool together) {
  using Result = GuardedWrite::Result;
  const absl::StatusOr<std::vector<std::vector<ots::RowResult>>> tables =
      ots::ReadBatchWriteRow(body);
  if (!tables.ok()) return {Result::kUnknown, std::string(ToStd(tables.status().message()))};
  if (tables->size() != 1 || tables->front().size() != rows) {
    return {Result::kUnknown, "BatchWriteRow: the answer is not about the rows that were sent"};
  }
  size_t written = 0;
  const ots::ServiceError* refusal = nullptr;
  const ots::ServiceError* doubt = nullptr;
  const ots::ServiceError* error = nullptr;
  for (const ots::RowResult& row : tables->front()) {
    if (!row.has_value()) {
      ++written;
    } else if (ots::Is(*row, ots::ErrorCode::kConditionCheckFail)) {
      refusal = &*row;
    } else if (ots::Classify(*row) == ots::RetryClass::kIfRepeatable) {
      doubt = &*row;
    } else {
      error = &*row;
    }
  }
  if (written == rows) return {};
  if (written > 0 && together) {
    return {Result::kUnknown,
            Concat("BatchWriteRow: ", written, " of ", rows,
                   " rows were written that belong together: ",
                   FormatError(doubt != nullptr   ? *doubt
                               : error != nullptr ? *error
                                                  : *refusal)),
            /*torn=*/true};
  }
  if (doubt != nullptr) return {Result::kUnknown, Concat("BatchWriteRow: ", FormatError(*doubt))};
  if (refusal != nullptr) {
    return {Result::kRefused, Concat("BatchWriteRow: ", FormatError(*refusal))};
  }
  return {Result::kFailed, Concat("BatchWriteRow: ", FormatError(*error))};
}

}  // namespace

GuardedWrite::GuardedWrite(AtomicWrites how, std::vector<ots::RowChange> rows, Duration deadline)
    : how_(how), rows_(std::move(rows)), deadline_(deadline) {
  CHECK(!rows_.empty());
}

ots::CallOptions GuardedWrite::options() const {
  ots::CallOptions options;
  options.deadline = deadline_;
  // A second attempt at the rows would find the condition broken by the first one, and a second
  // lock would wait for the first. Ending a transaction twice is like ending it once.
  options.repeatable = stage_ == Stage::kCommit || stage_ == Stage::kAbort;
  return options;
}

std::optional<ots::Request> GuardedWrite::Start() {
  CHECK(stage_ == Stage::kStart && !result_.has_value());
  if (how_ == AtomicWrites::kTransaction) {
    return ots::StartLocalTransaction(kJournalTable, JournalPartition());
  }
  stage_ = Stage::kWrite;
  return WriteRows();
}

ots::Request GuardedWrite::WriteRows() const {
  const ots::TableChanges changes{.table = std::string(kJournalTable), .rows = rows_};
  return ots::BatchWriteRow(std::span(&changes, 1), how_ == AtomicWrites::kBatch, transaction_);
}

std::optional<ots::Request> GuardedWrite::Finish(Result result, std::string problem) {
  if (problem_.empty()) problem_ = std::move(problem);
  result_ = result;
  return std::nullopt;
}

// The lock would stand in everybody's way for as long as the service keeps it.
std::optional<ots::Request> GuardedWrite::Abort(Result result, std::string problem) {
  problem_ = std::move(problem);
  after_abort_ = result;
  stage_ = Stage::kAbort;
  return ots::AbortTransaction(transaction_);
}

std::optional<ots::Request> GuardedWrite::Ended(const ots::Outcome& outcome) {
  CHECK(!result_.has_value()) << "a write that has ended makes no calls";
  switch (stage_) {
    case Stage::kStart: {
      // Whatever became of it: without its id nobody can write in that transaction or commit it.
      if (outcome.kind != Kind::kDone) return Finish(Result::kFailed, outcome.problem);
      absl::StatusOr<std::string> transaction = ots::ReadStartLocalTransaction(outcome.body);
      if (!transaction.ok()) {
        return Finish(Result::kFailed, std::string(ToStd(transaction.status().message())));
      }
      transaction_ = *std::move(transaction);
      stage_ = Stage::kWrite;
      return WriteRows();
    }
    case Stage::kWrite: {
      BatchResult batch;
      if (outcome.kind == Kind::kDone) {
        batch = JudgeBatch(outcome.body, rows_.size(), how_ == AtomicWrites::kBatch);
      } else {
        batch.result = outcome.kind == Kind::kUnknown ? Result::kUnknown : Result::kFailed;
        batch.problem = outcome.problem;
        // A batch of one row, or one that the service judges as a whole, may be refused as such.
        if (outcome.kind == Kind::kRefused &&
            ots::Is(outcome.error, ots::ErrorCode::kConditionCheckFail)) {
          batch.result = Result::kRefused;
        }
      }
      torn_ = batch.torn;
      if (how_ == AtomicWrites::kBatch) return Finish(batch.result, std::move(batch.problem));
      if (batch.result == Result::kDone) {
        stage_ = Stage::kCommit;
        return ots::CommitTransaction(transaction_);
      }
      // What was not committed has not happened: nothing is in doubt.
      if (batch.result == Result::kUnknown) batch.result = Result::kFailed;
      return Abort(batch.result, std::move(batch.problem));
    }
    case Stage::kCommit:
      switch (outcome.kind) {
        case Kind::kDone:
          return Finish(Result::kDone, "");
        case Kind::kUnknown:
          return Finish(Result::kUnknown, outcome.problem);
        case Kind::kRefused:
          break;
      }
      // It has run out: the service has dropped what was written.
      if (ots::Is(outcome.error, ots::ErrorCode::kSessionNotExist)) {
        return Finish(Result::kFailed, outcome.problem);
      }
      return Abort(Result::kFailed, outcome.problem);
    case Stage::kAbort:
      // If that failed too, the transaction runs out by itself.
      return Finish(*after_abort_, "");
  }
  return std::nullopt;
}

}  // namespace jfs::mirror
