#include "core/raft/invariants.h"

#include "core/base/check.h"

namespace jfs::raft {

void CheckView(const View& view, NodeId self) {
  CHECK_LE(view.base.index, view.applied) << "the log lost entries that were not applied";
  CHECK_LE(view.applied, view.commit);
  CHECK_LE(view.commit, view.last.index);
  CHECK_LE(view.durable, view.last.index);
  CHECK_GE(view.durable, view.base.index);
  CHECK_LE(view.last.term, view.term) << "an entry is newer than the peer's own term";
  if (view.role == Role::kForming) {
    CHECK_EQ(view.cluster, ClusterId{});
    CHECK_EQ(view.last.index, LogIndex{}) << "entries before formation";
    CHECK_EQ(view.voted_for, NodeId{}) << "a vote before formation";
  } else {
    CHECK_NE(view.cluster, ClusterId{});
  }
  if (view.role == Role::kLeader) {
    CHECK_EQ(view.leader, self);
    CHECK_EQ(view.voted_for, self) << "leader without its own vote";
  } else {
    CHECK_NE(view.leader, self);
  }
  // A node that lost promises is silent: it leads nobody and seeks no votes.
  if (view.recovering) CHECK(view.role == Role::kFollower || view.role == Role::kForming);
}

void CheckTransition(const View& before, const View& after) {
  CHECK_GE(after.term, before.term) << "terms only grow (3.3)";
  CHECK_GE(after.commit, before.commit) << "what is committed stays so (3.6)";
  CHECK_GE(after.applied, before.applied);
  CHECK_GE(after.base.index, before.base.index);
  CHECK_GE(after.as_of, before.as_of);
  if (before.cluster != ClusterId{}) CHECK_EQ(after.cluster, before.cluster);
  // Committed entries are never cut off (3.6.3); a snapshot may replace them.
  CHECK_GE(after.last.index, before.commit);
  // A leader only appends (3.5).
  if (before.role == Role::kLeader && after.role == Role::kLeader) {
    CHECK_EQ(after.term, before.term) << "a leader's term does not change while it leads";
    CHECK_GE(after.last.index, before.last.index);
  }
  if (after.term > before.term) return;
  // Within one term: one vote, one leader, and only a candidate becomes it (3.4).
  if (before.voted_for != NodeId{}) CHECK_EQ(after.voted_for, before.voted_for);
  if (before.leader != NodeId{} && after.leader != NodeId{}) CHECK_EQ(after.leader, before.leader);
  if (after.role == Role::kLeader && before.role != Role::kLeader) {
    CHECK(before.role == Role::kCandidate) << "leader without a candidacy";
  }
}

}  // namespace jfs::raft
