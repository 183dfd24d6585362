#ifndef CORE_RAFT_TYPES_H_
#define CORE_RAFT_TYPES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/identity.h"
#include "core/base/strong_int.h"

namespace jfs::raft {

// Raft terms and indices count from 1; zero means "none" (before the first entry).
using Term = StrongInt<struct TermTag>;
using LogIndex = StrongInt<struct LogIndexTag>;

// What an entry is for. The numbers are in the log and on the wire: never reused.
enum class EntryKind : uint8_t {
  kNoop = 1,     // first entry of a term (dissertation 6.4); empty payload
  kCommand = 2,  // payload for the state machine above
  kAdmit = 3,    // payload is an encoded Admission: counts this node's disk from here on
};

struct Entry {
  Term term;
  LogIndex index;
  EntryKind kind = EntryKind::kNoop;
  SharedBytes payload;

  // What the entry is charged against every byte budget.
  size_t charged_bytes() const { return payload.size() + 64; }
  friend bool operator==(const Entry&, const Entry&) = default;
};

// One master as the cluster knows it: where it stands in the initial configuration, and the disk
// whose promises count.
struct Member {
  NodeId node;
  Incarnation incarnation;
  friend bool operator==(const Member&, const Member&) = default;
};

// The formation record, brought up to date by admissions. `as_of` is the index of the last kAdmit
// entry it reflects, 0 straight after formation. Sorted by node.
struct Membership {
  ClusterId cluster;
  LogIndex as_of;
  Term as_of_term;  // of that entry: a log that has exactly this entry has it committed
  std::vector<Member> members;

  bool formed() const { return cluster != ClusterId{}; }
  // Whether `member`'s disk counts towards a majority.
  bool Contains(const Member& member) const;
  size_t majority() const { return members.size() / 2 + 1; }
  friend bool operator==(const Membership&, const Membership&) = default;
};

// Payload of a kAdmit entry: from its commit on, votes and acknowledgements of `member` count.
// `session` is the number under which the node asked, so that it recognises the answer to its own
// question: a node that lost or doubts part of its disk counts again only after an entry proposed
// after it asked.
struct Admission {
  Member member;
  uint64_t session = 0;
  friend bool operator==(const Admission&, const Admission&) = default;
};

// What must survive a crash besides the entries. Small, so it is written whole with every batch of
// the log.
struct HardState {
  Term term;
  NodeId voted_for;
  Membership membership;  // empty until formed
  // The record this node has chosen while forming; never changed once set, cleared when formed. See
  // Hello.
  Membership locked;
  // A node on an empty disk, or with rotted entries, must stay silent (no vote, acknowledgements
  // that do not count) until re-admitted; the duty has to survive further restarts.
  bool recovering = false;
  friend bool operator==(const HardState&, const HardState&) = default;
};

// A half-open range of indices [first, end).
struct IndexRange {
  LogIndex first;
  LogIndex end;
  bool empty() const { return first >= end; }
  friend bool operator==(const IndexRange&, const IndexRange&) = default;
};

// Where a state machine's state stands: everything up to `index`, whose entry had `term`, is in it.
struct Position {
  LogIndex index;
  Term term;
  friend bool operator==(const Position&, const Position&) = default;
};

enum class Role : uint8_t { kForming, kFollower, kPreCandidate, kCandidate, kLeader };

}  // namespace jfs::raft

#endif  // CORE_RAFT_TYPES_H_
