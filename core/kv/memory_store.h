#ifndef CORE_KV_MEMORY_STORE_H_
#define CORE_KV_MEMORY_STORE_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/kv/state_store.h"

namespace jfs::kv {

// A state store in memory that loses nothing as long as it lives. Iterators see the store as it is
// when they move.
class MemoryStore : public StateStore {
 public:
  using Map = std::map<std::string, std::string, std::less<>>;

  MemoryStore() = default;
  explicit MemoryStore(Map contents) : contents_(std::move(contents)) {}

  absl::Status Get(std::string_view key, std::string* value, bool* found) const override;
  std::unique_ptr<Iterator> Scan(std::string_view lower, std::string_view upper) const override;
  absl::Status Write(const WriteBatch& batch) override;

  const Map& contents() const { return contents_; }

 private:
  Map contents_;
};

}  // namespace jfs::kv

#endif  // CORE_KV_MEMORY_STORE_H_
