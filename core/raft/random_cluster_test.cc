#include "core/raft/random_cluster.h"

#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace jfs::raft {
namespace {

using Probes = std::map<std::string, uint64_t>;

Probes RunSeeds(uint64_t first, uint64_t last, size_t nodes) {
  Probes probes;
  for (uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed, " with ", nodes, " nodes"));
    RandomCluster cluster({.seed = seed, .nodes = nodes});
    cluster.Run();
    EXPECT_THAT(cluster.violations(), testing::IsEmpty());
    for (const auto& [name, count] : cluster.probes()) probes[name] += count;
  }
  return probes;
}

TEST(RandomClusterTest, ThreeNodesAreSafeThenLive) {
  const Probes probes = RunSeeds(1, 120, 3);
  // What did not happen was not tested.
  for (const char* name :
       {"elections", "crashes that lost writes", "disks lost", "rot", "re-admitted",
        "snapshots installed", "state ahead of log", "lease reads", "confirmed reads",
        "lease reads refused at the end", "proposals committed", "proposals unknown",
        "proposals refused: busy", "reads of the log", "hung disks", "pauses", "partitions"}) {
    EXPECT_GT(probes.contains(name) ? probes.at(name) : 0, 0u) << name;
  }
}

TEST(RandomClusterTest, FiveNodesAreSafeThenLive) { RunSeeds(1, 40, 5); }

TEST(RandomClusterTest, OneNodeIsSafeThenLive) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    RandomCluster cluster({.seed = seed, .nodes = 1, .destroy = false});
    cluster.Run();
    EXPECT_THAT(cluster.violations(), testing::IsEmpty()) << "seed " << seed;
  }
}

TEST(RandomClusterTest, SameSeedSameRun) {
  const auto fingerprint = [] {
    RandomCluster cluster({.seed = 7});
    cluster.Run();
    return cluster.fingerprint();
  };
  EXPECT_EQ(fingerprint(), fingerprint());
}

}  // namespace
}  // namespace jfs::raft
