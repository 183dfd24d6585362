#include "core/mirror/take_over.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace jfs::mirror {
namespace {

using Kind = TakeOver::Kind;

constexpr OutboxEnd kEnd = {.last = 120, .chain = 0xabc};
constexpr uint64_t kChainAtFence = 0x777;

Fence Open() {
  Fence fence;
  fence.revision = 9;
  fence.cluster = "ours";
  fence.lineage = 2;
  fence.term = 5;
  fence.last = 100;
  fence.chain = kChainAtFence;
  fence.checkpoint = 90;
  fence.checkpoint_chain = 0x666;
  fence.parts = 3;
  fence.touches = 4;
  return fence;
}

Fence Sealed() {
  Fence fence = Open();
  fence.state = FenceState::kSealed;
  fence.cluster = "theirs";
  fence.lineage = 1;
  return fence;
}

Writer Plain() { return {.cluster = "ours", .lineage = 2, .term = 6}; }

Writer Claiming() {
  Writer writer = Plain();
  writer.claim = Recovered{.lineage = 1, .last = 100, .chain = kChainAtFence};
  return writer;
}

struct Case {
  std::string name;
  Writer writer;
  std::optional<Fence> fence;
  std::optional<uint64_t> own_chain = kChainAtFence;
  OutboxEnd end = kEnd;
  Kind kind = Kind::kRefused;
  std::string says;
};

template <typename T, typename F>
T With(T value, F change) {
  change(value);
  return value;
}

std::vector<Case> Cases() {
  const auto own = [](auto change) { return With(Open(), change); };
  const auto sealed = [](auto change) { return With(Sealed(), change); };
  const Writer claim_only = With(Claiming(), [](Writer& w) { w.claim_only = true; });
  return {
      {.name = "OfTheTermBefore", .writer = Plain(), .fence = Open(), .kind = Kind::kChange},
      {.name = "OfTheSameTerm",
       .writer = Plain(),
       .fence = own([](Fence& f) { f.term = 6; }),
       .kind = Kind::kChange},
      {.name = "OfANewerLeader",
       .writer = Plain(),
       .fence = own([](Fence& f) { f.term = 7; }),
       .kind = Kind::kSuperseded,
       .says = "newer leader"},
      {.name = "NoneYet",
       .writer = With(Plain(), [](Writer& w) { w.lineage = 1; }),
       .own_chain = {},
       .end = {},
       .kind = Kind::kCreate},
      {.name = "Deleted", .writer = Plain(), .own_chain = {}, .says = "The mirror is gone"},
      {.name = "DeletedBeforeTheClaim",
       .writer = Claiming(),
       .own_chain = {},
       .end = {},
       .says = "recovered from it up to sequence 100"},
      {.name = "AnotherClusters",
       .writer = Plain(),
       .fence = own([](Fence& f) { f.cluster = "theirs"; }),
       .says = "belongs to another cluster (open, lineage 2, cluster theirs"},
      {.name = "AnotherLineage",
       .writer = Plain(),
       .fence = own([](Fence& f) { f.lineage = 3; }),
       .says = "is of lineage 3, this store of lineage 2"},
      {.name = "AheadOfTheStore",
       .writer = Plain(),
       .fence = Open(),
       .own_chain = {},
       .end = {.last = 99},
       .says = "up to 100, this store only up to 99"},
      {.name = "OtherHistory",
       .writer = Plain(),
       .fence = Open(),
       .own_chain = kChainAtFence + 1,
       .says = "diverged: up to sequence 100"},
      {.name = "OutboxBeginsLater",
       .writer = Plain(),
       .fence = Open(),
       .own_chain = {},
       .says = "does not go on from there"},
      {.name = "Sealed", .writer = Plain(), .fence = Sealed(), .says = "sealed for a recovery"},
      {.name = "SealedBehindOurBack",
       .writer = Plain(),
       .fence = own([](Fence& f) { f.state = FenceState::kSealed; }),
       .says = "this cluster's own, has been sealed"},
      {.name = "Claim", .writer = Claiming(), .fence = Sealed(), .kind = Kind::kChange},
      {.name = "ClaimOfAnotherLineage",
       .writer = Claiming(),
       .fence = sealed([](Fence& f) { f.lineage = 3; }),
       .says = "is another"},
      {.name = "ClaimOfAnotherPosition",
       .writer = Claiming(),
       .fence = sealed([](Fence& f) { f.last = 101; }),
       .says = "sealed at lineage 1, sequence 100"},
      {.name = "ClaimOfAnotherChain",
       .writer = Claiming(),
       .fence = sealed([](Fence& f) { f.chain = 1; }),
       .says = "is another"},
      {.name = "ClaimWithAnotherStore",
       .writer = Claiming(),
       .fence = Sealed(),
       .own_chain = 1,
       .says = "diverged"},
      {.name = "ClaimedBefore", .writer = Claiming(), .fence = Open(), .kind = Kind::kChange},
      {.name = "ClaimLost",
       .writer = Claiming(),
       .fence = own([](Fence& f) { f.cluster = "winner"; }),
       .says = "claimed it first (open, lineage 2, cluster winner"},
      {.name = "ClaimOnly",
       .writer = claim_only,
       .fence = Sealed(),
       .own_chain = {},
       .end = {},
       .kind = Kind::kChange},
      {.name = "ClaimOnlyAgain",
       .writer = claim_only,
       .fence = Open(),
       .own_chain = {},
       .end = {},
       .kind = Kind::kClaimed},
      {.name = "ClaimOnlyLost",
       .writer = claim_only,
       .fence = own([](Fence& f) { f.cluster = "winner"; }),
       .own_chain = {},
       .end = {},
       .says = "cluster winner"},
  };
}

TEST(TakeOver, OnlyWhatIsOnesOwn) {
  for (const Case& c : Cases()) {
    SCOPED_TRACE(c.name);
    const bool claims = c.writer.claim.has_value();
    const TakeOver take = JudgeFence(c.writer, c.fence, c.end, c.own_chain, claims);
    EXPECT_EQ(static_cast<int>(take.kind), static_cast<int>(c.kind)) << take.problem;
    EXPECT_NE(take.problem.find(c.says), std::string::npos) << take.problem;
    // Every refusal also says what to do. A cluster in recovery is refused -metaDisable; one that
    // has claimed its mirror is not.
    const bool refused = c.kind == Kind::kRefused;
    const auto says = [](const TakeOver& judged, const char* text) {
      return judged.problem.find(text) != std::string::npos;
    };
    EXPECT_EQ(says(take, "-metaDisable"), refused && !claims) << take.problem;
    EXPECT_EQ(says(take, "stays readable"), refused && claims) << take.problem;
    EXPECT_EQ(says(take, "a new, empty"), refused && !says(take, "give the mirror up with"))
        << take.problem;
    const TakeOver later = JudgeFence(c.writer, c.fence, c.end, c.own_chain, false);
    EXPECT_EQ(static_cast<int>(later.kind), static_cast<int>(c.kind)) << later.problem;
    EXPECT_EQ(says(later, "-metaDisable"), refused) << later.problem;
    EXPECT_FALSE(says(later, "stays readable")) << later.problem;
    if (take.kind != Kind::kChange) continue;
    Fence want = *c.fence;
    ++want.revision;
    want.state = FenceState::kOpen;
    want.cluster = "ours";
    want.lineage = 2;
    want.term = 6;
    want.parts = 0;
    EXPECT_EQ(take.after, want);
  }
}

TEST(TakeOver, ANewMirrorIsEmpty) {
  Fence want;
  want.cluster = "ours";
  want.term = 6;
  const Writer writer{.cluster = "ours", .lineage = 1, .term = 6};
  EXPECT_EQ(JudgeFence(writer, std::nullopt, {}, std::nullopt, false).after, want);
}

}  // namespace
}  // namespace jfs::mirror
