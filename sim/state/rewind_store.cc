#include "sim/state/rewind_store.h"

#include <utility>

#include "core/base/check.h"

namespace jfs::sim {

absl::Status RewindStore::Write(const kv::WriteBatch& batch) {
  kv::WriteBatch undo;
  for (const auto& [key, value] : batch.changes()) {
    const auto before = store_.contents().find(key);
    if (before == store_.contents().end()) {
      undo.Delete(key);
    } else {
      undo.Put(key, before->second);
    }
  }
  undo_.push_back(std::move(undo));
  return store_.Write(batch);
}

void RewindStore::MarkFlushed(uint64_t batches) {
  CHECK_LE(batches, written());
  while (flushed_ < batches) {
    undo_.pop_front();
    ++flushed_;
  }
}

void RewindStore::Rewind(uint64_t batches) {
  CHECK_GE(batches, flushed_);
  CHECK_LE(batches, written());
  while (written() > batches) {
    CHECK(store_.Write(undo_.back()).ok());
    undo_.pop_back();
  }
}

}  // namespace jfs::sim
