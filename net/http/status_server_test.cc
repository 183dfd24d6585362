#include "net/http/status_server.h"

#include <memory>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "httplib.h"
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
  httplib::Client client("127.0.0.1", server.port());
  auto early = client.Get("/health");
  ASSERT_TRUE(early);
  EXPECT_EQ(early->status, 503);

  server.Publish(std::make_shared<StatusSnapshot>(Snapshot()));
  EXPECT_EQ(client.Get("/health")->status, 200);
  EXPECT_THAT(client.Get("/status")->body, HasSubstr("emr-header-1:8103, leader"));
  EXPECT_EQ(nlohmann::json::parse(client.Get("/status?format=json")->body)["health"], "serving");
  EXPECT_THAT(client.Get("/metrics")->body, HasSubstr("jfs_raft_term 7"));
  EXPECT_EQ(client.Get("/nothing")->status, 404);

  StatusSnapshot ill = Snapshot();
  ill.healthy = false;
  ill.health = "no leader";
  server.Publish(std::make_shared<StatusSnapshot>(ill));
  auto late = client.Get("/health");
  EXPECT_EQ(late->status, 503);
  EXPECT_EQ(late->body, "no leader\n");
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
