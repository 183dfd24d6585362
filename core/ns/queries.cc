#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ns/keys.h"
#include "core/ns/locations.h"
#include "core/ns/operations.h"
#include "core/ns/quota.h"
#include "core/ns/reserved_path.h"
#include "core/ns/resolve.h"

namespace jfs::ns {
namespace {

// How far a listing looks ahead to say how many entries are left behind a page that is not the
// first. Clients only size an array by it and go on while it is not 0.
constexpr uint64_t kCountAhead = 1000;

ContentSummary SummaryOf(const Directory& directory) {
  const RecursiveTotals& totals = directory.totals;
  ContentSummary summary;
  summary.length = totals.bytes;
  summary.files = totals.files;
  summary.directories = totals.directories;
  summary.space_consumed = totals.space;
  summary.name_quota = ShownNameQuota(directory);
  summary.space_quota = ShownSpaceQuota(directory);
  return summary;
}

// One page of a directory's entries. A page of statuses with locations is also full once it has
// `limit` copies of blocks.
absl::StatusOr<Listing> ListDirectory(const State& state, const kv::View& view,
                                      const Directory& directory, const GetListing& query) {
  Listing listing;
  const uint64_t limit = std::max<uint32_t>(query.limit, 1);
  std::string lower = EntryKey(directory.id, query.start_after);
  if (!query.start_after.empty()) lower.push_back('\0');  // the first key behind it
  uint64_t behind = 0;
  const auto at = view.Scan(lower, EndOf(EntriesOf(directory.id)));
  uint64_t copies = 0;
  for (; at->Valid() && behind < kCountAhead; at->Next()) {
    if (listing.entries.size() == limit || copies >= limit) {
      // All entries are known, so behind the first page so is the rest.
      if (query.start_after.empty()) {
        const uint64_t all = directory.counts.directories + directory.counts.files;
        behind = all - listing.entries.size();
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
      if (query.need_locations) listing.locations.emplace_back();
    } else {
      listing.entries.push_back(StatusOf(entry.file));
      if (query.need_locations) {
        absl::StatusOr<BlockLocations> blocks = LocationsOf(view, entry.file, 0, UINT64_MAX);
        if (!blocks.ok()) return blocks.status();
        copies += blocks->blocks.size() * entry.file.replication;
        listing.locations.push_back(*std::move(blocks));
      }
    }
    listing.entries.back().name = std::string(name);
  }
  if (!at->status().ok()) return at->status();
  listing.remaining = behind;
  return listing;
}

}  // namespace

absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const GetFileInfo& query) {
  Resolved at;
  const absl::StatusOr<std::optional<Reply>> refused =
      Walk(state, view, call.caller, call.root, query.path, Purpose::kRead, "", &at);
  if (!refused.ok()) return refused.status();
  const bool anything = query.wanted == GetFileInfo::Wanted::kAnything;
  if (refused->has_value()) {
    // A superuser is told that there is nothing even where a file stands in the way.
    const bool nothing = (*refused)->code == Code::kAncestorNotDirectory && call.caller.superuser;
    return anything && nothing ? Answer(Absent{}) : **refused;
  }
  if (query.wanted == GetFileInfo::Wanted::kFile && at.is_directory()) {
    return Refuse(Code::kNotAFile, {at.path.text()});
  }
  if (at.exists()) {
    return Answer(at.is_directory() ? StatusOf(*at.directory()) : StatusOf(at.file->record.file));
  }
  if (!anything) return Refuse(Code::kFileNotFound, {at.path.text()});
  if (IsReservedDirectory(at.path)) return Answer(StatusOfReservedDirectory());
  if (IsSnapshotDirectory(at.path)) return Answer(StatusOfSnapshotDirectory());
  return Answer(Absent{});
}

namespace {

// What a listing is of that is not in the tree.
Reply ListWhatIsNotThere(const State& state, const Resolved& at) {
  if (IsReservedDirectory(at.path)) return Answer(ListingOfReservedDirectory(state.counters.wall));
  if (at.path.last() != kSnapshotName) return Answer(Absent{});
  // The root alone may have snapshots, and has none.
  if (at.path.depth() == 1) return Answer(Listing{});
  const std::string above = at.path.Parent();
  return Refuse(at.parent() == nullptr ? Code::kQuotaTargetNotFound : Code::kNotSnapshottable,
                {above});
}

// A client goes on behind a name, or behind the entry that an inode's id leads to.
absl::StatusOr<std::optional<Reply>> FindStart(const State& state, const kv::View& view,
                                               const Directory* root, std::string* start_after) {
  std::optional<Reply> refused;
  if (start_after->substr(0, kReservedPrefix.size()) != kReservedPrefix) return refused;
  const absl::StatusOr<Path> path =
      PathBehind(state.tree, view, root, *Path::Parse(*start_after), &refused);
  if (!path.ok()) return path.status();
  if (refused) {
    refused = Refuse(Code::kStartAfterNotFound, {*start_after});
  } else {
    *start_after = path->depth() == 0 ? std::string() : std::string(path->last());
  }
  return refused;
}

}  // namespace

absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const GetListing& query) {
  Resolved at;
  absl::StatusOr<std::optional<Reply>> refused =
      Walk(state, view, call.caller, call.root, query.path, Purpose::kRead, "", &at);
  if (!refused.ok()) return refused.status();
  if (refused->has_value()) return **std::move(refused);
  GetListing page = query;
  refused = FindStart(state, view, call.root, &page.start_after);
  if (!refused.ok()) return refused.status();
  if (refused->has_value()) return **std::move(refused);
  if (!at.exists()) return ListWhatIsNotThere(state, at);
  if (at.is_file()) {
    Listing listing;
    listing.entries.push_back(StatusOf(at.file->record.file));
    if (query.need_locations) {
      absl::StatusOr<BlockLocations> blocks =
          LocationsOf(view, at.file->record.file, 0, UINT64_MAX);
      if (!blocks.ok()) return blocks.status();
      listing.locations.push_back(*std::move(blocks));
    }
    return Answer(std::move(listing));
  }
  const std::optional<Reply> denied = CheckAccess(call.caller, at, Access::kReadExecute);
  if (denied) return *denied;
  absl::StatusOr<Listing> listing = ListDirectory(state, view, *at.directory(), page);
  if (!listing.ok()) return listing.status();
  return Answer(*std::move(listing));
}

absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const GetContentSummary& query) {
  Resolved at;
  absl::StatusOr<std::optional<Reply>> stopped =
      Walk(state, view, call.caller, call.root, query.path, Purpose::kRead, "", &at);
  if (!stopped.ok()) return stopped.status();
  if (stopped->has_value()) return **std::move(stopped);
  if (!at.exists()) return Refuse(Code::kFileNotFound, {at.path.text()});
  if (at.is_file()) {
    const FileRecord& file = at.file->record.file;
    ContentSummary summary;
    summary.length = file.length;
    summary.files = 1;
    summary.space_consumed = file.charged_bytes() * file.replication;
    return Answer(summary);
  }
  // A summary looks at each directory as a listing of it would.
  const Directory& directory = *at.directory();
  if (directory.totals.restricted != 0) {
    const std::optional<Reply> refused = CheckReadable(state, call.caller, directory);
    if (refused) return *refused;
  }
  return Answer(SummaryOf(directory));
}

absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const GetQuotaUsage& query) {
  Resolved at;
  absl::StatusOr<std::optional<Reply>> stopped =
      Walk(state, view, call.caller, call.root, query.path, Purpose::kRead, "", &at);
  if (!stopped.ok()) return stopped.status();
  if (stopped->has_value()) return **std::move(stopped);
  // Unlike a summary it is checked as a whole before anything is counted, sticky bits included.
  absl::StatusOr<std::optional<Reply>> denied =
      CheckSubtree(state, view, call.caller, at, Access::kReadExecute, /*skip_empty=*/false);
  if (!denied.ok()) return denied.status();
  if (denied->has_value()) return **std::move(denied);
  if (!at.exists()) return Refuse(Code::kUsageTargetNotFound, {at.path.text()});
  const Usage used = UsageOf(at);
  QuotaUsage usage;
  usage.names = used.names;
  usage.space_consumed = used.space;
  if (at.is_directory()) {
    usage.name_quota = ShownNameQuota(*at.directory());
    usage.space_quota = ShownSpaceQuota(*at.directory());
  }
  return Answer(usage);
}

absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const ListOpenFiles& query) {
  if (!call.caller.superuser) {
    return Refuse(Code::kSuperuserRequired, {call.caller.user, "listOpenFiles"});
  }
  const std::optional<Path> below = Path::Parse(query.below);
  if (!below) return Refuse(Code::kInvalidPath, {query.below});
  OpenFileList list;
  const auto& files = state.open_files.files();
  for (auto at = files.upper_bound(query.start_after); at != files.end(); ++at) {
    const OpenFileRecord& record = at->second.record;
    const Directory* const parent = state.tree.Find(record.directory);
    if (parent == nullptr || !state.tree.IsLive(parent) ||
        !state.tree.IsAtOrUnder(parent, call.root)) {
      continue;
    }
    const std::string directory = parent->root_of != 0 ? "" : state.tree.PathOf(parent);
    const Path path = *Path::Parse(directory + "/" + record.name);
    if (path.text() != below->text() && !path.IsUnder(*below)) continue;
    if (list.files.size() == std::max<uint32_t>(query.limit, 1)) {
      list.more = true;
      break;
    }
    const absl::StatusOr<std::optional<EntryRow>> row = ReadEntry(view, parent->id, record.name);
    if (!row.ok()) return row.status();
    if (!row->has_value()) return DamagedRow(EntryKey(parent->id, record.name));
    list.files.push_back(
        {at->first, path.text(), record.holder, (*row)->record.file.holder_address});
  }
  return Answer(std::move(list));
}

}  // namespace jfs::ns
