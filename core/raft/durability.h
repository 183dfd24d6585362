#ifndef CORE_RAFT_DURABILITY_H_
#define CORE_RAFT_DURABILITY_H_

#include <deque>
#include <optional>

#include "core/base/time.h"
#include "core/raft/io.h"
#include "core/raft/types.h"

namespace jfs::raft {

// Which of the peer's promises are on its own disk. Persist orders complete in the order they were
// issued, so one number says how far the disk is; what it means for the entries is the subtle part:
// an index can be rewritten while an older write of it is under way, even by an entry of the same
// term (T2, T3, T2 again under three leaders), and the completion of that older write must not
// vouch for the newer one (ABA).
class Durability {
 public:
  explicit Durability(LogIndex durable_index) : durable_index_(durable_index) {}

  // The order being issued. `last` is the last entry in it, zeros if none.
  PersistToken Issue(Micros now, bool hard_state, LogIndex first, Position last);
  // Everything from `index` on is void from now on, also what is on its way to the disk.
  void Truncated(LogIndex index);
  // The durable state covers everything up to `index`; the log goes on behind it.
  void CoveredThrough(LogIndex index);
  // The state at `index` is durable and replaces the log.
  void Reset(LogIndex index);
  // REQUIRES: what the order `token` wrote was `last`; orders complete in order, none twice.
  void Completed(PersistToken token, Position last);

  // The last index of the log in memory that is on disk as it stands in memory.
  LogIndex durable_index() const { return durable_index_; }
  // The order to wait for before promising the current hard state and entries up to `index`; zero
  // if all that is on disk already.
  PersistToken TokenFor(LogIndex index) const;
  // When the oldest order still under way was issued.
  std::optional<Micros> oldest() const;

 private:
  struct Order {
    PersistToken token;
    LogIndex first;  // zero: no entries
    Position last;   // as written
    LogIndex
        vouches;  // up to here its completion still means something; falls when entries are voided
    Micros issued_at;
  };

  LogIndex durable_index_;
  PersistToken issued_;
  PersistToken completed_;
  PersistToken hard_state_;
  std::deque<Order> orders_;
};

}  // namespace jfs::raft

#endif  // CORE_RAFT_DURABILITY_H_
