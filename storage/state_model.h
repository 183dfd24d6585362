#ifndef STORAGE_STATE_MODEL_H_
#define STORAGE_STATE_MODEL_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "core/base/random.h"
#include "core/kv/view.h"
#include "core/kv/write_batch.h"
#include "core/raft/types.h"
#include "storage/rocksdb_state.h"

namespace jfs::storage {

// What a state store should contain after each of the batches that tests write: batch n carries
// applied row (n, term 3). For tests.
class StateModel {
 public:
  using Content = std::map<std::string, std::string>;

  static constexpr std::string_view kAppliedKey = std::string_view("\0applied", 8);

  // Options that understand the model's applied row, with small buffers, so that little data makes
  // many files.
  static StateOptions Options(rocksdb::Env* env);

  // Everything in `view`, the applied row included.
  static absl::StatusOr<Content> ReadAll(const kv::View& view);

  StateModel();

  // The next batch: random puts, overwrites and deletes.
  kv::WriteBatch Next(Random& random);

  uint64_t last() const { return history_.size() - 1; }
  // The content after batch `n`; 0: empty. REQUIRES: n <= last().
  const Content& After(uint64_t n) const { return history_[n]; }
  // Forgets all batches after `n`.
  void CutTo(uint64_t n) { history_.resize(n + 1); }

  // The batch after which the content is what `view` shows; an error if the applied row and the
  // rest disagree.
  absl::StatusOr<uint64_t> Identify(const kv::View& view) const;

 private:
  std::vector<Content> history_;
};

}  // namespace jfs::storage

#endif  // STORAGE_STATE_MODEL_H_
