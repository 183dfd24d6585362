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
  EXPECT_FALSE(agreement.Judge(kStart).agreed);
  EXPECT_NE(agreement.Judge(kStart).problem.find("master 3"), std::string::npos);
  agreement.Hear(NodeId(3), Upload(), kStart);
  ASSERT_TRUE(agreement.Judge(kStart).agreed);
  EXPECT_EQ(agreement.Judge(kStart).setting, Upload());
}

TEST(MirrorAgreementTest, WhoDiffersIsNamedAtOnce) {
  MirrorAgreement agreement(kMasters, kStart);
  agreement.Hear(NodeId(1), Upload(), kStart);
  agreement.Hear(NodeId(2), MirrorSetting{}, kStart);
  const MirrorAgreement::Verdict verdict = agreement.Judge(kStart + 100 * kSecond);
  EXPECT_FALSE(verdict.agreed);
  const MirrorAgreement::Verdict early = agreement.Judge(kStart);
  EXPECT_FALSE(early.agreed);
  EXPECT_NE(early.problem.find("master 1: upload on"), std::string::npos) << early.problem;
  EXPECT_NE(early.problem.find("master 2: upload off"), std::string::npos) << early.problem;
  // The same flag, another instance.
  MirrorSetting elsewhere = Upload();
  elsewhere.destination = DestinationOf("emr-jfs", "http://b");
  agreement.Hear(NodeId(2), elsewhere, kStart);
  agreement.Hear(NodeId(3), Upload(), kStart);
  EXPECT_FALSE(agreement.Judge(kStart).agreed);
  // Mended.
  agreement.Hear(NodeId(2), Upload(), kStart);
  EXPECT_TRUE(agreement.Judge(kStart).agreed);
}

TEST(MirrorAgreementTest, OnlyThatThereIsNothingToDoCanBeDecidedWithoutAMaster) {
  const Micros later = kStart + MirrorAgreement::kPatience;
  for (const bool upload : {false, true}) {
    const MirrorSetting setting = upload ? Upload() : MirrorSetting{};
    MirrorAgreement agreement(kMasters, kStart);
    agreement.Hear(NodeId(1), setting, later);
    EXPECT_FALSE(agreement.Judge(later).agreed) << "one is no majority";
    agreement.Hear(NodeId(2), setting, later);
    EXPECT_FALSE(agreement.Judge(later - 1).agreed) << "too early";
    EXPECT_EQ(agreement.Judge(later).agreed, !upload);
  }
}

TEST(MirrorAgreementTest, WhatIsOldIsNotBelieved) {
  MirrorAgreement agreement(kMasters, kStart);
  for (const NodeId master : kMasters) agreement.Hear(master, Upload(), kStart);
  EXPECT_TRUE(agreement.Judge(kStart + MirrorAgreement::kFresh).agreed);
  EXPECT_FALSE(agreement.Judge(kStart + MirrorAgreement::kFresh + 1).agreed);
}

TEST(MirrorAgreementTest, AMasterAlone) {
  MirrorAgreement agreement({NodeId(1)}, kStart);
  EXPECT_FALSE(agreement.Judge(kStart).agreed);
  agreement.Hear(NodeId(1), Upload(), kStart);
  EXPECT_TRUE(agreement.Judge(kStart).agreed);
}

TEST(MirrorSettingTest, DestinationsAreInstanceAndEndpoint) {
  EXPECT_NE(DestinationOf("a", "b"), DestinationOf("b", "a"));
  EXPECT_NE(DestinationOf("ab", ""), DestinationOf("a", "b"));
  EXPECT_EQ(DestinationOf("a", "b"), DestinationOf("a", "b"));
}

}  // namespace
}  // namespace jfs::node
