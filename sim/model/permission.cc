#include "sim/model/permission.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "sim/model/acl.h"
#include "sim/model/refusal.h"

namespace jfs::sim::model {
namespace {

std::string Letters(uint16_t mode) {
  std::string text = "rwxrwxrwx";
  for (int bit = 0; bit < 9; ++bit) {
    if ((mode >> (8 - bit) & 1) == 0) text[bit] = '-';
  }
  if ((mode & 01000) != 0) text[8] = (mode & 1) != 0 ? 't' : 'T';
  return text;
}

// "owner:group:drwxr-xr-x"
std::string Describe(const Node& node) {
  return absl::StrCat(node.owner, ":", node.group, ":", node.directory ? "d" : "-",
                      Letters(node.mode));
}

std::string AccessName(int access) {
  static constexpr const char* kNames[] = {"NONE", "EXECUTE",      "WRITE",      "WRITE_EXECUTE",
                                           "READ", "READ_EXECUTE", "READ_WRITE", "ALL"};
  return kNames[access];
}

bool Allows(const Node& node, const ns::Caller& caller, int access) {
  if (caller.superuser) return true;
  if (const auto allowed = AclAllows(node, caller, access); allowed.has_value()) return *allowed;
  // The first class that matches decides; there is no falling through to a wider one.
  int bits = node.mode & 7;
  const auto& groups = caller.groups;
  if (std::find(groups.begin(), groups.end(), node.group) != groups.end())
    bits = node.mode >> 3 & 7;
  if (node.owner == caller.user) bits = node.mode >> 6 & 7;
  return (bits & access) == access;
}

std::string Denied(const ns::Caller& caller, int access, const std::string& path,
                   const Node& node) {
  return absl::StrCat("Permission denied: user=", caller.user, ", access=", AccessName(access),
                      ", inode=\"", path, "\":", Describe(node));
}

bool StickyDenies(const Node& parent, const Node& entry, const ns::Caller& caller) {
  return !caller.superuser && (parent.mode & 01000) != 0 && parent.owner != caller.user &&
         entry.owner != caller.user;
}

std::string Sticky(const ns::Caller& caller, const std::string& path, const Node& entry,
                   const std::string& parent_path, const Node& parent) {
  return absl::StrCat("Permission denied by sticky bit: user=", caller.user, ", path=\"", path,
                      "\":", Describe(entry), ", parent=\"", parent_path, "\":", Describe(parent));
}

struct SubtreeCheck {
  const ns::Caller& caller;
  int access;
  bool but_empty, sticky;
  const Node& top;
  std::vector<std::string> denied = {};

  void Collect(const std::string& path, const Node& node) {
    if (!node.directory || (but_empty && node.children.empty())) return;
    if (!Allows(node, caller, access)) denied.push_back(Denied(caller, access, path, node));
    for (const auto& [name, child] : node.children) {
      const std::string below = absl::StrCat(path == "/" ? "" : path, "/", name);
      // The original describes the topmost directory where it means the parent; either will do.
      if (sticky && StickyDenies(node, *child, caller)) {
        denied.push_back(Sticky(caller, below, *child, path, top));
        denied.push_back(Sticky(caller, below, *child, path, node));
      }
      Collect(below, *child);
    }
  }
};

}  // namespace

Walk::Walk(const Tree& root, Names path) : names(std::move(path)) {
  nodes.push_back(root);
  for (const std::string& name : names) {
    const Tree& at = nodes.back();
    nodes.push_back(at == nullptr ? nullptr : Find(at, {name}));
  }
}

void CheckTraverse(const Walk& walk, const ns::Caller& caller, Purpose purpose) {
  for (size_t depth = 0; depth < walk.names.size(); ++depth) {
    const Tree& node = walk.nodes[depth];
    if (node == nullptr) return;
    if (!node->directory) {
      const std::string text = absl::StrCat(Join(walk.names, depth), " (is not a directory)");
      throw purpose == Purpose::kCreate ? ParentNotDirectory(text) : AccessControl(text);
    }
    CheckAccess(walk, depth, caller, kExecute);
  }
}

void CheckNoFileAbove(const Walk& walk) {
  ns::Caller anybody;
  anybody.superuser = true;
  CheckTraverse(walk, anybody, Purpose::kOther);
}

void CheckAccess(const Walk& walk, size_t depth, const ns::Caller& caller, int access) {
  const Tree& node = walk.nodes[depth];
  if (node == nullptr || Allows(*node, caller, access)) return;
  throw AccessControl(Denied(caller, access, Join(walk.names, depth), *node));
}

void CheckAncestor(const Walk& walk, const ns::Caller& caller, int access) {
  if (walk.is_root()) return;
  size_t depth = walk.names.size() - 1;
  while (walk.nodes[depth] == nullptr) --depth;
  CheckAccess(walk, depth, caller, access);
}

void CheckRemoval(const Walk& walk, const ns::Caller& caller) {
  if (walk.is_root()) return;
  const Tree& parent = walk.parent();
  const Tree& entry = walk.last();
  if (entry != nullptr && StickyDenies(*parent, *entry, caller)) {
    throw AccessControl(
        Sticky(caller, walk.path(), *entry, Join(walk.names, walk.names.size() - 1), *parent));
  }
  CheckAccess(walk, walk.names.size() - 1, caller, kWrite);
}

void CheckSubtree(const Walk& walk, const ns::Caller& caller, Subtree purpose) {
  if (walk.last() == nullptr) return;
  const bool remove = purpose == Subtree::kRemove;
  SubtreeCheck check{caller, remove ? kRead | kWrite | kExecute : kRead | kExecute, remove,
                     purpose != Subtree::kSummarize, *walk.last()};
  check.Collect(walk.path(), *walk.last());
  if (check.denied.empty()) return;
  Refusal refusal = AccessControl(check.denied.front());
  // Nothing says in which order a subtree is checked.
  refusal.also = std::move(check.denied);
  throw refusal;
}

void CheckOwner(const Walk& walk, const ns::Caller& caller) {
  if (caller.superuser || walk.last()->owner == caller.user) return;
  throw AccessControl(absl::StrCat("Permission denied. user=", caller.user,
                                   " is not the owner of inode=", walk.path()));
}

void CheckSuperuser(const ns::Caller& caller, const std::string& operation) {
  if (caller.superuser) return;
  throw AccessControl(absl::StrCat("Access denied for user ", caller.user,
                                   ". Superuser privilege is required for operation ", operation));
}

}  // namespace jfs::sim::model
