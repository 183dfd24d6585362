#include "core/ns/recount.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/base/hash.h"

namespace jfs::ns {
namespace {

absl::Status Damaged(std::string_view key) {
  return absl::DataLossError(absl::StrCat("state row ", KeyText(key), " cannot be decoded"));
}

}  // namespace

absl::StatusOr<bool> Recount::Step(const kv::View& view, uint64_t max_rows) {
  CHECK(stage_ != Stage::kDone);
  uint64_t left = std::max<uint64_t>(max_rows, 1);
  while (left > 0 && stage_ != Stage::kDone) {
    absl::Status status;
    switch (stage_) {
      case Stage::kNamespaces:
        status = Scan(view, Prefix::kNamespace, Stage::kPendingDeletes, &left);
        break;
      case Stage::kPendingDeletes:
        status = Scan(view, Prefix::kPendingDelete, Stage::kDirectories, &left);
        break;
      case Stage::kDirectories:
        status = Scan(view, Prefix::kDirectory, Stage::kReachability, &left);
        break;
      case Stage::kReachability:
        Follow(&left);
        break;
      case Stage::kEntries:
        status = Scan(view, Prefix::kEntry, Stage::kPlaces, &left);
        if (stage_ == Stage::kPlaces) CloseDirectoriesBefore(directories_.size());
        break;
      case Stage::kPlaces:
        status = Scan(view, Prefix::kFilePlace, Stage::kDone, &left);
        if (stage_ == Stage::kDone) CheckPlaces();
        break;
      case Stage::kDone:
        break;
    }
    if (!status.ok()) return status;
    // Whatever else there may be, this is enough.
    if (!problem_.empty()) stage_ = Stage::kDone;
  }
  return stage_ == Stage::kDone;
}

absl::Status Recount::Scan(const kv::View& view, Prefix prefix, Stage next, uint64_t* left) {
  const std::string lower = PrefixOf(prefix);
  const auto at = view.Scan(resume_.empty() ? lower : resume_, EndOf(lower));
  for (; at->Valid() && problem_.empty(); at->Next()) {
    if (*left == 0) {
      resume_ = std::string(at->key());
      return absl::OkStatus();
    }
    --*left;
    ++rows_;
    const absl::Status status = Row(at->key(), at->value());
    if (!status.ok()) return status;
  }
  if (!at->status().ok()) return at->status();
  resume_.clear();
  stage_ = next;
  return absl::OkStatus();
}

absl::Status Recount::Row(std::string_view key, std::string_view value) {
  switch (stage_) {
    case Stage::kNamespaces:
      return OnNamespace(key, value);
    case Stage::kPendingDeletes:
      return OnPendingDelete(key, value);
    case Stage::kDirectories:
      return OnDirectory(key, value);
    case Stage::kEntries:
      return OnEntry(key, value);
    case Stage::kPlaces:
      ++places_;
      return absl::OkStatus();
    case Stage::kReachability:
    case Stage::kDone:
      break;
  }
  return absl::InternalError("no rows are read in this stage");
}

absl::Status Recount::OnNamespace(std::string_view key, std::string_view value) {
  NamespaceRecord record;
  if (!DecodeRecord(value, &record)) return Damaged(key);
  if (!roots_.insert(record.root).second) {
    Problem(absl::StrCat("directory ", record.root, " is the root of two namespaces"));
  }
  return absl::OkStatus();
}

absl::Status Recount::OnPendingDelete(std::string_view key, std::string_view value) {
  InodeId id = 0;
  PendingDeleteRecord record;
  if (!ParseInodeKey(key, Prefix::kPendingDelete, &id) || !DecodeRecord(value, &record)) {
    return Damaged(key);
  }
  if (record.directory) unlinked_.push_back(id);
  return absl::OkStatus();
}

absl::Status Recount::OnDirectory(std::string_view key, std::string_view value) {
  Directory directory;
  DirectoryRecord record;
  if (!ParseInodeKey(key, Prefix::kDirectory, &directory.id) || !DecodeRecord(value, &record)) {
    return Damaged(key);
  }
  directory.parent = record.parent;
  directory.name_hash = Hash64(record.name);
  directory.counts = record.counts;
  const bool unlinked = std::binary_search(unlinked_.begin(), unlinked_.end(), directory.id);
  if (roots_.count(directory.id) != 0) {
    if (unlinked || record.parent != 0) {
      Problem(absl::StrCat("root ", directory.id, " is in a directory or waits to be deleted"));
    }
    directory.reached = Reached::kFromRoot;
    directory.has_entry = true;  // needs none
    ++totals_.directories;
  } else if (unlinked) {
    directory.reached = Reached::kFromUnlinked;
  }
  directories_.push_back(directory);
  return absl::OkStatus();
}

void Recount::Follow(uint64_t* left) {
  if (next_ == 0) {
    for (const InodeId root : roots_) {
      if (IndexOf(root) == directories_.size()) {
        return Problem(absl::StrCat("root ", root, " of a namespace has no row"));
      }
    }
  }
  for (; next_ < directories_.size() && *left > 0 && problem_.empty(); ++next_, --*left) {
    FollowFrom(next_);
  }
  if (next_ < directories_.size()) return;
  next_ = 0;
  stage_ = Stage::kEntries;
}

// Each chain of parents is followed only to where another has been already.
void Recount::FollowFrom(size_t directory) {
  std::vector<size_t> chain;
  size_t at = directory;
  while (at != directories_.size() && directories_[at].reached == Reached::kUnknown) {
    directories_[at].reached = Reached::kOnTheWay;
    chain.push_back(at);
    at = IndexOf(directories_[at].parent);
  }
  const Reached end = at == directories_.size() ? Reached::kUnknown : directories_[at].reached;
  if (end == Reached::kUnknown || end == Reached::kOnTheWay) {
    return Problem(absl::StrCat("directory ", directories_[directory].id,
                                " is not reachable from any root: its parents ",
                                end == Reached::kOnTheWay ? "are a cycle" : "end nowhere"));
  }
  for (const size_t step : chain) directories_[step].reached = end;
}

absl::Status Recount::OnEntry(std::string_view key, std::string_view value) {
  InodeId parent = 0;
  std::string_view name;
  EntryRecord entry;
  if (!ParseEntryKey(key, &parent, &name) || !DecodeRecord(value, &entry)) return Damaged(key);
  const bool file = entry.type == FileType::kFile;
  if (file) ++files_anywhere_;
  // Entries come in the order of the directories they are in.
  while (next_ < directories_.size() && directories_[next_].id < parent) {
    CloseDirectoriesBefore(next_ + 1);
  }
  if (next_ == directories_.size() || directories_[next_].id != parent) {
    Problem(absl::StrCat("entry ", KeyText(key), " is in a directory that has no row"));
    return absl::OkStatus();
  }
  if (directories_[next_].reached != Reached::kFromRoot) return absl::OkStatus();
  if (file) {
    ++counted_.files;
    counted_.bytes += entry.file.length;
    counted_.space += entry.file.charged_bytes() * entry.file.replication;
  } else {
    ++counted_.directories;
    OnSubdirectory(entry.directory, parent, name);
  }
  return absl::OkStatus();
}

void Recount::OnSubdirectory(InodeId id, InodeId parent, std::string_view name) {
  const size_t below = IndexOf(id);
  if (below == directories_.size()) {
    return Problem(absl::StrCat("entry ", KeyText(EntryKey(parent, name)), " leads to directory ",
                                id, ", which has no row"));
  }
  Directory& directory = directories_[below];
  // A directory says itself where it is, so no two entries can lead to it.
  if (directory.reached != Reached::kFromRoot || directory.parent != parent ||
      directory.name_hash != Hash64(name)) {
    return Problem(absl::StrCat("entry ", KeyText(EntryKey(parent, name)), " leads to directory ",
                                id, ", which says that it is elsewhere"));
  }
  directory.has_entry = true;
  ++totals_.directories;
}

void Recount::CloseDirectoriesBefore(size_t directory) {
  for (; next_ < directory; ++next_) {
    const DirectCounts counted = std::exchange(counted_, DirectCounts{});
    const Directory& closed = directories_[next_];
    if (closed.reached != Reached::kFromRoot) continue;
    CheckDirectory(closed, counted);
    totals_.files += counted.files;
    totals_.bytes += counted.bytes;
  }
}

void Recount::CheckDirectory(const Directory& directory, const DirectCounts& counted) {
  const DirectCounts& stored = directory.counts;
  if (stored == counted) return;
  Problem(absl::StrCat("directory ", directory.id, " says it has ", stored.directories,
                       " directories, ", stored.files, " files, ", stored.bytes, " bytes, ",
                       stored.space, " replicated; recounted are ", counted.directories, ", ",
                       counted.files, ", ", counted.bytes, ", ", counted.space));
}

void Recount::CheckPlaces() {
  if (!problem_.empty()) return;
  for (const Directory& directory : directories_) {
    if (directory.reached != Reached::kFromRoot || directory.has_entry) continue;
    return Problem(
        absl::StrCat("directory ", directory.id, " has no entry in directory ", directory.parent));
  }
  if (places_ != files_anywhere_) {
    Problem(absl::StrCat("there are ", files_anywhere_, " entries of files, but ", places_,
                         " rows that say where a file's entry is: two entries lead to one file"));
  }
}

size_t Recount::IndexOf(InodeId id) const {
  const auto at = std::lower_bound(
      directories_.begin(), directories_.end(), id,
      [](const Directory& directory, InodeId wanted) { return directory.id < wanted; });
  if (at == directories_.end() || at->id != id) return directories_.size();
  return static_cast<size_t>(at - directories_.begin());
}

void Recount::Problem(std::string problem) {
  if (problem_.empty()) problem_ = std::move(problem);
}

}  // namespace jfs::ns
