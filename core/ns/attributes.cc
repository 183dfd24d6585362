#include <optional>
#include <utility>
#include <variant>

#include "core/ns/acl.h"
#include "core/ns/operations.h"
#include "core/ns/resolve.h"
#include "core/ns/tree_changes.h"

namespace jfs::ns {
namespace {

// The walk and the owner check that all calls here but setTimes share.
absl::StatusOr<std::optional<Reply>> ResolveOwned(Transaction* tx, const CallContext& call,
                                                  const std::string& raw, const char* operation,
                                                  Resolved* at) {
  absl::StatusOr<std::optional<Reply>> refused =
      Walk(tx->state(), tx->view(), call.caller, call.root, raw, Purpose::kChange, operation, at);
  if (!refused.ok() || refused->has_value()) return refused;
  if (!at->exists()) {
    return std::optional<Reply>(Refuse(Code::kAttributeTargetNotFound, {at->path.text()}));
  }
  return CheckOwner(call.caller, *at);
}

// Attributes of files and directories lie in different rows; a change that changes nothing writes
// nothing.
template <typename OnDirectory, typename OnFile>
void Change(Transaction* tx, const Resolved& at, const OnDirectory& on_directory,
            const OnFile& on_file) {
  if (at.is_file()) {
    FileRecord file = at.file->record.file;
    on_file(&file);
    UpdateFile(tx, at.parent(), at.path.last(), *at.file, file);
    return;
  }
  Directory* const directory = at.directory();
  const DirectoryRecord before = directory->Record();
  on_directory(directory);
  if (directory->Record() == before) return;
  tx->Touch(directory);
  tx->MarkChanged();
}

// `change` makes an AclOutcome of an AclSubject.
template <typename ChangeAcl>
absl::StatusOr<Reply> ExecuteAcl(Transaction* tx, const CallContext& call, const std::string& path,
                                 const char* operation, const ChangeAcl& change) {
  Resolved at;
  const absl::StatusOr<std::optional<Reply>> refused = ResolveOwned(tx, call, path, operation, &at);
  if (!refused.ok()) return refused.status();
  if (refused->has_value()) return **refused;
  const Attributes inode = at.attributes();
  AclSubject subject;
  subject.acl = {inode.mode, {inode.acl.begin(), inode.acl.end()}};
  subject.directory = inode.directory;
  subject.path = at.path.text();
  AclOutcome outcome = change(subject);
  if (Reply* const reply = std::get_if<Reply>(&outcome)) return std::move(*reply);
  const KeptAcl& acl = std::get<KeptAcl>(outcome);
  Change(
      tx, at,
      [&](Directory* directory) {
        tx->tree().SetMode(directory, acl.mode);
        DirectoryFeatures features = directory->features();
        features.acl = acl.entries;
        tx->tree().SetFeatures(directory, std::move(features));
      },
      [&](FileRecord* file) {
        file->mode = acl.mode;
        file->acl = acl.entries;
      });
  return Reply{};
}

}  // namespace

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const SetTimes& op) {
  Resolved at;
  absl::StatusOr<std::optional<Reply>> stopped = Walk(
      tx->state(), tx->view(), call.caller, call.root, op.path, Purpose::kChange, "setTimes", &at);
  if (!stopped.ok()) return stopped.status();
  if (stopped->has_value()) return **std::move(stopped);
  const std::optional<Reply> refused = CheckAccess(call.caller, at, Access::kWrite);
  if (refused) return *refused;
  if (!at.exists()) return Refuse(Code::kTimesTargetNotFound, {at.path.text()});
  const auto set = [&op](auto* inode) {
    if (op.mtime) inode->mtime = *op.mtime;
    if (op.atime) inode->atime = *op.atime;
  };
  Change(tx, at, set, set);
  return Reply{};
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const SetAccessTime& op) {
  const absl::StatusOr<std::optional<Resolved>> found =
      Locate(tx->state(), tx->view(), call.root, op.path);
  if (!found.ok()) return found.status();
  if (!found->has_value()) return Reply{};
  const Resolved& at = **found;
  if (!at.is_file() || at.file->record.file.id != op.file_id) return Reply{};
  FileRecord file = at.file->record.file;
  // Several readers may have been proposed before the first of them was applied.
  const uint64_t precision = tx->limits().access_time_precision_millis;
  if (precision == 0 || tx->wall().value <= file.atime.value + precision) return Reply{};
  file.atime = tx->wall();
  UpdateFile(tx, at.parent(), at.path.last(), *at.file, file);
  return Reply{};
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const SetPermission& op) {
  const std::optional<Reply> reserved = CheckNotReservedDirectory(op.path);
  if (reserved) return *reserved;
  Resolved at;
  const absl::StatusOr<std::optional<Reply>> refused =
      ResolveOwned(tx, call, op.path, "setPermission", &at);
  if (!refused.ok()) return refused.status();
  if (refused->has_value()) return **refused;
  // An ACL stays: the group's bits are its mask, which is thus set.
  const auto mode = static_cast<uint16_t>(op.mode & 01777);
  Change(
      tx, at, [&](Directory* directory) { tx->tree().SetMode(directory, mode); },
      [&](FileRecord* file) { file->mode = mode; });
  return Reply{};
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const SetOwner& op) {
  const std::optional<Reply> reserved = CheckNotReservedDirectory(op.path);
  if (reserved) return *reserved;
  Resolved at;
  const absl::StatusOr<std::optional<Reply>> refused =
      ResolveOwned(tx, call, op.path, "setOwner", &at);
  if (!refused.ok()) return refused.status();
  if (refused->has_value()) return **refused;
  if (!call.caller.superuser) {
    if (op.user.has_value() && *op.user != call.caller.user) {
      return Refuse(Code::kOwnerChangeDenied, {call.caller.user});
    }
    if (op.group.has_value() && !IsInGroup(call.caller, *op.group)) {
      return Refuse(Code::kNotInGroup, {call.caller.user, *op.group});
    }
  }
  Change(
      tx, at,
      [&](Directory* directory) {
        if (op.user) tx->tree().SetOwner(directory, *op.user);
        if (op.group) tx->tree().SetGroup(directory, *op.group);
      },
      [&](FileRecord* file) {
        if (op.user) file->owner = *op.user;
        if (op.group) file->group = *op.group;
      });
  return Reply{};
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call,
                              const ModifyAclEntries& op) {
  return ExecuteAcl(tx, call, op.path, "modifyAclEntries",
                    [&op](const AclSubject& inode) { return ModifyAcl(inode, op.entries); });
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call,
                              const RemoveAclEntries& op) {
  return ExecuteAcl(tx, call, op.path, "removeAclEntries",
                    [&op](const AclSubject& inode) { return RemoveFromAcl(inode, op.entries); });
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call,
                              const RemoveDefaultAcl& op) {
  return ExecuteAcl(tx, call, op.path, "removeDefaultAcl", [](const AclSubject& inode) {
    return AclOutcome(WithoutDefaultAcl(inode.acl));
  });
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const RemoveAcl& op) {
  return ExecuteAcl(tx, call, op.path, "removeAcl",
                    [](const AclSubject& inode) { return AclOutcome(WithoutAcl(inode.acl)); });
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const SetAcl& op) {
  return ExecuteAcl(tx, call, op.path, "setAcl",
                    [&op](const AclSubject& inode) { return ReplaceAcl(inode, op.entries); });
}

}  // namespace jfs::ns
