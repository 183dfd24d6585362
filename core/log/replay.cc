#include "core/log/replay.h"

#include <algorithm>

namespace jfs::log {

bool Replay::Apply(const std::vector<Operation>& operations) {
  changed_from_.reset();
  for (const Operation& operation : operations) {
    const bool fits = std::visit([&](const auto& one) { return ApplyOne(one); }, operation);
    if (!fits) return false;
  }
  return true;
}

void Replay::Changed(uint64_t index) {
  changed_from_ = changed_from_ ? std::min(*changed_from_, index) : index;
}

bool Replay::ApplyOne(const TruncateOperation& truncate) {
  if (next_ && truncate.from > *next_) return false;
  while (!entries_.empty() && entries_.back().index >= truncate.from) entries_.pop_back();
  next_ = truncate.from;
  Changed(truncate.from);
  return true;
}

bool Replay::ApplyOne(const ResetOperation& reset) {
  entries_.clear();
  next_ = reset.to.index + 1;
  Changed(0);
  return true;
}

bool Replay::ApplyOne(const AppendOperation& append) {
  const uint64_t first = append.entries.front().index;
  if (next_ && first != *next_) return false;
  entries_.insert(entries_.end(), append.entries.begin(), append.entries.end());
  next_ = append.entries.back().index + 1;
  Changed(first);
  return true;
}

void Replay::DropThrough(uint64_t through) {
  const auto keep =
      std::partition_point(entries_.begin(), entries_.end(),
                           [&](const LogEntry& entry) { return entry.index <= through; });
  entries_.erase(entries_.begin(), keep);
}

}  // namespace jfs::log
