#ifndef CORE_KV_WRITE_BATCH_H_
#define CORE_KV_WRITE_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/lookup_map.h"

namespace jfs::kv {

// Changes that take effect together. The last change of a key wins; changes() is in key order, so
// equal batches are equal bytes on every node.
//
// Every row that is applied passes through here, so adding one is two copies and no allocation of
// its own: order is made when somebody asks for it, and an index when somebody looks a key up.
// Used by one thread, reading included.
class WriteBatch {
 public:
  // Both views live until the batch is cleared, moved from or dies.
  struct Change {
    std::string_view key;
    std::optional<std::string_view> value;  // unset: the key is deleted
  };

  WriteBatch() = default;
  WriteBatch(WriteBatch&& other) noexcept { Swap(other); }
  WriteBatch& operator=(WriteBatch&& other) noexcept {
    WriteBatch(std::move(other)).Swap(*this);
    return *this;
  }

  void Put(std::string_view key, std::string_view value) { Add({Keep(key), Keep(value)}); }
  void Delete(std::string_view key) { Add({Keep(key), std::nullopt}); }
  // As if all calls on `other` were repeated here.
  void Append(const WriteBatch& other);
  // Keeps some of the memory for what comes next.
  void Clear();
  bool empty() const { return changes_.empty(); }
  // Of keys and values of all calls since the last Clear, also of those that no longer count.
  size_t bytes() const { return bytes_; }

  // One change a key. The span lives until the next change; so must nobody change the batch while
  // walking it.
  std::span<const Change> changes() const;
  // What the batch does to `key`, or null if nothing. Lives until the next change, or changes().
  const Change* Find(std::string_view key) const;

 private:
  struct Block {
    std::unique_ptr<char[]> memory;
    size_t size = 0;
    size_t used = 0;
  };

  void Add(Change change) {
    changes_.push_back(change);
    bytes_ += change.key.size() + (change.value.has_value() ? change.value->size() : 0);
  }
  // A copy that stays where it is.
  std::string_view Keep(std::string_view bytes);
  void Swap(WriteBatch& other) noexcept;

  std::vector<Block> blocks_;
  size_t bytes_ = 0;
  // The first `sorted_` are in key order and have each key once; later ones are as they came. The
  // rest of the members is what makes reading fast.
  mutable std::vector<Change> changes_;
  mutable size_t sorted_ = 0;
  // Of the first older_.size() changes: by a key's hash, the newest; and for each, the one before
  // it with the same hash.
  mutable LookupMap<uint64_t, size_t> newest_;
  mutable std::vector<size_t> older_;
};

}  // namespace jfs::kv

#endif  // CORE_KV_WRITE_BATCH_H_
