#ifndef CORE_NS_PERMISSION_H_
#define CORE_NS_PERMISSION_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/ns/directory_tree.h"
#include "core/ns/records.h"
#include "core/ns/reply.h"
#include "core/ns/request.h"

// Who may do what to one inode, and the refusals (hdfs-client-protocol 3, "Permission check").
// Superusers are let through by the callers of these functions' callers, never here.
namespace jfs::ns {

// Bits as in one class of a mode.
enum class Access : uint8_t {
  kNone = 0,
  kExecute = 1,
  kWrite = 2,
  kReadExecute = 5,
  kRead = 4,
  kAll = 7
};

// What decides about access to an inode. Views live as long as the inode's.
struct Attributes {
  std::string_view owner, group;
  uint16_t mode = 0;
  bool directory = false;
  std::span<const AclEntry> acl = {};  // as it is kept (acl.h): the mode has the rest
};
Attributes AttributesOf(const Directory& directory);
Attributes AttributesOf(const FileRecord& file);

// The first class that matches decides: owner, then group, then others. With an access ACL: owner,
// then an entry of the user's name, then the entries of his groups, of which one that grants is
// enough, then others; all but the first and the last grant no more than the mask.
bool Allows(const Caller& caller, const Attributes& inode, Access access);

bool IsInGroup(const Caller& caller, std::string_view group);

// "drwxr-xr-t", as it stands in messages.
std::string ModeText(const Attributes& inode);

Reply PermissionDenied(const Caller& caller, Access access, const std::string& path,
                       const Attributes& inode);
Reply StickyBitDenied(const Caller& caller, const std::string& path, const Attributes& inode,
                      const std::string& parent_path, const Attributes& parent);

}  // namespace jfs::ns

#endif  // CORE_NS_PERMISSION_H_
