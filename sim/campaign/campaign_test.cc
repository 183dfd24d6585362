#include "sim/campaign/campaign.h"

#include <cstdlib>
#include <set>
#include <sstream>
#include <string>

#include "gtest/gtest.h"

#include "sim/campaign/fork_pool.h"
#include "sim/campaign/mutants.h"
#include "sim/cluster/process.h"
#include "sim/oracle/violation.h"
#include "sim/run/run.h"
#include "sim/run/run_config.h"

namespace jfs::sim {
namespace {

TEST(ForkPoolTest, EveryTaskOnceAndACrashEndsOnlyItsOwn) {
  std::set<uint64_t> ended;
  uint64_t crashed = 0;
  ForkPool pool;
  pool.jobs = 3;
  pool.work = [](uint64_t task) {
    if (task % 10 == 7) std::_Exit(3);
    return std::string(task, 'x');
  };
  pool.more = [] { return true; };
  pool.done = [&](uint64_t task, std::optional<std::string> result) {
    EXPECT_TRUE(ended.insert(task).second);
    if (!result.has_value()) {
      EXPECT_EQ(task % 10, 7u);
      ++crashed;
    } else {
      EXPECT_EQ(result->size(), task);
    }
  };
  pool.Run(50);
  EXPECT_EQ(ended.size(), 50u);
  EXPECT_EQ(crashed, 5u);
}

TEST(ForkPoolTest, NoMoreMeansNoMore) {
  uint64_t ended = 0;
  ForkPool pool;
  pool.jobs = 1;
  pool.work = [](uint64_t) { return std::string(); };
  pool.more = [&] { return ended < 4; };
  pool.done = [&](uint64_t, const std::optional<std::string>&) { ++ended; };
  pool.Run(50);
  EXPECT_EQ(ended, 4u);
}

TEST(CampaignTest, FailuresAreReportedWithTheirReplayAndExitCode) {
  InstallCheckHandler();
  CampaignOptions options;
  options.first_seed = 1;
  options.last_seed = 3;
  options.jobs = 2;
  std::ostringstream out;
  const CampaignResult good = RunCampaign(options, out);
  EXPECT_EQ(ReportCampaign(options, good, out), 0) << out.str();
  EXPECT_NE(out.str().find("3 passed, 0 failed\n"), std::string::npos);
  options.jobs = 1;
  EXPECT_EQ(RunCampaign(options, out).fingerprint, good.fingerprint);

  options.run.mutations = Mutations(Mutation::kCanary);
  std::ostringstream bad;
  const CampaignResult canary = RunCampaign(options, bad);
  EXPECT_EQ(ReportCampaign(options, canary, bad), 1);
  EXPECT_NE(bad.str().find("nssim --seed 2 --trace"), std::string::npos) << bad.str();
  EXPECT_NE(bad.str().find("0 passed, 3 failed\n"), std::string::npos);
}

TEST(CampaignTest, AProbeThatNothingHitFailsALargeCampaign) {
  CampaignOptions options;
  options.seeds_to_hit_all_probes = 2;
  CampaignResult result;
  result.passed = 2;
  std::ostringstream out;
  EXPECT_EQ(ReportCampaign(options, result, out), 1);
  EXPECT_NE(out.str().find("never reached: elections\n"), std::string::npos);
  options.seeds_to_hit_all_probes = 3;
  EXPECT_EQ(ReportCampaign(options, result, out), 0);
}

TEST(MutantsTest, EverySwitchIsListedOnce) {
  std::set<Mutation> seen;
  for (const Mutant& mutant : Mutants()) {
    EXPECT_TRUE(seen.insert(mutant.mutation).second) << mutant.name;
    EXPECT_EQ(FindMutant(mutant.name), &mutant);
  }
  EXPECT_EQ(seen.size(), static_cast<size_t>(Mutation::kCount));
}

TEST(MutantsTest, TheCanaryIsKilledAtOnce) {
  InstallCheckHandler();
  MutantOptions options;
  options.only = {"canary"};
  options.bases = 1;
  options.seeds_per_base = 2;
  options.control_seeds = 1;
  std::ostringstream out;
  EXPECT_EQ(RunMutants(options, out), 0);
  EXPECT_NE(out.str().find("seeds to kill: 1\n"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("seen by: canary 1"), std::string::npos) << out.str();
  options.only = {"R99"};
  EXPECT_EQ(RunMutants(options, out), 2);
}

TEST(MutantsTest, WhatFailsWithoutThePlantedBugIsNoKill) {
  MutantOptions options;
  options.only = {"R03"};
  options.bases = 2;
  options.seeds_per_base = 9;
  options.control_seeds = 3;
  // One seed is sick with and without the bug; only the first base has one that sees the bug.
  options.run = [](const RunOptions& run) {
    RunResult result;
    const bool planted = run.mutations.Has(Mutation::kR03CommitOldTerm);
    if (run.seed == 1'000'004 || run.seed == 2'000'002 || (run.seed == 1'000'006 && planted)) {
      result.violation = Violation{"recovery", ""};
    }
    return result;
  };
  std::ostringstream out;
  EXPECT_EQ(RunMutants(options, out), 1);
  EXPECT_NE(out.str().find("seeds to kill: 6 -\n"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("seen by: recovery 1\n"), std::string::npos) << out.str();
  EXPECT_NE(
      out.str().find("0 of 1 planted bugs killed in every base\n"
                     "fails without a planted bug, and counts as no kill: nssim --seed 1000004\n"
                     "fails without a planted bug, and counts as no kill: nssim --seed 2000002\n"),
      std::string::npos)
      << out.str();
}

}  // namespace
}  // namespace jfs::sim
