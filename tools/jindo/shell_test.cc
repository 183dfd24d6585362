#include "tools/jindo/shell.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include <map>
#include <sstream>

namespace jfs::tools {
namespace {

// A tree in memory that answers as the service does, in pages of two.
class FakeFileSystem : public FileSystem {
 public:
  FakeFileSystem() { Add("/", true); }

  void Add(const std::string& path, bool directory, uint64_t length = 0) {
    FileStatus& status = tree_[path];
    status.set_filetype(directory ? FileStatus::IS_DIR : FileStatus::IS_FILE);
    status.set_path("");
    status.set_length(length);
    status.mutable_permission()->set_perm(directory ? 0755 : 0644);
    status.set_owner("root");
    status.set_group("supergroup");
    status.set_modification_time(0);
    status.set_access_time(0);
    if (!directory) status.set_block_replication(1);
  }
  bool Has(const std::string& path) const { return tree_.contains(path); }
  uint64_t trash_interval = 0;
  bool rename_answers = true;
  std::optional<Failure> broken;

  Answer<std::optional<FileStatus>> GetFileInfo(const std::string& path) override {
    if (broken.has_value()) return *broken;
    const auto it = tree_.find(path);
    if (it == tree_.end()) return std::optional<FileStatus>();
    return std::optional<FileStatus>(it->second);
  }
  Answer<std::optional<std::vector<FileStatus>>> ListPage(const std::string& path,
                                                          const std::string& start_after,
                                                          uint32_t* remaining) override {
    *remaining = 0;
    if (!Has(path)) return std::optional<std::vector<FileStatus>>();
    std::vector<FileStatus> page;
    for (const auto& [entry, status] : tree_) {
      if (entry == "/" || ParentOf(entry) != path || NameOf(entry) <= start_after) continue;
      if (page.size() == 2) {
        ++*remaining;
        continue;
      }
      page.push_back(status);
      page.back().set_path(std::string(NameOf(entry)));
    }
    return std::optional(page);
  }
  Answer<Summary> GetContentSummary(const std::string& path) override {
    Summary out;
    uint64_t directories = 0, files = 0, bytes = 0;
    for (const auto& [entry, status] : tree_) {
      if (entry != path && !entry.starts_with(ChildOf(path, ""))) continue;
      (status.filetype() == FileStatus::IS_DIR ? directories : files) += 1;
      bytes += status.length();
    }
    out.set_directorycount(directories);
    out.set_filecount(files);
    out.set_length(bytes);
    out.set_quota(UINT64_MAX);
    out.set_spacequota(UINT64_MAX);
    out.set_spaceconsumed(bytes);
    return out;
  }
  Answer<bool> Mkdirs(const std::string& path, uint32_t) override {
    for (std::string at = path; at != "/"; at = ParentOf(at)) Add(at, true);
    return true;
  }
  Answer<Nothing> CreateEmpty(const std::string& path, uint32_t) override {
    Add(path, false);
    return Nothing();
  }
  Answer<bool> Rename(const std::string& source, const std::string& target) override {
    if (!rename_answers) return false;
    const FileStatus status = tree_.at(source);
    tree_.erase(source);
    tree_[target] = status;
    return true;
  }
  Answer<bool> Delete(const std::string& path, bool) override {
    if (path == "/forbidden") {
      return Failure{.exception_class = "org.apache.hadoop.security.AccessControlException",
                     .message =
                         "Permission denied: user=alice, access=WRITE, "
                         "inode=\"/\":root:supergroup:drwxr-xr-x"};
    }
    std::erase_if(tree_, [&](const auto& entry) {
      return entry.first == path || entry.first.starts_with(path + "/");
    });
    return true;
  }
  Answer<uint64_t> TrashIntervalMinutes() override { return trash_interval; }

 private:
  std::map<std::string, FileStatus> tree_;
};

class ShellTest : public testing::Test {
 protected:
  ShellTest()
      : shell_(
            "alice",
            [this](const Target& target) -> absl::StatusOr<FileSystem*> {
              if (target.namespace_name == "other")
                return absl::NotFoundError("there is no namespace 'other'");
              return &fs_;
            },
            &out_, &err_) {
    setenv("TZ", "UTC", 1);
    tzset();
    fs_.Add("/d", true);
    fs_.Add("/d/a", false, 5);
    fs_.Add("/d/b", false, 0);
    fs_.Add("/d/sub", true);
    fs_.Add("/d/sub/c", false, 7);
    fs_.Add("/empty", true);
  }
  std::string Out() { return std::exchange(out_, std::ostringstream()).str(); }
  std::string Err() { return std::exchange(err_, std::ostringstream()).str(); }

  FakeFileSystem fs_;
  std::ostringstream out_, err_;
  Shell shell_;
};

TEST_F(ShellTest, LsOfADirectoryInPages) {
  EXPECT_EQ(shell_.Ls({}, {"/d"}), 0);
  EXPECT_EQ(Out(),
            "Found 3 items\n"
            "-rw-r--r--   1 root supergroup          5 1970-01-01 00:00 /d/a\n"
            "-rw-r--r--   1 root supergroup          0 1970-01-01 00:00 /d/b\n"
            "drwxr-xr-x   - root supergroup          0 1970-01-01 00:00 /d/sub\n");
}

TEST_F(ShellTest, LsRecursiveAndWithNamespace) {
  EXPECT_EQ(shell_.Ls({.recursive = true, .paths_only = true}, {"jfs://test/d"}), 0);
  EXPECT_EQ(Out(), "jfs://test/d/a\njfs://test/d/b\njfs://test/d/sub\njfs://test/d/sub/c\n");
}

TEST_F(ShellTest, LsGoesOnBehindWhatIsMissing) {
  EXPECT_EQ(
      shell_.Ls({.directory_itself = true, .paths_only = true}, {"/x", "/d", "jfs://other/y"}), 1);
  EXPECT_EQ(Out(), "/d\n");
  EXPECT_EQ(Err(), "ls: `/x': No such file or directory\nls: there is no namespace 'other'\n");
}

TEST_F(ShellTest, LsOfAnEmptyDirectoryPrintsNothing) {
  EXPECT_EQ(shell_.Ls({}, {"/empty"}), 0);
  EXPECT_EQ(Out(), "");
}

TEST_F(ShellTest, Wildcards) {
  EXPECT_EQ(shell_.Ls({.paths_only = true}, {"/d/{a,b,x}"}), 0);
  EXPECT_EQ(Out(), "/d/a\n/d/b\n");
  EXPECT_EQ(shell_.Ls({.directory_itself = true, .paths_only = true}, {"jfs://test/*/s?b"}), 0);
  EXPECT_EQ(Out(), "jfs://test/d/sub\n");
  EXPECT_EQ(shell_.Ls({}, {"/d/z*"}), 1);
  EXPECT_EQ(Err(), "ls: `/d/z*': No such file or directory\n");
}

TEST_F(ShellTest, Count) {
  EXPECT_EQ(shell_.Count({.header = true}, {"/d", "/nowhere"}), 1);
  EXPECT_EQ(Out(),
            "   DIR_COUNT   FILE_COUNT       CONTENT_SIZE PATHNAME\n"
            "           2            3                 12 /d\n");
  EXPECT_EQ(Err(), "count: `/nowhere': No such file or directory\n");
}

TEST_F(ShellTest, Mkdir) {
  EXPECT_EQ(shell_.Mkdir(false, {"/new", "/d", "/a/b/c", "/d/a"}), 1);
  EXPECT_TRUE(fs_.Has("/new"));
  EXPECT_EQ(Err(),
            "mkdir: `/d': File exists\nmkdir: `/a/b': No such file or directory\nmkdir: `/d/a': Is "
            "not a directory\n");
  EXPECT_EQ(shell_.Mkdir(true, {"/a/b/c", "/d"}), 0);
  EXPECT_TRUE(fs_.Has("/a/b"));
}

TEST_F(ShellTest, Touchz) {
  EXPECT_EQ(shell_.Touchz({"/d/new", "/d/b"}), 0);
  EXPECT_TRUE(fs_.Has("/d/new"));
  EXPECT_EQ(shell_.Touchz({"/d/a", "/d", "/x/y"}), 1);
  EXPECT_EQ(Err(),
            "touchz: `/d/a': Not a zero-length file\ntouchz: `/d': Is a directory\n"
            "touchz: `/x/y': No such file or directory\n");
}

TEST_F(ShellTest, Mv) {
  EXPECT_EQ(shell_.Mv({"/d/a", "/d/b", "/empty"}), 0);
  EXPECT_TRUE(fs_.Has("/empty/a") && fs_.Has("/empty/b") && !fs_.Has("/d/a"));
  EXPECT_EQ(shell_.Mv({"/empty/a", "/empty/b"}), 1);
  EXPECT_EQ(Err(), "mv: `/empty/b': File exists\n");
  EXPECT_EQ(shell_.Mv({"/nowhere", "/z"}), 1);
  EXPECT_EQ(Err(), "mv: `/nowhere': No such file or directory\n");
  EXPECT_EQ(shell_.Mv({"/empty/a", "/x/y"}), 1);
  EXPECT_EQ(Err(), "mv: `/x/y': No such file or directory\n");
  EXPECT_EQ(shell_.Mv({"/d", "/d/sub"}), 1);
  EXPECT_EQ(Err(), "mv: `/d' to `/d/sub/d': is a subdirectory of itself\n");
  EXPECT_EQ(shell_.Mv({"/d", "/"}), 1);
  EXPECT_EQ(Err(), "mv: `/d' to `/d': are identical\n");
  EXPECT_EQ(shell_.Mv({"/empty/a", "/empty"}), 1);
  EXPECT_EQ(Err(), "mv: `/empty/a': File exists\n");
  fs_.rename_answers = false;
  EXPECT_EQ(shell_.Mv({"/d", "/e"}), 1);  // the call only says no
  EXPECT_EQ(Err(), "mv: `/d': Input/output error\n");
  EXPECT_EQ(shell_.Mv({"/empty/a", "/empty/b", "/empty/b"}), 1);
  EXPECT_EQ(Err(), "mv: `/empty/b': Is not a directory\n");
}

TEST_F(ShellTest, Rm) {
  EXPECT_EQ(shell_.Rm({}, {"/d", "/gone", "/d/a"}), 1);
  EXPECT_EQ(Out(), "Deleted /d/a\n");
  EXPECT_EQ(Err(), "rm: `/d': Is a directory\nrm: `/gone': No such file or directory\n");
  EXPECT_EQ(shell_.Rm({.recursive = true, .force = true}, {"/d", "/gone"}), 0);
  EXPECT_FALSE(fs_.Has("/d/sub/c"));
}

TEST_F(ShellTest, RmSaysWhyItWasRefused) {
  fs_.Add("/forbidden", false);
  EXPECT_EQ(shell_.Rm({}, {"/forbidden"}), 1);
  EXPECT_EQ(
      Err(),
      "rm: Permission denied: user=alice, access=WRITE, inode=\"/\":root:supergroup:drwxr-xr-x\n");
}

TEST_F(ShellTest, RmDoesNotDeleteWhatTheTrashShouldGet) {
  fs_.trash_interval = 60;
  EXPECT_EQ(shell_.Rm({}, {"/d/a"}), 1);
  EXPECT_TRUE(fs_.Has("/d/a"));
  EXPECT_EQ(shell_.Rm({.skip_trash = true}, {"/d/a"}), 0);
  EXPECT_FALSE(fs_.Has("/d/a"));
}

TEST_F(ShellTest, Stat) {
  EXPECT_EQ(shell_.Stat("%n %F %b", {"/d/a", "/d", "/x"}), 1);
  EXPECT_EQ(Out(), "a regular file 5\nd directory 0\n");
  EXPECT_EQ(Err(), "stat: `/x': No such file or directory\n");
}

TEST_F(ShellTest, Test) {
  // In the order d e f s z: 0 is yes.
  const std::map<std::string, std::string> codes = {
      {"/d", "00110"}, {"/d/a", "10001"}, {"/d/b", "10010"}, {"/x", "11111"}};
  for (const auto& [path, wanted] : codes) {
    std::string got;
    for (const char what : {'d', 'e', 'f', 's', 'z'})
      got += static_cast<char>('0' + shell_.Test(what, path));
    EXPECT_EQ(got, wanted) << path;
  }
  EXPECT_EQ(Err(), "");
}

TEST_F(ShellTest, AnUnreachableServiceIsReported) {
  fs_.broken = Failure{.message = "no answer after 60000 ms"};
  EXPECT_EQ(shell_.Ls({}, {"/d"}), 1);
  EXPECT_EQ(Err(), "ls: no answer after 60000 ms\n");
}

}  // namespace
}  // namespace jfs::tools
