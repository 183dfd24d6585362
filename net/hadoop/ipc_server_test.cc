#include "net/hadoop/ipc_server.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "net/hadoop/ipc_client.h"
#include "net/hadoop/ipc_message.h"
#include "net/hadoop/proto/client_namenode.pb.h"

namespace jfs::net::hadoop {
namespace {

constexpr char kClientId[] = "0123456789abcdef";

// Keeps calls until the test answers them.
struct Handler : CallHandler {
  struct Kept {
    CallHandle handle;
    uint32_t listener;
    std::string method, user, address;
    int32_t call_id;
  };
  void OnCall(const IncomingCall& in) override {
    calls.push_back(
        {in.handle, in.listener, in.call.method, in.user, in.address, in.call.identity.call_id});
    if (on_call) on_call(calls.back());
  }
  std::vector<Kept> calls;
  std::function<void(const Kept&)> on_call;
};

// A client that writes and reads raw bytes.
class RawClient {
 public:
  explicit RawClient(uint16_t port) {
    const absl::StatusOr<Endpoint> where = ResolveNumeric({.host = "127.0.0.1", .port = port});
    fd_ = UniqueFd(socket(AF_INET, SOCK_STREAM, 0));
    EXPECT_EQ(connect(fd_.get(), reinterpret_cast<const sockaddr*>(&where->address), where->size),
              0);
  }
  // Sends what the socket takes now.
  size_t Send(std::string_view bytes) {
    const ssize_t sent = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 ? 0 : static_cast<size_t>(sent);
  }
  void Receive() {
    char buffer[65536];
    while (true) {
      const ssize_t got = recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (got == 0 || (got < 0 && errno != EAGAIN)) closed = true;
      if (got <= 0) return;
      decoder_.Feed(std::string_view(buffer, static_cast<size_t>(got)));
      ResponseDecoder::Response response;
      while (true) {
        const absl::StatusOr<bool> more = decoder_.Next(&response);
        ASSERT_TRUE(more.ok()) << more.status();
        if (!*more) break;
        responses.push_back(response);
      }
    }
  }
  void Close() { fd_.Reset(); }
  bool closed = false;
  std::vector<ResponseDecoder::Response> responses;

 private:
  UniqueFd fd_;
  ResponseDecoder decoder_;
};

std::string SetupBytes() {
  std::string out = EncodeHello(kAuthNone);
  AppendContext(kClientId, "alice", kClientProtocol, &out);
  return out;
}
std::string CallBytes(int32_t id, std::string_view request = "") {
  std::string out;
  AppendCall({.call_id = id, .retry_count = 0, .client_id = kClientId}, kClientProtocol, 1,
             "getFileInfo", request, &out);
  return out;
}

class IpcServerTest : public testing::Test {
 protected:
  void Start(IpcServer::Options options = {}) {
    options.sweep_interval = 5 * kMillisecond;
    server_ = std::make_unique<IpcServer>(loop_.get(), &handler_, options);
    ASSERT_TRUE(server_->Listen({.host = "127.0.0.1", .port = 0}, 1).ok());
  }
  // Turns the loop until `done`, or for too long.
  bool Until(const std::function<bool()>& done) {
    const Micros end = EventLoop::Now() + 20 * kSecond;
    while (!done() && EventLoop::Now() < end) loop_->RunOnce(kMillisecond);
    return done();
  }
  uint16_t port() { return server_->port(1); }

  std::unique_ptr<EventLoop> loop_ = std::move(*EventLoop::Create());
  Handler handler_;
  std::unique_ptr<IpcServer> server_;
};

TEST_F(IpcServerTest, AnswersInAnyOrder) {
  Start();
  RawClient client(port());
  client.Send(SetupBytes() + CallBytes(7) + CallBytes(8) + CallBytes(9));
  ASSERT_TRUE(Until([&] { return handler_.calls.size() == 3; }));
  EXPECT_EQ(handler_.calls[0].user, "alice");
  EXPECT_EQ(handler_.calls[0].address, "127.0.0.1");
  EXPECT_EQ(handler_.calls[0].listener, 1u);
  server_->Reply(handler_.calls[2].handle, 42, "");
  server_->ReplyError(handler_.calls[0].handle, std::nullopt,
                      {.exception_class = "java.io.IOException", .message = "m"});
  server_->Reply(handler_.calls[1].handle, std::nullopt,
                 ::hadoop::hdfs::GetFileInfoResponseProto());
  ASSERT_TRUE(Until([&] {
    client.Receive();
    return client.responses.size() == 3;
  }));
  EXPECT_EQ(client.responses[0].call_id, 9);
  EXPECT_EQ(client.responses[0].state_id, 42);
  EXPECT_EQ(client.responses[1].call_id, 7);
  ASSERT_TRUE(client.responses[1].error.has_value());
  EXPECT_EQ(client.responses[1].error->exception_class, "java.io.IOException");
  EXPECT_FALSE(client.responses[1].fatal);
  EXPECT_EQ(client.responses[2].call_id, 8);
  EXPECT_EQ(server_->stats().calls, 3u);
}

TEST_F(IpcServerTest, EachPortHasItsTag) {
  Start();
  ASSERT_TRUE(server_->Listen({.host = "127.0.0.1", .port = 0}, 5).ok());
  RawClient client(server_->port(5));
  client.Send(SetupBytes() + CallBytes(0));
  ASSERT_TRUE(Until([&] { return handler_.calls.size() == 1; }));
  EXPECT_EQ(handler_.calls[0].listener, 5u);
}

TEST_F(IpcServerTest, AnswerForAClientThatHasGoneIsDropped) {
  Start();
  RawClient client(port());
  client.Send(SetupBytes() + CallBytes(0));
  ASSERT_TRUE(Until([&] { return handler_.calls.size() == 1; }));
  client.Close();
  ASSERT_TRUE(Until([&] { return server_->stats().connections == 0; }));
  server_->Reply(handler_.calls[0].handle, std::nullopt, "");
  EXPECT_EQ(server_->stats().replies, 0u);
  // Its handle's place may be used again, by another name.
  RawClient next(port());
  next.Send(SetupBytes() + CallBytes(1));
  ASSERT_TRUE(Until([&] { return handler_.calls.size() == 2; }));
  EXPECT_NE(handler_.calls[0].handle, handler_.calls[1].handle);
}

TEST_F(IpcServerTest, AbandonClosesWithoutAnAnswer) {
  Start();
  RawClient client(port());
  client.Send(SetupBytes() + CallBytes(0) + CallBytes(1));
  ASSERT_TRUE(Until([&] { return handler_.calls.size() == 2; }));
  server_->Abandon(handler_.calls[0].handle);
  ASSERT_TRUE(Until([&] {
    client.Receive();
    return client.closed;
  }));
  EXPECT_TRUE(client.responses.empty());
  server_->Abandon(handler_.calls[1].handle);
}

TEST_F(IpcServerTest, AbandonInsideTheCallIsFine) {
  Start();
  handler_.on_call = [&](const Handler::Kept& call) { server_->Abandon(call.handle); };
  RawClient client(port());
  client.Send(SetupBytes() + CallBytes(0) + CallBytes(1));
  ASSERT_TRUE(Until([&] {
    client.Receive();
    return client.closed;
  }));
  EXPECT_EQ(handler_.calls.size(), 1u);
}

TEST_F(IpcServerTest, FatalErrorArrivesBeforeTheClose) {
  Start();
  RawClient client(port());
  client.Send(std::string("hrpc\x0a\0\0", 7));
  ASSERT_TRUE(Until([&] {
    client.Receive();
    return client.closed;
  }));
  ASSERT_EQ(client.responses.size(), 1u);
  EXPECT_TRUE(client.responses[0].fatal);
  EXPECT_EQ(client.responses[0].error->exception_class,
            "org.apache.hadoop.ipc.RPC$VersionMismatch");
  EXPECT_EQ(server_->stats().connections, 0u);
  EXPECT_EQ(server_->stats().protocol_errors, 1u);
}

TEST_F(IpcServerTest, ManyCallsAtOnceWaitForAnswersInsteadOfPilingUp) {
  IpcServer::Options options;
  options.max_calls_per_connection = 4;
  Start(options);
  std::string bytes = SetupBytes();
  for (int i = 0; i < 20; ++i) bytes += CallBytes(i);
  RawClient client(port());
  client.Send(bytes);
  ASSERT_TRUE(Until([&] { return handler_.calls.size() == 4; }));
  for (int i = 0; i < 5; ++i) loop_->RunOnce(kMillisecond);
  EXPECT_EQ(handler_.calls.size(), 4u);
  EXPECT_GE(server_->stats().read_pauses, 1u);
  for (size_t i = 0; i < 20; ++i) {
    ASSERT_TRUE(Until([&] { return handler_.calls.size() > i; }));
    EXPECT_EQ(handler_.calls[i].call_id, static_cast<int32_t>(i));
    server_->Reply(handler_.calls[i].handle, std::nullopt, "");
    EXPECT_LE(handler_.calls.size(), i + 4);
  }
  ASSERT_TRUE(Until([&] {
    client.Receive();
    return client.responses.size() == 20;
  }));
}

TEST_F(IpcServerTest, WaitingCallsAreDeliveredInFrontOfAHook) {
  IpcServer::Options options;
  options.max_calls_per_connection = 1;
  Start(options);
  RawClient client(port());
  client.Send(SetupBytes() + CallBytes(0) + CallBytes(1));
  ASSERT_TRUE(Until([&] { return handler_.calls.size() == 1; }));
  size_t seen_by_hook = 0;
  loop_->AtTurnEnd([&] { seen_by_hook = handler_.calls.size(); });
  server_->Reply(handler_.calls[0].handle, std::nullopt, "");
  ASSERT_TRUE(Until([&] { return handler_.calls.size() == 2; }));
  EXPECT_EQ(seen_by_hook, 2u);
}

TEST_F(IpcServerTest, ClientThatDoesNotReadIsHeldBackAndThenClosed) {
  IpcServer::Options options;
  options.max_output_bytes = 64 << 10;
  options.stall_timeout = 100 * kMillisecond;
  Start(options);
  const std::string answer(16 << 10, 'a');
  handler_.on_call = [&](const Handler::Kept& call) {
    server_->Reply(call.handle, std::nullopt, answer);
  };
  RawClient client(port());
  client.Send(SetupBytes());
  int32_t id = 0;
  size_t most = 0;
  ASSERT_TRUE(Until([&] {
    for (int i = 0; i < 50; ++i) client.Send(CallBytes(id++));
    most = std::max(most, server_->stats().output_bytes);
    return server_->stats().stalled == 1;
  }));
  // One read's worth of calls may be answered before reading stops.
  EXPECT_LT(most, options.max_output_bytes + (2 << 20));
  EXPECT_EQ(server_->stats().connections, 0u);
}

TEST_F(IpcServerTest, SilentHalfOpenAndUnfinishedClientsAreClosed) {
  IpcServer::Options options;
  options.setup_timeout = 500 * kMillisecond;
  options.frame_timeout = 500 * kMillisecond;
  Start(options);
  RawClient silent(port()), half(port()), unfinished(port()), idle(port());
  half.Send("hrpc");
  unfinished.Send(SetupBytes() + CallBytes(0).substr(0, 30));
  idle.Send(SetupBytes());
  ASSERT_TRUE(Until([&] { return server_->stats().stalled == 3; }));
  EXPECT_EQ(server_->stats().connections, 1u);  // an idle client is nobody's trouble
  idle.Send(CallBytes(1));
  EXPECT_TRUE(Until([&] { return handler_.calls.size() == 1; }));
}

TEST_F(IpcServerTest, IdleClientsGoAfterTheirTime) {
  IpcServer::Options options;
  options.idle_timeout = 50 * kMillisecond;
  Start(options);
  RawClient client(port());
  client.Send(SetupBytes());
  ASSERT_TRUE(Until([&] { return server_->stats().idle_closed == 1; }));
}

TEST_F(IpcServerTest, UnfinishedFramesOfAllClientsAreBounded) {
  IpcServer::Options options;
  options.max_total_input_bytes = 1 << 20;
  Start(options);
  std::string frame = SetupBytes() + std::string("\0\x40\0\0", 4);  // announces 4 MiB
  frame += std::string(100 << 10, 'x');
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<RawClient>(port()));
    for (size_t sent = 0; sent < frame.size();) {
      sent += clients.back()->Send(std::string_view(frame).substr(sent));
      loop_->RunOnce(0);
    }
    for (int turn = 0; turn < 5; ++turn) loop_->RunOnce(kMillisecond);
    EXPECT_LE(server_->stats().input_bytes, options.max_total_input_bytes);
  }
  EXPECT_LT(server_->stats().connections, 12u);
  EXPECT_GT(server_->stats().connections, 5u);
}

TEST_F(IpcServerTest, DrippingAFrameDoesNotKeepItOpen) {
  IpcServer::Options options;
  options.frame_timeout = 100 * kMillisecond;
  Start(options);
  RawClient dripping(port());
  dripping.Send(SetupBytes() + std::string("\0\x40\0\0", 4));
  ASSERT_TRUE(Until([&] {
    dripping.Send("x");
    return server_->stats().stalled == 1;
  }));
  EXPECT_EQ(server_->stats().connections, 0u);
}

TEST_F(IpcServerTest, ManyFramesInARowAreNotOneSlowFrame) {
  IpcServer::Options options;
  options.frame_timeout = 200 * kMillisecond;
  Start(options);
  RawClient busy(port());
  // Always the beginning of the next call behind the end of this one.
  busy.Send(SetupBytes() + CallBytes(0).substr(0, 20));
  const Micros end = EventLoop::Now() + 600 * kMillisecond;
  int32_t id = 0;
  while (EventLoop::Now() < end) {
    busy.Send(CallBytes(id).substr(20) + CallBytes(id + 1).substr(0, 20));
    ++id;
    ASSERT_TRUE(Until([&] { return handler_.calls.size() == static_cast<size_t>(id); }));
    server_->Reply(handler_.calls.back().handle, std::nullopt, "");
  }
  EXPECT_EQ(server_->stats().stalled, 0u);
}

TEST_F(IpcServerTest, WhoHoldsMostUnfinishedInputGoes) {
  IpcServer::Options options;
  options.max_total_input_bytes = 256 << 10;
  Start(options);
  const std::string begun = SetupBytes() + std::string("\0\x40\0\0", 4);
  std::vector<std::unique_ptr<RawClient>> hoarders;
  for (int i = 0; i < 5; ++i) {
    hoarders.push_back(std::make_unique<RawClient>(port()));
    hoarders.back()->Send(begun + std::string(50 << 10, 'x'));
  }
  ASSERT_TRUE(Until([&] { return server_->stats().input_bytes > 5 * (50 << 10); }));
  // An honest call in two pieces, the first of which is too much for all together.
  const std::string call = CallBytes(7, std::string(40 << 10, 'y'));
  RawClient honest(port());
  honest.Send(SetupBytes() + call.substr(0, 30 << 10));
  ASSERT_TRUE(Until([&] { return server_->stats().hoarders_closed == 1; }));
  honest.Send(call.substr(30 << 10));
  ASSERT_TRUE(Until([&] { return handler_.calls.size() == 1; }));
  EXPECT_EQ(handler_.calls[0].call_id, 7);
}

TEST_F(IpcServerTest, WhoHasMostAnswersToTakeGoes) {
  IpcServer::Options options;
  options.max_output_bytes = 64 << 20;
  options.max_total_output_bytes = 45 << 20;
  Start(options);
  const std::string large(40 << 20, 'a'), small(4 << 20, 'b'), last(16 << 20, 'c');
  RawClient hoarder(port()), other(port()), newcomer(port());
  const auto ask = [&](RawClient& client, const std::string& answer) {
    client.Send(SetupBytes() + CallBytes(0));
    const size_t before = handler_.calls.size();
    ASSERT_TRUE(Until([&] { return handler_.calls.size() == before + 1; }));
    server_->Reply(handler_.calls.back().handle, std::nullopt, answer);
  };
  ask(hoarder, large);
  ask(other, small);
  EXPECT_EQ(server_->stats().hoarders_closed, 0u);
  // The kernel has taken some of it meanwhile, but not so much that this would fit.
  ask(newcomer, last);
  EXPECT_EQ(server_->stats().hoarders_closed, 1u);
  ASSERT_TRUE(Until([&] {
    newcomer.Receive();
    other.Receive();
    return newcomer.responses.size() == 1 && other.responses.size() == 1;
  }));
  hoarder.Receive();
  EXPECT_TRUE(hoarder.responses.empty());
}

// The answer to nonsense is one byte too much, and it is the sender of the nonsense that has most.
TEST_F(IpcServerTest, WhoGoesForTheAnswerToItsNonsenseIsNotCountedAnyMore) {
  IpcServer::Options options;
  options.max_output_bytes = 64 << 20;
  options.max_total_output_bytes = 32 << 20;
  Start(options);
  RawClient hoarder(port()), other(port());
  other.Send(SetupBytes());
  std::string calls = SetupBytes();
  for (int32_t id = 0; id < 300; ++id) calls += CallBytes(id);
  const std::string nonsense = std::string("\0\0\0\x10", 4) + std::string(16, '\xff');
  hoarder.Send(calls + nonsense.substr(0, 10));
  ASSERT_TRUE(Until([&] { return handler_.calls.size() == 300; }));
  const auto left = [&] { return options.max_total_output_bytes - server_->stats().output_bytes; };
  size_t answered = 0;
  const auto answer = [&](size_t bytes) {
    server_->Reply(handler_.calls[answered++].handle, std::nullopt, std::string(bytes, 'a'));
  };
  answer(30 << 20);
  for (int turn = 0; turn < 50; ++turn) loop_->RunOnce(kMillisecond);
  // The kernel takes no more. Up to the limit, almost.
  while (left() > 8192) answer(left() - 4096);
  const size_t before = left();
  answer(0);
  const size_t smallest = before - left();
  while (left() >= smallest) answer(0);
  ASSERT_EQ(server_->stats().hoarders_closed, 0u);
  ASSERT_EQ(server_->stats().input_bytes, 10u);
  hoarder.Send(nonsense.substr(10));
  ASSERT_TRUE(Until([&] { return server_->stats().hoarders_closed == 1; }));
  EXPECT_EQ(server_->stats().input_bytes, 0u);
  EXPECT_EQ(server_->stats().connections, 1u);
  other.Send(CallBytes(7));
  EXPECT_TRUE(Until([&] { return handler_.calls.size() == 301; }));
}

TEST_F(IpcServerTest, ConnectionsAreBounded) {
  IpcServer::Options options;
  options.max_connections = 3;
  Start(options);
  std::vector<std::unique_ptr<RawClient>> clients;
  clients.reserve(5);
  for (int i = 0; i < 5; ++i) clients.push_back(std::make_unique<RawClient>(port()));
  ASSERT_TRUE(Until([&] { return server_->stats().refused == 2; }));
  EXPECT_EQ(server_->stats().connections, 3u);
  for (size_t i = 3; i < clients.size(); ++i) {
    RawClient& client = *clients[i];
    ASSERT_TRUE(Until([&] {
      client.Receive();
      return client.closed;
    }));
    ASSERT_EQ(client.responses.size(), 1u);
    EXPECT_TRUE(client.responses[0].fatal);
    EXPECT_EQ(client.responses[0].error->exception_class,
              "org.apache.hadoop.ipc.RetriableException");
    EXPECT_EQ(client.responses[0].error->message,
              "This master has 3 client connections open, which is its limit. Try again.");
  }
}

TEST_F(IpcServerTest, GarbageNeverHurts) {
  Start();
  handler_.on_call = [&](const Handler::Kept& call) {
    server_->Reply(call.handle, std::nullopt, "");
  };
  const std::string good = SetupBytes() + CallBytes(0, "\x0a\x01/") + CallBytes(1);
  for (size_t at = 0; at < good.size(); ++at) {
    RawClient client(port());
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x81);
    client.Send(bad);
    for (int i = 0; i < 2; ++i) loop_->RunOnce(0);
  }
  RawClient fine(port());
  fine.Send(good);
  EXPECT_TRUE(Until([&] {
    fine.Receive();
    return fine.responses.size() == 2;
  }));
}

}  // namespace
}  // namespace jfs::net::hadoop
