#include "core/node/snapshot_wire.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/codec.h"
#include "core/base/overload.h"
#include "core/raft/codec.h"

namespace jfs::node {
namespace {

// On the wire: never reused.
enum class Kind : uint8_t {
  kRaft = 1,
  kOffer = 2,
  kResume = 3,
  kChunk = 4,
  kAck = 5,
  kDone = 6,
  kMirrorSetting = 7,
};

// A checkpoint of the largest state has some thousand files; more is nonsense, refused before
// memory is taken for it.
constexpr uint64_t kMaxFiles = 100'000;

bool PlainName(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

SnapshotOffer DecodeOffer(Decoder* decoder) {
  SnapshotOffer offer;
  offer.transfer = decoder->Varint();
  offer.term = raft::Term(decoder->Varint());
  offer.at.index = raft::LogIndex(decoder->Varint());
  offer.at.term = raft::Term(decoder->Varint());
  const uint64_t files = decoder->VarintUpTo(kMaxFiles);
  for (uint64_t i = 0; i < files && decoder->ok(); ++i) {
    SnapshotFile file;
    file.name = std::string(decoder->Bytes());
    file.bytes = decoder->Varint();
    file.crc32c = decoder->U32();
    // The name becomes a file name at the receiver.
    if (!PlainName(file.name)) decoder->Fail();
    offer.files.push_back(std::move(file));
  }
  return offer;
}

SnapshotResume DecodeResume(Decoder* decoder) {
  SnapshotResume resume;
  resume.transfer = decoder->Varint();
  const uint64_t files = decoder->VarintUpTo(kMaxFiles);
  for (uint64_t i = 0; i < files && decoder->ok(); ++i) resume.have.push_back(decoder->Varint());
  return resume;
}

}  // namespace

std::string EncodePeerPayload(const PeerBody& body) {
  std::string out;
  Encoder encoder(&out);
  std::visit(Overload{
                 [&](const raft::Message& message) {
                   encoder.U8(static_cast<uint8_t>(Kind::kRaft));
                   encoder.Raw(raft::EncodeMessage(message));
                 },
                 [&](const SnapshotOffer& offer) {
                   encoder.U8(static_cast<uint8_t>(Kind::kOffer));
                   encoder.Varint(offer.transfer);
                   encoder.Varint(offer.term.value);
                   encoder.Varint(offer.at.index.value);
                   encoder.Varint(offer.at.term.value);
                   encoder.Varint(offer.files.size());
                   for (const SnapshotFile& file : offer.files) {
                     encoder.Bytes(file.name);
                     encoder.Varint(file.bytes);
                     encoder.U32(file.crc32c);
                   }
                 },
                 [&](const SnapshotResume& resume) {
                   encoder.U8(static_cast<uint8_t>(Kind::kResume));
                   encoder.Varint(resume.transfer);
                   encoder.Varint(resume.have.size());
                   for (const uint64_t have : resume.have) encoder.Varint(have);
                 },
                 [&](const SnapshotChunk& chunk) {
                   encoder.U8(static_cast<uint8_t>(Kind::kChunk));
                   encoder.Varint(chunk.transfer);
                   encoder.Varint(chunk.file);
                   encoder.Varint(chunk.offset);
                   encoder.Bytes(chunk.data.view());
                 },
                 [&](const SnapshotAck& ack) {
                   encoder.U8(static_cast<uint8_t>(Kind::kAck));
                   encoder.Varint(ack.transfer);
                   encoder.Varint(ack.file);
                   encoder.Varint(ack.have);
                 },
                 [&](const SnapshotDone& done) {
                   encoder.U8(static_cast<uint8_t>(Kind::kDone));
                   encoder.Varint(done.transfer);
                   encoder.Bool(done.installed);
                   encoder.Varint(done.at.index.value);
                   encoder.Varint(done.at.term.value);
                   encoder.Bytes(done.reason);
                 },
                 [&](const MirrorSetting& setting) {
                   encoder.U8(static_cast<uint8_t>(Kind::kMirrorSetting));
                   encoder.Bool(setting.upload);
                   encoder.Bool(setting.recovery);
                   encoder.U64(setting.destination);
                 },
             },
             body);
  return out;
}

absl::StatusOr<PeerBody> DecodePeerPayload(const SharedBytes& payload) {
  Decoder decoder(payload.view());
  const uint8_t kind = decoder.U8();
  PeerBody body;
  switch (static_cast<Kind>(kind)) {
    case Kind::kRaft: {
      std::optional<raft::Message> message =
          raft::DecodeMessage(SharedBytes::Slice(payload, 1, payload.size() - 1));
      if (!message.has_value()) return absl::InvalidArgumentError("malformed Raft message");
      return PeerBody(*std::move(message));
    }
    case Kind::kOffer:
      body = DecodeOffer(&decoder);
      break;
    case Kind::kResume:
      body = DecodeResume(&decoder);
      break;
    case Kind::kChunk: {
      SnapshotChunk chunk;
      chunk.transfer = decoder.Varint();
      chunk.file = static_cast<uint32_t>(decoder.VarintUpTo(kMaxFiles));
      chunk.offset = decoder.Varint();
      const std::string_view data = decoder.Bytes();
      if (decoder.Done()) {
        chunk.data = SharedBytes::Slice(payload, payload.size() - data.size(), data.size());
      }
      body = std::move(chunk);
      break;
    }
    case Kind::kAck: {
      SnapshotAck ack;
      ack.transfer = decoder.Varint();
      ack.file = static_cast<uint32_t>(decoder.VarintUpTo(kMaxFiles));
      ack.have = decoder.Varint();
      body = ack;
      break;
    }
    case Kind::kDone: {
      SnapshotDone done;
      done.transfer = decoder.Varint();
      done.installed = decoder.Bool();
      done.at.index = raft::LogIndex(decoder.Varint());
      done.at.term = raft::Term(decoder.Varint());
      done.reason = std::string(decoder.Bytes());
      body = std::move(done);
      break;
    }
    case Kind::kMirrorSetting: {
      MirrorSetting setting;
      setting.upload = decoder.Bool();
      setting.recovery = decoder.Bool();
      setting.destination = decoder.U64();
      body = setting;
      break;
    }
    default:
      return absl::InvalidArgumentError(absl::StrCat("unknown kind of peer payload: ", int{kind}));
  }
  if (!decoder.Done()) {
    return absl::InvalidArgumentError(absl::StrCat("malformed peer payload of kind ", int{kind}));
  }
  return body;
}

}  // namespace jfs::node
