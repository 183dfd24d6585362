#ifndef CORE_NODE_CALLS_H_
#define CORE_NODE_CALLS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/time.h"
#include "core/node/io.h"
#include "core/ns/reply.h"
#include "core/ns/request.h"
#include "core/raft/io.h"

namespace jfs::node {

struct BatchLimits {
  uint64_t bytes = 256 << 10;
  uint32_t commands = 1024;
  uint64_t command_bytes = 1 << 20;
};

// Mutating calls between their arrival and their answer: waiting to be proposed, proposed,
// committed and waiting to be applied. Each is answered exactly once.
class Calls {
 public:
  // `self` is who makes the leader's own calls.
  explicit Calls(BatchLimits limits, ns::Caller self = {})
      : limits_(limits), self_(std::move(self)) {}

  // A client's call. Answered at once with kTooLarge if it exceeds the limit.
  void Add(const ClientCommand& call, Output* out);
  // The leader's own: nobody waits for an answer.
  void AddInternal(ns::Operation operation, ns::NamespaceId ns = 1);

  bool waiting() const { return !waiting_.empty(); }

  // Calls are numbered from 1 in the order in which they come and are proposed: the number that the
  // next one gets, and the highest up to which all have been refused or applied. A call whose fate
  // is unknown counts as refused: that is so only once the leadership in which it was proposed is
  // over.
  uint64_t next_number() const { return next_number_; }
  uint64_t decided_through() const;

  // Takes what waits, up to the limits, as the payload of one entry. REQUIRES: waiting().
  struct Proposal {
    raft::ProposalId id;
    SharedBytes payload;
  };
  Proposal NextProposal(WallMillis wall, uint64_t elapsed_millis);

  // What became of a proposal. Answers the calls, unless it is committed: then they wait for
  // OnApplied.
  void OnOutcome(const raft::ProposalOutcome& outcome, NodeId leader, Output* out);
  // The entry at `at` was applied, with one reply per command.
  void OnApplied(raft::Position at, std::vector<ns::Reply> replies, Output* out);
  // The state jumped to `at`: what entries up to there did is in it, but nobody saw the answers.
  void OnInstalled(raft::Position at, Output* out);
  // Everything that has not been proposed yet is answered with `outcome`.
  void RefuseWaiting(ClientReply::Outcome outcome, NodeId leader, Output* out);

 private:
  struct Waiting {
    uint64_t number = 0;
    CallHandle call;      // CallHandle{}: internal
    std::string encoded;  // the command as the entry will hold it
  };
  struct Proposed {
    uint64_t first = 0;  // number of the first call
    std::vector<CallHandle> calls;
  };
  struct Committed {
    raft::Term term;
    Proposed proposed;
  };

  BatchLimits limits_;
  ns::Caller self_;
  std::deque<Waiting> waiting_;
  raft::ProposalId last_id_;
  uint64_t next_number_ = 1;
  std::map<raft::ProposalId, Proposed> proposed_;
  std::map<raft::LogIndex, Committed> committed_;
};

}  // namespace jfs::node

#endif  // CORE_NODE_CALLS_H_
