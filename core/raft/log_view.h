#ifndef CORE_RAFT_LOG_VIEW_H_
#define CORE_RAFT_LOG_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "core/raft/types.h"

namespace jfs::raft {

// The log as one peer knows it: the term and size of every entry above `base`, and the entries
// themselves as far as they are still in memory. Three numbers order everything:
//
//   base.index  <  cached_first()  <=  last_index() + 1
//
// Entries in (base.index, cached_first()) are only on disk. Nothing here knows what is durable or
// committed.
class LogView {
 public:
  LogView(Position base, std::vector<Entry> entries);

  const Position& base() const { return base_; }
  LogIndex first_index() const { return base_.index + 1; }
  LogIndex cached_first() const { return cached_first_; }
  LogIndex last_index() const { return base_.index + bytes_.size(); }
  Term last_term() const { return runs_.back().term; }
  Position last() const { return {.index = last_index(), .term = last_term()}; }

  // REQUIRES: base().index <= index <= last_index().
  Term term(LogIndex index) const;
  // Whether an entry (or the base) stands at exactly this position.
  bool Has(const Position& position) const;

  // The highest position at or below `index` whose term is at most `term`; base() if there is none
  // above it. With it both sides of a refused append skip a whole term at a time (paper 5.3, end).
  // REQUIRES: base().index <= index <= last_index().
  Position LastWithTermAtMost(LogIndex index, Term term) const;

  // The entry, or null if it is not in memory.
  const Entry* at(LogIndex index) const;

  // Charged bytes of the entries in (after, through]. REQUIRES: base <= after <= through <= last.
  size_t bytes(LogIndex after, LogIndex through) const;
  size_t cached_bytes() const { return bytes(cached_first_ - 1, last_index()); }

  // REQUIRES: entry.index == last_index() + 1.
  void Append(Entry entry);
  // Drops every entry from `index` on. REQUIRES: index > base().index.
  void TruncateFrom(LogIndex index);
  // Drops entries at or below `index` and makes it the base. REQUIRES: index <= last_index().
  void CompactThrough(LogIndex index);
  // Forgets everything; the log starts again above `base`.
  void Reset(Position base);
  // Gives up memory for entries at or below `through`, oldest first, while more than `limit` bytes
  // are cached.
  void Evict(LogIndex through, size_t limit);

  // True if terms never fall along the log.
  bool TermsOrdered() const;

 private:
  // From `first` on entries have `term`, up to the next run. The first run starts at the base.
  struct Run {
    LogIndex first;
    Term term;
  };
  size_t RunOf(LogIndex index) const;

  Position base_;
  std::deque<Run> runs_;
  // bytes_[i]: charged bytes of all entries ever appended up to and with index base + 1 + i.
  std::deque<uint64_t> bytes_;
  uint64_t bytes_at_base_ = 0;
  LogIndex cached_first_;
  std::deque<Entry> cached_;
};

}  // namespace jfs::raft

#endif  // CORE_RAFT_LOG_VIEW_H_
