#include "core/node/file_leases.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace jfs::node {
namespace {

using Leases = std::vector<ns::Namespace::LeaseInfo>;

constexpr FileLeaseLimits kLimits{.soft = 60 * kSecond, .hard = 1200 * kSecond};
Micros At(uint64_t seconds) { return Micros(0) + seconds * kSecond; }

// Where nothing is under way for long: each call is decided before the next look.
class PromptLeases : public FileLeases {
 public:
  using FileLeases::FileLeases;
  ns::LeaseId Judge(const ns::Namespace::LeaseInfo& lease, Micros now) {
    return FileLeases::Judge(lease, next_call_++, now);
  }
  std::vector<ns::ReleaseLease> Due(const Leases& leases, bool may_release, Micros now) {
    std::vector<ns::ReleaseLease> due =
        FileLeases::Due(leases, may_release, next_call_ - 1, next_call_, now);
    next_call_ += due.size();
    return due;
  }

 private:
  uint64_t next_call_ = 1;
};

TEST(FileLeasesTest, ANewLeaderTakesAllLeasesForRenewed) {
  PromptLeases leases(kLimits);
  leases.Begin(At(1000));
  const Leases present = {{"w", 7}};
  EXPECT_TRUE(leases.Due(present, true, At(1001)).empty());
  EXPECT_FALSE(leases.AnyPastSoftLimit(At(1059)));
  EXPECT_EQ(leases.Judge(present[0], At(1059)), 0u);
  EXPECT_TRUE(leases.AnyPastSoftLimit(At(1060)));
  EXPECT_EQ(leases.Judge(present[0], At(1060)), 7u);
  EXPECT_TRUE(leases.Due(present, true, At(2199)).empty());
  EXPECT_EQ(leases.Due(present, true, At(2200)).size(), 1u);
}

TEST(FileLeasesTest, RenewalPutsBothLimitsOff) {
  PromptLeases leases(kLimits);
  leases.Begin(At(0));
  const Leases present = {{"w", 7}};
  EXPECT_TRUE(leases.Due(present, true, At(1)).empty());
  EXPECT_TRUE(leases.Renew("w", At(50)));
  EXPECT_TRUE(leases.Due(present, true, At(51)).empty());
  EXPECT_EQ(leases.Judge(present[0], At(109)), 0u);
  EXPECT_EQ(leases.Judge(present[0], At(110)), 7u);
  EXPECT_TRUE(leases.Due(present, true, At(1249)).empty());
  EXPECT_EQ(leases.Due(present, true, At(1250)).size(), 1u);
}

TEST(FileLeasesTest, NoRenewalWhileAReleaseMayStillBeApplied) {
  PromptLeases leases(kLimits);
  leases.Begin(At(0));
  const Leases present = {{"w", 7}};
  EXPECT_EQ(leases.Due(present, true, At(1200)).size(), 1u);
  EXPECT_FALSE(leases.Renew("w", At(1201)));
  EXPECT_TRUE(leases.Due(present, true, At(1203)).empty()) << "under way";
  EXPECT_EQ(leases.Due(present, true, At(1205)).size(), 1u) << "it may have been refused";
  EXPECT_FALSE(leases.Renew("w", At(1206)));
  // Applied: the holder has opened another file since.
  EXPECT_TRUE(leases.Due({{"w", 8}}, true, At(1207)).empty());
  EXPECT_TRUE(leases.Renew("w", At(1208)));
}

TEST(FileLeasesTest, HoldersWithoutFilesAreForgotten) {
  PromptLeases leases(kLimits);
  leases.Begin(At(0));
  EXPECT_EQ(leases.Due({{"w", 7}}, true, At(1200)).size(), 1u);
  EXPECT_TRUE(leases.Due({}, true, At(1201)).empty());
  EXPECT_TRUE(leases.RenewOpener("w", At(1202)));
  EXPECT_TRUE(leases.Due({{"w", 8}}, true, At(1203)).empty()) << "renewed before it was seen";
  EXPECT_EQ(leases.Judge({"w", 8}, At(1261)), 0u);
  EXPECT_EQ(leases.Judge({"w", 8}, At(1262)), 8u);
}

TEST(FileLeasesTest, AFileThatTookLongToOpenIsNotAsOldAsTheLeadership) {
  PromptLeases leases(kLimits);
  leases.Begin(At(0));
  EXPECT_TRUE(leases.Due({}, true, At(1)).empty());
  EXPECT_TRUE(leases.RenewOpener("w", At(1130)));
  // The master was stopped in between; its first look comes before the file is applied.
  EXPECT_TRUE(leases.Due({}, true, At(1200)).empty());
  EXPECT_EQ(leases.Judge({"w", 7}, At(1201)), 0u);
  EXPECT_TRUE(leases.Due({{"w", 7}}, true, At(1202)).empty()) << "told that it has until 2330";
  EXPECT_EQ(leases.Judge({"w", 7}, At(1262)), 7u);
  EXPECT_EQ(leases.Due({{"w", 7}}, true, At(2400)).size(), 1u);
}

TEST(FileLeasesTest, NamesWithoutLeasesDoNotPileUp) {
  PromptLeases leases(kLimits);
  leases.Begin(At(0));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(leases.Renew("only asks " + std::to_string(i), At(1)));
  leases.RenewOpener(std::string(FileLeases::kMaxNameBytes + 1, 'x'), At(1));
  EXPECT_TRUE(leases.knows_nobody());
  for (int i = 0; i < 100; ++i) leases.RenewOpener("client " + std::to_string(i), At(1));
  leases.Due({}, true, At(60));
  EXPECT_FALSE(leases.knows_nobody());
  leases.Due({}, true, At(61));
  EXPECT_TRUE(leases.knows_nobody());
}

TEST(FileLeasesTest, OfManyOpenersTheOldestAreForgottenButNobodyWithALease) {
  PromptLeases leases(kLimits);
  leases.Begin(At(0));
  leases.RenewOpener("writer", At(10));
  leases.RenewOpener("gone", At(10));
  EXPECT_TRUE(leases.Due({{"writer", 7}}, true, At(11)).empty());
  for (size_t i = 0; i < FileLeases::kStrangers; ++i) {
    leases.RenewOpener("client " + std::to_string(i), At(12));
  }
  EXPECT_EQ(leases.Judge({"writer", 7}, At(69)), 0u);
  EXPECT_EQ(leases.Judge({"gone", 8}, At(70)), 0u) << "taken for renewed at the last look";
  EXPECT_EQ(leases.Judge({"gone", 8}, At(71)), 8u);
}

TEST(FileLeasesTest, ALeaseBegunBehindAReleaseIsNotJudgedByTheOldOne) {
  PromptLeases leases(kLimits);
  leases.Begin(At(0));
  ASSERT_EQ(leases.Due({{"w", 7}}, true, At(1200)).size(), 1u);
  EXPECT_FALSE(leases.RenewOpener("w", At(1200)));
  EXPECT_EQ(leases.Judge({"w", 8}, At(1200)), 0u);
  EXPECT_EQ(leases.Judge({"w", 7}, At(1200)), 7u);
}

TEST(FileLeasesTest, NoRenewalWhileATakeoverMayStillBeApplied) {
  FileLeases leases(kLimits);
  leases.Begin(At(0));
  const Leases present = {{"w", 7}};
  ASSERT_TRUE(leases.Due(present, true, 4, 5, At(1)).empty());
  EXPECT_EQ(leases.Judge(present[0], 5, At(60)), 7u);
  EXPECT_FALSE(leases.Renew("w", At(60)));
  // However long the disks of the others take.
  EXPECT_TRUE(leases.Due(present, true, 4, 6, At(70)).empty());
  EXPECT_FALSE(leases.Renew("w", At(70)));
  EXPECT_TRUE(leases.Due(present, true, 4, 6, At(1300)).empty()) << "it was heard of";
  EXPECT_FALSE(leases.Renew("w", At(1300)));
  // It was refused, or took one file of several.
  EXPECT_TRUE(leases.Due(present, true, 5, 6, At(1301)).empty());
  EXPECT_TRUE(leases.Renew("w", At(1301)));
  EXPECT_EQ(leases.Judge(present[0], 6, At(1302)), 0u);
}

TEST(FileLeasesTest, TheLastOfSeveralTakeoversCounts) {
  FileLeases leases(kLimits);
  leases.Begin(At(0));
  const Leases present = {{"w", 7}};
  EXPECT_EQ(leases.Judge(present[0], 5, At(60)), 7u);
  EXPECT_EQ(leases.Judge(present[0], 9, At(61)), 7u);
  EXPECT_TRUE(leases.Due(present, true, 8, 10, At(62)).empty());
  EXPECT_FALSE(leases.Renew("w", At(62)));
  EXPECT_TRUE(leases.Due(present, true, 9, 10, At(63)).empty());
  EXPECT_TRUE(leases.Renew("w", At(63)));
}

// Whoever may not have the file can ask for it as often as he likes.
TEST(FileLeasesTest, RefusedTakeoversDoNotSilenceAHolder) {
  PromptLeases leases(kLimits);
  leases.Begin(At(0));
  const Leases present = {{"w", 7}};
  ASSERT_EQ(leases.Judge(present[0], At(60)), 7u);
  bool renewed = false;
  for (uint64_t t = 61; t <= 69 && !renewed; t += 4) {
    renewed = leases.Renew("w", At(t));
    EXPECT_EQ(leases.Judge(present[0], At(t)), 0u) << "it is alive, at " << t;
    EXPECT_TRUE(leases.Due(present, true, At(t)).empty());
  }
  EXPECT_TRUE(renewed);
}

TEST(FileLeasesTest, ASilentHolderIsJudgedAgainAndAgain) {
  PromptLeases leases(kLimits);
  leases.Begin(At(0));
  const Leases present = {{"w", 7}};
  for (uint64_t t = 60; t < 1200; t += 4) {
    ASSERT_EQ(leases.Judge(present[0], At(t)), 7u) << t;
    ASSERT_TRUE(leases.Due(present, true, At(t)).empty()) << t;
  }
  EXPECT_EQ(leases.Due(present, true, At(1200)).size(), 1u);
}

TEST(FileLeasesTest, InSafeModeNothingIsReleasedAndHoldersGoOn) {
  FileLeases leases(kLimits);
  leases.Begin(At(0));
  const Leases present = {{"v", 6}, {"w", 7}};
  ASSERT_EQ(leases.Due(present, true, 4, 5, At(1200)).size(), 2u);  // calls 5 and 6
  EXPECT_TRUE(leases.Due(present, false, 5, 7, At(1210)).empty());
  EXPECT_TRUE(leases.Renew("v", At(1210)));
  EXPECT_FALSE(leases.Renew("w", At(1210))) << "it was proposed before";
  EXPECT_TRUE(leases.Due(present, false, 6, 7, At(1211)).empty());
  EXPECT_TRUE(leases.Renew("w", At(1211)));
  EXPECT_TRUE(leases.Due(present, true, 6, 7, At(1212)).empty());
}

TEST(FileLeasesTest, AnotherTermBeginsAnew) {
  PromptLeases leases(kLimits);
  leases.Begin(At(0));
  EXPECT_EQ(leases.Due({{"w", 7}}, true, At(1200)).size(), 1u);
  leases.Begin(At(1300));
  EXPECT_TRUE(leases.Renew("w", At(1301)));
}

}  // namespace
}  // namespace jfs::node
