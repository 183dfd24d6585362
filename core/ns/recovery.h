#ifndef CORE_NS_RECOVERY_H_
#define CORE_NS_RECOVERY_H_

#include <optional>

#include "absl/status/statusor.h"

#include "core/ns/recovery_record.h"
#include "core/ns/reply.h"
#include "core/ns/request.h"
#include "core/ns/state.h"

// A store becomes what a sealed mirror says (docs/formats/state.md, "Recovery"). What goes wrong
// with the mirror's rows makes the recovery fail on all nodes alike; a status is a read error or
// damage of this node's own rows, and terminal.
namespace jfs::ns {

// What a store under recovery answers to a command, before anything else is looked at. Nothing: the
// command is to be executed.
std::optional<Reply> AnswerUnderRecovery(const State& state, const Operation& operation);
// The same for reads, which are refused until the tree is complete.
std::optional<Reply> RefuseReadUnderRecovery(const RecoveryRecord& recovery);

// Refused with kRecoveryNotPossible where they come at the wrong time. The reply is kOk as well
// where there is nothing to do, and where the recovery has just failed: see State::recovery.
absl::StatusOr<Reply> Recover(Transaction* tx, const BeginRecovery& op);
absl::StatusOr<Reply> Recover(Transaction* tx, const LoadRows& op);
absl::StatusOr<Reply> Recover(Transaction* tx, const FinishRecovery& op);
absl::StatusOr<Reply> Recover(Transaction* tx, const ClaimRecovered& op);

}  // namespace jfs::ns

#endif  // CORE_NS_RECOVERY_H_
