#include "storage/meta_directory.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "storage/temporary_directory.h"

namespace jfs::storage {
namespace {

using testing::HasSubstr;

struct MetaDirectoryTest : testing::Test {
  TemporaryDirectory directory;
  std::string identity = JoinPath(directory.path(), "IDENTITY");

  absl::Status Open(uint64_t node) {
    return MetaDirectory::Open(directory.path(), NodeId(node)).status();
  }
  std::string ReadIdentity() { return ReadSmallFile(identity, 4096).value(); }
  void WriteIdentity(const std::string& content) { std::ofstream(identity) << content; }
};

TEST_F(MetaDirectoryTest, EmptyDirectoryBecomesTheNodes) {
  EXPECT_EQ(Open(2), absl::OkStatus());
  EXPECT_THAT(ReadIdentity(),
              testing::StartsWith("jindofs-namespace-meta-dir\nversion 1\nnode 2\ncrc32c "));
  EXPECT_TRUE(std::filesystem::is_directory(JoinPath(directory.path(), "log")));
  EXPECT_TRUE(std::filesystem::is_directory(JoinPath(directory.path(), "state")));
  EXPECT_EQ(Open(2), absl::OkStatus());
}

TEST_F(MetaDirectoryTest, AnotherNodesIsRefusedByName) {
  EXPECT_EQ(Open(2), absl::OkStatus());
  const absl::Status status = Open(3);
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("belongs to node 2, but this is node 3"));
}

TEST_F(MetaDirectoryTest, UnknownVersionIsRefusedByName) {
  EXPECT_EQ(Open(2), absl::OkStatus());
  WriteIdentity(absl::StrReplaceAll(ReadIdentity(), {{"version 1", "version 7"}}));
  const absl::Status status = Open(2);
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("has format version 7; this program knows version 1"));
}

// Whatever byte of the identity changes: the directory is never taken for a good one.
TEST_F(MetaDirectoryTest, EveryFlippedByteIsFound) {
  EXPECT_EQ(Open(2), absl::OkStatus());
  const std::string good = ReadIdentity();
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x11);
    WriteIdentity(bad);
    EXPECT_NE(Open(2), absl::OkStatus()) << "byte " << i;
    WriteIdentity(good.substr(0, i));
    EXPECT_NE(Open(2), absl::OkStatus()) << "cut at " << i;
  }
  WriteIdentity(good);
  EXPECT_EQ(Open(2), absl::OkStatus());
}

TEST_F(MetaDirectoryTest, SomeOtherDirectoryIsLeftAlone) {
  std::ofstream(JoinPath(directory.path(), "holiday.jpg")) << "x";
  const absl::Status status = Open(1);
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("holds \"holiday.jpg\""));
}

TEST_F(MetaDirectoryTest, CrashDuringTheFirstStartIsNoObstacle) {
  std::ofstream(JoinPath(directory.path(), "LOCK")) << "1\n";
  std::ofstream(JoinPath(directory.path(), "IDENTITY.new")) << "jindo";
  EXPECT_EQ(Open(1), absl::OkStatus());
}

TEST_F(MetaDirectoryTest, Missing) {
  const absl::Status status =
      MetaDirectory::Open(JoinPath(directory.path(), "none"), NodeId(1)).status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("does not exist: create it, or mount"));
}

TEST_F(MetaDirectoryTest, NotADirectory) {
  const std::string file = JoinPath(directory.path(), "file");
  std::ofstream(file) << "x";
  const absl::Status status = MetaDirectory::Open(file, NodeId(1)).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("is not a directory"));
}

TEST_F(MetaDirectoryTest, NotWritable) {
  ASSERT_EQ(chmod(directory.path().c_str(), 0555), 0);
  const uid_t before = geteuid();
  // Root may write anywhere: be nobody for a moment.
  if (before == 0 && seteuid(65534) != 0) {
    GTEST_SKIP() << "root, who may write anywhere, is the only user of this sandbox";
  }
  const absl::Status status = Open(1);
  if (before == 0) {
    ASSERT_EQ(seteuid(before), 0);
  }
  ASSERT_EQ(chmod(directory.path().c_str(), 0700), 0);
  EXPECT_TRUE(absl::IsPermissionDenied(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot be written by user"));
}

// /sys is read-only in Bazel's sandbox and no place for new files anywhere.
TEST_F(MetaDirectoryTest, FileSystemWithoutNewFiles) {
  const absl::Status status = MetaDirectory::Open("/sys/kernel", NodeId(1)).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status) || absl::IsPermissionDenied(status)) << status;
}

TEST_F(MetaDirectoryTest, LockedNamesTheHolder) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t holder = fork();
  if (holder == 0) {
    const auto held = MetaDirectory::Open(directory.path(), NodeId(1));
    const char verdict = held.ok() ? '+' : '-';
    if (write(ready[1], &verdict, 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char verdict = 0;
  ASSERT_EQ(read(ready[0], &verdict, 1), 1);
  EXPECT_EQ(verdict, '+');
  const absl::Status status = Open(1);
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(absl::StrCat("is locked by process ", holder)));
  // The kernel releases the lock however the holder ends.
  kill(holder, SIGKILL);
  waitpid(holder, nullptr, 0);
  EXPECT_EQ(Open(1), absl::OkStatus());
}

}  // namespace
}  // namespace jfs::storage
