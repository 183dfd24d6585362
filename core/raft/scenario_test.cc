// Runs every file of testdata/: blocks of commands, a line of dashes, and what happened. With
// JFS_REWRITE=1 in the environment (bazel run, or from the root of the tree) the files are written
// anew instead; the diff is what is reviewed.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "core/raft/scenario_harness.h"

namespace jfs::raft {
namespace {

constexpr const char* kFolder = "core/raft/testdata";

std::vector<std::string> Files() {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(kFolder)) {
    if (file.path().extension() == ".txt") names.push_back(file.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class ScenarioTest : public testing::TestWithParam<std::string> {};

TEST_P(ScenarioTest, HappensAsWritten) {
  const char* workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  const bool rewrite = std::getenv("JFS_REWRITE") != nullptr;
  std::string path = absl::StrCat(kFolder, "/", GetParam(), ".txt");
  if (rewrite && workspace != nullptr) path = absl::StrCat(workspace, "/", path);
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  const std::string result = ReplayScenario(text.str());
  if (rewrite) {
    std::ofstream(path) << result;
    return;
  }
  EXPECT_EQ(result, text.str()) << "run with JFS_REWRITE=1 and review the diff";
}

INSTANTIATE_TEST_SUITE_P(All, ScenarioTest, testing::ValuesIn(Files()), [](const auto& info) {
  std::string name = info.param;
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
});

}  // namespace
}  // namespace jfs::raft
