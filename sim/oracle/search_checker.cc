#include "sim/oracle/search_checker.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace jfs::sim {
namespace {

using State = uint16_t;  // one bit per existing name

// What `operation` answers in `state` and what it makes of it.
std::pair<bool, State> Apply(const SearchOperation& operation, State state) {
  const State name = static_cast<State>(1u << operation.name);
  const State target = static_cast<State>(1u << operation.target);
  switch (operation.kind) {
    case SearchOperation::Kind::kMake:
      return {true, static_cast<State>(state | name)};
    case SearchOperation::Kind::kDelete:
      return {(state & name) != 0, static_cast<State>(state & ~name)};
    case SearchOperation::Kind::kRename:
      if ((state & name) == 0 || (state & target) != 0) return {false, state};
      return {true, static_cast<State>((state & ~name) | target)};
    case SearchOperation::Kind::kExists:
      return {(state & name) != 0, state};
  }
  return {false, state};
}

// Which operations are linearized, as bits; with the state it names a node of the search.
using Done = std::vector<uint64_t>;

class Search {
 public:
  Search(const std::vector<SearchOperation>& history, uint64_t max_steps)
      : history_(history), steps_left_(max_steps), done_((history.size() + 63) / 64, 0) {
    std::stable_sort(history_.begin(), history_.end(),
                     [](const auto& a, const auto& b) { return a.invoked < b.invoked; });
  }

  SearchVerdict Run() {
    if (Extend(0, 0)) return SearchVerdict::kLinearizable;
    return steps_left_ == 0 ? SearchVerdict::kUnknown : SearchVerdict::kNotLinearizable;
  }

 private:
  bool IsDone(size_t i) const { return (done_[i / 64] >> (i % 64) & 1) != 0; }
  void Flip(size_t i) { done_[i / 64] ^= uint64_t{1} << (i % 64); }

  // Whether what is not done yet can follow in some order. `first` is the first operation that may
  // not be done.
  bool Extend(size_t first, State state) {
    if (steps_left_ == 0) return false;
    --steps_left_;
    while (first < history_.size() && IsDone(first)) ++first;
    if (!visited_.emplace(done_, state).second) return false;
    // The next one must have been invoked before any other that is left returned.
    Micros earliest_return = kNever;
    bool answered_left = false;
    for (size_t i = first; i < history_.size() && history_[i].invoked <= earliest_return; ++i) {
      if (IsDone(i) || !history_[i].returned.has_value()) continue;
      answered_left = true;
      earliest_return = std::min(earliest_return, *history_[i].returned);
    }
    // What was never answered need not have happened.
    if (!answered_left) return true;
    for (size_t i = first; i < history_.size() && history_[i].invoked <= earliest_return; ++i) {
      if (IsDone(i)) continue;
      const auto [result, next] = Apply(history_[i], state);
      if (history_[i].returned.has_value() && result != history_[i].result) continue;
      Flip(i);
      if (Extend(first, next)) return true;
      Flip(i);
      if (steps_left_ == 0) return false;
    }
    return false;
  }

  std::vector<SearchOperation> history_;
  uint64_t steps_left_;
  Done done_;
  std::set<std::pair<Done, State>> visited_;
};

}  // namespace

SearchVerdict SearchLinearization(const std::vector<SearchOperation>& history, uint64_t max_steps) {
  return Search(history, max_steps).Run();
}

std::string Describe(const SearchOperation& operation) {
  static constexpr const char* kKinds[] = {"make", "delete", "rename", "exists"};
  std::string text = absl::StrCat(kKinds[static_cast<int>(operation.kind)], " ", operation.name);
  if (operation.kind == SearchOperation::Kind::kRename) {
    absl::StrAppend(&text, "->", operation.target);
  }
  absl::StrAppend(&text, " [", operation.invoked.value, ", ");
  if (operation.returned.has_value()) {
    absl::StrAppend(&text, operation.returned->value, "] ", operation.result ? "yes" : "no");
  } else {
    absl::StrAppend(&text, "never]");
  }
  return text;
}

}  // namespace jfs::sim
