#ifndef CORE_RAFT_MESSAGE_H_
#define CORE_RAFT_MESSAGE_H_

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "core/base/identity.h"
#include "core/base/time.h"
#include "core/raft/types.h"

namespace jfs::raft {

// Sent by every node that does not know a formation record yet, and in answer to one, until it
// does. Formation has two steps so that a disk lost in the middle cannot split it: `locked` is the
// record the sender has persisted as its choice; a record is formed once all its members are seen
// to have locked it.
struct Hello {
  bool answer = false;  // an answer is not answered again
  Membership locked;    // empty: none yet
  Membership formed;    // empty: unformed
};

struct VoteRequest {
  bool pre_vote = false;  // asks "would you?", changes nothing (dissertation 9.6)
  bool transfer =
      false;  // the leader asked the sender to campaign: stickiness does not apply (3.10)
  LogIndex last_index;
  Term last_term;
};

struct VoteReply {
  bool pre_vote = false;
  bool granted = false;
  // The highest entry the voter knows to be committed. A candidate that has this very entry learns
  // that it is committed, and with it any admission below: otherwise the vote of a re-admitted disk
  // could be refused for ever by the only node whose log is complete.
  Position commit;
};

// Entries for one follower, or none: a heartbeat is an append of nothing that may leave at any
// time.
struct AppendRequest {
  LogIndex previous_index;
  Term previous_term;
  LogIndex commit;             // never above what the sender knows the receiver to share
  uint64_t round = 0;          // numbers the leader's rounds for leases and read-index; echoed
  std::vector<Entry> entries;  // consecutive from previous_index + 1
};

struct AppendReply {
  bool accepted = false;
  // accepted: all entries up to here agree with the leader's and are on the sender's disk.
  // refused: the previous entry did not match; retry at or before this index.
  LogIndex match;
  // refused: term of the sender's entry at `match`, so the leader can skip whole terms (paper 5.3).
  Term match_term;
  uint64_t round = 0;
  bool busy =
      false;  // the sender's budget for unstable entries is used up: wait, then go on at match
  bool disk_low = false;  // free space below the threshold: refuse writes while a majority says so
  // Not zero: this acknowledgement must not count towards any majority; the sender asks to be
  // admitted under this session (empty or damaged disk).
  uint64_t admission_session = 0;
};

// Heartbeat without log position: proves leadership and collects rounds while appends are queued
// behind bulk.
struct Heartbeat {
  LogIndex commit;  // min(leader's commit, what the receiver is known to hold)
  uint64_t round = 0;
};

struct HeartbeatReply {
  uint64_t round = 0;
  bool disk_low = false;
  uint64_t admission_session = 0;
};

// The leader tells an up-to-date follower to campaign at once (dissertation 3.10).
struct TimeoutNow {};

using Body = std::variant<Hello, VoteRequest, VoteReply, AppendRequest, AppendReply, Heartbeat,
                          HeartbeatReply, TimeoutNow>;

// A message between peers. `cluster` is empty until the sender is formed; a message of another
// cluster is dropped.
struct Message {
  Member from;
  NodeId to;
  ClusterId cluster;
  Term term;  // the sender's term; for a pre-vote request the term it would campaign in
  Body body;
};

}  // namespace jfs::raft

#endif  // CORE_RAFT_MESSAGE_H_
