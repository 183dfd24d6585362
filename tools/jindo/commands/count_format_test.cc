#include "tools/jindo/commands/count_format.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include "tools/jindo/commands/human_size.h"
#include "tools/jindo/commands/status_format.h"
#include "tools/jindo/commands/text_table.h"
#include "tools/jindo/commands/timestamp.h"

namespace jfs::tools {
namespace {

TEST(HumanSize, RoundsHalvesUp) {
  struct Case {
    int64_t size;
    const char* want;
  };
  for (const Case& c : {Case{0, "0"},
                        {1023, "1023"},
                        {1024, "1 K"},
                        {1536, "1.5 K"},
                        {10189, "10.0 K"},
                        {1048575, "1.0 M"},
                        {1048576, "1 M"},
                        {5000000000, "4.7 G"},
                        {-1536, "-1.5 K"},
                        {int64_t{7} << 60, "7 E"}}) {
    EXPECT_EQ(HumanSize(c.size), c.want) << c.size;
  }
}

TEST(CountFormat, Quotas) {
  EXPECT_EQ(FormatQuotas({}, false),
            "        none             inf            none             inf ");
  EXPECT_EQ(FormatQuotas({.names = 10, .names_used = 12, .space = 2048, .space_used = 0}, true),
            "          10              -2             2 K             2 K ");
  EXPECT_EQ(FormatQuotas({.names = 0, .names_used = 1, .space = 0, .space_used = 1}, false),
            "        none             inf               0              -1 ");
  EXPECT_EQ(QuotaHeader().size(), FormatQuotas({}, false).size());
}

TEST(CountFormat, StorageTypes) {
  EXPECT_EQ(ParseStorageTypes("")->size(), 5U);
  EXPECT_EQ(ParseStorageTypes("ALL")->size(), 5U);
  EXPECT_EQ(*ParseStorageTypes("disk,SSD"),
            (std::vector<StorageType>{::hadoop::hdfs::DISK, ::hadoop::hdfs::SSD}));
  EXPECT_EQ(ParseStorageTypes("nonsense").failure().message,
            "No enum constant org.apache.hadoop.fs.StorageType.NONSENSE");
  EXPECT_EQ(TypeQuotaHeader({::hadoop::hdfs::DISK}), "    DISK_QUOTA     REM_DISK_QUOTA ");
  EXPECT_EQ(FormatTypeQuotas({}, {::hadoop::hdfs::DISK}, false),
            "          none                inf ");
}

TEST(CountFormat, Percent) {
  EXPECT_EQ(FormatPercent(1, 8), "13%");
  EXPECT_EQ(FormatPercent(0, 0), "NaN%");
}

TEST(StatusFormat, Letters) {
  setenv("TZ", "UTC", 1);
  tzset();
  FileStatus status;
  status.set_filetype(FileStatus::IS_FILE);
  status.mutable_permission()->set_perm(01640);
  status.set_owner("bob");
  status.set_group("staff");
  status.set_length(7);
  status.set_blocksize(128);
  status.set_block_replication(2);
  status.set_modification_time(981173106000);
  status.set_access_time(981173107000);
  EXPECT_EQ(FormatStat("%a %A %b %F %g %n %o %r %u", status, "name"),
            "1640 rw-r----T 7 regular file staff name 128 2 bob");
  EXPECT_EQ(FormatStat("%x %X %y %Y", status, ""),
            "2001-02-03 04:05:07 981173107000 2001-02-03 04:05:06 981173106000");
  EXPECT_EQ(FormatStat("%%%z100%", status, ""), "%z100");
  EXPECT_EQ(FormatMinutes(981173106000), "2001-02-03 04:05");
}

TEST(TextTable, AlignsColumns) {
  TextTable table({false, true, false});
  table.AddRow({"a", "1", "x"});
  table.AddRow({"bbb", "22", "ü"});
  EXPECT_EQ(table.Format(), "a     1  x\nbbb  22  ü\n");
}

TEST(Timestamp, OfTouch) {
  setenv("TZ", "UTC", 1);
  tzset();
  EXPECT_EQ(ParseTouchTime("20010203:040506"), 981173106000);
  EXPECT_EQ(ParseTouchTime("20001301:000000"), ParseTouchTime("20010101:000000"));
  EXPECT_EQ(ParseTouchTime("20010203:040506trailing"), 981173106000);
  for (const char* text : {"", "2001", "20010203", "20010203:04", "nonsense", "2001020x:040506"}) {
    EXPECT_EQ(ParseTouchTime(text).has_value(), false) << text;
  }
}

TEST(Timestamp, OfCheckpoints) {
  setenv("TZ", "UTC", 1);
  tzset();
  constexpr uint64_t kNow = 1'700'000'000'123;
  EXPECT_EQ(CheckpointName(kNow), "231114221320");
  EXPECT_EQ(ParseCheckpointName("231114221320", kNow), 1'700'000'000'000);
  EXPECT_EQ(ParseCheckpointName("231114221320-1", kNow), 1'700'000'000'000);
  EXPECT_EQ(ParseCheckpointName("2311142213", kNow), 1'699'999'980'000);
  EXPECT_EQ(*ParseCheckpointName("500101000000", kNow) < 0, true);  // 1950
  EXPECT_EQ(ParseCheckpointName("odd", kNow), std::nullopt);
}

}  // namespace
}  // namespace jfs::tools
