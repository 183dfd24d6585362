#include "sim/run/run.h"

#include <fstream>
#include <sstream>
#include <string>

#include "gtest/gtest.h"

#include "sim/cluster/process.h"
#include "sim/run/run_config.h"

namespace jfs::sim {
namespace {

class RunTest : public testing::Test {
 protected:
  void SetUp() override { InstallCheckHandler(); }

  static RunResult RunOne(uint64_t seed, FaultSet allowed = FaultSet::All()) {
    RunOptions options;
    options.seed = seed;
    options.allowed = allowed;
    return RunSeed(options, nullptr);
  }
  static std::string TextOf(const RunResult& result) {
    return result.violation.has_value() ? result.violation->oracle + ": " + result.violation->text
                                        : "";
  }
};

TEST_F(RunTest, FixedSampleOfSeedsPasses) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("replay with nssim --trace --seed " + std::to_string(seed));
    const RunResult result = RunOne(seed);
    EXPECT_EQ(TextOf(result), "");
    EXPECT_GE(result.acknowledged, 300u);
    EXPECT_GE(result.virtual_time, Micros(60 * kSecond));
  }
}

TEST_F(RunTest, WithoutFaultsNothingIsLostRetriedOrReset) {
  int runs = 0;
  for (uint64_t seed = 1; runs < 3; ++seed) {
    RunOptions options;
    options.seed = seed;
    // Losing a cluster is no fault, but nothing that leaves connections alone either.
    if (DrawConfig(options).losses > 0) continue;
    ++runs;
    const RunResult result = RunOne(seed, FaultSet());
    EXPECT_EQ(TextOf(result), "");
    EXPECT_EQ(result.probes.count(Probe::kCrashes), 0u);
    EXPECT_EQ(result.probes.count(Probe::kClientTimeouts), 0u);
    EXPECT_EQ(result.probes.count(Probe::kConnectionsReset), 0u);
    EXPECT_LE(result.probes.count(Probe::kElections), 3u);
  }
}

TEST_F(RunTest, SameSeedSameRun) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const RunResult first = RunOne(seed);
    std::ostringstream trace;
    RunOptions options;
    options.seed = seed;
    const RunResult second = RunSeed(options, &trace);  // looking on changes nothing
    EXPECT_EQ(first.fingerprint, second.fingerprint) << "seed " << seed;
    EXPECT_EQ(first.events, second.events);
    EXPECT_EQ(first.probes.counts(), second.probes.counts());
    EXPECT_FALSE(trace.str().empty());
  }
  EXPECT_NE(RunOne(1).fingerprint, RunOne(2).fingerprint);
}

TEST_F(RunTest, EachFaultKindIsOffInAboutHalfOfTheSeeds) {
  for (int kind = 0; kind < kFaultKinds; ++kind) {
    int on = 0;
    for (uint64_t seed = 1; seed <= 400; ++seed) {
      RunOptions options;
      options.seed = seed;
      on += DrawConfig(options).faults.Has(static_cast<FaultKind>(kind)) ? 1 : 0;
    }
    EXPECT_GT(on, 150) << FaultName(static_cast<FaultKind>(kind));
    EXPECT_LT(on, 250) << FaultName(static_cast<FaultKind>(kind));
  }
}

TEST_F(RunTest, TheCanaryIsReported) {
  RunOptions options;
  options.mutations = Mutations(Mutation::kCanary);
  const RunResult result = RunSeed(options, nullptr);
  ASSERT_TRUE(result.violation.has_value());
  EXPECT_EQ(result.violation->oracle, "canary");
}

TEST_F(RunTest, SeedsThatOnceFailedPass) {
  std::ifstream file("sim/testdata/regressions.txt");
  ASSERT_TRUE(file.is_open());
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    const uint64_t seed = std::stoull(line);
    EXPECT_EQ(TextOf(RunOne(seed)), "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace jfs::sim
