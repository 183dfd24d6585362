#ifndef SIM_MODEL_ACL_H_
#define SIM_MODEL_ACL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ns/request.h"
#include "sim/model/tree.h"

// Access control lists, by the section "ACL" of the protocol's description and HDFS's recorded
// answers. A list as users think of it is whole: owner, group, others, and a mask if anything is
// named. A node keeps of it what its mode cannot say.
namespace jfs::sim::model {

using Acl = std::vector<ns::AclEntry>;

// The whole list of `node`, in order.
Acl WholeAcl(const Node& node);

// What the calls make of a whole list. Each throws AclException, without a path, if the outcome is
// not a list.
Acl Merged(const Acl& acl, Acl changes);
Acl Without(const Acl& acl, Acl unwanted);
Acl WithoutDefaults(const Acl& acl);
// Each scope that occurs in `replacement` is replaced wholly.
Acl Replaced(const Acl& acl, Acl replacement);

// Makes `acl` the list of `node`, mode included. Throws AclException if it has defaults and the
// node, which is at `path`, is a file.
void KeepAcl(const Acl& acl, const std::string& path, Node* node);
// Back to the mode alone; the group gets what its entry says.
void DropAcl(Node* node);

// A new child gets what `parent` hands down. `unmasked` is the mode before the client's umask, if
// it was sent.
void Inherit(const Node& parent, std::optional<uint16_t> unmasked, Node* child);

// Whether the list lets the caller do `access`; nothing if `node` has only its mode for that.
std::optional<bool> AclAllows(const Node& node, const ns::Caller& caller, int access);

}  // namespace jfs::sim::model

#endif  // SIM_MODEL_ACL_H_
