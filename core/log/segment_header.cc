#include "core/log/segment_header.h"

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/base/crc32c.h"
#include "core/log/block.h"

namespace jfs::log {
namespace {

constexpr std::string_view kMagic = "JFSNSLOG";
constexpr std::string_view kSegmentPrefix = "segment-";
constexpr std::string_view kSparePrefix = "spare-";
constexpr size_t kDigits = 16;

std::string Name(std::string_view prefix, uint64_t number) {
  return absl::StrCat(std::string(prefix), absl::Hex(number, absl::kZeroPad16));
}

// Only the exact form that Name() produces: one file, one number.
std::optional<uint64_t> Parse(std::string_view prefix, std::string_view name) {
  if (name.size() != prefix.size() + kDigits || name.substr(0, prefix.size()) != prefix)
    return std::nullopt;
  uint64_t number = 0;
  for (const char c : name.substr(prefix.size())) {
    uint64_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<uint64_t>(c - 'a') + 10;
    } else {
      return std::nullopt;
    }
    number = number << 4 | digit;
  }
  return number;
}

// A segment's own first batch has the sequence after the cut.
bool NumbersInBounds(const SegmentHeader& header) {
  return header.epoch <= kLargestNumber &&
         (header.kind != SegmentHeader::Kind::kRecovered || header.cut.sequence < kLargestNumber);
}

// Of a header whose numbers are in bounds.
bool Plausible(const SegmentHeader& header) {
  if (!IsBlockSize(header.block_bytes)) return false;
  if (header.segment_bytes % header.block_bytes != 0) return false;
  const uint64_t blocks = header.segment_bytes / header.block_bytes;
  if (blocks < 2 || blocks > UINT32_MAX) return false;
  switch (header.kind) {
    case SegmentHeader::Kind::kSpare:
      return header.epoch == 0;
    case SegmentHeader::Kind::kRolled:
      return header.previous_epoch > 0 && header.previous_epoch < header.epoch;
    case SegmentHeader::Kind::kRecovered:
      return header.cut.epoch < header.epoch &&
             (header.cut.epoch == 0) == (header.cut.sequence == 0);
  }
  return false;
}

}  // namespace

std::string EncodeSegmentHeader(const SegmentHeader& header) {
  CHECK(NumbersInBounds(header)) << "epoch " << header.epoch << ", cut " << header.cut.sequence;
  CHECK(Plausible(header)) << "epoch " << header.epoch << ", segment bytes "
                           << header.segment_bytes;
  std::string body;
  Encoder out(&body);
  out.Raw(kMagic);
  out.U16(kSegmentVersion);
  out.U8(static_cast<uint8_t>(header.kind));
  out.U8(0);
  out.U64(header.identity.node.value);
  out.U64(header.identity.incarnation.value);
  out.U64(header.epoch);
  out.U64(header.previous_epoch);
  out.U64(header.cut.epoch);
  out.U64(header.cut.sequence);
  out.U32(header.cut.crc);
  out.U32(header.block_bytes);
  out.U64(header.segment_bytes);
  body.resize(kSegmentHeaderBytes - 4, '\0');
  std::string block;
  Encoder(&block).U32(Crc32c(body));
  block.append(body);
  block.resize(header.block_bytes, '\0');
  return block;
}

absl::Status DecodeSegmentHeader(std::string_view bytes, SegmentHeader* header) {
  if (bytes.size() < kSegmentHeaderBytes) return absl::DataLossError("segment header cut short");
  bytes = bytes.substr(0, kSegmentHeaderBytes);
  Decoder in(bytes);
  const uint32_t crc = in.U32();
  if (Crc32c(bytes.substr(4)) != crc) return absl::DataLossError("segment header checksum wrong");
  if (in.Raw(kMagic.size()) != kMagic) return absl::DataLossError("segment header magic wrong");
  const uint16_t version = in.U16();
  if (version != kSegmentVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("log format version ", version, " is not known (this program knows ",
                     kSegmentVersion, "): start the version that wrote it"));
  }
  const uint8_t kind = in.U8();
  if (kind < 1 || kind > 3)
    return absl::DataLossError(absl::StrCat("segment kind ", kind, " is not known"));
  header->kind = static_cast<SegmentHeader::Kind>(kind);
  in.U8();
  header->identity.node = NodeId(in.U64());
  header->identity.incarnation = Incarnation(in.U64());
  header->epoch = in.U64();
  header->previous_epoch = in.U64();
  header->cut.epoch = in.U64();
  header->cut.sequence = in.U64();
  header->cut.crc = in.U32();
  header->block_bytes = in.U32();
  header->segment_bytes = in.U64();
  CHECK(in.ok());
  if (!NumbersInBounds(*header)) {
    return absl::OutOfRangeError(absl::StrCat("the header's epoch ", header->epoch, " or cut ",
                                              header->cut.sequence,
                                              " is larger than any that is ever given"));
  }
  if (!Plausible(*header))
    return absl::DataLossError("segment header fields contradict each other");
  return absl::OkStatus();
}

std::string SegmentFileName(uint64_t epoch) { return Name(kSegmentPrefix, epoch); }
std::string SpareFileName(uint64_t number) { return Name(kSparePrefix, number); }

std::optional<uint64_t> ParseSegmentFileName(std::string_view name) {
  const std::optional<uint64_t> epoch = Parse(kSegmentPrefix, name);
  if (epoch == 0) return std::nullopt;
  return epoch;
}

std::optional<uint64_t> ParseSpareFileName(std::string_view name) {
  return Parse(kSparePrefix, name);
}

}  // namespace jfs::log
