#include "net/peer_transport.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "net/held_port.h"
#include "spdlog/sinks/base_sink.h"
#include "spdlog/spdlog.h"

namespace jfs::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// What would stand in the process's log.
class LogLines : public spdlog::sinks::base_sink<std::mutex> {
 public:
  std::vector<std::string> lines;

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    lines.emplace_back(message.payload.data(), message.payload.size());
  }
  void flush_() override {}
};

struct Inbox : PeerTransport::Receiver {
  void OnPayload(NodeId from, node::Lane lane, SharedBytes payload) override {
    received.push_back(std::to_string(from.value) + "/" + std::to_string(static_cast<int>(lane)) +
                       ":" + std::string(payload.view()));
  }
  std::vector<std::string> received;
};

class PeerTransportTest : public testing::Test {
 protected:
  PeerTransportTest() { spdlog::default_logger()->sinks() = {log_}; }
  ~PeerTransportTest() override { spdlog::default_logger()->sinks().clear(); }

  PeerTransport::Options OptionsOf(uint64_t self) {
    PeerTransport::Options options;
    options.self = NodeId(self);
    for (uint64_t peer : {1, 2}) {
      if (peer != self) {
        options.peers.push_back({NodeId(peer), ports_[peer - 1].where()});
      }
    }
    options.configuration_hash = 99;
    options.min_backoff = kMillisecond;
    options.max_backoff = 5 * kMillisecond;
    options.seed = self;
    return options;
  }
  std::unique_ptr<PeerTransport> Start(const PeerTransport::Options& options, Inbox* inbox,
                                       ClusterId cluster = ClusterId(5)) {
    auto out = std::make_unique<PeerTransport>(loop_.get(), &resolver_, inbox, options);
    EXPECT_TRUE(out->Listen(ports_[options.self.value - 1].where()).ok());
    out->SetIdentity(Incarnation(options.self.value + 100), cluster);
    return out;
  }
  bool Until(const std::function<bool()>& done) {
    const Micros end = EventLoop::Now() + 20 * kSecond;
    while (!done() && EventLoop::Now() < end) loop_->RunOnce(kMillisecond);
    return done();
  }
  static bool Connected(const PeerTransport& from, uint64_t to) {
    for (int lane = 0; lane < node::kLanes; ++lane) {
      if (!from.stats(NodeId(to), static_cast<node::Lane>(lane)).connected) return false;
    }
    return true;
  }
  int Lines(const std::string& with) {
    int count = 0;
    for (const std::string& line : log_->lines) count += line.find(with) != std::string::npos;
    return count;
  }
  UniqueFd Dial(uint64_t to) {
    const absl::StatusOr<Endpoint> where = ResolveNumeric(ports_[to - 1].where());
    UniqueFd fd(socket(AF_INET, SOCK_STREAM, 0));
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&where->address), where->size),
              0);
    return fd;
  }
  // Whether the other side has closed (what it sent before is read away).
  static bool ClosedByPeer(const UniqueFd& fd) {
    char buffer[4096];
    while (true) {
      const ssize_t got = recv(fd.get(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (got > 0) continue;
      return got == 0 || errno != EAGAIN;
    }
  }
  node::PeerHello HelloFrom2() const {
    return {.from = NodeId(2),
            .to = NodeId(1),
            .incarnation = Incarnation(102),
            .cluster = ClusterId(5),
            .lane = node::Lane::kAppend,
            .configuration_hash = 99};
  }

  std::shared_ptr<LogLines> log_ = std::make_shared<LogLines>();
  std::unique_ptr<EventLoop> loop_ = std::move(*EventLoop::Create());
  Resolver resolver_{loop_.get()};
  HeldPort ports_[2];
};

TEST_F(PeerTransportTest, PayloadsGoBothWaysOnEveryLane) {
  Inbox inbox1, inbox2;
  auto one = Start(OptionsOf(1), &inbox1);
  auto two = Start(OptionsOf(2), &inbox2);
  ASSERT_TRUE(Until([&] { return Connected(*one, 2) && Connected(*two, 1); }));
  EXPECT_TRUE(one->Send(NodeId(2), node::Lane::kControl, SharedBytes(std::string("vote"))));
  EXPECT_TRUE(one->Send(NodeId(2), node::Lane::kControl, SharedBytes(std::string("beat"))));
  ASSERT_TRUE(Until([&] { return inbox2.received.size() == 2; }));
  EXPECT_THAT(inbox2.received, ElementsAre("1/0:vote", "1/0:beat"));
  const std::string large(5 << 20, 'e');
  EXPECT_TRUE(two->Send(NodeId(1), node::Lane::kAppend, SharedBytes(large)));
  EXPECT_TRUE(two->Send(NodeId(1), node::Lane::kSnapshot, SharedBytes(std::string())));
  ASSERT_TRUE(Until([&] { return inbox1.received.size() == 2; }));
  EXPECT_THAT(inbox1.received, testing::UnorderedElementsAre("2/1:" + large, "2/2:"));
}

TEST_F(PeerTransportTest, ReconnectsWhenThePeerComesBack) {
  Inbox inbox1, inbox2;
  auto one = Start(OptionsOf(1), &inbox1);
  auto two = Start(OptionsOf(2), &inbox2);
  ASSERT_TRUE(Until([&] { return Connected(*one, 2); }));
  two.reset();
  ASSERT_TRUE(Until([&] {
    return !one->stats(NodeId(2), node::Lane::kControl).connected &&
           !one->stats(NodeId(2), node::Lane::kSnapshot).connected;
  }));
  EXPECT_FALSE(one->Send(NodeId(2), node::Lane::kSnapshot, SharedBytes(std::string("lost"))));
  two = Start(OptionsOf(2), &inbox2);
  ASSERT_TRUE(Until([&] { return Connected(*one, 2); }));
  EXPECT_TRUE(one->Send(NodeId(2), node::Lane::kControl, SharedBytes(std::string("again"))));
  ASSERT_TRUE(Until([&] { return !inbox2.received.empty(); }));
  EXPECT_THAT(inbox2.received, ElementsAre("1/0:again"));
}

TEST_F(PeerTransportTest, NothingIsSaidBeforeTheIdentityIsKnown) {
  Inbox inbox1, inbox2;
  auto two = Start(OptionsOf(2), &inbox2);
  PeerTransport one(loop_.get(), &resolver_, &inbox1, OptionsOf(1));
  ASSERT_TRUE(one.Listen(ports_[0].where()).ok());
  for (int i = 0; i < 50; ++i) loop_->RunOnce(kMillisecond);
  EXPECT_FALSE(two->stats(NodeId(1), node::Lane::kControl).connected);
  EXPECT_EQ(one.stats(NodeId(2), node::Lane::kControl).failures, 0u);
  one.SetIdentity(Incarnation(101), ClusterId{});
  EXPECT_TRUE(Until([&] { return Connected(one, 2) && Connected(*two, 1); }));
}

TEST_F(PeerTransportTest, BudgetOfALaneIsKept) {
  Inbox inbox1;
  PeerTransport::Options options = OptionsOf(1);
  options.lane_budget = {1000, 1 << 20, 1 << 20};
  auto one = Start(options, &inbox1);
  // A peer that greets and then reads nothing.
  absl::StatusOr<UniqueFd> listener = Listen(ports_[1].where(), 10);
  ASSERT_TRUE(listener.ok());
  std::vector<UniqueFd> accepted;
  ASSERT_TRUE(Until([&] {
    UniqueFd fd(accept(listener->get(), nullptr, nullptr));
    if (fd.valid()) {
      const std::string hello = node::EncodeFrame(node::EncodeHello(HelloFrom2()));
      EXPECT_EQ(send(fd.get(), hello.data(), hello.size(), 0), static_cast<ssize_t>(hello.size()));
      accepted.push_back(std::move(fd));
    }
    return Connected(*one, 2);
  }));
  const SharedBytes payload(std::string(300, 'p'));
  int taken = 0;
  while (one->Send(NodeId(2), node::Lane::kControl, payload)) ++taken;
  EXPECT_GE(taken, 2);
  EXPECT_LE(taken, 4);
  EXPECT_GE(one->stats(NodeId(2), node::Lane::kControl).payloads_dropped, 1u);
  // Another lane is not affected, and one payload larger than the budget may go by itself.
  EXPECT_TRUE(one->Send(NodeId(2), node::Lane::kAppend, SharedBytes(std::string(2 << 20, 'a'))));
}

struct BadHello {
  const char* name;
  std::function<void(node::PeerHello*)> change;
  const char* says;
};

TEST_F(PeerTransportTest, WrongPeersAreClosedWithOneClearLine) {
  Inbox inbox;
  auto one = Start(OptionsOf(1), &inbox);
  const BadHello cases[] = {
      {"cluster", [](node::PeerHello* h) { h->cluster = ClusterId(6); }, "belongs to cluster"},
      {"configuration", [](node::PeerHello* h) { h->configuration_hash = 1; },
       "another raft.initial-conf"},
      {"target", [](node::PeerHello* h) { h->to = NodeId(3); }, "wants to talk to master 3"},
      {"self", [](node::PeerHello* h) { h->from = NodeId(1); }, "which is this one"},
      {"stranger", [](node::PeerHello* h) { h->from = NodeId(9); },
       "raft.initial-conf does not have"},
      {"version", [](node::PeerHello* h) { h->version = 7; }, "version 7"},
  };
  for (const BadHello& c : cases) {
    SCOPED_TRACE(c.name);
    log_->lines.clear();
    // A new transport forgets which lines were written.
    one.reset();
    one = Start(OptionsOf(1), &inbox);
    node::PeerHello hello = HelloFrom2();
    c.change(&hello);
    for (int i = 0; i < 5; ++i) {
      const UniqueFd fd = Dial(1);
      const std::string bytes =
          node::EncodeFrame(node::EncodeHello(hello)) + node::EncodeFrame("payload");
      ASSERT_EQ(send(fd.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
      ASSERT_TRUE(Until([&] { return ClosedByPeer(fd); }));
    }
    EXPECT_EQ(Lines(c.says), 1) << testing::PrintToString(log_->lines);
  }
  EXPECT_THAT(inbox.received, IsEmpty());
}

TEST_F(PeerTransportTest, BrokenFramesCloseTheConnection) {
  Inbox inbox;
  auto one = Start(OptionsOf(1), &inbox);
  const std::string hello = node::EncodeFrame(node::EncodeHello(HelloFrom2()));
  std::string flipped = node::EncodeFrame("payload");
  flipped.back() ^= 1;
  std::string oversized = node::EncodeFrame("payload").substr(0, 4) +
                          std::string("\xff\xff\xff\xff\0\0\0\0\0\0\0\0", 12);
  for (const std::string& bad : {std::string("GET / HTTP/1.1\r\n\r\n"), hello + flipped,
                                 hello + oversized, hello + std::string("zzzzzzzzzzzzzzzz"),
                                 node::EncodeFrame("not a hello"), node::EncodeFrame("")}) {
    const UniqueFd fd = Dial(1);
    ASSERT_EQ(send(fd.get(), bad.data(), bad.size(), 0), static_cast<ssize_t>(bad.size()));
    EXPECT_TRUE(Until([&] { return ClosedByPeer(fd); }));
  }
  EXPECT_THAT(inbox.received, IsEmpty());
}

TEST_F(PeerTransportTest, LargeFramesComeAfterTheHello) {
  Inbox inbox;
  auto one = Start(OptionsOf(1), &inbox);
  const std::string large = node::EncodeFrame(std::string((64 << 10) + 1, 'x'));
  const UniqueFd stranger = Dial(1);
  // Its header is enough: nothing of the rest is kept.
  ASSERT_EQ(send(stranger.get(), large.data(), 16, MSG_NOSIGNAL), 16);
  ASSERT_TRUE(Until([&] { return ClosedByPeer(stranger); }));
  EXPECT_EQ(Lines("the limit is 65536"), 1) << testing::PrintToString(log_->lines);
}

TEST_F(PeerTransportTest, SilentConnectionsTimeOutAndAreBounded) {
  Inbox inbox;
  PeerTransport::Options options = OptionsOf(1);
  options.max_pending_hellos = 2;
  options.hello_timeout = 200 * kMillisecond;
  auto one = Start(options, &inbox);
  const UniqueFd first = Dial(1), second = Dial(1), third = Dial(1);
  ASSERT_TRUE(Until([&] { return ClosedByPeer(first); }));
  EXPECT_EQ(Lines("have not said hello"), 1);
  ASSERT_TRUE(Until([&] { return ClosedByPeer(second) && ClosedByPeer(third); }));
}

TEST_F(PeerTransportTest, NewConnectionOfAPeerReplacesItsOldOne) {
  Inbox inbox;
  auto one = Start(OptionsOf(1), &inbox);
  const std::string hello = node::EncodeFrame(node::EncodeHello(HelloFrom2()));
  const UniqueFd old = Dial(1);
  ASSERT_GT(send(old.get(), hello.data(), hello.size(), 0), 0);
  const std::string first = node::EncodeFrame("old");
  ASSERT_GT(send(old.get(), first.data(), first.size(), 0), 0);
  ASSERT_TRUE(Until([&] { return inbox.received.size() == 1; }));
  const UniqueFd fresh = Dial(1);
  ASSERT_GT(send(fresh.get(), hello.data(), hello.size(), 0), 0);
  ASSERT_TRUE(Until([&] { return ClosedByPeer(old); }));
  const std::string second = node::EncodeFrame("new");
  ASSERT_GT(send(fresh.get(), second.data(), second.size(), 0), 0);
  ASSERT_TRUE(Until([&] { return inbox.received.size() == 2; }));
  EXPECT_THAT(inbox.received, ElementsAre("2/1:old", "2/1:new"));
}

TEST_F(PeerTransportTest, DiallerRefusesAnotherMasterAtTheAddress) {
  Inbox inbox1;
  absl::StatusOr<UniqueFd> listener = Listen(ports_[1].where(), 10);
  ASSERT_TRUE(listener.ok());
  auto one = Start(OptionsOf(1), &inbox1);
  ASSERT_TRUE(Until([&] {
    UniqueFd fd(accept(listener->get(), nullptr, nullptr));
    if (fd.valid()) {
      node::PeerHello hello = HelloFrom2();
      hello.from = NodeId(3);
      const std::string bytes = node::EncodeFrame(node::EncodeHello(hello));
      EXPECT_GT(send(fd.get(), bytes.data(), bytes.size(), 0), 0);
      loop_->RunOnce(kMillisecond);
    }
    return Lines("master 3 answers at the address of master 2") > 0;
  }));
  EXPECT_FALSE(one->stats(NodeId(2), node::Lane::kControl).connected);
}

TEST_F(PeerTransportTest, DownPeerMakesFewLines) {
  Inbox inbox;
  auto one = Start(OptionsOf(1), &inbox);
  ASSERT_TRUE(Until([&] { return one->stats(NodeId(2), node::Lane::kControl).failures > 20; }));
  EXPECT_LE(Lines("control connection to master 2"), 2);
}

}  // namespace
}  // namespace jfs::net
