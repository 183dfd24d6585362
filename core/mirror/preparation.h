#ifndef CORE_MIRROR_PREPARATION_H_
#define CORE_MIRROR_PREPARATION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/mirror/guarded_write.h"
#include "core/ots/requests.h"
#include "core/ots/retrying_call.h"

namespace jfs::mirror {

// Looks at the instance before anything is written to a mirror in it: makes the tables that are
// missing, refuses tables of another shape, and finds out in a partition of its own how rows can be
// written together. One call at a time.
//
// Of its requests, a late CreateTable finds the table there, and rows of the trial lie in a
// partition that nobody reads but the one trial that they are named after.
class Preparation {
 public:
  enum class Result : uint8_t {
    kReady,    // how() says how rows are written together
    kFailed,   // a call did not do what it should: begin anew, later; `problem`
    kRefused,  // this instance cannot hold the mirror: `problem`
  };

  // `may_create`: tables may be made; else a missing one means that the mirror is gone. `trial`
  // names the trial: no two may have the same name and number.
  Preparation(bool may_create, std::string trial, uint64_t number);

  // As GuardedWrite's.
  ots::Request Start();
  std::optional<ots::Request> Ended(const ots::Outcome& outcome);
  // Of the call returned last: whether it may be repeated while in doubt.
  bool repeatable() const;
  std::optional<Result> result() const { return result_; }
  AtomicWrites how() const { return how_; }
  const std::string& problem() const { return problem_; }

 private:
  enum class Stage : uint8_t {
    kList,
    kDescribe,
    kCreate,
    kTryBatch,
    kReadBatch,
    kCleanUp,
    kTryTransaction,
    kAbort,
  };

  std::optional<ots::Request> Finish(Result result, std::string problem);
  std::optional<ots::Request> Listed(const std::string& body);
  // Looks at, or makes, the next table, or goes on to the trial.
  std::optional<ots::Request> NextTable();
  std::optional<ots::Request> Described(const ots::Outcome& outcome);
  std::optional<ots::Request> BatchTried(const ots::Outcome& outcome);
  std::optional<ots::Request> BatchRead(const ots::Outcome& outcome);
  ots::Request TryTransaction();
  ots::PrimaryKey TrialKey(bool held_back) const;

  const bool may_create_;
  const std::string trial_;
  const uint64_t number_;
  Stage stage_ = Stage::kList;
  const std::vector<ots::TableDefinition> tables_;
  std::vector<std::string> existing_;
  size_t next_table_ = 0;
  AtomicWrites how_ = AtomicWrites::kBatch;
  std::optional<Result> result_;
  std::string problem_;
};

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_PREPARATION_H_
