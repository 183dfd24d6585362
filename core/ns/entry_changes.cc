#include "core/ns/entry_changes.h"

#include <utility>

#include "core/base/check.h"
#include "core/ns/mirror_record.h"

namespace jfs::ns {

void EntryChanges::BeforeWrite(std::string_view key, bool exists) {
  if (!status_.ok() || !IsMirrored(key) || before_.find(key) != before_.end()) return;
  std::optional<std::string>& before = before_[std::string(key)];
  if (!exists) return;
  std::string value;
  bool found = false;
  status_ = view_.Get(key, &value, &found);
  if (!status_.ok()) return;
  CHECK(found) << "a row is written over that is not there";
  before = std::move(value);
}

std::vector<outbox::RowChange> EntryChanges::Take(const kv::WriteBatch& batch) {
  std::vector<outbox::RowChange> changes;
  changes.reserve(before_.size());
  for (auto& [key, before] : before_) {
    const kv::WriteBatch::Change* const written = batch.Find(key);
    CHECK(written != nullptr) << "a row was said to be written and was not";
    outbox::RowChange change;
    change.key = key;
    change.before = std::move(before);
    if (written->value) change.after = std::string(*written->value);
    // Made and removed again, or written as it was.
    if (change.before != change.after) changes.push_back(std::move(change));
  }
  before_.clear();
  return changes;
}

}  // namespace jfs::ns
