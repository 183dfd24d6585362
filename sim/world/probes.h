#ifndef SIM_WORLD_PROBES_H_
#define SIM_WORLD_PROBES_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace jfs::sim {

// Situations that a campaign has to reach: a fault that never met anything proves nothing. Counted
// per run and summed over the campaign; one that stays at zero in a large campaign is a failure of
// the campaign.
#define JFS_SIM_PROBES(X)                                              \
  X(kElections, "elections")                                           \
  X(kLogTruncations, "log truncations")                                \
  X(kTornTails, "torn tails cut")                                      \
  X(kRotFound, "rot found in the log")                                 \
  X(kLyingSyncCrashes, "crashes that lost synced writes")              \
  X(kLossesWithheld, "losses withheld: others had no copy")            \
  X(kMisdirectedWrites, "misdirected writes")                          \
  X(kLostRenames, "directory changes lost")                            \
  X(kDisksLost, "disks lost")                                          \
  X(kReadmissions, "disks re-admitted")                                \
  X(kSnapshotsSent, "snapshots sent")                                  \
  X(kSnapshotInstalls, "snapshots installed")                          \
  X(kInstallCrashes, "crashes inside an installation")                 \
  X(kInstallsRefused, "installations refused by checksum")             \
  X(kStagingResumed, "staged snapshots resumed")                       \
  X(kStateRewinds, "state stores behind their log after a crash")      \
  X(kStateAheadOfLog, "state stores ahead of their log at start")      \
  X(kCrashes, "crashes")                                               \
  X(kClusterCrashes, "crashes of all nodes at once")                   \
  X(kCrashesMidWrite, "crashes with disk writes under way")            \
  X(kSendCrashes, "crashes right after sending")                       \
  X(kPauses, "pauses")                                                 \
  X(kDrains, "drains")                                                 \
  X(kTransfers, "leader transfers asked for")                          \
  X(kClockSteps, "wall clock steps")                                   \
  X(kDiskErrors, "disk errors")                                        \
  X(kDiskFull, "disks out of space")                                   \
  X(kDiskHangs, "hung disks")                                          \
  X(kPartitions, "partitions")                                         \
  X(kBridges, "bridge partitions")                                     \
  X(kOneWay, "one-way partitions")                                     \
  X(kFromTheDead, "messages of processes that had died since")         \
  X(kConnectionsReset, "connections reset")                            \
  X(kFramesCorrupt, "corrupt frames refused")                          \
  X(kHalfOpen, "half-open connections")                                \
  X(kDuplicates, "messages duplicated")                                \
  X(kReordered, "messages reordered")                                  \
  X(kLeaseReads, "reads answered by lease")                            \
  X(kLeaseReadsRefused, "lease reads refused at reply")                \
  X(kConfirmedReads, "reads answered after a round")                   \
  X(kReadsRefused, "reads refused")                                    \
  X(kWritesRefused, "writes refused")                                  \
  X(kWritesUnknown, "writes with unknown outcome")                     \
  X(kDiskLowRefused, "writes refused for lack of disk space")          \
  X(kBusyRefused, "calls refused as busy")                             \
  X(kClientTimeouts, "client timeouts")                                \
  X(kRetriesAnswered, "retries answered from the cache")               \
  X(kFailovers, "client fail-overs")                                   \
  X(kOldReads, "reads below the newest index")                         \
  X(kLeasesRenewed, "renewals of file leases")                         \
  X(kLeasesReleased, "file leases run out")                            \
  X(kQuotaRefused, "calls refused by a quota")                         \
  X(kPermissionRefused, "calls refused for lack of a permission")      \
  X(kRefusedHalfway, "calls refused when half was done")               \
  X(kTruncations, "files truncated")                                   \
  X(kConcats, "files joined")                                          \
  X(kXAttrsFull, "attributes refused by an inode that is full")        \
  X(kSafeModes, "safe mode asked for")                                 \
  X(kSafeModeRefused, "calls refused in safe mode")                    \
  X(kSafeModeElections, "elections in safe mode")                      \
  X(kDurabilityChecks, "quorum durability verified on the disks")      \
  X(kSearchChecks, "histories checked by search")                      \
  X(kFsckRuns, "fsck runs")                                            \
  X(kTablestoreOutages, "requests during an outage")                   \
  X(kTablestoreThrottled, "requests throttled")                        \
  X(kTablestoreLate, "requests that land late")                        \
  X(kTablestoreLost, "answers of Tablestore lost")                     \
  X(kTablestoreErrorAfter, "requests that failed after taking effect") \
  X(kTablestorePartial, "batches that fail in part")                   \
  X(kMirrorSynced, "positions seen as synced")                         \
  X(kMirrorStale, "outboxes over their cap")                           \
  X(kStaleWriters, "uploads by a leader that was replaced")            \
  X(kFullLosses, "clusters lost for good")                             \
  X(kRecoveries, "recoveries finished")                                \
  X(kRecoveriesResumed, "recoveries continued by another leader")      \
  X(kSealsLost, "seals whose answer was lost")                         \
  X(kSealsWaited, "seals that waited for a living writer")             \
  X(kSleepersWoken, "sealed clusters that woke up")                    \
  X(kClaimsLost, "claims lost to another cluster")                     \
  X(kRowsCompared, "rows compared after a recovery")                   \
  X(kPositionsLost, "mutations lost with a cluster")                   \
  X(kDisagreements, "masters that disagreed about the mirror")

enum class Probe : uint8_t {
#define JFS_SIM_PROBE_ENUM(name, text) name,
  JFS_SIM_PROBES(JFS_SIM_PROBE_ENUM)
#undef JFS_SIM_PROBE_ENUM
      kCount
};
inline constexpr int kProbes = static_cast<int>(Probe::kCount);

inline constexpr std::array<std::string_view, kProbes> kProbeTexts = {
#define JFS_SIM_PROBE_TEXT(name, text) text,
    JFS_SIM_PROBES(JFS_SIM_PROBE_TEXT)
#undef JFS_SIM_PROBE_TEXT
};

class Probes {
 public:
  void Hit(Probe probe, uint64_t times = 1) { counts_[static_cast<size_t>(probe)] += times; }
  uint64_t count(Probe probe) const { return counts_[static_cast<size_t>(probe)]; }
  void Add(const Probes& other) {
    for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  }
  std::array<uint64_t, kProbes>& counts() { return counts_; }
  const std::array<uint64_t, kProbes>& counts() const { return counts_; }

 private:
  std::array<uint64_t, kProbes> counts_{};
};

}  // namespace jfs::sim

#endif  // SIM_WORLD_PROBES_H_
