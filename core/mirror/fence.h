#ifndef CORE_MIRROR_FENCE_H_
#define CORE_MIRROR_FENCE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

#include "core/mirror/io.h"
#include "core/ots/requests.h"
#include "core/ots/row.h"

// The one row that says whose the mirror is and how far it goes (docs/formats/mirror.md). Every
// change of it is a compare-and-set of `revision`, so whoever changes it knows all of it, and a
// request that lands late, or a writer who has been replaced, changes nothing.
namespace jfs::mirror {

enum class FenceState : uint8_t { kOpen = 1, kSealed = 2 };

struct Fence {
  // Counts the changes of this row.
  uint64_t revision = 1;
  FenceState state = FenceState::kOpen;
  // Who writes (kOpen) or wrote last (kSealed): the cluster's id as text.
  std::string cluster;
  // The writer's epoch: generation of the cluster on this mirror, and the Raft term of its leader.
  uint64_t lineage = 1;
  uint64_t term = 0;
  // The mirror's position: the journal has every mutation up to this sequence. And the chain over
  // all outbox rows up to there (core/outbox).
  uint64_t last = 0;
  uint64_t chain = 0;
  Carried carried;  // as of `last`
  // The data table has every mutation up to this sequence; and the chain there.
  uint64_t checkpoint = 0;
  uint64_t checkpoint_chain = 0;
  // How many parts of the run that follows `last` are in the journal already; it counts only with
  // the last of them.
  uint64_t parts = 0;
  // Counts signs of life of a writer that has nothing to write.
  uint64_t touches = 0;
  friend bool operator==(const Fence&, const Fence&) = default;
};

ots::PrimaryKey FenceKey();
// DataLoss names the column that is missing or makes no sense; FailedPrecondition an unknown
// version.
absl::StatusOr<Fence> DecodeFence(const ots::Row& row);
// The row that a mirror begins with, if there is none.
ots::RowChange CreateFence(const Fence& fence);
// Replaces the row if it is still of revision `after.revision - 1`.
ots::RowChange ChangeFence(const Fence& after);
// For messages: "open, lineage 2, cluster 00c0ffee, term 7, sequence 120, folded to 100".
std::string FormatFence(const Fence& fence);

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_FENCE_H_
