#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "core/ns/open_file.h"
#include "core/ns/operations.h"
#include "core/ns/quota.h"
#include "core/ns/resolve.h"
#include "core/ns/tree_changes.h"

// The calls of a file's writer after create: its blocks, and the end.
namespace jfs::ns {
namespace {

// The file that a call means, if it is open for that client.
absl::StatusOr<FileAt> FindWritten(Transaction* tx, const CallContext& call,
                                   const std::string& path, InodeId id, const std::string& client,
                                   const char* operation, std::optional<Reply>* refused) {
  absl::StatusOr<FileAt> at = FindFile(tx, call, path, id, operation, refused);
  if (!at.ok() || *refused) return at;
  *refused = CheckLease(tx, *at, id, client);
  return at;
}

// What one more block does to the space in use: it counts as a full one from the beginning, and the
// one before no longer does.
QuotaChange ChangeOfAddBlock(const FileRecord& before, uint64_t committed_bytes) {
  const uint64_t after = before.length - before.open_block_bytes.value_or(0) + committed_bytes;
  QuotaChange change;
  change.freed_space = (before.charged_bytes() - after) * before.replication;
  change.space = SpaceOf(before.block_size, before.replication);
  return change;
}

}  // namespace

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const AddBlock& op) {
  std::optional<Reply> refused;
  const absl::StatusOr<FileAt> at =
      FindWritten(tx, call, op.path, op.file_id, op.client_name, "getAdditionalBlock", &refused);
  if (!at.ok()) return at.status();
  if (refused) return *refused;
  FileRecord file = at->file->record.file;

  const absl::StatusOr<std::optional<StoredBlock>> last = BlockFromEnd(tx, file, 1);
  if (!last.ok()) return last.status();
  // A file whose last block is complete and full may go on without naming it.
  const bool full = last->has_value() && !file.open_block_bytes &&
                    (*last)->block.bytes == file.block_size && !op.previous;
  if (!full && !SameBlock(op.previous, *last)) {
    const absl::StatusOr<std::optional<StoredBlock>> before = BlockFromEnd(tx, file, 2);
    if (!before.ok()) return before.status();
    if (!last->has_value() || !SameBlock(op.previous, *before)) {
      return Refuse(Code::kPreviousBlockMismatch,
                    {at->path, op.previous ? BlockText(*op.previous) : "null",
                     *last ? BlockText((*last)->block) : "null"});
    }
    // The client has not seen our answer: the block that it asks for is the one we gave it.
    if ((*last)->block.bytes != 0) {
      return Refuse(Code::kRetriedBlockHasBytes,
                    {BlockText((*last)->block), std::to_string((*last)->block.bytes)});
    }
    return Answer((*last)->block);
  }
  if (file.block_count >= tx->limits().max_blocks_per_file) {
    return Refuse(Code::kTooManyBlocks, {std::to_string(file.block_count),
                                         std::to_string(tx->limits().max_blocks_per_file)});
  }
  // Named as it was sent, wherever the file is by now.
  if (op.live_data_servers == 0) return Refuse(Code::kNoDataServers, {op.path});
  // Its length is no longer the writer's to say.
  if (file.recovering) return Refuse(Code::kBlockUnderRecovery, {BlockText((*last)->block)});
  const uint64_t committed = file.open_block_bytes ? op.previous->bytes : 0;
  refused = CheckQuota(tx->state(), at->parent, ChangeOfAddBlock(file, committed));
  if (refused) return *refused;

  if (file.open_block_bytes) CommitLastBlock(tx, &file, **last, committed);
  const Block block = tx->NewBlock();
  AddOpenBlock(tx, &file, block);
  UpdateFile(tx, at->parent, at->name, *at->file, file);
  return Answer(block);
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const AbandonBlock& op) {
  std::optional<Reply> refused;
  const absl::StatusOr<FileAt> at =
      FindWritten(tx, call, op.path, op.file_id, op.client_name, "abandonBlock", &refused);
  if (!at.ok()) return at.status();
  if (refused) return *refused;
  FileRecord file = at->file->record.file;
  const absl::StatusOr<std::optional<StoredBlock>> last = BlockFromEnd(tx, file, 1);
  if (!last.ok()) return last.status();
  if (!last->has_value() || (*last)->block.id != op.block.id) return Reply{};
  DropLastBlock(tx, &file, (*last)->block.bytes, (*last)->row_hash);
  // A recovery ends with the block that it is about.
  file.open_block_bytes.reset();
  file.recovering = false;
  file.truncated_block_bytes.reset();
  UpdateFile(tx, at->parent, at->name, *at->file, file);
  return Reply{};
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Fsync& op) {
  std::optional<Reply> refused;
  const absl::StatusOr<FileAt> at =
      FindWritten(tx, call, op.path, op.file_id, op.client_name, "fsync", &refused);
  if (!at.ok()) return at.status();
  if (refused) return *refused;
  if (op.last_block_length.value_or(0) == 0) return Reply{};
  FileRecord file = at->file->record.file;
  if (!file.open_block_bytes) return Refuse(Code::kNoOpenBlock, {at->path});
  const absl::StatusOr<std::optional<StoredBlock>> last = BlockFromEnd(tx, file, 1);
  if (!last.ok()) return last.status();
  CommitLastBlock(tx, &file, **last, *op.last_block_length);
  file.open_block_bytes = *op.last_block_length;
  UpdateFile(tx, at->parent, at->name, *at->file, file);
  return Reply{};
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Complete& op) {
  std::optional<Reply> refused;
  const absl::StatusOr<FileAt> at =
      FindWritten(tx, call, op.path, op.file_id, op.client_name, "completeFile", &refused);
  if (!at.ok()) return at.status();
  if (refused && refused->code != Code::kLeaseFileClosed) return *refused;
  FileRecord file = at->file->record.file;
  const absl::StatusOr<std::optional<StoredBlock>> last = BlockFromEnd(tx, file, 1);
  if (!last.ok()) return last.status();
  if (refused) {
    // Closed, and the client means the same last block: it has not seen our answer.
    if (SameBlock(op.last, *last)) return Answer(Truth{true});
    return *refused;
  }

  if (file.open_block_bytes) {
    // Without the last block's length the file is not finished: the client is to ask again.
    if (!op.last) return Answer(Truth{false});
    if (file.recovering) return Refuse(Code::kBlockUnderRecovery, {BlockText((*last)->block)});
    const Block& stored = (*last)->block;
    if (op.last->generation_stamp != stored.generation_stamp) {
      return Refuse(Code::kCommitStampMismatch, {BlockText(stored), BlockText(*op.last)});
    }
    if (op.last->id != stored.id) {
      return Refuse(Code::kCommitBlockMismatch,
                    {std::to_string(op.last->id), std::to_string(stored.id)});
    }
    CommitLastBlock(tx, &file, **last, op.last->bytes);
  }
  Close(&file, tx->wall());
  UpdateFile(tx, at->parent, at->name, *at->file, file);
  return Answer(Truth{true});
}

namespace {

// HDFS's checkUCBlock: the open file whose last block is that one, which `client` writes. A
// pipeline's calls name no path.
absl::StatusOr<FileAt> FindByBlock(Transaction* tx, const CallContext& call,
                                   const std::string& client, const Block& wanted,
                                   std::optional<StoredBlock>* block,
                                   std::optional<Reply>* refused) {
  for (const auto& [id, open] : tx->state().open_files.files()) {
    absl::StatusOr<std::optional<FileAt>> at = FindOpenFile(tx, id);
    if (!at.ok()) return at.status();
    if (!at->has_value() || !tx->tree().IsAtOrUnder((*at)->parent, call.root)) continue;
    const FileRecord& record = (*at)->file->record.file;
    if (!record.open_block_bytes) continue;
    const absl::StatusOr<std::optional<StoredBlock>> last = BlockFromEnd(tx, record, 1);
    if (!last.ok()) return last.status();
    if ((*last)->block.id != wanted.id) continue;
    if (record.recovering) {
      *refused = Refuse(Code::kBlockNotWritable, {BlockText(wanted)});
    } else if (record.holder != client) {
      *refused = Refuse(Code::kBlockOfOtherHolder, {BlockText(wanted), client});
    }
    *block = *last;
    return **std::move(at);
  }
  *refused = Refuse(Code::kBlockNotFound, {BlockText(wanted)});
  return FileAt();
}

}  // namespace

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call,
                              const UpdateBlockForPipeline& op) {
  std::optional<StoredBlock> stored;
  std::optional<Reply> refused;
  const absl::StatusOr<FileAt> at =
      FindByBlock(tx, call, op.client_name, op.block, &stored, &refused);
  if (!at.ok()) return at.status();
  if (refused) return *refused;
  // The stamp is given out now and becomes the block's with updatePipeline.
  Block block = op.block;
  block.generation_stamp = tx->NewGenerationStamp();
  return Answer(block);
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const UpdatePipeline& op) {
  std::optional<StoredBlock> stored;
  std::optional<Reply> refused;
  const absl::StatusOr<FileAt> at =
      FindByBlock(tx, call, op.client_name, op.old_block, &stored, &refused);
  if (!at.ok()) return at.status();
  if (refused) return *refused;
  const Block& old = stored->block;
  // Only a stamp that was given out, for this, and a length that the data servers have agreed on.
  if (op.new_block.id != old.id || op.new_block.generation_stamp <= old.generation_stamp ||
      op.new_block.generation_stamp > tx->LastGenerationStamp() || op.new_block.bytes < old.bytes) {
    return Refuse(Code::kPipelineMismatch,
                  {BlockText(op.old_block), std::to_string(old.bytes), BlockText(op.new_block),
                   std::to_string(op.new_block.bytes)});
  }
  FileRecord file = at->file->record.file;
  file.length += op.new_block.bytes - old.bytes;
  file.open_block_bytes = op.new_block.bytes;
  SetBlock(tx, &file, file.block_count - 1, op.new_block, stored->row_hash);
  UpdateFile(tx, at->parent, at->name, *at->file, file);
  return Reply{};
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const RecoverLease& op) {
  std::optional<Reply> refused;
  absl::StatusOr<FileAt> at =
      FindExistingFile(tx, call, op.path, "recoverLease", Access::kNone, &refused);
  if (!at.ok()) return at.status();
  if (refused) return *refused;
  const FileRecord& file = at->file->record.file;
  if (!file.open) return Answer(Truth{true});
  if (!call.caller.superuser && !Allows(call.caller, AttributesOf(file), Access::kWrite)) {
    return PermissionDenied(call.caller, Access::kWrite, at->path, AttributesOf(file));
  }
  const absl::StatusOr<bool> closed = ReleaseFromWriter(tx, *at, op.client_name);
  if (!closed.ok()) return closed.status();
  return Answer(Truth{*closed});
}

absl::Status ReleaseLeaseNow(Transaction* tx, const ReleaseLease& op) {
  const auto lease = tx->state().open_files.leases().find(op.holder);
  // The leader judged a lease that is over: its holder closed everything, and may have begun anew.
  const bool any_lease = tx->state().mutations.Has(Mutation::kN10ReleaseIgnoresIdentity);
  if (lease == tx->state().open_files.leases().end() ||
      (lease->second.id != op.lease && !any_lease)) {
    return absl::OkStatus();
  }
  // Copied: each release changes it. Files in unlinked directories are not there any more.
  const std::set<InodeId> files = lease->second.files;
  for (const InodeId id : files) {
    const absl::StatusOr<std::optional<FileAt>> at = FindOpenFile(tx, id);
    if (!at.ok()) return at.status();
    if (!at->has_value()) continue;
    const absl::StatusOr<bool> closed = ReleaseFromWriter(tx, **at, kRecoveryHolder);
    if (!closed.ok()) return closed.status();
  }
  return absl::OkStatus();
}

}  // namespace jfs::ns
