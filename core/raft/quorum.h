#ifndef CORE_RAFT_QUORUM_H_
#define CORE_RAFT_QUORUM_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <vector>

namespace jfs::raft {

// The highest value that a majority of `members` has reached: `values` holds one value for every
// member that counts, the others have reached nothing, T{}. The rule behind commit index,
// read-index rounds, leases and check-quorum. REQUIRES: 0 < members, values.size() <= members.
template <typename T>
T MajorityReached(size_t members, std::vector<T> values) {
  values.resize(members);
  const size_t majority = members / 2 + 1;
  std::sort(values.begin(), values.end(), std::greater<T>());
  return values[majority - 1];
}

}  // namespace jfs::raft

#endif  // CORE_RAFT_QUORUM_H_
