#include "core/log/block.h"

#include <algorithm>
#include <cstring>

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/base/crc32c.h"
#include "core/log/record.h"

namespace jfs::log {
namespace {

constexpr uint8_t kBatchBlock = 0xb1;

struct RawHeader {
  uint32_t crc = 0;
  uint16_t used = 0;
  uint32_t number = 0;
  uint32_t part = 0;
  uint32_t parts = 0;
  uint64_t epoch = 0;
  uint64_t incarnation = 0;
  uint64_t sequence = 0;
  uint64_t watermark = 0;
};

bool AllZero(std::string_view bytes) {
  return bytes.empty() ||
         (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

// False unless the checksum holds and every field lies within its bounds.
bool ParseHeader(std::string_view bytes, RawHeader* out) {
  Decoder in(bytes);
  out->crc = in.U32();
  const uint8_t type = in.U8();
  const uint8_t version = in.U8();
  out->used = in.U16();
  out->number = in.U32();
  out->part = in.U32();
  out->parts = in.U32();
  out->epoch = in.U64();
  out->incarnation = in.U64();
  out->sequence = in.U64();
  out->watermark = in.U64();
  if (!in.ok()) return false;
  if (Crc32c(bytes.substr(4)) != out->crc) return false;
  if (type != kBatchBlock || version != kBlockVersion) return false;
  if (out->used > in.rest().size() || out->part >= out->parts) return false;
  // The watermark lies below the sequence.
  if (out->epoch > kLargestNumber || out->sequence > kLargestNumber) return false;
  return out->sequence > 0 && out->watermark < out->sequence && out->number > 0;
}

}  // namespace

uint64_t BlocksFor(uint64_t payload_bytes, uint32_t block_bytes) {
  const uint64_t room = BlockPayloadBytes(block_bytes);
  return std::max<uint64_t>(1, (payload_bytes + room - 1) / room);
}

uint32_t ExtendBatchCrc(uint32_t batch_crc, uint32_t block_crc) {
  std::string crc_bytes;
  Encoder(&crc_bytes).U32(block_crc);
  return Crc32c(crc_bytes, batch_crc);
}

EncodedBatch EncodeBlocks(std::string_view record, const BatchPlace& place, uint32_t block_bytes) {
  CHECK(IsBlockSize(block_bytes)) << block_bytes;
  CHECK_LT(place.watermark, place.sequence);
  CHECK_LE(place.sequence, kLargestNumber);
  CHECK_LE(place.epoch, kLargestNumber);
  const uint64_t parts = BlocksFor(record.size(), block_bytes);
  CHECK_LE(parts, UINT32_MAX - place.first_block);
  EncodedBatch out;
  out.blocks.reserve(parts * block_bytes);
  std::string block;
  for (uint32_t part = 0; part < parts; ++part) {
    const std::string_view piece = record.substr(0, BlockPayloadBytes(block_bytes));
    record.remove_prefix(piece.size());
    block.clear();
    Encoder header(&block);
    header.U8(kBatchBlock);
    header.U8(kBlockVersion);
    header.U16(static_cast<uint16_t>(piece.size()));
    header.U32(place.first_block + part);
    header.U32(part);
    header.U32(static_cast<uint32_t>(parts));
    header.U64(place.epoch);
    header.U64(place.incarnation.value);
    header.U64(place.sequence);
    header.U64(place.watermark);
    header.Raw(piece);
    block.resize(block_bytes - 4, '\0');
    const uint32_t crc = Crc32c(block);
    Encoder(&out.blocks).U32(crc);
    out.blocks.append(block);
    out.crc = ExtendBatchCrc(out.crc, crc);
  }
  return out;
}

DecodedBlock DecodeBlock(std::string_view bytes, uint64_t epoch, Incarnation incarnation,
                         uint32_t number) {
  DecodedBlock out;
  if (AllZero(bytes)) {
    out.kind = BlockKind::kZero;
    return out;
  }
  RawHeader header;
  if (!ParseHeader(bytes, &header) || header.incarnation != incarnation.value) return out;
  if (header.epoch < epoch) {
    // Lies at its place: the file's earlier life. Elsewhere: damage of that earlier life, not ours
    // to explain.
    if (header.number == number) out.kind = BlockKind::kOld;
    return out;
  }
  if (header.epoch > epoch || header.number != number) {
    out.kind = BlockKind::kStray;
    return out;
  }
  out.kind = BlockKind::kNew;
  out.crc = header.crc;
  out.part = header.part;
  out.parts = header.parts;
  out.sequence = header.sequence;
  out.watermark = header.watermark;
  out.payload = bytes.substr(kBlockHeaderBytes, header.used);
  return out;
}

bool IncarnationOfBlock(std::string_view bytes, Incarnation* incarnation) {
  RawHeader header;
  if (!ParseHeader(bytes, &header)) return false;
  *incarnation = Incarnation(header.incarnation);
  return true;
}

}  // namespace jfs::log
