#include "core/ns/permission.h"

#include <algorithm>

namespace jfs::ns {
namespace {

const char* AccessName(Access access) {
  static constexpr const char* kNames[] = {"NONE", "EXECUTE",      "WRITE",      "WRITE_EXECUTE",
                                           "READ", "READ_EXECUTE", "READ_WRITE", "ALL"};
  return kNames[static_cast<int>(access)];
}

}  // namespace

Attributes AttributesOf(const Directory& directory) {
  return {*directory.owner, *directory.group, directory.mode, true};
}

Attributes AttributesOf(const FileRecord& file) {
  return {file.owner, file.group, file.mode, false};
}

bool IsInGroup(const Caller& caller, std::string_view group) {
  return std::find(caller.groups.begin(), caller.groups.end(), group) != caller.groups.end();
}

bool Allows(const Caller& caller, const Attributes& inode, Access access) {
  int shift = 0;
  if (caller.user == inode.owner) {
    shift = 6;
  } else if (IsInGroup(caller, inode.group)) {
    shift = 3;
  }
  const int wanted = static_cast<int>(access);
  return (inode.mode >> shift & wanted) == wanted;
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
