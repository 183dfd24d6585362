#include "core/raft/types.h"

#include <algorithm>

namespace jfs::raft {

bool Membership::Contains(const Member& member) const {
  return std::find(members.begin(), members.end(), member) != members.end();
}

}  // namespace jfs::raft
