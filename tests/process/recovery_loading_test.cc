// Masters in the middle of a recovery, which stays there for as long as a test wants: Tablestore is
// slow, and then away. What they say, what they refuse, and that being killed costs them nothing.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "net/hadoop/ipc_message.h"
#include "net/hadoop/proto/client_namenode.pb.h"
#include "storage/temporary_directory.h"
#include "tests/process/mirrored_group.h"

namespace jfs {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;

constexpr int kDirectories = 500;
const std::vector<std::string> kSealSoon = {"--namespace.ots.seal-after-ms=2000"};

// Empty, or why not.
std::string SafeMode(TestClient* client, ::hadoop::hdfs::SafeModeActionProto action) {
  ::hadoop::hdfs::SetSafeModeRequestProto request;
  request.set_action(action);
  const auto result = client->ipc().Call(net::hadoop::kClientProtocol, "setSafeMode", request);
  if (!result.status.ok()) return result.status.ToString();
  return result.error.has_value() ? result.error->message : "";
}

class RecoveryLoading : public testing::Test {
 protected:
  std::string Path(const std::string& name) { return absl::StrCat(directory_.path(), "/", name); }

  // A mirror whose cluster is lost; `count_` is its count line.
  void LoseACluster() {
    MirroredGroup lost(1, Path("lost"));
    lost.Start(tablestore_, {kUpload});
    TestClient client = lost.Client();
    for (int i = 0; i < kDirectories; ++i) {
      // Long enough for several chunks of the journal.
      ASSERT_EQ(client.Mkdirs(absl::StrCat("/a/", i, "-", std::string(240, 'n'))), "");
    }
    ASSERT_EQ(client.Create("/a/file", "holder"), "");
    ASSERT_TRUE(Eventually([&] { return lost.LeaderSays("_synced=1"); })) << lost.Status();
    const Ran count = lost.Fs("-count /");
    ASSERT_EQ(count.status, 0) << count.output;
    count_ = count.output;
    lost.Kill();
  }
  // Until something is loaded and something is not; there it stays.
  void HoldInTheMiddle(MirroredGroup* group) {
    // The rows come, slowly; that the mirror is still sealed, which comes last, cannot be seen.
    tablestore_.AddFault("delay:ms=2000,operation=GetRange");
    group->Start(tablestore_, {kRecover}, kSealSoon);
    ASSERT_TRUE(Eventually([&] { return group->LeaderSays("phase=data"); })) << group->Status();
    tablestore_.AddFault("drop-request:operation=GetRow");
    ASSERT_TRUE(Eventually([&] { return Loading(*group); })) << group->Status();
  }
  static bool Loading(const MirroredGroup& group) {
    const std::string line = group.LeaderLine();
    return line.find("state=LOADING rows=") != std::string::npos &&
           line.find("state=LOADING rows=0 ") == std::string::npos;
  }
  // The rest is loaded, and nothing is missing or double.
  void Finishes(MirroredGroup* group) {
    tablestore_.ClearFaults();
    ASSERT_TRUE(Eventually([&] { return group->LeaderSays("state=FINISH"); })) << group->Status();
    EXPECT_EQ(group->Fs("-count /").output, count_);
    EXPECT_TRUE(group->Client().Exists("/a/file"));
    EXPECT_EQ(group->Client().Mkdirs("/b"), kReadOnly);
    EXPECT_TRUE(Eventually([&] { return group->Jfs("-stateHash").status == 0; }))
        << group->Jfs("-stateHash").output;
  }

  storage::TemporaryDirectory directory_;
  MockTablestore tablestore_{Path("tablestore")};
  std::string count_;
};

TEST_F(RecoveryLoading, SaysWhereItIsAndRefusesTheRest) {
  ASSERT_NO_FATAL_FAILURE(LoseACluster());
  MirroredGroup group(3, Path("group"));
  ASSERT_NO_FATAL_FAILURE(HoldInTheMiddle(&group));

  // Nobody serves, which is what this exit code means.
  const Ran detail = group.Jfs("-metaStatus -detail -explain");
  EXPECT_EQ(detail.status, 2) << detail.output;
  EXPECT_THAT(detail.output,
              AllOf(ContainsRegex("LEADER [^ ]* state=LOADING rows=[1-9][0-9]* position=1:502 "
                                  "percent=[0-9]+ .*phase=(data|journal) "),
                    // Which may be behind.
                    ContainsRegex("FOLLOWER [^ ]* state=LOADING rows=[0-9]+ position=1:502 "),
                    ContainsRegex("\nthe recovery (is [0-9]+ % through|cannot go on)")));
  const Ran json = group.Jfs("-metaStatus -json");
  EXPECT_EQ(json.status, 2) << json.output;
  EXPECT_THAT(json.output,
              AllOf(HasSubstr("\"state\": \"LOADING\""), HasSubstr("\"position\": \"1:502\"")));
  const size_t leader = group.Leader();
  EXPECT_TRUE(Eventually([&] {
    const std::string metrics = group.Page(leader, "/metrics");
    return metrics.find("\njfs_recovery_state 1\n") != std::string::npos &&
           metrics.find("\njfs_recovery_rows 0\n") == std::string::npos &&
           metrics.find("\njfs_recovery_percent ") != std::string::npos;
  })) << group.Page(leader, "/metrics");
  EXPECT_THAT(group.Page(leader, "/status"),
              AllOf(HasSubstr("state=LOADING"), HasSubstr("<h2>Mirror</h2>")));

  // Commands that write look first at what is there.
  for (const char* asks : {"-ls /", "-count /", "-mkdir /b", "-rm /a/file"}) {
    const Ran ran = group.Fs(asks);
    EXPECT_EQ(ran.status, 1) << ran.output;
    EXPECT_THAT(ran.output,
                ContainsRegex("The namespace is being loaded from its mirror, [0-9]+% so far"));
  }
  TestClient client(group.rpc_ports(), 3 * kSecond);
  EXPECT_EQ(client.Mkdirs("/b"), kReadOnly);
  EXPECT_EQ(client.Create("/b", "holder"), kReadOnly);
  EXPECT_EQ(SafeMode(&client, ::hadoop::hdfs::SAFEMODE_ENTER), kReadOnly);
  // Of the cluster, not of the tree: known all the time.
  EXPECT_EQ(SafeMode(&client, ::hadoop::hdfs::SAFEMODE_GET), "");

  const Ran disabled = group.Jfs("-metaDisable -force");
  EXPECT_EQ(disabled.status, 1) << disabled.output;
  EXPECT_THAT(disabled.output, HasSubstr("recovery mode"));
  ASSERT_NO_FATAL_FAILURE(Finishes(&group));
}

TEST_F(RecoveryLoading, GoesOnWhenTheLeaderIsKilled) {
  ASSERT_NO_FATAL_FAILURE(LoseACluster());
  MirroredGroup group(3, Path("group"));
  ASSERT_NO_FATAL_FAILURE(HoldInTheMiddle(&group));
  const size_t killed = group.Leader();
  group.process(killed).Kill();
  ASSERT_TRUE(Eventually([&] { return Loading(group); })) << group.Status();
  group.StartOne(killed, tablestore_, {kRecover}, kSealSoon);
  ASSERT_NO_FATAL_FAILURE(Finishes(&group));
}

TEST_F(RecoveryLoading, GoesOnWhenAllAreKilledAndIsNotLeftHalfway) {
  ASSERT_NO_FATAL_FAILURE(LoseACluster());
  MirroredGroup group(3, Path("group"));
  ASSERT_NO_FATAL_FAILURE(HoldInTheMiddle(&group));
  group.Kill();
  // Out of recovery mode too early.
  group.Start(tablestore_, {kUpload});
  ASSERT_TRUE(Eventually([&] { return group.LeaderSays("the recovery is not finished"); }))
      << group.Status();
  EXPECT_THAT(group.Jfs("-metaStatus -explain").output,
              HasSubstr("...recovery.mode is false: set it to true again on all masters until "
                        "-metaStatus says state=FINISH"));
  EXPECT_EQ(group.Client().Mkdirs("/b"), kReadOnly);
  group.Terminate();
  group.Start(tablestore_, {kRecover}, kSealSoon);
  ASSERT_NO_FATAL_FAILURE(Finishes(&group));
}

}  // namespace
}  // namespace jfs
