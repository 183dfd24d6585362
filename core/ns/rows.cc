#include "core/ns/rows.h"

#include "absl/strings/str_cat.h"

#include "core/base/check.h"

namespace jfs::ns {

absl::Status DamagedRow(std::string_view key) {
  return absl::DataLossError(absl::StrCat("state row ", KeyText(key),
                                          " cannot be decoded; recover this master's state from a "
                                          "snapshot of another"));
}

absl::StatusOr<std::optional<EntryRow>> ReadEntry(const kv::View& view, InodeId directory,
                                                  std::string_view name) {
  const std::string key = EntryKey(directory, name);
  std::string value;
  bool found = false;
  const absl::Status status = view.Get(key, &value, &found);
  if (!status.ok()) return status;
  std::optional<EntryRow> row;
  if (!found) return row;
  row.emplace();
  if (!DecodeRecord(value, &row->record)) return DamagedRow(key);
  row->hash = RowHash(key, value);
  return row;
}

absl::StatusOr<std::optional<FilePlaceRecord>> ReadFilePlace(const kv::View& view, InodeId file) {
  const std::string key = FilePlaceKey(file);
  std::string value;
  bool found = false;
  const absl::Status status = view.Get(key, &value, &found);
  if (!status.ok()) return status;
  std::optional<FilePlaceRecord> place;
  if (!found) return place;
  if (!DecodeRecord(value, &place.emplace())) return DamagedRow(key);
  return place;
}

absl::StatusOr<Block> ReadBlock(const kv::View& view, const FileRecord& file, uint64_t index,
                                uint64_t* row_hash) {
  CHECK_LT(index, file.block_count);
  *row_hash = 0;
  if (index < file.inline_blocks.size()) return file.inline_blocks[index];
  const std::string key = BlockKey(file.id, static_cast<uint32_t>(index));
  std::string value;
  bool found = false;
  const absl::Status status = view.Get(key, &value, &found);
  if (!status.ok()) return status;
  Block block;
  if (!found || !DecodeRecord(value, &block)) return DamagedRow(key);
  *row_hash = RowHash(key, value);
  return block;
}

uint64_t RowWriter::Insert(std::string_view key, std::string_view value) {
  return Replace(key, 0, value);
}

uint64_t RowWriter::Replace(std::string_view key, uint64_t old_hash, std::string_view value) {
  if (changes_ != nullptr) changes_->BeforeWrite(key, old_hash != 0);
  const uint64_t hash = RowHash(key, value);
  *hash_ += hash - old_hash;
  batch_->Put(key, value);
  return hash;
}

void RowWriter::Remove(std::string_view key, uint64_t old_hash) {
  if (changes_ != nullptr) changes_->BeforeWrite(key, true);
  *hash_ -= old_hash;
  batch_->Delete(key);
}

}  // namespace jfs::ns
