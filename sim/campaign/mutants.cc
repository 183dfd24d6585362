#include "sim/campaign/mutants.h"

#include <algorithm>
#include <map>
#include <ostream>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "core/base/codec.h"
#include "sim/campaign/fork_pool.h"

namespace jfs::sim {
namespace {

using F = FaultKind;

// Far apart, so that bases share no seed.
constexpr uint64_t kBaseDistance = 1'000'000;

// Everything that makes a message late, lost or twice.
#define JFS_SIM_NETWORK_FAULTS                                                                \
  F::kNetDrop, F::kNetReset, F::kNetDuplicate, F::kNetReorder, F::kNetClog, F::kNetPartition, \
      F::kNetHalfOpen, F::kNetCorrupt
// Everything that makes a process lose what was not durable.
#define JFS_SIM_CRASHES \
  F::kCrash, F::kSendCrash, F::kInstallCrash, F::kDiskError, F::kDiskFull, F::kDrain

const std::vector<Mutant>& AllMutants() {
  static const std::vector<Mutant>& mutants = *new std::vector<Mutant>{
      {Mutation::kR01VoteNotDurable,
       "R01",
       "vote leaves before it is durable",
       {JFS_SIM_CRASHES, F::kLyingSync, F::kMisdirect, F::kRot, F::kLostRename, F::kDiskLost}},
      {Mutation::kR02VoteForgotten,
       "R02",
       "vote forgotten within a term",
       {JFS_SIM_NETWORK_FAULTS, F::kPause, F::kDiskSlow, F::kDiskHang}},
      {Mutation::kR03CommitOldTerm,
       "R03",
       "entry of an old term committed by counting",
       {JFS_SIM_CRASHES, JFS_SIM_NETWORK_FAULTS, F::kPause, F::kDiskSlow, F::kDiskHang,
        F::kTransfer}},
      {Mutation::kR04IndexBeforeTerm,
       "R04",
       "up-to-date check compares index before term",
       {JFS_SIM_CRASHES, JFS_SIM_NETWORK_FAULTS, F::kPause, F::kDiskSlow, F::kDiskHang,
        F::kTransfer}},
      {Mutation::kR05VoteCountedTwice,
       "R05",
       "votes counted, not voters",
       {F::kNetDuplicate, F::kNetReset, F::kNetReorder}},
      {Mutation::kR06PreVoteLeaks,
       "R06",
       "pre-vote counts as vote",
       {JFS_SIM_NETWORK_FAULTS, F::kPause}},
      {Mutation::kR07UnpersistedTail,
       "R07",
       "votes and campaigns on entries not yet durable",
       {JFS_SIM_CRASHES, F::kDiskSlow, F::kDiskHang}},
      {Mutation::kR08CommitPastMatch,
       "R08",
       "follower commits past what it matched",
       {JFS_SIM_CRASHES, JFS_SIM_NETWORK_FAULTS, F::kPause, F::kTransfer}},
      {Mutation::kR09HeartbeatCommit,
       "R09",
       "heartbeat carries an unclamped commit index",
       {JFS_SIM_CRASHES, JFS_SIM_NETWORK_FAULTS, F::kPause, F::kTransfer}},
      {Mutation::kR10SuffixKept,
       "R10",
       "conflicting suffix kept",
       {JFS_SIM_CRASHES, JFS_SIM_NETWORK_FAULTS, F::kPause, F::kTransfer}},
      {Mutation::kR11TruncateWithoutConflict,
       "R11",
       "log cut though nothing conflicts",
       {F::kNetDuplicate, F::kNetReorder, F::kNetDrop, F::kNetReset}},
      {Mutation::kR12PrevCheckSkipped,
       "R12",
       "previous entry not checked",
       {JFS_SIM_CRASHES, JFS_SIM_NETWORK_FAULTS, F::kDiskLost}},
      {Mutation::kR13WrongMatch,
       "R13",
       "success names the own last index",
       {JFS_SIM_CRASHES, JFS_SIM_NETWORK_FAULTS, F::kPause}},
      {Mutation::kR14OwnLogCommits,
       "R14",
       "own last index taken for the quorum's",
       {JFS_SIM_CRASHES, JFS_SIM_NETWORK_FAULTS, F::kPause, F::kDiskSlow, F::kDiskHang}},
      {Mutation::kR15AckBeforeSync,
       "R15",
       "acknowledged when queued",
       {JFS_SIM_CRASHES, F::kLyingSync, F::kMisdirect, F::kRot, F::kLostRename, F::kDiskLost}},
      {Mutation::kR23ReadBeforeOwnTerm,
       "R23",
       "read before an entry of the own term",
       {JFS_SIM_CRASHES, JFS_SIM_NETWORK_FAULTS, F::kPause, F::kTransfer, F::kDiskSlow,
        F::kDiskHang}},
      {Mutation::kN01RenameCycle, "N01", "rename under itself", {}},
      {Mutation::kN02RetryAppliedTwice,
       "N02",
       "a retry is executed again",
       {JFS_SIM_CRASHES, JFS_SIM_NETWORK_FAULTS, F::kPause, F::kTransfer, F::kDiskSlow,
        F::kDiskHang}},
      {Mutation::kN03RenameMiscounts, "N03", "rename over a target miscounts", {}},
      {Mutation::kN04QuotaOffByOne, "N04", "quota refuses the last name and byte", {}},
      {Mutation::kN05NearestQuotaOnly, "N05", "only the nearest quota is looked at", {}},
      {Mutation::kN06RenameChargesTwice, "N06", "rename charged to what both have in common", {}},
      {Mutation::kN07RestNotGivenBack, "N07", "complete keeps the last block charged as full", {}},
      {Mutation::kN08ReplicationKeepsCharge, "N08", "space counted with the old replication", {}},
      {Mutation::kN09LeaseOutlivesFiles, "N09", "lease lives on with unlinked files", {}},
      {Mutation::kN10ReleaseIgnoresIdentity, "N10", "release takes whatever lease there is", {}},
      {Mutation::kN11VerdictTrusted, "N11", "takeover on a verdict about another lease", {}},
      {Mutation::kN12RenewAfterProposal,
       "N12",
       "renewal heard while the release is under way",
       {JFS_SIM_CRASHES, JFS_SIM_NETWORK_FAULTS, F::kPause, F::kTransfer, F::kDiskSlow,
        F::kDiskHang}},
      {Mutation::kN13LeasesNotBegun,
       "N13",
       "new leader takes leases for expired",
       {JFS_SIM_CRASHES, JFS_SIM_NETWORK_FAULTS, F::kPause, F::kTransfer, F::kDiskSlow,
        F::kDiskHang}},
      {Mutation::kN14OverwriteLeavesLease, "N14", "overwritten file stays open", {}},
      {Mutation::kN15DeleteLeavesLease, "N15", "files of a deleted subtree stay open", {}},
      {Mutation::kN16TruncateKeepsBlocks, "N16", "block rows behind the new end stay", {}},
      {Mutation::kN17ConcatOrder, "N17", "sources joined in reverse", {}},
      {Mutation::kN18ConcatMiscounts, "N18", "sources of a concat stay counted", {}},
      {Mutation::kN19AclMaskIgnored, "N19", "named ACL entries judged without the mask", {}},
      {Mutation::kN20AclFallsThrough, "N20", "refusing ACL entry falls through to others", {}},
      {Mutation::kN21UnmaskedIgnored, "N21", "default ACL meets the mode behind the umask", {}},
      {Mutation::kN22XAttrsOfReplaced, "N22", "attributes of a replaced file stay", {}},
      {Mutation::kN23XAttrCountDrifts, "N23", "replaced attribute counted as added", {}},
      {Mutation::kN24RefusedUncounted, "N24", "refused call that changed gets no position", {}},
      {Mutation::kN25SafeModeInMemory,
       "N25",
       "safe mode not in the state",
       {JFS_SIM_CRASHES, JFS_SIM_NETWORK_FAULTS, F::kPause, F::kLyingSync, F::kMisdirect, F::kRot,
        F::kLostRename, F::kDiskLost, F::kDiskSlow, F::kDiskHang}},
      {Mutation::kN26AppendNotRemembered,
       "N26",
       "a retried append is executed again",
       {JFS_SIM_CRASHES, JFS_SIM_NETWORK_FAULTS, F::kPause, F::kTransfer, F::kDiskSlow,
        F::kDiskHang}},
      {Mutation::kN27LeaseByOwnTimeout,
       "N27",
       "lease by the leader's own election timeout",
       {JFS_SIM_NETWORK_FAULTS, F::kPause}},
      {Mutation::kA01CheckpointBeforeFold, "A01", "checkpoint before the fold", {}},
      {Mutation::kA02UnknownAppendCounts,
       "A02",
       "an append in doubt counts as done",
       {F::kTablestoreLate, F::kTablestoreLost, F::kTablestoreError, F::kTablestoreOutage}},
      {Mutation::kA03RetryFindsNothing,
       "A03",
       "failed rows are not sent again",
       {F::kTablestorePartial, F::kTablestoreThrottle, F::kTablestoreError, F::kTablestoreOutage,
        F::kTablestoreLate, F::kTablestoreLost}},
      {Mutation::kA04PartialBatchIgnored,
       "A04",
       "results of a batch's rows ignored",
       {F::kTablestorePartial}},
      {Mutation::kA05FoldsReordered,
       "A05",
       "a retried row overtaken by a newer one",
       {F::kTablestorePartial, F::kTablestoreLate, F::kTablestoreError, F::kTablestoreLost}},
      {Mutation::kA06LateFoldWins,
       "A06",
       "a late row over a newer one",
       {F::kTablestoreLate, F::kTablestorePartial, F::kTablestoreLost, F::kTablestoreError}},
      {Mutation::kA07SealsLivingWriter, "A07", "a living writer's mirror is sealed", {}},
      {Mutation::kA08SealUnconditional, "A08", "a seal overwrites an append", {}},
      {Mutation::kA09DeletesNotLoaded, "A09", "deletions in the journal not loaded", {}},
      {Mutation::kA10JournalNotLoaded, "A10", "the journal is not loaded", {}},
      {Mutation::kA11CursorRowSkipped, "A11", "a resumed load skips the cursor's row", {}},
      {Mutation::kCanary, "canary", "fails on purpose", {}},
  };
  return mutants;
}

// One stretch of seeds of one planted bug, run by one child from its first seed to the first kill.
struct Task {
  enum class Kind : uint8_t { kBase, kChecksOff, kExposureOff };
  const Mutant* mutant = nullptr;
  Kind kind = Kind::kBase;
  uint64_t base = 0;
  uint64_t seeds = 0;
};

struct Kill {
  uint64_t seeds = 0;  // run until then, this one included; 0: survived
  std::string oracle;
  std::vector<uint64_t> sick_seeds;  // fail also without the planted bug: no kill
  uint64_t check_failures = 0;       // with core's checks as crashes: how many there were
};

Kill RunTask(const Task& task, const MutantOptions& how) {
  Kill kill;
  RunOptions options;
  options.mutations = Mutations(task.mutant->mutation);
  options.core_checks = task.kind != Task::Kind::kChecksOff;
  if (task.kind == Task::Kind::kExposureOff) {
    for (const FaultKind fault : task.mutant->exposed_by) options.allowed.Remove(fault);
  }
  for (uint64_t i = 1; i <= task.seeds; ++i) {
    options.seed = task.base * kBaseDistance + i;
    const RunResult result = how.run(options);
    kill.check_failures += result.check_failures;
    if (!result.violation.has_value()) continue;
    RunOptions without = options;
    without.mutations = Mutations();
    if (how.run(without).violation.has_value()) {
      kill.sick_seeds.push_back(options.seed);
      continue;
    }
    kill.seeds = i;
    kill.oracle = result.violation->oracle;
    break;
  }
  return kill;
}

std::string Encode(const Kill& kill) {
  std::string bytes;
  Encoder out(&bytes);
  out.U64(kill.seeds);
  out.Bytes(kill.oracle);
  out.U64(kill.check_failures);
  out.U64(kill.sick_seeds.size());
  for (const uint64_t seed : kill.sick_seeds) out.U64(seed);
  return bytes;
}

Kill Decode(const std::string& bytes) {
  Decoder in(bytes);
  Kill kill;
  kill.seeds = in.U64();
  kill.oracle = std::string(in.Bytes());
  kill.check_failures = in.U64();
  for (uint64_t left = in.U64(); left > 0 && in.ok(); --left) kill.sick_seeds.push_back(in.U64());
  return kill;
}

struct Verdict {
  std::map<uint64_t, Kill> bases;
  Kill checks_off, exposure_off;
};

void Print(const Mutant& mutant, const Verdict& verdict, std::ostream& out) {
  std::vector<std::string> seeds;
  std::map<std::string, int> oracles;
  for (const auto& [base, kill] : verdict.bases) {
    seeds.push_back(kill.seeds == 0 ? "-" : absl::StrCat(kill.seeds));
    if (kill.seeds != 0) ++oracles[kill.oracle];
  }
  std::vector<std::string> seen;
  seen.reserve(oracles.size());
  for (const auto& [oracle, times] : oracles) seen.push_back(absl::StrCat(oracle, " ", times));
  std::string off = verdict.checks_off.seeds != 0 ? absl::StrCat("after ", verdict.checks_off.seeds,
                                                                 " by ", verdict.checks_off.oracle)
                                                  : "no";
  if (verdict.checks_off.check_failures > 0) {
    absl::StrAppend(&off, " (", verdict.checks_off.check_failures, " crashes by CHECK)");
  }
  std::string exposure = "needs no fault";
  if (!mutant.exposed_by.empty()) {
    exposure = verdict.exposure_off.seeds == 0
                   ? "yes"
                   : absl::StrCat("no: after ", verdict.exposure_off.seeds, " by ",
                                  verdict.exposure_off.oracle);
  }
  out << absl::StreamFormat(
             "%-6s %-50s\n       seeds to kill: %s\n       seen by: %s\n"
             "       core's checks off, killed: %s\n"
             "       exposing faults off, survives: %s\n",
             mutant.name, mutant.what, absl::StrJoin(seeds, " "),
             seen.empty() ? "nobody: SURVIVES" : absl::StrJoin(seen, ", "), off, exposure)
      << std::flush;
}

}  // namespace

const std::vector<Mutant>& Mutants() { return AllMutants(); }

const Mutant* FindMutant(std::string_view name) {
  for (const Mutant& mutant : AllMutants()) {
    if (mutant.name == name) return &mutant;
  }
  return nullptr;
}

int RunMutants(const MutantOptions& options, std::ostream& out) {
  std::vector<const Mutant*> chosen;
  for (const std::string& name : options.only) {
    const Mutant* mutant = FindMutant(name);
    if (mutant == nullptr) {
      out << "no planted bug is called '" << name << "'\n";
      return 2;
    }
    chosen.push_back(mutant);
  }
  if (options.only.empty()) {
    for (const Mutant& mutant : AllMutants()) {
      if (mutant.mutation != Mutation::kCanary) chosen.push_back(&mutant);
    }
  }
  std::vector<Task> tasks;
  for (const Mutant* mutant : chosen) {
    for (uint64_t base = 1; base <= options.bases; ++base) {
      tasks.push_back(Task{mutant, Task::Kind::kBase, base, options.seeds_per_base});
    }
    tasks.push_back(Task{mutant, Task::Kind::kChecksOff, 1, options.control_seeds});
    if (!mutant->exposed_by.empty()) {
      tasks.push_back(Task{mutant, Task::Kind::kExposureOff, 1, options.control_seeds});
    }
  }
  std::map<std::string_view, Verdict> verdicts;
  std::map<std::string_view, size_t> left;
  for (const Task& task : tasks) ++left[task.mutant->name];
  std::set<uint64_t> sick_seeds;
  uint64_t killed = 0;
  ForkPool pool;
  pool.jobs = options.jobs;
  pool.work = [&](uint64_t task) { return Encode(RunTask(tasks[task], options)); };
  pool.more = [] { return true; };
  pool.done = [&](uint64_t number, std::optional<std::string> bytes) {
    const Task& task = tasks[number];
    const Kill kill = bytes.has_value() ? Decode(*bytes) : Kill{1, "process", {}, 0};
    sick_seeds.insert(kill.sick_seeds.begin(), kill.sick_seeds.end());
    Verdict& verdict = verdicts[task.mutant->name];
    switch (task.kind) {
      case Task::Kind::kBase:
        verdict.bases[task.base] = kill;
        break;
      case Task::Kind::kChecksOff:
        verdict.checks_off = kill;
        break;
      case Task::Kind::kExposureOff:
        verdict.exposure_off = kill;
        break;
    }
    if (--left[task.mutant->name] > 0) return;
    Print(*task.mutant, verdict, out);
    const bool everywhere = std::all_of(verdict.bases.begin(), verdict.bases.end(),
                                        [](const auto& base) { return base.second.seeds != 0; });
    if (everywhere) ++killed;
  };
  pool.Run(tasks.size());
  out << killed << " of " << chosen.size() << " planted bugs killed in every base" << std::endl;
  for (const uint64_t seed : sick_seeds) {
    out << "fails without a planted bug, and counts as no kill: nssim --seed " << seed << std::endl;
  }
  return sick_seeds.empty() ? 0 : 1;
}

}  // namespace jfs::sim
