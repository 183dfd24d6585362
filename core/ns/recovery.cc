#include "core/ns/recovery.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"

#include "core/base/overload.h"
#include "core/ns/error_text.h"
#include "core/ns/keys.h"
#include "core/ns/loaded_row.h"
#include "core/ns/resolve.h"
#include "core/ns/rows.h"

namespace jfs::ns {
namespace {

// No lineage may set the sign bit of an id, which Java would see.
constexpr uint16_t kLastLineage = 32768;
constexpr int kSequenceBits = 48;
// Names in a mirror may be long; the reason is kept in a row and shown in a line.
constexpr size_t kMaxFailureBytes = 1000;

Reply NotPossible(std::string why) { return Refuse(Code::kRecoveryNotPossible, {std::move(why)}); }

void Fail(Transaction* tx, std::string why) {
  RecoveryRecord& recovery = tx->state().recovery;
  recovery.state = RecoveryState::kFailed;
  recovery.failure = std::move(why);
  CutText(kMaxFailureBytes, &recovery.failure);
  tx->WriteRecovery();
}

// Why this store cannot become what that mirror says; empty: it can.
std::string Objection(const State& state, const BeginRecovery& op) {
  const RecoveryRecord& recovery = state.recovery;
  if (recovery.state != RecoveryState::kNone) {
    return absl::StrCat("this store is being recovered already, from sequence ",
                        recovery.source.last, " of lineage ", recovery.source.lineage,
                        " of cluster ", recovery.source.cluster);
  }
  if (state.counters.sequence != 0 || !state.namespaces.empty()) {
    return absl::StrCat("this store is not empty, it has ", state.namespaces.size(),
                        " namespaces and ", state.counters.sequence, " changes");
  }
  if (state.outbox.record().state != MirrorState::kUndecided) {
    return "it is decided already whether this store has a mirror of its own";
  }
  if (op.lineage == 0 || op.lineage >= kLastLineage) {
    return absl::StrCat("lineage ", op.lineage, " has none after it");
  }
  if (op.last >> kSequenceBits != 0) return absl::StrCat("sequence ", op.last, " is too large");
  if (op.checkpoint > op.last) {
    return absl::StrCat("the checkpoint ", op.checkpoint, " lies behind the end ", op.last);
  }
  if (op.next_lease == 0 || op.next_namespace == 0) return "the next ids cannot be 0";
  return "";
}

// The row that leads from a file to its entry, kept in step with the entries, in whatever order
// these come: a rename is seen as one that goes and one that comes.
class Places {
 public:
  explicit Places(Transaction* tx) : tx_(*tx) {}

  absl::Status Put(InodeId file, InodeId directory, std::string_view name) {
    const absl::Status status = Read(file);
    if (!status.ok()) return status;
    const std::string value = EncodeRecord(FilePlaceRecord{directory, std::string(name)});
    if (found_ && value == value_) return status;
    tx_.rows().Replace(key_, hash(), value);
    return status;
  }

  // Unless the file is somewhere else by now.
  absl::Status RemoveIfAt(InodeId file, InodeId directory, std::string_view name) {
    const absl::Status status = Read(file);
    if (!status.ok() || !found_) return status;
    if (value_ == EncodeRecord(FilePlaceRecord{directory, std::string(name)})) {
      tx_.rows().Remove(key_, hash());
    }
    return status;
  }

 private:
  absl::Status Read(InodeId file) {
    key_ = FilePlaceKey(file);
    return tx_.view().Get(key_, &value_, &found_);
  }
  uint64_t hash() const { return found_ ? RowHash(key_, value_) : 0; }

  Transaction& tx_;
  std::string key_, value_;
  bool found_ = false;
};

absl::Status Load(Transaction* tx, const LoadRows::Row& row, const LoadedRow& parsed) {
  std::string old;
  bool found = false;
  absl::Status status = tx->view().Get(row.key, &old, &found);
  if (!status.ok()) return status;
  if (parsed.is_entry) {
    std::optional<InodeId> file;
    if (found && !FileOfEntry(old, &file)) return DamagedRow(row.key);
    Places places(tx);
    if (file && file != parsed.file) {
      status = places.RemoveIfAt(*file, parsed.directory, parsed.name);
      if (!status.ok()) return status;
    }
    if (parsed.file) status = places.Put(*parsed.file, parsed.directory, parsed.name);
    if (!status.ok()) return status;
  }
  const uint64_t old_hash = found ? RowHash(row.key, old) : 0;
  if (row.value) {
    tx->rows().Replace(row.key, old_hash, *row.value);
  } else if (found) {
    tx->rows().Remove(row.key, old_hash);
  }
  return absl::OkStatus();
}

// Sets *fault to what memory could not be made from: a namespace without its root.
absl::Status CheckRoots(const kv::View& view, std::string* fault) {
  const std::string lower = PrefixOf(Prefix::kNamespace);
  const auto at = view.Scan(lower, EndOf(lower));
  for (; at->Valid() && fault->empty(); at->Next()) {
    NamespaceRecord record;
    if (!DecodeRecord(at->value(), &record)) return DamagedRow(at->key());
    std::string value;
    bool found = false;
    const absl::Status status = view.Get(DirectoryKey(record.root), &value, &found);
    if (!status.ok()) return status;
    if (!found) {
      *fault = absl::StrCat("namespace ", record.name, " has root directory ", record.root,
                            ", which has no row");
    }
  }
  return at->status();
}

// What is wrong with a tree that was loaded, as far as memory shows it; empty: nothing.
std::string FaultOf(const State& state) {
  const BeginRecovery& source = state.recovery.source;
  std::set<InodeId> roots;
  std::set<std::string> names;
  for (const auto& [id, record] : state.namespaces) {
    const Directory* const root = state.tree.Find(record.root);
    const bool only_root = root->parent_id == 0 && roots.insert(record.root).second &&
                           state.pending_deletes.count(record.root) == 0;
    if (!only_root) {
      return absl::StrCat("the root directory ", record.root, " of namespace ", record.name,
                          " is something else as well");
    }
    if (!names.insert(record.name).second) {
      return absl::StrCat("two namespaces are called ", record.name);
    }
    if (id == 0 || id >= source.next_namespace) {
      return absl::StrCat("namespace ", id, " is not below the next id ", source.next_namespace);
    }
  }
  for (const auto& [holder, lease] : state.open_files.leases()) {
    if (lease.id >= source.next_lease) {
      return absl::StrCat("lease ", lease.id, " of ", holder, " is not below the next one ",
                          source.next_lease);
    }
  }
  return DifferenceOf(state.Totals(), TotalsOf(source));
}

}  // namespace

std::optional<Reply> AnswerUnderRecovery(const State& state, const Operation& operation) {
  using Answer = std::optional<Reply>;
  if (state.recovery.state == RecoveryState::kNone) return std::nullopt;
  return std::visit(Overload{
                        [](const BeginRecovery&) -> Answer { return std::nullopt; },
                        [](const LoadRows&) -> Answer { return std::nullopt; },
                        [](const FinishRecovery&) -> Answer { return std::nullopt; },
                        [](const ClaimRecovered&) -> Answer { return std::nullopt; },
                        // Of the cluster, not of the tree.
                        [](const SetLimits&) -> Answer { return std::nullopt; },
                        // What the leader does by itself, for whoever comes later.
                        [](const Advance&) -> Answer { return Reply{}; },
                        [](const FinishDeletes&) -> Answer { return Reply{}; },
                        [](const ReleaseLease&) -> Answer { return Reply{}; },
                        [](const SetAccessTime&) -> Answer { return Reply{}; },
                        [](const MirrorProgress&) -> Answer { return Reply{}; },
                        [](const auto&) -> Answer { return Refuse(Code::kRecoveryMode, {}); },
                    },
                    operation);
}

std::optional<Reply> RefuseReadUnderRecovery(const RecoveryRecord& recovery) {
  switch (recovery.state) {
    case RecoveryState::kNone:
    case RecoveryState::kFinished:
      break;
    case RecoveryState::kLoading:
      return Refuse(Code::kRecoveryLoading, {std::to_string(RecoveryPercent(recovery))});
    case RecoveryState::kFailed:
      return Refuse(Code::kRecoveryFailed, {recovery.failure});
  }
  return std::nullopt;
}

absl::StatusOr<Reply> Recover(Transaction* tx, const BeginRecovery& op) {
  State& state = tx->state();
  RecoveryRecord& recovery = state.recovery;
  if (recovery.state != RecoveryState::kNone && recovery.source == op) return Reply{};
  std::string objection = Objection(state, op);
  if (!objection.empty()) return NotPossible(std::move(objection));
  recovery = RecoveryRecord{};
  recovery.state = RecoveryState::kLoading;
  recovery.source = op;
  tx->WriteRecovery();
  // An older version would not see that the tree is not complete.
  tx->RaiseFeatureLevel(SchemaRecord::kRecoveryFeatureLevel);
  return Reply{};
}

absl::StatusOr<Reply> Recover(Transaction* tx, const LoadRows& op) {
  RecoveryRecord& recovery = tx->state().recovery;
  if (recovery.state == RecoveryState::kNone) return NotPossible("none has begun in this store");
  // Given out twice, or by a leader of the past.
  if (recovery.state != RecoveryState::kLoading || recovery.cursor != op.from) return Reply{};
  std::vector<LoadedRow> parsed;
  parsed.reserve(op.rows.size());
  for (const LoadRows::Row& row : op.rows) {
    parsed.push_back(ParseLoadedRow(row, recovery.source.lineage));
    if (!parsed.back().fault.empty()) {
      Fail(tx, std::move(parsed.back().fault));
      return Reply{};
    }
  }
  for (size_t i = 0; i < parsed.size(); ++i) {
    const absl::Status status = Load(tx, op.rows[i], parsed[i]);
    if (!status.ok()) return status;
  }
  recovery.cursor = op.to;
  recovery.rows += op.rows.size();
  tx->WriteRecovery();
  return Reply{};
}

absl::StatusOr<Reply> Recover(Transaction* tx, const FinishRecovery& op) {
  State& state = tx->state();
  RecoveryRecord& recovery = state.recovery;
  if (recovery.state == RecoveryState::kNone) return NotPossible("none has begun in this store");
  if (recovery.state != RecoveryState::kLoading) return Reply{};
  if (!op.ok) {
    Fail(tx, op.reason);
    return Reply{};
  }
  if (recovery.cursor != kRecoveryEnd) return NotPossible("not all rows are loaded yet");
  std::string fault;
  absl::Status status = CheckRoots(tx->view(), &fault);
  if (!status.ok()) return status;
  if (fault.empty()) {
    status = LoadTree(tx->view(), &state);
    if (!status.ok()) return status;
    fault = FaultOf(state);
  }
  if (!fault.empty()) {
    ForgetTree(&state);
    Fail(tx, std::move(fault));
    return Reply{};
  }
  CountersRecord& counters = state.counters;
  counters.lineage = recovery.source.lineage;
  counters.sequence = recovery.source.last;
  counters.wall = std::max(counters.wall, recovery.source.wall);
  counters.next_lease = recovery.source.next_lease;
  counters.next_namespace = recovery.source.next_namespace;
  recovery.state = RecoveryState::kFinished;
  tx->WriteRecovery();
  return Reply{};
}

absl::StatusOr<Reply> Recover(Transaction* tx, const ClaimRecovered& op) {
  State& state = tx->state();
  CountersRecord& counters = state.counters;
  const BeginRecovery source = state.recovery.source;
  if (state.recovery.state == RecoveryState::kNone && counters.lineage == op.lineage) {
    return Reply{};  // that has happened
  }
  if (state.recovery.state != RecoveryState::kFinished) {
    return NotPossible("there is none that has finished and waits to be claimed");
  }
  if (op.lineage != source.lineage + 1) {
    return NotPossible(absl::StrCat("lineage ", op.lineage, " does not follow ", source.lineage));
  }
  // Ids carry the lineage: those of the new one begin anew.
  const CountersRecord first;
  counters.lineage = op.lineage;
  counters.next_inode = first.next_inode;
  counters.next_block = first.next_block;
  counters.next_stamp = first.next_stamp;
  state.outbox.Continue(op.mirror_on, op.outbox_bytes, source.last, source.chain);
  state.recovery = RecoveryRecord{};
  tx->WriteRecovery();
  tx->FollowOutbox();
  return Reply{};
}

}  // namespace jfs::ns
