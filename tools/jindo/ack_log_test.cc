#include "tools/jindo/ack_log.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/concat.h"

namespace jfs::tools {
namespace {

using Fate = AckRecord::Fate;

constexpr std::string_view kLines[] = {
    "A 1700000000123 000102030405060708090a0b0c0d0e0f 7 281474976710657 42 3 mkdirs /a%20b "
    "mode=755",
    "A 1 000102030405060708090a0b0c0d0e0f 8 2 3 4 import /a/\xc3\xa4%25%0A mode=1644 user=al "
    "group=staff mtime=5 "
    "atime=6 replication=1 block=134217728 length=99999999999",
    "A 1 000102030405060708090a0b0c0d0e0f 8 2 3 4 import /x mode=0 mtime=5 atime=6 replication=1 "
    "block=1 length=0",
    "A 1 000102030405060708090a0b0c0d0e0f 9 2 3 4 owner /x user=al",
    "A 1 000102030405060708090a0b0c0d0e0f 10 2 3 4 mode /x mode=700",
    "A 1 000102030405060708090a0b0c0d0e0f 11 2 3 4 times /x mtime=1 atime=2",
    "R 1 000102030405060708090a0b0c0d0e0f 12 2 3 4 mkdirs /x mode=755 ! java.io.IOException "
    "No%20way",
    "U 1 000102030405060708090a0b0c0d0e0f 13 0 0 0 mkdirs /x mode=755",
};

TEST(AckLog, RoundTrip) {
  for (const std::string_view line : kLines) {
    const auto record = ParseAckRecord(line);
    ASSERT_TRUE(record.ok()) << line << ": " << record.status();
    EXPECT_EQ(FormatAckRecord(*record), Concat(line, "\n"));
  }
}

TEST(AckLog, KeepsWhatWasSaid) {
  const auto record = ParseAckRecord(kLines[1]);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->fate, Fate::kAcknowledged);
  EXPECT_EQ(record->operation.importfile().path(), "/a/\xc3\xa4%\n");
  EXPECT_EQ(record->operation.importfile().mode(), 01644u);
  EXPECT_EQ(record->operation.importfile().length(), 99999999999u);
  EXPECT_EQ(record->result.logindex(), 3u);
  EXPECT_EQ(record->result.ordinal(), 4u);
  const auto refused = ParseAckRecord(kLines[6]);
  ASSERT_TRUE(refused.ok());
  EXPECT_EQ(refused->result.exceptionclass(), "java.io.IOException");
  EXPECT_EQ(refused->result.message(), "No way");
}

// Every line cut off anywhere is either refused or, where only the last number got shorter, still a
// line: that is why a line without its end never counts (below).
TEST(AckLog, RefusesDamagedLines) {
  for (const std::string_view bad :
       {"", "A", "X 1 000102030405060708090a0b0c0d0e0f 7 1 1 1 mkdirs /a mode=755",
        "A 1 0001 7 1 1 1 mkdirs /a mode=755",
        "A 1 g00102030405060708090a0b0c0d0e0f 7 1 1 1 mkdirs /a mode=755",
        "A 1 000102030405060708090a0b0c0d0e0f x 1 1 1 mkdirs /a mode=755",
        "A 1 000102030405060708090a0b0c0d0e0f 7 1 1 1 mkdirs /a",
        "A 1 000102030405060708090a0b0c0d0e0f 7 1 1 1 mkdirs",
        "A 1 000102030405060708090a0b0c0d0e0f 7 1 1 1 remove /a",
        "A 1 000102030405060708090a0b0c0d0e0f 7 1 1 1 mkdirs /a mode=9",
        "A 1 000102030405060708090a0b0c0d0e0f 7 1 1 1 mkdirs /a%2 mode=755",
        "A 1 000102030405060708090a0b0c0d0e0f 7 1 1 1 mkdirs /a mode=755 user=x",
        "A 1 000102030405060708090a0b0c0d0e0f 7 1 1 1 mkdirs /a mode=755 ! java.io.IOException x",
        "R 1 000102030405060708090a0b0c0d0e0f 7 1 1 1 mkdirs /a mode=755"}) {
    EXPECT_FALSE(ParseAckRecord(bad).ok()) << bad;
  }
}

class AckLogFile : public testing::Test {
 protected:
  AckLogFile()
      : file_(Concat(testing::TempDir(), "/",
                     testing::UnitTest::GetInstance()->current_test_info()->name())) {
    remove(file_.c_str());
  }
  std::string file_;
};

TEST_F(AckLogFile, WriteAndRead) {
  auto writer = AckLogWriter::Create(file_, "of a test");
  ASSERT_TRUE(writer.ok()) << writer.status();
  for (const std::string_view line : kLines)
    ASSERT_TRUE((*writer)->Append(Concat(line, "\n")).ok());
  ASSERT_TRUE((*writer)->Sync().ok());
  size_t seen = 0;
  const auto summary = ReadAckLog(file_, [&](const AckRecord& record) {
    EXPECT_EQ(FormatAckRecord(record), Concat(kLines[seen++], "\n"));
  });
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->records, std::size(kLines));
  EXPECT_FALSE(summary->truncated_last_line);
  EXPECT_EQ(AckLogWriter::Create(file_, "x").status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(AckLogFile, TruncatedLastLineDoesNotCount) {
  const std::string head = Concat("# jindo acknowledgement log, version 1\n", kLines[3], "\n");
  // "mode=75" would read as a whole line.
  const std::string_view last = kLines[0];
  for (size_t kept = 1; kept <= last.size(); ++kept) {
    std::ofstream(file_, std::ios::trunc) << head << last.substr(0, kept);
    size_t seen = 0;
    const auto summary = ReadAckLog(file_, [&](const AckRecord&) { ++seen; });
    ASSERT_TRUE(summary.ok()) << summary.status();
    EXPECT_TRUE(summary->truncated_last_line);
    EXPECT_EQ(seen, 1u);
  }
}

TEST_F(AckLogFile, DamageIsNamedByLine) {
  std::ofstream(file_) << "# jindo acknowledgement log, version 1\n" << kLines[0] << "\nrubbish\n";
  EXPECT_NE(ReadAckLog(file_, [](const AckRecord&) {}).status().message().find(":3: "),
            std::string::npos);
  std::ofstream(file_, std::ios::trunc) << "something else\n";
  EXPECT_FALSE(ReadAckLog(file_, [](const AckRecord&) {}).ok());
  std::ofstream(file_, std::ios::trunc) << "";
  EXPECT_FALSE(ReadAckLog(file_, [](const AckRecord&) {}).ok());
  EXPECT_FALSE(ReadAckLog("/nowhere/log", [](const AckRecord&) {}).ok());
}

}  // namespace
}  // namespace jfs::tools
