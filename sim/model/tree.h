#ifndef SIM_MODEL_TREE_H_
#define SIM_MODEL_TREE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ns/request.h"

// A file-system tree that is never changed in place: an edit copies the directories on the way to
// the root and shares the rest. Whoever keeps an old root keeps that version of the whole tree.
namespace jfs::sim::model {

struct Node {
  bool directory = false;
  ns::InodeId id = 0;
  uint16_t mode = 0;
  std::string owner, group;
  uint64_t mtime = 0, atime = 0;  // milliseconds
  // What is kept of the access control list beside the mode: acl.h.
  std::vector<ns::AclEntry> acl;
  std::map<ns::XAttrName, std::string> xattrs;
  // Files only.
  uint32_t replication = 0;
  uint64_t block_size = 0;
  std::vector<ns::Block> blocks;
  bool open = false;
  std::string holder, holder_address;  // who writes it, while open
  bool last_block_open = false;        // the last block is not complete
  // Waits until data servers agree on the last block; `holder` is whoever asked for that.
  bool recovering = false;
  // What the last block is to be cut to by that.
  std::optional<uint64_t> truncate_last_to;
  // Directories only.
  int64_t name_quota = -1, space_quota = -1;  // -1: none
  // By name in the order of unsigned bytes.
  std::map<std::string, std::shared_ptr<const Node>> children;

  uint64_t Length() const {
    uint64_t length = 0;
    for (const ns::Block& block : blocks) length += block.bytes;
    return length;
  }
  // What one replica is charged with: a block that is not complete counts as a full one.
  uint64_t Charged() const {
    return last_block_open ? Length() - blocks.back().bytes + block_size : Length();
  }
  // Children are compared as versions: the same ones, not equal ones.
  friend bool operator==(const Node&, const Node&) = default;
};
using Tree = std::shared_ptr<const Node>;
using Names = std::vector<std::string>;

// The node at `names` below `root`; null if there is none.
Tree Find(const Tree& root, const Names& names);

// `root` with `node` at `names`, or without anything there if `node` is null.
// REQUIRES: the parent is a directory; `names` is empty only to replace the root itself.
Tree Replace(const Tree& root, const Names& names, Tree node);

// The place of the inode with this id; false if no node reachable from `root` has it.
bool FindById(const Tree& root, ns::InodeId id, Names* names);

struct Count {
  uint64_t directories = 0, files = 0, bytes = 0;
  uint64_t space = 0;  // charged bytes times replication
  uint64_t names() const { return directories + files; }
};
// Of the node itself and all below it.
Count CountAll(const Tree& root);

// How many files below `root` are open for `holder`.
uint64_t CountOpenFor(const Tree& root, const std::string& holder);

// Every open file below `root`, by its id.
std::map<ns::InodeId, Names> OpenFilesOf(const Tree& root);

// "/a/b" of the first `depth` names; "/" for none.
std::string Join(const Names& names, size_t depth);
inline std::string Join(const Names& names) { return Join(names, names.size()); }

// One line per node in path order: everything a node holds.
std::string Dump(const Tree& root);

}  // namespace jfs::sim::model

#endif  // SIM_MODEL_TREE_H_
