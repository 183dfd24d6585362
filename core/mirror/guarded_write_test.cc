#include "core/mirror/guarded_write.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "core/mirror/fence.h"
#include "core/mirror/tables.h"
#include "core/ots/error.h"
#include "core/ots/proto/tablestore.pb.h"

namespace jfs::mirror {
namespace {

using ots::ErrorCode;
using ots::Operation;
using ots::Outcome;
using Result = GuardedWrite::Result;

std::vector<ots::RowChange> Rows() {
  Fence fence;
  fence.revision = 2;
  ots::RowChange journal;
  journal.row = EncodeJournalRow({.first = 1, .last = 1, .lineage = 1, .bytes = "run"});
  return {ChangeFence(fence), journal};
}

Outcome Done(std::string body = {}) {
  return {.kind = Outcome::Kind::kDone, .body = std::move(body)};
}

Outcome Refused(ErrorCode code) {
  return {.kind = Outcome::Kind::kRefused,
          .error = ots::MakeError(code),
          .problem = std::string(ots::InfoOf(code).name)};
}

Outcome Unknown() {
  return {.kind = Outcome::Kind::kUnknown, .problem = "no answer", .in_doubt = 1};
}

// What a batch answers: kUnknown stands for a row that is written.
Outcome Batch(const std::vector<ErrorCode>& rows) {
  ots::wire::BatchWriteRowResponse response;
  auto* const table = response.add_tables();
  table->set_table_name("jfs_journal");
  for (const ErrorCode code : rows) {
    auto* const row = table->add_rows();
    row->set_is_ok(code == ErrorCode::kUnknown);
    if (code == ErrorCode::kUnknown) continue;
    row->mutable_error()->set_code(std::string(ots::InfoOf(code).name));
    row->mutable_error()->set_message("m");
  }
  return Done(response.SerializeAsString());
}
constexpr ErrorCode kWritten = ErrorCode::kUnknown;

Outcome Started() {
  ots::wire::StartLocalTransactionResponse response;
  response.set_transaction_id("txn-1");
  return Done(response.SerializeAsString());
}

// Drives a write through `outcomes`; "StartLocalTransaction BatchWriteRow ..." of what it asked
// for.
std::string Drive(GuardedWrite* write, const std::vector<Outcome>& outcomes) {
  std::string calls;
  std::optional<ots::Request> request = write->Start();
  for (const Outcome& outcome : outcomes) {
    if (!request.has_value()) return calls + " (too many outcomes)";
    calls += calls.empty() ? "" : " ";
    calls += OperationName(request->operation);
    const bool ends = request->operation == Operation::kCommitTransaction ||
                      request->operation == Operation::kAbortTransaction;
    EXPECT_EQ(write->options().repeatable, ends) << "a repeated condition refuses its own success";
    request = write->Ended(outcome);
  }
  EXPECT_EQ(request.has_value(), !write->result().has_value());
  return calls;
}

struct Case {
  std::string_view name;
  AtomicWrites how;
  std::vector<Outcome> outcomes;
  std::string_view calls;
  Result result;
};

std::vector<Case> Cases() {
  const AtomicWrites batch = AtomicWrites::kBatch;
  const AtomicWrites transaction = AtomicWrites::kTransaction;
  return {
      {"Batch", batch, {Batch({kWritten, kWritten})}, "BatchWriteRow", Result::kDone},
      {"BatchRefused",
       batch,
       {Batch({ErrorCode::kConditionCheckFail, ErrorCode::kConditionCheckFail})},
       "BatchWriteRow",
       Result::kRefused},
      {"BatchThrottled",
       batch,
       {Batch({ErrorCode::kServerBusy, ErrorCode::kServerBusy})},
       "BatchWriteRow",
       Result::kFailed},
      {"BatchInDoubt",
       batch,
       {Batch({ErrorCode::kTimeout, ErrorCode::kTimeout})},
       "BatchWriteRow",
       Result::kUnknown},
      {"BatchTorn",
       batch,
       {Batch({kWritten, ErrorCode::kServerBusy})},
       "BatchWriteRow",
       Result::kUnknown},
      {"BatchUnknown", batch, {Unknown()}, "BatchWriteRow", Result::kUnknown},
      {"BatchNotReached",
       batch,
       {Refused(ErrorCode::kServerBusy)},
       "BatchWriteRow",
       Result::kFailed},
      {"BatchUnreadable", batch, {Done("\xff")}, "BatchWriteRow", Result::kUnknown},
      {"BatchAboutOtherRows", batch, {Batch({kWritten})}, "BatchWriteRow", Result::kUnknown},
      {"Transaction",
       transaction,
       {Started(), Batch({kWritten, kWritten}), Done()},
       "StartLocalTransaction BatchWriteRow CommitTransaction",
       Result::kDone},
      {"LockTaken",
       transaction,
       {Refused(ErrorCode::kRowOperationConflict)},
       "StartLocalTransaction",
       Result::kFailed},
      {"LockInDoubt", transaction, {Unknown()}, "StartLocalTransaction", Result::kFailed},
      {"LockUnreadable", transaction, {Done("\xff")}, "StartLocalTransaction", Result::kFailed},
      // The other row waits for a commit that never comes.
      {"TransactionRefused",
       transaction,
       {Started(), Batch({ErrorCode::kConditionCheckFail, kWritten}), Done()},
       "StartLocalTransaction BatchWriteRow AbortTransaction",
       Result::kRefused},
      {"WriteInDoubt",
       transaction,
       {Started(), Unknown(), Unknown()},
       "StartLocalTransaction BatchWriteRow AbortTransaction",
       Result::kFailed},
      {"CommitInDoubt",
       transaction,
       {Started(), Batch({kWritten, kWritten}), Unknown()},
       "StartLocalTransaction BatchWriteRow CommitTransaction",
       Result::kUnknown},
      {"CommitTooLate",
       transaction,
       {Started(), Batch({kWritten, kWritten}), Refused(ErrorCode::kSessionNotExist)},
       "StartLocalTransaction BatchWriteRow CommitTransaction",
       Result::kFailed},
      {"CommitNotReached",
       transaction,
       {Started(), Batch({kWritten, kWritten}), Refused(ErrorCode::kServerBusy), Done()},
       "StartLocalTransaction BatchWriteRow CommitTransaction AbortTransaction",
       Result::kFailed},
  };
}

TEST(GuardedWrite, EndsAsItsCallsDo) {
  for (const Case& c : Cases()) {
    SCOPED_TRACE(c.name);
    GuardedWrite write(c.how, Rows(), 30 * kSecond);
    EXPECT_EQ(Drive(&write, c.outcomes), c.calls);
    ASSERT_TRUE(write.result().has_value());
    EXPECT_EQ(static_cast<int>(*write.result()), static_cast<int>(c.result));
    EXPECT_EQ(write.problem().empty(), c.result == Result::kDone) << write.problem();
    EXPECT_EQ(write.torn(), c.name == "BatchTorn");
  }
}

TEST(GuardedWrite, RowsAreOneAtomicBatchOrInsideOfTheTransaction) {
  GuardedWrite batch(AtomicWrites::kBatch, Rows(), 30 * kSecond);
  ots::wire::BatchWriteRowRequest message;
  ASSERT_TRUE(message.ParseFromString(batch.Start()->body));
  EXPECT_TRUE(message.is_atomic());
  EXPECT_FALSE(message.has_transaction_id());
  ASSERT_EQ(message.tables_size(), 1);
  EXPECT_EQ(message.tables(0).table_name(), kJournalTable);
  EXPECT_EQ(message.tables(0).rows_size(), 2);

  GuardedWrite transaction(AtomicWrites::kTransaction, Rows(), 30 * kSecond);
  ASSERT_TRUE(transaction.Start().has_value());
  ASSERT_TRUE(message.ParseFromString(transaction.Ended(Started())->body));
  EXPECT_FALSE(message.is_atomic());
  EXPECT_EQ(message.transaction_id(), "txn-1");
}

}  // namespace
}  // namespace jfs::mirror
