#ifndef CORE_LOG_ORACLE_H_
#define CORE_LOG_ORACLE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/log/log.h"

namespace jfs::log {

// Knows what a log was told and what it acknowledged, and judges what a recovery says. Slow and
// obvious: it keeps the whole contents after every batch.
class LogOracle {
 public:
  // The batch was handed to the log, under token `batch.token`.
  void Submitted(const Batch& batch);
  void Acknowledged(uint64_t token);
  void Compacted(LogPosition base);

  // What is wrong with this outcome, or empty. Without damage: exactly the contents after some
  // batch, at or behind the last acknowledged one. With damage: contents after some batch, possibly
  // shortened, and a hard state that was once submitted.
  std::string Judge(const RecoveredLog& recovered) const;
  // Goes on from this outcome, which must have been judged good: later batches never were.
  void Accept(const RecoveredLog& recovered);

  // True if the recovered contents hold everything that was acknowledged.
  bool HoldsAcknowledged(const RecoveredLog& recovered) const;
  uint64_t acknowledged() const { return acknowledged_; }
  uint64_t next_index() const { return states_.back().next_index; }
  uint64_t base_index() const { return compacted_.rbegin()->first; }
  uint64_t term_of(uint64_t index) const;

 private:
  struct State {
    uint64_t token = 0;
    std::string hard_state;
    LogPosition reset;  // the last one; entries below it never were
    std::map<uint64_t, LogEntry> entries;
    uint64_t next_index = 1;
  };

  // True if the recovered contents are those of `state`, `shortened`: or a beginning of them.
  bool Matches(const State& state, const RecoveredLog& recovered, bool shortened) const;
  const State* Find(const RecoveredLog& recovered, uint64_t least, bool shortened) const;

  std::vector<State>
      history_;  // states before the last Accept: rot may throw the log back to one of them
  std::vector<State> states_ = std::vector<State>(1);
  uint64_t acknowledged_ = 0;                          // index into states_
  std::map<uint64_t, uint64_t> compacted_ = {{0, 0}};  // bases named since: index to term
  std::map<uint64_t, uint64_t> ever_compacted_ = {{0, 0}};
};

}  // namespace jfs::log

#endif  // CORE_LOG_ORACLE_H_
