#include "core/node/peer_wire.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/base/crc32c.h"

namespace jfs::node {
namespace {

constexpr uint32_t kFrameMagic = 0x4a465302;  // "JFS" and the frame format's version
constexpr uint32_t kHelloMagic = 0x4a465348;  // "JFSH"

// The length has a CRC of its own: a flipped bit in it must not make the decoder wait for bytes
// that never come, and swallow the frames that do.
uint32_t HeaderCrc(uint32_t length) {
  std::string prefix;
  Encoder encoder(&prefix);
  encoder.U32(kFrameMagic);
  encoder.U32(length);
  return Crc32c(prefix);
}

}  // namespace

std::string EncodeFrame(std::string_view payload) {
  CHECK_LE(payload.size(), size_t{kMaxFrameBytes});
  const uint32_t length = static_cast<uint32_t>(payload.size());
  std::string out;
  out.reserve(kFrameHeaderBytes + payload.size());
  Encoder encoder(&out);
  encoder.U32(kFrameMagic);
  encoder.U32(length);
  encoder.U32(HeaderCrc(length));
  encoder.U32(Crc32c(payload));
  encoder.Raw(payload);
  return out;
}

std::string EncodeHello(const PeerHello& hello) {
  std::string out;
  Encoder encoder(&out);
  encoder.U32(kHelloMagic);
  encoder.U16(hello.version);
  encoder.U64(hello.features);
  encoder.U64(hello.from.value);
  encoder.U64(hello.to.value);
  encoder.U64(hello.incarnation.value);
  encoder.U64(hello.cluster.value);
  encoder.U8(static_cast<uint8_t>(hello.lane));
  encoder.U64(hello.configuration_hash);
  return out;
}

absl::StatusOr<PeerHello> DecodeHello(std::string_view payload) {
  Decoder decoder(payload);
  const uint32_t magic = decoder.U32();
  if (!decoder.ok() || magic != kHelloMagic) {
    return absl::InvalidArgumentError(
        "the first frame is not a hello: not one of our masters, or a much older one");
  }
  PeerHello hello;
  hello.version = decoder.U16();
  hello.features = decoder.U64();
  hello.from = NodeId(decoder.U64());
  hello.to = NodeId(decoder.U64());
  hello.incarnation = Incarnation(decoder.U64());
  hello.cluster = ClusterId(decoder.U64());
  const uint8_t lane = decoder.U8();
  hello.configuration_hash = decoder.U64();
  // A later version may append fields; what this version knows must be whole.
  if (!decoder.ok() || lane >= kLanes || (hello.version == kPeerVersion && !decoder.Done())) {
    return absl::InvalidArgumentError("malformed hello");
  }
  hello.lane = static_cast<Lane>(lane);
  return hello;
}

absl::Status CheckHello(const PeerHello& ours, const PeerHello& theirs) {
  if (theirs.version != ours.version) {
    return absl::FailedPreconditionError(
        absl::StrCat("peer speaks version ", theirs.version, " of the peer protocol, this master ",
                     ours.version, ": bring both to the same release"));
  }
  if (theirs.to != ours.from) {
    return absl::FailedPreconditionError(
        absl::StrCat("peer ", theirs.from.value, " wants to talk to master ", theirs.to.value,
                     ", this is master ", ours.from.value,
                     ": compare the order and addresses of raft.initial-conf on both"));
  }
  if (theirs.from == ours.from) {
    return absl::FailedPreconditionError(
        absl::StrCat("peer claims to be master ", theirs.from.value,
                     ", which is this one: two masters have the same raft.hostname"));
  }
  if (theirs.configuration_hash != ours.configuration_hash) {
    return absl::FailedPreconditionError(
        absl::StrCat("master ", theirs.from.value,
                     " was configured with another raft.initial-conf: make them equal"));
  }
  if (theirs.cluster != ClusterId{} && ours.cluster != ClusterId{} &&
      theirs.cluster != ours.cluster) {
    return absl::FailedPreconditionError(absl::StrCat(
        "master ", theirs.from.value, " belongs to cluster ", absl::Hex(theirs.cluster.value),
        ", this one to ", absl::Hex(ours.cluster.value),
        ": one of the two has the meta-dir of another cluster"));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> FrameDecoder::Next(std::string* payload) {
  if (!failed_.ok()) return failed_;
  const std::string_view waiting = std::string_view(buffer_).substr(at_);
  if (waiting.size() < kFrameHeaderBytes) {
    buffer_.erase(0, at_);
    at_ = 0;
    return false;
  }
  Decoder decoder(waiting);
  const uint32_t magic = decoder.U32();
  const uint32_t length = decoder.U32();
  const uint32_t header_crc = decoder.U32();
  const uint32_t crc = decoder.U32();
  if (magic != kFrameMagic) {
    failed_ =
        absl::DataLossError(absl::StrCat("no frame here: found ", absl::Hex(magic),
                                         " where a frame begins with ", absl::Hex(kFrameMagic)));
    return failed_;
  }
  if (HeaderCrc(length) != header_crc) {
    failed_ = absl::DataLossError("frame header with a wrong CRC");
    return failed_;
  }
  if (length > max_payload_) {
    failed_ = absl::DataLossError(
        absl::StrCat("frame of ", length, " bytes, the limit is ", max_payload_));
    return failed_;
  }
#ifdef JFS_PLANTED_PARSER_BUG
  // Planted for tools/fuzz.sh --planted: trusts the length and reads behind what has arrived.
  const std::string_view body(waiting.data() + kFrameHeaderBytes, length);
#else
  if (waiting.size() < kFrameHeaderBytes + length) {
    // What was consumed goes now, so that the buffer never holds more than one frame and one read.
    buffer_.erase(0, at_);
    at_ = 0;
    return false;
  }
  const std::string_view body = waiting.substr(kFrameHeaderBytes, length);
#endif
  if (Crc32c(body) != crc) {
    failed_ = absl::DataLossError(absl::StrCat("frame of ", length, " bytes with a wrong CRC"));
    return failed_;
  }
  payload->assign(body);
  at_ += kFrameHeaderBytes + length;
  return true;
}

}  // namespace jfs::node
