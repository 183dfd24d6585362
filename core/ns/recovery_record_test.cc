#include "core/ns/recovery_record.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace jfs::ns {
namespace {

RecoveryRecord FullRecord() {
  RecoveryRecord record;
  record.state = RecoveryState::kFailed;
  record.source = {.cluster = "0badcafe",
                   .lineage = 3,
                   .last = 900,
                   .chain = UINT64_MAX,
                   .checkpoint = 850,
                   .checkpoint_chain = 77,
                   .wall = WallMillis(1'700'000'000'000),
                   .next_lease = 12,
                   .next_namespace = 2,
                   .directories = 5,
                   .files = 6,
                   .bytes = 7};
  record.cursor = std::string("any\0bytes", 9);
  record.rows = 40;
  record.failure = "a reason";
  return record;
}

TEST(RecoveryRecordTest, EncodingIsDecodedToTheSameRecord) {
  const std::string bytes = EncodeRecord(FullRecord());
  RecoveryRecord decoded;
  ASSERT_TRUE(DecodeRecord(bytes, &decoded));
  EXPECT_EQ(decoded, FullRecord());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeRecord(bytes.substr(0, size), &decoded)) << size;
  }
  EXPECT_FALSE(DecodeRecord(bytes + '\0', &decoded));
}

TEST(RecoveryRecordTest, UnknownVersionsAndStatesAreRefused) {
  RecoveryRecord decoded;
  std::string bytes = EncodeRecord(FullRecord());
  bytes[0] = 2;
  EXPECT_FALSE(DecodeRecord(bytes, &decoded));
  for (const char state : {0, 4, 9}) {  // none is never stored
    bytes = EncodeRecord(FullRecord());
    bytes[1] = state;
    EXPECT_FALSE(DecodeRecord(bytes, &decoded)) << static_cast<int>(state);
  }
}

struct PercentCase {
  std::string_view name;
  RecoveryState state;
  uint64_t directories, files, journal, rows;
  std::string_view cursor;
  uint32_t want;
};

constexpr uint64_t kHuge = UINT64_MAX;

constexpr PercentCase kPercentCases[] = {
    {"NoRecovery", RecoveryState::kNone, 10, 10, 0, 10, "", 0},
    {"NothingYet", RecoveryState::kLoading, 10, 80, 0, 0, "", 0},
    {"ADirectoryHasTwoRows", RecoveryState::kLoading, 10, 80, 0, 50, "c", 50},
    {"TheJournalCounts", RecoveryState::kLoading, 10, 80, 100, 50, "c", 25},
    {"RoundedDown", RecoveryState::kLoading, 0, 3, 0, 2, "c", 66},
    {"MoreThanEstimated", RecoveryState::kLoading, 10, 80, 0, 5000, "c", 99},
    {"AllOfTheEstimate", RecoveryState::kLoading, 10, 80, 0, 100, "c", 99},
    {"AtTheEndAlready", RecoveryState::kLoading, 10, 80, 0, 20, "end", 99},
    {"NothingToLoad", RecoveryState::kLoading, 0, 0, 0, 0, "", 0},
    {"Failed", RecoveryState::kFailed, 10, 80, 0, 50, "c", 50},
    {"Finished", RecoveryState::kFinished, 10, 80, 0, 70, "end", 100},
    {"MirrorThatClaimsTooMuch", RecoveryState::kLoading, kHuge, kHuge, kHuge, 1000, "c", 0},
    {"NearlyAllOfTooMuch", RecoveryState::kLoading, kHuge, 0, 0, kHuge - 1, "c", 99},
};

class RecoveryPercentTest : public testing::TestWithParam<PercentCase> {};

TEST_P(RecoveryPercentTest, IsAnEstimate) {
  const PercentCase& c = GetParam();
  RecoveryRecord record;
  record.state = c.state;
  record.source.directories = c.directories;
  record.source.files = c.files;
  record.source.last = c.journal;
  record.rows = c.rows;
  record.cursor = c.cursor;
  EXPECT_EQ(RecoveryPercent(record), c.want);
}

INSTANTIATE_TEST_SUITE_P(All, RecoveryPercentTest, testing::ValuesIn(kPercentCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(DifferenceOfTest, NamesWhatDiffers) {
  EXPECT_EQ(DifferenceOf({1, 2, 3}, {1, 2, 3}), "");
  EXPECT_EQ(DifferenceOf({3, 2, 3}, {4, 2, 3}), "directories 3, expected 4");
  EXPECT_EQ(DifferenceOf({3, 0, 5}, {4, 2, 5}), "directories 3, expected 4; files 0, expected 2");
  EXPECT_EQ(DifferenceOf({1, 2, 4}, {1, 2, 3}), "bytes 4, expected 3");
}

}  // namespace
}  // namespace jfs::ns
