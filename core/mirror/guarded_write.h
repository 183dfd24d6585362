#ifndef CORE_MIRROR_GUARDED_WRITE_H_
#define CORE_MIRROR_GUARDED_WRITE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/mirror/io.h"
#include "core/ots/requests.h"

namespace jfs::mirror {

// How rows under one partition key are written together.
enum class AtomicWrites : uint8_t {
  kBatch,        // one BatchWriteRow that the instance carries out wholly or not at all
  kTransaction,  // a local transaction: start, write, commit
};

// Writes rows of the journal table under one condition, all or none: one logical write, a few
// requests. Pure; one call under way at a time.
class GuardedWrite {
 public:
  enum class Result : uint8_t {
    kDone,     // all rows are written
    kRefused,  // none is, and none will be: the condition does not hold
    kUnknown,  // nobody knows, or it may still happen: read the fence
    kFailed,   // none is, and none will be, for another reason: `problem`
  };

  GuardedWrite(AtomicWrites how, std::vector<ots::RowChange> rows, Duration deadline);

  // The first call, or after a call that ended the next one; nothing once result() is there.
  // `problem` is a sentence for people.
  std::optional<ots::Request> Start();
  std::optional<ots::Request> Ended(const ots::Outcome& outcome);
  std::optional<Result> result() const { return result_; }
  const std::string& problem() const { return problem_; }
  // The service wrote some of the rows and not the others, although it was to write all or none:
  // kUnknown, and what it wrote may make no sense.
  bool torn() const { return torn_; }
  // Of the call returned last.
  ots::CallOptions options() const;

 private:
  enum class Stage : uint8_t { kStart, kWrite, kCommit, kAbort };

  ots::Request WriteRows() const;
  std::optional<ots::Request> Finish(Result result, std::string problem);
  std::optional<ots::Request> Abort(Result result, std::string problem);

  const AtomicWrites how_;
  const std::vector<ots::RowChange> rows_;
  const Duration deadline_;
  Stage stage_ = Stage::kStart;
  std::string transaction_;
  std::optional<Result> result_;
  std::optional<Result> after_abort_;
  std::string problem_;
  bool torn_ = false;
};

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_GUARDED_WRITE_H_
