#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ns/keys.h"
#include "core/ns/operations.h"
#include "core/ns/resolve.h"
#include "core/ns/xattr_rows.h"
#include "core/ns/xattr_rules.h"

namespace jfs::ns {
namespace {

// How far a listing looks ahead to say how many entries are left behind a page that is not the
// first. Clients only size an array by it and go on while it is not 0.
constexpr uint64_t kCountAhead = 1000;

ContentSummary SummaryOf(const RecursiveTotals& totals) {
  ContentSummary summary;
  summary.length = totals.bytes;
  summary.files = totals.files;
  summary.directories = totals.directories;
  summary.space_consumed = totals.space;
  return summary;
}

absl::StatusOr<Listing> ListDirectory(const State& state, const kv::View& view,
                                      const Directory& directory, const GetListing& query) {
  Listing listing;
  const uint64_t limit = std::max<uint32_t>(query.limit, 1);
  std::string lower = EntryKey(directory.id, query.start_after);
  if (!query.start_after.empty()) lower.push_back('\0');  // the first key behind it
  uint64_t behind = 0;
  const auto at = view.Scan(lower, EndOf(EntriesOf(directory.id)));
  for (; at->Valid() && behind < kCountAhead; at->Next()) {
    if (listing.entries.size() == limit) {
      // All entries are known, so behind the first page so is the rest.
      if (query.start_after.empty()) {
        const uint64_t all = directory.counts.directories + directory.counts.files;
        behind = all - limit;
        break;
      }
      ++behind;
      continue;
    }
    EntryRecord entry;
    InodeId parent = 0;
    std::string_view name;
    if (!ParseEntryKey(at->key(), &parent, &name) || !DecodeRecord(at->value(), &entry)) {
      return DamagedRow(at->key());
    }
    if (entry.type == FileType::kDirectory) {
      const Directory* const child = state.tree.Find(entry.directory);
      if (child == nullptr) return DamagedRow(at->key());
      listing.entries.push_back(StatusOf(*child));
    } else {
      listing.entries.push_back(StatusOf(entry.file));
    }
    listing.entries.back().name = std::string(name);
  }
  if (!at->status().ok()) return at->status();
  listing.remaining = behind;
  return listing;
}

}  // namespace

absl::StatusOr<Reply> Answer(const State&, const kv::View& view, const CallContext& call,
                             const GetFileInfo& query) {
  ParsedPath parsed = ParsePath(query.path);
  if (parsed.refused) return *parsed.refused;
  const absl::StatusOr<Resolved> at = Resolve(view, call.root, std::move(parsed.path));
  if (!at.ok()) return at.status();
  const std::optional<Reply> refused = CheckTraverse(call.caller, *at, /*creating=*/false);
  // A superuser is told that there is nothing even where a file stands in the way.
  if (refused && !call.caller.superuser) return *refused;
  if (!at->exists()) return Answer(Absent{});
  return Answer(at->is_directory() ? StatusOf(*at->directory()) : StatusOf(at->file->record.file));
}

absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const GetListing& query) {
  ParsedPath parsed = ParsePath(query.path);
  if (parsed.refused) return *parsed.refused;
  const absl::StatusOr<Resolved> at = Resolve(view, call.root, std::move(parsed.path));
  if (!at.ok()) return at.status();
  std::optional<Reply> refused = CheckTraverse(call.caller, *at, /*creating=*/false);
  if (refused) return *refused;
  if (!at->exists()) return Answer(Absent{});
  if (at->is_file()) {
    Listing listing;
    listing.entries.push_back(StatusOf(at->file->record.file));
    return Answer(std::move(listing));
  }
  refused = CheckAccess(call.caller, *at, Access::kReadExecute);
  if (refused) return *refused;
  absl::StatusOr<Listing> listing = ListDirectory(state, view, *at->directory(), query);
  if (!listing.ok()) return listing.status();
  return Answer(*std::move(listing));
}

absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const GetContentSummary& query) {
  ParsedPath parsed = ParsePath(query.path);
  if (parsed.refused) return *parsed.refused;
  const absl::StatusOr<Resolved> at = Resolve(view, call.root, std::move(parsed.path));
  if (!at.ok()) return at.status();
  std::optional<Reply> refused = CheckTraverse(call.caller, *at, /*creating=*/false);
  if (refused) return *refused;
  if (!at->exists()) return Refuse(Code::kFileNotFound, {at->path.text()});
  if (at->is_file()) {
    const FileRecord& file = at->file->record.file;
    ContentSummary summary;
    summary.length = file.length;
    summary.files = 1;
    summary.space_consumed = file.length * file.replication;
    return Answer(summary);
  }
  const RecursiveTotals& totals = at->directory()->totals;
  if (totals.restricted != 0) {
    refused = CheckSubtree(state, call.caller, *at, Access::kReadExecute, /*skip_empty=*/false);
    if (refused) return *refused;
  }
  return Answer(SummaryOf(totals));
}

absl::StatusOr<Reply> Answer(const State&, const kv::View& view, const CallContext& call,
                             const GetBlockLocations& query) {
  ParsedPath parsed = ParsePath(query.path);
  if (parsed.refused) return *parsed.refused;
  const absl::StatusOr<Resolved> at = Resolve(view, call.root, std::move(parsed.path));
  if (!at.ok()) return at.status();
  std::optional<Reply> refused = CheckTraverse(call.caller, *at, /*creating=*/false);
  if (refused) return *refused;
  if (!at->exists()) return Refuse(Code::kFileNotFound, {at->path.text()});
  if (at->is_directory()) return Refuse(Code::kNotAFile, {at->path.text()});
  refused = CheckAccess(call.caller, *at, Access::kRead);
  if (refused) return *refused;

  const FileRecord& file = at->file->record.file;
  if (call.caller.superuser && file.xattr_count != 0) {
    const absl::StatusOr<std::optional<XAttrRow>> unreadable =
        ReadXAttr(view, file.id, UnreadableBySuperuser());
    if (!unreadable.ok()) return unreadable.status();
    if (unreadable->has_value()) return Refuse(Code::kUnreadableBySuperuser, {call.caller.user});
  }
  BlockLocations locations;
  locations.block_size = file.block_size;
  locations.under_construction = file.open;
  const uint64_t end = query.offset + std::min(query.length, UINT64_MAX - query.offset);
  uint64_t start = 0;  // of the block in the file
  for (uint64_t i = 0; i < file.block_count; ++i) {
    uint64_t unused_hash = 0;
    const absl::StatusOr<Block> block = ReadBlock(view, file, i, &unused_hash);
    if (!block.ok()) return block.status();
    // From the block that contains the offset to the one that contains the end, as HDFS picks them:
    // an empty last block belongs to a range that reaches beyond the ones before.
    const bool first = locations.blocks.empty() && start + block->bytes > query.offset;
    const bool more = !locations.blocks.empty() && start < end;
    if (first || more) {
      if (first) locations.first_offset = start;
      locations.blocks.push_back(*block);
    }
    start += block->bytes;
    if (i + 1 == file.block_count) locations.last_block = *block;
  }
  locations.file_length = file.length;
  if (file.open && locations.last_block) locations.file_length -= locations.last_block->bytes;
  return Answer(std::move(locations));
}

}  // namespace jfs::ns
