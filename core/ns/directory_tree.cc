#include "core/ns/directory_tree.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace jfs::ns {

RecursiveTotals& RecursiveTotals::operator+=(const RecursiveTotals& other) {
  directories += other.directories;
  files += other.files;
  bytes += other.bytes;
  space += other.space;
  restricted += other.restricted;
  return *this;
}

RecursiveTotals& RecursiveTotals::operator-=(const RecursiveTotals& other) {
  directories -= other.directories;
  files -= other.files;
  bytes -= other.bytes;
  space -= other.space;
  restricted -= other.restricted;
  return *this;
}

const DirectoryFeatures& Directory::features() const {
  static const DirectoryFeatures none;
  return features_or_null == nullptr ? none : *features_or_null;
}

bool Directory::restricted() const {
  if ((mode & 0555) != 0555) return true;
  const std::vector<AclEntry>& acl = features().acl;
  return !acl.empty() && acl.front().scope == AclScope::kAccess;
}

DirectoryRecord Directory::Record() const {
  DirectoryRecord record;
  record.parent = parent_id;
  record.name = name;
  record.mode = mode;
  record.owner = *owner;
  record.group = *group;
  record.mtime = mtime;
  record.atime = atime;
  record.counts = counts;
  record.features = features();
  return record;
}

Directory* DirectoryTree::Find(InodeId id) const {
  const auto at = directories_.find(id);
  return at == directories_.end() ? nullptr : at->second.get();
}

void DirectoryTree::Clear() {
  directories_.clear();
  texts_.clear();
  quotas_ = 0;
}

const std::string* DirectoryTree::Intern(const std::string& text) {
  return &*texts_.insert(text).first;
}

Directory* DirectoryTree::Add(InodeId id, const DirectoryRecord& record) {
  auto owned = std::make_unique<Directory>();
  Directory* directory = owned.get();
  directory->id = id;
  directory->parent_id = record.parent;
  directory->name = record.name;
  directory->mode = record.mode;
  directory->owner = Intern(record.owner);
  directory->group = Intern(record.group);
  directory->mtime = record.mtime;
  directory->atime = record.atime;
  directory->counts = record.counts;
  directory->totals.directories = 1;
  directory->totals.files = record.counts.files;
  directory->totals.bytes = record.counts.bytes;
  directory->totals.space = record.counts.space;
  if (!record.features.none()) {
    directory->features_or_null = std::make_unique<const DirectoryFeatures>(record.features);
    if (record.features.has_quota()) ++quotas_;
  }
  directory->totals.restricted = directory->restricted() ? 1 : 0;
  const bool added = directories_.emplace(id, std::move(owned)).second;
  CHECK(added) << "directory " << id << " exists already";
  return directory;
}

// A chain of parents longer than there are directories is a cycle. Correct code makes none; the
// bound keeps a planted bug from hanging the process before fsck can name it.
void DirectoryTree::AddToChain(Directory* from, const RecursiveTotals& change) {
  size_t steps = 0;
  for (Directory* at = from; at != nullptr && steps <= size(); at = at->parent, ++steps) {
    at->totals += change;
  }
}

void DirectoryTree::SubtractFromChain(Directory* from, const RecursiveTotals& change) {
  size_t steps = 0;
  for (Directory* at = from; at != nullptr && steps <= size(); at = at->parent, ++steps) {
    at->totals -= change;
  }
}

void DirectoryTree::Link(Directory* directory, Directory* parent, std::string_view name) {
  CHECK(directory->parent == nullptr);
  directory->name = std::string(name);
  directory->parent_id = parent->id;
  // The sum as it is before the link: with the link in place a cycle would add to what is being
  // added.
  const RecursiveTotals below = directory->totals;
  AddToChain(parent, below);
  directory->parent = parent;
  const bool added = parent->children.emplace(directory->name, directory).second;
  CHECK(added) << "directory " << parent->id << " has a directory of that name already";
}

void DirectoryTree::Unlink(Directory* directory) {
  CHECK(directory->parent != nullptr);
  Directory* const parent = directory->parent;
  const size_t erased = parent->children.erase(directory->name);
  CHECK_EQ(erased, 1u);
  directory->parent = nullptr;
  const RecursiveTotals below = directory->totals;
  SubtractFromChain(parent, below);
}

void DirectoryTree::Remove(Directory* directory) {
  CHECK(directory->parent == nullptr);
  CHECK(directory->children.empty());
  if (directory->features().has_quota()) --quotas_;
  directories_.erase(directory->id);
}

void DirectoryTree::SetMode(Directory* directory, uint16_t mode) {
  const bool before = directory->restricted();
  directory->mode = mode;
  RecursiveTotals change;
  change.restricted = uint64_t{directory->restricted()} - uint64_t{before};
  AddToChain(directory, change);
}

void DirectoryTree::SetOwner(Directory* directory, const std::string& owner) {
  directory->owner = Intern(owner);
}

void DirectoryTree::SetGroup(Directory* directory, const std::string& group) {
  directory->group = Intern(group);
}

void DirectoryTree::SetFeatures(Directory* directory, DirectoryFeatures features) {
  const bool before = directory->restricted();
  if (directory->features().has_quota()) --quotas_;
  if (features.has_quota()) ++quotas_;
  if (features.none()) {
    directory->features_or_null = nullptr;
  } else {
    directory->features_or_null = std::make_unique<const DirectoryFeatures>(std::move(features));
  }
  RecursiveTotals change;
  change.restricted = uint64_t{directory->restricted()} - uint64_t{before};
  AddToChain(directory, change);
}

void DirectoryTree::AddFiles(Directory* directory, uint64_t files, uint64_t bytes, uint64_t space) {
  directory->counts.files += files;
  directory->counts.bytes += bytes;
  directory->counts.space += space;
  RecursiveTotals change;
  change.files = files;
  change.bytes = bytes;
  change.space = space;
  AddToChain(directory, change);
}

void DirectoryTree::LinkAll(const std::vector<InodeId>& ids, const std::set<InodeId>& unlinked) {
  for (const InodeId id : ids) {
    Directory* const directory = Find(id);
    if (directory->parent_id == 0 || unlinked.count(id) != 0) continue;
    Directory* const parent = Find(directory->parent_id);
    if (parent == nullptr) continue;
    // Two rows that claim one name: the first stays, fsck reports the other.
    if (!parent->children.emplace(directory->name, directory).second) continue;
    directory->parent = parent;
  }
  // Totals bottom-up: a directory is added to its parent once all its own children were added to
  // it. One pass over the directories, whatever the order of their ids.
  LookupMap<InodeId, uint64_t> waiting;
  std::vector<Directory*> ready;
  for (const InodeId id : ids) {
    Directory* const directory = Find(id);
    const uint64_t children = directory->children.size();
    if (children == 0) {
      ready.push_back(directory);
    } else {
      waiting[id] = children;
    }
  }
  while (!ready.empty()) {
    Directory* const directory = ready.back();
    ready.pop_back();
    Directory* const parent = directory->parent;
    if (parent == nullptr) continue;
    parent->totals += directory->totals;
    if (--waiting[parent->id] == 0) ready.push_back(parent);
  }
}

bool DirectoryTree::IsLive(const Directory* directory) const {
  size_t steps = 0;
  for (const Directory* at = directory; at != nullptr && steps <= size();
       at = at->parent, ++steps) {
    if (at->root_of != 0) return true;
  }
  return false;
}

bool DirectoryTree::IsAtOrUnder(const Directory* directory, const Directory* ancestor) const {
  size_t steps = 0;
  for (const Directory* at = directory; at != nullptr && steps <= size();
       at = at->parent, ++steps) {
    if (at == ancestor) return true;
  }
  return false;
}

std::string DirectoryTree::PathOf(const Directory* directory) const {
  std::vector<const Directory*> chain;
  for (const Directory* at = directory; at != nullptr && at->root_of == 0 && chain.size() <= size();
       at = at->parent) {
    chain.push_back(at);
  }
  if (chain.empty()) return "/";
  std::string path;
  for (auto at = chain.rbegin(); at != chain.rend(); ++at) {
    path.push_back('/');
    path.append((*at)->name);
  }
  return path;
}

}  // namespace jfs::ns
