#include "server/mirror_status.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace jfs::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string Line(const MirrorFacts& facts) {
  std::string out;
  for (const auto& [name, value] : DescribeMirror(facts)) {
    absl::StrAppend(&out, out.empty() ? "" : " ", name, "=", value);
  }
  return out;
}

// A leader with a mirror that is 20 mutations behind.
MirrorFacts Lagging() {
  MirrorFacts facts;
  facts.upload = true;
  facts.position = ns::Position::Of(2, 120);
  facts.leads = true;
  facts.mirror.outbox.record.state = ns::MirrorState::kOn;
  facts.mirror.outbox.record.mirrored = 90;
  facts.mirror.outbox.outbox_bytes = 4096;
  facts.mirror.upload.emplace();
  facts.mirror.upload->phase = mirror::UploadPhase::kRunning;
  // The leader knows more than what is replicated.
  facts.mirror.upload->mirrored = 100;
  return facts;
}

MirrorFacts Loading() {
  MirrorFacts facts;
  facts.recovery = true;
  facts.leads = true;
  ns::RecoveryRecord& record = facts.mirror.recovery;
  record.state = ns::RecoveryState::kLoading;
  record.source.lineage = 3;
  record.source.last = 500;
  record.source.checkpoint = 500;
  record.source.files = 1000;
  record.rows = 250;
  facts.mirror.load.emplace();
  facts.mirror.load->phase = mirror::LoadPhase::kLoadingData;
  return facts;
}

TEST(MirrorStatus, NothingWithoutAMirror) {
  MirrorFacts facts;
  EXPECT_EQ(Line(facts), "");
  facts.mirror.outbox.record.state = ns::MirrorState::kOff;
  EXPECT_EQ(Line(facts), "");
  EXPECT_EQ(ExplainMirror(facts), "this cluster has no mirror");
  facts.upload = true;
  EXPECT_EQ(Line(facts), "");
  EXPECT_THAT(ExplainMirror(facts), HasSubstr("...async.ots.enabled does not change it"));
  net::StatusSnapshot page;
  MeasureMirror(facts, &page);
  EXPECT_TRUE(page.metrics.empty());
}

TEST(MirrorStatus, Lag) {
  MirrorFacts facts = Lagging();
  EXPECT_EQ(MirrorLag(facts), 20u);
  EXPECT_EQ(Line(facts), "_synced=0 mirror=on mirrored=2:100 mirror_lag=20 outbox_bytes=4096");
  EXPECT_EQ(ExplainMirror(facts), "20 mutations wait for the mirror");
  facts.time_left = 3 * kSecond;
  EXPECT_THAT(ExplainMirror(facts), HasSubstr("about 4s"));
  facts.mirror.problem = "OTSServerBusy";
  EXPECT_EQ(Line(facts),
            "_synced=0 mirror=on mirrored=2:100 mirror_lag=20 outbox_bytes=4096 "
            "mirror_problem=OTSServerBusy");
  EXPECT_THAT(ExplainMirror(facts), HasSubstr("cannot be reached: OTSServerBusy"));
  facts.mirror.upload->phase = mirror::UploadPhase::kRefused;
  EXPECT_THAT(ExplainMirror(facts), HasSubstr("nothing goes to the mirror any more"));
}

TEST(MirrorStatus, Synced) {
  MirrorFacts facts = Lagging();
  facts.mirror.upload->mirrored = 120;
  facts.mirror.synced = true;
  EXPECT_EQ(Line(facts), "_synced=1 mirror=on mirrored=2:120 mirror_lag=0 outbox_bytes=4096");
  EXPECT_EQ(ExplainMirror(facts), "every mutation up to now is in the mirror");
}

TEST(MirrorStatus, AFollowerDoesNotSayWhetherItIsSynced) {
  MirrorFacts facts = Lagging();
  facts.leads = false;
  facts.mirror.upload.reset();
  EXPECT_EQ(Line(facts), "mirror=on mirrored=2:90 mirror_lag=30 outbox_bytes=4096");
  EXPECT_THAT(ExplainMirror(facts), HasSubstr("the leader"));
}

TEST(MirrorStatus, StaleAndUndecided) {
  MirrorFacts facts = Lagging();
  facts.mirror.outbox.record.state = ns::MirrorState::kStale;
  facts.mirror.upload.reset();
  EXPECT_EQ(Line(facts), "_synced=0 mirror=stale mirrored=2:90 mirror_lag=30 outbox_bytes=4096");
  EXPECT_THAT(ExplainMirror(facts), HasSubstr("stale, at position 2:90"));

  MirrorFacts fresh;
  fresh.upload = true;
  fresh.leads = true;
  fresh.mirror.problem = "master 2 has another setting";
  EXPECT_EQ(Line(fresh), "_synced=0 mirror=undecided mirror_problem=master 2 has another setting");
  EXPECT_EQ(ExplainMirror(fresh), "the mirror is being set up: master 2 has another setting");
}

TEST(MirrorStatus, RecoveryThatHasNotBegun) {
  MirrorFacts facts;
  facts.recovery = true;
  facts.leads = true;
  facts.mirror.load.emplace();
  facts.mirror.load->phase = mirror::LoadPhase::kWaiting;
  facts.mirror.load->waiting_for = "cluster 77";
  EXPECT_EQ(Line(facts), "state=LOADING rows=0 percent=0 phase=waiting waiting_for=cluster 77");
  EXPECT_EQ(ExplainMirror(facts), "the recovery waits for the mirror's writer to stop: cluster 77");
}

TEST(MirrorStatus, RecoveryThatFailedBeforeItBegan) {
  MirrorFacts facts;
  facts.recovery = true;
  facts.leads = true;
  facts.mirror.load.emplace();
  facts.mirror.load->phase = mirror::LoadPhase::kFailed;
  facts.mirror.load->failure = "there is no mirror";
  EXPECT_EQ(Line(facts), "state=FAILED rows=0 percent=0 failure=there is no mirror");
  EXPECT_EQ(ExplainMirror(facts), "the recovery has failed: there is no mirror");
  net::StatusSnapshot page;
  MeasureMirror(facts, &page);
  EXPECT_THAT(net::RenderMetrics(page), HasSubstr("\njfs_recovery_state 3\n"));
}

TEST(MirrorStatus, Recovery) {
  MirrorFacts facts = Loading();
  facts.time_left = 12 * kSecond;
  EXPECT_EQ(Line(facts), "state=LOADING rows=250 position=3:500 percent=25 eta=13s phase=data");
  EXPECT_EQ(ExplainMirror(facts), "the recovery is 25 % through (data), and done in about 13s");
  facts.mirror.load->problem = "no route";
  EXPECT_THAT(Line(facts), HasSubstr(" mirror_problem=no route"));
  EXPECT_EQ(ExplainMirror(facts), "the recovery cannot go on: no route");

  facts = Loading();
  facts.mirror.recovery.state = ns::RecoveryState::kFinished;
  facts.mirror.load.reset();
  EXPECT_EQ(Line(facts), "state=FINISH rows=250 position=3:500 percent=100");
  EXPECT_THAT(ExplainMirror(facts), HasSubstr("set ...recovery.mode to false"));
  facts.recovery = false;
  EXPECT_THAT(ExplainMirror(facts), HasSubstr("being claimed"));
  facts.mirror.upload.emplace();
  facts.mirror.upload->phase = mirror::UploadPhase::kRefused;
  facts.mirror.upload->problem = "somebody else has";
  EXPECT_THAT(ExplainMirror(facts), HasSubstr("cannot be claimed: somebody else has"));

  facts.mirror.recovery.state = ns::RecoveryState::kFailed;
  facts.mirror.recovery.failure = "a row is missing";
  EXPECT_THAT(Line(facts), AllOf(HasSubstr("state=FAILED"), HasSubstr("failure=a row is missing")));
  EXPECT_EQ(ExplainMirror(facts), "the recovery has failed: a row is missing");
}

TEST(MirrorStatus, Metrics) {
  MirrorFacts facts = Lagging();
  facts.tablestore = net::ots::ClientStats{.calls = 7, .throttled = 3};
  facts.mirror.upload->failures = 5;
  net::StatusSnapshot page;
  MeasureMirror(facts, &page);
  const std::string text = net::RenderMetrics(page);
  for (const char* line :
       {"jfs_mirror_lag_mutations 20", "jfs_mirror_synced 0", "jfs_mirror_failures 5",
        "jfs_tablestore_calls 7", "jfs_tablestore_throttled 3", "jfs_mirror_outbox_bytes 4096"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, Not(HasSubstr("jfs_recovery")));

  net::StatusSnapshot loading;
  MeasureMirror(Loading(), &loading);
  EXPECT_THAT(net::RenderMetrics(loading),
              AllOf(HasSubstr("jfs_recovery_state 1"), HasSubstr("jfs_recovery_percent 25"),
                    HasSubstr("jfs_recovery_rows 250")));
}

TEST(Pace, IsThatOfTheLastHalfMinute) {
  Pace pace;
  EXPECT_EQ(pace.PerSecond(), 0);
  EXPECT_FALSE(pace.TimeFor(1).has_value());
  pace.Note(Micros(100 * kSecond), 1000);
  EXPECT_FALSE(pace.TimeFor(1).has_value());
  for (uint64_t second = 101; second <= 160; ++second) {
    pace.Note(Micros(second * kSecond), second < 130 ? 1000 : 1000 + (second - 130) * 10);
  }
  EXPECT_DOUBLE_EQ(pace.PerSecond(), 10);
  EXPECT_EQ(pace.TimeFor(50), 5 * kSecond);
  // Another recovery, or another leader.
  pace.Note(Micros(161 * kSecond), 3);
  EXPECT_FALSE(pace.TimeFor(1).has_value());
  pace.Note(Micros(162 * kSecond), 4);
  EXPECT_EQ(pace.TimeFor(UINT64_MAX), std::nullopt) << "too far away to be said";
}

}  // namespace
}  // namespace jfs::server
