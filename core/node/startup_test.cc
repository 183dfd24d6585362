#include "core/node/startup.h"

#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "core/kv/memory_store.h"
#include "core/raft/codec.h"

namespace jfs::node {
namespace {

raft::Membership Formed() {
  raft::Membership membership;
  membership.cluster = ClusterId(9);
  membership.members = {{NodeId(1), Incarnation(11)}, {NodeId(2), Incarnation(12)}};
  return membership;
}

raft::HardState TermAndVote(uint64_t term, uint64_t vote) {
  raft::HardState state;
  state.term = raft::Term(term);
  state.voted_for = NodeId(vote);
  state.membership = Formed();
  return state;
}

// Entries of the given terms behind a base.
log::RecoveredLog LogWith(uint64_t base, uint64_t base_term, const std::vector<uint64_t>& terms,
                          const raft::HardState& hard_state) {
  log::RecoveredLog log;
  log.existed = true;
  log.hard_state = raft::EncodeHardState(hard_state);
  log.base = {base, base_term};
  for (const uint64_t term : terms) {
    log.entries.push_back(
        {++base, term, static_cast<uint8_t>(raft::EntryKind::kNoop), SharedBytes()});
  }
  return log;
}

AppliedRow StateAt(uint64_t index, uint64_t term) {
  return AppliedRow{{raft::LogIndex(index), raft::Term(term)}, Formed()};
}

struct Case {
  std::string name;
  log::RecoveredLog log;
  std::optional<AppliedRow> state;
  // Expectations.
  uint64_t base, entries, applied, term, vote;
  bool damaged, reset;
};

TEST(StartupTest, Table) {
  log::RecoveredLog rotten = LogWith(0, 0, {1, 1}, TermAndVote(2, 1));
  rotten.damaged = true;
  rotten.damage = "segment 1, block 3";
  const std::vector<Case> cases = {
      {"first start", {}, std::nullopt, 0, 0, 0, 0, 0, false, false},
      {"log ahead of the state", LogWith(0, 0, {1, 1, 2}, TermAndVote(2, 1)), StateAt(1, 1), 0, 3,
       1, 2, 1, false, false},
      {"state at the end of the log", LogWith(4, 1, {2}, TermAndVote(2, 2)), StateAt(5, 2), 4, 1, 5,
       2, 2, false, false},
      {"state at the base", LogWith(4, 1, {2}, TermAndVote(2, 2)), StateAt(4, 1), 4, 1, 4, 2, 2,
       false, false},
      {"no state yet, whole log", LogWith(0, 0, {1}, TermAndVote(1, 1)), std::nullopt, 0, 1, 0, 1,
       1, false, false},
      {"state ahead of the log", LogWith(0, 0, {1, 1}, TermAndVote(2, 1)), StateAt(7, 2), 7, 0, 7,
       2, 1, false, true},
      {"state ahead, in a term the log has not heard of", LogWith(0, 0, {1, 1}, TermAndVote(2, 1)),
       StateAt(7, 3), 7, 0, 7, 3, 0, false, true},
      {"log holds another entry where the state stands",
       LogWith(0, 0, {1, 1, 1}, TermAndVote(2, 1)), StateAt(2, 2), 2, 0, 2, 2, 1, false, true},
      {"no log beside a state", {}, StateAt(7, 3), 7, 0, 7, 3, 0, true, true},
      {"no state behind a log that begins later", LogWith(4, 1, {2}, TermAndVote(2, 2)),
       std::nullopt, 0, 0, 0, 2, 2, true, true},
      {"state behind the log's beginning", LogWith(4, 1, {2}, TermAndVote(2, 2)), StateAt(3, 1), 3,
       0, 3, 2, 2, true, true},
      {"rot", rotten, StateAt(1, 1), 0, 2, 1, 2, 1, true, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const absl::StatusOr<Startup> got = DecideStartup(c.log, c.state);
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(got->recovered.base.index, raft::LogIndex(c.base));
    EXPECT_EQ(got->recovered.entries.size(), c.entries);
    EXPECT_EQ(got->recovered.applied, raft::LogIndex(c.applied));
    EXPECT_EQ(got->recovered.hard_state.term, raft::Term(c.term));
    EXPECT_EQ(got->recovered.hard_state.voted_for, NodeId(c.vote));
    EXPECT_EQ(got->recovered.damaged, c.damaged);
    EXPECT_EQ(got->reset_log_to.has_value(), c.reset);
    if (c.reset) {
      EXPECT_EQ(got->reset_log_to, got->recovered.base);
      EXPECT_FALSE(got->note.empty()) << "an operator wants to know";
    }
    // What Raft requires of its recovery, whatever was found.
    EXPECT_LE(got->recovered.base.term, got->recovered.hard_state.term);
    if (c.state.has_value()) {
      EXPECT_TRUE(got->recovered.hard_state.membership.formed());
    }
  }
}

// The state may be flushed with an admission in it while the hard state that names it is still on
// its way to the log. Entries below the state are not told to Raft as committed again.
TEST(StartupTest, AnAdmissionThatTheStateHasSeenIsNotForgotten) {
  AppliedRow state = StateAt(2, 1);
  state.membership.members[1].incarnation = Incarnation(22);
  state.membership.as_of = raft::LogIndex(2);
  state.membership.as_of_term = raft::Term(1);
  const absl::StatusOr<Startup> older =
      DecideStartup(LogWith(0, 0, {1, 1, 1}, TermAndVote(1, 1)), state);
  ASSERT_TRUE(older.ok()) << older.status();
  EXPECT_FALSE(older->reset_log_to.has_value());
  EXPECT_EQ(older->recovered.hard_state.membership, state.membership);

  raft::HardState newer = TermAndVote(1, 1);
  newer.membership.members[1].incarnation = Incarnation(33);
  newer.membership.as_of = raft::LogIndex(3);
  newer.membership.as_of_term = raft::Term(1);
  const absl::StatusOr<Startup> kept = DecideStartup(LogWith(0, 0, {1, 1, 1}, newer), state);
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(kept->recovered.hard_state.membership, newer.membership);
}

TEST(StartupTest, UnknownHardStateIsRefused) {
  log::RecoveredLog log = LogWith(0, 0, {}, TermAndVote(1, 1));
  log.hard_state[0] = '\x7f';
  const absl::StatusOr<Startup> got = DecideStartup(log, std::nullopt);
  ASSERT_FALSE(got.ok());
  EXPECT_NE(std::string(got.status().message()).find("later release"), std::string::npos);
}

TEST(StartupTest, TheDiskOfAnotherSetOfMastersIsRefused) {
  const std::vector<NodeId> two = {NodeId(1), NodeId(2)};
  EXPECT_TRUE(CheckMembers(raft::Membership(), {NodeId(1)}).ok()) << "not formed yet";
  EXPECT_TRUE(CheckMembers(Formed(), two).ok());
  for (const std::vector<NodeId>& other : {std::vector<NodeId>{NodeId(1)},
                                           {NodeId(1), NodeId(2), NodeId(3)},
                                           {NodeId(1), NodeId(3)}}) {
    const absl::Status refused = CheckMembers(Formed(), other);
    EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
    EXPECT_NE(refused.message().find("cluster of masters 1, 2"), absl::string_view::npos);
  }
}

TEST(AppliedRowTest, RoundTripAndEveryTruncation) {
  const AppliedRow row = StateAt(300, 5);
  const std::string bytes = EncodeAppliedRow(row);
  ASSERT_TRUE(DecodeAppliedRow(bytes).ok());
  EXPECT_EQ(*DecodeAppliedRow(bytes), row);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeAppliedRow(bytes.substr(0, size)).ok()) << size;
  }
  std::string later = bytes;
  later[0] = 9;
  EXPECT_TRUE(absl::IsFailedPrecondition(DecodeAppliedRow(later).status()));
}

TEST(AppliedRowTest, RowsWithoutPositionAreRefused) {
  kv::MemoryStore store;
  absl::StatusOr<std::optional<AppliedRow>> row = ReadAppliedRow(store);
  ASSERT_TRUE(row.ok());
  EXPECT_FALSE(row->has_value());
  kv::WriteBatch batch;
  batch.Put("x", "y");
  ASSERT_TRUE(store.Write(batch).ok());
  EXPECT_TRUE(absl::IsDataLoss(ReadAppliedRow(store).status()));
}

}  // namespace
}  // namespace jfs::node
