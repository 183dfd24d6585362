#ifndef SIM_ORACLE_DURABILITY_H_
#define SIM_ORACLE_DURABILITY_H_

#include <cstdint>

#include "absl/status/statusor.h"

#include "core/log/log.h"
#include "core/raft/types.h"
#include "sim/disk/virtual_disk.h"

namespace jfs::sim {

// What core/log would recover from `files`, carried out at once and on a copy.
absl::StatusOr<log::RecoveredLog> RecoverFiles(VirtualDisk::Files files,
                                               const log::Options& options);

// Whether a node that comes back with this disk and a state that stands at `state` still has the
// entry.
bool Holds(const log::RecoveredLog& log, raft::Position state, raft::Position entry);

}  // namespace jfs::sim

#endif  // SIM_ORACLE_DURABILITY_H_
