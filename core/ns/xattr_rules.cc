#include "core/ns/xattr_rules.h"

#include <utility>

namespace jfs::ns {
namespace {

constexpr std::string_view kRawPaths = "/.reserved/raw";

Reply RefuseName(Code code, std::string name) {
  Reply reply;
  reply.code = code;
  reply.arguments = {std::move(name)};
  return reply;
}

}  // namespace

std::string PrefixedName(const XAttrName& name) {
  static constexpr const char* kPrefixes[] = {"user.", "trusted.", "security.", "system.", "raw."};
  return kPrefixes[static_cast<int>(name.space)] + name.name;
}

bool CountsAsVisible(XAttrNamespace space) {
  return space == XAttrNamespace::kUser || space == XAttrNamespace::kTrusted;
}

XAttrName UnreadableBySuperuser() {
  return {XAttrNamespace::kSecurity, "hdfs.unreadable.by.superuser"};
}

bool IsRawPath(std::string_view path) { return path.substr(0, kRawPaths.size()) == kRawPaths; }

bool MaySee(const Caller& caller, const XAttrName& name, bool raw_path) {
  switch (name.space) {
    case XAttrNamespace::kUser:
      return true;
    case XAttrNamespace::kTrusted:
      return caller.superuser;
    case XAttrNamespace::kRaw:
      return raw_path;
    case XAttrNamespace::kSecurity:
      return name == UnreadableBySuperuser();
    case XAttrNamespace::kSystem:
      break;
  }
  return false;
}

std::optional<Reply> CheckXAttrName(const Caller& caller, const XAttrName& name, bool has_value,
                                    bool raw_path) {
  if (!MaySee(caller, name, raw_path)) return RefuseName(Code::kXAttrDenied, PrefixedName(name));
  if (has_value && name == UnreadableBySuperuser()) {
    return RefuseName(Code::kXAttrValueNotAllowed, PrefixedName(name));
  }
  return std::nullopt;
}

}  // namespace jfs::ns
