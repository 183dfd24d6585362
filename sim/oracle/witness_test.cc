// The checkers checked: a legal history passes, and every way of changing it is noticed.
#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "core/ns/codec.h"
#include "sim/oracle/client_oracle.h"
#include "sim/oracle/committed_history.h"
#include "sim/oracle/violation.h"

namespace jfs::sim {
namespace {

ns::Caller Superuser(std::string attempt) {
  ns::Caller caller;
  caller.user = "hdfs";
  caller.groups = {"supergroup"};
  caller.superuser = true;
  caller.address = std::move(attempt);
  return caller;
}

ns::Command Mkdirs(int call, const std::string& path, const std::string& attempt) {
  ns::Command command;
  command.caller = Superuser(attempt);
  command.call = ns::CallId{"0123456789abcdef", call};
  ns::Mkdirs mkdirs;
  mkdirs.path = path;
  command.operation = mkdirs;
  return command;
}

class WitnessTest : public testing::Test {
 protected:
  WitnessTest() : history_(Mutations(), &probes_), clients_(&history_, &probes_) {
    ns::Command make;
    make.caller = Superuser("");
    make.operation = ns::CreateNamespace{"test"};
    Commit(make);
  }

  raft::Entry EntryOf(std::vector<ns::Command> commands) {
    ns::CommandBatch batch;
    batch.wall = WallMillis(1'700'000'000'000);
    batch.commands = std::move(commands);
    raft::Entry entry;
    entry.term = raft::Term(1);
    entry.index = raft::LogIndex(history_.last() + 1);
    entry.kind = raft::EntryKind::kCommand;
    entry.payload = SharedBytes(ns::EncodeCommandBatch(batch));
    return entry;
  }
  uint64_t Commit(const ns::Command& command) {
    const raft::Entry entry = EntryOf({command});
    history_.Observe(NodeId(1), raft::Term(9), entry);
    history_.Observe(NodeId(2), raft::Term(9), entry);
    return entry.index.value;
  }
  node::ClientReply ReplyAt(uint64_t index) {
    node::ClientReply reply;
    reply.at = raft::Position{raft::LogIndex(index), raft::Term(1)};
    reply.reply = history_.at(index).commands.at(0).reply;
    return reply;
  }
  // A read of `path` answered correctly from `index`.
  node::ClientReply ReadAt(uint64_t index, const ns::ReadRequest& request) {
    const model::Outcome outcome = history_.Read(index, request);
    node::ClientReply reply;
    reply.at = raft::Position{raft::LogIndex(index), raft::Term(1)};
    reply.reply.value = outcome.value;
    reply.reply.position = ns::Position::Of(1, outcome.sequence);
    return reply;
  }
  static std::string OracleThatSees(const std::function<void()>& act) {
    try {
      act();
    } catch (const Violation& violation) {
      return violation.oracle;
    }
    return "nobody";
  }

  Probes probes_;
  CommittedHistory history_;
  ClientOracle clients_;
};

TEST_F(WitnessTest, LegalHistoryPasses) {
  const uint64_t floor = clients_.Invoked();
  const ns::Command command = Mkdirs(1, "/a", "try-1");
  const uint64_t index = Commit(command);
  clients_.WriteCompleted(floor, command.call, ReplyAt(index));
  ns::ReadRequest request{1, Superuser(""), ns::GetFileInfo{"/a"}};
  const node::ClientReply read = ReadAt(index, request);
  EXPECT_TRUE(std::holds_alternative<ns::FileStatus>(read.reply.value));
  clients_.ReadAnswered(request, read);
  clients_.ReadCompleted(clients_.Invoked(), read);
  history_.CheckState(NodeId(1), index, history_.at(index).state_hash);
  history_.CheckTree();
}

TEST_F(WitnessTest, StaleReadIsNoticed) {
  ns::ReadRequest request{1, Superuser(""), ns::GetFileInfo{"/a"}};
  const node::ClientReply old = ReadAt(1, request);
  const ns::Command command = Mkdirs(1, "/a", "try-1");
  const uint64_t index = Commit(command);
  clients_.WriteCompleted(0, command.call, ReplyAt(index));
  const uint64_t floor = clients_.Invoked();
  EXPECT_EQ(OracleThatSees([&] { clients_.ReadAnswered(request, old); }), "nobody");
  EXPECT_EQ(OracleThatSees([&] { clients_.ReadCompleted(floor, old); }), "real-time-order");
  // The old value under a new position does not help either.
  node::ClientReply disguised = old;
  disguised.at.index = raft::LogIndex(index);
  EXPECT_EQ(OracleThatSees([&] { clients_.ReadAnswered(request, disguised); }), "reply");
}

TEST_F(WitnessTest, SwappedRepliesAreNoticed) {
  const ns::Command first = Mkdirs(1, "/a", "try-1");
  const ns::Command second = Mkdirs(2, "/b", "try-2");
  const uint64_t at_first = Commit(first);
  const uint64_t at_second = Commit(second);
  EXPECT_EQ(OracleThatSees([&] { clients_.WriteCompleted(0, first.call, ReplyAt(at_second)); }),
            "acknowledged-write");
  node::ClientReply swapped = ReplyAt(at_first);
  swapped.reply = ReplyAt(at_second).reply;
  EXPECT_EQ(OracleThatSees([&] { clients_.WriteCompleted(0, first.call, swapped); }), "reply");
}

TEST_F(WitnessTest, AcknowledgementOfNothingIsNoticed) {
  const ns::Command command = Mkdirs(1, "/a", "try-1");
  node::ClientReply reply;
  reply.at = raft::Position{raft::LogIndex(history_.last() + 1), raft::Term(1)};
  EXPECT_EQ(OracleThatSees([&] { clients_.WriteCompleted(0, command.call, reply); }),
            "acknowledged-write");
  const uint64_t index = Commit(command);
  node::ClientReply other_term = ReplyAt(index);
  other_term.at.term = raft::Term(2);
  EXPECT_EQ(OracleThatSees([&] { clients_.WriteCompleted(0, command.call, other_term); }),
            "acknowledged-write");
}

TEST_F(WitnessTest, WriteBeforeItsInvocationIsNoticed) {
  const ns::Command early = Mkdirs(1, "/a", "try-1");
  const uint64_t index = Commit(early);
  const ns::Command later = Mkdirs(2, "/b", "try-2");
  clients_.WriteCompleted(0, later.call, ReplyAt(Commit(later)));
  EXPECT_EQ(OracleThatSees(
                [&] { clients_.WriteCompleted(clients_.Invoked(), early.call, ReplyAt(index)); }),
            "real-time-order");
}

TEST_F(WitnessTest, TwoEntriesAtOneIndexAreNoticed) {
  raft::Entry entry = EntryOf({Mkdirs(1, "/a", "try-1")});
  history_.Observe(NodeId(1), raft::Term(9), entry);
  raft::Entry other_term = entry;
  other_term.term = raft::Term(2);
  EXPECT_EQ(OracleThatSees([&] { history_.Observe(NodeId(2), raft::Term(9), other_term); }),
            "committed-entry");
  raft::Entry other_payload = entry;
  other_payload.payload = SharedBytes(std::string("x"));
  EXPECT_EQ(OracleThatSees([&] { history_.Observe(NodeId(2), raft::Term(9), other_payload); }),
            "committed-entry");
}

TEST_F(WitnessTest, RefusedAttemptThatHappensIsNoticed) {
  history_.MustNotHappen("try-1");
  EXPECT_EQ(OracleThatSees([&] { Commit(Mkdirs(1, "/a", "try-1")); }), "definite-failure");
}

TEST_F(WitnessTest, HappenedAttemptThatIsRefusedIsNoticed) {
  Commit(Mkdirs(1, "/a", "try-1"));
  EXPECT_EQ(OracleThatSees([&] { history_.MustNotHappen("try-1"); }), "definite-failure");
}

TEST_F(WitnessTest, RetryIsAnsweredAsTheFirstTime) {
  const uint64_t first = Commit(Mkdirs(1, "/a", "try-1"));
  const uint64_t second = Commit(Mkdirs(1, "/a", "try-2"));
  EXPECT_TRUE(history_.at(second).commands.at(0).repeated);
  EXPECT_EQ(history_.at(second).commands.at(0).reply, history_.at(first).commands.at(0).reply);
  EXPECT_EQ(probes_.count(Probe::kRetriesAnswered), 1u);
}

TEST_F(WitnessTest, SafeModeIsReadAsOfItsIndex) {
  ns::Command enter;
  enter.caller = Superuser("try-1");
  enter.operation = ns::SetSafeMode{true};
  const uint64_t on = Commit(enter);
  EXPECT_EQ(history_.at(on).sequence, history_.at(on - 1).sequence) << "no mutation";
  const ns::ReadRequest request{1, Superuser(""), ns::GetSafeMode{}};
  EXPECT_EQ(history_.Read(on - 1, request).value, ns::Value(ns::Truth{false}));
  EXPECT_EQ(history_.Read(on, request).value, ns::Value(ns::Truth{true}));
  node::ClientReply stale = ReadAt(on - 1, request);
  EXPECT_EQ(OracleThatSees([&] { clients_.ReadAnswered(request, stale); }), "nobody");
  stale.at.index = raft::LogIndex(on);
  EXPECT_EQ(OracleThatSees([&] { clients_.ReadAnswered(request, stale); }), "reply");
  EXPECT_EQ(OracleThatSees([&] { Commit(Mkdirs(1, "/a", "try-2")); }), "nobody");
  EXPECT_EQ(probes_.count(Probe::kSafeModes), 1u);
  EXPECT_EQ(probes_.count(Probe::kSafeModeRefused), 1u);
}

TEST_F(WitnessTest, OtherStateIsNoticed) {
  const uint64_t index = Commit(Mkdirs(1, "/a", "try-1"));
  EXPECT_EQ(OracleThatSees(
                [&] { history_.CheckState(NodeId(2), index, history_.at(index).state_hash + 1); }),
            "state-hash");
  EXPECT_EQ(OracleThatSees([&] { history_.CheckState(NodeId(2), index + 1, 0); }), "state-hash");
}

}  // namespace
}  // namespace jfs::sim
