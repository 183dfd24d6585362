#include "core/log/oracle.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"

namespace jfs::log {

void LogOracle::Submitted(const Batch& batch) {
  State state = states_.back();
  state.token = batch.token;
  if (batch.hard_state) state.hard_state = *batch.hard_state;
  if (batch.reset_to) {
    state.entries.clear();
    state.reset = *batch.reset_to;
    state.next_index = batch.reset_to->index + 1;
    Compacted(*batch.reset_to);
  }
  if (batch.truncate_from) {
    state.entries.erase(state.entries.lower_bound(*batch.truncate_from), state.entries.end());
    state.next_index = *batch.truncate_from;
  }
  for (const LogEntry& entry : batch.entries) {
    CHECK_EQ(entry.index, state.next_index);
    state.entries[entry.index] = entry;
    ++state.next_index;
  }
  states_.push_back(std::move(state));
}

void LogOracle::Acknowledged(uint64_t token) {
  CHECK_LT(acknowledged_ + 1, states_.size());
  CHECK_EQ(states_[acknowledged_ + 1].token, token);
  ++acknowledged_;
}

void LogOracle::Compacted(LogPosition base) {
  compacted_[base.index] = base.term;
  ever_compacted_[base.index] = base.term;
}

uint64_t LogOracle::term_of(uint64_t index) const {
  const State& state = states_.back();
  const auto entry = state.entries.find(index);
  return entry == state.entries.end() ? state.reset.term : entry->second.term;
}

bool LogOracle::Matches(const State& state, const RecoveredLog& recovered, bool shortened) const {
  const uint64_t base = recovered.base.index;
  if (!shortened && recovered.hard_state != state.hard_state) return false;
  if (!shortened && base < state.reset.index) return false;
  uint64_t next = base + 1;
  for (const LogEntry& entry : recovered.entries) {
    const auto want = state.entries.find(entry.index);
    if (entry.index != next || want == state.entries.end() || !(want->second == entry))
      return false;
    ++next;
  }
  return shortened || next == state.next_index;
}

const LogOracle::State* LogOracle::Find(const RecoveredLog& recovered, uint64_t least,
                                        bool shortened) const {
  for (size_t i = states_.size(); i-- > least;) {
    if (Matches(states_[i], recovered, shortened)) return &states_[i];
  }
  for (size_t i = history_.size(); shortened && i-- > 0;) {
    if (Matches(history_[i], recovered, shortened)) return &history_[i];
  }
  return nullptr;
}

bool LogOracle::HoldsAcknowledged(const RecoveredLog& recovered) const {
  return Find(recovered, acknowledged_, false) != nullptr;
}

std::string LogOracle::Judge(const RecoveredLog& recovered) const {
  const std::map<uint64_t, uint64_t>& named = recovered.damaged ? ever_compacted_ : compacted_;
  const auto base = named.find(recovered.base.index);
  if (base == named.end() || base->second != recovered.base.term) {
    return absl::StrCat("base ", recovered.base.index, " was never named");
  }
  if (!recovered.damaged) {
    if (HoldsAcknowledged(recovered)) return "";
    const State& want = states_[acknowledged_];
    return absl::StrCat("recovered ", recovered.entries.size(), " entries behind ",
                        recovered.base.index, ", hard state '", recovered.hard_state,
                        "'; acknowledged were batches up to ", want.token, " with next index ",
                        want.next_index, ", hard state '", want.hard_state, "'");
  }
  if (recovered.damage.empty()) return "damage without a text";
  if (Find(recovered, 0, true) == nullptr)
    return "damaged, and the entries left never stood together";
  for (const std::vector<State>* states : {&history_, &states_}) {
    for (const State& state : *states) {
      if (state.hard_state == recovered.hard_state) return "";
    }
  }
  return absl::StrCat("damaged, and hard state '", recovered.hard_state, "' was never submitted");
}

void LogOracle::Accept(const RecoveredLog& recovered) {
  State state;
  if (recovered.damaged) {
    state = *Find(recovered, 0, true);
    state.hard_state = recovered.hard_state;
    state.next_index = recovered.base.index + 1 + recovered.entries.size();
    state.entries.erase(state.entries.lower_bound(state.next_index), state.entries.end());
    state.reset = recovered.base;
  } else {
    state = *Find(recovered, acknowledged_, false);
  }
  history_.insert(history_.end(), states_.begin(), states_.end());
  states_.assign(1, state);
  acknowledged_ = 0;
  compacted_ = {{recovered.base.index, recovered.base.term}};
}

}  // namespace jfs::log
