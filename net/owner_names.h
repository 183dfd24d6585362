#ifndef NET_OWNER_NAMES_H_
#define NET_OWNER_NAMES_H_

#include <cstddef>
#include <optional>
#include <string>

#include "core/ns/request.h"

namespace jfs::net {

// Bytes of the name of an owner, of a group, and of one in an entry of an access control list;
// Linux allows 32. All of an inode's stand in one row of the state, and a mirror has each row as
// one cell, which Tablestore bounds (ots::kMaxAttributeBytes, 2 MiB): with a longer row the mirror
// would stop for good. With 64 entries an inode has 66 such names at most, 66 KiB.
inline constexpr size_t kMaxOwnerNameBytes = 1024;

// Why an operation from a client is to be refused, if it brings such a name that is too long:
// "The name of the group is 1025 bytes long; the limit is 1024." To be asked wherever operations
// are taken from clients. Not for names that the caller brings: of its user, which is as short
// since the connection's set-up, and of its groups, which this master has from its configuration or
// its system (1 MiB at most, and one in a row).
std::optional<std::string> TooLongOwnerName(const ns::Operation& operation);

}  // namespace jfs::net

#endif  // NET_OWNER_NAMES_H_
