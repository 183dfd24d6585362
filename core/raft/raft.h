#ifndef CORE_RAFT_RAFT_H_
#define CORE_RAFT_RAFT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/identity.h"
#include "core/base/mutation.h"
#include "core/base/time.h"
#include "core/raft/io.h"
#include "core/raft/types.h"

// One Raft peer as a pure state machine: no clock, disk, socket, thread, global randomness. Section
// numbers without a name are those of Ongaro's dissertation (2014). One caller at a time.
namespace jfs::raft {

// For so long after it has heard from a leader a follower elects nobody else, however it is
// configured, and also if it is restarted in between: what a leader's lease stands on. A constant
// of the protocol, because masters may well differ in their election timeouts, for example while
// the setting is being changed on one after the other.
inline constexpr Duration kLeasePromise = 300 * kMillisecond;

struct Config {
  NodeId self;
  Incarnation incarnation;              // of this node's disk
  std::vector<NodeId> initial_members;  // sorted; the node itself among them

  // The election timeout is drawn in [election_timeout, 2 * election_timeout).
  // REQUIRES: election_timeout >= kLeasePromise.
  Duration election_timeout = 1'000 * kMillisecond;
  Duration heartbeat_interval = 100 * kMillisecond;
  // How far any two clocks' rates may differ, in parts per million; shortens the leader lease.
  uint64_t clock_drift_ppm = 50'000;
  // A Persist order older than this makes a leader hand over, older than the election timeout step
  // down.
  Duration slow_disk = 1'000 * kMillisecond;

  // Budgets in charged bytes.
  size_t uncommitted_bytes = size_t{64} << 20;
  size_t in_flight_bytes = size_t{8} << 20;   // per follower
  size_t in_flight_messages = 64;             // per follower
  size_t unapplied_bytes = size_t{64} << 20;  // committed, not applied
  size_t unstable_bytes = size_t{64} << 20;   // follower: accepted, not durable
  size_t append_bytes = size_t{1} << 20;      // entries in one message
  size_t cached_bytes = size_t{64} << 20;     // applied and durable entries kept in memory
  size_t snapshot_pin_bytes = size_t{256} << 20;
  // Kept in the log below durable state, so that a follower only slightly behind needs no snapshot.
  // Small in simulations that want to see snapshots.
  size_t trailing_bytes = size_t{1} << 20;

  Mutations mutations;
  // Off only in campaigns that ask which planted bugs the outside oracles find by themselves.
  bool check_invariants = true;
};

// What the previous run made durable, as core/log recovered it.
struct Recovered {
  HardState hard_state;
  // The state below the log: entries start at base.index + 1.
  Position base;
  std::vector<Entry> entries;
  // The state machine holds everything up to here. REQUIRES: base.index <= applied <= last entry,
  // and the log has this very entry. Where it has not (it is shorter, or holds a suffix of another
  // term whose replacement had been applied but not yet written) the log must first restart at the
  // state: base = the state's position, no entries.
  LogIndex applied;
  Term applied_term;  // zero if unknown: then the term is not compared
  // The log found rot, or its disk is new to a formed cluster: see HardState::recovering.
  bool damaged = false;
};

struct FollowerStatus {
  NodeId node;
  LogIndex match;
  LogIndex next;
  bool counts = false;  // its disk is admitted
  bool snapshotting = false;
  Micros last_heard;
};

// The few things that a driver asks all the time.
struct Standing {
  Role role = Role::kForming;
  Term term;
  NodeId leader;            // NodeId{} if unknown
  bool ready = false;       // leader with an entry of its own term committed
  bool recovering = false;  // see HardState::recovering
};

struct Status {
  Role role = Role::kForming;
  Term term;
  NodeId voted_for;
  NodeId leader;  // NodeId{} if unknown
  LogIndex commit;
  LogIndex applied;
  LogIndex durable;  // last index on the own disk
  LogIndex last_index;
  Term last_term;
  LogIndex first_index;  // first entry still in the log
  bool recovering = false;
  bool ready = false;  // leader with an entry of its own term committed
  bool disk_low = false;
  bool transferring = false;
  Membership membership;
  std::vector<FollowerStatus> followers;  // leader only
  size_t uncommitted_bytes = 0;
  size_t cached_bytes = 0;
};

class Raft {
 public:
  // `seed` is the only source of randomness. `now` is the time of creation: no step may be earlier.
  // REQUIRES: recovered.entries is contiguous from base.index + 1, terms do not fall and none
  // exceeds hard_state.term.
  Raft(Config config, Recovered recovered, Micros now, uint64_t seed);
  ~Raft();
  Raft(const Raft&) = delete;
  Raft& operator=(const Raft&) = delete;

  // Advances the peer by one input and returns what the caller must now do, see Output. `now` never
  // goes back. Stale messages, proposals at a follower and the like are normal and answered in the
  // Output. Dies if no correct caller could have sent `input`, e.g. Durable for a token never
  // issued.
  [[nodiscard]] Output Step(Micros now, const Input& input);

  // Whether a read decided by lease may still be answered at `now`. Call it when the answer leaves.
  bool LeaseValid(Micros now) const;

  // The entry at `index`, or null if it is not in memory. Valid until the next Step.
  // REQUIRES for committed entries not yet reported Applied: never null.
  const Entry* entry(LogIndex index) const;

  Standing standing() const;
  const Membership& membership() const;
  // All there is to know, copied: for status pages and oracles.
  Status status() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace jfs::raft

#endif  // CORE_RAFT_RAFT_H_
