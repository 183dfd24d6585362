#include "core/ns/locations.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "core/ns/operations.h"
#include "core/ns/resolve.h"
#include "core/ns/rows.h"
#include "core/ns/xattr_rows.h"
#include "core/ns/xattr_rules.h"

// Reads of one file: where its blocks are, and whether it is still written.
namespace jfs::ns {
namespace {

// Opening a file for reading: HDFS tells that there is none before it looks who asks.
absl::StatusOr<FileRecord> FindForReading(const State& state, const kv::View& view,
                                          const CallContext& call, const std::string& raw,
                                          std::optional<Reply>* refused) {
  // So that nothing but what stands in the way is refused.
  Caller anybody = call.caller;
  anybody.superuser = true;
  FileRecord file;
  Resolved at;
  absl::StatusOr<std::optional<Reply>> stopped =
      Walk(state, view, anybody, call.root, raw, Purpose::kRead, "", &at);
  if (!stopped.ok()) return stopped.status();
  *refused = *std::move(stopped);
  if (*refused) return file;
  if (!at.is_file()) {
    *refused = Refuse(at.exists() ? Code::kNotAFile : Code::kFileNotFound, {at.path.text()});
    return file;
  }
  *refused = CheckTraverse(call.caller, at, /*creating=*/false);
  if (!*refused) *refused = CheckAccess(call.caller, at, Access::kRead);
  file = at.file->record.file;
  return file;
}

}  // namespace

absl::StatusOr<BlockLocations> LocationsOf(const kv::View& view, const FileRecord& file,
                                           uint64_t offset, uint64_t length) {
  BlockLocations locations;
  locations.file_id = file.id;
  locations.atime = file.atime;
  locations.block_size = file.block_size;
  locations.under_construction = file.open;
  const uint64_t end = offset + std::min(length, UINT64_MAX - offset);
  uint64_t start = 0;  // of the block in the file
  for (uint64_t i = 0; i < file.block_count; ++i) {
    uint64_t unused_hash = 0;
    const absl::StatusOr<Block> block = ReadBlock(view, file, i, &unused_hash);
    if (!block.ok()) return block.status();
    // From the block that contains the offset to the one that contains the end, as HDFS picks them:
    // an empty last block belongs to a range that reaches beyond the ones before.
    const bool first = locations.blocks.empty() && start + block->bytes > offset;
    const bool more = !locations.blocks.empty() && start < end;
    if (first || more) {
      if (first) locations.first_offset = start;
      locations.blocks.push_back(*block);
    }
    start += block->bytes;
    if (i + 1 == file.block_count) locations.last_block = *block;
  }
  locations.last_block_complete = locations.last_block.has_value() && !file.open_block_bytes;
  locations.file_length = file.length - file.open_block_bytes.value_or(0);
  return locations;
}

absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const GetBlockLocations& query) {
  std::optional<Reply> refused;
  const absl::StatusOr<FileRecord> file = FindForReading(state, view, call, query.path, &refused);
  if (!file.ok()) return file.status();
  if (refused) return *refused;
  if (call.caller.superuser && file->xattr_count != 0) {
    const absl::StatusOr<std::optional<XAttrRow>> unreadable =
        ReadXAttr(view, file->id, UnreadableBySuperuser());
    if (!unreadable.ok()) return unreadable.status();
    if (unreadable->has_value()) return Refuse(Code::kUnreadableBySuperuser, {call.caller.user});
  }
  absl::StatusOr<BlockLocations> locations = LocationsOf(view, *file, query.offset, query.length);
  if (!locations.ok()) return locations.status();
  return Answer(*std::move(locations));
}

absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const IsFileClosed& query) {
  Resolved at;
  absl::StatusOr<std::optional<Reply>> stopped =
      Walk(state, view, call.caller, call.root, query.path, Purpose::kRead, "", &at);
  if (!stopped.ok()) return stopped.status();
  if (stopped->has_value()) return **std::move(stopped);
  // The path is named as it was sent.
  if (!at.is_file()) {
    return Refuse(at.exists() ? Code::kNotAFile : Code::kFileNotFound, {query.path});
  }
  return Answer(Truth{!at.file->record.file.open});
}

absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const GetLocatedFileInfo& query) {
  absl::StatusOr<Reply> info = Answer(state, view, call, GetFileInfo{query.path});
  if (!info.ok() || info->code != Code::kOk) return info;
  const auto* const status = std::get_if<FileStatus>(&info->value);
  if (status == nullptr) return info;
  LocatedStatus located;
  located.status = *status;
  if (status->type == FileType::kFile) {
    const absl::StatusOr<std::optional<Resolved>> at = Locate(state, view, call.root, query.path);
    if (!at.ok()) return at.status();
    CHECK(at->has_value() && (*at)->is_file());  // as was just answered
    absl::StatusOr<BlockLocations> locations =
        LocationsOf(view, (*at)->file->record.file, 0, UINT64_MAX);
    if (!locations.ok()) return locations.status();
    located.locations = *std::move(locations);
  }
  return Answer(std::move(located));
}

}  // namespace jfs::ns
