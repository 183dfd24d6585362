#include "core/node/mirror_setting.h"

#include <gtest/gtest.h>

#include <vector>

namespace jfs::node {
namespace {

const std::vector<NodeId> kMasters = {NodeId(1), NodeId(2), NodeId(3)};
constexpr Micros kStart = Micros(100 * kSecond);

MirrorSetting Upload() { return {true, false, DestinationOf("emr-jfs", "http://a")}; }

TEST(MirrorAgreementTest, AllMustSayTheSame) {
  MirrorAgreement agreement(kMasters, kStart);
  agreement.Hear(NodeId(1), Upload(), kStart);
  agreement.Hear(NodeId(2), Upload(), kStart);
  EXPECT_FALSE(agreement.Judge(kStart, /*may_miss_one=*/true).agreed);
  EXPECT_NE(agreement.Judge(kStart, /*may_miss_one=*/true).problem.find("master 3"),
            std::string::npos);
  agreement.Hear(NodeId(3), Upload(), kStart);
  ASSERT_TRUE(agreement.Judge(kStart, /*may_miss_one=*/true).agreed);
  EXPECT_EQ(agreement.Judge(kStart, /*may_miss_one=*/true).setting, Upload());
}

TEST(MirrorAgreementTest, WhoDiffersIsNamedAtOnce) {
  MirrorAgreement agreement(kMasters, kStart);
  agreement.Hear(NodeId(1), Upload(), kStart);
  agreement.Hear(NodeId(2), MirrorSetting{}, kStart);
  const MirrorAgreement::Verdict verdict =
      agreement.Judge(kStart + 100 * kSecond, /*may_miss_one=*/true);
  EXPECT_FALSE(verdict.agreed);
  const MirrorAgreement::Verdict early = agreement.Judge(kStart, /*may_miss_one=*/true);
  EXPECT_FALSE(early.agreed);
  EXPECT_NE(early.problem.find("master 1: upload on"), std::string::npos) << early.problem;
  EXPECT_NE(early.problem.find("master 2: upload off"), std::string::npos) << early.problem;
  // The same flag, another instance.
  MirrorSetting elsewhere = Upload();
  elsewhere.destination = DestinationOf("emr-jfs", "http://b");
  agreement.Hear(NodeId(2), elsewhere, kStart);
  agreement.Hear(NodeId(3), Upload(), kStart);
  EXPECT_FALSE(agreement.Judge(kStart, /*may_miss_one=*/true).agreed);
  // Mended.
  agreement.Hear(NodeId(2), Upload(), kStart);
  EXPECT_TRUE(agreement.Judge(kStart, /*may_miss_one=*/true).agreed);
}

TEST(MirrorAgreementTest, OnlyThatThereIsNothingToDoCanBeDecidedWithoutAMaster) {
  const Micros later = kStart + MirrorAgreement::kPatience;
  for (const bool upload : {false, true}) {
    const MirrorSetting setting = upload ? Upload() : MirrorSetting{};
    MirrorAgreement agreement(kMasters, kStart);
    agreement.Hear(NodeId(1), setting, later);
    EXPECT_FALSE(agreement.Judge(later, /*may_miss_one=*/true).agreed) << "one is no majority";
    agreement.Hear(NodeId(2), setting, later);
    EXPECT_FALSE(agreement.Judge(later - 1, /*may_miss_one=*/true).agreed) << "too early";
    EXPECT_EQ(agreement.Judge(later, /*may_miss_one=*/true).agreed, !upload);
    EXPECT_FALSE(agreement.Judge(later + 10 * kSecond - 1, /*may_miss_one=*/false).agreed)
        << "what came out of a mirror takes the word of all";
  }
}

TEST(MirrorAgreementTest, WhatIsOldIsNotBelieved) {
  MirrorAgreement agreement(kMasters, kStart);
  for (const NodeId master : kMasters) agreement.Hear(master, Upload(), kStart);
  EXPECT_TRUE(agreement.Judge(kStart + MirrorAgreement::kFresh, /*may_miss_one=*/true).agreed);
  EXPECT_FALSE(agreement.Judge(kStart + MirrorAgreement::kFresh + 1, /*may_miss_one=*/true).agreed);
}

TEST(MirrorAgreementTest, AMasterAlone) {
  MirrorAgreement agreement({NodeId(1)}, kStart);
  EXPECT_FALSE(agreement.Judge(kStart, /*may_miss_one=*/true).agreed);
  agreement.Hear(NodeId(1), Upload(), kStart);
  EXPECT_TRUE(agreement.Judge(kStart, /*may_miss_one=*/true).agreed);
}

TEST(MirrorSettingTest, DestinationsAreInstanceAndEndpoint) {
  EXPECT_NE(DestinationOf("a", "b"), DestinationOf("b", "a"));
  EXPECT_NE(DestinationOf("ab", ""), DestinationOf("a", "b"));
  EXPECT_EQ(DestinationOf("a", "b"), DestinationOf("a", "b"));
}

}  // namespace
}  // namespace jfs::node
