#include "sim/oracle/committed_history.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/base/hash.h"
#include "core/kv/overlay.h"
#include "core/kv/write_batch.h"
#include "core/ns/codec.h"
#include "core/ns/fsck.h"
#include "core/ns/mirror_record.h"
#include "sim/model/text.h"
#include "sim/oracle/reply_match.h"
#include "sim/oracle/violation.h"

namespace jfs::sim {
namespace {

ns::Caller Superuser() {
  ns::Caller caller;
  caller.user = "oracle";
  caller.groups = {"oracle"};
  caller.superuser = true;
  return caller;
}

// What the namespace, not the client, is asked to do: clients never retry these.
bool ByLeader(const ns::Operation& operation) {
  return std::holds_alternative<ns::CreateNamespace>(operation) ||
         std::holds_alternative<ns::Advance>(operation) ||
         std::holds_alternative<ns::FinishDeletes>(operation) ||
         std::holds_alternative<ns::ReleaseLease>(operation) ||
         std::holds_alternative<ns::SetAccessTime>(operation) ||
         std::holds_alternative<ns::SetLimits>(operation) ||
         std::holds_alternative<ns::SetMirror>(operation) ||
         std::holds_alternative<ns::MirrorProgress>(operation) ||
         std::holds_alternative<ns::BeginRecovery>(operation) ||
         std::holds_alternative<ns::LoadRows>(operation) ||
         std::holds_alternative<ns::FinishRecovery>(operation) ||
         std::holds_alternative<ns::ClaimRecovered>(operation);
}

kv::MemoryStore::Map MirroredOf(const kv::MemoryStore& store) {
  kv::MemoryStore::Map rows;
  for (const auto& [key, value] : store.contents()) {
    if (ns::IsMirrored(key)) rows.emplace(key, value);
  }
  return rows;
}

}  // namespace

CommittedHistory::CommittedHistory(Mutations mutations, Probes* probes)
    : mutations_(mutations), probes_(probes) {
  absl::StatusOr<std::unique_ptr<ns::Namespace>> opened = ns::Namespace::Open(store_, mutations_);
  CHECK(opened.ok()) << opened.status().ToString();
  namespace_ = *std::move(opened);
}

void CommittedHistory::Observe(NodeId node, raft::Term in, const raft::Entry& entry) {
  const uint64_t index = entry.index.value;
  const uint64_t payload_hash = Hash64(entry.payload.view());
  if (index <= last()) {
    const Entry& known = at(index);
    if (known.term != entry.term || known.kind != entry.kind ||
        known.payload_hash != payload_hash) {
      Violate(
          "committed-entry",
          absl::StrCat("node ", node.value, " has committed an entry of term ", entry.term.value,
                       " at index ", index, ", others one of term ", known.term.value));
    }
    return;
  }
  CHECK_EQ(index, last() + 1) << "committed entries are observed in order";
  if (index > 1 && entry.term < at(index - 1).term) {
    Violate("committed-entry", absl::StrCat("terms fall at index ", index));
  }
  Entry next;
  next.term = entry.term;
  next.committed_in = in;
  next.kind = entry.kind;
  next.payload_hash = payload_hash;
  next.payload = entry.payload;
  Execute(next, entry);
  next.state_hash = namespace_->state_hash();
  next.sequence = model_.sequence();
  next.version = model_.version();
  entries_.push_back(std::move(next));
}

void CommittedHistory::Execute(Entry& entry, const raft::Entry& source) {
  if (source.kind != raft::EntryKind::kCommand) return;
  const uint64_t index = source.index.value;
  absl::StatusOr<ns::CommandBatch> batch = ns::DecodeCommandBatch(source.payload.view());
  if (!batch.ok()) {
    Violate("committed-entry", absl::StrCat("payload at index ", index,
                                            " cannot be decoded: ", batch.status().message()));
  }
  kv::WriteBatch changes;
  std::vector<ns::Reply> replies;
  const absl::Status applied =
      namespace_->Apply(store_, index, source.payload.view(), &changes, &replies);
  if (!applied.ok()) {
    Violate("apply", absl::StrCat("index ", index, ": ", applied.ToString()));
  }
  CHECK(store_.Write(changes).ok());
  const ns::RecoveryRecord& recovery = namespace_->recovery();
  if (recovery.state != ns::RecoveryState::kNone && model_.sequence() == 0) {
    CHECK(lost_ != nullptr) << "a recovery that the run does not know of";
    const uint64_t at = lost_->IndexOf(recovery.source.last);
    model_.ExpectRecovered(lost_->model_, lost_->at(at).version);
  }
  uint64_t sequence = model_.sequence();
  const std::vector<model::Outcome> outcomes = model_.Apply(*batch);
  if (replies.size() != batch->commands.size() || outcomes.size() != replies.size()) {
    Violate("reply", absl::StrCat("index ", index, ": ", batch->commands.size(), " commands, ",
                                  replies.size(), " replies"));
  }
  for (size_t i = 0; i < replies.size(); ++i) {
    ns::Command& command = batch->commands[i];
    const model::Outcome& outcome = outcomes[i];
    if (!ByLeader(command.operation)) {
      const Attempt& attempt = command.caller.address;
      if (refused_attempts_.contains(attempt)) {
        Violate("definite-failure",
                absl::StrCat("attempt ", attempt, " was refused as not done, but is committed at ",
                             index));
      }
      committed_attempts_.insert(attempt);
      // What a store under recovery refuses is not remembered, so it is refused again.
      if (command.call.remembered() && replies[i].code != ns::Code::kRecoveryMode) {
        const auto [at, first] = executed_.emplace(command.call, index);
        if (!first && !outcome.repeated) {
          Violate("exactly-once", absl::StrCat("attempt ", attempt, " is executed at index ", index,
                                               " and was at ", at->second));
        }
      }
    }
    Compare(index, command, replies[i], outcome);
    if (outcome.repeated) {
      probes_->Hit(Probe::kRetriesAnswered);
    } else {
      CountSituations(command, replies[i], outcome, outcome.sequence != sequence);
      sequence = outcome.sequence;
    }
    entry.commands.push_back(Command{std::move(command), std::move(replies[i]), outcome.repeated});
  }
}

uint64_t CommittedHistory::IndexOf(uint64_t sequence) const {
  uint64_t index = 0;
  for (uint64_t i = 1; i <= last(); ++i) {
    if (at(i).sequence == sequence) {
      index = i;
      break;
    }
  }
  if (index == 0) {
    Violate("recovery", absl::StrCat("no entry ends at position ", sequence,
                                     ", to which a cluster has recovered"));
  }
  return index;
}

kv::MemoryStore::Map CommittedHistory::MirroredRowsAt(uint64_t sequence) const {
  const uint64_t end = IndexOf(sequence);
  kv::MemoryStore store;
  absl::StatusOr<std::unique_ptr<ns::Namespace>> replica = ns::Namespace::Open(store, mutations_);
  CHECK(replica.ok()) << replica.status().ToString();
  for (uint64_t index = 1; index <= end; ++index) {
    if (at(index).kind != raft::EntryKind::kCommand) continue;
    kv::WriteBatch changes;
    std::vector<ns::Reply> replies;
    CHECK((*replica)->Apply(store, index, at(index).payload.view(), &changes, &replies).ok());
    CHECK(store.Write(changes).ok());
  }
  return MirroredOf(store);
}

kv::MemoryStore::Map CommittedHistory::MirroredRows() const { return MirroredOf(store_); }

void CommittedHistory::CountSituations(const ns::Command& command, const ns::Reply& reply,
                                       const model::Outcome& outcome, bool changed) const {
  if (outcome.refusal.has_value() && changed) probes_->Hit(Probe::kRefusedHalfway);
  switch (reply.code) {
    case ns::Code::kOk:
      if (const auto* mode = std::get_if<ns::SetSafeMode>(&command.operation)) {
        if (mode->on) probes_->Hit(Probe::kSafeModes);
      }
      if (std::holds_alternative<ns::Concat>(command.operation)) probes_->Hit(Probe::kConcats);
      if (std::holds_alternative<ns::Truncate>(command.operation) && changed) {
        probes_->Hit(Probe::kTruncations);
      }
      return;
    case ns::Code::kSafeMode:
      probes_->Hit(Probe::kSafeModeRefused);
      return;
    case ns::Code::kNameQuotaExceeded:
    case ns::Code::kSpaceQuotaExceeded:
      probes_->Hit(Probe::kQuotaRefused);
      return;
    case ns::Code::kPermissionDenied:
      probes_->Hit(Probe::kPermissionRefused);
      return;
    case ns::Code::kTooManyXAttrs:
      probes_->Hit(Probe::kXAttrsFull);
      return;
    default:
      return;
  }
}

void CommittedHistory::Compare(uint64_t index, const ns::Command& command, const ns::Reply& reply,
                               const model::Outcome& outcome) const {
  const std::string difference = DifferenceOf(reply, outcome);
  if (difference.empty()) return;
  Violate("reply", absl::StrCat("index ", index, ": ", model::TextOf(command.operation), " of ",
                                command.caller.address, outcome.repeated ? " (retry)" : "", ": ",
                                difference));
}

void CommittedHistory::CheckState(NodeId node, uint64_t index, uint64_t state_hash) const {
  if (index == 0) return;
  if (index > last()) {
    Violate("state-hash", absl::StrCat("node ", node.value, " has applied index ", index,
                                       ", which nobody has committed"));
  }
  if (at(index).state_hash != state_hash) {
    Violate("state-hash",
            absl::StrCat("node ", node.value, " at index ", index, " hashes to ", state_hash,
                         ", the same entries give ", at(index).state_hash));
  }
}

model::Outcome CommittedHistory::Read(uint64_t index, const ns::ReadRequest& request) const {
  return model_.Read(index == 0 ? 0 : at(index).version, request);
}

void CommittedHistory::MustNotHappen(const Attempt& attempt) {
  if (committed_attempts_.contains(attempt)) {
    Violate("definite-failure",
            absl::StrCat("attempt ", attempt, " is committed, but was answered as not done"));
  }
  refused_attempts_.insert(attempt);
}

void CommittedHistory::CheckDirectory(ns::NamespaceId ns, const std::string& path,
                                      const model::Tree& tree) const {
  const auto compare = [&](ns::Query query) {
    const ns::ReadRequest request{ns, Superuser(), std::move(query)};
    ns::Reply reply;
    const absl::Status status = namespace_->Read(store_, request, &reply);
    if (!status.ok()) Violate("tree", status.ToString());
    const std::string difference = DifferenceOf(reply, model_.Read(request));
    if (!difference.empty()) {
      Violate("tree", absl::StrCat(model::TextOf(request.query), ": ", difference));
    }
  };
  compare(ns::GetListing{path, "", 100'000, /*need_locations=*/true});
  compare(ns::GetContentSummary{path});
  compare(ns::GetQuotaUsage{path});
  compare(ns::GetAclStatus{path});
  compare(ns::GetXAttrs{path, {}});
  if (path == "/") compare(ns::ListOpenFiles{0, path, 100'000});
  for (const auto& [name, child] : tree->children) {
    if (!child->directory) continue;
    CheckDirectory(ns, path == "/" ? path + name : absl::StrCat(path, "/", name), child);
  }
}

void CommittedHistory::CheckTree() const {
  probes_->Hit(Probe::kFsckRuns);
  const absl::StatusOr<std::vector<std::string>> findings = ns::Fsck(store_);
  if (!findings.ok()) Violate("fsck", findings.status().ToString());
  if (!findings->empty()) {
    Violate("fsck", absl::StrCat("at index ", last(), ": ", findings->size(),
                                 " findings, the first: ", findings->front()));
  }
  for (const ns::Namespace::NamespaceInfo& info : namespace_->namespaces()) {
    CheckDirectory(info.id, "/", model_.root(info.id));
  }
}

}  // namespace jfs::sim
