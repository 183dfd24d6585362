#ifndef CORE_NODE_STARTUP_H_
#define CORE_NODE_STARTUP_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "core/log/log.h"
#include "core/node/applied_row.h"
#include "core/raft/raft.h"

namespace jfs::node {

// How a master begins: what its Raft peer recovers from, and what the log must be told before
// anything else.
struct Startup {
  raft::Recovered recovered;
  // The log must be restarted durably behind this position, with recovered.hard_state: it does not
  // lead up to the state, or must not be trusted.
  std::optional<raft::Position> reset_log_to;
  std::string note;  // for the operator: what was found and decided; empty if nothing special
};

// Brings together what the log recovered and where the state stands. Neither waits for the other's
// disk, so after a crash either may be ahead:
//   the log is ahead        normal: the rest is applied again
//   the state is ahead      two followers committed before the own disk did: the log restarts at
//   the state, keeping term
//                           and vote
//   no log, but state       counts as an empty disk: the votes are gone
//   no state, or state behind the log's beginning
//                           acknowledged entries are gone: re-admission, data from the leader
// DataLoss or FailedPrecondition if the log's hard state cannot be used; the message says what to
// do.
// FailedPrecondition if the cluster that this disk belongs to has other members than the
// configuration says: a former single master must not go on alone where three are configured.
absl::Status CheckMembers(const raft::Membership& membership,
                          const std::vector<NodeId>& configured);

absl::StatusOr<Startup> DecideStartup(const log::RecoveredLog& log,
                                      const std::optional<AppliedRow>& state);

}  // namespace jfs::node

#endif  // CORE_NODE_STARTUP_H_
