#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/ns/operations.h"
#include "core/ns/quota.h"
#include "core/ns/resolve.h"
#include "core/ns/tree_changes.h"

// Limits on a tree, and the number of copies, which counts against them.
namespace jfs::ns {
namespace {

// The four names that HDFS has for the one call.
const char* QuotaCommand(const SetQuota& op) {
  const bool no_names = op.names == SetQuota::kUnchanged;
  const bool no_space = op.space == SetQuota::kUnchanged;
  if (op.names == SetQuota::kReset && no_space) return "clearQuota";
  if (no_names && op.space == SetQuota::kReset) return "clearSpaceQuota";
  return no_space ? "setQuota" : "setSpaceQuota";
}

}  // namespace

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const SetQuota& op) {
  if (!call.caller.superuser) {
    return Refuse(Code::kSuperuserRequired, {call.caller.user, QuotaCommand(op)});
  }
  Resolved at;
  absl::StatusOr<std::optional<Reply>> stopped =
      Walk(tx->state(), tx->view(), call.caller, call.root, op.path, Purpose::kChange,
           QuotaCommand(op), &at);
  if (!stopped.ok()) return stopped.status();
  if (stopped->has_value()) return **std::move(stopped);
  if (op.names < SetQuota::kReset || op.space < SetQuota::kReset) {
    return Refuse(Code::kIllegalQuota, {std::to_string(op.names), std::to_string(op.space)});
  }
  if (!at.exists()) return Refuse(Code::kQuotaTargetNotFound, {at.path.text()});
  if (!at.is_directory()) return Refuse(Code::kQuotaTargetNotDirectory, {at.path.text()});

  Directory* const directory = at.directory();
  DirectoryFeatures features = directory->features();
  if (op.names != SetQuota::kUnchanged) features.name_quota = op.names;
  if (op.space != SetQuota::kUnchanged) features.space_quota = op.space;
  if (features == directory->features()) return Reply{};
  tx->tree().SetFeatures(directory, std::move(features));
  tx->Touch(directory);
  tx->MarkChanged();
  return Reply{};
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const SetReplication& op) {
  const SetLimits& limits = tx->limits();
  // As Java reads the field.
  const int64_t copies = static_cast<int16_t>(op.replication);
  const std::string asked = std::to_string(copies);
  if (copies > limits.max_replication) {
    return Refuse(Code::kNewReplicationTooLarge,
                  {asked, std::to_string(limits.max_replication), op.path});
  }
  if (copies < limits.min_replication) {
    return Refuse(Code::kNewReplicationTooSmall,
                  {asked, std::to_string(limits.min_replication), op.path});
  }
  Resolved at;
  absl::StatusOr<std::optional<Reply>> stopped =
      Walk(tx->state(), tx->view(), call.caller, call.root, op.path, Purpose::kChange,
           "setReplication", &at);
  if (!stopped.ok()) return stopped.status();
  if (stopped->has_value()) return **std::move(stopped);
  std::optional<Reply> refused = CheckAccess(call.caller, at, Access::kWrite);
  if (refused) return *refused;
  if (!at.is_file()) return Answer(Truth{false});

  const FileRecord& before = at.file->record.file;
  FileRecord file = before;
  const auto replication = static_cast<uint32_t>(copies);
  if (replication > file.replication) {
    QuotaChange change;
    change.space = SpaceOf(file.charged_bytes(), replication - file.replication);
    refused = CheckQuota(tx->state(), at.parent(), change);
    if (refused) return *refused;
  }
  file.replication = replication;
  UpdateFile(tx, at.parent(), at.path.last(), *at.file, file);
  if (tx->state().mutations.Has(Mutation::kN08ReplicationKeepsCharge)) {
    tx->tree().AddFiles(at.parent(), 0, 0,
                        file.charged_bytes() * (uint64_t{before.replication} - file.replication));
  }
  return Answer(Truth{true});
}

}  // namespace jfs::ns
