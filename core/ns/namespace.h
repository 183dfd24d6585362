#ifndef CORE_NS_NAMESPACE_H_
#define CORE_NS_NAMESPACE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "core/base/mutation.h"
#include "core/kv/view.h"
#include "core/kv/write_batch.h"
#include "core/ns/fsck.h"             // part of what callers get
#include "core/ns/mirror_record.h"    // part of what callers get
#include "core/ns/recovery_record.h"  // part of what callers get
#include "core/ns/reply.h"
#include "core/ns/request.h"

namespace jfs::ns {

// The namespace as a pure state machine over a key-value view: the same commands on the same state
// give the same bytes on every node. Keeps in memory what can be rebuilt from the rows: directories
// with recursive totals, and the lookup of remembered calls. One thread at a time.
class Namespace {
 public:
  // Rebuilds the memory part by reading `view`, in time linear in directories and remembered calls.
  // An empty view is an empty state. DataLoss names a row that cannot be decoded;
  // FailedPrecondition an unknown schema version.
  static absl::StatusOr<std::unique_ptr<Namespace>> Open(const kv::View& view, Mutations mutations);
  ~Namespace();

  // Applies the entry at `index`: `payload` is an encoded CommandBatch (codec.h). `view` is the
  // store, and *batch holds the changes of earlier entries that the store does not have yet: Apply
  // reads through the batch and adds to it, so that several entries may share one. The caller
  // writes the batch before it drops it; memory is ahead of the store until then. Appends one reply
  // per command. A status that is not OK is terminal for this node, and the batch must not be
  // written: a read error of the view or damage (DataLoss), or a command this version does not know
  // (Unimplemented). Refusals by the namespace's rules are replies. REQUIRES: indexes rise.
  absl::Status Apply(const kv::View& view, uint64_t index, std::string_view payload,
                     kv::WriteBatch* batch, std::vector<Reply>* replies);

  // Answers a read from the state as of the last Apply. `view` must show that state: the store,
  // under a kv::Overlay of what is not written yet. Status as above.
  absl::Status Read(const kv::View& view, const ReadRequest& request, Reply* reply) const;

  // Whether a remembered call can still expire, or an unlinked subtree waits: the leader then
  // proposes Advance every 5 s and FinishDeletes. Under recovery nothing waits yet.
  bool anything_can_expire() const;
  bool deletes_pending() const;

  Position position() const;
  // Sum over all rows of a keyed hash, kept up to date by Apply: equal on two nodes at the same
  // index, or they diverged. Kept in a row of its own, so that Open need not read all files; fsck
  // recomputes it.
  uint64_t state_hash() const;

  using Totals = TreeTotals;
  Totals totals(NamespaceId ns) const;
  struct NamespaceInfo {
    NamespaceId id = 0;
    std::string name;
    InodeId root = 0;
  };
  std::vector<NamespaceInfo> namespaces() const;
  bool has_namespaces() const;
  std::optional<NamespaceId> FindNamespace(std::string_view name) const;

  // Who has files open, for the leader, which alone keeps when a lease was renewed last. Files that
  // wait for the recovery of their last block are nobody's. Under recovery from a mirror no lease
  // can be renewed or end: nobody is said to have one.
  struct LeaseInfo {
    std::string holder;
    LeaseId lease = 0;
  };
  std::vector<LeaseInfo> leases() const;
  bool has_open_files() const;
  // Changes of the tree are refused.
  bool safe_mode() const;
  std::optional<LeaseInfo> LeaseOf(InodeId file) const;
  // Of the open file that the path leads to, if it does. A status is a read error.
  absl::StatusOr<std::optional<LeaseInfo>> LeaseAt(const kv::View& view, NamespaceId ns,
                                                   const std::string& path) const;

  // Whether there is a mirror, how far it is, and what waits for it. `trim_pending`: superfluous
  // rows are left, which go with the next entries.
  struct MirrorStatus {
    MirrorRecord record;
    uint64_t outbox_rows = 0, outbox_bytes = 0;
    bool trim_pending = false;
  };
  MirrorStatus mirror() const;

  // What this store is being recovered from, and how far that is; state kNone in an ordinary store
  // and once a recovered one has been claimed. While it is another, every mutation of the tree and
  // of what is administered is refused with kRecoveryMode, whoever asks for it, and commands of the
  // leader do nothing, but SetLimits and those of the recovery. Reads are refused until it is
  // kFinished: with kRecoveryLoading, or for good with kRecoveryFailed. No call is remembered.
  const RecoveryRecord& recovery() const;

  const SetLimits& limits() const;
  struct RetryCacheStatus {
    uint64_t rows = 0, bytes = 0;
    uint64_t evicted_age_millis =
        0;  // log-time age of the youngest row pushed out by the byte limit; 0: none
  };
  RetryCacheStatus retry_cache() const;

 private:
  class Impl;
  explicit Namespace(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace jfs::ns

#endif  // CORE_NS_NAMESPACE_H_
