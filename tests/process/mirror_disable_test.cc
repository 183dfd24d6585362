// `jindo jfs -metaDisable`: what it says, what the masters do from then on, with whatever
// configuration they are started, and what a recovery makes of the mirror that is left.
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

class MirrorDisable : public testing::Test {
 protected:
  std::string Path(const std::string& name) { return absl::StrCat(directory_.path(), "/", name); }

  // With a mirror that has all of `directories` directories.
  void Mirrored(MirroredGroup* group, int directories) {
    TestClient client = group->Client();
    for (int i = 0; i < directories; ++i) {
      ASSERT_EQ(client.Mkdirs(absl::StrCat("/mirrored/", i)), "") << group->Status();
    }
    ASSERT_TRUE(Eventually([&] { return group->LeaderSays("_synced=1"); })) << group->Status();
  }
  void Serves(MirroredGroup* group, const std::string& path) {
    ASSERT_EQ(TestClient(group->rpc_ports(), 30 * kSecond).Mkdirs(path), "")
        << group->Status() << group->Logs();
    EXPECT_FALSE(group->LeaderSays("_synced")) << group->Status();
  }

  storage::TemporaryDirectory directory_;
  MockTablestore tablestore_{Path("tablestore")};
};

TEST_F(MirrorDisable, GivesTheMirrorUpForGood) {
  MirroredGroup group(3, Path("group"));
  group.Start(tablestore_, {kUpload});
  Mirrored(&group, 5);

  const Ran asked = group.Jfs("-metaDisable", "no\\n");
  EXPECT_EQ(asked.status, 1) << asked.output;
  EXPECT_THAT(asked.output, AllOf(HasSubstr("for good"), HasSubstr("nothing was done")));
  const Ran stranger = group.Jfs("-metaDisable -force --user stranger");
  EXPECT_EQ(stranger.status, 1) << stranger.output;
  EXPECT_THAT(stranger.output, HasSubstr("uperuser"));
  EXPECT_TRUE(Eventually([&] { return group.LeaderSays("mirror=on"); })) << group.Status();

  const Ran done = group.Jfs("-metaDisable", "yes\\n");
  EXPECT_EQ(done.status, 0) << done.output;
  EXPECT_THAT(done.output, HasSubstr("The mirror is given up. Set ...async.ots.enabled to false"));
  // That it was configured otherwise, and has no effect, can be read where one looks for it.
  const Ran explained = group.Jfs("-metaStatus -detail -explain");
  EXPECT_EQ(explained.status, 0) << explained.output;
  EXPECT_THAT(explained.output,
              AllOf(Not(HasSubstr("_synced")), HasSubstr("this cluster has no mirror: "),
                    HasSubstr("-metaDisable"), HasSubstr("async.ots.enabled does not change it")));
  const Ran again = group.Jfs("-metaDisable");
  EXPECT_EQ(again.status, 0) << again.output;
  EXPECT_THAT(again.output, HasSubstr("This cluster has no mirror."));
  Serves(&group, "/behind");

  group.Terminate();
  group.Start(tablestore_, {kUpload});
  Serves(&group, "/with-the-key");
  EXPECT_THAT(group.process(1).log(), HasSubstr("async.ots.enabled has no effect"));
  group.Kill();
  group.Start(tablestore_, {});
  Serves(&group, "/without-the-key");
  EXPECT_TRUE(group.Client().Exists("/behind"));
  EXPECT_TRUE(Eventually([&] {
    return group.Jfs("-metaStatus -explain").output.find("this cluster has no mirror\n") !=
           std::string::npos;
  })) << group.Jfs("-metaStatus -explain").output;
  group.Terminate();

  // What is left can be recovered from, as of where it was.
  MirroredGroup recovered(1, Path("recovered"));
  recovered.Start(tablestore_, {kRecover}, {"--namespace.ots.seal-after-ms=2000"});
  ASSERT_TRUE(Eventually([&] { return recovered.LeaderSays("state=FINISH"); }))
      << recovered.Status();
  EXPECT_TRUE(recovered.Client().Exists("/mirrored/4"));
  EXPECT_FALSE(recovered.Client().Exists("/behind"));
  const Ran in_recovery = recovered.Jfs("-metaDisable -force");
  EXPECT_EQ(in_recovery.status, 1) << in_recovery.output;
  EXPECT_THAT(in_recovery.output, HasSubstr("recovery mode"));
  recovered.Terminate();
  recovered.Start(tablestore_, {kUpload});
  TestClient client = recovered.Client();
  ASSERT_TRUE(Eventually([&] { return client.Mkdirs("/next").empty(); })) << recovered.Status();
  EXPECT_TRUE(Eventually([&] {
    return recovered.LeaderSays("_synced=1") && recovered.LeaderSays("mirrored=2:");
  })) << recovered.Status();

  // Whoever gave it up lives on beside it.
  group.Start(tablestore_, {});
  Serves(&group, "/beside");
}

// What was flushed before the mirror was given up knows it still; the log knows better. It takes
// more entries than one step applies.
TEST_F(MirrorDisable, IsHeardOfInTheLogOfAKilledMaster) {
  MirroredGroup group(1, Path("group"));
  group.Start(tablestore_, {kUpload});
  Mirrored(&group, 3);
  group.Terminate();
  group.Start(tablestore_, {kUpload});
  Mirrored(&group, 600);
  ASSERT_EQ(group.Jfs("-metaDisable -force").status, 0);
  group.Kill();
  group.Start(tablestore_, {});
  Serves(&group, "/behind");
  EXPECT_TRUE(group.Client().Exists("/mirrored/599"));
}

// As long as nothing is given up the log changes nothing about the refusal.
TEST_F(MirrorDisable, WithoutItAKilledMasterIsRefused) {
  MirroredGroup group(1, Path("group"));
  group.Start(tablestore_, {kUpload});
  Mirrored(&group, 3);
  group.Kill();
  group.Start(tablestore_, {});
  EXPECT_EQ(group.process(0).WaitForEnd(), 1);
  EXPECT_THAT(group.process(0).log(),
              AllOf(HasSubstr("async.ots.enabled is false"), HasSubstr("-metaDisable"),
                    HasSubstr("is started with true once")));
}

// A master that was away refuses, unless it hears of it together with the end of what it knew; and
// says how it hears of it.
TEST_F(MirrorDisable, WhoWasAwayHearsOfItOrIsStartedOnceMoreWithTheKey) {
  MirroredGroup group(3, Path("group"));
  group.Start(tablestore_, {kUpload});
  Mirrored(&group, 3);
  group.process(2).Terminate();
  ASSERT_EQ(group.process(2).WaitForEnd(), 0);
  ASSERT_TRUE(Eventually([&] { return group.Jfs("-metaDisable -force").status == 0; }));
  group.StartOne(2, tablestore_, {});
  // It answers for its status before it has heard enough to refuse: only a state like that of the
  // others tells that it has applied what gives the mirror up.
  ASSERT_TRUE(Eventually([&] {
    return !group.process(2).running() || group.Jfs("-stateHash").status == 0;
  })) << group.Status();
  if (!group.process(2).running()) {
    EXPECT_THAT(group.process(2).log(), HasSubstr("is started with true once"));
    group.StartOne(2, tablestore_, {kUpload});
  }
  EXPECT_TRUE(Eventually([&] { return group.Jfs("-metaStatus").status == 0; })) << group.Status();
  EXPECT_TRUE(Eventually([&] { return group.Jfs("-stateHash").status == 0; }))
      << group.Jfs("-stateHash").output << group.Logs();
  group.process(2).Terminate();
  ASSERT_EQ(group.process(2).WaitForEnd(), 0);
  group.StartOne(2, tablestore_, {});
  EXPECT_TRUE(Eventually([&] { return group.Jfs("-metaStatus").status == 0; })) << group.Status();
}

// A new cluster finds another one's mirror: nothing is its own yet that it could give up.
TEST_F(MirrorDisable, BeforeItIsDecidedTheKeyIsTheWayOut) {
  {
    MirroredGroup first(1, Path("first"));
    first.Start(tablestore_, {kUpload});
    Mirrored(&first, 3);
  }
  MirroredGroup group(1, Path("group"));
  group.Start(tablestore_, {kUpload});
  ASSERT_TRUE(Eventually([&] { return group.LeaderSays("belongs to another cluster"); }))
      << group.Status();
  EXPECT_TRUE(group.LeaderSays("a new cluster with ...async.ots.enabled=false")) << group.Status();
  const Ran disabled = group.Jfs("-metaDisable -force");
  EXPECT_EQ(disabled.status, 1) << disabled.output;
  EXPECT_THAT(disabled.output, HasSubstr("set ...async.ots.enabled to false on all masters"));
  group.Terminate();
  group.Start(tablestore_, {});
  Serves(&group, "/a");
}

}  // namespace
}  // namespace jfs
