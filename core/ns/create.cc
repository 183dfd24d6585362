#include <optional>
#include <string>
#include <utility>

#include "core/ns/acl.h"
#include "core/ns/operations.h"
#include "core/ns/resolve.h"
#include "core/ns/tree_changes.h"

namespace jfs::ns {
namespace {

// Limits on a file's shape. HDFS checks them once the path itself is in order, but before an
// existing file matters.
std::optional<Reply> CheckShape(const SetLimits& limits, const std::string& path,
                                const std::string& client, uint32_t replication,
                                uint64_t block_size) {
  if (block_size < limits.min_block_size) {
    return Refuse(Code::kBlockSizeTooSmall,
                  {std::to_string(block_size), std::to_string(limits.min_block_size)});
  }
  if (replication > limits.max_replication) {
    return Refuse(
        Code::kReplicationTooLarge,
        {std::to_string(replication), std::to_string(limits.max_replication), path, client});
  }
  if (replication < limits.min_replication) {
    return Refuse(
        Code::kReplicationTooSmall,
        {std::to_string(replication), std::to_string(limits.min_replication), path, client});
  }
  return std::nullopt;
}

// Missing directories on the way to a new file take the permission of the one above them.
void MakeParents(Transaction* tx, const Caller& caller, Resolved* at) {
  const auto mode = static_cast<uint16_t>((at->directory()->mode & 0777) | 0300);
  MakeDirectories(tx, at, at->path.depth() - 1, mode, mode, std::nullopt, caller.user);
}

void SetModeAndAcl(const Directory& parent, uint16_t mode, std::optional<uint16_t> unmasked,
                   FileRecord* file) {
  if (unmasked) *unmasked &= 01777;
  KeptAcl acl = InheritedAcl(parent.features().acl, mode & 01777, unmasked, /*directory=*/false);
  file->mode = acl.mode;
  file->acl = std::move(acl.entries);
}

Reply RefuseExisting(const Caller& caller, const Create& op, const Resolved& at) {
  const FileRecord& file = at.file->record.file;
  if (!file.open) return Refuse(Code::kFileExists, {at.path.text(), caller.address});
  if (file.holder == op.client_name) {
    return Refuse(Code::kAlreadyLeaseHolder, {at.path.text(), op.client_name, caller.address});
  }
  return Refuse(Code::kAlreadyBeingCreated,
                {at.path.text(), op.client_name, caller.address, file.holder, file.holder_address});
}

}  // namespace

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Create& op) {
  ParsedPath parsed = ParseNewPath(op.path, "create", tx->limits());
  if (parsed.refused) return *parsed.refused;
  absl::StatusOr<Resolved> at = Resolve(tx->view(), call.root, std::move(parsed.path));
  if (!at.ok()) return at.status();

  const bool overwrite = (op.flags & Create::kOverwrite) != 0;
  std::optional<Reply> refused = CheckTraverse(call.caller, *at, /*creating=*/true);
  if (refused) return *refused;
  refused = CheckAncestorWrite(call.caller, *at);
  if (refused) return *refused;
  if (at->is_directory()) return Refuse(Code::kExistsAsDirectory, {at->path.text()});
  if (at->is_file()) {
    if (overwrite) refused = CheckAccess(call.caller, *at, Access::kWrite);
    if (refused) return *refused;
  } else {
    if (!op.create_parent) refused = CheckParentExists(*at);
    if (refused) return *refused;
    if ((op.flags & Create::kCreate) == 0)
      return Refuse(Code::kOverwriteNotFound, {at->path.text()});
  }
  refused =
      CheckShape(tx->limits(), at->path.text(), op.client_name, op.replication, op.block_size);
  if (refused) return *refused;
  if (at->is_file()) {
    if (!overwrite) return RefuseExisting(call.caller, op, *at);
  } else {
    refused = CheckNewNames(tx->limits(), *at);
    if (refused) return *refused;
  }

  if (at->is_file()) {
    RemoveFile(tx, at->parent(), at->path.last(), *at->file);
  } else {
    MakeParents(tx, call.caller, &*at);
  }
  Directory* const parent = at->parent();
  FileRecord file;
  file.id = tx->NewInodeId();
  SetModeAndAcl(*parent, op.mode, op.unmasked, &file);
  file.owner = call.caller.user;
  file.group = *parent->group;
  file.mtime = tx->wall();
  file.atime = tx->wall();
  file.replication = op.replication;
  file.block_size = op.block_size;
  file.open = true;
  file.holder = op.client_name;
  file.holder_address = call.caller.address;
  AddFile(tx, parent, at->path.last(), file);
  return Answer(StatusOf(file));
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const ImportFile& op) {
  ParsedPath parsed = ParseNewPath(op.path, "create", tx->limits());
  if (parsed.refused) return *parsed.refused;
  std::optional<Reply> refused =
      CheckShape(tx->limits(), parsed.path.text(), "import", op.replication, op.block_size);
  if (refused) return *refused;
  // The lower limit may be 0, but a file has to be cut into blocks of some size.
  if (op.block_size == 0) return Refuse(Code::kBlockSizeTooSmall, {"0", "1"});
  const uint64_t blocks = op.length / op.block_size + (op.length % op.block_size != 0 ? 1 : 0);
  if (blocks > tx->limits().max_blocks_per_file) {
    return Refuse(Code::kTooManyBlocks,
                  {std::to_string(blocks), std::to_string(tx->limits().max_blocks_per_file)});
  }
  absl::StatusOr<Resolved> at = Resolve(tx->view(), call.root, std::move(parsed.path));
  if (!at.ok()) return at.status();

  const Caller& caller = call.caller;
  refused = CheckTraverse(caller, *at, /*creating=*/true);
  if (refused) return *refused;
  refused = CheckAncestorWrite(caller, *at);
  if (refused) return *refused;
  if (at->is_directory()) return Refuse(Code::kExistsAsDirectory, {at->path.text()});
  if (at->is_file()) return Refuse(Code::kFileExists, {at->path.text(), caller.address});
  if (!caller.superuser) {
    if (!op.user.empty() && op.user != caller.user) {
      return Refuse(Code::kOwnerChangeDenied, {caller.user});
    }
    if (!op.group.empty() && !IsInGroup(caller, op.group)) {
      return Refuse(Code::kNotInGroup, {caller.user, op.group});
    }
  }
  refused = CheckNewNames(tx->limits(), *at);
  if (refused) return *refused;

  MakeParents(tx, caller, &*at);
  Directory* const parent = at->parent();
  FileRecord file;
  file.id = tx->NewInodeId();
  SetModeAndAcl(*parent, op.mode, std::nullopt, &file);
  file.owner = op.user.empty() ? caller.user : op.user;
  file.group = op.group.empty() ? *parent->group : op.group;
  file.mtime = op.mtime;
  file.atime = op.atime;
  file.replication = op.replication;
  file.block_size = op.block_size;
  file.length = op.length;
  file.block_count = blocks;
  for (uint64_t i = 0; i < blocks; ++i) {
    Block block = tx->NewBlock();
    block.bytes = i + 1 < blocks ? op.block_size : op.length - i * op.block_size;
    SetBlock(tx, &file, i, block, 0);
  }
  AddFile(tx, parent, at->path.last(), file);
  return Answer(StatusOf(file));
}

}  // namespace jfs::ns
