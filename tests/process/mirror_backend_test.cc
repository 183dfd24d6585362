// One master alone (backend rocksdb) has a mirror as three have; and what one backend has left, the
// other recovers from.
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

struct Backends {
  std::string from, to;
};

size_t MastersOf(const std::string& backend) { return backend == "raft" ? 3 : 1; }

class MirrorBackend : public testing::TestWithParam<Backends> {
 protected:
  std::string Path(const std::string& name) { return absl::StrCat(directory_.path(), "/", name); }
  storage::TemporaryDirectory directory_;
};

TEST_P(MirrorBackend, LoseEverythingAndComeBack) {
  const MockTablestore tablestore(Path("tablestore"));
  std::string counted;
  {
    MirroredGroup group(MastersOf(GetParam().from), Path("lost"), GetParam().from);
    group.Start(tablestore, {kUpload});
    TestClient client = group.Client();
    for (int i = 0; i < 50; ++i) ASSERT_EQ(client.Mkdirs(absl::StrCat("/a/", i)), "");
    ASSERT_EQ(client.Create("/a/file", "holder"), "");
    ASSERT_TRUE(Eventually([&] { return group.LeaderSays("_synced=1"); })) << group.Status();
    EXPECT_TRUE(group.LeaderSays("mirrored=1:")) << group.Status();
    const Ran count = group.Fs("-count /");
    ASSERT_EQ(count.status, 0) << count.output;
    counted = count.output;
    group.Kill();
  }
  // On directories of their own, which are empty: the old ones are lost.
  MirroredGroup group(MastersOf(GetParam().to), Path("new"), GetParam().to);
  group.Start(tablestore, {kRecover}, {"--namespace.ots.seal-after-ms=2000"});
  ASSERT_TRUE(Eventually([&] { return group.LeaderSays("state=FINISH"); })) << group.Status();
  TestClient client = group.Client();
  EXPECT_EQ(client.Mkdirs("/b"), kReadOnly);
  const Ran refused = group.Fs("-mkdir /b");
  EXPECT_NE(refused.status, 0);
  EXPECT_THAT(refused.output, HasSubstr(absl::StrCat("java.io.IOException: ", kReadOnly)));
  const Ran count = group.Fs("-count /");
  EXPECT_EQ(count.output, counted);
  EXPECT_TRUE(client.Exists("/a/49"));
  group.Terminate();

  group.Start(tablestore, {kUpload});
  TestClient again = group.Client();
  ASSERT_TRUE(Eventually([&] { return again.Mkdirs("/b").empty(); })) << group.Status();
  EXPECT_TRUE(Eventually([&] {
    return group.LeaderSays("_synced=1") && group.LeaderSays("mirrored=2:");
  })) << group.Status();
  group.Kill();
  // Killed before anything was flushed it knows all the same what it is.
  group.Start(tablestore, {kUpload});
  EXPECT_TRUE(Eventually([&] { return group.LeaderSays("_synced=1"); })) << group.Status();
  EXPECT_TRUE(group.Client().Exists("/b"));
}

INSTANTIATE_TEST_SUITE_P(All, MirrorBackend,
                         testing::Values(Backends{"rocksdb", "rocksdb"},
                                         Backends{"raft", "rocksdb"}, Backends{"rocksdb", "raft"}),
                         [](const auto& backends) {
                           return absl::StrCat(backends.param.from, "To", backends.param.to);
                         });

}  // namespace
}  // namespace jfs
