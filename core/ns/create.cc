#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/ns/acl.h"
#include "core/ns/open_file.h"
#include "core/ns/operations.h"
#include "core/ns/path.h"
#include "core/ns/quota.h"
#include "core/ns/resolve.h"
#include "core/ns/tree_changes.h"

namespace jfs::ns {
namespace {

// As Java reads the field.
uint32_t CopiesOf(uint32_t replication) {
  return static_cast<uint32_t>(static_cast<int16_t>(replication));
}

// Limits on a file's shape. HDFS checks them once the path itself is in order, but before an
// existing file matters.
std::optional<Reply> CheckShape(const SetLimits& limits, const std::string& path,
                                const std::string& client, uint32_t replication,
                                uint64_t block_size) {
  // Both numbers as Java reads the fields: what is too big for them is negative.
  const auto size = static_cast<int64_t>(block_size);
  if (size < 0 || block_size < limits.min_block_size) {
    return Refuse(Code::kBlockSizeTooSmall,
                  {std::to_string(size), std::to_string(limits.min_block_size)});
  }
  const int64_t copies = static_cast<int16_t>(replication);
  if (copies > limits.max_replication) {
    return Refuse(Code::kReplicationTooLarge,
                  {std::to_string(copies), std::to_string(limits.max_replication), path, client});
  }
  if (copies < limits.min_replication) {
    return Refuse(Code::kReplicationTooSmall,
                  {std::to_string(copies), std::to_string(limits.min_replication), path, client});
  }
  return std::nullopt;
}

// Makes room for a new file at the path: missing directories, which take the permission of the one
// above them, and then the limits and quotas for the file itself.
std::optional<Reply> MakeParents(Transaction* tx, const Caller& caller, Resolved* at,
                                 const QuotaChange& change) {
  const auto mode = static_cast<uint16_t>((at->directory()->mode & 0777) | 0300);
  std::optional<Reply> refused =
      MakeDirectories(tx, at, at->path.depth() - 1, mode, mode, std::nullopt, caller.user);
  if (refused) return refused;
  refused = CheckNewName(tx->limits(), at->path, at->path.depth() - 1, at->parent());
  if (refused) return refused;
  return CheckQuota(tx->state(), at->parent(), change);
}

void SetModeAndAcl(const Directory& parent, uint16_t mode, std::optional<uint16_t> unmasked,
                   FileRecord* file) {
  if (unmasked) *unmasked &= 01777;
  KeptAcl acl = InheritedAcl(parent.features().acl, mode & 01777, unmasked, /*directory=*/false);
  file->mode = acl.mode;
  file->acl = std::move(acl.entries);
}

// What HDFS says of a path before it looks at the tree; prefixes as it compares them.
std::optional<Reply> CheckCreatable(const std::string& raw) {
  const auto begins = [&raw](std::string_view with) {
    return std::string_view(raw).substr(0, with.size()) == with;
  };
  const bool reserved =
      raw == "/.reserved" ||
      (begins("/.reserved/") && !begins("/.reserved/raw") && !begins("/.reserved/.inodes"));
  if (IsValidNewPath(raw) && !reserved) return std::nullopt;
  return Refuse(Code::kInvalidPath, {raw});
}

// Somebody may be writing the file that is in the way; if the leader found that writer gone, the
// file is closed, but still there.
absl::StatusOr<Reply> RefuseExisting(Transaction* tx, const Caller& caller, const Create& op,
                                     Resolved* at) {
  FileAt file = FileOf(*at);
  absl::StatusOr<std::optional<Reply>> taken =
      TakeFromWriter(tx, caller, "CREATE_FILE", op.client_name, op.expired_lease, &file);
  if (!taken.ok()) return taken.status();
  if (taken->has_value()) return **std::move(taken);
  return Refuse(Code::kFileExists, {at->path.text(), caller.address});
}

}  // namespace

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Create& op) {
  std::optional<Reply> refused = CheckPathLength(op.path, "create", tx->limits());
  if (!refused) refused = CheckCreatable(op.path);
  if (refused) return *refused;
  Resolved at;
  absl::StatusOr<std::optional<Reply>> stopped = Walk(
      tx->state(), tx->view(), call.caller, call.root, op.path, Purpose::kCreate, "create", &at);
  if (!stopped.ok()) return stopped.status();
  if (stopped->has_value()) return **std::move(stopped);

  const bool overwrite = (op.flags & Create::kOverwrite) != 0;
  refused = CheckAncestorWrite(call.caller, at);
  if (refused) return *refused;
  if (at.is_directory()) return Refuse(Code::kExistsAsDirectory, {at.path.text()});
  if (at.is_file()) {
    if (overwrite) refused = CheckAccess(call.caller, at, Access::kWrite);
    if (refused) return *refused;
  } else {
    if (!op.create_parent) refused = CheckParentExists(at);
    if (refused) return *refused;
    if ((op.flags & Create::kCreate) == 0)
      return Refuse(Code::kOverwriteNotFound, {at.path.text()});
  }
  refused =
      CheckShape(tx->limits(), at.path.text(), call.caller.address, op.replication, op.block_size);
  if (refused) return *refused;
  if (at.is_file() && !overwrite) return RefuseExisting(tx, call.caller, op, &at);

  if (at.is_file()) {
    // The old file is gone when the new one is counted. HDFS removes it even if the new one is then
    // refused; here a refused call leaves it alone.
    const FileRecord& old = at.file->record.file;
    QuotaChange change{.names = 1, .freed_names = 1};
    change.freed_space = old.charged_bytes() * old.replication;
    refused = CheckQuota(tx->state(), at.parent(), change);
    if (refused) return *refused;
    if (tx->state().mutations.Has(Mutation::kN14OverwriteLeavesLease)) {
      at.file->record.file.open = false;
    }
    RemoveFile(tx, at.parent(), at.path.last(), *at.file);
  } else {
    refused = MakeParents(tx, call.caller, &at, {.names = 1});
    if (refused) return *refused;
  }
  Directory* const parent = at.parent();
  FileRecord file;
  file.id = tx->NewInodeId();
  SetModeAndAcl(*parent, op.mode, op.unmasked, &file);
  file.owner = call.caller.user;
  file.group = *parent->group;
  file.mtime = tx->wall();
  file.atime = tx->wall();
  file.replication = CopiesOf(op.replication);
  file.block_size = op.block_size;
  file.open = true;
  file.holder = op.client_name;
  file.holder_address = call.caller.address;
  AddFile(tx, parent, at.path.last(), file);
  return Answer(StatusOf(file));
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const ImportFile& op) {
  std::optional<Reply> refused = CheckPathLength(op.path, "create", tx->limits());
  if (!refused) refused = CheckCreatable(op.path);
  if (!refused) {
    refused = CheckShape(tx->limits(), op.path, "import", op.replication, op.block_size);
  }
  if (refused) return *refused;
  // The lower limit may be 0, but a file has to be cut into blocks of some size.
  if (op.block_size == 0) return Refuse(Code::kBlockSizeTooSmall, {"0", "1"});
  const uint64_t blocks = op.length / op.block_size + (op.length % op.block_size != 0 ? 1 : 0);
  if (blocks > tx->limits().max_blocks_per_file) {
    return Refuse(Code::kTooManyBlocks,
                  {std::to_string(blocks), std::to_string(tx->limits().max_blocks_per_file)});
  }
  if (SpaceOf(op.length, CopiesOf(op.replication)) == INT64_MAX) {
    return Refuse(Code::kSpaceUncountable, {});
  }
  const Caller& caller = call.caller;
  Resolved at;
  absl::StatusOr<std::optional<Reply>> stopped =
      Walk(tx->state(), tx->view(), caller, call.root, op.path, Purpose::kCreate, "create", &at);
  if (!stopped.ok()) return stopped.status();
  if (stopped->has_value()) return **std::move(stopped);
  refused = CheckAncestorWrite(caller, at);
  if (refused) return *refused;
  if (at.is_directory()) return Refuse(Code::kExistsAsDirectory, {at.path.text()});
  if (at.is_file()) return Refuse(Code::kFileExists, {at.path.text(), caller.address});
  if (!caller.superuser) {
    if (!op.user.empty() && op.user != caller.user) {
      return Refuse(Code::kOwnerChangeDenied, {caller.user});
    }
    if (!op.group.empty() && !IsInGroup(caller, op.group)) {
      return Refuse(Code::kNotInGroup, {caller.user, op.group});
    }
  }
  refused = MakeParents(tx, caller, &at,
                        {.names = 1, .space = SpaceOf(op.length, CopiesOf(op.replication))});
  if (refused) return *refused;
  Directory* const parent = at.parent();
  FileRecord file;
  file.id = tx->NewInodeId();
  SetModeAndAcl(*parent, op.mode, std::nullopt, &file);
  file.owner = op.user.empty() ? caller.user : op.user;
  file.group = op.group.empty() ? *parent->group : op.group;
  file.mtime = op.mtime;
  file.atime = op.atime;
  file.replication = CopiesOf(op.replication);
  file.block_size = op.block_size;
  file.length = op.length;
  file.block_count = blocks;
  for (uint64_t i = 0; i < blocks; ++i) {
    Block block = tx->NewBlock();
    block.bytes = i + 1 < blocks ? op.block_size : op.length - i * op.block_size;
    SetBlock(tx, &file, i, block, 0);
  }
  AddFile(tx, parent, at.path.last(), file);
  return Answer(StatusOf(file));
}

}  // namespace jfs::ns
