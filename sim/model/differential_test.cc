#include "sim/model/differential.h"

#include <cstdint>
#include <cstdio>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

// core/ns against the reference model. More than the default: --seeds A..B [--entries N].
namespace jfs::sim::model {
namespace {

uint64_t first_seed = 1;
uint64_t last_seed = 200;
uint64_t entries_per_seed = 300;

TEST(Differential, EveryReplyIsTheModels) {
  OutcomeCounts counts;
  uint64_t failed = 0;
  for (uint64_t seed = first_seed; seed <= last_seed; ++seed) {
    const std::string difference = RunDifferential(seed, entries_per_seed, &counts);
    if (difference.empty()) continue;
    ++failed;
    ADD_FAILURE() << "replay with --seeds " << seed << ".." << seed << " --entries "
                  << entries_per_seed << "\n"
                  << difference;
    if (failed == 3) break;  // the rest would say the same
  }
  for (const auto& [what, count] : counts) {
    std::printf("%10llu  %s\n", static_cast<unsigned long long>(count), what.c_str());
  }
}

// The comparison itself must be able to fail on each kind of outcome: if the generator stopped
// reaching one, the test above would pass without saying so.
TEST(Differential, ReachesEveryOperationAndMostRefusals) {
  OutcomeCounts counts;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    ASSERT_EQ(RunDifferential(seed, 100, &counts), "") << "seed " << seed;
  }
  for (const char* what : {"mkdirs true",
                           "mkdirs repeated",
                           "mkdirs FileAlreadyExistsException",
                           "mkdirs ParentNotDirectoryException",
                           "mkdirs FileNotFoundException",
                           "mkdirs InvalidPathException",
                           "mkdirs IOException",
                           "mkdirs AccessControlException",
                           "mkdirs FSLimitException$PathComponentTooLongException",
                           "mkdirs FSLimitException$MaxDirectoryItemsExceededException",
                           "create ok",
                           "create repeated",
                           "create FileAlreadyExistsException",
                           "create FileNotFoundException",
                           "create AlreadyBeingCreatedException",
                           "create IOException",
                           "create AccessControlException",
                           "addBlock ok",
                           "addBlock IOException",
                           "addBlock FileNotFoundException",
                           "addBlock LeaseExpiredException",
                           "complete true",
                           "complete false",
                           "complete LeaseExpiredException",
                           "delete true",
                           "delete false",
                           "delete PathIsNotEmptyDirectoryException",
                           "delete AccessControlException",
                           "rename true",
                           "rename false",
                           "rename AccessControlException",
                           "rename2 ok",
                           "rename2 IOException",
                           "rename2 FileNotFoundException",
                           "rename2 FileAlreadyExistsException",
                           "rename2 AccessControlException",
                           "setTimes ok",
                           "setTimes FileNotFoundException",
                           "setPermission ok",
                           "setPermission AccessControlException",
                           "setOwner ok",
                           "setOwner AccessControlException",
                           "import ok",
                           "import FileAlreadyExistsException",
                           "finishDeletes ok"}) {
    EXPECT_GT(counts[what], 0u) << "never reached: " << what;
  }
}

bool ParseFlags(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i];
    const std::string value = argv[i + 1];
    if (flag == "--seeds") {
      const std::pair<std::string, std::string> range =
          absl::StrSplit(value, absl::MaxSplits("..", 1));
      if (!absl::SimpleAtoi(range.first, &first_seed)) return false;
      if (!absl::SimpleAtoi(range.second, &last_seed)) return false;
    } else if (flag == "--entries") {
      if (!absl::SimpleAtoi(value, &entries_per_seed)) return false;
    } else {
      return false;
    }
  }
  return argc % 2 == 1;
}

}  // namespace
}  // namespace jfs::sim::model

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (!jfs::sim::model::ParseFlags(argc, argv)) {
    std::fprintf(stderr, "usage: %s [--seeds A..B] [--entries N]\n", argv[0]);
    return 2;
  }
  return RUN_ALL_TESTS();
}
