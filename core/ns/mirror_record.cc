#include "core/ns/mirror_record.h"

#include "core/base/codec.h"
#include "core/ns/keys.h"

namespace jfs::ns {
namespace {

constexpr uint8_t kVersion = 1;

}  // namespace

std::string EncodeRecord(const MirrorRecord& record) {
  std::string bytes;
  Encoder out(&bytes);
  out.U8(kVersion);
  out.U8(static_cast<uint8_t>(record.state));
  out.Varint(record.cap_bytes);
  out.Varint(record.mirrored);
  out.Varint(record.last);
  out.U64(record.chain);
  return bytes;
}

bool DecodeRecord(std::string_view bytes, MirrorRecord* record) {
  Decoder in(bytes);
  if (in.U8() != kVersion) in.Fail();
  const uint8_t state = in.U8();
  if (state > static_cast<uint8_t>(MirrorState::kStale)) in.Fail();
  record->state = static_cast<MirrorState>(state);
  record->cap_bytes = in.Varint();
  record->mirrored = in.Varint();
  record->last = in.Varint();
  record->chain = in.U64();
  return in.Done();
}

bool IsMirrored(std::string_view key) {
  if (key.empty()) return false;
  switch (static_cast<Prefix>(key[0])) {
    case Prefix::kBlock:
    case Prefix::kDirectory:
    case Prefix::kEntry:
    case Prefix::kNamespace:
    case Prefix::kOpenFile:
    case Prefix::kPendingDelete:
    case Prefix::kXAttr:
      return true;
    // Follows from the entries: whoever loads those can make it.
    case Prefix::kFilePlace:
    case Prefix::kMeta:
    case Prefix::kOutbox:
    case Prefix::kRetry:
      return false;
  }
  return false;
}

}  // namespace jfs::ns
