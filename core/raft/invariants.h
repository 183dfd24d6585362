#ifndef CORE_RAFT_INVARIANTS_H_
#define CORE_RAFT_INVARIANTS_H_

#include "core/raft/types.h"

namespace jfs::raft {

// What the invariants speak about: a peer before and after one step.
struct View {
  Role role = Role::kForming;
  Term term;
  NodeId voted_for;
  NodeId leader;
  LogIndex commit;
  LogIndex applied;
  LogIndex durable;
  Position base;
  Position last;
  LogIndex as_of;  // of the membership
  ClusterId cluster;
  bool recovering = false;
};

// What must hold of any peer at any time. Dies otherwise.
void CheckView(const View& view, NodeId self);
// What one step may change. Dies otherwise.
void CheckTransition(const View& before, const View& after);

}  // namespace jfs::raft

#endif  // CORE_RAFT_INVARIANTS_H_
