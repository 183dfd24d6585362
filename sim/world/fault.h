#ifndef SIM_WORLD_FAULT_H_
#define SIM_WORLD_FAULT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/hash.h"

namespace jfs::sim {

// What can go wrong in the world. Each kind can be switched off by itself: in about half of the
// seeds it is, so that faults also occur alone, and a planted bug can be asked whether it needs its
// exposing fault.
enum class FaultKind : uint8_t {
  kNetDrop,        // a whole message is lost, peers' and clients'
  kNetReset,       // a connection breaks: what was under way on it is lost
  kNetDuplicate,   // a message arrives once more, later, over a connection of its own
  kNetReorder,     // a message takes a long way round and arrives behind later ones
  kNetClog,        // a direction between two nodes stands still for a while
  kNetPartition,   // symmetric, one-way and bridge partitions
  kNetHalfOpen,    // the receiver has forgotten a connection that the sender still believes in
  kNetCorrupt,     // bytes change on the way
  kCrash,          // a process or its machine dies, one or several at once
  kSendCrash,      // a process dies right after it has sent something, with its disk still writing
  kPause,          // a process stands still while time goes on
  kDrain,          // a process is asked to hand over and then restarted
  kTransfer,       // an operator asks for another leader
  kDiskTorn,       // writes under way at a crash are kept block by block in any subset
  kDiskSlow,       // a disk takes many times as long
  kDiskHang,       // a disk answers nothing for a while
  kDiskError,      // EIO
  kDiskFull,       // low space, then ENOSPC
  kLyingSync,      // destroying: writes complete and are lost at the next crash
  kMisdirect,      // destroying: a write lands elsewhere and is missing where it belongs
  kRot,            // destroying: bits flip at rest
  kLostRename,     // destroying: a completed directory change is undone by a crash
  kDiskLost,       // destroying: everything a node kept is gone
  kStateLoss,      // a crash takes the state store back to an earlier flush point
  kInstallCrash,   // a crash at a named point of a snapshot's installation
  kStagedCorrupt,  // bytes of a staged snapshot are wrong
  kClockRate,      // monotonic clocks run at different rates
  kClockStep,      // wall clocks jump
  kTablestoreOutage,    // nobody reaches Tablestore for a while
  kTablestoreThrottle,  // a request is answered with "busy"
  kTablestoreError,     // a request fails before or after it took effect
  kTablestoreLate,      // a request lands long after its caller gave up
  kTablestoreLost,      // a request takes effect and its answer is lost
  kTablestorePartial,   // some rows of a batch fail
  kCount,
};

inline constexpr int kFaultKinds = static_cast<int>(FaultKind::kCount);

// Name on the command line and in reports, e.g. "net-drop".
std::string_view FaultName(FaultKind kind);
std::optional<FaultKind> FaultByName(std::string_view name);

// Whether a fault of this kind can take away what a node had promised to keep. Such faults share
// one budget: at most one node is hit until it is repaired.
bool Destroying(FaultKind kind);

class FaultSet {
 public:
  constexpr FaultSet() = default;
  static constexpr FaultSet All() {
    FaultSet all;
    all.bits_ = (uint64_t{1} << kFaultKinds) - 1;
    return all;
  }
  constexpr bool Has(FaultKind kind) const { return (bits_ >> static_cast<int>(kind) & 1) != 0; }
  constexpr void Add(FaultKind kind) { bits_ |= uint64_t{1} << static_cast<int>(kind); }
  constexpr void Remove(FaultKind kind) { bits_ &= ~(uint64_t{1} << static_cast<int>(kind)); }
  constexpr FaultSet Without(FaultSet other) const {
    FaultSet rest;
    rest.bits_ = bits_ & ~other.bits_;
    return rest;
  }
  constexpr bool empty() const { return bits_ == 0; }
  // Names in order, separated by spaces.
  std::string ToString() const;

 private:
  uint64_t bits_ = 0;
};

// A probability as two integers, so that no floating point takes part in a run.
struct Ratio {
  uint32_t numerator = 0;
  uint32_t denominator = 1;
};

// What a decision is about, in its own terms (kind, peers, term, index, attempt), not how many
// decisions came before: leaving one fault out does not move the others.
class Identity {
 public:
  constexpr Identity() = default;
  template <typename... Numbers>
  static Identity Of(Numbers... numbers) {
    Identity identity;
    (identity.Add(static_cast<uint64_t>(numbers)), ...);
    return identity;
  }
  Identity& Add(uint64_t number) {
    hash_ = HashCombine(hash_, number);
    return *this;
  }
  uint64_t hash() const { return hash_; }

 private:
  uint64_t hash_ = 0;
};

}  // namespace jfs::sim

#endif  // SIM_WORLD_FAULT_H_
