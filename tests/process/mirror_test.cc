// Masters with a mirror in Tablestore, the mock of it on loopback: from the first write to the
// recovery on new disks.
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "net/hadoop/ipc_message.h"
#include "net/jindo/proto/jindo.pb.h"
#include "ots_mock/server/server.h"
#include "storage/temporary_directory.h"
#include "tests/process/master_process.h"

namespace jfs {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kSecret[] = "a-secret-that-no-log-may-have";
constexpr char kReadOnly[] =
    "ErrorCode : 25021 , ErrorMsg: Namespace is under recovery mode, and is read-only.";

// A Tablestore that can be stopped and started again, on the same port and with the same rows.
class MockTablestore {
 public:
  explicit MockTablestore(std::string directory) : directory_(std::move(directory)) {
    std::filesystem::create_directory(directory_);
    Start();
  }
  void Start(const std::vector<std::string>& faults = {}) {
    ots_mock::ServerOptions options;
    options.listen.port = port_;
    options.directory = directory_;
    options.accounts = {{"emr-jfs", "id", kSecret}};
    options.keep_alive_seconds = 1;
    options.wall_clock = [] {
      return std::chrono::duration_cast<std::chrono::milliseconds>(
                 std::chrono::system_clock::now().time_since_epoch())
          .count();
    };
    for (const std::string& fault : faults) {
      options.faults.push_back(*ots_mock::ParseFaultRule(fault));
    }
    auto server = ots_mock::Server::Start(options);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  void Stop() { server_.reset(); }

  // For masters that read with `instance`.
  std::vector<std::string> Flags(const std::string& secret = kSecret) const {
    return {absl::StrCat("--namespace.ots.endpoint=http://127.0.0.1:", port_),
            "--namespace.ots.instance=emr-jfs", "--namespace.ots.accessKey=id",
            absl::StrCat("--namespace.ots.accessSecret=", secret),
            "--namespace.ots.seal-after-ms=2000"};
  }

 private:
  const std::string directory_;
  const uint16_t port_ = FreePort();
  std::unique_ptr<ots_mock::Server> server_;
};

constexpr char kUpload[] = "async.ots.enabled=true";
constexpr char kRecover[] = "recovery.mode=true";

// A group of masters that is started, killed and started otherwise.
class Group {
 public:
  Group(size_t masters, std::string directory)
      : directory_(std::move(directory)), flags_(Directories(masters)) {}

  // `switches`: what follows "namespace.backend.raft." in flags.
  void Start(const MockTablestore& tablestore, const std::vector<std::string>& switches) {
    for (size_t i = 0; i < flags_.meta_dirs.size(); ++i) {
      std::vector<std::string> flags = flags_.ToVector(i);
      for (const std::string& flag : tablestore.Flags()) flags.push_back(flag);
      for (const std::string& one : switches) {
        flags.push_back(absl::StrCat("--namespace.backend.raft.", one));
      }
      processes_.push_back(std::make_unique<MasterProcess>(flags, LogPath(i)));
    }
  }
  void Kill() { processes_.clear(); }
  void Terminate() {
    for (auto& process : processes_) process->Terminate();
    for (auto& process : processes_) EXPECT_EQ(process->WaitForEnd(), 0) << process->log();
    processes_.clear();
  }

  TestClient Client() const { return TestClient(flags_.rpc_ports, 60 * kSecond); }
  // Fields of all masters about themselves, "LEADER name=value ...", one line each.
  std::string Status() const {
    std::string out;
    for (const uint16_t port : flags_.rpc_ports) {
      TestClient client({port}, 2 * kSecond);
      ::jfs::jindo::MetaStatusResponseProto status;
      const auto result = client.ipc().Call(net::hadoop::kJindoProtocol, "metaStatus",
                                            ::jfs::jindo::MetaStatusRequestProto());
      if (!result.ok() || !status.ParseFromString(result.response)) continue;
      for (const auto& master : status.masters()) {
        if (master.node() != status.answeredby()) continue;
        absl::StrAppend(&out, master.role());
        for (const auto& field : master.fields()) {
          absl::StrAppend(&out, " ", field.name(), "=", field.value());
        }
        absl::StrAppend(&out, "\n");
      }
    }
    return out;
  }
  // Whether the leader says so.
  bool LeaderSays(const std::string& field) const {
    for (const auto line : absl::StrSplit(Status(), '\n')) {
      if (absl::StrContains(line, "LEADER ") && absl::StrContains(line, field)) return true;
    }
    return false;
  }
  std::string Logs() const {
    std::string out;
    for (const auto& process : processes_) out += process->log();
    return out;
  }

 private:
  std::vector<std::string> Directories(size_t masters) const {
    std::vector<std::string> out;
    for (size_t i = 0; i < masters; ++i) {
      out.push_back(absl::StrCat(directory_, "/master-", i));
      std::filesystem::create_directories(out.back());
    }
    return out;
  }
  std::string LogPath(size_t i) const { return absl::StrCat(directory_, "/log-", i); }

  const std::string directory_;
  const GroupFlags flags_;
  std::vector<std::unique_ptr<MasterProcess>> processes_;
};

class MirrorProcess : public testing::Test {
 protected:
  std::string Path(const std::string& name) { return absl::StrCat(directory_.path(), "/", name); }
  storage::TemporaryDirectory directory_;
};

TEST_F(MirrorProcess, LoseEverythingAndComeBack) {
  MockTablestore tablestore(Path("tablestore"));
  std::string logs;
  {
    Group group(3, Path("first"));
    group.Start(tablestore, {kUpload});
    TestClient client = group.Client();
    for (int i = 0; i < 20; ++i) ASSERT_EQ(client.Mkdirs(absl::StrCat("/a/", i)), "");
    ASSERT_EQ(client.Create("/a/file", "holder"), "");
    ASSERT_TRUE(Eventually([&] { return group.LeaderSays("_synced=1"); })) << group.Status();
    logs += group.Logs();
    group.Kill();
  }
  Group group(3, Path("second"));
  group.Start(tablestore, {kRecover});
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
  EXPECT_THAT(logs, Not(HasSubstr(kSecret)));
  EXPECT_THAT(logs, HasSubstr("the mirror is sealed"));
}

TEST_F(MirrorProcess, AnOutageHoldsNoWriteUp) {
  MockTablestore tablestore(Path("tablestore"));
  Group group(1, Path("group"));
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
  Group group(1, Path("group"));
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

TEST_F(MirrorProcess, WrongConfigurationsAreRefused) {
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

TEST_F(MirrorProcess, AWrongSecretIsNamedAndNotShown) {
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

}  // namespace
}  // namespace jfs
