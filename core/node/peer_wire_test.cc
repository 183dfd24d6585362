#include "core/node/peer_wire.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "core/base/codec.h"
#include "core/base/crc32c.h"

namespace jfs::node {
namespace {

PeerHello SomeHello() {
  PeerHello hello;
  hello.features = 5;
  hello.from = NodeId(1);
  hello.to = NodeId(2);
  hello.incarnation = Incarnation(77);
  hello.cluster = ClusterId(88);
  hello.lane = Lane::kSnapshot;
  hello.configuration_hash = 99;
  return hello;
}

TEST(FrameTest, ComesOutInAnyPieces) {
  const std::vector<std::string> payloads = {"", "one", std::string(5000, 'x')};
  std::string stream;
  for (const std::string& payload : payloads) stream += EncodeFrame(payload);
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{4096}, stream.size()}) {
    FrameDecoder decoder;
    std::vector<std::string> got;
    for (size_t at = 0; at < stream.size(); at += piece) {
      decoder.Feed(std::string_view(stream).substr(at, piece));
      std::string payload;
      for (;;) {
        const absl::StatusOr<bool> next = decoder.Next(&payload);
        ASSERT_TRUE(next.ok()) << next.status();
        if (!*next) break;
        got.push_back(payload);
      }
    }
    EXPECT_EQ(got, payloads) << "pieces of " << piece;
  }
}

TEST(FrameTest, EveryFlippedBitIsNoticedAtOnce) {
  const std::string frame = EncodeFrame("a vote request");
  for (size_t bit = 0; bit < frame.size() * 8; ++bit) {
    std::string bad = frame;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    FrameDecoder decoder;
    decoder.Feed(bad);
    std::string payload;
    EXPECT_FALSE(decoder.Next(&payload).ok()) << "bit " << bit << " went through or makes it wait";
  }
}

TEST(FrameTest, RefusesHugeLengthsBeforeTheBytesCome) {
  // What another program might send: everything right but the length.
  std::string header;
  Encoder encoder(&header);
  encoder.U32(0x4a465302);
  encoder.U32(kMaxFrameBytes + 1);
  encoder.U32(Crc32c(header));
  encoder.U32(0);
  FrameDecoder decoder;
  decoder.Feed(header);
  std::string payload;
  const absl::StatusOr<bool> next = decoder.Next(&payload);
  ASSERT_FALSE(next.ok());
  EXPECT_NE(std::string(next.status().message()).find("the limit is"), std::string::npos);
  decoder.Feed(EncodeFrame("good again"));
  EXPECT_FALSE(decoder.Next(&payload).ok()) << "a broken stream stays broken";
}

TEST(HelloTest, RoundTripAndEveryTruncation) {
  const std::string bytes = EncodeHello(SomeHello());
  const absl::StatusOr<PeerHello> hello = DecodeHello(bytes);
  ASSERT_TRUE(hello.ok()) << hello.status();
  EXPECT_EQ(EncodeHello(*hello), bytes);
  EXPECT_EQ(hello->lane, Lane::kSnapshot);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeHello(std::string_view(bytes).substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(DecodeHello(bytes + "x").ok());
}

struct HelloCase {
  std::string_view name;
  void (*change)(PeerHello*);
  std::string_view want;  // part of the message; empty: accepted
};

TEST(HelloTest, Table) {
  PeerHello ours;
  ours.from = NodeId(2);
  ours.to = NodeId(1);
  ours.cluster = ClusterId(88);
  ours.configuration_hash = 99;
  const std::vector<HelloCase> cases = {
      {"equal", [](PeerHello*) {}, ""},
      {"not formed yet", [](PeerHello* h) { h->cluster = ClusterId{}; }, ""},
      {"version", [](PeerHello* h) { h->version = 9; }, "same release"},
      {"addressed to another", [](PeerHello* h) { h->to = NodeId(3); }, "initial-conf"},
      {"same node", [](PeerHello* h) { h->from = NodeId(2); }, "same raft.hostname"},
      {"configuration", [](PeerHello* h) { h->configuration_hash = 1; }, "make them equal"},
      {"cluster", [](PeerHello* h) { h->cluster = ClusterId(5); }, "another cluster"},
  };
  for (const HelloCase& c : cases) {
    PeerHello theirs = SomeHello();
    c.change(&theirs);
    const absl::Status status = CheckHello(ours, theirs);
    EXPECT_EQ(status.ok(), c.want.empty()) << c.name << ": " << status;
    EXPECT_NE(std::string(status.message()).find(c.want), std::string::npos)
        << c.name << ": " << status;
  }
}

}  // namespace
}  // namespace jfs::node
