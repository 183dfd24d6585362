#include "tools/jindo/walker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <set>
#include <vector>

#include "core/base/concat.h"

namespace jfs::tools {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

class Recorder : public WalkVisitor {
 public:
  void EnterDirectory(const LocalEntry& entry) override {
    // Everything comes inside the directory that holds it.
    if (!open.empty()) {
      EXPECT_EQ(Parent(entry.path), open.back());
    }
    open.push_back(entry.path);
    directories[entry.path] = entry;
  }
  void LeaveDirectory() override {
    ASSERT_FALSE(open.empty());
    open.pop_back();
  }
  void File(const LocalEntry& entry) override {
    EXPECT_EQ(Parent(entry.path), open.back());
    files[entry.path] = entry;
  }
  void Skip(const std::string& path, std::string_view reason) override {
    skipped[path] = std::string(reason);
  }
  void Trouble(const std::string& path, const absl::Status& status) override {
    trouble[path] = status.ToString();
  }
  bool Stopped() override { return files.size() >= stop_after; }

  std::vector<std::string> open;
  std::map<std::string, LocalEntry> directories, files;
  std::map<std::string, std::string> skipped, trouble;
  size_t stop_after = SIZE_MAX;

 private:
  static std::string Parent(const std::string& path) {
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
  }
};

class WalkerTest : public testing::Test {
 protected:
  WalkerTest() : root_(testing::TempDir() + "/walk-XXXXXX") {
    EXPECT_NE(mkdtemp(root_.data()), nullptr);
  }
  std::string At(std::string_view path) const { return Concat(root_, "/", path); }
  void MakeDirectory(std::string_view path, mode_t mode = 0755) {
    ASSERT_EQ(mkdir(At(path).c_str(), 0700), 0) << path;
    ASSERT_EQ(chmod(At(path).c_str(), mode), 0);
  }
  void MakeFile(std::string_view path, std::string_view content) {
    std::ofstream(At(path)) << content;
  }

  std::string root_;
};

TEST_F(WalkerTest, FindsFilesAndDirectoriesWithWhatIsKnownAboutThem) {
  MakeDirectory("d", 01750);
  MakeDirectory("d/e");
  MakeFile("d/e/f", "12345");
  MakeFile(".hidden", "");
  ASSERT_EQ(chmod(At("d/e/f").c_str(), 0640), 0);
  const timeval times[2] = {{.tv_sec = 1000, .tv_usec = 5000}, {.tv_sec = 2000, .tv_usec = 7999}};
  ASSERT_EQ(utimes(At("d/e/f").c_str(), times), 0);
  ASSERT_EQ(utimes(At("d/e").c_str(), times), 0);
  Recorder seen;
  ASSERT_TRUE(Walk(root_, {}, &seen).ok());
  EXPECT_THAT(seen.directories,
              ElementsAre(Pair("", testing::_), Pair("d", testing::_), Pair("d/e", testing::_)));
  EXPECT_THAT(seen.files, ElementsAre(Pair(".hidden", testing::_), Pair("d/e/f", testing::_)));
  EXPECT_TRUE(seen.open.empty());
  const LocalEntry& file = seen.files["d/e/f"];
  EXPECT_EQ(file.bytes, 5u);
  EXPECT_EQ(file.mode, 0640u);
  EXPECT_EQ(file.uid, geteuid());
  EXPECT_EQ(file.atime_millis, 1000005u);
  EXPECT_EQ(file.mtime_millis, 2000007u);
  EXPECT_EQ(seen.directories["d"].mode, 01750u);
  // Walking did not touch what it read: it asked not to.
  EXPECT_EQ(seen.directories["d/e"].atime_millis, 1000005u);
  struct stat info = {};
  ASSERT_EQ(stat(At("d/e").c_str(), &info), 0);
  EXPECT_EQ(info.st_atim.tv_sec, 1000);
}

TEST_F(WalkerTest, SkipsWhatHdfsCannotHold) {
  MakeDirectory("d");
  MakeFile("d/plain", "x");
  MakeFile("d/a:b", "x");
  MakeFile("d/bad\xff", "x");
  MakeDirectory("d/dir:ectory");
  MakeFile("d/dir:ectory/inside", "x");
  ASSERT_EQ(symlink("plain", At("d/link").c_str()), 0);
  ASSERT_EQ(symlink("/", At("d/link-to-directory").c_str()), 0);
  ASSERT_EQ(symlink("nowhere", At("d/dangling").c_str()), 0);
  ASSERT_EQ(mkfifo(At("d/pipe").c_str(), 0600), 0);
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_GE(fd, 0);
  sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "s"};
  // A socket's path must be short: bind relative to the directory.
  char back[4096];
  ASSERT_NE(getcwd(back, sizeof back), nullptr);
  ASSERT_EQ(chdir(At("d").c_str()), 0);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(chdir(back), 0);
  close(fd);
  Recorder seen;
  ASSERT_TRUE(Walk(root_, {}, &seen).ok());
  EXPECT_THAT(seen.files, ElementsAre(Pair("d/plain", testing::_)));
  EXPECT_THAT(seen.skipped,
              UnorderedElementsAre(
                  Pair("d/a:b", "name with ':'"), Pair("d/bad\xff", "name that is not UTF-8"),
                  Pair("d/dir:ectory", "name with ':'"), Pair("d/link", "symbolic link"),
                  Pair("d/link-to-directory", "symbolic link"), Pair("d/dangling", "symbolic link"),
                  Pair("d/pipe", "pipe"), Pair("d/s", "socket")));
  EXPECT_TRUE(seen.trouble.empty());
}

TEST_F(WalkerTest, GoesNoDeeperThanHdfs) {
  std::string path;
  for (int i = 0; i < 6; ++i) {
    path += (i == 0 ? "" : "/") + std::string("d");
    MakeDirectory(path);
  }
  Recorder seen;
  ASSERT_TRUE(Walk(root_, {.max_depth = 4}, &seen).ok());
  EXPECT_EQ(seen.directories.size(), 4u);
  EXPECT_THAT(seen.skipped, ElementsAre(Pair("d/d/d/d", "directory too deep for HDFS")));
}

TEST_F(WalkerTest, UnreadableDirectoryIsReportedAndKept) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  MakeDirectory("closed", 0);
  Recorder seen;
  ASSERT_TRUE(Walk(root_, {}, &seen).ok());
  EXPECT_THAT(seen.trouble, ElementsAre(Pair("closed", testing::HasSubstr("PERMISSION_DENIED"))));
  EXPECT_TRUE(seen.directories.contains("closed"));
  chmod(At("closed").c_str(), 0700);
}

TEST_F(WalkerTest, RootMustBeADirectory) {
  MakeFile("f", "x");
  Recorder seen;
  EXPECT_FALSE(Walk(At("f"), {}, &seen).ok());
  EXPECT_FALSE(Walk(At("nowhere"), {}, &seen).ok());
  EXPECT_TRUE(seen.directories.empty());
}

TEST_F(WalkerTest, StopsWhenTold) {
  for (int i = 0; i < 10; ++i) MakeFile(std::to_string(i), "");
  Recorder seen;
  seen.stop_after = 3;
  ASSERT_TRUE(Walk(root_, {}, &seen).ok());
  EXPECT_EQ(seen.files.size(), 3u);
}

TEST(Utf8, AsJavaTakesIt) {
  EXPECT_TRUE(IsUtf8("plain \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"));
  EXPECT_FALSE(IsUtf8("\x80"));
  EXPECT_FALSE(IsUtf8("\xc0\xaf"));          // overlong
  EXPECT_FALSE(IsUtf8("\xe0\x9f\xbf"));      // overlong
  EXPECT_FALSE(IsUtf8("\xed\xa0\x80"));      // surrogate
  EXPECT_FALSE(IsUtf8("\xf4\x90\x80\x80"));  // beyond U+10FFFF
  EXPECT_FALSE(IsUtf8("\xe2\x82"));          // cut off
}

}  // namespace
}  // namespace jfs::tools
