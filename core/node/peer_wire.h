#ifndef CORE_NODE_PEER_WIRE_H_
#define CORE_NODE_PEER_WIRE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "core/base/identity.h"
#include "core/node/io.h"

// The bytes between peers: frames with CRC, and the hello that opens every connection. Format:
// docs/formats/peer.md.
namespace jfs::node {

// Larger frames are refused before anything is allocated for them.
inline constexpr uint32_t kMaxFrameBytes = 16 << 20;
// Magic, length, CRC-32C of those two, CRC-32C of the payload.
inline constexpr size_t kFrameHeaderBytes = 16;
inline constexpr uint16_t kPeerVersion = 1;

// First frame in each direction. A peer that does not like what it reads says so in its log and
// closes.
struct PeerHello {
  uint16_t version = kPeerVersion;
  uint64_t features = 0;
  NodeId from, to;
  Incarnation incarnation;
  ClusterId cluster;  // ClusterId{}: not formed yet
  Lane lane = Lane::kControl;
  // Hash over the sorted initial configuration: peers that were configured differently must not
  // talk.
  uint64_t configuration_hash = 0;
};

std::string EncodeFrame(std::string_view payload);
std::string EncodeHello(const PeerHello& hello);
absl::StatusOr<PeerHello> DecodeHello(std::string_view payload);

// Why `theirs` is not acceptable to the master that would send `ours`; OK if it is. Names both
// values and what to do.
absl::Status CheckHello(const PeerHello& ours, const PeerHello& theirs);

// Cuts a byte stream into frames. After an error (bad magic, length over the limit, CRC) it stays
// in error: the connection must be closed. Memory is bounded by one frame.
class FrameDecoder {
 public:
  // A longer frame is an error as soon as its header is there.
  void set_max_payload(uint32_t bytes) { max_payload_ = bytes; }
  // Adds bytes; each complete payload is handed over by Next().
  void Feed(std::string_view bytes) { buffer_.append(bytes); }
  // True and *payload if a frame is complete; false if more bytes are needed.
  absl::StatusOr<bool> Next(std::string* payload);

 private:
  std::string buffer_;
  size_t at_ = 0;
  uint32_t max_payload_ = kMaxFrameBytes;
  absl::Status failed_;
};

}  // namespace jfs::node

#endif  // CORE_NODE_PEER_WIRE_H_
