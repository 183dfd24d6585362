// Every connection recorded from stock clients and a stock NameNode, read by our server's and our
// client's side.

#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

#include "net/hadoop/ipc_client.h"
#include "net/hadoop/ipc_session.h"
#include "net/hadoop/translate.h"
#include "nlohmann/json.hpp"

namespace jfs::net::hadoop {
namespace {

struct Stream {
  std::string to_server, to_client;
  size_t calls = 0, answers = 0;
};

class Recorded : public testing::TestWithParam<const char*> {};

TEST_P(Recorded, IsUnderstoodOnBothSides) {
  std::ifstream file(std::string("tests/vectors/hdfs/") + GetParam() + ".json");
  ASSERT_TRUE(file.is_open());
  size_t calls = 0, answers = 0, served = 0;
  const nlohmann::json recording = nlohmann::json::parse(file);
  for (const auto& scenario : recording["scenarios"]) {
    std::map<std::string, Stream> streams;
    for (const auto& message : scenario["messages"]) {
      const std::string kind = message["kind"];
      // Messages to a data server's transfer port are another protocol.
      if (!message.contains("hex") || kind.rfind("ipc.", 0) != 0) continue;
      Stream& stream = streams[message["connection"]];
      const std::string bytes = absl::HexStringToBytes(message["hex"].get<std::string>());
      if (message["direction"] == "C->S") {
        stream.to_server += bytes;
        stream.calls += kind.rfind("ipc.call ", 0) == 0;
      } else {
        stream.to_client += bytes;
        stream.answers += 1;
      }
    }
    for (const auto& [name, stream] : streams) {
      SCOPED_TRACE(scenario["name"].get<std::string>() + ", " + name);
      IpcSession session;
      IpcCall call;
      session.Feed(stream.to_server);
      size_t seen = 0;
      while (session.Next(&call)) {
        ++seen;
        const Plan plan =
            Translate({}, call.protocol, call.protocol_version, call.method, call.request);
        if (const auto* refusal = std::get_if<Refusal>(&plan.action)) {
          // Absent methods and the pool id of that run are fine; a request that does not parse is
          // not.
          EXPECT_NE(refusal->error.detail,
                    ::hadoop::common::RpcResponseHeaderProto::FATAL_DESERIALIZING_REQUEST)
              << call.method;
        } else {
          ++served;
        }
      }
      EXPECT_FALSE(session.closing()) << session.close_reason();
      EXPECT_EQ(session.buffered_bytes(), 0u);
      EXPECT_EQ(seen, stream.calls);
      calls += seen;

      ResponseDecoder decoder;
      decoder.Feed(stream.to_client);
      ResponseDecoder::Response response;
      size_t got = 0;
      while (true) {
        const absl::StatusOr<bool> more = decoder.Next(&response);
        ASSERT_TRUE(more.ok()) << more.status();
        if (!*more) break;
        EXPECT_FALSE(response.fatal);
        ++got;
      }
      EXPECT_EQ(got, stream.answers);
      answers += got;
    }
  }
  EXPECT_GT(calls, 0u);
  RecordProperty("calls", static_cast<int>(calls));
  RecordProperty("served", static_cast<int>(served));
  RecordProperty("answers", static_cast<int>(answers));
}

INSTANTIATE_TEST_SUITE_P(Files, Recorded,
                         testing::Values("ipc-setup", "errors", "namespace", "write",
                                         "append-truncate-lease"),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace jfs::net::hadoop
