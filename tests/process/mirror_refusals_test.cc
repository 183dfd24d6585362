// Masters whose configurations of the mirror are wrong, disagree, or are changed when they must not
// be; and recoveries that have nothing to recover from, or find a cluster that lives.
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "storage/temporary_directory.h"
#include "tests/process/mirrored_group.h"

namespace jfs {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class MirrorRefusals : public testing::Test {
 protected:
  std::string Path(const std::string& name) { return absl::StrCat(directory_.path(), "/", name); }
  storage::TemporaryDirectory directory_;
};

TEST_F(MirrorRefusals, WrongConfigurationsAreRefused) {
  const MasterFlags flags{.meta_dir = Path("meta")};
  std::filesystem::create_directory(flags.meta_dir);
  const auto refusal = [&](const std::vector<std::string>& more) {
    std::vector<std::string> all = flags.ToVector();
    all.insert(all.end(), more.begin(), more.end());
    const std::string log = Path("refusal");
    std::filesystem::remove(log);
    MasterProcess master(all, log);
    EXPECT_EQ(master.WaitForEnd(), 2);
    return master.log();
  };
  EXPECT_THAT(refusal({"--namespace.backend.rocksdb.async.ots.enabled=true"}),
              HasSubstr("namespace.ots.instance: is needed with "
                        "namespace.backend.rocksdb.async.ots.enabled=true"));
  const MockTablestore tablestore(Path("tablestore"));
  std::vector<std::string> both = tablestore.Flags();
  both.push_back("--namespace.backend.rocksdb.async.ots.enabled=true");
  both.push_back("--namespace.backend.rocksdb.recovery.mode=true");
  EXPECT_THAT(refusal(both), HasSubstr("are both true"));
}

TEST_F(MirrorRefusals, AWrongSecretIsNamedAndNotShown) {
  MockTablestore tablestore(Path("tablestore"));
  MasterFlags flags{.meta_dir = Path("meta")};
  std::filesystem::create_directory(flags.meta_dir);
  std::vector<std::string> all = flags.ToVector();
  for (const std::string& flag : tablestore.Flags("wrongsecret4711")) all.push_back(flag);
  all.push_back("--namespace.backend.rocksdb.async.ots.enabled=true");
  MasterProcess master(all, Path("log"));
  EXPECT_TRUE(master.WaitForLog("OTSAuthFailed")) << master.log();
  EXPECT_THAT(master.log(), Not(HasSubstr("wrongsecret4711")));
}

TEST_F(MirrorRefusals, WhoDiffersIsNamedAndNothingIsWritten) {
  const MockTablestore tablestore(Path("tablestore"));
  MirroredGroup group(3, Path("group"));
  for (size_t i = 0; i < 2; ++i) group.StartOne(i, tablestore, {kUpload});
  group.StartOne(2, tablestore, {});
  ASSERT_TRUE(Eventually([&] { return group.LeaderSays("master 3: upload off"); }))
      << group.Status();
  EXPECT_FALSE(group.LeaderSays("serving=1"));
  // It is put right, and then all goes on.
  group.process(2).Terminate();
  ASSERT_EQ(group.process(2).WaitForEnd(), 0);
  group.StartOne(2, tablestore, {kUpload});
  TestClient client = group.Client();
  ASSERT_TRUE(Eventually([&] { return client.Mkdirs("/a").empty(); })) << group.Status();
  ASSERT_TRUE(Eventually([&] { return group.LeaderSays("_synced=1"); })) << group.Status();
  // A single mistyped file must not end the backup.
  group.process(1).Kill();
  group.StartOne(1, tablestore, {});
  EXPECT_EQ(group.process(1).WaitForEnd(), 1);
  EXPECT_THAT(group.process(1).log(), HasSubstr("-metaDisable"));
}

TEST_F(MirrorRefusals, AnInstanceWithoutAMirrorIsNamed) {
  const MockTablestore tablestore(Path("tablestore"));
  MirroredGroup group(1, Path("group"));
  group.Start(tablestore, {kRecover});
  ASSERT_TRUE(Eventually([&] { return group.LeaderSays("there is no mirror in this instance"); }))
      << group.Status();
  TestClient client = group.Client();
  EXPECT_EQ(client.Mkdirs("/a"), kReadOnly);
}

TEST_F(MirrorRefusals, ARecoveryCutsNoLivingClusterOff) {
  const MockTablestore tablestore(Path("tablestore"));
  MirroredGroup living(1, Path("living"));
  living.Start(tablestore, {kUpload});
  TestClient client = living.Client();
  ASSERT_EQ(client.Mkdirs("/a"), "");
  ASSERT_TRUE(Eventually([&] { return living.LeaderSays("_synced=1"); })) << living.Status();

  MirroredGroup other(1, Path("other"));
  other.Start(tablestore, {kRecover}, {"--namespace.ots.seal-after-ms=15000"});
  ASSERT_TRUE(Eventually([&] { return other.LeaderSays("waiting_for=cluster"); }))
      << other.Status();
  SleepMillis(20'000);
  EXPECT_TRUE(other.LeaderSays("waiting_for=cluster")) << other.Status();
  ASSERT_EQ(client.Mkdirs("/b"), "");
  ASSERT_TRUE(Eventually([&] { return living.LeaderSays("_synced=1"); })) << living.Status();
  living.Kill();
  ASSERT_TRUE(Eventually([&] { return other.LeaderSays("state=FINISH"); })) << other.Status();
  EXPECT_TRUE(other.Client().Exists("/b"));

  // The dead wakes up, and finds its mirror gone.
  living.Start(tablestore, {kUpload});
  TestClient late = living.Client();
  EXPECT_TRUE(Eventually([&] { return living.LeaderSays("recovery.mode"); })) << living.Status();
  EXPECT_FALSE(living.LeaderSays("_synced=1"));
}

// What it says can be done is what works.
TEST_F(MirrorRefusals, WhoLosesTheClaimStaysReadable) {
  const MockTablestore tablestore(Path("tablestore"));
  {
    MirroredGroup lost(1, Path("lost"));
    lost.Start(tablestore, {kUpload});
    ASSERT_EQ(lost.Client().Mkdirs("/a"), "");
    ASSERT_TRUE(Eventually([&] { return lost.LeaderSays("_synced=1"); })) << lost.Status();
    lost.Kill();
  }
  MirroredGroup winner(1, Path("winner"));
  MirroredGroup loser(1, Path("loser"));
  for (MirroredGroup* group : {&winner, &loser}) {
    group->Start(tablestore, {kRecover}, {"--namespace.ots.seal-after-ms=2000"});
    ASSERT_TRUE(Eventually([&] { return group->LeaderSays("state=FINISH"); })) << group->Status();
    group->Terminate();
  }
  winner.Start(tablestore, {kUpload});
  TestClient of_winner = winner.Client();
  ASSERT_TRUE(Eventually([&] { return of_winner.Mkdirs("/b").empty(); })) << winner.Status();

  for (const std::vector<std::string>& switches : {std::vector<std::string>{kUpload}, {}}) {
    loser.Start(tablestore, switches);
    ASSERT_TRUE(Eventually([&] { return loser.LeaderSays("has claimed it first"); }))
        << loser.Status();
    const Ran explained = loser.Jfs("-metaStatus -explain");
    EXPECT_THAT(explained.output,
                AllOf(HasSubstr("stays readable"), HasSubstr("start a new, empty one"),
                      Not(HasSubstr("-metaDisable"))));
    TestClient client = loser.Client();
    EXPECT_TRUE(client.Exists("/a"));
    EXPECT_FALSE(client.Exists("/b"));
    EXPECT_EQ(client.Mkdirs("/c"), kReadOnly);
    loser.Terminate();
  }

  MirroredGroup apart(1, Path("apart"));
  apart.Start(tablestore, {});
  EXPECT_EQ(apart.Client().Mkdirs("/c"), "");
  winner.Terminate();
  MirroredGroup later(1, Path("later"));
  later.Start(tablestore, {kRecover}, {"--namespace.ots.seal-after-ms=2000"});
  ASSERT_TRUE(Eventually([&] { return later.LeaderSays("state=FINISH"); })) << later.Status();
  EXPECT_TRUE(later.Client().Exists("/b"));
}

}  // namespace
}  // namespace jfs
