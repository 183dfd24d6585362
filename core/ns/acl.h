#ifndef CORE_NS_ACL_H_
#define CORE_NS_ACL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/ns/acl_entry.h"
#include "core/ns/reply.h"

// HDFS's rules for access control lists, over values alone (hdfs-client-protocol 3, "ACL"): what a
// call makes of an inode's list, and what a new inode inherits.
//
// An inode keeps of its access ACL only the named entries and the owning group's: the owner and
// others are in its mode, and so is the mask, in the place of the group's bits. An inode without
// these entries has a minimal ACL, which is its mode. A default ACL, on directories only, is kept
// in full.
namespace jfs::ns {

// Entries of one scope, access or default, that an inode may have.
inline constexpr size_t kMaxAclEntries = 32;

// What an inode keeps: its mode with the sticky bit, and entries in order.
struct KeptAcl {
  uint16_t mode = 0;
  std::vector<AclEntry> entries;
  friend bool operator==(const KeptAcl&, const KeptAcl&) = default;
};

// What is to be changed, and its path for a refusal.
struct AclSubject {
  KeptAcl acl;
  bool directory = false;
  std::string path;
};

// The new list, or why there is none (Code::kAcl...).
using AclOutcome = std::variant<KeptAcl, Reply>;

// modifyAclEntries: `entries` replace those of equal scope, type and name, the others are added.
AclOutcome ModifyAcl(const AclSubject& inode, std::vector<AclEntry> entries);
// removeAclEntries: by scope, type and name; what is not there does not matter.
AclOutcome RemoveFromAcl(const AclSubject& inode, std::vector<AclEntry> entries);
// setAcl: a scope of which `entries` has any is replaced by them, the other one stays. None at all
// is WithoutAcl.
AclOutcome ReplaceAcl(const AclSubject& inode, std::vector<AclEntry> entries);
// removeDefaultAcl.
KeptAcl WithoutDefaultAcl(KeptAcl acl);
// removeAcl: the group's bits come back into the mode in the place of the mask.
KeptAcl WithoutAcl(KeptAcl acl);

// What a new inode has in a directory that keeps `parent`. `mode` is what was asked for after the
// client's umask, `unmasked` before it, if the client says: a default ACL takes the umask's place.
KeptAcl InheritedAcl(const std::vector<AclEntry>& parent, uint16_t mode,
                     std::optional<uint16_t> unmasked, bool directory);

}  // namespace jfs::ns

#endif  // CORE_NS_ACL_H_
