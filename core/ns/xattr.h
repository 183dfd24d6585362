#ifndef CORE_NS_XATTR_H_
#define CORE_NS_XATTR_H_

#include <compare>
#include <cstdint>
#include <string>

namespace jfs::ns {

// The numbers of XAttrProto.
enum class XAttrNamespace : uint8_t {
  kUser = 0,
  kTrusted = 1,   // the superuser's
  kSecurity = 2,  // the system's, seen by users
  kSystem = 3,    // the system's own
  kRaw = 4,       // under /.reserved/raw only
};

// Without the prefix that shells show: "user.a" is {kUser, "a"}.
struct XAttrName {
  XAttrNamespace space = XAttrNamespace::kUser;
  std::string name;
  friend auto operator<=>(const XAttrName&, const XAttrName&) = default;
};

struct XAttr {
  XAttrName name;
  std::string value;
  friend auto operator<=>(const XAttr&, const XAttr&) = default;
};

}  // namespace jfs::ns

#endif  // CORE_NS_XATTR_H_
