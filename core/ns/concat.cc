#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"

#include "core/ns/keys.h"
#include "core/ns/open_file.h"
#include "core/ns/operations.h"
#include "core/ns/quota.h"
#include "core/ns/resolve.h"
#include "core/ns/tree_changes.h"

namespace jfs::ns {
namespace {

// What can be told from the texts of the paths.
std::optional<Reply> CheckSpelling(const Concat& op) {
  if (op.target.empty()) return Refuse(Code::kConcatNoTarget, {});
  if (op.sources.empty()) return Refuse(Code::kConcatNoSources, {});
  const auto reserved = [](const std::string& path) {
    return absl::StartsWith(path, "/.reserved/raw") || absl::StartsWith(path, "/.reserved/.inodes");
  };
  if (reserved(op.target)) return Refuse(Code::kConcatReserved, {op.target});
  for (const std::string& source : op.sources) {
    if (reserved(source)) return Refuse(Code::kConcatReserved, {source});
  }
  return std::nullopt;
}

// Concat names a path that leads to no file as it was sent.
Reply AsSent(Reply refused, const std::string& path) {
  if (refused.code == Code::kNotAFile || refused.code == Code::kFileNotFound) {
    refused.arguments = {path};
  }
  return refused;
}

// HDFS's rules for one source, in its order. `sent` is how its path was written.
std::optional<Reply> CheckSource(const FileAt& target, const FileAt& source,
                                 const std::string& sent) {
  const FileRecord& to = target.file->record.file;
  const FileRecord& from = source.file->record.file;
  if (source.parent != target.parent) {
    return Refuse(Code::kConcatOtherDirectory, {sent, target.path});
  }
  if (from.id == to.id) return Refuse(Code::kConcatOntoItself, {sent, target.path});
  if (from.open || from.block_count == 0) return Refuse(Code::kConcatSourceUnfit, {sent});
  if (from.block_size > to.block_size) {
    return Refuse(Code::kConcatBlockSize,
                  {sent, std::to_string(from.block_size), std::to_string(to.block_size)});
  }
  return std::nullopt;
}

// Reading a source needs READ, and its entry goes from its directory.
absl::StatusOr<FileAt> FindSource(Transaction* tx, const CallContext& call, const std::string& path,
                                  std::optional<Reply>* refused) {
  Resolved at;
  absl::StatusOr<std::optional<Reply>> stopped =
      Walk(tx->state(), tx->view(), call.caller, call.root, path, Purpose::kChange, "concat", &at);
  if (!stopped.ok()) return stopped.status();
  *refused = *std::move(stopped);
  if (*refused) return FileAt();
  *refused = CheckAccess(call.caller, at, Access::kRead);
  if (*refused) return FileAt();
  *refused = CheckParentWrite(call.caller, at);
  if (*refused) return FileAt();
  if (!at.is_file()) {
    *refused = Refuse(at.exists() ? Code::kNotAFile : Code::kFileNotFound, {path});
    return FileAt();
  }
  return FileOf(std::move(at));
}

// Moves the blocks of `from` behind those of `to`: no row of a block may ever be in two files.
absl::Status MoveBlocks(Transaction* tx, const FileRecord& from, FileRecord* to) {
  for (uint64_t i = 0; i < from.block_count; ++i) {
    uint64_t row_hash = 0;
    const absl::StatusOr<Block> block = ReadBlock(tx->view(), from, i, &row_hash);
    if (!block.ok()) return block.status();
    if (i >= kInlineBlocks) {
      tx->rows().Remove(BlockKey(from.id, static_cast<uint32_t>(i)), row_hash);
    }
    ++to->block_count;
    to->length += block->bytes;
    SetBlock(tx, to, to->block_count - 1, *block, 0);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Concat& op) {
  std::optional<Reply> refused = CheckSpelling(op);
  if (refused) return *refused;
  const absl::StatusOr<FileAt> target =
      FindExistingFile(tx, call, op.target, "concat", Access::kWrite, &refused);
  if (!target.ok()) return target.status();
  if (refused) return AsSent(*std::move(refused), op.target);
  FileRecord file = target->file->record.file;
  if (file.open) return Refuse(Code::kConcatTargetOpen, {target->path});

  std::vector<FileAt> sources;
  std::set<InodeId> ids;
  QuotaChange change;
  uint64_t blocks = file.block_count;
  for (const std::string& path : op.sources) {
    absl::StatusOr<FileAt> source = FindSource(tx, call, path, &refused);
    if (!source.ok()) return source.status();
    if (refused) return *refused;
    refused = CheckSource(*target, *source, path);
    if (refused) return *refused;
    const FileRecord& from = source->file->record.file;
    blocks += from.block_count;
    const int64_t more =
        SpaceOf(from.length, file.replication) - SpaceOf(from.length, from.replication);
    change.space = SaturatingAdd(change.space, more);
    ids.insert(from.id);
    sources.push_back(*std::move(source));
  }
  if (ids.size() < sources.size()) return Refuse(Code::kConcatTwice, {});
  // HDFS does not look: there a concat moves pointers, here it writes every block anew.
  if (blocks > tx->limits().max_blocks_per_file) {
    return Refuse(Code::kTooManyBlocks,
                  {std::to_string(blocks), std::to_string(tx->limits().max_blocks_per_file)});
  }
  refused = CheckQuota(tx->state(), target->parent, change);
  if (refused) return *refused;

  const Mutations planted = tx->state().mutations;
  if (planted.Has(Mutation::kN17ConcatOrder)) std::reverse(sources.begin(), sources.end());
  const Counted counted = planted.Has(Mutation::kN18ConcatMiscounts) ? Counted::kNo : Counted::kYes;
  for (const FileAt& source : sources) {
    FileRecord from = source.file->record.file;
    const absl::Status moved = MoveBlocks(tx, from, &file);
    if (!moved.ok()) return moved;
    RemoveFile(tx, source.parent, source.name, *source.file, counted, Blocks::kMoved);
  }
  file.mtime = tx->wall();
  UpdateFile(tx, target->parent, target->name, *target->file, file);
  return Reply{};
}

}  // namespace jfs::ns
