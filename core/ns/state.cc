#include "core/ns/state.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/ns/keys.h"
#include "core/ns/mirror_record.h"
#include "core/outbox/outbox_row.h"

namespace jfs::ns {
namespace {

uint64_t WithLineage(uint16_t lineage, uint64_t counter) {
  return uint64_t{lineage - 1u} << kLineageShift | counter;
}

// Calls `row` for each row of that kind, in key order.
absl::Status ForEachRow(
    const kv::View& view, Prefix prefix,
    const std::function<absl::Status(std::string_view key, std::string_view value)>& row) {
  const std::string lower = PrefixOf(prefix);
  const auto at = view.Scan(lower, EndOf(lower));
  for (; at->Valid(); at->Next()) {
    const absl::Status status = row(at->key(), at->value());
    if (!status.ok()) return status;
  }
  return at->status();
}

template <typename Record>
absl::Status LoadMeta(const kv::View& view, MetaRow meta, Record* record, uint64_t* row_hash) {
  const std::string key = MetaKey(meta);
  std::string value;
  bool found = false;
  const absl::Status status = view.Get(key, &value, &found);
  if (!status.ok()) return status;
  if (!found) return absl::OkStatus();
  if (!DecodeRecord(value, record)) return DamagedRow(key);
  *row_hash = RowHash(key, value);
  return absl::OkStatus();
}

absl::Status LoadMetaRows(const kv::View& view, State* state) {
  absl::Status status = LoadMeta(view, MetaRow::kSchema, &state->schema, &state->schema_row_hash);
  if (!status.ok()) return status;
  if (state->schema.version != SchemaRecord::kVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the state has schema version ", static_cast<int>(state->schema.version),
        ", this version of the software reads only ", static_cast<int>(SchemaRecord::kVersion)));
  }
  if (state->schema.feature_level > SchemaRecord::kKnownFeatureLevel) {
    return absl::FailedPreconditionError(
        absl::StrCat("the state has feature level ", state->schema.feature_level,
                     ", this version of the software knows only ", SchemaRecord::kKnownFeatureLevel,
                     "; start the newer version again"));
  }
  status = LoadMeta(view, MetaRow::kCounters, &state->counters, &state->counters_row_hash);
  if (!status.ok()) return status;
  status = LoadMeta(view, MetaRow::kLimits, &state->limits, &state->limits_row_hash);
  if (!status.ok()) return status;
  status = LoadMeta(view, MetaRow::kRecovery, &state->recovery, &state->recovery_row_hash);
  if (!status.ok()) return status;

  const std::string key = MetaKey(MetaRow::kStateHash);
  std::string value;
  bool found = false;
  status = view.Get(key, &value, &found);
  if (!status.ok()) return status;
  if (found) {
    Decoder in(value);
    state->state_hash = in.U64();
    if (!in.Done()) return DamagedRow(key);
  }
  return absl::OkStatus();
}

absl::Status LoadDirectories(const kv::View& view, State* state) {
  std::vector<InodeId> ids;
  absl::Status status =
      ForEachRow(view, Prefix::kDirectory, [&](std::string_view key, std::string_view value) {
        InodeId id = 0;
        DirectoryRecord record;
        if (!ParseInodeKey(key, Prefix::kDirectory, &id) || !DecodeRecord(value, &record)) {
          return DamagedRow(key);
        }
        Directory* const directory = state->tree.Add(id, record);
        directory->has_row = true;
        directory->row_hash = RowHash(key, value);
        ids.push_back(id);
        return absl::OkStatus();
      });
  if (!status.ok()) return status;

  std::set<InodeId> unlinked;
  status =
      ForEachRow(view, Prefix::kPendingDelete, [&](std::string_view key, std::string_view value) {
        InodeId id = 0;
        State::PendingDelete pending;
        if (!ParseInodeKey(key, Prefix::kPendingDelete, &id) ||
            !DecodeRecord(value, &pending.record)) {
          return DamagedRow(key);
        }
        pending.row_hash = RowHash(key, value);
        state->pending_deletes.emplace(id, std::move(pending));
        unlinked.insert(id);
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  state->tree.LinkAll(ids, unlinked);

  return ForEachRow(view, Prefix::kNamespace, [&](std::string_view key, std::string_view value) {
    NamespaceId id = 0;
    NamespaceRecord record;
    if (!ParseNamespaceKey(key, &id) || !DecodeRecord(value, &record)) return DamagedRow(key);
    Directory* const root = state->tree.Find(record.root);
    if (root == nullptr) {
      return absl::DataLossError(absl::StrCat("namespace ", record.name, " has root directory ",
                                              record.root, ", which has no row"));
    }
    root->root_of = id;
    state->namespaces.emplace(id, std::move(record));
    return absl::OkStatus();
  });
}

absl::Status LoadOpenFiles(const kv::View& view, State* state) {
  return ForEachRow(view, Prefix::kOpenFile, [&](std::string_view key, std::string_view value) {
    InodeId id = 0;
    OpenFileRecord record;
    if (!ParseInodeKey(key, Prefix::kOpenFile, &id) || !DecodeRecord(value, &record)) {
      return DamagedRow(key);
    }
    state->open_files.Restore(id, record, RowHash(key, value));
    return absl::OkStatus();
  });
}

absl::Status LoadOutbox(const kv::View& view, State* state) {
  MirrorRecord record;
  uint64_t row_hash = 0;
  const absl::Status status = LoadMeta(view, MetaRow::kMirror, &record, &row_hash);
  if (!status.ok()) return status;
  state->outbox.RestoreRecord(record, row_hash);
  return ForEachRow(view, Prefix::kOutbox, [&](std::string_view key, std::string_view value) {
    return state->outbox.RestoreRow(key, value) ? absl::OkStatus() : DamagedRow(key);
  });
}

absl::Status LoadRetryRows(const kv::View& view, State* state) {
  return ForEachRow(view, Prefix::kRetry, [&](std::string_view key, std::string_view value) {
    uint64_t index = 0;
    uint32_t ordinal = 0;
    RetryRecord record;
    if (!ParseRetryKey(key, &index, &ordinal) || !DecodeRecord(value, &record)) {
      return DamagedRow(key);
    }
    state->retry_cache.Restore(key, value, index, ordinal, record);
    return absl::OkStatus();
  });
}

}  // namespace

const OpenFiles::File* OpenFiles::Find(InodeId id) const {
  const auto at = files_.find(id);
  return at == files_.end() ? nullptr : &at->second;
}

void OpenFiles::Forget(InodeId id) {
  const auto at = files_.find(id);
  CHECK(at != files_.end()) << "file " << id << " is not open";
  const auto holder = by_holder_.find(at->second.record.holder);
  holder->second.files.erase(id);
  if (holder->second.files.empty()) by_holder_.erase(holder);
  files_.erase(at);
}

void OpenFiles::Restore(InodeId id, const OpenFileRecord& record, uint64_t row_hash) {
  files_[id] = File{record, row_hash};
  Lease& lease = by_holder_[record.holder];
  lease.id = std::max(lease.id, record.lease);
  lease.files.insert(id);
}

void OpenFiles::Put(InodeId id, const OpenFileRecord& record, RowWriter* rows) {
  uint64_t old_hash = 0;
  if (const File* old = Find(id); old != nullptr) {
    old_hash = old->row_hash;
    Forget(id);
  }
  const uint64_t hash = rows->Replace(OpenFileKey(id), old_hash, EncodeRecord(record));
  Restore(id, record, hash);
}

void OpenFiles::Remove(InodeId id, RowWriter* rows) {
  const File* const file = Find(id);
  CHECK(file != nullptr) << "file " << id << " is not open";
  rows->Remove(OpenFileKey(id), file->row_hash);
  Forget(id);
}

uint64_t OpenFiles::CountLive(const std::string& holder, const DirectoryTree& tree) const {
  const auto at = by_holder_.find(holder);
  if (at == by_holder_.end()) return 0;
  const auto live = [&](InodeId id) { return IsLive(id, tree); };
  return static_cast<uint64_t>(
      std::count_if(at->second.files.begin(), at->second.files.end(), live));
}

bool OpenFiles::AnyLive(const std::string& holder, const DirectoryTree& tree) const {
  const auto at = by_holder_.find(holder);
  if (at == by_holder_.end()) return false;
  const auto live = [&](InodeId id) { return IsLive(id, tree); };
  // Newest first: a writer with thousands of files open has most likely just opened one that is
  // live, and those of unlinked directories are old.
  return std::any_of(at->second.files.rbegin(), at->second.files.rend(), live);
}

bool OpenFiles::IsLive(InodeId id, const DirectoryTree& tree) const {
  const Directory* const directory = tree.Find(Find(id)->record.directory);
  return directory != nullptr && tree.IsLive(directory);
}

Directory* State::Root(NamespaceId ns) const {
  const auto at = namespaces.find(ns);
  return at == namespaces.end() ? nullptr : tree.Find(at->second.root);
}

TreeTotals State::Totals() const {
  TreeTotals sum;
  for (const auto& [id, record] : namespaces) {
    const RecursiveTotals& totals = tree.Find(record.root)->totals;
    sum.directories += totals.directories;
    sum.files += totals.files;
    sum.bytes += totals.bytes;
  }
  return sum;
}

absl::Status LoadTree(const kv::View& view, State* state) {
  CHECK_EQ(state->tree.size(), 0u);
  const absl::Status status = LoadDirectories(view, state);
  if (!status.ok()) return status;
  return LoadOpenFiles(view, state);
}

void ForgetTree(State* state) {
  state->namespaces.clear();
  state->pending_deletes.clear();
  state->open_files = OpenFiles();
  state->tree.Clear();
}

absl::StatusOr<std::unique_ptr<State>> LoadState(const kv::View& view, Mutations mutations) {
  auto state = std::make_unique<State>();
  state->mutations = mutations;
  absl::Status status = LoadMetaRows(view, state.get());
  if (!status.ok()) return status;
  const RecoveryState recovery = state->recovery.state;
  if (recovery != RecoveryState::kLoading && recovery != RecoveryState::kFailed) {
    status = LoadTree(view, state.get());
    if (!status.ok()) return status;
  }
  status = LoadOutbox(view, state.get());
  if (!status.ok()) return status;
  status = LoadRetryRows(view, state.get());
  if (!status.ok()) return status;
  return state;
}

InodeId Transaction::NewInodeId() {
  CHECK_LT(state_.counters.next_inode >> kLineageShift, 1u);
  return WithLineage(state_.counters.lineage, state_.counters.next_inode++);
}

Block Transaction::NewBlock() {
  Block block;
  block.id = WithLineage(state_.counters.lineage, state_.counters.next_block++);
  block.generation_stamp = NewGenerationStamp();
  return block;
}

uint64_t Transaction::NewGenerationStamp() {
  return WithLineage(state_.counters.lineage, state_.counters.next_stamp++);
}

uint64_t Transaction::LastGenerationStamp() const {
  return WithLineage(state_.counters.lineage, state_.counters.next_stamp - 1);
}

LeaseId Transaction::LeaseFor(const std::string& holder) {
  const auto lease = state_.open_files.leases().find(holder);
  if (lease == state_.open_files.leases().end()) return state_.counters.next_lease++;
  const bool outlives = state_.mutations.Has(Mutation::kN09LeaseOutlivesFiles);
  if (outlives || state_.open_files.AnyLive(holder, state_.tree)) return lease->second.id;
  return state_.counters.next_lease++;
}

void Transaction::Touch(Directory* directory) {
  if (directory->dirty) return;
  directory->dirty = true;
  dirty_.push_back(directory->id);
}

void Transaction::TouchEntries(Directory* directory) {
  directory->mtime = wall();
  Touch(directory);
}

Directory* Transaction::AddDirectory(InodeId id, const DirectoryRecord& record) {
  Directory* const directory = tree().Add(id, record);
  Touch(directory);
  return directory;
}

void Transaction::RemoveDirectory(Directory* directory) {
  if (directory->has_row) rows_.Remove(DirectoryKey(directory->id), directory->row_hash);
  tree().Remove(directory);
}

bool Transaction::TakeChanged() { return std::exchange(changed_, false); }

void Transaction::FollowOutbox() {
  if (recording_ || !state_.outbox.recording()) return;
  recording_ = true;
  rows_.Watch(&changes_);
  // A recovered store goes on where the lost one stopped.
  first_sequence_ = state_.counters.sequence + 1;
}

void Transaction::WriteRecovery() {
  const std::string key = MetaKey(MetaRow::kRecovery);
  uint64_t& hash = state_.recovery_row_hash;
  if (state_.recovery.state != RecoveryState::kNone) {
    hash = rows_.Replace(key, hash, EncodeRecord(state_.recovery));
  } else if (hash != 0) {
    rows_.Remove(key, std::exchange(hash, 0));
  }
}

void Transaction::RaiseFeatureLevel(uint64_t level) {
  if (state_.schema.feature_level >= level) return;
  state_.schema.feature_level = level;
  // Before the first Finish there is no row to replace, and that Finish writes this value.
  if (state_.schema_row_hash == 0) return;
  state_.schema_row_hash =
      rows_.Replace(MetaKey(MetaRow::kSchema), state_.schema_row_hash, EncodeRecord(state_.schema));
}

void Transaction::FillOutbox() {
  const CountersRecord& counters = state_.counters;
  std::vector<outbox::RowChange> changes = changes_.Take(*batch_);
  if (counters.sequence < first_sequence_) {
    CHECK(changes.empty()) << "row " << KeyText(changes[0].key) << " changed without a mutation";
    return;
  }
  outbox::OutboxRow row;
  row.first = first_sequence_;
  row.last = counters.sequence;
  row.wall = counters.wall;
  row.next_lease = counters.next_lease;
  row.next_namespace = counters.next_namespace;
  const TreeTotals totals = state_.Totals();
  row.directories = totals.directories;
  row.files = totals.files;
  row.bytes = totals.bytes;
  row.changes = std::move(changes);
  state_.outbox.Add(std::move(row), &rows_);
}

absl::Status Transaction::Finish() {
  for (const InodeId id : dirty_) {
    Directory* const directory = tree().Find(id);
    if (directory == nullptr) continue;  // made and removed, or changed and removed, by this entry
    directory->row_hash =
        rows_.Replace(DirectoryKey(id), directory->has_row ? directory->row_hash : 0,
                      EncodeRecord(directory->Record()));
    directory->has_row = true;
    directory->dirty = false;
  }
  dirty_.clear();
  if (!changes_.status().ok()) return changes_.status();
  if (state_.outbox.recording()) FillOutbox();
  state_.outbox.Finish(&rows_);
  if (state_.schema_row_hash == 0) {
    state_.schema_row_hash = rows_.Insert(MetaKey(MetaRow::kSchema), EncodeRecord(state_.schema));
    state_.limits_row_hash = rows_.Insert(MetaKey(MetaRow::kLimits), EncodeRecord(state_.limits));
  }
  CountersRecord counters = state_.counters;
  if (state_.mutations.Has(Mutation::kN25SafeModeInMemory)) counters.safe_mode = false;
  state_.counters_row_hash =
      rows_.Replace(MetaKey(MetaRow::kCounters), state_.counters_row_hash, EncodeRecord(counters));
  std::string hash;
  Encoder(&hash).U64(state_.state_hash);
  batch_->Put(MetaKey(MetaRow::kStateHash), hash);
  return absl::OkStatus();
}

}  // namespace jfs::ns
