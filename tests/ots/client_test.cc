// Our client and our service talk over a real socket, with every kind of fault between them.

#include "net/ots/client.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

#include "core/base/concat.h"
#include "core/ots/requests.h"
#include "httplib.h"
#include "ots_mock/server/server.h"

namespace jfs {
namespace {

using net::ots::Client;
using net::ots::ClientOptions;
using ots::CallOptions;
using ots::Outcome;
using Kind = ots::Outcome::Kind;

constexpr char kSecret[] = "a secret that nobody may see";

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    std::string pattern = testing::TempDir() + "/client_test_XXXXXX";
    directory_ = mkdtemp(pattern.data());
    StartServer();
    Connect(kSecret);
  }
  ~ClientTest() override {
    client_.reset();
    server_.reset();
    std::filesystem::remove_all(directory_);
  }

  void StartServer() {
    ots_mock::ServerOptions options;
    options.directory = directory_;
    options.accounts = {{"mock-inst", "key", kSecret}};
    options.control = net::HostPort{.host = "127.0.0.1", .port = 0};
    options.threads = 16;
    options.keep_alive_seconds = 1;
    options.wall_clock = [] {
      return std::chrono::duration_cast<std::chrono::milliseconds>(
                 std::chrono::system_clock::now().time_since_epoch())
          .count();
    };
    auto server = ots_mock::Server::Start(options);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  ClientOptions Options(std::string secret) const {
    ClientOptions options;
    options.endpoint = Concat("http://127.0.0.1:", server_->port());
    options.instance = "mock-inst";
    options.credentials = {.access_key_id = "key", .secret = std::move(secret)};
    options.max_connections = 8;
    options.jitter = [] { return uint64_t{1}; };
    return options;
  }

  void Connect(std::string secret) {
    auto client = Client::Create(Options(std::move(secret)));
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
  }

  Outcome Do(ots::Request request, CallOptions options = {}) {
    Outcome outcome = client_->CallAndWait(std::move(request), options);
    EXPECT_EQ(FormatOutcome(outcome).find(kSecret), std::string::npos);
    return outcome;
  }

  void MakeTable() {
    ASSERT_EQ(Do(ots::CreateTable({.name = "t", .key = {{"pk", ots::ValueType::kString}}})).kind,
              Kind::kDone);
  }

  static ots::PrimaryKey Key(std::string pk) { return {{"pk", ots::Value::String(std::move(pk))}}; }

  static ots::Request Put(std::string pk, bool only_if_missing = false) {
    ots::RowChange change;
    change.row.primary_key = Key(std::move(pk));
    change.row.cells.push_back({.name = "x", .value = ots::Value::Integer(1)});
    if (only_if_missing) change.condition.existence = ots::Existence::kExpectNotExist;
    return ots::WriteRow("t", change);
  }

  bool Has(std::string pk) {
    const Outcome outcome = Do(ots::GetRow("t", Key(std::move(pk))));
    EXPECT_EQ(outcome.kind, Kind::kDone) << FormatOutcome(outcome);
    const auto row = ots::ReadGetRow(outcome.body);
    EXPECT_TRUE(row.ok()) << row.status();
    return row.ok() && row->has_value();
  }

  httplib::Client Control() { return httplib::Client("127.0.0.1", server_->control_port()); }
  void Fault(const std::string& rule) {
    const auto result = Control().Post("/faults", rule, "text/plain");
    ASSERT_TRUE(result);
    ASSERT_EQ(result->status, 200) << result->body;
  }
  std::string Requests() { return Control().Get("/requests")->body; }

  std::string directory_;
  std::unique_ptr<ots_mock::Server> server_;
  std::unique_ptr<Client> client_;
};

TEST_F(ClientTest, WritesAndReads) {
  MakeTable();
  const Outcome put = Do(Put("a"));
  EXPECT_EQ(put.kind, Kind::kDone) << FormatOutcome(put);
  EXPECT_EQ(put.attempts, 1u);
  EXPECT_TRUE(Has("a"));
  EXPECT_FALSE(Has("b"));
  const Outcome refused = Do(Put("a", true));
  EXPECT_EQ(FormatOutcome(refused),
            "refused (1 attempt): PutRow: OTSConditionCheckFail (403): Condition check failed.");
  EXPECT_EQ(client_->stats().calls, 5u);
}

TEST_F(ClientTest, WhatIsWrittenSurvivesTheService) {
  MakeTable();
  ASSERT_EQ(Do(Put("a")).kind, Kind::kDone);
  client_.reset();
  server_.reset();
  StartServer();
  Connect(kSecret);
  EXPECT_TRUE(Has("a"));
}

TEST_F(ClientTest, ThrottlingIsWaitedOut) {
  MakeTable();
  Fault("throttle:operation=PutRow,count=2");
  const Outcome outcome = Do(Put("a", true));
  EXPECT_EQ(outcome.kind, Kind::kDone) << FormatOutcome(outcome);
  EXPECT_EQ(outcome.attempts, 3u);
  EXPECT_EQ(outcome.in_doubt, 0u);
  EXPECT_EQ(client_->stats().throttled, 2u);
}

// As after a suspension of the machine. The caller takes the call for over; whoever wrote after
// that must not be overwritten by it.
TEST_F(ClientTest, NoAttemptIsMadeAfterTheDeadlineHoweverThePauseEnds) {
  MakeTable();
  bool throttled = false, jumped = false;  // of the client's thread
  ClientOptions options = Options(kSecret);
  options.jitter = [&] {
    throttled = true;  // the attempt has ended, and its pause is drawn
    return uint64_t{1};
  };
  options.clock = [&] {
    const auto real = std::chrono::steady_clock::now().time_since_epoch();
    const Micros now(
        static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(real).count()));
    if (jumped) return now + 3600 * kSecond;
    jumped = throttled;  // after this reading, from which the pause is counted
    return now;
  };
  auto client = Client::Create(options);
  ASSERT_TRUE(client.ok()) << client.status();
  client_ = *std::move(client);
  Fault("throttle:operation=PutRow,count=1");
  const Outcome outcome = Do(Put("a", true));
  EXPECT_EQ(outcome.kind, Kind::kRefused) << FormatOutcome(outcome);
  EXPECT_NE(outcome.problem.find("its deadline passed before an attempt could be made"),
            std::string::npos)
      << outcome.problem;
  EXPECT_NE(Requests().find("PutRow 1\n"), std::string::npos) << Requests();
  client_.reset();  // its options are ours
  Connect(kSecret);
  EXPECT_FALSE(Has("a"));
}

// On a pooled connection libcurl would send the request a second time by itself.
TEST_F(ClientTest, ALostReplyIsDoubtAndNotASecondWrite) {
  MakeTable();
  ASSERT_EQ(Do(Put("first")).kind, Kind::kDone);
  Fault("drop-reply:operation=PutRow,count=1");
  const Outcome outcome = Do(Put("a", true));
  EXPECT_EQ(outcome.kind, Kind::kUnknown) << FormatOutcome(outcome);
  EXPECT_EQ(outcome.attempts, 1u);
  EXPECT_EQ(outcome.in_doubt, 1u);
  EXPECT_NE(Requests().find("PutRow 2\n"), std::string::npos) << Requests();
  EXPECT_TRUE(Has("a"));
}

TEST_F(ClientTest, WhatMayBeRepeatedIs) {
  MakeTable();
  Fault("drop-request:operation=PutRow,count=1");
  EXPECT_EQ(Do(Put("a")).kind, Kind::kUnknown);
  EXPECT_FALSE(Has("a"));
  Fault("drop-request:operation=PutRow,count=1");
  const Outcome outcome = Do(Put("a"), {.repeatable = true});
  EXPECT_EQ(outcome.kind, Kind::kDone) << FormatOutcome(outcome);
  EXPECT_EQ(outcome.attempts, 2u);
  EXPECT_EQ(outcome.in_doubt, 1u);
  Fault("outage:count=2");
  EXPECT_TRUE(Has("a")) << "reads are repeated anyway";
}

TEST_F(ClientTest, FailuresBeforeAndAfterTheEffect) {
  MakeTable();
  Fault("fail-before:operation=PutRow,count=1");
  EXPECT_EQ(Do(Put("before")).kind, Kind::kUnknown);
  EXPECT_FALSE(Has("before"));
  Fault("fail-after:operation=PutRow,count=1,code=OTSServerUnavailable");
  const Outcome after = Do(Put("after"));
  EXPECT_EQ(after.kind, Kind::kUnknown);
  EXPECT_EQ(after.error.code, "OTSServerUnavailable");
  EXPECT_TRUE(Has("after"));
}

TEST_F(ClientTest, ALateWriteLandsLater) {
  MakeTable();
  Fault("late-apply:operation=PutRow,count=1,ms=50");
  EXPECT_EQ(Do(Put("a")).kind, Kind::kUnknown);
  bool landed = false;
  for (int i = 0; i < 1000 && !landed; ++i) {
    landed = Has("a");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE(landed);
}

TEST_F(ClientTest, BatchesFailInPart) {
  MakeTable();
  Fault("partial-batch:percent=50,count=1");
  ots::TableChanges changes{.table = "t"};
  for (int i = 0; i < 100; ++i) {
    ots::RowChange change;
    change.row.primary_key = Key(Concat("row", i));
    changes.rows.push_back(change);
  }
  const Outcome outcome = Do(ots::BatchWriteRow(std::vector{changes}));
  ASSERT_EQ(outcome.kind, Kind::kDone);
  const auto results = *ots::ReadBatchWriteRow(outcome.body);
  int failed = 0;
  for (size_t i = 0; i < results[0].size(); ++i) {
    failed += results[0][i].has_value() ? 1 : 0;
    if (i < 10) {
      EXPECT_EQ(Has(Concat("row", i)), !results[0][i].has_value());
    }
  }
  EXPECT_GT(failed, 20);
  EXPECT_LT(failed, 80);
}

TEST_F(ClientTest, AnAttemptThatTakesTooLongIsInDoubt) {
  MakeTable();
  Fault("delay:operation=PutRow,count=1,ms=700");
  const Outcome outcome = Do(Put("a"), {.attempt_timeout = 100 * kMillisecond});
  EXPECT_EQ(outcome.kind, Kind::kUnknown) << FormatOutcome(outcome);
  EXPECT_EQ(outcome.in_doubt, 1u);
}

TEST_F(ClientTest, WrongSecretsAndForgedAnswers) {
  Connect("another secret");
  const Outcome refused = Do(ots::ListTable());
  EXPECT_EQ(FormatOutcome(refused),
            "refused (1 attempt): ListTable: OTSAuthFailed (403): Signature mismatch.");

  httplib::Server forger;
  forger.Post(".*", [](const httplib::Request&, httplib::Response& response) {
    response.set_header("x-ots-requestid", "1");
    response.set_header("Authorization", "OTS key:AAAA");
    response.set_header("x-ots-contentmd5", "1B2M2Y8AsgTpgAmY7PhCfg==");
  });
  const int port = forger.bind_to_any_port("127.0.0.1");
  std::thread thread([&] { forger.listen_after_bind(); });
  ClientOptions options = Options(kSecret);
  options.endpoint = Concat("http://127.0.0.1:", port);
  {
    auto client = Client::Create(options);
    ASSERT_TRUE(client.ok());
    const Outcome forged = (*client)->CallAndWait(Put("a"), {});
    EXPECT_EQ(forged.kind, Kind::kUnknown);
    EXPECT_NE(forged.problem.find("its signature is wrong"), std::string::npos) << forged.problem;
  }
  forger.stop();
  thread.join();
}

TEST_F(ClientTest, AServiceThatIsNotThereRefusesAndIsNamed) {
  server_->Stop();
  const Outcome outcome = Do(Put("a"), {.deadline = 100 * kMillisecond});
  EXPECT_EQ(outcome.kind, Kind::kRefused) << "nothing was sent: " << FormatOutcome(outcome);
  EXPECT_NE(outcome.problem.find("no answer from http://127.0.0.1:"), std::string::npos)
      << outcome.problem;
}

TEST_F(ClientTest, ManyCallsShareTheConnections) {
  MakeTable();
  std::atomic<int> done = 0;
  constexpr int kCalls = 300;
  for (int i = 0; i < kCalls; ++i) {
    client_->Call(Put(Concat("row", i)), {}, [&](const Outcome& outcome) {
      EXPECT_EQ(outcome.kind, Kind::kDone) << FormatOutcome(outcome);
      ++done;
    });
  }
  while (done < kCalls) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_TRUE(Has("row299"));
}

TEST_F(ClientTest, EveryCallIsAnsweredAtTheEnd) {
  MakeTable();
  Fault("delay:operation=PutRow,ms=400");
  std::atomic<int> unknown = 0;
  std::atomic<int> ended = 0;
  for (int i = 0; i < 20; ++i) {
    client_->Call(Put(Concat("row", i)), {}, [&](const Outcome& outcome) {
      unknown += outcome.kind == Kind::kUnknown ? 1 : 0;
      ++ended;
    });
  }
  // Until the service has some of them.
  while (Requests().find("PutRow") == std::string::npos) {
  }
  client_.reset();
  EXPECT_EQ(ended, 20);
  EXPECT_GE(unknown, 1);
}

TEST_F(ClientTest, WhatIsNotARequestIsRefusedByTheService) {
  httplib::Client http("127.0.0.1", server_->port());
  EXPECT_EQ(http.Get("/ListTable")->status, 405);
  EXPECT_EQ(http.Post("/NoSuchThing", "", "text/plain")->status, 400);
  const auto unsigned_request = http.Post("/ListTable", "", "text/plain");
  ASSERT_TRUE(unsigned_request);
  EXPECT_EQ(unsigned_request->status, 400);
  EXPECT_EQ(ots::DecodeError(400, unsigned_request->body).message,
            "Missing header: x-ots-apiversion.");
  EXPECT_FALSE(unsigned_request->get_header_value("x-ots-requestid").empty());
  EXPECT_EQ(Control().Post("/faults", "explode", "text/plain")->status, 400);
  EXPECT_EQ(Control().Delete("/faults/99")->status, 404);
}

TEST(ClientOptionsTest, WhatCannotBeRightIsNamed) {
  ClientOptions good;
  good.endpoint = "https://inst.cn-hangzhou.ots.aliyuncs.com";
  good.instance = "inst";
  good.credentials = {.access_key_id = "key", .secret = kSecret};
  EXPECT_TRUE(Client::Create(good).ok());
  const struct {
    const char* name;
    void (*spoil)(ClientOptions&);
    const char* want;
  } cases[] = {
      {"scheme", [](ClientOptions& o) { o.endpoint = "inst.example"; }, "the endpoint"},
      {"path", [](ClientOptions& o) { o.endpoint += "/x"; }, "without a path"},
      {"user", [](ClientOptions& o) { o.endpoint = "http://a@b"; }, "the endpoint"},
      {"instance", [](ClientOptions& o) { o.instance = ""; }, "instance is missing"},
      {"key", [](ClientOptions& o) { o.credentials.access_key_id = ""; }, "the id of the access"},
      {"secret", [](ClientOptions& o) { o.credentials.secret = ""; }, "the secret"},
      {"newline", [](ClientOptions& o) { o.instance = "a\r\nb"; }, "no header may carry"},
      {"connections", [](ClientOptions& o) { o.max_connections = 0; }, "max_connections"},
  };
  for (const auto& c : cases) {
    ClientOptions options = good;
    c.spoil(options);
    const auto client = Client::Create(options);
    EXPECT_EQ(client.status().code(), absl::StatusCode::kInvalidArgument) << c.name;
    EXPECT_NE(client.status().message().find(c.want), absl::string_view::npos) << client.status();
    EXPECT_EQ(client.status().message().find(kSecret), absl::string_view::npos);
  }
}

}  // namespace
}  // namespace jfs
