#ifndef CORE_LOG_REPLAY_H_
#define CORE_LOG_REPLAY_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "core/log/batch_record.h"

namespace jfs::log {

// Carries out the operations of batches one after the other and keeps the entries that are valid
// after them. Their numbers are those that DecodeRecord accepts. It may start in the middle of a
// log: what the entries below its first one were does not matter.
class Replay {
 public:
  // False if the operations do not fit what came before (a gap); the entries are then unspecified.
  [[nodiscard]] bool Apply(const std::vector<Operation>& operations);

  // Forgets the entries up to `through`.
  void DropThrough(uint64_t through);

  const std::vector<LogEntry>& entries() const { return entries_; }
  std::vector<LogEntry> TakeEntries() { return std::move(entries_); }
  // The index that the next entry must have; unset while nothing says.
  std::optional<uint64_t> next() const { return next_; }
  // Since the last call of Apply: the lowest index that operations made void or wrote; unset if
  // none.
  std::optional<uint64_t> changed_from() const { return changed_from_; }

 private:
  bool ApplyOne(const TruncateOperation& truncate);
  bool ApplyOne(const ResetOperation& reset);
  bool ApplyOne(const AppendOperation& append);
  void Changed(uint64_t index);

  std::vector<LogEntry> entries_;
  std::optional<uint64_t> next_;
  std::optional<uint64_t> changed_from_;
};

}  // namespace jfs::log

#endif  // CORE_LOG_REPLAY_H_
