// Masters with a mirror in Tablestore, the mock of it on loopback: from the first write to the
// recovery on new disks.
#include <chrono>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "storage/temporary_directory.h"
#include "tests/process/mirrored_group.h"

namespace jfs {
namespace {

using testing::HasSubstr;
using testing::Not;

// Shorter than a writer's pauses between signs of life: these tests end it first.
const std::vector<std::string> kSealSoon = {"--namespace.ots.seal-after-ms=2000"};

class MirrorProcess : public testing::Test {
 protected:
  std::string Path(const std::string& name) { return absl::StrCat(directory_.path(), "/", name); }
  storage::TemporaryDirectory directory_;
};

TEST_F(MirrorProcess, LoseEverythingAndComeBack) {
  MockTablestore tablestore(Path("tablestore"));
  std::string logs;
  {
    MirroredGroup group(3, Path("first"));
    group.Start(tablestore, {kUpload});
    TestClient client = group.Client();
    for (int i = 0; i < 20; ++i) ASSERT_EQ(client.Mkdirs(absl::StrCat("/a/", i)), "");
    ASSERT_EQ(client.Create("/a/file", "holder"), "");
    ASSERT_TRUE(Eventually([&] { return group.LeaderSays("_synced=1"); })) << group.Status();
    logs += group.Logs();
    group.Kill();
  }
  MirroredGroup group(3, Path("second"));
  group.Start(tablestore, {kRecover}, kSealSoon);
  ASSERT_TRUE(Eventually([&] { return group.LeaderSays("state=FINISH"); })) << group.Status();
  TestClient client = group.Client();
  EXPECT_EQ(client.Mkdirs("/b"), kReadOnly);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(client.Exists(absl::StrCat("/a/", i)));
  EXPECT_TRUE(client.Exists("/a/file"));
  EXPECT_FALSE(client.Exists("/b"));
  logs += group.Logs();
  group.Terminate();

  group.Start(tablestore, {kUpload});
  TestClient again = group.Client();
  ASSERT_TRUE(Eventually([&] { return again.Mkdirs("/b").empty(); })) << group.Status();
  EXPECT_TRUE(again.Exists("/a/7"));
  EXPECT_TRUE(Eventually([&] { return group.LeaderSays("_synced=1"); })) << group.Status();
  logs += group.Logs();
  EXPECT_THAT(logs, Not(HasSubstr(kTablestoreSecret)));
  EXPECT_THAT(logs, HasSubstr("the mirror is sealed"));
}

TEST_F(MirrorProcess, AnOutageHoldsNoWriteUp) {
  MockTablestore tablestore(Path("tablestore"));
  MirroredGroup group(1, Path("group"));
  group.Start(tablestore, {kUpload});
  TestClient client = group.Client();
  ASSERT_EQ(client.Mkdirs("/before"), "");
  ASSERT_TRUE(Eventually([&] { return group.LeaderSays("_synced=1"); })) << group.Status();
  tablestore.Stop();
  for (int i = 0; i < 50; ++i) ASSERT_EQ(client.Mkdirs(absl::StrCat("/during/", i)), "");
  EXPECT_TRUE(group.LeaderSays("_synced=0")) << group.Status();
  EXPECT_FALSE(group.LeaderSays("mirror_lag=0 ")) << group.Status();
  EXPECT_TRUE(Eventually([&] { return group.LeaderSays("mirror_problem="); })) << group.Status();
  tablestore.Start({"throttle:percent=20"});
  EXPECT_TRUE(Eventually([&] { return group.LeaderSays("_synced=1"); })) << group.Status();
}

TEST_F(MirrorProcess, EndsAtOnceWhileCallsAreUnderWay) {
  MockTablestore tablestore(Path("tablestore"));
  MirroredGroup group(1, Path("group"));
  group.Start(tablestore, {kUpload});
  TestClient client = group.Client();
  ASSERT_EQ(client.Mkdirs("/before"), "");
  tablestore.Stop();
  tablestore.Start({"delay:ms=20000"});
  ASSERT_EQ(client.Mkdirs("/during"), "");
  const auto begun = std::chrono::steady_clock::now();
  group.Terminate();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(15));
}

}  // namespace
}  // namespace jfs
