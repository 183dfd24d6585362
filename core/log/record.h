#ifndef CORE_LOG_RECORD_H_
#define CORE_LOG_RECORD_H_

#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/identity.h"

namespace jfs::log {

// No epoch, batch sequence, watermark, index, term or number in a file's name is larger. Counting
// up one by one nobody gets here, so that what lies beyond is damage, whatever its checksum says,
// and one more than a number that was accepted never overflows.
inline constexpr uint64_t kLargestNumber = uint64_t{1} << 62;
// The log goes on only while that many numbers of each kind are left: more than one run's queue can
// take. A log closer to the end can be read and not continued.
inline constexpr uint64_t kNumbersInReserve = uint64_t{1} << 32;

// The log's own view of a Raft entry: core/log does not depend on core/raft. The kind is opaque
// here.
struct LogEntry {
  uint64_t index = 0;
  uint64_t term = 0;
  uint8_t kind = 0;
  SharedBytes payload;
  friend bool operator==(const LogEntry&, const LogEntry&) = default;
};

struct LogPosition {
  uint64_t index = 0;
  uint64_t term = 0;
  friend bool operator==(const LogPosition&, const LogPosition&) = default;
};

// Whose log this is. Cluster is not known before formation, so the files name the disk (node,
// incarnation); the cluster is in the hard state.
struct ClusterNode {
  NodeId node;
  Incarnation incarnation;
  friend bool operator==(const ClusterNode&, const ClusterNode&) = default;
};

}  // namespace jfs::log

#endif  // CORE_LOG_RECORD_H_
