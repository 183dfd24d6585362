#ifndef CORE_MIRROR_FOLD_BUFFER_H_
#define CORE_MIRROR_FOLD_BUFFER_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/mutation.h"
#include "core/base/time.h"
#include "core/mirror/tables.h"
#include "core/outbox/outbox_row.h"

namespace jfs::mirror {

// The end of a run and the chain there.
struct RunEnd {
  uint64_t last = 0;
  uint64_t chain = 0;
  friend bool operator==(const RunEnd&, const RunEnd&) = default;
};

// What is in the journal and not yet in the data table, a row for each key: of several changes of
// one key only the last counts. Gives out batches of rows to put and knows up to where every one
// of them has been put. A key is never in two batches at once: then an attempt at the older row
// could land last. (The condition of FoldRow refuses that too; and a row that was never sent before
// its key is gone again needs no tombstone, which only holds if nothing overtakes.)
class FoldBuffer {
 public:
  // `begin`: the data table has everything up to there. `inherited`: the fence's last sequence when
  // it was taken. What is at or below it, an earlier writer may have folded already.
  FoldBuffer(RunEnd begin, uint64_t inherited, Mutations mutations);

  // The rows of the run behind the one added last, which are to be put from `due` on.
  void Add(uint64_t lineage, const std::vector<outbox::OutboxRow>& rows, RunEnd end, Micros due);

  struct Batch {
    uint64_t number = 0;
    std::vector<DataRow> rows;
    // The changes of the rows: FoldRow's.
    std::vector<ots::RowChange> changes;
  };
  // The oldest rows that are due and may be put now, at least one, until there are `max_rows` or
  // one more would be beyond `max_bytes`; nothing if there is none. Each batch must be Ended.
  std::optional<Batch> Take(Micros now, uint32_t max_rows, uint64_t max_bytes);
  // `done` says for each row of the batch that the table has it, or a newer one; the others will be
  // given out again.
  void Ended(uint64_t batch, const std::vector<bool>& done);

  // Runs up to here are in the table with every row.
  RunEnd folded() const { return folded_; }
  // Runs up to here have been added.
  RunEnd added() const { return ends_.empty() ? folded_ : ends_.back(); }
  // When the first of the rows that are not under way is due; kNever if there is none.
  Micros due() const;
  // Keys and values that are held.
  uint64_t bytes() const { return bytes_; }

 private:
  struct Change {
    std::optional<std::string> value;
    uint64_t position = 0;
    // The first sequence that is in the table only once this is.
    uint64_t oldest = 0;
    uint64_t ticket = 0;  // the place in `order_`
    Micros due;
    // The key did not exist before, and no row for it has been sent since.
    bool fresh = false;
    // A copy of it has been under way before.
    bool again = false;
  };
  using Waiting = std::map<std::string, Change, std::less<>>;
  struct Flight {
    uint64_t oldest = UINT64_MAX;
    std::vector<std::pair<std::string, Change>> rows;
  };

  static uint64_t BytesOf(const std::string& key, const Change& change);
  void Put(const std::string& key, Change change);
  void Erase(Waiting::iterator at);
  void PutBack(std::string key, Change change);
  void Advance();

  const uint64_t inherited_;
  const Mutations mutations_;
  Waiting waiting_;
  // In the order of `oldest`, and so of `due`.
  std::map<uint64_t, Waiting::iterator> order_;
  std::set<std::string, std::less<>> under_way_;
  std::map<uint64_t, Flight> flights_;
  std::deque<RunEnd> ends_;  // of runs behind `folded_`
  RunEnd folded_;
  uint64_t next_ticket_ = 1;
  uint64_t next_batch_ = 1;
  uint64_t bytes_ = 0;
};

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_FOLD_BUFFER_H_
