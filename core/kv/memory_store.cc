#include "core/kv/memory_store.h"

#include <utility>

namespace jfs::kv {
namespace {

class MapIterator : public Iterator {
 public:
  MapIterator(const MemoryStore::Map& map, std::string_view lower, std::string_view upper)
      : at_(map.lower_bound(lower)),
        end_(upper.empty() || upper < lower ? map.end() : map.lower_bound(upper)) {
    if (!upper.empty() && upper < lower) end_ = at_;
  }
  bool Valid() const override { return at_ != end_; }
  void Next() override { ++at_; }
  std::string_view key() const override { return at_->first; }
  std::string_view value() const override { return at_->second; }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  MemoryStore::Map::const_iterator at_;
  MemoryStore::Map::const_iterator end_;
};

}  // namespace

absl::Status MemoryStore::Get(std::string_view key, std::string* value, bool* found) const {
  const auto at = contents_.find(key);
  *found = at != contents_.end();
  if (*found) *value = at->second;
  return absl::OkStatus();
}

std::unique_ptr<Iterator> MemoryStore::Scan(std::string_view lower, std::string_view upper) const {
  return std::make_unique<MapIterator>(contents_, lower, upper);
}

absl::Status MemoryStore::Write(const WriteBatch& batch) {
  for (const auto& [key, value] : batch.changes()) {
    if (value.has_value()) {
      contents_.insert_or_assign(std::string(key), std::string(*value));
    } else if (const auto at = contents_.find(key); at != contents_.end()) {
      contents_.erase(at);
    }
  }
  return absl::OkStatus();
}

}  // namespace jfs::kv
