#include "core/kv/overlay.h"

#include <algorithm>
#include <span>
#include <utility>

namespace jfs::kv {
namespace {

// Merges two sorted sequences; where both have a key the batch decides.
class OverlayIterator : public Iterator {
 public:
  OverlayIterator(std::unique_ptr<Iterator> below, const WriteBatch& batch, std::string_view lower,
                  std::string_view upper)
      : below_(std::move(below)), upper_(upper), changes_(batch.changes()) {
    change_ = std::lower_bound(
        changes_.begin(), changes_.end(), lower,
        [](const WriteBatch::Change& change, std::string_view key) { return change.key < key; });
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
    return source_ == Source::kBelow ? below_->key() : change_->key;
  }
  std::string_view value() const override {
    return source_ == Source::kBelow ? below_->value() : *change_->value;
  }
  absl::Status status() const override { return below_->status(); }

 private:
  enum class Source { kBelow, kBatch, kEnd };

  bool ChangeInRange() const {
    return change_ != changes_.end() && (upper_.empty() || change_->key < upper_);
  }

  // Finds the smallest remaining key, skipping deletions and what they hide.
  void Settle() {
    for (;;) {
      if (!below_->Valid() && !below_->status().ok()) {
        source_ = Source::kEnd;
        return;
      }
      const bool have_change = ChangeInRange();
      if (!have_change || (below_->Valid() && below_->key() < change_->key)) {
        source_ = below_->Valid() ? Source::kBelow : Source::kEnd;
        return;
      }
      if (below_->Valid() && below_->key() == change_->key) below_->Next();
      if (change_->value.has_value()) {
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
  const std::span<const WriteBatch::Change> changes_;
  std::span<const WriteBatch::Change>::iterator change_;
  Source source_ = Source::kEnd;
};

}  // namespace

absl::Status Overlay::Get(std::string_view key, std::string* value, bool* found) const {
  // An empty batch is common: the first of an entry's commands sees one.
  const WriteBatch::Change* const change = batch_->empty() ? nullptr : batch_->Find(key);
  if (change == nullptr) return below_->Get(key, value, found);
  *found = change->value.has_value();
  if (*found) value->assign(*change->value);
  return absl::OkStatus();
}

std::unique_ptr<Iterator> Overlay::Scan(std::string_view lower, std::string_view upper) const {
  return std::make_unique<OverlayIterator>(below_->Scan(lower, upper), *batch_, lower, upper);
}

}  // namespace jfs::kv
