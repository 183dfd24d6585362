#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/ns/keys.h"
#include "core/ns/open_file.h"
#include "core/ns/operations.h"
#include "core/ns/quota.h"
#include "core/ns/resolve.h"
#include "core/ns/tree_changes.h"

namespace jfs::ns {
namespace {

// HDFS's rules for one source, in its order.
std::optional<Reply> CheckSource(const FileAt& target, const FileAt& source) {
  const FileRecord& to = target.file->record.file;
  const FileRecord& from = source.file->record.file;
  if (source.parent != target.parent) {
    return Refuse(Code::kConcatOtherDirectory, {source.path, target.path});
  }
  if (from.id == to.id) return Refuse(Code::kConcatOntoItself, {source.path, target.path});
  if (from.open || from.block_count == 0) return Refuse(Code::kConcatSourceUnfit, {source.path});
  if (from.block_size > to.block_size) {
    return Refuse(Code::kConcatBlockSize,
                  {source.path, std::to_string(from.block_size), std::to_string(to.block_size)});
  }
  return std::nullopt;
}

// Reading a source needs READ, and its entry goes from its directory.
absl::StatusOr<FileAt> FindSource(Transaction* tx, const CallContext& call, const std::string& path,
                                  std::optional<Reply>* refused) {
  ParsedPath parsed = ParsePath(path);
  if (parsed.refused) {
    *refused = std::move(parsed.refused);
    return FileAt();
  }
  absl::StatusOr<Resolved> at = Resolve(tx->view(), call.root, std::move(parsed.path));
  if (!at.ok()) return at.status();
  *refused = CheckTraverse(call.caller, *at, /*creating=*/false);
  if (*refused) return FileAt();
  *refused = CheckAccess(call.caller, *at, Access::kRead);
  if (*refused) return FileAt();
  *refused = CheckParentWrite(call.caller, *at);
  if (*refused) return FileAt();
  if (!at->is_file()) {
    *refused = Refuse(at->exists() ? Code::kNotAFile : Code::kFileNotFound, {at->path.text()});
    return FileAt();
  }
  return FileOf(*std::move(at));
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
  if (op.sources.empty()) return Refuse(Code::kConcatNoSources, {});
  std::optional<Reply> refused;
  const absl::StatusOr<FileAt> target =
      FindExistingFile(tx, call, op.target, Access::kWrite, &refused);
  if (!target.ok()) return target.status();
  if (refused) return *refused;
  FileRecord file = target->file->record.file;
  if (file.open) return Refuse(Code::kConcatTargetOpen, {target->path});

  std::vector<FileAt> sources;
  std::set<InodeId> ids;
  QuotaChange change;
  for (const std::string& path : op.sources) {
    absl::StatusOr<FileAt> source = FindSource(tx, call, path, &refused);
    if (!source.ok()) return source.status();
    if (refused) return *refused;
    refused = CheckSource(*target, *source);
    if (refused) return *refused;
    const FileRecord& from = source->file->record.file;
    change.space += SpaceOf(from.length, file.replication) - SpaceOf(from.length, from.replication);
    ids.insert(from.id);
    sources.push_back(*std::move(source));
  }
  if (ids.size() < sources.size()) return Refuse(Code::kConcatTwice, {});
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
