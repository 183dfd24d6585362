#ifndef CORE_NS_ACL_ENTRY_H_
#define CORE_NS_ACL_ENTRY_H_

#include <compare>
#include <cstdint>
#include <string>

namespace jfs::ns {

// The numbers of AclEntryProto, which are also the order in which entries are kept.
enum class AclScope : uint8_t { kAccess = 0, kDefault = 1 };
enum class AclType : uint8_t { kUser = 0, kGroup = 1, kMask = 2, kOther = 3 };

// One entry of an access control list, as clients send and receive it.
struct AclEntry {
  AclScope scope = AclScope::kAccess;
  AclType type = AclType::kUser;
  std::string name;        // empty: the owner, the owning group, the mask, or others
  uint8_t permission = 0;  // bits as in one class of a mode
  friend auto operator<=>(const AclEntry&, const AclEntry&) = default;
};

}  // namespace jfs::ns

#endif  // CORE_NS_ACL_ENTRY_H_
