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
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    ASSERT_EQ(RunDifferential(seed, 150, &counts), "") << "seed " << seed;
  }
  for (const char* what : {
           "abandon AccessControlException",
           "abandon FileNotFoundException",
           "abandon LeaseExpiredException",
           "abandon ok",
           "accessed ok",
           "acl-clear AccessControlException",
           "acl-clear ok",
           "acl-modify AccessControlException",
           "acl-modify AclException",
           "acl-modify ok",
           "acl-remove AccessControlException",
           "acl-remove AclException",
           "acl-remove ok",
           "acl-remove-default AccessControlException",
           "acl-remove-default ok",
           "acl-set AccessControlException",
           "acl-set AclException",
           "acl-set FileNotFoundException",
           "acl-set ok",
           "addblock AccessControlException",
           "addblock DSQuotaExceededException",
           "addblock FileNotFoundException",
           "addblock IOException",
           "addblock LeaseExpiredException",
           "addblock ok",
           "append AccessControlException",
           "append AlreadyBeingCreatedException",
           "append FileAlreadyExistsException",
           "append FileNotFoundException",
           "append ok",
           "chmod AccessControlException",
           "chmod FileNotFoundException",
           "chmod AssertionError",
           "chmod ok",
           "chown AccessControlException",
           "chown FileNotFoundException",
           "chown ok",
           "complete AccessControlException",
           "complete FileNotFoundException",
           "complete LeaseExpiredException",
           "complete false",
           "complete repeated",
           "complete true",
           "concat AccessControlException",
           "concat FileNotFoundException",
           "concat HadoopIllegalArgumentException",
           "concat IllegalArgumentException",
           "concat ok",
           "create AccessControlException",
           "create AlreadyBeingCreatedException",
           "create FSLimitException$PathComponentTooLongException",
           "create FileAlreadyExistsException",
           "create FileNotFoundException",
           "create IOException",
           "create InvalidPathException",
           "create NSQuotaExceededException",
           "create ParentNotDirectoryException",
           "create RecoveryInProgressException",
           "create SafeModeException",
           "create ok",
           "create repeated",
           "delete AccessControlException",
           "delete AssertionError",
           "delete PathIsNotEmptyDirectoryException",
           "delete false",
           "delete true",
           "finish-deletes ok",
           "fsync AccessControlException",
           "fsync FileNotFoundException",
           "fsync IOException",
           "fsync LeaseExpiredException",
           "fsync ok",
           "import AccessControlException",
           "import FSLimitException$PathComponentTooLongException",
           "import FileAlreadyExistsException",
           "import IOException",
           "import InvalidPathException",
           "import NSQuotaExceededException",
           "import ParentNotDirectoryException",
           "import ok",
           "mkdirs AccessControlException",
           "mkdirs FSLimitException$MaxDirectoryItemsExceededException",
           "mkdirs FSLimitException$PathComponentTooLongException",
           "mkdirs FileAlreadyExistsException",
           "mkdirs FileNotFoundException",
           "mkdirs IOException",
           "mkdirs InvalidPathException",
           "mkdirs NSQuotaExceededException",
           "mkdirs ParentNotDirectoryException",
           "mkdirs SafeModeException",
           "mkdirs repeated",
           "mkdirs true",
           "newstamp IOException",
           "newstamp ok",
           "pipeline IOException",
           "quota AccessControlException",
           "quota FileNotFoundException",
           "quota IllegalArgumentException",
           "quota PathIsNotDirectoryException",
           "quota ok",
           "recover AccessControlException",
           "recover FileNotFoundException",
           "recover true",
           "recovery-begin ok",
           "recovery-claim ok",
           "recovery-finish ok",
           "recovery-load ok",
           "release ok",
           "rename AccessControlException",
           "rename IOException",
           "rename InvalidPathException",
           "rename NSQuotaExceededException",
           "rename ParentNotDirectoryException",
           "rename false",
           "rename true",
           "rename2 AccessControlException",
           "rename2 FileAlreadyExistsException",
           "rename2 FileNotFoundException",
           "rename2 IOException",
           "rename2 InvalidPathException",
           "rename2 ParentNotDirectoryException",
           "rename2 ok",
           "safemode AccessControlException",
           "safemode false",
           "safemode true",
           "setrep AccessControlException",
           "setrep IOException",
           "setrep false",
           "setrep true",
           "times AccessControlException",
           "times FileNotFoundException",
           "times ok",
           "truncate AccessControlException",
           "truncate AlreadyBeingCreatedException",
           "truncate FileNotFoundException",
           "truncate HadoopIllegalArgumentException",
           "truncate false",
           "truncate true",
           "xattr-remove AccessControlException",
           "xattr-remove FileNotFoundException",
           "xattr-remove IOException",
           "xattr-remove AssertionError",
           "xattr-set AccessControlException",
           "xattr-set FileNotFoundException",
           "xattr-set HadoopIllegalArgumentException",
           "xattr-set IOException",
           "xattr-set ok",
       }) {
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
