#include <optional>
#include <string>
#include <utility>

#include "core/ns/keys.h"
#include "core/ns/operations.h"
#include "core/ns/resolve.h"
#include "core/ns/tree_changes.h"

// The calls of a file's writer after create: addBlock and complete.
namespace jfs::ns {
namespace {

// The file that a writer means: by id if it gives one, because the file may have been renamed
// meanwhile.
struct Target {
  std::string path;  // where it is now; as given if there is nothing
  Directory* parent = nullptr;
  std::string name;
  std::optional<EntryRow> file;
  bool is_directory = false;
};

absl::StatusOr<std::optional<Target>> FindOpenFile(Transaction* tx, const CallContext& call,
                                                   InodeId id) {
  std::optional<Target> target;
  const OpenFiles::File* const open = tx->state().open_files.Find(id);
  if (open == nullptr) return target;
  Directory* const parent = tx->tree().Find(open->record.directory);
  // The entry is still there while an unlinked subtree waits for FinishDeletes, but the file is
  // gone.
  if (parent == nullptr || !tx->tree().IsLive(parent) ||
      !tx->tree().IsAtOrUnder(parent, call.root)) {
    return target;
  }
  absl::StatusOr<std::optional<EntryRow>> row =
      ReadEntry(tx->view(), parent->id, open->record.name);
  if (!row.ok()) return row.status();
  if (!row->has_value() || (*row)->record.file.id != id) {
    return DamagedRow(EntryKey(parent->id, open->record.name));
  }
  target.emplace();
  target->path = parent->root_of != 0 ? "/" : tx->tree().PathOf(parent) + "/";
  target->path += open->record.name;
  target->parent = parent;
  target->name = open->record.name;
  target->file = *std::move(*row);
  return target;
}

// `refused` is set for a path that cannot be walked. Closed files have no index by id: one that is
// named by id is found if it is still at its path.
absl::StatusOr<Target> FindTarget(Transaction* tx, const CallContext& call, const std::string& raw,
                                  InodeId id, std::optional<Reply>* refused) {
  if (id != 0) {
    absl::StatusOr<std::optional<Target>> open = FindOpenFile(tx, call, id);
    if (!open.ok()) return open.status();
    if (open->has_value()) return **std::move(open);
  }
  Target target;
  ParsedPath parsed = ParsePath(raw);
  if (parsed.refused) {
    *refused = std::move(parsed.refused);
    return target;
  }
  absl::StatusOr<Resolved> at = Resolve(tx->view(), call.root, std::move(parsed.path));
  if (!at.ok()) return at.status();
  target.path = at->path.text();
  if (id == 0) {
    *refused = CheckTraverse(call.caller, *at, /*creating=*/false);
    if (*refused) return target;
  } else if (!at->exists() ||
             (at->is_file() ? at->file->record.file.id : at->directory()->id) != id) {
    return target;
  }
  target.is_directory = at->is_directory();
  if (at->is_file()) {
    target.parent = at->parent();
    target.name = std::string(at->path.last());
    target.file = std::move(at->file);
  }
  return target;
}

// HDFS's checkLease: the file is there, open, and written by this client.
std::optional<Reply> CheckLease(Transaction* tx, const Target& target, InodeId given_id,
                                const std::string& client) {
  Code code = Code::kOk;
  if (target.is_directory) {
    code = Code::kLeaseNotFile;
  } else if (!target.file.has_value()) {
    code = Code::kLeaseFileNotFound;
  } else if (!target.file->record.file.open) {
    code = Code::kLeaseFileClosed;
  } else if (target.file->record.file.holder != client) {
    code = Code::kLeaseNotOwner;
  }
  if (code == Code::kOk) return std::nullopt;
  Reply reply =
      Refuse(code, {target.path, std::to_string(given_id), client,
                    std::to_string(tx->state().open_files.CountLive(client, tx->state().tree))});
  if (code == Code::kLeaseNotOwner) reply.arguments.push_back(target.file->record.file.holder);
  return reply;
}

struct StoredBlock {
  Block block;
  uint64_t row_hash = 0;
};

// Block `back` places before the end (1: the last); unset if there are fewer.
absl::StatusOr<std::optional<StoredBlock>> BlockFromEnd(Transaction* tx, const FileRecord& file,
                                                        uint64_t back) {
  std::optional<StoredBlock> stored;
  if (file.block_count < back) return stored;
  stored.emplace();
  const absl::StatusOr<Block> block =
      ReadBlock(tx->view(), file, file.block_count - back, &stored->row_hash);
  if (!block.ok()) return block.status();
  stored->block = *block;
  return stored;
}

bool Matches(const std::optional<Block>& given, const std::optional<StoredBlock>& stored) {
  if (!given || !stored) return !given && !stored;
  return given->id == stored->block.id && given->generation_stamp == stored->block.generation_stamp;
}

std::string BlockText(const Block& block) {
  return "blk_" + std::to_string(block.id) + "_" + std::to_string(block.generation_stamp);
}

// The client knows the final length of what it has written.
void Commit(Transaction* tx, FileRecord* file, const StoredBlock& last, uint64_t bytes) {
  if (last.block.bytes == bytes) return;
  Block block = last.block;
  block.bytes = bytes;
  file->length += bytes - last.block.bytes;
  SetBlock(tx, file, file->block_count - 1, block, last.row_hash);
}

}  // namespace

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const AddBlock& op) {
  std::optional<Reply> refused;
  absl::StatusOr<Target> target = FindTarget(tx, call, op.path, op.file_id, &refused);
  if (!target.ok()) return target.status();
  if (refused) return *refused;
  refused = CheckLease(tx, *target, op.file_id, op.client_name);
  if (refused) return *refused;
  FileRecord file = target->file->record.file;

  const absl::StatusOr<std::optional<StoredBlock>> last = BlockFromEnd(tx, file, 1);
  if (!last.ok()) return last.status();
  if (!Matches(op.previous, *last)) {
    const absl::StatusOr<std::optional<StoredBlock>> before = BlockFromEnd(tx, file, 2);
    if (!before.ok()) return before.status();
    if (!last->has_value() || !Matches(op.previous, *before)) {
      return Refuse(Code::kPreviousBlockMismatch,
                    {target->path, op.previous ? BlockText(*op.previous) : "null",
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
  if (op.live_data_servers == 0) return Refuse(Code::kNoDataServers, {target->path});

  if (last->has_value()) Commit(tx, &file, **last, op.previous->bytes);
  const Block block = tx->NewBlock();
  ++file.block_count;
  SetBlock(tx, &file, file.block_count - 1, block, 0);
  UpdateFile(tx, target->parent, target->name, *target->file, file);
  return Answer(block);
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Complete& op) {
  std::optional<Reply> refused;
  absl::StatusOr<Target> target = FindTarget(tx, call, op.path, op.file_id, &refused);
  if (!target.ok()) return target.status();
  if (refused) return *refused;
  refused = CheckLease(tx, *target, op.file_id, op.client_name);
  if (refused && refused->code != Code::kLeaseFileClosed) return *refused;
  FileRecord file = target->file->record.file;
  const absl::StatusOr<std::optional<StoredBlock>> last = BlockFromEnd(tx, file, 1);
  if (!last.ok()) return last.status();
  if (refused) {
    // Closed, and the client means the same last block: it has not seen our answer.
    if (Matches(op.last, *last)) return Answer(Truth{true});
    return *refused;
  }

  if (last->has_value()) {
    // Without the last block's length the file is not finished: the client is to ask again.
    if (!op.last) return Answer(Truth{false});
    const Block& stored = (*last)->block;
    if (op.last->generation_stamp != stored.generation_stamp) {
      return Refuse(Code::kCommitStampMismatch, {BlockText(stored), BlockText(*op.last)});
    }
    if (op.last->id != stored.id) {
      return Refuse(Code::kCommitBlockMismatch,
                    {std::to_string(op.last->id), std::to_string(stored.id)});
    }
    Commit(tx, &file, **last, op.last->bytes);
  }
  file.open = false;
  file.holder.clear();
  file.holder_address.clear();
  file.mtime = tx->wall();
  tx->state().open_files.Remove(file.id, &tx->rows());
  UpdateFile(tx, target->parent, target->name, *target->file, file);
  return Answer(Truth{true});
}

}  // namespace jfs::ns
