#include "core/ns/tree_changes.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/ns/acl.h"
#include "core/ns/keys.h"
#include "core/ns/quota.h"

namespace jfs::ns {
namespace {

std::string DirectoryEntry(InodeId id) {
  EntryRecord record;
  record.type = FileType::kDirectory;
  record.directory = id;
  return EncodeRecord(record);
}

std::string FileEntry(const FileRecord& file) {
  EntryRecord record;
  record.file = file;
  return EncodeRecord(record);
}

void RemoveDirectoryEntry(Transaction* tx, InodeId parent, std::string_view name, InodeId id) {
  const std::string key = EntryKey(parent, name);
  tx->rows().Remove(key, RowHash(key, DirectoryEntry(id)));
}

uint64_t Space(const FileRecord& file) { return file.charged_bytes() * file.replication; }

void PutPendingDelete(Transaction* tx, InodeId id, PendingDeleteRecord record) {
  State::PendingDelete& pending = tx->state().pending_deletes[id];
  pending.record = std::move(record);
  pending.row_hash =
      tx->rows().Replace(PendingDeleteKey(id), pending.row_hash, EncodeRecord(pending.record));
}

void RemovePendingDelete(Transaction* tx, InodeId id) {
  const auto at = tx->state().pending_deletes.find(id);
  tx->rows().Remove(PendingDeleteKey(id), at->second.row_hash);
  tx->state().pending_deletes.erase(at);
}

std::string PlaceOf(InodeId directory, std::string_view name) {
  return EncodeRecord(FilePlaceRecord{directory, std::string(name)});
}

// Takes away what says where the file is.
void RemovePlace(Transaction* tx, InodeId file, InodeId directory, std::string_view name) {
  const std::string key = FilePlaceKey(file);
  tx->rows().Remove(key, RowHash(key, PlaceOf(directory, name)));
}

void PutLease(Transaction* tx, const Directory* parent, std::string_view name,
              const FileRecord& file) {
  const LeaseId lease = tx->LeaseFor(file.holder);
  tx->state().open_files.Put(file.id, {parent->id, std::string(name), file.holder, lease},
                             &tx->rows());
}

// What a file leaves behind when its entry goes.
void ReleaseFile(Transaction* tx, const FileRecord& file, Blocks blocks = Blocks::kRemoved) {
  if (file.open) tx->state().open_files.Remove(file.id, &tx->rows());
  const bool block_rows = blocks == Blocks::kRemoved && file.block_count > kInlineBlocks;
  if (block_rows || file.xattr_count > 0) PutPendingDelete(tx, file.id, {});
}

struct Row {
  std::string key, value;
};

// The first `limit` rows of [lower, upper): copied, because removing them changes what is being
// read.
absl::Status TakeRows(const kv::View& view, std::string_view lower, std::string_view upper,
                      uint64_t limit, std::vector<Row>* rows) {
  const auto at = view.Scan(lower, upper);
  for (; at->Valid() && rows->size() < limit; at->Next()) {
    rows->push_back({std::string(at->key()), std::string(at->value())});
  }
  return at->status();
}

// Removes rows whose keys start with `prefix`, at most *left. There may be more if *left is 0 then.
absl::Status RemoveRows(Transaction* tx, const std::string& prefix, uint64_t* left) {
  std::vector<Row> rows;
  const absl::Status status = TakeRows(tx->view(), prefix, EndOf(prefix), *left, &rows);
  if (!status.ok()) return status;
  for (const Row& row : rows) tx->rows().Remove(row.key, RowHash(row.key, row.value));
  *left -= rows.size();
  return absl::OkStatus();
}

absl::Status RemoveUnlinkedFile(Transaction* tx, InodeId id, uint64_t* left) {
  for (const std::string& prefix : {BlocksOf(id), XAttrsOf(id)}) {
    const absl::Status status = RemoveRows(tx, prefix, left);
    if (!status.ok()) return status;
    if (*left == 0) return absl::OkStatus();
  }
  RemovePendingDelete(tx, id);
  --*left;
  return absl::OkStatus();
}

absl::Status RemoveUnlinkedDirectory(Transaction* tx, InodeId id, uint64_t* left) {
  Directory* const directory = tx->tree().Find(id);
  CHECK(directory != nullptr) << "unlinked directory " << id << " is not known";
  PendingDeleteRecord progress = tx->state().pending_deletes.at(id).record;
  const std::string entries = EntriesOf(id);
  // Starts behind what earlier steps removed, so that a store need not wade through its own
  // deletions.
  std::string lower = EntryKey(id, progress.cursor);
  if (!progress.cursor.empty()) lower.push_back('\0');
  std::vector<Row> rows;
  absl::Status status = TakeRows(tx->view(), lower, EndOf(entries), *left, &rows);
  if (!status.ok()) return status;
  for (const Row& row : rows) {
    EntryRecord entry;
    InodeId parent = 0;
    std::string_view name;
    if (!ParseEntryKey(row.key, &parent, &name) || !DecodeRecord(row.value, &entry)) {
      return DamagedRow(row.key);
    }
    tx->rows().Remove(row.key, RowHash(row.key, row.value));
    progress.cursor = std::string(name);
    if (entry.type == FileType::kFile) {
      if (tx->state().mutations.Has(Mutation::kN15DeleteLeavesLease)) entry.file.open = false;
      RemovePlace(tx, entry.file.id, id, name);
      ReleaseFile(tx, entry.file);
      continue;
    }
    Directory* const child = tx->tree().Find(entry.directory);
    if (child == nullptr || child->parent != directory) return DamagedRow(row.key);
    tx->tree().Unlink(child);
    PutPendingDelete(tx, child->id, {.directory = true});
  }
  *left -= rows.size();
  if (*left > 0 && directory->features().xattr_count > 0) {
    status = RemoveRows(tx, XAttrsOf(id), left);
    if (!status.ok()) return status;
  }
  if (*left == 0) {
    PutPendingDelete(tx, id, std::move(progress));
    return absl::OkStatus();
  }
  RemovePendingDelete(tx, id);
  tx->RemoveDirectory(directory);
  --*left;
  return absl::OkStatus();
}

}  // namespace

std::optional<Reply> MakeDirectories(Transaction* tx, Resolved* at, size_t depth, uint16_t mode,
                                     uint16_t last_mode, std::optional<uint16_t> unmasked,
                                     const std::string& owner) {
  for (size_t i = at->directories.size() - 1; i < depth; ++i) {
    Directory* const parent = at->directories.back();
    const std::string_view name = at->path.name(i);
    std::optional<Reply> refused = CheckNewName(tx->limits(), at->path, i, parent);
    if (refused) return refused;
    refused = CheckQuota(tx->state(), parent, {.names = 1});
    if (refused) return refused;
    const InodeId id = tx->NewInodeId();
    DirectoryRecord record;
    KeptAcl acl =
        InheritedAcl(parent->features().acl, i + 1 == at->path.depth() ? last_mode : mode, unmasked,
                     /*directory=*/true);
    record.mode = acl.mode;
    record.features.acl = std::move(acl.entries);
    record.owner = owner;
    record.group = *parent->group;
    record.mtime = tx->wall();
    Directory* const made = tx->AddDirectory(id, record);
    tx->tree().Link(made, parent, name);
    ++parent->counts.directories;
    tx->TouchEntries(parent);
    tx->rows().Insert(EntryKey(parent->id, name), DirectoryEntry(id));
    at->directories.push_back(made);
    tx->MarkChanged();
  }
  return std::nullopt;
}

void AddFile(Transaction* tx, Directory* parent, std::string_view name, const FileRecord& file) {
  tx->rows().Insert(EntryKey(parent->id, name), FileEntry(file));
  tx->rows().Insert(FilePlaceKey(file.id), PlaceOf(parent->id, name));
  tx->tree().AddFiles(parent, 1, file.length, Space(file));
  tx->TouchEntries(parent);
  if (file.open) {
    PutLease(tx, parent, name, file);
  }
  tx->MarkChanged();
}

void UpdateFile(Transaction* tx, Directory* parent, std::string_view name, const EntryRow& old,
                const FileRecord& file) {
  if (old.record.file == file) return;
  tx->rows().Replace(EntryKey(parent->id, name), old.hash, FileEntry(file));
  const uint64_t bytes = file.length - old.record.file.length;
  const bool closing = old.record.file.open && !file.open;
  uint64_t space = Space(file) - Space(old.record.file);
  if (closing && tx->state().mutations.Has(Mutation::kN07RestNotGivenBack)) space = 0;
  if (bytes != 0 || space != 0) {
    tx->tree().AddFiles(parent, 0, bytes, space);
    tx->Touch(parent);
  }
  if (closing) {
    tx->state().open_files.Remove(file.id, &tx->rows());
  } else if (file.open && (!old.record.file.open || file.holder != old.record.file.holder)) {
    PutLease(tx, parent, name, file);
  }
  tx->MarkChanged();
}

void RemoveFile(Transaction* tx, Directory* parent, std::string_view name, const EntryRow& old,
                Counted counted, Blocks blocks) {
  const FileRecord& file = old.record.file;
  tx->rows().Remove(EntryKey(parent->id, name), old.hash);
  RemovePlace(tx, file.id, parent->id, name);
  if (counted == Counted::kYes) {
    tx->tree().AddFiles(parent, uint64_t{0} - 1, uint64_t{0} - file.length,
                        uint64_t{0} - Space(file));
  }
  tx->TouchEntries(parent);
  ReleaseFile(tx, file, blocks);
  tx->MarkChanged();
}

void RemoveDirectory(Transaction* tx, Directory* directory, Counted counted) {
  Directory* const parent = directory->parent;
  CHECK(parent != nullptr);
  RemoveDirectoryEntry(tx, parent->id, directory->name, directory->id);
  tx->tree().Unlink(directory);
  if (counted == Counted::kYes) --parent->counts.directories;
  tx->TouchEntries(parent);
  if (directory->empty() && directory->features().xattr_count == 0) {
    tx->RemoveDirectory(directory);
  } else {
    PutPendingDelete(tx, directory->id, {.directory = true});
  }
  tx->MarkChanged();
}

void MoveFile(Transaction* tx, Directory* from, std::string_view from_name, const EntryRow& old,
              Directory* to, std::string_view to_name) {
  const FileRecord& file = old.record.file;
  tx->rows().Remove(EntryKey(from->id, from_name), old.hash);
  tx->rows().Insert(EntryKey(to->id, to_name), FileEntry(file));
  const std::string place = FilePlaceKey(file.id);
  tx->rows().Replace(place, RowHash(place, PlaceOf(from->id, from_name)), PlaceOf(to->id, to_name));
  if (from != to) {
    tx->tree().AddFiles(from, uint64_t{0} - 1, uint64_t{0} - file.length,
                        uint64_t{0} - Space(file));
    tx->tree().AddFiles(to, 1, file.length, Space(file));
  }
  if (file.open) PutLease(tx, to, to_name, file);
  tx->TouchEntries(from);
  tx->TouchEntries(to);
  tx->MarkChanged();
}

void MoveDirectory(Transaction* tx, Directory* directory, Directory* to, std::string_view to_name) {
  Directory* const from = directory->parent;
  RemoveDirectoryEntry(tx, from->id, directory->name, directory->id);
  tx->tree().Unlink(directory);
  tx->tree().Link(directory, to, to_name);
  --from->counts.directories;
  ++to->counts.directories;
  tx->rows().Insert(EntryKey(to->id, to_name), DirectoryEntry(directory->id));
  tx->Touch(directory);
  tx->TouchEntries(from);
  tx->TouchEntries(to);
  tx->MarkChanged();
}

void SetBlock(Transaction* tx, FileRecord* file, uint64_t index, const Block& block,
              uint64_t old_hash) {
  CHECK_LT(index, file->block_count);
  if (index >= kInlineBlocks) {
    tx->rows().Replace(BlockKey(file->id, static_cast<uint32_t>(index)), old_hash,
                       EncodeRecord(block));
    // The file's entry may well stay the same.
    tx->MarkChanged();
    return;
  }
  if (index == file->inline_blocks.size()) {
    file->inline_blocks.push_back(block);
  } else {
    file->inline_blocks[index] = block;
  }
}

void DropLastBlock(Transaction* tx, FileRecord* file, uint64_t bytes, uint64_t row_hash) {
  CHECK(file->block_count > 0);
  --file->block_count;
  file->length -= bytes;
  if (file->block_count >= kInlineBlocks) {
    if (tx->state().mutations.Has(Mutation::kN16TruncateKeepsBlocks)) return;
    tx->rows().Remove(BlockKey(file->id, static_cast<uint32_t>(file->block_count)), row_hash);
  } else {
    file->inline_blocks.pop_back();
  }
}

absl::Status RemoveUnlinked(Transaction* tx, uint64_t max_rows) {
  uint64_t left = max_rows;
  while (left > 0 && !tx->state().pending_deletes.empty()) {
    const auto& [id, pending] = *tx->state().pending_deletes.begin();
    const absl::Status status = pending.record.directory ? RemoveUnlinkedDirectory(tx, id, &left)
                                                         : RemoveUnlinkedFile(tx, id, &left);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace jfs::ns
