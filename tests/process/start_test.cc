// Masters that are started with something wrong: what they say, and their exit codes (1 cannot
// start, 2 wrong configuration).
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "storage/temporary_directory.h"
#include "tests/process/master_process.h"
#include "tests/process/small_disk.h"

namespace jfs {
namespace {

using testing::HasSubstr;

class Start : public testing::Test {
 protected:
  static void SetUpTestSuite() { allowed_ = new absl::Status(SmallDisk::Allow()); }

  std::string Path(const std::string& name) { return absl::StrCat(directory_.path(), "/", name); }
  std::string Directory(const std::string& name) {
    std::filesystem::create_directory(Path(name));
    return Path(name);
  }
  // Starts a master that must end by itself, and returns what it said.
  std::string Refusal(const std::vector<std::string>& flags, int exit_code) {
    const std::string log = Path(absl::StrCat("refusal-", ++refusals_));
    MasterProcess master(flags, log);
    EXPECT_EQ(master.WaitForEnd(), exit_code);
    return master.log();
  }

  static const absl::Status* allowed_;
  storage::TemporaryDirectory directory_;
  int refusals_ = 0;
};
const absl::Status* Start::allowed_ = nullptr;

TEST_F(Start, MetaDirectoryThatIsMissing) {
  const MasterFlags flags{.meta_dir = Path("none")};
  EXPECT_THAT(Refusal(flags.ToVector(), 1),
              HasSubstr(absl::StrCat("cannot start: NOT_FOUND: namespace.meta-dir ", Path("none"),
                                     " does not exist: create it, or mount the disk")));
  EXPECT_FALSE(std::filesystem::exists(Path("none")));
}

TEST_F(Start, FileInsteadOfADirectory) {
  std::ofstream(Path("file")) << "x";
  const MasterFlags flags{.meta_dir = Path("file")};
  EXPECT_THAT(Refusal(flags.ToVector(), 1), HasSubstr("is not a directory."));
}

TEST_F(Start, FileInsteadOfItsLogOrState) {
  for (const char* part : {"log", "state"}) {
    const MasterFlags flags{.meta_dir = Directory(absl::StrCat("meta-", part))};
    {
      MasterProcess master(flags.ToVector(), Path(absl::StrCat(part, ".log")));
      ASSERT_EQ(TestClient({flags.rpc_port}).Mkdirs("/before"), "");
      master.Terminate();
      ASSERT_EQ(master.WaitForEnd(), 0);
    }
    const std::string where = absl::StrCat(flags.meta_dir, "/", part);
    std::filesystem::remove_all(where);
    std::ofstream(where) << "x";
    const std::string said = Refusal(flags.ToVector(), 1);
    EXPECT_THAT(said, HasSubstr("cannot start"));
    EXPECT_THAT(said, HasSubstr(where));
  }
}

TEST_F(Start, ReadOnlyFileSystem) {
  if (!allowed_->ok()) GTEST_SKIP() << "no file systems of its own here: " << *allowed_;
  SmallDisk disk(Path("disk"), 64 << 20);
  std::filesystem::create_directory(disk.path() + "/meta");
  const MasterFlags flags{.meta_dir = disk.path() + "/meta"};
  disk.SetReadOnly(true);
  EXPECT_THAT(Refusal(flags.ToVector(), 1), HasSubstr("lies on a read-only file system: remount"));
  disk.SetReadOnly(false);
  MasterProcess master(flags.ToVector(), Path("log"));
  EXPECT_EQ(TestClient({flags.rpc_port}).Mkdirs("/after"), "");
}

TEST_F(Start, SecondMasterOnOneDirectory) {
  MasterFlags flags{.meta_dir = Directory("meta")};
  MasterProcess first(flags.ToVector(), Path("first"));
  ASSERT_EQ(TestClient({flags.rpc_port}).Mkdirs("/before"), "");
  flags.rpc_port = FreePort();
  EXPECT_THAT(Refusal(flags.ToVector(), 1), HasSubstr("a master already runs on this directory"));
  EXPECT_TRUE(first.running());
}

TEST_F(Start, PortThatIsTaken) {
  MasterFlags flags{.meta_dir = Directory("one")};
  MasterProcess first(flags.ToVector(), Path("first"));
  ASSERT_EQ(TestClient({flags.rpc_port}).Mkdirs("/before"), "");
  flags.meta_dir = Directory("two");
  const std::string said = Refusal(flags.ToVector(), 1);
  EXPECT_THAT(said, HasSubstr(absl::StrCat("127.0.0.1:", flags.rpc_port)));
  EXPECT_THAT(said, HasSubstr("Address already in use"));
}

class Cluster {
 public:
  Cluster(const std::string& logs, std::vector<std::string> directories)
      : flags(std::move(directories)), logs_(logs) {
    for (size_t i = 0; i < 3; ++i) Launch(i);
  }
  void Launch(size_t i) {
    masters[i] =
        std::make_unique<MasterProcess>(flags.ToVector(i), absl::StrCat(logs_, "-", i + 1));
  }

  GroupFlags flags;
  std::unique_ptr<MasterProcess> masters[3];

 private:
  const std::string logs_;
};

TEST_F(Start, DirectoryOfAnotherNode) {
  std::vector<std::string> directories = {Directory("1"), Directory("2"), Directory("3")};
  {
    const Cluster cluster(Path("before"), directories);
    ASSERT_EQ(TestClient(cluster.flags.rpc_ports).Mkdirs("/before"), "");
  }
  std::swap(directories[0], directories[1]);
  const GroupFlags flags(directories);
  EXPECT_THAT(Refusal(flags.ToVector(0), 1), HasSubstr("belongs to node 2, but this is node 1"));
}

// A master of one cluster gets the disk of another one's: neither side takes it for one of its own,
// and nothing that was acknowledged is lost on either.
TEST_F(Start, DirectoryOfAnotherCluster) {
  const std::vector<std::string> ours = {Directory("1"), Directory("2"), Directory("3")};
  const std::vector<std::string> theirs = {Directory("a"), Directory("b"), Directory("c")};
  {
    const Cluster other(Path("other"), theirs);
    ASSERT_EQ(TestClient(other.flags.rpc_ports).Mkdirs("/theirs"), "");
  }
  Cluster cluster(Path("log"), ours);
  TestClient client(cluster.flags.rpc_ports);
  ASSERT_EQ(client.Mkdirs("/ours"), "");
  cluster.masters[2]->Terminate();
  ASSERT_EQ(cluster.masters[2]->WaitForEnd(), 0);
  cluster.flags.meta_dirs[2] = theirs[2];
  cluster.Launch(2);

  EXPECT_TRUE(cluster.masters[2]->WaitForLog("another cluster")) << cluster.masters[2]->log();
  EXPECT_EQ(client.Mkdirs("/more"), "");
  EXPECT_TRUE(client.Exists("/ours"));
  EXPECT_FALSE(client.Exists("/theirs"));
  // Without it there is one master left beside a stranger: no majority, no answer.
  cluster.masters[1]->Kill();
  EXPECT_NE(TestClient(cluster.flags.rpc_ports, 5 * kSecond).Mkdirs("/none"), "");
}

struct WrongSetting {
  std::vector<std::string> flags;  // behind good ones; the last of a key wins
  std::string message;
};

TEST_F(Start, WrongSettings) {
  const std::vector<WrongSetting> cases = {
      {{"--namespace.disk.reserve-bytes=-1"},
       "namespaced: command line: namespace.disk.reserve-bytes: '-1' is not a number from 0 to"},
      {{"--namespace.disk.reserve-bytes=1GB"}, "'1GB' is not a number from 0 to"},
      {{"--namespace.disk.reserve-bytes=4194304"},
       "namespace.disk.reserve-bytes: 4194304 does not cover two segments of the log"},
      {{"--namespace.log.segment-bytes=99999999999999999999"}, "is not a number from 1048576 to"},
      {{"--namespace.log.segment-bytes=4194305"}, "4194305 is not a multiple of 4096"},
      {{"--namespace.log.writer=fast"}, "'fast' is none of auto, io_uring and thread"},
      {{"--namespace.http.port=70000"}, "'70000' is not a number from 0 to 65535"},
      {{"--namespace.backend.type=raft"}, "namespace.backend.raft.initial-conf: is needed"},
      {{"--namespace.meta-dir="}, "--namespace.meta-dir: 1 required TEXT missing"},
      {{"--namespace.bind-host=no.such.host.invalid"}, "no.such.host.invalid"},
      {{"--namespace.retry-cash.bytes=1"}, "namespace.retry-cash.bytes"},
      {{"--conf=/nowhere/namespace.cfg"}, "cannot open the configuration file /nowhere/"},
  };
  for (const WrongSetting& wrong : cases) {
    const MasterFlags good{.meta_dir = Directory("meta")};
    std::vector<std::string> flags;
    for (const std::string& flag : good.ToVector()) {
      const std::string key = flag.substr(0, flag.find('=') + 1);
      bool replaced = false;
      for (const std::string& other : wrong.flags) replaced = replaced || other.starts_with(key);
      if (!replaced) flags.push_back(flag);
    }
    flags.insert(flags.end(), wrong.flags.begin(), wrong.flags.end());
    const bool at_start = wrong.flags[0].starts_with("--namespace.bind-host");
    EXPECT_THAT(Refusal(flags, at_start ? 1 : 2), HasSubstr(wrong.message)) << wrong.flags[0];
  }
}

}  // namespace
}  // namespace jfs
