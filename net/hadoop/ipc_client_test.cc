#include "net/hadoop/ipc_client.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "net/event_loop.h"
#include "net/hadoop/ipc_server.h"
#include "net/hadoop/proto/client_namenode.pb.h"
#include "net/held_port.h"

namespace jfs::net::hadoop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A server on a thread of its own; `answer` runs there for each call.
class Server : public CallHandler {
 public:
  using Answer = std::function<void(IpcServer*, const IncomingCall&)>;
  explicit Server(Answer answer)
      : answer_(std::move(answer)), loop_(std::move(*EventLoop::Create())) {
    server_ = std::make_unique<IpcServer>(loop_.get(), this, IpcServer::Options{});
    EXPECT_TRUE(server_->Listen({.host = "127.0.0.1", .port = 0}, 0).ok());
    port_ = server_->port(0);
    thread_ = std::thread([this] { loop_->Run(); });
  }
  ~Server() override {
    loop_->Stop();
    thread_.join();
  }
  HostPort address() const { return {.host = "127.0.0.1", .port = port_}; }
  void OnCall(const IncomingCall& call) override {
    ++calls;
    answer_(server_.get(), call);
  }
  std::atomic<int> calls = 0;

 private:
  const Answer answer_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<IpcServer> server_;
  uint16_t port_ = 0;
  std::thread thread_;
};

void Standby(IpcServer* server, const IncomingCall& call) {
  server->ReplyError(
      call.handle, std::nullopt,
      {.exception_class = "org.apache.hadoop.ipc.StandbyException", .message = "standby\n\tat x"});
}
void Echo(IpcServer* server, const IncomingCall& call) {
  server->Reply(call.handle, 5, call.call.request);
}

IpcClient::Options OptionsFor(std::vector<HostPort> addresses) {
  IpcClient::Options options;
  options.addresses = std::move(addresses);
  options.user = "alice";
  options.backoff_base = kMillisecond;
  options.backoff_max = 4 * kMillisecond;
  options.give_up_after = 20 * kSecond;
  return options;
}

::hadoop::hdfs::GetFileInfoRequestProto Request(const std::string& path = "/") {
  ::hadoop::hdfs::GetFileInfoRequestProto out;
  out.set_src(path);
  return out;
}

TEST(ResponseDecoder, RefusesWhatIsNotIpc) {
  for (const std::string& bytes :
       {std::string("HTTP/1.1 404"), std::string(8, '\0'), std::string(4, '\xff'),
        std::string("\0\0\0\1\xff", 5), std::string("\0\0\0\2\1x", 6)}) {
    ResponseDecoder decoder(1024);
    ResponseDecoder::Response response;
    decoder.Feed(bytes);
    EXPECT_FALSE(decoder.Next(&response).ok());
  }
}

TEST(ResponseDecoder, LeftOverBytesAfterTheAnswerAreAnError) {
  std::string bytes;
  AppendSuccess({.call_id = 1}, std::nullopt, "abc", &bytes);
  bytes[3] = static_cast<char>(bytes[3] + 1);
  bytes += 'x';
  ResponseDecoder decoder;
  ResponseDecoder::Response response;
  decoder.Feed(bytes);
  EXPECT_FALSE(decoder.Next(&response).ok());
}

TEST(IpcClient, OneCall) {
  Server server(Echo);
  IpcClient client(OptionsFor({server.address()}));
  const IpcClient::Result result = client.Call(kClientProtocol, "getFileInfo", Request("/a"));
  ASSERT_TRUE(result.ok()) << result.status;
  EXPECT_EQ(result.response, Request("/a").SerializeAsString());
  EXPECT_EQ(result.state_id, 5);
  EXPECT_EQ(result.attempts, 1u);
}

TEST(IpcClient, ErrorsAreAnswers) {
  Server server([](IpcServer* s, const IncomingCall& call) {
    s->ReplyError(call.handle, std::nullopt,
                  {.exception_class = "java.io.FileNotFoundException", .message = "no"});
  });
  IpcClient client(OptionsFor({server.address()}));
  const IpcClient::Result result = client.Call(kClientProtocol, "getFileInfo", Request());
  EXPECT_FALSE(result.ok());
  EXPECT_TRUE(result.status.ok());
  EXPECT_EQ(result.error->exception_class, "java.io.FileNotFoundException");
  EXPECT_EQ(server.calls, 1);
}

TEST(IpcClient, GoesOnToTheOneThatLeadsWithTheSameCall) {
  std::set<std::pair<std::string, int32_t>> seen;
  std::mutex mutex;
  const auto note = [&](const IncomingCall& call) {
    const std::lock_guard<std::mutex> lock(mutex);
    seen.emplace(call.call.identity.client_id, call.call.identity.call_id);
  };
  Server standby([&](IpcServer* s, const IncomingCall& call) {
    note(call);
    Standby(s, call);
  });
  Server leader([&](IpcServer* s, const IncomingCall& call) {
    note(call);
    EXPECT_EQ(call.call.identity.retry_count, 1);
    Echo(s, call);
  });
  // An address where nobody listens is in between.
  const HeldPort nobody;
  IpcClient client(OptionsFor({standby.address(), nobody.where(), leader.address()}));
  const IpcClient::Result result = client.Call(kClientProtocol, "getFileInfo", Request());
  ASSERT_TRUE(result.ok()) << result.status;
  EXPECT_EQ(result.attempts, 2u);
  EXPECT_EQ(seen.size(), 1u);
  EXPECT_EQ(client.failovers(), 2u);
  EXPECT_EQ(client.current(), leader.address());
}

TEST(IpcClient, RetriableGoesToTheSameMasterAgain) {
  std::atomic<int> left = 3;
  Server server([&](IpcServer* s, const IncomingCall& call) {
    if (left-- > 0) {
      return s->ReplyError(
          call.handle, std::nullopt,
          {.exception_class = "org.apache.hadoop.ipc.RetriableException", .message = "busy"});
    }
    Echo(s, call);
  });
  IpcClient client(OptionsFor({server.address()}));
  const IpcClient::Result result = client.Call(kClientProtocol, "getFileInfo", Request());
  ASSERT_TRUE(result.ok()) << result.status;
  EXPECT_EQ(result.attempts, 4u);
  EXPECT_EQ(client.failovers(), 0u);
}

TEST(IpcClient, ClosedWithoutAnAnswerIsAskedAgain) {
  std::atomic<int> left = 2;
  Server server([&](IpcServer* s, const IncomingCall& call) {
    if (left-- > 0) return s->Abandon(call.handle);
    Echo(s, call);
  });
  IpcClient client(OptionsFor({server.address()}));
  EXPECT_TRUE(client.Call(kClientProtocol, "getFileInfo", Request()).ok());
  EXPECT_EQ(client.failovers(), 2u);
}

TEST(IpcClient, ManyUnderWayAndAnsweredInAnyOrder) {
  std::vector<std::pair<CallHandle, std::string>> kept;
  Server server([&](IpcServer* s, const IncomingCall& call) {
    kept.emplace_back(call.handle, call.call.request);
    if (kept.size() < 100) return;
    for (auto it = kept.rbegin(); it != kept.rend(); ++it)
      s->Reply(it->first, std::nullopt, it->second);
    kept.clear();
  });
  IpcClient client(OptionsFor({server.address()}));
  for (uint64_t i = 0; i < 100; ++i)
    client.Submit(kClientProtocol, "m", "request " + std::to_string(i), i);
  std::vector<IpcClient::Result> results;
  while (results.size() < 100) client.Poll(kSecond, &results);
  EXPECT_EQ(client.outstanding(), 0u);
  for (const IpcClient::Result& result : results) {
    EXPECT_EQ(result.response, "request " + std::to_string(result.tag));
  }
}

TEST(IpcClient, GivesUpAfterItsTimeAndSaysWhatWasTried) {
  Server server(Standby);
  IpcClient::Options options = OptionsFor({server.address()});
  options.give_up_after = kSecond;
  IpcClient client(options);
  const IpcClient::Result result = client.Call(kClientProtocol, "getFileInfo", Request());
  EXPECT_EQ(result.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("standby"));
  EXPECT_THAT(std::string(result.status.message()), HasSubstr(server.address().ToString()));
}

TEST(IpcClient, SilentServerIsTakenForDead) {
  Server silent([](IpcServer*, const IncomingCall&) {});
  Server fine(Echo);
  IpcClient::Options options = OptionsFor({silent.address(), fine.address()});
  options.answer_timeout = 500 * kMillisecond;
  IpcClient client(options);
  EXPECT_TRUE(client.Call(kClientProtocol, "getFileInfo", Request()).ok());
  EXPECT_EQ(client.failovers(), 1u);
}

TEST(IpcClient, FatalRefusalIsTheAnswerOfEveryCall) {
  Server server(Echo);
  IpcClient::Options options = OptionsFor({server.address()});
  options.user = "";  // refused at set-up
  IpcClient client(options);
  const IpcClient::Result result = client.Call(kClientProtocol, "getFileInfo", Request());
  ASSERT_TRUE(result.error.has_value());
  EXPECT_EQ(result.error->exception_class, "org.apache.hadoop.security.AccessControlException");
}

TEST(IpcClient, ReservedCallIdsAreNobodyElses) {
  IpcClient client(OptionsFor({{.host = "127.0.0.1", .port = 1}}));
  const int32_t first = client.ReserveCallIds(10);
  EXPECT_EQ(client.ReserveCallIds(1), first + 10);
  EXPECT_EQ(client.Submit(kClientProtocol, "m", ""), first + 11);
  EXPECT_EQ(client.client_id().size(), 16u);
}

}  // namespace
}  // namespace jfs::net::hadoop
