#include "core/raft/log_view.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace jfs::raft {

LogView::LogView(Position base, std::vector<Entry> entries) {
  Reset(base);
  for (Entry& entry : entries) Append(std::move(entry));
}

size_t LogView::RunOf(LogIndex index) const {
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), index,
                                      [](LogIndex i, const Run& run) { return i < run.first; });
  return static_cast<size_t>(after - runs_.begin()) - 1;
}

Term LogView::term(LogIndex index) const {
  CHECK_GE(index, base_.index);
  CHECK_LE(index, last_index());
  return runs_[RunOf(index)].term;
}

bool LogView::Has(const Position& position) const {
  if (position.index < base_.index) return false;
  if (position.index > last_index()) return false;
  return term(position.index) == position.term;
}

Position LogView::LastWithTermAtMost(LogIndex index, Term term) const {
  CHECK_GE(index, base_.index);
  CHECK_LE(index, last_index());
  for (size_t i = RunOf(index);; --i) {
    if (runs_[i].term <= term) return {.index = index, .term = runs_[i].term};
    if (i == 0) return base_;
    index = runs_[i].first - 1;
  }
}

const Entry* LogView::at(LogIndex index) const {
  if (index < cached_first_ || index > last_index()) return nullptr;
  return &cached_[index - cached_first_];
}

size_t LogView::bytes(LogIndex after, LogIndex through) const {
  CHECK_GE(after, base_.index);
  CHECK_LE(after, through);
  CHECK_LE(through, last_index());
  const auto total = [this](LogIndex index) {
    return index == base_.index ? bytes_at_base_ : bytes_[index - base_.index - 1];
  };
  return total(through) - total(after);
}

void LogView::Append(Entry entry) {
  CHECK_EQ(entry.index, last_index() + 1);
  if (entry.term != last_term()) runs_.push_back({.first = entry.index, .term = entry.term});
  const uint64_t before = bytes_.empty() ? bytes_at_base_ : bytes_.back();
  bytes_.push_back(before + entry.charged_bytes());
  cached_.push_back(std::move(entry));
}

void LogView::TruncateFrom(LogIndex index) {
  CHECK_GT(index, base_.index);
  if (index > last_index()) return;
  bytes_.resize(index - base_.index - 1);
  while (runs_.size() > 1 && runs_.back().first >= index) runs_.pop_back();
  if (index <= cached_first_) {
    cached_.clear();
    cached_first_ = index;
  } else {
    cached_.resize(index - cached_first_);
  }
}

void LogView::CompactThrough(LogIndex index) {
  if (index <= base_.index) return;
  CHECK_LE(index, last_index());
  const Position base = {.index = index, .term = term(index)};
  const uint64_t dropped = index - base_.index;
  bytes_at_base_ = bytes_[dropped - 1];
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(dropped));
  while (runs_.size() > 1 && runs_[1].first <= index) runs_.pop_front();
  runs_.front().first = index;
  while (cached_first_ <= index && !cached_.empty()) {
    cached_.pop_front();
    ++cached_first_;
  }
  cached_first_ = std::max(cached_first_, index + 1);
  base_ = base;
}

void LogView::Reset(Position base) {
  base_ = base;
  runs_.assign(1, {.first = base.index, .term = base.term});
  bytes_.clear();
  bytes_at_base_ = 0;
  cached_.clear();
  cached_first_ = base.index + 1;
}

void LogView::Evict(LogIndex through, size_t limit) {
  while (!cached_.empty() && cached_first_ <= through && cached_bytes() > limit) {
    cached_.pop_front();
    ++cached_first_;
  }
}

bool LogView::TermsOrdered() const {
  return std::is_sorted(runs_.begin(), runs_.end(),
                        [](const Run& a, const Run& b) { return a.term < b.term; });
}

}  // namespace jfs::raft
