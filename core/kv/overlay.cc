#include "core/kv/overlay.h"

#include <utility>

namespace jfs::kv {
namespace {

// Merges two sorted sequences; where both have a key the batch decides.
class OverlayIterator : public Iterator {
 public:
  OverlayIterator(std::unique_ptr<Iterator> below, const WriteBatch& batch, std::string_view lower,
                  std::string_view upper)
      : below_(std::move(below)), upper_(upper), changes_(batch.changes()) {
    change_ = changes_.lower_bound(lower);
    Settle();
  }

  bool Valid() const override { return source_ != Source::kEnd; }

  void Next() override {
    if (source_ == Source::kBelow) {
      below_->Next();
    } else {
      ++change_;
    }
    Settle();
  }

  std::string_view key() const override {
    return source_ == Source::kBelow ? below_->key() : std::string_view(change_->first);
  }
  std::string_view value() const override {
    return source_ == Source::kBelow ? below_->value() : std::string_view(*change_->second);
  }
  absl::Status status() const override { return below_->status(); }

 private:
  enum class Source { kBelow, kBatch, kEnd };

  bool ChangeInRange() const {
    return change_ != changes_.end() && (upper_.empty() || change_->first < upper_);
  }

  // Finds the smallest remaining key, skipping deletions and what they hide.
  void Settle() {
    for (;;) {
      if (!below_->Valid() && !below_->status().ok()) {
        source_ = Source::kEnd;
        return;
      }
      const bool have_change = ChangeInRange();
      if (!have_change || (below_->Valid() && below_->key() < change_->first)) {
        source_ = below_->Valid() ? Source::kBelow : Source::kEnd;
        return;
      }
      if (below_->Valid() && below_->key() == change_->first) below_->Next();
      if (change_->second.has_value()) {
        // Moving `below_` may have met an error; the next turn reports it.
        if (below_->Valid() || below_->status().ok()) {
          source_ = Source::kBatch;
          return;
        }
        continue;
      }
      ++change_;
    }
  }

  std::unique_ptr<Iterator> below_;
  std::string upper_;
  const std::map<std::string, std::optional<std::string>, std::less<>>& changes_;
  std::map<std::string, std::optional<std::string>, std::less<>>::const_iterator change_;
  Source source_ = Source::kEnd;
};

}  // namespace

absl::Status Overlay::Get(std::string_view key, std::string* value, bool* found) const {
  const auto at = batch_->changes().find(key);
  if (at == batch_->changes().end()) return below_->Get(key, value, found);
  *found = at->second.has_value();
  if (*found) *value = *at->second;
  return absl::OkStatus();
}

std::unique_ptr<Iterator> Overlay::Scan(std::string_view lower, std::string_view upper) const {
  return std::make_unique<OverlayIterator>(below_->Scan(lower, upper), *batch_, lower, upper);
}

}  // namespace jfs::kv
