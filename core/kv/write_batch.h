#ifndef CORE_KV_WRITE_BATCH_H_
#define CORE_KV_WRITE_BATCH_H_

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace jfs::kv {

// Changes that take effect together. The last change of a key wins; iteration is in key order, so
// equal batches are equal bytes on every node.
class WriteBatch {
 public:
  void Put(std::string_view key, std::string_view value) {
    changes_.insert_or_assign(std::string(key), std::string(value));
  }
  void Delete(std::string_view key) { changes_.insert_or_assign(std::string(key), std::nullopt); }
  void Clear() { changes_.clear(); }
  bool empty() const { return changes_.empty(); }

  // Unset: the key is deleted.
  const std::map<std::string, std::optional<std::string>, std::less<>>& changes() const {
    return changes_;
  }

 private:
  std::map<std::string, std::optional<std::string>, std::less<>> changes_;
};

}  // namespace jfs::kv

#endif  // CORE_KV_WRITE_BATCH_H_
