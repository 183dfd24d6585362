#include "core/ns/open_file.h"

#include <utility>

#include "core/base/check.h"
#include "core/ns/keys.h"
#include "core/ns/path.h"
#include "core/ns/reserved_path.h"
#include "core/ns/resolve.h"
#include "core/ns/tree_changes.h"

namespace jfs::ns {

absl::StatusOr<std::optional<FileAt>> FindOpenFile(Transaction* tx, InodeId id) {
  std::optional<FileAt> at;
  const OpenFiles::File* const open = tx->state().open_files.Find(id);
  if (open == nullptr) return at;
  Directory* const parent = tx->tree().Find(open->record.directory);
  // The entry is still there while an unlinked subtree waits for FinishDeletes, but the file is
  // gone.
  if (parent == nullptr || !tx->tree().IsLive(parent)) return at;
  absl::StatusOr<std::optional<EntryRow>> row =
      ReadEntry(tx->view(), parent->id, open->record.name);
  if (!row.ok()) return row.status();
  if (!row->has_value() || (*row)->record.file.id != id) {
    return DamagedRow(EntryKey(parent->id, open->record.name));
  }
  at.emplace();
  at->path = parent->root_of != 0 ? "/" : tx->tree().PathOf(parent) + "/";
  at->path += open->record.name;
  at->parent = parent;
  at->name = open->record.name;
  at->file = *std::move(*row);
  return at;
}

absl::StatusOr<FileAt> FindFile(Transaction* tx, const CallContext& call, const std::string& path,
                                InodeId id, const char* operation, std::optional<Reply>* refused) {
  FileAt found;
  if (id == 0) {
    Resolved at;
    absl::StatusOr<std::optional<Reply>> stopped = Walk(
        tx->state(), tx->view(), call.caller, call.root, path, Purpose::kChange, operation, &at);
    if (!stopped.ok()) return stopped.status();
    *refused = *std::move(stopped);
    if (*refused) return found;
    if (at.is_file()) return FileOf(std::move(at));
    found.path = at.path.text();
    found.is_directory = at.is_directory();
    return found;
  }
  absl::StatusOr<std::optional<Path>> behind = PathOfInode(tx->tree(), tx->view(), call.root, id);
  if (!behind.ok()) return behind.status();
  if (!behind->has_value()) {
    // The path stands for what is missing.
    const std::optional<Path> asked = Path::Parse(path);
    if (!asked) *refused = Refuse(Code::kPathNotAbsolute, {path});
    if (asked) found.path = asked->text();
    return found;
  }
  absl::StatusOr<Resolved> at = Resolve(tx->view(), call.root, **std::move(behind));
  if (!at.ok()) return at.status();
  if (at->is_file()) return FileOf(*std::move(at));
  found.path = at->path.text();
  found.is_directory = at->is_directory();
  return found;
}

FileAt FileOf(Resolved at) {
  FileAt found;
  found.path = at.path.text();
  found.parent = at.parent();
  found.name = std::string(at.path.last());
  found.file = std::move(at.file);
  return found;
}

absl::StatusOr<FileAt> FindExistingFile(Transaction* tx, const CallContext& call,
                                        const std::string& path, const char* operation,
                                        Access access, std::optional<Reply>* refused) {
  FileAt found;
  Resolved at;
  absl::StatusOr<std::optional<Reply>> stopped =
      Walk(tx->state(), tx->view(), call.caller, call.root, path, Purpose::kChange, operation, &at);
  if (!stopped.ok()) return stopped.status();
  *refused = *std::move(stopped);
  if (*refused) return found;
  found.path = at.path.text();
  if (access != Access::kNone) *refused = CheckAccess(call.caller, at, access);
  if (*refused) return found;
  if (!at.is_file()) {
    *refused = Refuse(at.exists() ? Code::kNotAFile : Code::kFileNotFound, {found.path});
    return found;
  }
  return FileOf(std::move(at));
}

std::optional<Reply> CheckLease(Transaction* tx, const FileAt& at, InodeId given_id,
                                const std::string& client) {
  Code code = Code::kOk;
  if (at.is_directory) {
    code = Code::kLeaseNotFile;
  } else if (!at.file.has_value()) {
    code = Code::kLeaseFileNotFound;
  } else if (!at.file->record.file.open) {
    code = Code::kLeaseFileClosed;
  } else if (at.file->record.file.holder != client || client == kRecoveryHolder) {
    // The master's own name is nobody else's.
    code = Code::kLeaseNotOwner;
  }
  if (code == Code::kOk) return std::nullopt;
  Reply reply =
      Refuse(code, {at.path, std::to_string(given_id), client,
                    std::to_string(tx->state().open_files.CountLive(client, tx->state().tree))});
  if (code == Code::kLeaseNotOwner) reply.arguments.push_back(at.file->record.file.holder);
  return reply;
}

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

bool SameBlock(const std::optional<Block>& given, const std::optional<StoredBlock>& stored) {
  if (!given || !stored) return !given && !stored;
  return given->id == stored->block.id && given->generation_stamp == stored->block.generation_stamp;
}

std::string BlockText(const Block& block) {
  return "blk_" + std::to_string(block.id) + "_" + std::to_string(block.generation_stamp);
}

void CommitLastBlock(Transaction* tx, FileRecord* file, const StoredBlock& last, uint64_t bytes) {
  file->open_block_bytes.reset();
  if (last.block.bytes == bytes) return;
  Block block = last.block;
  block.bytes = bytes;
  file->length += bytes - last.block.bytes;
  SetBlock(tx, file, file->block_count - 1, block, last.row_hash);
}

void AddOpenBlock(Transaction* tx, FileRecord* file, const Block& block) {
  ++file->block_count;
  file->length += block.bytes;
  file->open_block_bytes = block.bytes;
  SetBlock(tx, file, file->block_count - 1, block, 0);
}

void Open(FileRecord* file, const std::string& client, const std::string& address) {
  file->open = true;
  file->holder = client;
  file->holder_address = address;
}

void Close(FileRecord* file, WallMillis now) {
  file->open = false;
  file->holder.clear();
  file->holder_address.clear();
  file->open_block_bytes.reset();
  file->recovering = false;
  file->truncated_block_bytes.reset();
  file->mtime = now;
}

absl::StatusOr<bool> ReleaseFromWriter(Transaction* tx, const FileAt& at,
                                       const std::string& recovery_holder) {
  FileRecord file = at.file->record.file;
  CHECK(file.open);
  if (file.open_block_bytes && *file.open_block_bytes != 0) {
    // The data servers have the block; how much of it is known to them alone.
    file.recovering = true;
    if (!recovery_holder.empty()) file.holder = recovery_holder;
    UpdateFile(tx, at.parent, at.name, *at.file, file);
    return false;
  }
  if (file.open_block_bytes) {
    // No data server ever told of this block: its writer died before it wrote anything.
    const absl::StatusOr<std::optional<StoredBlock>> last = BlockFromEnd(tx, file, 1);
    if (!last.ok()) return last.status();
    DropLastBlock(tx, &file, (*last)->block.bytes, (*last)->row_hash);
  }
  Close(&file, tx->wall());
  UpdateFile(tx, at.parent, at.name, *at.file, file);
  return true;
}

absl::StatusOr<std::optional<Reply>> TakeFromWriter(Transaction* tx, const Caller& caller,
                                                    const char* call_name,
                                                    const std::string& client, LeaseId expired,
                                                    FileAt* at) {
  std::optional<Reply> refused;
  const FileRecord file = at->file->record.file;
  if (!file.open) return refused;
  if (file.holder == client) {
    refused = Refuse(Code::kAlreadyLeaseHolder, {at->path, client, caller.address, call_name});
    return refused;
  }
  const State& state = tx->state();
  const bool same_lease = expired == state.open_files.Find(file.id)->record.lease ||
                          state.mutations.Has(Mutation::kN11VerdictTrusted);
  if (expired == 0 || !same_lease) {
    refused =
        Refuse(file.recovering ? Code::kRecoveryUnderWay : Code::kAlreadyBeingCreated,
               {at->path, client, caller.address, file.holder, file.holder_address, call_name});
    return refused;
  }
  const absl::StatusOr<bool> closed = ReleaseFromWriter(tx, *at, /*recovery_holder=*/"");
  if (!closed.ok()) return closed.status();
  absl::StatusOr<std::optional<EntryRow>> row = ReadEntry(tx->view(), at->parent->id, at->name);
  if (!row.ok()) return row.status();
  at->file = *std::move(row);
  if (!*closed) {
    refused = Refuse(Code::kRecoveryStarted, {at->path, client, caller.address, call_name});
  }
  return refused;
}

}  // namespace jfs::ns
