#ifndef CORE_RAFT_FORMATION_H_
#define CORE_RAFT_FORMATION_H_

#include <map>
#include <optional>
#include <vector>

#include "core/base/identity.h"
#include "core/raft/message.h"
#include "core/raft/types.h"

namespace jfs::raft {

// How masters that know nothing but the names in their configuration agree, once, on the record of
// who they are.
//
// 1. A node locks a record when it has seen an incarnation of every initial member, or when it sees
// a lock of
//    another member that names its own disk. A lock is durable before anybody hears of it and never
//    changes.
// 2. A record is formed when a majority have locked it and every other member, too, has either
// locked it or turned
//    out to have lost its disk (it announces another incarnation, unformed).
//
// Two records cannot both be formed: each is locked by a majority, and a node locks one in its
// life. A disk lost between the steps therefore never splits the cluster; its successor finds
// itself named with another incarnation and has to be admitted. What may happen if a disk is lost
// in the instant in which some have locked and others have not is that different records are locked
// and none gets a majority: then nothing was ever written, and the operator empties the
// directories.
class Formation {
 public:
  // `initial_members` sorted; `self` among them.
  Formation(Member self, std::vector<NodeId> initial_members);

  // What was heard from `from`. REQUIRES: hello.formed is empty.
  void Heard(const Member& from, const Hello& hello);

  // The record to lock, once it can be chosen.
  std::optional<Membership> Lock() const;
  // Whether `locked`, this node's own durable lock, is formed.
  bool Formed(const Membership& locked) const;

 private:
  struct Peer {
    Incarnation incarnation;
    Membership locked;
  };

  Member self_;
  std::vector<NodeId> initial_members_;
  std::map<NodeId, Peer> peers_;
};

// The record of these members, sorted by node: the cluster id is a hash of them, so that every
// member computes the same one.
Membership MakeRecord(std::vector<Member> members);

}  // namespace jfs::raft

#endif  // CORE_RAFT_FORMATION_H_
