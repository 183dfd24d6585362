#ifndef SIM_MODEL_PERMISSION_H_
#define SIM_MODEL_PERMISSION_H_

#include <string>
#include <vector>

#include "core/ns/request.h"
#include "sim/model/tree.h"

// Who may do what, by the section "Permission check" of the protocol's description.
namespace jfs::sim::model {

constexpr int kExecute = 1, kWrite = 2, kRead = 4;

// A path followed as far as it exists: nodes[0] is the root, nodes[i] what names[i - 1] leads to,
// null from the first missing one on (below a file nothing exists).
struct Walk {
  Names names;
  std::vector<Tree> nodes;

  Walk(const Tree& root, Names path);
  bool is_root() const { return names.empty(); }
  const Tree& last() const { return nodes.back(); }
  // REQUIRES: not the root.
  const Tree& parent() const { return nodes[nodes.size() - 2]; }
  std::string path() const { return Join(names); }
};

// How the call takes a file where a directory should be: those that would create throw
// ParentNotDirectoryException, all others AccessControlException with the same text.
enum class Purpose { kCreate, kOther };

// Every existing ancestor must be a directory in which the caller may search. Throws.
void CheckTraverse(const Walk& walk, const ns::Caller& caller, Purpose purpose);

// The same without asking who may search. Throws.
void CheckNoFileAbove(const Walk& walk);

// The caller needs `access` (bits as above) on the node that the first `depth` names lead to;
// passes if there is none. Throws.
void CheckAccess(const Walk& walk, size_t depth, const ns::Caller& caller, int access);

// `access` on the nearest existing ancestor of the last name, which need not be the parent. Throws.
void CheckAncestor(const Walk& walk, const ns::Caller& caller, int access);

// What removing an entry takes: in a sticky directory to own it or the entry, and write access to
// the parent. Throws.
void CheckRemoval(const Walk& walk, const ns::Caller& caller);

// Which directories below a path are looked at for what.
enum class Subtree {
  kRemove,     // as for a removal: all rights; empty directories are exempt; sticky bits count
  kUsage,      // to read and search; sticky bits count, oddly
  kSummarize,  // to read and search
};
// The rights on the node at the end of the walk and every directory below it. Throws.
void CheckSubtree(const Walk& walk, const ns::Caller& caller, Subtree purpose);

// Superuser, or the owner of the node at the end. Throws. REQUIRES: it exists.
void CheckOwner(const Walk& walk, const ns::Caller& caller);

// Throws for anybody but a superuser; `operation` is HDFS's name of what he asked for.
void CheckSuperuser(const ns::Caller& caller, const std::string& operation);

}  // namespace jfs::sim::model

#endif  // SIM_MODEL_PERMISSION_H_
