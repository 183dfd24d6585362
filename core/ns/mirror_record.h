#ifndef CORE_NS_MIRROR_RECORD_H_
#define CORE_NS_MIRROR_RECORD_H_

#include <cstdint>
#include <string>
#include <string_view>

// What this store knows of its mirror (docs/formats/state.md).
namespace jfs::ns {

// Whether this store has a mirror. Decided once, while the store is empty; stored as numbers.
enum class MirrorState : uint8_t {
  kUndecided = 0,
  kOff = 1,
  kOn = 2,
  // The outbox passed its cap: the mirror stays as it was at its last position.
  kStale = 3,
};

struct MirrorRecord {
  MirrorState state = MirrorState::kUndecided;
  uint64_t cap_bytes = 0;  // of the outbox, in bytes of rows
  uint64_t mirrored = 0;   // sequence up to which the mirror is known to have everything
  uint64_t last = 0;       // last sequence that got into the outbox
  uint64_t chain = 0;      // over all outbox rows there ever were
  friend bool operator==(const MirrorRecord&, const MirrorRecord&) = default;
};

std::string EncodeRecord(const MirrorRecord& record);
bool DecodeRecord(std::string_view bytes, MirrorRecord* record);

// Whether rows of this key go to the mirror: those of the tree do; remembered calls, limits,
// counters, the outbox itself and what follows from other rows do not.
bool IsMirrored(std::string_view key);

}  // namespace jfs::ns

#endif  // CORE_NS_MIRROR_RECORD_H_
