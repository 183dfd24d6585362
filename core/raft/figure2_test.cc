// One test for each rule of figure 2 of the Raft paper (Ongaro and Ousterhout, extended version),
// named after it. Peers are driven by the scenario language; see scenario_harness.h.
#include <initializer_list>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "core/raft/scenario_harness.h"

namespace jfs::raft {
namespace {

using testing::HasSubstr;
using testing::Not;

class Figure2Test : public testing::Test {
 protected:
  // Runs commands; returns what the last one caused.
  std::string Do(std::initializer_list<const char*> commands) {
    std::string last;
    for (const char* command : commands) last = harness_.Run(command);
    return last;
  }
  // Node 1 leads term 1 and has its no-op committed everywhere.
  void ElectNode1() {
    Do({"cluster 3", "start", "elect 1", "elapse 100", "tick 1", "deliver"});
    ASSERT_THAT(Do({"show 1"}), HasSubstr("leader term 1 leader 1 commit 1"));
  }

  ScenarioHarness harness_;
};

// ---- State ----

TEST_F(Figure2Test, PersistentStateIsOnDiskBeforeAnsweringRpcs) {
  Do({"cluster 3", "start", "campaign 1", "deliver 1->2", "deliver 2->1", "disks manual"});
  EXPECT_THAT(Do({"deliver 1->2"}), HasSubstr("vote-reply granted commit 0@0 (after #1)"));
  EXPECT_EQ(Do({"deliver 2->1"}), "") << "the answer has not left";
  EXPECT_THAT(Do({"durable 2", "deliver 2->1"}), HasSubstr("leader of term 1"));
}

TEST_F(Figure2Test, CommitIndexAndLastAppliedStartAtZeroAndGrow) {
  Do({"cluster 3", "start"});
  EXPECT_THAT(Do({"show 1"}), HasSubstr("commit 0"));
  Do({"elect 1", "propose 1 1", "deliver"});
  EXPECT_THAT(Do({"show 1"}), HasSubstr("commit 2"));
}

TEST_F(Figure2Test, NextIndexStartsBehindTheLeadersLastEntry) {
  Do({"cluster 3", "log 1 1 1 1", "log 2 1", "log 3 1", "start", "campaign 1", "deliver 1->2",
      "deliver 2->1", "deliver 1->2"});
  EXPECT_THAT(Do({"deliver 2->1"}), HasSubstr("1->2 term 2 append after 3@1"));
}

// ---- AppendEntries, receiver ----

TEST_F(Figure2Test, AppendEntries1RepliesFalseToAnOldTerm) {
  ElectNode1();
  Do({"elapse 100", "tick 1", "propose 1 1", "drop 1->2", "campaign 2", "deliver 2->3",
      "deliver 3->2", "deliver 2->3", "drop 2->1", "deliver 3->2"});
  // Node 1 leads on in term 1; node 3 voted in term 2 meanwhile.
  Do({"drop", "propose 1 2"});
  EXPECT_THAT(Do({"deliver 1->3"}), HasSubstr("3->1 term 2 append-reply refused"));
  EXPECT_THAT(Do({"deliver 3->1"}), HasSubstr("node 1: follower of term 2"));
}

TEST_F(Figure2Test, AppendEntries2RepliesFalseIfThePreviousEntryDoesNotMatch) {
  Do({"cluster 3", "log 1 1 1 3", "log 2 1 2 2", "log 3 1 1 3", "start", "campaign 1",
      "deliver 1->3", "deliver 3->1", "deliver 1->3", "drop 1->2", "deliver 3->1"});
  EXPECT_THAT(Do({"deliver 1->2"}), HasSubstr("append-reply refused"));
  EXPECT_THAT(Do({"show 2"}), HasSubstr("|1 2 2")) << "nothing was changed";
}

TEST_F(Figure2Test, AppendEntries3DeletesAConflictingEntryAndAllThatFollow) {
  Do({"cluster 3", "log 1 1 1 3", "log 2 1 2 2 2 2", "log 3 1 1 3", "start", "campaign 1",
      "deliver 1->3", "deliver 3->1", "deliver 1->3", "drop 1->2", "deliver 3->1", "deliver"});
  EXPECT_THAT(Do({"show 2"}), HasSubstr("|1 1 3 4"));
  EXPECT_THAT(Do({"crash 2", "restart 2", "show 2"}), HasSubstr("|1 1 3 4"));
}

TEST_F(Figure2Test, AppendEntries3KeepsEntriesThatDoNotConflict) {
  ElectNode1();
  Do({"propose 1 1", "duplicate 1->2", "propose 1 2", "deliver 1->2 1", "reorder", "deliver"});
  EXPECT_THAT(Do({"show 2"}), HasSubstr("|1 1 1"));
}

TEST_F(Figure2Test, AppendEntries4AppendsWhatIsNotThereYet) {
  ElectNode1();
  Do({"propose 1 1"});
  EXPECT_THAT(Do({"deliver 1->2"}), HasSubstr("persist #3 append 2@1"));
}

TEST_F(Figure2Test, AppendEntries5CommitsNoFurtherThanItsOwnNewEntries) {
  // Node 3's divergent tail is as long as the leader's log: a heartbeat in front of the repair
  // commits nothing of it.
  Do({"cluster 3", "log 1 1 1 3", "log 2 1 1 3", "log 3 1 1 2 2", "start", "campaign 1",
      "deliver 1->2", "deliver 2->1", "deliver 1->2", "deliver 2->1", "drop 1->3", "deliver 1->2",
      "deliver 2->1", "elapse 100", "tick 1"});
  EXPECT_THAT(Do({"show 1"}), HasSubstr("commit 4"));
  EXPECT_THAT(Do({"deliver 1->3 1"}), Not(HasSubstr("committed")));
  EXPECT_THAT(Do({"show 3"}), HasSubstr("commit 0"));
  EXPECT_THAT(Do({"deliver", "show 3"}), HasSubstr("|1 1 3 4"));
}

// ---- RequestVote, receiver ----

TEST_F(Figure2Test, RequestVote1RepliesFalseToAnOldTerm) {
  Do({"cluster 3", "log 3 1 2 5", "start", "campaign 1"});
  EXPECT_THAT(Do({"deliver 1->3"}), HasSubstr("3->1 term 5 pre-vote-reply refused"));
}

TEST_F(Figure2Test, RequestVote2VotesOnceATerm) {
  Do({"cluster 3", "start", "elapse 3000", "tick 1", "tick 2", "deliver 1->3", "deliver 2->3",
      "deliver 3->1", "deliver 3->2"});
  EXPECT_THAT(Do({"deliver 1->3"}), HasSubstr("vote-reply granted"));
  EXPECT_THAT(Do({"deliver 2->3"}), HasSubstr("vote-reply refused"));
}

TEST_F(Figure2Test, RequestVote2VotesOnlyForALogAtLeastAsUpToDate) {
  // Longer, but of an older term.
  Do({"cluster 3", "log 1 1 1 1 1", "log 2 1 2", "log 3 1 2", "start", "campaign 1"});
  Do({"deliver 1->2", "deliver 2->1", "drop", "campaign 1"});
  EXPECT_THAT(Do({"deliver 1->2"}), HasSubstr("refused"));
}

// ---- Rules for servers: all ----

TEST_F(Figure2Test, AllServersApplyWhatIsCommitted) {
  ElectNode1();
  Do({"propose 1 1", "deliver", "elapse 100", "tick 1"});
  EXPECT_THAT(Do({"deliver 1->2"}), HasSubstr("2: committed 2..2"));
}

TEST_F(Figure2Test, AllServersFollowAHigherTerm) {
  ElectNode1();
  Do({"campaign 2", "deliver 2->3", "deliver 3->2", "deliver 2->3", "deliver 3->2"});
  EXPECT_THAT(Do({"show 2"}), HasSubstr("leader term 2"));
  EXPECT_THAT(Do({"drop 1->2", "deliver"}), HasSubstr("node 1: follower of term 2"));
}

// ---- Rules for servers: followers and candidates ----

TEST_F(Figure2Test, FollowersConvertToCandidateWhenTheTimeoutElapses) {
  Do({"cluster 3", "start"});
  EXPECT_THAT(Do({"campaign 2"}), HasSubstr("node 2: pre-candidate of term 0"));
}

TEST_F(Figure2Test, FollowersThatHearFromALeaderDoNotCampaign) {
  ElectNode1();
  EXPECT_EQ(Do({"elapse 900", "tick 2"}), "");
}

TEST_F(Figure2Test, CandidatesIncrementTheTermVoteForThemselvesAndAskAll) {
  Do({"cluster 3", "start", "campaign 1", "deliver 1->2"});
  const std::string happened = Do({"deliver 2->1"});
  EXPECT_THAT(happened, HasSubstr("term 1 voted 1"));
  EXPECT_THAT(happened, HasSubstr("1->2 term 1 vote-request"));
  EXPECT_THAT(happened, HasSubstr("1->3 term 1 vote-request"));
}

TEST_F(Figure2Test, CandidatesWithAMajorityLead) {
  Do({"cluster 5", "start", "campaign 1", "deliver 1->2", "deliver 1->3", "deliver 2->1",
      "deliver 3->1", "deliver 1->2", "deliver 1->3"});
  EXPECT_THAT(Do({"deliver 2->1"}), Not(HasSubstr("leader")));
  EXPECT_THAT(Do({"deliver 3->1"}), HasSubstr("node 1: leader of term 1"));
}

TEST_F(Figure2Test, CandidatesFollowANewLeader) {
  Do({"cluster 3", "start", "elapse 3000", "tick 1", "tick 2", "deliver 1->3", "deliver 2->3",
      "deliver 3->1", "deliver 3->2", "deliver 1->3", "deliver 3->1"});
  EXPECT_THAT(Do({"show 2"}), HasSubstr("candidate term 1"));
  EXPECT_THAT(Do({"deliver 1->2"}), HasSubstr("node 2: follower of term 1"));
}

TEST_F(Figure2Test, CandidatesStartANewElectionWhenTheTimeoutElapses) {
  Do({"cluster 3", "start", "campaign 1", "deliver 1->2", "deliver 2->1", "drop"});
  EXPECT_THAT(Do({"show 1"}), HasSubstr("node 1/11: candidate term 1"));
  // With pre-vote it first asks whether there is a point (9.6).
  EXPECT_THAT(Do({"campaign 1"}), HasSubstr("1->2 term 2 pre-vote-request"));
}

// ---- Rules for servers: leaders ----

TEST_F(Figure2Test, LeadersSendHeartbeatsUponElectionAndWhenIdle) {
  Do({"cluster 3", "start", "campaign 1", "deliver 1->2", "deliver 2->1", "deliver 1->2"});
  EXPECT_THAT(Do({"deliver 2->1"}), HasSubstr("1->3 term 1 append after 0@0"));
  EXPECT_THAT(Do({"elapse 100", "tick 1"}), HasSubstr("1->3 term 1 heartbeat"));
}

TEST_F(Figure2Test, LeadersAnswerTheClientAfterTheEntryIsCommitted) {
  ElectNode1();
  EXPECT_THAT(Do({"propose 1 7"}), Not(HasSubstr("proposal")));
  EXPECT_THAT(Do({"deliver 1->2"}), Not(HasSubstr("proposal")));
  EXPECT_THAT(Do({"deliver 2->1"}), HasSubstr("proposal 7 committed at 2@1"));
}

TEST_F(Figure2Test, LeadersDecrementNextIndexAfterARefusalAndRetry) {
  Do({"cluster 3", "log 1 1 1 3", "log 2 1 2 2", "log 3 1 1 3", "start", "campaign 1",
      "deliver 1->3", "deliver 3->1", "deliver 1->3", "drop 1->2", "deliver 3->1", "deliver 1->2"});
  EXPECT_THAT(Do({"deliver 2->1"}), HasSubstr("1->2 term 4 append after 2@1"));
}

TEST_F(Figure2Test, LeadersCommitOnlyWhatAMajorityHoldsOnDisk) {
  ElectNode1();
  Do({"disks manual", "propose 1 1", "deliver 1->2"});
  EXPECT_EQ(Do({"deliver 2->1"}), "") << "in memory only";
  EXPECT_THAT(Do({"durable 2", "deliver 2->1"}), Not(HasSubstr("committed")))
      << "one disk of three: the leader's own is not done";
  EXPECT_THAT(Do({"durable 1"}), HasSubstr("committed 2..2"));
}

TEST_F(Figure2Test, LeadersCommitOnlyEntriesOfTheirOwnTermByCounting) {
  Do({"cluster 3 append-bytes=1", "log 1 1 2", "log 2 1", "log 3 1", "start", "campaign 1",
      "deliver 1->2", "deliver 2->1", "deliver 1->2", "drop 1->3", "deliver 2->1"});
  // First the search for common ground, then the entry of term 2, then the no-op of term 3.
  Do({"deliver 1->2", "deliver 2->1", "deliver 1->2"});
  EXPECT_THAT(Do({"show 2"}), HasSubstr("|1 2"));
  EXPECT_THAT(Do({"deliver 2->1"}), Not(HasSubstr("committed")));
  EXPECT_THAT(Do({"deliver 1->2", "deliver 2->1"}), HasSubstr("committed 1..3"));
}

}  // namespace
}  // namespace jfs::raft
