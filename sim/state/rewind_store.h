#ifndef SIM_STATE_REWIND_STORE_H_
#define SIM_STATE_REWIND_STORE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "core/kv/memory_store.h"
#include "core/kv/state_store.h"
#include "core/kv/write_batch.h"

namespace jfs::sim {

// A state store in memory that can go back: it remembers how to undo every batch written since the
// last flush.
class RewindStore : public kv::StateStore {
 public:
  RewindStore() = default;
  explicit RewindStore(kv::MemoryStore::Map contents) : store_(std::move(contents)) {}

  absl::Status Get(std::string_view key, std::string* value, bool* found) const override {
    return store_.Get(key, value, found);
  }
  std::unique_ptr<kv::Iterator> Scan(std::string_view lower,
                                     std::string_view upper) const override {
    return store_.Scan(lower, upper);
  }
  absl::Status Write(const kv::WriteBatch& batch) override;

  // Batches ever written.
  uint64_t written() const { return flushed_ + undo_.size(); }
  // Batches that can no longer be taken back.
  uint64_t flushed() const { return flushed_; }
  // The first `batches` ever written survive from now on.
  void MarkFlushed(uint64_t batches);
  // Takes back everything after the first `batches`. REQUIRES: flushed() <= batches <= written().
  void Rewind(uint64_t batches);

  const kv::MemoryStore::Map& contents() const { return store_.contents(); }

 private:
  kv::MemoryStore store_;
  uint64_t flushed_ = 0;
  std::deque<kv::WriteBatch> undo_;
};

}  // namespace jfs::sim

#endif  // SIM_STATE_REWIND_STORE_H_
