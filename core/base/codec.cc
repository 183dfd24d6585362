#include "core/base/codec.h"

namespace jfs {

void Encoder::U16(uint16_t v) {
  U8(static_cast<uint8_t>(v >> 8));
  U8(static_cast<uint8_t>(v));
}

void Encoder::U32(uint32_t v) {
  U16(static_cast<uint16_t>(v >> 16));
  U16(static_cast<uint16_t>(v));
}

void Encoder::U64(uint64_t v) {
  U32(static_cast<uint32_t>(v >> 32));
  U32(static_cast<uint32_t>(v));
}

void Encoder::Varint(uint64_t v) {
  while (v >= 0x80) {
    U8(static_cast<uint8_t>(v | 0x80));
    v >>= 7;
  }
  U8(static_cast<uint8_t>(v));
}

void Encoder::Bytes(std::string_view v) {
  Varint(v.size());
  Raw(v);
}

bool Decoder::Take(uint64_t size, std::string_view* out) {
  if (!ok_ || size > in_.size()) {
    ok_ = false;
    return false;
  }
  *out = in_.substr(0, size);
  in_.remove_prefix(size);
  return true;
}

uint8_t Decoder::U8() {
  std::string_view b;
  return Take(1, &b) ? static_cast<uint8_t>(b[0]) : 0;
}

uint16_t Decoder::U16() {
  const uint16_t high = U8();
  const uint16_t low = U8();
  return static_cast<uint16_t>(high << 8 | low);
}

uint32_t Decoder::U32() {
  const uint32_t high = U16();
  const uint32_t low = U16();
  return high << 16 | low;
}

uint64_t Decoder::U64() {
  const uint64_t high = U32();
  const uint64_t low = U32();
  return high << 32 | low;
}

uint64_t Decoder::Varint() {
  uint64_t v = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    const uint8_t b = U8();
    if (!ok_) return 0;
    const bool last_byte = shift == 63;
    if (last_byte && b > 1) break;   // more than 64 bits
    if (b == 0 && shift > 0) break;  // a shorter form exists: one value, one encoding
    v |= static_cast<uint64_t>(b & 0x7f) << shift;
    if ((b & 0x80) == 0) return v;
  }
  ok_ = false;
  return 0;
}

uint64_t Decoder::VarintUpTo(uint64_t max) {
  const uint64_t v = Varint();
  if (v > max) {
    ok_ = false;
    return 0;
  }
  return v;
}

bool Decoder::Bool() {
  const uint8_t b = U8();
  if (b > 1) ok_ = false;
  return ok_ && b == 1;
}

std::string_view Decoder::Bytes() { return Raw(Varint()); }

std::string_view Decoder::Raw(uint64_t size) {
  std::string_view out;
  Take(size, &out);
  return out;
}

}  // namespace jfs
