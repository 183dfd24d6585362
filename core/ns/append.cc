#include <optional>
#include <utility>

#include "core/ns/open_file.h"
#include "core/ns/operations.h"
#include "core/ns/quota.h"
#include "core/ns/resolve.h"
#include "core/ns/tree_changes.h"

// Opening a file that exists: for writing at its end, or to cut it.
namespace jfs::ns {
namespace {

// Where the last block begins that does not begin behind `offset`. REQUIRES: offset < file.length.
absl::StatusOr<uint64_t> StartOfBlockAt(Transaction* tx, const FileRecord& file, uint64_t offset) {
  uint64_t start = file.length;
  for (uint64_t back = 1; start > offset; ++back) {
    const absl::StatusOr<std::optional<StoredBlock>> block = BlockFromEnd(tx, file, back);
    if (!block.ok()) return block.status();
    start -= (*block)->block.bytes;
  }
  return start;
}

// With what two planted bugs make of an ACL. A file's group bits are then its mask.
bool MayWrite(const State& state, const Caller& caller, Attributes inode) {
  if (caller.superuser) return true;
  if (!inode.acl.empty()) {
    if (state.mutations.Has(Mutation::kN19AclMaskIgnored)) inode.mode |= 0070;
    const bool others = (inode.mode & 0002) != 0;
    if (others && state.mutations.Has(Mutation::kN20AclFallsThrough)) return true;
  }
  return Allows(caller, inode, Access::kWrite);
}

}  // namespace

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Append& op) {
  std::optional<Reply> refused;
  absl::StatusOr<FileAt> at =
      FindExistingFile(tx, call, op.path, "append", Access::kNone, &refused);
  if (!at.ok()) return at.status();
  if (refused && refused->code == Code::kNotAFile) {
    return Refuse(Code::kAppendToDirectory, {at->path});
  }
  if (refused && refused->code == Code::kFileNotFound) {
    return Refuse(Code::kAppendNotFound, {at->path, call.caller.address});
  }
  if (refused) return *refused;
  const Attributes inode = AttributesOf(at->file->record.file);
  if (!MayWrite(tx->state(), call.caller, inode)) {
    return PermissionDenied(call.caller, Access::kWrite, at->path, inode);
  }
  absl::StatusOr<std::optional<Reply>> taken =
      TakeFromWriter(tx, call.caller, "APPEND_FILE", op.client_name, op.expired_lease, &*at);
  if (!taken.ok()) return taken.status();
  if (taken->has_value()) return **std::move(taken);

  FileRecord file = at->file->record.file;
  const absl::StatusOr<std::optional<StoredBlock>> last = BlockFromEnd(tx, file, 1);
  if (!last.ok()) return last.status();
  AppendPoint point;
  const bool into_last = last->has_value() && (*last)->block.bytes != file.block_size;
  if (into_last && (*last)->block.bytes < file.block_size) {
    // Asked for a new block as well, as HDFS does.
    QuotaChange change;
    change.space = SpaceOf(file.block_size - (*last)->block.bytes, file.replication);
    refused = CheckQuota(tx->state(), at->parent, change);
    if (refused) return *refused;
  }
  if (into_last && !op.new_block) file.open_block_bytes = (*last)->block.bytes;
  // In a new block the writer goes on as well from the last one, which it names as `previous`.
  if (last->has_value() && (into_last || op.new_block)) {
    point.last_block = (*last)->block;
    point.offset = file.length - (*last)->block.bytes;
  }
  Open(&file, op.client_name, call.caller.address);
  UpdateFile(tx, at->parent, at->name, *at->file, file);
  point.status = StatusOf(file);
  return Answer(std::move(point));
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Truncate& op) {
  std::optional<Reply> refused;
  absl::StatusOr<FileAt> at =
      FindExistingFile(tx, call, op.path, "truncate", Access::kWrite, &refused);
  if (!at.ok()) return at.status();
  if (refused) return *refused;
  {
    // A client that has not seen our answer asks for the same once more.
    const FileRecord& file = at->file->record.file;
    if (file.truncated_block_bytes) {
      const uint64_t under_way = file.length - *file.open_block_bytes + *file.truncated_block_bytes;
      if (op.new_length == under_way) return Answer(Truth{false});
      return Refuse(Code::kBeingTruncated, {at->path, op.client_name, call.caller.address});
    }
  }
  absl::StatusOr<std::optional<Reply>> taken =
      TakeFromWriter(tx, call.caller, "TRUNCATE_FILE", op.client_name, op.expired_lease, &*at);
  if (!taken.ok()) return taken.status();
  if (taken->has_value()) return **std::move(taken);

  FileRecord file = at->file->record.file;
  if (op.new_length == file.length) return Answer(Truth{true});
  if (op.new_length > file.length) {
    return Refuse(Code::kTruncateTooLarge,
                  {std::to_string(file.length), std::to_string(op.new_length)});
  }
  // A block that is cut inside counts as a full one from then on.
  const absl::StatusOr<uint64_t> start = StartOfBlockAt(tx, file, op.new_length);
  if (!start.ok()) return start.status();
  if (*start<op.new_length&& * start + file.block_size> file.length) {
    QuotaChange change;
    change.space = SpaceOf(*start + file.block_size - file.length, file.replication);
    refused = CheckQuota(tx->state(), at->parent, change);
    if (refused) return *refused;
  }
  file.mtime = tx->wall();
  for (;;) {
    const absl::StatusOr<std::optional<StoredBlock>> last = BlockFromEnd(tx, file, 1);
    if (!last.ok()) return last.status();
    const uint64_t bytes = (*last)->block.bytes;
    const uint64_t start = file.length - bytes;
    if (start < op.new_length) {
      // Only data servers can cut a block: the file stays open until they have.
      Open(&file, op.client_name, call.caller.address);
      file.open_block_bytes = bytes;
      file.recovering = true;
      file.truncated_block_bytes = op.new_length - start;
      break;
    }
    DropLastBlock(tx, &file, bytes, (*last)->row_hash);
    if (file.length == op.new_length) break;
  }
  UpdateFile(tx, at->parent, at->name, *at->file, file);
  return Answer(Truth{!file.recovering});
}

}  // namespace jfs::ns
