#include "core/mirror/take_over.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"

namespace jfs::mirror {
namespace {

TakeOver Refuse(std::string problem) {
  return {.kind = TakeOver::Kind::kRefused, .problem = std::move(problem)};
}

std::string Named(const Fence& fence) { return Concat("(", FormatFence(fence), ")"); }

// Taking the fence begins every unfinished run again: whoever was cutting one into parts may have
// cut it elsewhere.
TakeOver Take(const Writer& writer, const Fence& fence) {
  TakeOver out{.kind = TakeOver::Kind::kChange, .after = fence};
  ++out.after.revision;
  out.after.state = FenceState::kOpen;
  out.after.cluster = writer.cluster;
  out.after.lineage = writer.lineage;
  out.after.term = writer.term;
  out.after.parts = 0;
  return out;
}

// What the mirror holds must be the beginning of what this store has been through.
std::optional<TakeOver> CheckPrefix(const Fence& fence, OutboxEnd end,
                                    std::optional<uint64_t> own_chain) {
  if (fence.last > end.last) {
    return Refuse(Concat("The mirror and this store have diverged: the mirror ", Named(fence),
                         " has mutations up to ", fence.last, ", this store only up to ", end.last,
                         ". Was an old copy of the store put back?"));
  }
  if (!own_chain.has_value()) {
    return Refuse(Concat("The mirror ", Named(fence), " ends at sequence ", fence.last,
                         ", and the outbox of this store does not go on from there up to ",
                         end.last, "."));
  }
  if (*own_chain != fence.chain) {
    return Refuse(Concat("The mirror and this store have diverged: up to sequence ", fence.last,
                         " the mirror ", Named(fence),
                         " has seen other mutations than this store."));
  }
  return std::nullopt;
}

TakeOver Create(const Writer& writer, OutboxEnd end, bool still_claims) {
  if (writer.claim.has_value() || end.last > 0) {
    return Refuse(
        Concat("The mirror is gone: Tablestore has no fence (table jfs_journal), although ",
               writer.claim.has_value() ? "this store was recovered from it up to sequence "
                                        : "this store has been mirrored up to now, sequence ",
               writer.claim.has_value() ? writer.claim->last : end.last,
               ". Somebody has deleted it, or the configuration names another instance. ",
               still_claims ? "Put the tables back. Until then this cluster stays readable, and "
                              "takes no writes; one that takes them without a mirror is a new, "
                              "empty one with ...async.ots.enabled=false."
                            : "Put the tables back, or give the mirror up with 'jindo jfs "
                              "-metaDisable'."));
  }
  TakeOver out{.kind = TakeOver::Kind::kCreate};
  out.after.cluster = writer.cluster;
  out.after.lineage = writer.lineage;
  out.after.term = writer.term;
  return out;
}

TakeOver JudgeSealed(const Writer& writer, const Fence& fence, OutboxEnd end,
                     std::optional<uint64_t> own_chain) {
  if (!writer.claim.has_value()) {
    const bool own = fence.cluster == writer.cluster;
    return Refuse(
        Concat("The mirror ", Named(fence), own ? ", this cluster's own," : "",
               " has been sealed for a recovery, and nothing is added to a sealed mirror."));
  }
  const Recovered& claim = *writer.claim;
  if (fence.lineage != claim.lineage || fence.last != claim.last || fence.chain != claim.chain) {
    return Refuse(Concat("This store was recovered from a mirror sealed at lineage ", claim.lineage,
                         ", sequence ", claim.last, ", and the one that is there now ",
                         Named(fence), " is another."));
  }
  // Without a mirror of its own a store has no outbox to compare.
  if (!writer.claim_only) {
    if (auto diverged = CheckPrefix(fence, end, own_chain)) return *std::move(diverged);
  }
  return Take(writer, fence);
}

TakeOver Judge(const Writer& writer, const Fence& fence, OutboxEnd end,
               std::optional<uint64_t> own_chain) {
  if (fence.state == FenceState::kSealed) return JudgeSealed(writer, fence, end, own_chain);
  if (fence.cluster != writer.cluster) {
    if (writer.claim.has_value() && fence.lineage > writer.claim->lineage) {
      return Refuse(
          Concat("Another cluster has recovered from the same mirror and has claimed it "
                 "first ",
                 Named(fence), "."));
    }
    return Refuse(Concat("The mirror belongs to another cluster ", Named(fence), "."));
  }
  if (fence.lineage != writer.lineage) {
    return Refuse(Concat("The mirror ", Named(fence), " is of lineage ", fence.lineage,
                         ", this store of lineage ", writer.lineage,
                         ": one of the two is an old copy."));
  }
  if (fence.term > writer.term) {
    return {.kind = TakeOver::Kind::kSuperseded,
            .problem =
                Concat("A newer leader of this cluster writes the mirror: ", FormatFence(fence))};
  }
  if (writer.claim_only) return {.kind = TakeOver::Kind::kClaimed};
  if (auto diverged = CheckPrefix(fence, end, own_chain)) return *std::move(diverged);
  return Take(writer, fence);
}

}  // namespace

std::string WaysOut(bool still_claims) {
  if (still_claims) {
    return "This cluster stays readable, as it was recovered, and takes no writes. For writes use "
           "the cluster that has the mirror, or start a new, empty one: in recovery mode "
           "(namespace.backend.raft.recovery.mode=true, or the same of rocksdb) it gets what the "
           "mirror holds, once nobody writes the mirror any more; with "
           "...async.ots.enabled=false it begins empty, without a mirror.";
  }
  return "To continue from what the mirror holds, start a new, empty cluster in recovery mode "
         "(namespace.backend.raft.recovery.mode=true, or the same of rocksdb); to keep this "
         "cluster's own state, mirror it to another instance, or not at all: a new cluster with "
         "...async.ots.enabled=false, one that has kept a mirror with 'jindo jfs -metaDisable'.";
}

TakeOver JudgeFence(const Writer& writer, const std::optional<Fence>& fence, OutboxEnd end,
                    std::optional<uint64_t> own_chain, bool still_claims) {
  if (writer.claim.has_value()) CHECK_EQ(writer.lineage, writer.claim->lineage + 1);
  if (!fence.has_value()) return Create(writer, end, still_claims);
  TakeOver take = Judge(writer, *fence, end, own_chain);
  if (take.kind == TakeOver::Kind::kRefused) take.problem += Concat(" ", WaysOut(still_claims));
  return take;
}

}  // namespace jfs::mirror
