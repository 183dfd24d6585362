#ifndef CORE_NS_STATE_H_
#define CORE_NS_STATE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "core/base/mutation.h"
#include "core/kv/overlay.h"
#include "core/kv/view.h"
#include "core/kv/write_batch.h"
#include "core/ns/directory_tree.h"
#include "core/ns/entry_changes.h"
#include "core/ns/outbox.h"
#include "core/ns/records.h"
#include "core/ns/recovery_record.h"
#include "core/ns/reply.h"
#include "core/ns/request.h"
#include "core/ns/retry_cache.h"
#include "core/ns/rows.h"

namespace jfs::ns {

// Ids carry the lineage that gave them in their upper 16 bits, counted from 0, so that those of the
// first lineage look like HDFS's.
inline constexpr int kLineageShift = 48;

// Files being written: the rows that lead from a file id to the entry, kept in memory as there are
// few at a time.
class OpenFiles {
 public:
  struct File {
    OpenFileRecord record;
    uint64_t row_hash = 0;
  };

  const File* Find(InodeId id) const;
  void Restore(InodeId id, const OpenFileRecord& record, uint64_t row_hash);
  // Adds or changes.
  void Put(InodeId id, const OpenFileRecord& record, RowWriter* rows);
  void Remove(InodeId id, RowWriter* rows);
  struct Lease {
    // Of the files that are still live. Those of unlinked directories, which are only waiting to be
    // removed, may have an older one.
    LeaseId id = 0;
    std::set<InodeId> files;
  };
  // By holder.
  const std::map<std::string, Lease>& leases() const { return by_holder_; }
  const std::map<InodeId, File>& files() const { return files_; }
  // How many files `holder` has open in directories that are still live; and whether there is one,
  // which is mostly found at once.
  uint64_t CountLive(const std::string& holder, const DirectoryTree& tree) const;
  bool AnyLive(const std::string& holder, const DirectoryTree& tree) const;

 private:
  bool IsLive(InodeId id, const DirectoryTree& tree) const;
  void Forget(InodeId id);

  std::map<InodeId, File> files_;
  std::map<std::string, Lease> by_holder_;
};

// Everything that the namespace keeps in memory between entries. All of it can be rebuilt from the
// rows.
struct State {
  struct PendingDelete {
    PendingDeleteRecord record;
    uint64_t row_hash = 0;
  };

  SchemaRecord schema;
  CountersRecord counters;
  SetLimits limits;
  // Hashes of the meta rows as they were last written; 0: not written yet.
  uint64_t schema_row_hash = 0, counters_row_hash = 0, limits_row_hash = 0;
  uint64_t state_hash = 0;
  // While its state is kLoading or kFailed there is nothing of the tree in memory, whatever rows
  // there are.
  RecoveryRecord recovery;
  uint64_t recovery_row_hash = 0;

  DirectoryTree tree;
  OpenFiles open_files;
  RetryCache retry_cache;
  Outbox outbox;
  std::map<InodeId, PendingDelete> pending_deletes;
  std::map<NamespaceId, NamespaceRecord> namespaces;
  Mutations mutations;

  Position position() const { return Position::Of(counters.lineage, counters.sequence); }
  // Null if there is no such namespace.
  Directory* Root(NamespaceId ns) const;
  // Of all namespaces together.
  TreeTotals Totals() const;
};

// Reads all of it but the files: directories, open files, pending deletes, remembered calls.
absl::StatusOr<std::unique_ptr<State>> LoadState(const kv::View& view, Mutations mutations);

// Only what there is of the tree. REQUIRES: nothing is there yet.
absl::Status LoadTree(const kv::View& view, State* state);
void ForgetTree(State* state);

// One entry being applied. Reads see what the entry has written so far; directories are written
// once, by Finish.
class Transaction {
 public:
  // `view` and `batch` as for Namespace::Apply.
  Transaction(State* state, const kv::View* view, kv::WriteBatch* batch)
      : state_(*state),
        overlay_(view, batch),
        changes_(&overlay_),
        rows_(batch, &state->state_hash, state->outbox.recording() ? &changes_ : nullptr),
        batch_(batch),
        first_sequence_(state->counters.sequence + 1),
        recording_(state->outbox.recording()) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  State& state() { return state_; }
  const kv::View& view() const { return overlay_; }
  RowWriter& rows() { return rows_; }
  DirectoryTree& tree() { return state_.tree; }
  const SetLimits& limits() const { return state_.limits; }
  WallMillis wall() const { return state_.counters.wall; }

  InodeId NewInodeId();
  Block NewBlock();
  uint64_t NewGenerationStamp();
  uint64_t LastGenerationStamp() const;
  // The lease of `holder`: the one it has, or a new one. A lease ends with its last live file.
  LeaseId LeaseFor(const std::string& holder);

  // The directory's row is to be written by Finish.
  void Touch(Directory* directory);
  // The same, and its modification time is now: an entry of it changed.
  void TouchEntries(Directory* directory);
  // Makes a directory known that was not there before.
  Directory* AddDirectory(InodeId id, const DirectoryRecord& record);
  // Forgets an unlinked directory and its row.
  void RemoveDirectory(Directory* directory);

  // Some row of the tree differs from what it was: the command is a mutation and gets a position of
  // its own.
  void MarkChanged() { changed_ = true; }
  bool TakeChanged();

  // To be called whenever the outbox may just have been switched on: what follows is recorded.
  // REQUIRES: nothing of what is recorded has changed before in this entry.
  void FollowOutbox();
  // Writes the row of state().recovery, or removes it.
  void WriteRecovery();
  // The state now has something that only versions of this feature level know.
  void RaiseFeatureLevel(uint64_t level);

  // Writes what is left to write. The transaction is over. A status is a read error.
  absl::Status Finish();

 private:
  void FillOutbox();

  State& state_;
  kv::Overlay overlay_;
  EntryChanges changes_;
  RowWriter rows_;
  kv::WriteBatch* batch_;
  uint64_t first_sequence_;  // that a mutation of this entry would get
  std::vector<InodeId> dirty_;
  bool changed_ = false;
  bool recording_;
};

}  // namespace jfs::ns

#endif  // CORE_NS_STATE_H_
