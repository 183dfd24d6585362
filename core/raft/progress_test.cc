#include "core/raft/progress.h"

#include "gtest/gtest.h"

namespace jfs::raft {
namespace {

constexpr Member kFollower = {.node = NodeId(2), .incarnation = Incarnation(20)};

Progress Replicating(uint64_t match) {
  Progress progress(kFollower, LogIndex(match + 1));
  progress.Acknowledged(LogIndex(match));
  return progress;
}

TEST(ProgressTest, ProbesOneAtATime) {
  Progress progress(kFollower, LogIndex(10));
  EXPECT_TRUE(progress.MaySend(8, 1000));
  progress.Sent(LogIndex(12), 100);
  EXPECT_FALSE(progress.MaySend(8, 1000)) << "the answer tells where to go on";
  EXPECT_EQ(progress.next(), LogIndex(10));
  EXPECT_TRUE(progress.Refused(LogIndex(4)));
  EXPECT_EQ(progress.next(), LogIndex(5));
  EXPECT_TRUE(progress.MaySend(8, 1000));
  progress.Sent(LogIndex(9), 100);
  progress.Resume();
  EXPECT_TRUE(progress.MaySend(8, 1000)) << "a lost probe is repeated";
  progress.Acknowledged(LogIndex(9));
  EXPECT_EQ(progress.state(), Progress::State::kReplicate);
  EXPECT_EQ(progress.next(), LogIndex(10));
}

TEST(ProgressTest, PipelinesWithinBothBudgets) {
  Progress progress = Replicating(9);
  progress.Sent(LogIndex(10), 400);
  progress.Sent(LogIndex(12), 400);
  EXPECT_EQ(progress.next(), LogIndex(13));
  EXPECT_FALSE(progress.MaySend(2, 10'000));
  EXPECT_FALSE(progress.MaySend(9, 800));
  EXPECT_TRUE(progress.MaySend(9, 801));
  progress.Acknowledged(LogIndex(11));
  EXPECT_EQ(progress.in_flight_messages(), 1u) << "the second message is only partly there";
  progress.Acknowledged(LogIndex(12));
  EXPECT_EQ(progress.in_flight_bytes(), 0u);
}

TEST(ProgressTest, OldAnswersChangeNothing) {
  Progress progress = Replicating(9);
  progress.Sent(LogIndex(12), 100);
  EXPECT_FALSE(progress.Acknowledged(LogIndex(5)));
  EXPECT_EQ(progress.match(), LogIndex(9));
}

// A disk whose syncs lie, or an old refusal: either way the follower must not stay behind for ever.
TEST(ProgressTest, RefusalBelowWhatWasAcknowledgedGoesBack) {
  Progress progress = Replicating(9);
  EXPECT_TRUE(progress.Refused(LogIndex(5)));
  EXPECT_EQ(progress.state(), Progress::State::kProbe);
  EXPECT_EQ(progress.match(), LogIndex(5));
  EXPECT_EQ(progress.next(), LogIndex(6));
  progress.Acknowledged(LogIndex(9));
  EXPECT_EQ(progress.match(), LogIndex(9));
}

TEST(ProgressTest, BusyHoldsUntilHeartbeat) {
  Progress progress = Replicating(9);
  progress.Sent(LogIndex(12), 100);
  progress.Busy(LogIndex(10));
  EXPECT_FALSE(progress.MaySend(8, 1000));
  EXPECT_EQ(progress.next(), LogIndex(11));
  progress.Resume();
  EXPECT_TRUE(progress.MaySend(8, 1000));
}

TEST(ProgressTest, StalledOnlyIfNothingCameBack) {
  Progress progress = Replicating(9);
  EXPECT_FALSE(progress.Stalled()) << "nothing is in flight";
  progress.Sent(LogIndex(12), 100);
  EXPECT_TRUE(progress.Stalled());
  progress.Acknowledged(LogIndex(11));
  EXPECT_FALSE(progress.Stalled());
  EXPECT_TRUE(progress.Stalled());
}

TEST(ProgressTest, SnapshotSuspendsUntilItEnds) {
  Progress progress(kFollower, LogIndex(3));
  progress.StartSnapshot(LogIndex(50));
  EXPECT_FALSE(progress.MaySend(8, 1000));
  progress.Resume();
  EXPECT_FALSE(progress.MaySend(8, 1000));
  EXPECT_FALSE(progress.Refused(LogIndex(1)));
  progress.EndSnapshot(true, LogIndex(60));
  EXPECT_EQ(progress.state(), Progress::State::kProbe);
  EXPECT_EQ(progress.next(), LogIndex(61));
  EXPECT_EQ(progress.match(), LogIndex{}) << "only its own acknowledgement counts";
}

TEST(ProgressTest, FailedSnapshotIsNotRepeatedAtOnce) {
  Progress progress(kFollower, LogIndex(3));
  progress.StartSnapshot(LogIndex(50));
  progress.EndSnapshot(false, LogIndex{});
  EXPECT_FALSE(progress.MaySend(8, 1000));
  progress.Resume();
  EXPECT_TRUE(progress.MaySend(8, 1000));
}

TEST(ProgressTest, AnotherDiskStartsFromNothing) {
  Progress progress = Replicating(9);
  progress.Replace({.node = NodeId(2), .incarnation = Incarnation(21)}, 77, LogIndex(30));
  EXPECT_EQ(progress.match(), LogIndex{});
  EXPECT_EQ(progress.next(), LogIndex(30));
  EXPECT_EQ(progress.session(), 77u);
  progress.SetSession(0);
  EXPECT_EQ(progress.asked_session(), 77u);
}

}  // namespace
}  // namespace jfs::raft
