// Uploading under everything that can go wrong: after any of it the mirror is a prefix.

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "gtest/gtest.h"

#include "core/base/check.h"
#include "core/base/concat.h"
#include "tests/mirror/upload_world.h"

namespace jfs::mirror {
namespace {

// JFS_SEEDS=5000 for a longer look.
uint64_t Seeds() {
  const char* const seeds = std::getenv("JFS_SEEDS");
  return seeds == nullptr ? 100 : std::stoull(seeds);
}
const uint64_t kSeeds = Seeds();

class UploadSwarm : public testing::Test {
 protected:
  UploadSwarm()
      : before_(SetCheckFailureHandler([](const CheckFailure& failure) {
          throw std::runtime_error(Concat(failure.file, ":", failure.line, ": ", failure.message));
        })) {}
  ~UploadSwarm() override { SetCheckFailureHandler(before_); }

  static std::string Run(uint64_t seed, Mutations mutations, UploadWorld::Counts* counts) {
    UploadWorld world(UploadWorldOptions::Swarm(seed, mutations));
    std::string violation;
    try {
      violation = world.Swarm();
    } catch (const std::exception& failure) {
      violation = failure.what();
    }
    const UploadWorld::Counts& some = world.counts();
    counts->leaders += some.leaders;
    counts->stale_writers += some.stale_writers;
    counts->faults += some.faults;
    counts->appends += some.appends;
    counts->journal_reads += some.journal_reads;
    counts->superseded += some.superseded;
    counts->tombstones_removed += some.tombstones_removed;
    counts->transactions += some.transactions;
    counts->checks += some.checks;
    return violation;
  }

 private:
  const CheckFailureHandler before_;
};

TEST_F(UploadSwarm, TheMirrorIsAPrefix) {
  UploadWorld::Counts counts;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    EXPECT_EQ(Run(seed, Mutations(), &counts), "") << "seed " << seed;
  }
  // Otherwise the seeds prove nothing.
  EXPECT_GT(counts.leaders, kSeeds * 2);
  EXPECT_GT(counts.superseded, kSeeds / 2);
  EXPECT_GT(counts.stale_writers, kSeeds * 10);
  EXPECT_GT(counts.faults, kSeeds * 20);
  EXPECT_GT(counts.journal_reads, kSeeds);
  EXPECT_GT(counts.tombstones_removed, kSeeds);
  EXPECT_GT(counts.transactions, kSeeds * 5);
  for (const auto& [name, count] :
       {std::pair{"leaders", counts.leaders}, std::pair{"superseded", counts.superseded},
        std::pair{"stale_calls", counts.stale_writers}, std::pair{"faults", counts.faults},
        std::pair{"appends", counts.appends}, std::pair{"range_reads", counts.journal_reads},
        std::pair{"tombstones_removed", counts.tombstones_removed},
        std::pair{"commits", counts.transactions}, std::pair{"checks", counts.checks}}) {
    RecordProperty(name, static_cast<int>(count));
  }
}

struct Planted {
  const char* name;
  Mutation mutation;
};

class PlantedInUpload : public UploadSwarm, public testing::WithParamInterface<Planted> {};

TEST_P(PlantedInUpload, IsFound) {
  UploadWorld::Counts counts;
  for (uint64_t seed = 1; seed <= 2 * kSeeds; ++seed) {
    const std::string violation = Run(seed, Mutations(GetParam().mutation), &counts);
    if (violation.empty()) continue;
    RecordProperty("seed", static_cast<int>(seed));
    RecordProperty("violation", violation.substr(0, 300));
    return;
  }
  ADD_FAILURE() << "not found in " << 2 * kSeeds << " seeds";
}

INSTANTIATE_TEST_SUITE_P(All, PlantedInUpload,
                         testing::Values(Planted{"A01", Mutation::kA01CheckpointBeforeFold},
                                         Planted{"A02", Mutation::kA02UnknownAppendCounts},
                                         Planted{"A03", Mutation::kA03RetryFindsNothing},
                                         Planted{"A04", Mutation::kA04PartialBatchIgnored},
                                         Planted{"A05", Mutation::kA05FoldsReordered},
                                         Planted{"A06", Mutation::kA06LateFoldWins}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace jfs::mirror
