#include "tools/jindo/format.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

namespace jfs::tools {
namespace {

FileStatus Entry(bool directory, uint32_t mode, std::string owner, std::string group,
                 uint64_t length, uint64_t mtime) {
  FileStatus out;
  out.set_filetype(directory ? FileStatus::IS_DIR : FileStatus::IS_FILE);
  out.set_path("");
  out.set_length(length);
  out.mutable_permission()->set_perm(mode);
  out.set_owner(std::move(owner));
  out.set_group(std::move(group));
  out.set_modification_time(mtime);
  out.set_access_time(mtime + 1000);
  if (!directory) {
    out.set_block_replication(3);
    out.set_blocksize(134217728);
  }
  return out;
}

struct UtcTime : testing::Test {
  UtcTime() {
    setenv("TZ", "UTC", 1);
    tzset();
  }
};
using FormatTest = UtcTime;

TEST_F(FormatTest, Modes) {
  EXPECT_EQ(FormatMode(0755), "rwxr-xr-x");
  EXPECT_EQ(FormatMode(0640), "rw-r-----");
  EXPECT_EQ(FormatMode(01777), "rwxrwxrwt");
  EXPECT_EQ(FormatMode(01776), "rwxrwxrwT");
  EXPECT_EQ(FormatMode(0), "---------");
}

TEST_F(FormatTest, HumanSizes) {
  // From the behaviour of Hadoop's TraditionalBinaryPrefix.long2String(n, "", 1).
  EXPECT_EQ(FormatHumanSize(0), "0");
  EXPECT_EQ(FormatHumanSize(1023), "1023");
  EXPECT_EQ(FormatHumanSize(1024), "1 K");
  EXPECT_EQ(FormatHumanSize(1280), "1.3 K");  // a half is rounded up
  EXPECT_EQ(FormatHumanSize(1536), "1.5 K");
  EXPECT_EQ(FormatHumanSize(1048575), "1.0 M");
  EXPECT_EQ(FormatHumanSize(uint64_t{5} << 40), "5 T");
  EXPECT_EQ(FormatHumanSize(UINT64_MAX), "16.0 E");
}

// Lines as a Hadoop 3.3 shell prints them.
TEST_F(FormatTest, ListingLines) {
  ListingFormat format(false);
  const FileStatus directory = Entry(true, 0755, "root", "supergroup", 0, 1700000000000);
  const FileStatus file = Entry(false, 0644, "al", "staff", 12345, 1700000059999);
  format.Widen(directory);
  format.Widen(file);
  EXPECT_EQ(format.Line(directory, "/d"),
            "drwxr-xr-x   - root supergroup          0 2023-11-14 22:13 /d");
  EXPECT_EQ(format.Line(file, "/f"),
            "-rw-r--r--   3 al   staff           12345 2023-11-14 22:14 /f");
  FileStatus with_acl = file;
  with_acl.set_flags(FileStatus::HAS_ACL);
  EXPECT_EQ(format.Line(with_acl, "/f"),
            "-rw-r--r--+  3 al   staff           12345 2023-11-14 22:14 /f");
}

TEST_F(FormatTest, ListingColumnsGrow) {
  ListingFormat format(false);
  const FileStatus file = Entry(false, 0644, "a", "b", 123456789012, 0);
  format.Widen(file);
  EXPECT_EQ(format.Line(file, "x"), "-rw-r--r--   3 a b 123456789012 1970-01-01 00:00 x");
  ListingFormat human(true);
  human.Widen(file);
  EXPECT_EQ(human.Line(file, "x"), "-rw-r--r--   3 a b    115.0 G 1970-01-01 00:00 x");
}

TEST_F(FormatTest, Counts) {
  Summary summary;
  summary.set_length(1482809);
  summary.set_filecount(17);
  summary.set_directorycount(4);
  summary.set_quota(UINT64_MAX);
  summary.set_spaceconsumed(0);
  summary.set_spacequota(UINT64_MAX);
  EXPECT_EQ(FormatCount({}, summary, "/a"), "           4           17            1482809 /a");
  EXPECT_EQ(FormatCount({.human = true}, summary, "/a"),
            "           4           17              1.4 M /a");
  EXPECT_EQ(FormatCount({.quota = true}, summary, "/a"),
            "        none             inf            none             inf            4           "
            "17            1482809 /a");
  summary.set_quota(20);
  EXPECT_EQ(FormatCount({.quota = true}, summary, "/a"),
            "          20              -1            none             inf            4           "
            "17            1482809 /a");
  EXPECT_EQ(FormatCountHeader({}), "   DIR_COUNT   FILE_COUNT       CONTENT_SIZE PATHNAME");
}

TEST_F(FormatTest, Stat) {
  const FileStatus file = Entry(false, 01644, "al", "staff", 12345, 1700000059999);
  EXPECT_EQ(FormatStat("%y", file, "f"), "2023-11-14 22:14:19");
  EXPECT_EQ(FormatStat("%a %A %b %F %g %n %o %r %u", file, "f"),
            "1644 rw-r--r-T 12345 regular file staff f 134217728 3 al");
  EXPECT_EQ(FormatStat("%Y %X %x 100%% %", file, "f"),
            "1700000059999 1700000060999 2023-11-14 22:14:20 100% %");
  EXPECT_EQ(FormatStat("%F %o", Entry(true, 0755, "a", "b", 0, 0), "d"), "directory 0");
}

}  // namespace
}  // namespace jfs::tools
