#include "core/ns/permission.h"

#include <algorithm>
#include <optional>

namespace jfs::ns {
namespace {

const char* AccessName(Access access) {
  static constexpr const char* kNames[] = {"NONE", "EXECUTE",      "WRITE",      "WRITE_EXECUTE",
                                           "READ", "READ_EXECUTE", "READ_WRITE", "ALL"};
  return kNames[static_cast<int>(access)];
}

// Bits as in one class of a mode.
bool Grants(int bits, Access access) {
  const int wanted = static_cast<int>(access);
  return (bits & wanted) == wanted;
}

// For whom neither owns the inode nor has an entry: unset.
std::optional<bool> AclAllows(const Caller& caller, const Attributes& inode, Access access) {
  const int mask = inode.mode >> 3;
  bool matched = false;
  for (const AclEntry& entry : inode.acl) {
    if (entry.scope != AclScope::kAccess) break;
    if (entry.type == AclType::kUser) {
      if (entry.name == caller.user) return Grants(entry.permission & mask, access);
      continue;
    }
    const std::string_view group = entry.name.empty() ? inode.group : std::string_view(entry.name);
    if (!IsInGroup(caller, group)) continue;
    if (Grants(entry.permission & mask, access)) return true;
    matched = true;
  }
  if (matched) return false;
  return std::nullopt;
}

}  // namespace

Attributes AttributesOf(const Directory& directory) {
  return {*directory.owner, *directory.group, directory.mode, true, directory.features().acl};
}

Attributes AttributesOf(const FileRecord& file) {
  return {file.owner, file.group, file.mode, false, file.acl};
}

bool IsInGroup(const Caller& caller, std::string_view group) {
  return std::find(caller.groups.begin(), caller.groups.end(), group) != caller.groups.end();
}

bool Allows(const Caller& caller, const Attributes& inode, Access access) {
  if (caller.user == inode.owner) return Grants(inode.mode >> 6, access);
  if (!inode.acl.empty() && inode.acl.front().scope == AclScope::kAccess) {
    return AclAllows(caller, inode, access).value_or(Grants(inode.mode, access));
  }
  return Grants(IsInGroup(caller, inode.group) ? inode.mode >> 3 : inode.mode, access);
}

std::string ModeText(const Attributes& inode) {
  std::string text(1, inode.directory ? 'd' : '-');
  for (int bit = 8; bit >= 0; --bit) {
    text.push_back((inode.mode >> bit & 1) != 0 ? "xwr"[bit % 3] : '-');
  }
  if ((inode.mode & 01000) != 0) text.back() = (inode.mode & 1) != 0 ? 't' : 'T';
  return text;
}

Reply PermissionDenied(const Caller& caller, Access access, const std::string& path,
                       const Attributes& inode) {
  Reply reply;
  reply.code = Code::kPermissionDenied;
  reply.arguments = {
      caller.user,    AccessName(access), path, std::string(inode.owner), std::string(inode.group),
      ModeText(inode)};
  return reply;
}

Reply StickyBitDenied(const Caller& caller, const std::string& path, const Attributes& inode,
                      const std::string& parent_path, const Attributes& parent) {
  Reply reply;
  reply.code = Code::kStickyBitDenied;
  reply.arguments = {
      caller.user,     path,        std::string(inode.owner),  std::string(inode.group),
      ModeText(inode), parent_path, std::string(parent.owner), std::string(parent.group),
      ModeText(parent)};
  return reply;
}

}  // namespace jfs::ns
