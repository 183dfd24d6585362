// What masters do when their disks fill up: processes on file systems of a few megabytes.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "core/base/random.h"
#include "net/hadoop/ipc_message.h"
#include "net/hadoop/proto/client_namenode.pb.h"
#include "net/hadoop/proto/xattr.pb.h"
#include "storage/temporary_directory.h"
#include "tests/process/master_process.h"
#include "tests/process/small_disk.h"

namespace jfs {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr char kRefusal[] =
    "The masters are short of disk space and take no changes. Free space under "
    "namespace.meta-dir.";

class FullDisk : public testing::Test {
 protected:
  static void SetUpTestSuite() { allowed_ = new absl::Status(SmallDisk::Allow()); }
  void SetUp() override {
    if (!allowed_->ok()) GTEST_SKIP() << "no file systems of its own here: " << *allowed_;
  }

  // The master's own directory lies beside what else fills the disk.
  std::unique_ptr<SmallDisk> Disk(const std::string& name, uint64_t bytes) {
    auto disk = std::make_unique<SmallDisk>(absl::StrCat(directory_.path(), "/", name), bytes);
    std::filesystem::create_directory(disk->path() + "/meta");
    return disk;
  }
  std::string Log(const std::string& name) {
    return absl::StrCat(directory_.path(), "/", name, ".log");
  }

  storage::TemporaryDirectory directory_;

 private:
  static const absl::Status* allowed_;
};
const absl::Status* FullDisk::allowed_ = nullptr;

TEST_F(FullDisk, WritesAreRefusedUntilThereIsRoomAndReadsGoOn) {
  const auto disk = Disk("disk", 128 * kMiB);
  const MasterFlags flags{.meta_dir = disk->path() + "/meta", .reserve_bytes = 48 * kMiB};
  MasterProcess master(flags.ToVector(), Log("master"));
  TestClient client({flags.rpc_port});
  ASSERT_EQ(client.Mkdirs("/before"), "");

  disk->LeaveFree(40 * kMiB);
  std::string refusal;
  int made = 0;
  ASSERT_TRUE(Eventually([&] {
    refusal = client.Mkdirs(absl::StrCat("/made-", made));
    if (refusal.empty()) ++made;
    return !refusal.empty();
  }));
  EXPECT_EQ(refusal, kRefusal);
  EXPECT_THAT(master.log(), HasSubstr("writes are refused while most masters are short of space"));
  EXPECT_TRUE(client.Exists("/before"));
  EXPECT_FALSE(client.Exists(absl::StrCat("/made-", made)));

  disk->MakeRoom();
  EXPECT_TRUE(Eventually([&] { return client.Mkdirs("/after").empty(); }));
  EXPECT_THAT(master.log(), HasSubstr("MiB are free again"));
  for (int i = 0; i < made; ++i) EXPECT_TRUE(client.Exists(absl::StrCat("/made-", i))) << i;
  EXPECT_TRUE(master.running());
}

// A master that starts on a disk that is nearly full serves reads at once, and takes nothing.
TEST_F(FullDisk, StartWithTooLittle) {
  const auto disk = Disk("disk", 128 * kMiB);
  const MasterFlags flags{.meta_dir = disk->path() + "/meta", .reserve_bytes = 48 * kMiB};
  {
    MasterProcess master(flags.ToVector(), Log("first"));
    TestClient client({flags.rpc_port});
    ASSERT_EQ(client.Mkdirs("/before"), "");
    master.Terminate();
    ASSERT_EQ(master.WaitForEnd(), 0) << master.log();
  }
  disk->LeaveFree(40 * kMiB);
  MasterProcess master(flags.ToVector(), Log("second"));
  TestClient client({flags.rpc_port});
  EXPECT_TRUE(client.Exists("/before"));
  EXPECT_EQ(client.Mkdirs("/refused"), kRefusal);
  disk->MakeRoom();
  EXPECT_TRUE(Eventually([&] { return client.Mkdirs("/after").empty(); }));
  EXPECT_FALSE(client.Exists("/refused"));
}

// Clients that write as fast as they can must be stopped by the reserve, not by the end of the
// disk: the free space is looked at again after so many bytes, however little time has passed.
TEST_F(FullDisk, FastWritersMeetTheReserveFirst) {
  const auto disk = Disk("disk", 256 * kMiB);
  const MasterFlags flags{.meta_dir = disk->path() + "/meta", .reserve_bytes = 64 * kMiB};
  MasterProcess master(flags.ToVector(), Log("master"));
  TestClient client({flags.rpc_port});
  ASSERT_EQ(client.Mkdirs("/full"), "");
  // RocksDB rewrites what it has, which for a moment takes the same room once more: with little
  // written, that is little too.
  disk->LeaveFree(88 * kMiB);

  // Values that do not compress, so that what is written is what is on the disk.
  Random random(7);
  std::string value(16000, '\0');
  for (char& byte : value) byte = static_cast<char>(random.Next());
  std::vector<net::hadoop::IpcClient::Result> results;
  uint64_t sent = 0, done = 0, refused = 0, other = 0, least_free = disk->FreeBytes();
  std::string unexpected;
  // Enough for the whole disk three times over.
  constexpr uint64_t kMost = 3 * 256 * kMiB / 16000;
  constexpr uint64_t kAttributes = 16;
  while (sent < kMost && refused < 100 && other == 0) {
    while (client.ipc().outstanding() < 128) {
      if (sent % kAttributes == 0) {
        ::hadoop::hdfs::MkdirsRequestProto mkdirs;
        mkdirs.set_src(absl::StrCat("/full/", sent / kAttributes));
        mkdirs.mutable_masked()->set_perm(0755);
        mkdirs.set_createparent(true);
        client.ipc().Submit(net::hadoop::kClientProtocol, "mkdirs", mkdirs);
      }
      ::hadoop::hdfs::SetXAttrRequestProto request;
      request.set_src(absl::StrCat("/full/", sent / kAttributes));
      request.mutable_xattr()->set_namespace_(::hadoop::hdfs::XAttrProto::USER);
      request.mutable_xattr()->set_name(absl::StrCat("a", sent % kAttributes));
      // No two the same.
      value.replace(0, 8, absl::StrCat(10'000'000 + sent));
      request.mutable_xattr()->set_value(value);
      request.set_flag(::hadoop::hdfs::XATTR_CREATE);
      client.ipc().Submit(net::hadoop::kClientProtocol, "setXAttr", request);
      ++sent;
    }
    results.clear();
    client.ipc().Poll(kSecond, &results);
    for (const auto& result : results) {
      if (result.ok()) {
        ++done;
      } else if (result.error.has_value() && result.error->message == kRefusal) {
        ++refused;
      } else if (refused == 0) {
        // A directory that was refused makes its attributes fail in other words.
        ++other;
        unexpected = result.error.has_value() ? result.error->message : result.status.ToString();
      }
    }
    least_free = std::min(least_free, disk->FreeBytes());
  }
  EXPECT_EQ(unexpected, "");
  EXPECT_GE(refused, 100u) << "of " << sent << " calls " << done << " were done";
  EXPECT_GT(done, 64u);
  EXPECT_GT(least_free, 8 * kMiB) << "the reserve hardly sufficed";
  EXPECT_TRUE(master.running());
  EXPECT_THAT(master.log(), Not(HasSubstr("No space left")));
  EXPECT_TRUE(TestClient({flags.rpc_port}).Exists("/full"));
}

// Without a reserve the disk's end is an error like any other: the master ends and says where, and
// a start after room was made finds everything that was acknowledged.
TEST_F(FullDisk, EndOfTheDiskEndsTheMasterAndLosesNothing) {
  const auto disk = Disk("disk", 128 * kMiB);
  const MasterFlags flags{.meta_dir = disk->path() + "/meta"};
  std::vector<std::string> acknowledged;
  {
    MasterProcess master(flags.ToVector(), Log("first"));
    ASSERT_EQ(TestClient({flags.rpc_port}).Mkdirs("/before"), "");
    TestClient client({flags.rpc_port}, 2 * kSecond);
    disk->LeaveFree(0);
    // Segments that are there already take some more.
    for (int i = 0; i < 200'000 && master.running(); ++i) {
      const std::string path = absl::StrCat("/", i, std::string(200, 'x'));
      if (client.Mkdirs(path).empty()) acknowledged.push_back(path);
    }
    EXPECT_EQ(master.WaitForEnd(), 1);
    EXPECT_THAT(master.log(), HasSubstr("No space left on device"));
    EXPECT_THAT(master.log(), HasSubstr(disk->path()));
  }
  {
    MasterProcess master(flags.ToVector(), Log("second"));
    EXPECT_EQ(master.WaitForEnd(), 1);
    EXPECT_THAT(master.log(), HasSubstr("No space left on device"));
  }
  disk->MakeRoom();
  MasterProcess master(flags.ToVector(), Log("third"));
  TestClient client({flags.rpc_port});
  EXPECT_TRUE(client.Exists("/before"));
  for (const std::string& path : acknowledged) EXPECT_TRUE(client.Exists(path)) << path;
  EXPECT_EQ(client.Mkdirs("/after"), "");
}

}  // namespace
}  // namespace jfs
