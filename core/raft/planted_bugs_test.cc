// Each planted bug of a peer (core/base/mutation.h) must change what happens in some scenario, with
// the peer's own checks off: a scenario file that no bug can change says little.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

#include "gtest/gtest.h"

#include "core/base/check.h"
#include "core/base/mutation.h"
#include "core/raft/scenario_harness.h"

namespace jfs::raft {
namespace {

struct Planted {
  const char* name;
  Mutation mutation;
};

class PlantedBugsTest : public testing::TestWithParam<Planted> {};

std::map<std::string, std::string> Scenarios() {
  std::map<std::string, std::string> texts;
  for (const auto& file : std::filesystem::directory_iterator("core/raft/testdata")) {
    std::stringstream text;
    text << std::ifstream(file.path()).rdbuf();
    texts[file.path().stem().string()] = text.str();
  }
  return texts;
}

TEST_P(PlantedBugsTest, ChangesSomeScenario) {
  const CheckFailureHandler before = SetCheckFailureHandler(
      [](const CheckFailure& failure) { throw std::runtime_error(failure.message); });
  std::string changed;
  for (const auto& [name, text] : Scenarios()) {
    std::string happened;
    try {
      happened = ReplayScenario(text, Mutations(GetParam().mutation), false);
    } catch (const std::exception& failure) {
      happened = failure.what();
    }
    if (happened != text) changed += " " + name;
  }
  SetCheckFailureHandler(before);
  EXPECT_NE(changed, "");
  RecordProperty("changed", changed);
}

constexpr Planted kPlanted[] = {
    {"R01", Mutation::kR01VoteNotDurable},
    {"R02", Mutation::kR02VoteForgotten},
    {"R03", Mutation::kR03CommitOldTerm},
    {"R04", Mutation::kR04IndexBeforeTerm},
    {"R05", Mutation::kR05VoteCountedTwice},
    {"R06", Mutation::kR06PreVoteLeaks},
    {"R07", Mutation::kR07UnpersistedTail},
    {"R08", Mutation::kR08CommitPastMatch},
    {"R09", Mutation::kR09HeartbeatCommit},
    {"R10", Mutation::kR10SuffixKept},
    {"R11", Mutation::kR11TruncateWithoutConflict},
    {"R12", Mutation::kR12PrevCheckSkipped},
    {"R13", Mutation::kR13WrongMatch},
    {"R14", Mutation::kR14OwnLogCommits},
    {"R15", Mutation::kR15AckBeforeSync},
    {"R23", Mutation::kR23ReadBeforeOwnTerm},
    {"N27", Mutation::kN27LeaseByOwnTimeout},
};

INSTANTIATE_TEST_SUITE_P(All, PlantedBugsTest, testing::ValuesIn(kPlanted),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace jfs::raft
