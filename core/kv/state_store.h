#ifndef CORE_KV_STATE_STORE_H_
#define CORE_KV_STATE_STORE_H_

#include "absl/status/status.h"

#include "core/kv/view.h"
#include "core/kv/write_batch.h"

namespace jfs::kv {

// The state of one master: a view that batches change atomically, one after the other. What was
// written survives a crash only up to some earlier batch (the write-ahead log is off: the Raft log
// is the log); which one is read back from the persisted data itself, so each batch carries its own
// position. Production: RocksDB (storage/). Simulation: memory with flush points drawn from the
// seed (sim/). Used by one thread.
class StateStore : public View {
 public:
  // Applies `batch` atomically. An error is terminal: the state must not be used any further.
  virtual absl::Status Write(const WriteBatch& batch) = 0;
};

}  // namespace jfs::kv

#endif  // CORE_KV_STATE_STORE_H_
