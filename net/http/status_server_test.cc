#include "net/http/status_server.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "net/socket.h"
#include "nlohmann/json.hpp"

namespace jfs::net {
namespace {

using testing::HasSubstr;

StatusSnapshot Snapshot() {
  StatusSnapshot out;
  out.title = "emr-header-1:8103, leader";
  out.tables = {{.name = "master", .columns = {"term", "note"}, .rows = {{"7", "<&>"}}},
                {.name = "peers", .columns = {"node", "lag"}, .rows = {{"2", "0"}, {"3", "\xff"}}}};
  out.metrics = {{.name = "jfs_raft_term", .help = "Term", .value = 7},
                 {.name = "jfs_calls_total",
                  .help = "Calls",
                  .type = Metric::Type::kCounter,
                  .labels = {{"method", "mkdirs"}},
                  .value = 3},
                 {.name = "jfs_calls_total",
                  .help = "Calls",
                  .type = Metric::Type::kCounter,
                  .labels = {{"method", "delete"}},
                  .value = 4}};
  out.healthy = true;
  out.health = "serving";
  return out;
}

// A browser, or worse.
class Visitor {
 public:
  explicit Visitor(uint16_t port) {
    const absl::StatusOr<Endpoint> where = ResolveNumeric({.host = "127.0.0.1", .port = port});
    fd_ = UniqueFd(socket(AF_INET, SOCK_STREAM, 0));
    EXPECT_EQ(connect(fd_.get(), reinterpret_cast<const sockaddr*>(&where->address), where->size),
              0);
  }
  // False if the other side has closed.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      sent_ += static_cast<size_t>(sent);
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  // Sends `bytes` again and again until `total` have gone or the other side has closed.
  size_t Flood(std::string_view bytes, size_t total) {
    while (sent_ < total && Send(bytes)) {
    }
    return sent_;
  }
  // What comes until the other side closes.
  std::string Rest() {
    std::string out;
    char buffer[4096];
    while (true) {
      const ssize_t got = recv(fd_.get(), buffer, sizeof buffer, 0);
      if (got <= 0) return out;
      out.append(buffer, static_cast<size_t>(got));
    }
  }

 private:
  UniqueFd fd_;
  size_t sent_ = 0;
};

struct Answer {
  int status = 0;
  std::string headers, body;
};

Answer Ask(uint16_t port, std::string_view method, std::string_view path) {
  Visitor visitor(port);
  visitor.Send(std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: master\r\n\r\n");
  const std::string all = visitor.Rest();
  Answer out;
  const size_t end = all.find("\r\n\r\n");
  if (!all.starts_with("HTTP/1.1 ") || end == std::string::npos) return out;
  out.status = std::stoi(all.substr(9, 3));
  out.headers = all.substr(0, end);
  out.body = all.substr(end + 4);
  return out;
}
Answer Get(uint16_t port, std::string_view path) { return Ask(port, "GET", path); }

TEST(StatusRender, HtmlIsEscaped) {
  const std::string html = RenderHtml(Snapshot());
  EXPECT_THAT(html, HasSubstr("<th>note</th><td>&lt;&amp;&gt;</td>"));
  EXPECT_THAT(html, HasSubstr("<h2>Peers</h2>"));
}

TEST(StatusRender, JsonIsValidWhateverTheBytes) {
  const auto json = nlohmann::json::parse(RenderJson(Snapshot()));
  EXPECT_EQ(json["master"]["term"], "7");
  EXPECT_EQ(json["peers"].size(), 2u);
  EXPECT_EQ(json["healthy"], true);
}

TEST(StatusRender, MetricsOfOneNameStandTogether) {
  const std::string text = RenderMetrics(Snapshot());
  EXPECT_THAT(text, HasSubstr("# TYPE jfs_raft_term gauge\njfs_raft_term 7\n"));
  EXPECT_THAT(text,
              HasSubstr("# TYPE jfs_calls_total counter\njfs_calls_total{method=\"mkdirs\"} 3\n"
                        "jfs_calls_total{method=\"delete\"} 4\n"));
}

TEST(StatusServer, ServesTheNewestSnapshot) {
  StatusServer server;
  ASSERT_TRUE(server.Start({.host = "127.0.0.1", .port = 0}).ok());
  EXPECT_EQ(Get(server.port(), "/health").status, 503);

  server.Publish(std::make_shared<StatusSnapshot>(Snapshot()));
  EXPECT_EQ(Get(server.port(), "/health").status, 200);
  EXPECT_THAT(Get(server.port(), "/status").body, HasSubstr("emr-header-1:8103, leader"));
  EXPECT_EQ(nlohmann::json::parse(Get(server.port(), "/status?format=json").body)["health"],
            "serving");
  EXPECT_THAT(Get(server.port(), "/metrics").body, HasSubstr("jfs_raft_term 7"));
  EXPECT_EQ(Get(server.port(), "/nothing").status, 404);
  EXPECT_THAT(Get(server.port(), "/").headers, HasSubstr("Location: /status"));

  StatusSnapshot ill = Snapshot();
  ill.healthy = false;
  ill.health = "no leader";
  server.Publish(std::make_shared<StatusSnapshot>(ill));
  const Answer late = Get(server.port(), "/health");
  EXPECT_EQ(late.status, 503);
  EXPECT_EQ(late.body, "no leader\n");
}

// What the sockets' buffers may take before the sender learns that nobody reads.
constexpr size_t kBuffered = 16 << 20;

class StatusServerUnderAttack : public testing::Test {
 protected:
  void Start(const StatusServer::Options& options) {
    server_ = std::make_unique<StatusServer>(options);
    ASSERT_TRUE(server_->Start({.host = "127.0.0.1", .port = 0}).ok());
    server_->Publish(std::make_shared<StatusSnapshot>(Snapshot()));
  }
  uint16_t port() { return server_->port(); }
  std::unique_ptr<StatusServer> server_;
};

TEST_F(StatusServerUnderAttack, OnlyGetAndHeadAreAnswered) {
  Start({});
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "NONSENSE"}) {
    SCOPED_TRACE(method);
    const Answer refused = Ask(port(), method, "/status");
    EXPECT_EQ(refused.status, 405);
    EXPECT_THAT(refused.headers, HasSubstr("Connection: close"));
  }
  const Answer head = Ask(port(), "HEAD", "/health");
  EXPECT_EQ(head.status, 200);
  EXPECT_THAT(head.headers, HasSubstr("Content-Length: 8"));
  EXPECT_EQ(head.body, "");
}

TEST_F(StatusServerUnderAttack, BodiesAreNotRead) {
  Start({});
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  for (const char* method : {"POST", "GET"}) {
    SCOPED_TRACE(method);
    Visitor visitor(port());
    visitor.Send(std::string(method) +
                 " /status HTTP/1.1\r\nHost: m\r\nTransfer-Encoding: chunked\r\n\r\n");
    EXPECT_LT(visitor.Flood(chunk, 64 << 20), kBuffered);
    EXPECT_EQ(Get(port(), "/health").status, 200);
  }
}

TEST_F(StatusServerUnderAttack, HeadersAreBounded) {
  Start({});
  Visitor visitor(port());
  visitor.Send("GET /status HTTP/1.1\r\nHost: m\r\n");
  std::string headers;
  for (int i = 0; i < 5000; ++i) headers += "X-" + std::to_string(i) + ": y\r\n";
  EXPECT_LT(visitor.Flood(headers, 64 << 20), kBuffered);
  EXPECT_EQ(Get(port(), "/health").status, 200);

  Visitor small(port());
  small.Send("GET /status HTTP/1.1\r\nHost: m\r\nX: " + std::string(20'000, 'y') + "\r\n\r\n");
  EXPECT_THAT(small.Rest(), testing::Not(HasSubstr("HTTP/1.1 200")));
}

TEST_F(StatusServerUnderAttack, IdleConnectionsKeepNobodyOut) {
  // No deadline comes to help.
  Start({.max_connections = 8, .max_connections_per_address = 8, .deadline = 3600 * kSecond});
  std::vector<std::unique_ptr<Visitor>> idle;
  idle.reserve(100);
  for (int i = 0; i < 100; ++i) idle.push_back(std::make_unique<Visitor>(port()));
  EXPECT_EQ(Get(port(), "/health").status, 200);
  // The oldest were sent away to make room.
  for (int i = 0; i < 92; ++i) EXPECT_EQ(idle[static_cast<size_t>(i)]->Rest(), "");
  idle.back()->Send("GET /health HTTP/1.1\r\nHost: m\r\n\r\n");
  EXPECT_THAT(idle.back()->Rest(), HasSubstr("HTTP/1.1 200"));
}

TEST_F(StatusServerUnderAttack, OneAddressIsBoundedBeforeAll) {
  Start({.max_connections = 100, .max_connections_per_address = 2, .deadline = 3600 * kSecond});
  Visitor first(port()), second(port()), third(port());
  EXPECT_EQ(first.Rest(), "");
  second.Send("GET /health HTTP/1.1\r\nHost: m\r\n\r\n");
  EXPECT_THAT(second.Rest(), HasSubstr("HTTP/1.1 200"));
}

TEST_F(StatusServerUnderAttack, DrippingIsClosedAtTheDeadline) {
  Start({.deadline = 2 * kSecond});
  Visitor one(port()), two(port());
  bool one_open = true, two_open = true;
  // Twenty seconds of dripping at most; far longer than the deadline.
  for (int i = 0; i < 4000 && (one_open || two_open); ++i) {
    one_open = one_open && one.Send(i == 0 ? "GET /" : "s");
    two_open = two_open && two.Send(i == 0 ? "GET / HTTP/1.1\r\nX: " : "s");
    if (i < 3) {
      EXPECT_EQ(Get(port(), "/health").status, 200);
    }
    poll(nullptr, 0, 5);  // a drip
  }
  EXPECT_FALSE(one_open);
  EXPECT_FALSE(two_open);
}

TEST(StatusServer, PortInUseIsAnError) {
  StatusServer first, second;
  ASSERT_TRUE(first.Start({.host = "127.0.0.1", .port = 0}).ok());
  const absl::Status taken = second.Start({.host = "127.0.0.1", .port = first.port()});
  ASSERT_FALSE(taken.ok());
  EXPECT_THAT(std::string(taken.message()), HasSubstr(std::to_string(first.port())));
}

TEST(StatusServer, StopsWithoutHavingStarted) {
  StatusServer server;
  server.Stop();
}

}  // namespace
}  // namespace jfs::net
