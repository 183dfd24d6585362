#ifndef CORE_NS_DIRECTORY_TREE_H_
#define CORE_NS_DIRECTORY_TREE_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"

#include "core/base/lookup_map.h"
#include "core/base/time.h"
#include "core/ns/records.h"
#include "core/ns/request.h"

namespace jfs::ns {

// Sums over a directory and everything below it. Arithmetic is modulo 2^64, so that a difference is
// one too.
struct RecursiveTotals {
  uint64_t directories = 0;  // the directory itself included
  uint64_t files = 0;
  uint64_t bytes = 0;
  uint64_t space = 0;  // bytes times replication
  // Directories that not everybody may list and enter (READ_EXECUTE for owner, group and others):
  // where it is 0, permissions cannot matter to a content summary.
  uint64_t restricted = 0;

  RecursiveTotals& operator+=(const RecursiveTotals& other);
  RecursiveTotals& operator-=(const RecursiveTotals& other);
  friend bool operator==(const RecursiveTotals&, const RecursiveTotals&) = default;
};

// One directory in memory: what its row says, and what can be derived from all rows.
struct Directory {
  InodeId id = 0;
  // As in its row. Stays after the directory is unlinked.
  InodeId parent_id = 0;
  // Null for a root, and for a directory that was unlinked from a tree.
  Directory* parent = nullptr;
  NamespaceId root_of = 0;  // the namespace whose root this is; 0: none
  std::string name;
  uint16_t mode = 0;
  // Owned by the tree's pool: a million directories have few owners.
  const std::string* owner = nullptr;
  const std::string* group = nullptr;
  WallMillis mtime, atime;
  DirectCounts counts;
  // Null for most: what the row has besides. Set by DirectoryTree::SetFeatures.
  std::unique_ptr<const DirectoryFeatures> features_or_null;
  RecursiveTotals totals;
  absl::btree_map<std::string_view, Directory*> children;  // keys are the children's own names

  // Bookkeeping of the writer: hash of the row as it was last written, and whether it has changed
  // since.
  bool has_row = false;
  bool dirty = false;
  uint64_t row_hash = 0;

  const DirectoryFeatures& features() const;
  // An access ACL may refuse whom the mode's bits let in.
  bool restricted() const;
  bool empty() const { return counts.directories == 0 && counts.files == 0; }
  DirectoryRecord Record() const;
};

// All directories of all namespaces, linked into trees. Changes keep the recursive totals of all
// ancestors right, at a cost linear in the depth.
class DirectoryTree {
 public:
  DirectoryTree() = default;
  DirectoryTree(const DirectoryTree&) = delete;
  DirectoryTree& operator=(const DirectoryTree&) = delete;

  // Null if there is no such directory.
  Directory* Find(InodeId id) const;
  size_t size() const { return directories_.size(); }

  // Forgets all of them.
  void Clear();

  // Adds a directory without a parent. REQUIRES: the id is new.
  Directory* Add(InodeId id, const DirectoryRecord& record);
  // Puts an unlinked directory into `parent` as `name`. Its totals go to all ancestors; `parent`'s
  // direct counts are the caller's to change.
  void Link(Directory* directory, Directory* parent, std::string_view name);
  // Takes a directory out of its parent, with all below it. It can still be found by id.
  void Unlink(Directory* directory);
  // Forgets an unlinked directory. Its children, if any, must be unlinked.
  void Remove(Directory* directory);
  void SetMode(Directory* directory, uint16_t mode);
  void SetOwner(Directory* directory, const std::string& owner);
  void SetGroup(Directory* directory, const std::string& group);
  void SetFeatures(Directory* directory, DirectoryFeatures features);
  // Directories with a quota; none means that no change can exceed one.
  uint64_t quotas() const { return quotas_; }
  // Changes the files directly in `directory`: its direct counts, and all totals.
  void AddFiles(Directory* directory, uint64_t files, uint64_t bytes, uint64_t space);

  // Rebuilds links and totals from what Add was given: for a start, after all Adds. `unlinked` are
  // the directories that have no parent any more. Directories whose parent is missing stay without
  // one; fsck finds them.
  void LinkAll(const std::vector<InodeId>& ids, const std::set<InodeId>& unlinked);

  // Whether the chain of parents ends at the root of a namespace.
  bool IsLive(const Directory* directory) const;
  // Whether `directory` is `ancestor` or lies below it.
  bool IsAtOrUnder(const Directory* directory, const Directory* ancestor) const;
  std::string PathOf(const Directory* directory) const;

 private:
  const std::string* Intern(const std::string& text);
  void AddToChain(Directory* from, const RecursiveTotals& change);
  void SubtractFromChain(Directory* from, const RecursiveTotals& change);

  LookupMap<InodeId, std::unique_ptr<Directory>> directories_;
  std::set<std::string> texts_;
  uint64_t quotas_ = 0;
};

}  // namespace jfs::ns

#endif  // CORE_NS_DIRECTORY_TREE_H_
