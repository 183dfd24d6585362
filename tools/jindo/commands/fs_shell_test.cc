#include "tools/jindo/commands/fs_shell.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include <sstream>

#include "tools/jindo/commands/fake_masters.h"

namespace jfs::tools {
namespace {

struct FsShellTest : testing::Test {
  FsShellTest() : fs(&masters) {
    setenv("TZ", "UTC", 1);
    tzset();
    session.user = "bob";
    session.root = {.scheme = "jfs", .authority = "test", .path = "/"};
    session.out = &out;
    session.err = &err;
    session.in = &in;
    session.connect = [this](const std::string& authority) -> Answer<FileSystem*> {
      if (authority != "test") return Failure{.message = "there is no namespace " + authority};
      return &fs;
    };
    session.now_millis = [this] { return now; };
    session.sleep = [this](uint64_t millis) { now += millis; };
    for (const char* directory : {"/d", "/d/e", "/user", "/user/bob", "/user/bob/own"}) {
      masters.Add(directory, true);
    }
    masters.Add("/d/a", false, 1536);
    masters.Add("/d/b c", false, 5);
    masters.Add("/d/e/f", false);
  }

  // What the line prints on standard output; *code and errors() are set.
  std::string Run(const Arguments& words) {
    out.str("");
    err.str("");
    code = RunFsShell(&session, "own options\n", words);
    return out.str();
  }
  std::string errors() const { return err.str(); }

  FakeMasters masters;
  FileSystem fs;
  std::ostringstream out, err;
  std::istringstream in;
  uint64_t now = 1'700'000'000'123;
  Session session;
  int code = 0;
};

TEST_F(FsShellTest, ListsADirectory) {
  EXPECT_EQ(Run({"-ls", "/d"}),
            "Found 3 items\n"
            "-rw-r--r--   3 root supergroup       1536 1970-01-01 00:00 /d/a\n"
            "-rw-r--r--   3 root supergroup          5 1970-01-01 00:00 /d/b c\n"
            "drwxr-xr-x   - root supergroup          0 1970-01-01 00:00 /d/e\n");
  EXPECT_EQ(code, 0);
  EXPECT_EQ(Run({"-ls", "-C", "-S", "/d"}), "/d/a\n/d/b c\n/d/e\n");
  EXPECT_EQ(Run({"-ls", "-C", "-r", "/d"}), "/d/e\n/d/b c\n/d/a\n");
  EXPECT_EQ(Run({"-ls", "-C", "-R", "jfs://test/d"}),
            "jfs://test/d/a\njfs://test/d/b c\njfs://test/d/e\njfs://test/d/e/f\n");
}

TEST_F(FsShellTest, PathsAreShownAsTheyWereTyped) {
  EXPECT_EQ(Run({"-ls"}),
            "Found 1 items\ndrwxr-xr-x   - root supergroup          0 1970-01-01 00:00 own\n");
  EXPECT_EQ(Run({"-ls", "-C", "-d", "..", "../../d", "./own", "o*"}), "..\n../../d\nown\nown\n");
  EXPECT_EQ(Run({"-ls", "-C", "-d", "jfs:///d"}), "jfs:///d\n");
  Run({"-ls", "/none/"});
  EXPECT_EQ(errors(), "ls: `/none/': No such file or directory\n");
  EXPECT_EQ(code, 1);
}

TEST_F(FsShellTest, ExpandsWildcards) {
  EXPECT_EQ(Run({"-ls", "-C", "-d", "/d/*"}), "/d/a\n/d/b c\n/d/e\n");
  EXPECT_EQ(Run({"-ls", "-C", "-d", "/*/?/f"}), "/d/e/f\n");
  EXPECT_EQ(Run({"-ls", "-C", "-d", "/{d/a,d/e/f,none}"}), "/d/a\n/d/e/f\n");
  EXPECT_EQ(Run({"-ls", "-C", "-d", "/d/a/*", "/d/a"}), "/d/a\n");
  EXPECT_EQ(errors(), "ls: `/d/a/*': No such file or directory\n");
}

TEST_F(FsShellTest, WrongCommandLinesSayHowItIsRight) {
  Run({"-mkdir"});
  EXPECT_EQ(code, -1);
  EXPECT_TRUE(
      errors().starts_with("-mkdir: Not enough arguments: expected 1 but got 0\n"
                           "Usage: jindo fs [generic options]\n\t[-appendToFile"));
  EXPECT_TRUE(
      errors().ends_with("\nown options\n"
                         "Usage: jindo fs [generic options] -mkdir [-p] <path> ...\n"));
  Run({"-frobnicate"});
  EXPECT_TRUE(errors().starts_with("-frobnicate: Unknown command\nUsage: jindo fs"));
  EXPECT_EQ(code, -1);
  Run({"ls"});
  EXPECT_TRUE(errors().starts_with(
      "ls: Unknown command\nDid you mean -ls?  This command begins with a dash.\n"));
  Run({});
  EXPECT_TRUE(errors().starts_with("Usage: jindo fs"));
  EXPECT_EQ(code, -1);
  Run({"-ls", "/d/x:y"});
  EXPECT_TRUE(errors().starts_with(
      "-ls: java.net.URISyntaxException: Relative path in absolute URI: x:y\n"));
}

TEST_F(FsShellTest, HelpAndUsage) {
  EXPECT_EQ(
      Run({"-usage", "mv", "rm"}),
      "Usage: jindo fs [generic options] -mv <src> ... <dst>\n"
      "Usage: jindo fs [generic options] -rm [-f] [-r|-R] [-skipTrash] [-safely] <src> ...\n");
  EXPECT_EQ(Run({"-help", "mkdir"}),
            "-mkdir [-p] <path> ... :\n  Create a directory in specified location.\n"
            "  \n  -p  Do not fail if the directory already exists\n");
  EXPECT_EQ(code, 0);
  Run({"-help", "nonsense"});
  EXPECT_TRUE(errors().starts_with("-help: `nonsense': Unknown command\n"));
  EXPECT_EQ(code, -1);
  const std::string all = Run({"-help"});
  for (const char* part : {"\n-ls [-C]", "\n-find <path>", "\n-cat [-ignoreCrc]", "own options"}) {
    EXPECT_NE(all.find(part), std::string::npos) << part;
  }
}

TEST_F(FsShellTest, OldNamesStillWork) {
  EXPECT_EQ(Run({"-dus", "/d"}), "1541  4623  /d\n");
  EXPECT_EQ(errors(), "dus: DEPRECATED: Please use 'du -s' instead.\n");
  EXPECT_EQ(code, 0);
}

TEST_F(FsShellTest, WhatFailsDoesNotKeepTheRestFromBeingDone) {
  masters.Refuse("getContentSummary", "/d/e",
                 {.exception_class = "org.apache.hadoop.security.AccessControlException",
                  .message = "Permission denied: user=bob"});
  EXPECT_EQ(Run({"-du", "-h", "/none", "/d"}), "1.5 K  4.5 K  /d/a\n5      15     /d/b c\n");
  EXPECT_EQ(errors(), "du: `/none': No such file or directory\ndu: Permission denied: user=bob\n");
  EXPECT_EQ(code, 1);
}

TEST_F(FsShellTest, ChangesModesWhereTheyChange) {
  Run({"-chmod", "-R", "go-w,u+X", "/d"});
  EXPECT_TRUE(masters.TakeChanges().empty());
  Run({"-chmod", "-R", "g+w", "/d/a", "/d/e"});
  EXPECT_EQ(masters.TakeChanges(),
            (std::vector<std::string>{"setPermission /d/a 664", "setPermission /d/e 775",
                                      "setPermission /d/e/f 664"}));
  Run({"-chown", "root:staff", "/d/a"});
  EXPECT_EQ(masters.TakeChanges(), (std::vector<std::string>{"setOwner /d/a :staff"}));
  masters.Refuse("setPermission", "/d/a", {.message = "no"});
  Run({"-chmod", "777", "/d/a"});
  EXPECT_EQ(errors(), "chmod: changing permissions of '/d/a': no\n");
}

TEST_F(FsShellTest, DefaultAclEntriesAreForDirectoriesOnly) {
  Run({"-setfacl", "-R", "-m", "user:bob:rwx,default:user:bob:rwx", "/d"});
  EXPECT_EQ(masters.TakeChanges(),
            (std::vector<std::string>{
                "modifyAclEntries /d 2 entries", "modifyAclEntries /d/a 1 entries",
                "modifyAclEntries /d/b c 1 entries", "modifyAclEntries /d/e 2 entries",
                "modifyAclEntries /d/e/f 1 entries"}));
}

TEST_F(FsShellTest, MakesWhatIsNotThere) {
  session.settings["fs.permissions.umask-mode"] = "027";
  Run({"-mkdir", "/d/new", "/none/x", "/d"});
  EXPECT_EQ(masters.TakeChanges(), (std::vector<std::string>{"mkdirs /d/new 750"}));
  EXPECT_EQ(errors(),
            "mkdir: `jfs://test/none': No such file or directory\nmkdir: `/d': File exists\n");
  Run({"-touch", "-m", "-t", "20010203:040506", "/d/new/f"});
  EXPECT_EQ(masters.TakeChanges(),
            (std::vector<std::string>{"create /d/new/f 640", "setTimes /d/new/f 981173106000 -1"}));
  Run({"-touch", "-c", "/d/none"});
  EXPECT_TRUE(masters.TakeChanges().empty());
  Run({"-touchz", "/d/a", "/d/e", "/none/f"});
  EXPECT_EQ(errors(),
            "touchz: `/d/a': Not a zero-length file\ntouchz: `/d/e': Is a directory\n"
            "touchz: `/none/f': No such file or directory: `jfs://test/none/f'\n");
}

TEST_F(FsShellTest, Moves) {
  Run({"-mv", "/d/a", "/d/e"});
  EXPECT_EQ(masters.TakeChanges(), (std::vector<std::string>{"rename /d/a /d/e/a"}));
  Run({"-mv", "/d/e", "/d/e/x"});
  EXPECT_EQ(errors(), "mv: `/d/e' to `/d/e/x': is a subdirectory of itself\n");
  Run({"-mv", "/d/e", "/d"});
  EXPECT_EQ(errors(), "mv: `/d/e' to `jfs://test/d/e': are identical\n");
  Run({"-mv", "/d/b c", "/none/x"});
  EXPECT_EQ(errors(), "mv: `/none/x': No such file or directory: `jfs://test/none/x'\n");
  Run({"-mv", "/d/*", "/d/e/f"});
  EXPECT_EQ(errors(), "mv: `/d/e/f': Is not a directory\n");
}

TEST_F(FsShellTest, WhatIsDeletedGoesIntoTheTrash) {
  masters.trash_interval = 60;
  EXPECT_EQ(Run({"-rm", "/d/a"}), "");
  EXPECT_EQ(masters.TakeChanges(),
            (std::vector<std::string>{"mkdirs /user/bob/.Trash/Current/d 700",
                                      "rename2 /d/a /user/bob/.Trash/Current/d/a"}));
  EXPECT_EQ(errors(),
            "2023-11-14 22:13:20,123 INFO fs.TrashPolicyDefault: Moved: 'jfs://test/d/a' to trash "
            "at: jfs://test/user/bob/.Trash/Current/d/a\n");
  // What has that name already stays.
  masters.Add("/d/a", false);
  Run({"-rm", "/d/a"});
  EXPECT_EQ(masters.TakeChanges().back(), "rename2 /d/a /user/bob/.Trash/Current/d/a1700000000123");
  // In the trash, and with -skipTrash, it is deleted.
  EXPECT_EQ(Run({"-rm", "-r", ".Trash/Current/d"}), "Deleted .Trash/Current/d\n");
  EXPECT_EQ(Run({"-rm", "-skipTrash", "/d/b c"}), "Deleted /d/b c\n");
  masters.TakeChanges();
  Run({"-rm", "-r", "/user/bob"});
  EXPECT_EQ(errors(),
            "rm: Cannot move \"jfs://test/user/bob\" to the trash, as it contains the trash. "
            "Consider using -skipTrash option\n");
  Run({"-expunge"});
  EXPECT_EQ(
      masters.TakeChanges(),
      (std::vector<std::string>{"rename2 /user/bob/.Trash/Current /user/bob/.Trash/231114221320"}));
  now += 61 * 60'000;
  session.settings["fs.trash.interval"] = "60";
  Run({"-expunge"});
  EXPECT_EQ(masters.TakeChanges(),
            (std::vector<std::string>{"delete /user/bob/.Trash/231114221320"}));
}

TEST_F(FsShellTest, TrashGoesRoundAFile) {
  masters.trash_interval = 60;
  masters.Add("/user/bob/.Trash", true);
  masters.Add("/user/bob/.Trash/Current", true);
  masters.Add("/user/bob/.Trash/Current/d", false);
  masters.Refuse("mkdirs", "/user/bob/.Trash/Current/d",
                 {.exception_class = "org.apache.hadoop.fs.FileAlreadyExistsException"});
  Run({"-rm", "/d/a"});
  EXPECT_EQ(masters.TakeChanges().back(), "rename2 /d/a /user/bob/.Trash/Current/d1700000000123/a");
}

TEST_F(FsShellTest, AsksBeforeItDeletesMuch) {
  session.settings["hadoop.shell.safely.delete.limit.num.files"] = "2";
  in.str("what\nno\n");
  Run({"-rm", "-r", "-safely", "/d"});
  EXPECT_EQ(errors(),
            "Proceed deleting 3 files? (Y or N) Invalid input: what\n"
            "Proceed deleting 3 files? (Y or N) Delete aborted at user request.\n\n");
  EXPECT_TRUE(masters.Has("/d"));
  in.str("Yes\n");
  EXPECT_EQ(Run({"-rm", "-r", "-safely", "/d"}), "Deleted /d\n");
}

TEST_F(FsShellTest, ContentsComeWithTheDataServer) {
  for (const char* command : {"-cat", "-get", "-put", "-cp", "-checksum"}) {
    EXPECT_EQ(Run({command, "/d/a"}), "");
    EXPECT_EQ(code, 1);
    EXPECT_NE(errors().find("data server"), std::string::npos) << errors();
  }
}

TEST_F(FsShellTest, AnswersByItsExitCode) {
  const auto test = [&](const char* what, const char* path) {
    Run({"-test", what, path});
    return code;
  };
  EXPECT_EQ(test("-e", "/d"), 0);
  EXPECT_EQ(test("-e", "/none"), 1);
  EXPECT_EQ(test("-d", "/d/a"), 1);
  EXPECT_EQ(test("-f", "/d/a"), 0);
  EXPECT_EQ(test("-s", "/d/a"), 0);
  EXPECT_EQ(test("-z", "/d/e/f"), 0);
  masters.Refuse("checkAccess", "/d/a",
                 {.exception_class = "org.apache.hadoop.security.AccessControlException"});
  EXPECT_EQ(test("-w", "/d/a"), 1);
  EXPECT_EQ(errors(), "");
}

TEST_F(FsShellTest, ReadingAheadChangesNothing) {
  for (const char* directory : {"/t", "/t/1", "/t/1/x", "/t/2", "/t/3", "/t/3/a", "/t/3/b"}) {
    masters.Add(directory, true);
    for (int i = 0; i < 5; ++i) {
      masters.Add(std::string(directory) + "/file" + std::to_string(i), false);
    }
  }
  masters.Refuse("getListing", "/t/2", {.message = "not today"});
  const std::string listed = Run({"-ls", "-R", "-C", "/t"});
  const std::string complaints = errors();
  EXPECT_EQ(complaints, "ls: not today\n");
  for (const size_t entries : {size_t{1}, size_t{1000}}) {
    ReadAhead ahead([this] { return std::make_shared<FileSystem>(&masters); }, 3, entries);
    session.read_ahead = [&](const std::string&) { return &ahead; };
    for (int round = 0; round < 20; ++round) {
      EXPECT_EQ(Run({"-ls", "-R", "-C", "/t"}), listed);
      EXPECT_EQ(errors(), complaints);
      EXPECT_EQ(Run({"-find", "/t/3", "/t/1", "-name", "file0"}),
                "/t/3/a/file0\n/t/3/b/file0\n/t/3/file0\n/t/1/file0\n/t/1/x/file0\n");
    }
    session.read_ahead = nullptr;
  }
}

}  // namespace
}  // namespace jfs::tools
