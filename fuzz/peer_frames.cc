// Bytes on the peer port: cutting into frames, and the hello. The first byte says where the stream
// is cut in two.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/node/peer_wire.h"

namespace {

using jfs::node::FrameDecoder;

struct Cut {
  std::vector<std::string> payloads;
  bool failed = false;
};

void Take(FrameDecoder* decoder, Cut* out) {
  while (!out->failed) {
    std::string payload;
    const absl::StatusOr<bool> got = decoder->Next(&payload);
    if (!got.ok()) {
      out->failed = true;
      return;
    }
    if (!*got) return;
    out->payloads.push_back(std::move(payload));
  }
}

void TryHello(std::string_view bytes) {
  const absl::StatusOr<jfs::node::PeerHello> hello = jfs::node::DecodeHello(bytes);
  if (!hello.ok()) return;
  if (hello->version == jfs::node::kPeerVersion) {
    CHECK(jfs::node::EncodeHello(*hello) == bytes) << "a hello has one encoding";
  }
  (void)jfs::node::CheckHello({.from = jfs::NodeId(1), .to = jfs::NodeId(2)}, *hello);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t at = data[0] % (stream.size() + 1);
  Cut whole, parts;
  FrameDecoder one, two;
  one.Feed(stream);
  Take(&one, &whole);
  two.Feed(stream.substr(0, at));
  Take(&two, &parts);
  if (!parts.failed) two.Feed(stream.substr(at));
  Take(&two, &parts);
  CHECK(whole.payloads == parts.payloads) << "where the stream is cut changes what is read";
  CHECK_EQ(whole.failed, parts.failed);
  std::string again;
  for (const std::string& payload : whole.payloads) again += jfs::node::EncodeFrame(payload);
  CHECK(stream.substr(0, again.size()) == again) << "a frame has one encoding";
  for (const std::string& payload : whole.payloads) TryHello(payload);
  // Two checksums keep changed bytes from getting that far.
  TryHello(stream);
  return 0;
}
