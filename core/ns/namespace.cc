#include "core/ns/namespace.h"

#include <algorithm>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/base/check.h"
#include "core/ns/codec.h"
#include "core/ns/error_text.h"
#include "core/ns/keys.h"
#include "core/ns/open_file.h"
#include "core/ns/operations.h"
#include "core/ns/recovery.h"
#include "core/ns/resolve.h"
#include "core/ns/safe_mode.h"
#include "core/ns/state.h"
#include "core/ns/tree_changes.h"

namespace jfs::ns {
namespace {

// Whatever a leader claims, one batch carries log time forward by no more than this: log time never
// outruns real time by a clock that is wrong.
constexpr uint64_t kMaxElapsedMillis = 10'000;
// Refusals repeat what was asked for. What is longer than this comes back cut: remembered answers
// share one limit, and nobody is to fill it with a name.
constexpr size_t kMaxArgumentBytes = 16 << 10;
constexpr uint16_t kRootMode = 0755;
constexpr char kDefaultGroup[] = "supergroup";

Reply CreateNamespaceNow(Transaction* tx, const Caller& caller, const CreateNamespace& op) {
  State& state = tx->state();
  for (const auto& [id, record] : state.namespaces) {
    if (record.name == op.name) return Answer(NewNamespace{id});
  }
  const NamespaceId id = state.counters.next_namespace++;
  NamespaceRecord record;
  record.name = op.name;
  record.root = tx->NewInodeId();
  DirectoryRecord root;
  root.mode = kRootMode;
  root.owner = caller.user;
  root.group = caller.groups.empty() ? kDefaultGroup : caller.groups[0];
  root.mtime = tx->wall();
  tx->AddDirectory(record.root, root)->root_of = id;
  tx->rows().Insert(NamespaceKey(id), EncodeRecord(record));
  state.namespaces.emplace(id, std::move(record));
  tx->MarkChanged();
  return Answer(NewNamespace{id});
}

void SetLimitsNow(Transaction* tx, const SetLimits& limits) {
  State& state = tx->state();
  if (state.limits == limits) return;
  state.limits = limits;
  // Before the first Finish there is no row to replace, and that Finish writes this value.
  if (state.limits_row_hash == 0) return;
  state.limits_row_hash =
      tx->rows().Replace(MetaKey(MetaRow::kLimits), state.limits_row_hash, EncodeRecord(limits));
}

// Kept with the counters: a mode of the whole cluster, in which a new leader finds itself as well.
Reply SetSafeModeNow(Transaction* tx, const Caller& caller, const SetSafeMode& op) {
  if (!caller.superuser) {
    return Refuse(Code::kSuperuserRequired,
                  {caller.user, op.on ? "safemode_enter" : "safemode_leave"});
  }
  tx->state().counters.safe_mode = op.on;
  return Answer(Truth{op.on});
}

absl::StatusOr<Reply> ExecuteCommand(Transaction* tx, const Command& command) {
  return std::visit(
      [&](const auto& op) -> absl::StatusOr<Reply> {
        using Op = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<Op, CreateNamespace>) {
          return CreateNamespaceNow(tx, command.caller, op);
        } else if constexpr (std::is_same_v<Op, Advance>) {
          return Reply{};
        } else if constexpr (std::is_same_v<Op, FinishDeletes>) {
          const absl::Status status = RemoveUnlinked(tx, op.max_rows);
          if (!status.ok()) return status;
          // Nobody sees a difference, but the mirror has to follow.
          tx->MarkChanged();
          return Reply{};
        } else if constexpr (std::is_same_v<Op, SetLimits>) {
          SetLimitsNow(tx, op);
          return Reply{};
        } else if constexpr (std::is_same_v<Op, SetMirror>) {
          const bool empty = tx->state().counters.sequence == 0;
          tx->state().outbox.Decide(op.on, op.outbox_bytes, empty);
          tx->FollowOutbox();
          return Reply{};
        } else if constexpr (std::is_same_v<Op, MirrorProgress>) {
          tx->state().outbox.Advance(op.sequence);
          return Reply{};
        } else if constexpr (std::is_same_v<Op, DisableMirror>) {
          if (!command.caller.superuser) {
            return Refuse(Code::kSuperuserRequired, {command.caller.user, "metaDisable"});
          }
          tx->state().outbox.Disable();
          return Reply{};
        } else if constexpr (requires { Recover(tx, op); }) {
          return Recover(tx, op);
        } else if constexpr (std::is_same_v<Op, SetSafeMode>) {
          return SetSafeModeNow(tx, command.caller, op);
        } else if constexpr (std::is_same_v<Op, ReleaseLease>) {
          if (tx->state().counters.safe_mode) return Reply{};
          const absl::Status status = ReleaseLeaseNow(tx, op);
          if (!status.ok()) return status;
          return Reply{};
        } else {
          // HDFS looks who wants to set a quota before it looks for safe mode.
          const bool first_by_right = std::is_same_v<Op, SetQuota> && !command.caller.superuser;
          if (tx->state().counters.safe_mode && !first_by_right) return RefuseInSafeMode(op);
          Directory* const root = tx->state().Root(command.ns);
          if (root == nullptr) return Refuse(Code::kNoSuchNamespace, {std::to_string(command.ns)});
          const CallContext call{command.caller, root};
          if constexpr (requires { Execute(tx, call, op); }) {
            return Execute(tx, call, op);
          } else {
            return Refuse(Code::kNotSupportedYet, {"This call"});
          }
        }
      },
      command.operation);
}

// One command with all that surrounds it: remembered calls before and after, and its position.
absl::StatusOr<Reply> ApplyCommand(Transaction* tx, uint64_t index, uint32_t ordinal,
                                   const Command& command) {
  State& state = tx->state();
  CountersRecord& counters = state.counters;
  if (std::optional<Reply> answer = AnswerUnderRecovery(state, command.operation)) {
    answer->position = state.position();
    return *std::move(answer);
  }
  const bool forgotten = state.mutations.Has(Mutation::kN26AppendNotRemembered) &&
                         std::holds_alternative<Append>(command.operation);
  const bool remembered = command.call.remembered() && !forgotten;
  const uint8_t operation = OperationNumber(command.operation);
  if (remembered && !state.mutations.Has(Mutation::kN02RetryAppliedTwice)) {
    absl::StatusOr<std::optional<RetryRecord>> known =
        state.retry_cache.Lookup(tx->view(), command.call);
    if (!known.ok()) return known.status();
    if (known->has_value()) {
      if ((*known)->operation == operation && (*known)->user == command.caller.user) {
        return std::move((*known)->reply);
      }
      Reply refusal = Refuse(Code::kCallIdReused, {std::to_string(command.call.call)});
      refusal.position = state.position();
      return refusal;
    }
  }
  absl::StatusOr<Reply> reply = ExecuteCommand(tx, command);
  if (!reply.ok()) return reply.status();
  for (std::string& argument : reply->arguments) CutText(kMaxArgumentBytes, &argument);
  bool changed = tx->TakeChanged();
  if (reply->code != Code::kOk && state.mutations.Has(Mutation::kN24RefusedUncounted)) {
    changed = false;
  }
  if (changed) {
    ++counters.sequence;
    CHECK_EQ(counters.sequence >> 48, 0u);
  }
  reply->position = state.position();
  if (remembered) {
    RetryRecord record;
    record.call = command.call;
    record.user = command.caller.user;
    record.operation = operation;
    record.log_time_millis = counters.log_time_millis;
    record.reply = *reply;
    state.retry_cache.Insert(index, ordinal, record, &tx->rows());
  }
  state.retry_cache.EvictTo(state.limits.retry_cache_bytes, counters.log_time_millis, &tx->rows());
  return reply;
}

}  // namespace

class Namespace::Impl {
 public:
  explicit Impl(std::unique_ptr<State> state) : state_(std::move(state)) {}

  absl::Status Apply(const kv::View& view, uint64_t index, std::string_view payload,
                     kv::WriteBatch* batch, std::vector<Reply>* replies) {
    // All of the entry is decoded before any of it is applied.
    const absl::StatusOr<CommandBatch> commands = DecodeCommandBatch(payload);
    if (!commands.ok()) return commands.status();
    CountersRecord& counters = state_->counters;
    counters.wall = std::max(counters.wall, commands->wall);
    counters.log_time_millis += std::min(commands->elapsed_millis, kMaxElapsedMillis);

    Transaction tx(state_.get(), &view, batch);
    state_->retry_cache.Expire(counters.log_time_millis, state_->limits.retry_cache_millis,
                               &tx.rows());
    uint32_t ordinal = 0;
    for (const Command& command : commands->commands) {
      absl::StatusOr<Reply> reply = ApplyCommand(&tx, index, ordinal, command);
      if (!reply.ok()) return reply.status();
      replies->push_back(*std::move(reply));
      ++ordinal;
    }
    return tx.Finish();
  }

  absl::Status Read(const kv::View& view, const ReadRequest& request, Reply* reply) const {
    Directory* const root = state_->Root(request.ns);
    if (std::optional<Reply> refusal = RefuseReadUnderRecovery(state_->recovery)) {
      *reply = *std::move(refusal);
    } else if (root == nullptr) {
      *reply = Refuse(Code::kNoSuchNamespace, {std::to_string(request.ns)});
    } else if (std::holds_alternative<GetSafeMode>(request.query)) {
      *reply = jfs::ns::Answer(Truth{state_->counters.safe_mode});
    } else {
      const CallContext call{request.caller, root};
      absl::StatusOr<Reply> answer = std::visit(
          [&](const auto& query) -> absl::StatusOr<Reply> {
            if constexpr (requires { jfs::ns::Answer(*state_, view, call, query); }) {
              return jfs::ns::Answer(*state_, view, call, query);
            } else {
              return Refuse(Code::kNotSupportedYet, {"This call"});
            }
          },
          request.query);
      if (!answer.ok()) return answer.status();
      *reply = *std::move(answer);
    }
    reply->position = state_->position();
    return absl::OkStatus();
  }

  const State& state() const { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

Namespace::Namespace(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Namespace::~Namespace() = default;

absl::StatusOr<std::unique_ptr<Namespace>> Namespace::Open(const kv::View& view,
                                                           Mutations mutations) {
  absl::StatusOr<std::unique_ptr<State>> state = LoadState(view, mutations);
  if (!state.ok()) return state.status();
  return std::unique_ptr<Namespace>(new Namespace(std::make_unique<Impl>(*std::move(state))));
}

absl::Status Namespace::Apply(const kv::View& view, uint64_t index, std::string_view payload,
                              kv::WriteBatch* batch, std::vector<Reply>* replies) {
  return impl_->Apply(view, index, payload, batch, replies);
}

absl::Status Namespace::Read(const kv::View& view, const ReadRequest& request, Reply* reply) const {
  return impl_->Read(view, request, reply);
}

bool Namespace::anything_can_expire() const { return impl_->state().retry_cache.rows() > 0; }

bool Namespace::deletes_pending() const {
  const State& state = impl_->state();
  return !state.pending_deletes.empty() && state.recovery.state == RecoveryState::kNone;
}

Position Namespace::position() const { return impl_->state().position(); }

uint64_t Namespace::state_hash() const { return impl_->state().state_hash; }

Namespace::Totals Namespace::totals(NamespaceId ns) const {
  const Directory* const root = impl_->state().Root(ns);
  if (root == nullptr) return {};
  return {root->totals.directories, root->totals.files, root->totals.bytes};
}

std::vector<Namespace::NamespaceInfo> Namespace::namespaces() const {
  std::vector<NamespaceInfo> infos;
  for (const auto& [id, record] : impl_->state().namespaces) {
    infos.push_back({id, record.name, record.root});
  }
  return infos;
}

bool Namespace::has_namespaces() const { return !impl_->state().namespaces.empty(); }

std::optional<NamespaceId> Namespace::FindNamespace(std::string_view name) const {
  for (const auto& [id, record] : impl_->state().namespaces) {
    if (record.name == name) return id;
  }
  return std::nullopt;
}

std::vector<Namespace::LeaseInfo> Namespace::leases() const {
  std::vector<LeaseInfo> leases;
  const State& state = impl_->state();
  if (state.recovery.state != RecoveryState::kNone) return leases;
  for (const auto& [holder, lease] : state.open_files.leases()) {
    if (holder == kRecoveryHolder || !state.open_files.AnyLive(holder, state.tree)) continue;
    leases.push_back({holder, lease.id});
  }
  return leases;
}

bool Namespace::has_open_files() const {
  const State& state = impl_->state();
  return !state.open_files.files().empty() && state.recovery.state == RecoveryState::kNone;
}

bool Namespace::safe_mode() const { return impl_->state().counters.safe_mode; }

std::optional<Namespace::LeaseInfo> Namespace::LeaseOf(InodeId file) const {
  const OpenFiles::File* const open = impl_->state().open_files.Find(file);
  if (open == nullptr) return std::nullopt;
  return LeaseInfo{open->record.holder, open->record.lease};
}

absl::StatusOr<std::optional<Namespace::LeaseInfo>> Namespace::LeaseAt(
    const kv::View& view, NamespaceId ns, const std::string& path) const {
  const std::optional<LeaseInfo> none;
  const State& state = impl_->state();
  Directory* const root = state.Root(ns);
  if (root == nullptr || state.open_files.files().empty()) return none;
  const absl::StatusOr<std::optional<Resolved>> at = Locate(state, view, root, path);
  if (!at.ok()) return at.status();
  if (!at->has_value() || !(*at)->is_file() || !(*at)->file->record.file.open) return none;
  return LeaseOf((*at)->file->record.file.id);
}

Namespace::MirrorStatus Namespace::mirror() const {
  const Outbox& outbox = impl_->state().outbox;
  return {outbox.record(), outbox.rows(), outbox.bytes(), outbox.trim_pending()};
}

const RecoveryRecord& Namespace::recovery() const { return impl_->state().recovery; }

const SetLimits& Namespace::limits() const { return impl_->state().limits; }

Namespace::RetryCacheStatus Namespace::retry_cache() const {
  const RetryCache& cache = impl_->state().retry_cache;
  return {cache.rows(), cache.bytes(), cache.evicted_age_millis()};
}

}  // namespace jfs::ns
