#ifndef CORE_BASE_MUTATION_H_
#define CORE_BASE_MUTATION_H_

#include <cstdint>

namespace jfs {

// Planted bugs: each makes one known mistake of a real system at one place in the code, so that the
// simulator's power to find bugs is a number. The set is handed to every state machine by its
// driver, never global: two simulations in one process differ. `--config=release` (JFS_RELEASE)
// compiles them out. The R, N and A numbers are those of docs/mutants.md.
enum class Mutation : uint8_t {
  kR01VoteNotDurable,           // vote reply leaves before the vote is on disk
  kR02VoteForgotten,            // vote cleared within a term on step-down
  kR03CommitOldTerm,            // an older term's entry is committed by counting copies
  kR04IndexBeforeTerm,          // up-to-date check compares the index before the term
  kR05VoteCountedTwice,         // replies are counted, not voters
  kR06PreVoteLeaks,             // a pre-vote grant counts as a vote
  kR07UnpersistedTail,          // campaign or vote on entries not yet on disk
  kR08CommitPastMatch,          // follower commits the leader's commit index unclamped
  kR09HeartbeatCommit,          // heartbeat carries the commit index without min(match)
  kR10SuffixKept,               // conflicting suffix beyond the message is kept
  kR11TruncateWithoutConflict,  // log cut at prev + 1 though nothing conflicts
  kR12PrevCheckSkipped,         // previous entry not checked in an edge case
  kR13WrongMatch,               // success reply names the own last index
  kR14OwnLogCommits,            // own last index taken as the quorum's
  kR15AckBeforeSync,            // acknowledged when queued, not when durable
  kR23ReadBeforeOwnTerm,        // read served before an entry of the own term is committed
  kN01RenameCycle,              // ancestor check of rename skipped at apply
  kN02RetryAppliedTwice,        // a retried call is applied again
  kN03RenameMiscounts,          // totals not moved by a rename over an existing target
  kN04QuotaOffByOne,            // the last name and the last byte of a quota are refused
  kN05NearestQuotaOnly,         // quotas above the nearest one are not looked at
  kN06RenameChargesTwice,       // a rename is charged to what source and target have in common
  kN07RestNotGivenBack,         // a completed file goes on counting its last block as full
  kN08ReplicationKeepsCharge,   // space stays counted with the old replication
  kN09LeaseOutlivesFiles,       // a lease goes on with files that are only waiting to be removed
  kN10ReleaseIgnoresIdentity,   // a release takes whatever lease its holder has
  kN11VerdictTrusted,           // a verdict on one lease takes a file over from another
  kN12RenewAfterProposal,       // renewed while the release of that lease is under way
  kN13LeasesNotBegun,           // a new leader takes over without taking all leases for renewed
  kN14OverwriteLeavesLease,     // a file that is overwritten stays open
  kN15DeleteLeavesLease,        // open files of a deleted subtree stay open
  kN16TruncateKeepsBlocks,      // rows of blocks behind the new end stay
  kN17ConcatOrder,              // sources of a concat are joined in reverse
  kN18ConcatMiscounts,          // sources of a concat stay counted where they were
  kN19AclMaskIgnored,           // named entries are judged without the mask
  kN20AclFallsThrough,          // an entry that matches and refuses leaves it to "others"
  kN21UnmaskedIgnored,          // a default ACL meets the mode behind the umask
  kN22XAttrsOfReplaced,         // attributes of a file stay when a rename replaces it
  kN23XAttrCountDrifts,         // replacing an attribute counts as adding one
  kN24RefusedUncounted,         // a refused call that changed something gets no position
  kN25SafeModeInMemory,         // safe mode is not in the state
  kN26AppendNotRemembered,      // a retried append is executed again
  kN27LeaseByOwnTimeout,        // leader lease as long as the leader's own election timeout
  kA01CheckpointBeforeFold,     // checkpoint moved when rows are sent, not when they are there
  kA02UnknownAppendCounts,      // an append in doubt counts as done
  kA03RetryFindsNothing,        // rows that failed are forgotten instead of sent again
  kA04PartialBatchIgnored,      // results of a batch's rows are not looked at
  kA05FoldsReordered,           // a failed row is sent again after a newer one of its key
  kA06LateFoldWins,             // rows are put without regard to what is there
  kA07SealsLivingWriter,        // a recovery seals a mirror without waiting for its writer
  kA08SealUnconditional,        // a seal overwrites what was appended since the fence was read
  kA09DeletesNotLoaded,         // deletions in the journal are not loaded
  kA10JournalNotLoaded,         // only the data table is loaded
  kA11CursorRowSkipped,         // a load that goes on skips the row its cursor names
  kCanary,                      // fails on purpose: proves that the pipeline reports
  kCount,
};

class Mutations {
 public:
  constexpr Mutations() = default;
  constexpr explicit Mutations(Mutation only) : bits_(uint64_t{1} << static_cast<int>(only)) {}

  constexpr bool Has([[maybe_unused]] Mutation m) const {
#ifdef JFS_RELEASE
    return false;
#else
    return (bits_ >> static_cast<int>(m) & 1) != 0;
#endif
  }

 private:
  uint64_t bits_ = 0;
};
static_assert(static_cast<int>(Mutation::kCount) <= 64, "one bit per planted bug");

}  // namespace jfs

#endif  // CORE_BASE_MUTATION_H_
