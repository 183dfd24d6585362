#include "core/base/codec.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace jfs {
namespace {

// C++20 has no byteswap of its own; g++ and clang have the same one.
uint16_t Swapped(uint16_t v) { return __builtin_bswap16(v); }
uint32_t Swapped(uint32_t v) { return __builtin_bswap32(v); }
uint64_t Swapped(uint64_t v) { return __builtin_bswap64(v); }

template <typename Number>
Number BigEndian(Number v) {
  return std::endian::native == std::endian::big ? v : Swapped(v);
}

template <typename Number>
void AppendBigEndian(Number v, std::string* out) {
  const Number stored = BigEndian(v);
  char bytes[sizeof(stored)];
  std::memcpy(bytes, &stored, sizeof(stored));
  out->append(bytes, sizeof(bytes));
}

template <typename Number>
Number LoadBigEndian(std::string_view bytes) {
  Number stored = 0;
  std::memcpy(&stored, bytes.data(), sizeof(stored));
  return BigEndian(stored);
}

}  // namespace

void Encoder::U16(uint16_t v) { AppendBigEndian(v, out_); }

void Encoder::U32(uint32_t v) { AppendBigEndian(v, out_); }

void Encoder::U64(uint64_t v) { AppendBigEndian(v, out_); }

void Encoder::Varint(uint64_t v) {
  char bytes[10];
  size_t size = 0;
  while (v >= 0x80) {
    bytes[size++] = static_cast<char>(v | 0x80);
    v >>= 7;
  }
  bytes[size++] = static_cast<char>(v);
  out_->append(bytes, size);
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
  std::string_view bytes;
  return Take(2, &bytes) ? LoadBigEndian<uint16_t>(bytes) : 0;
}

uint32_t Decoder::U32() {
  std::string_view bytes;
  return Take(4, &bytes) ? LoadBigEndian<uint32_t>(bytes) : 0;
}

uint64_t Decoder::U64() {
  std::string_view bytes;
  return Take(8, &bytes) ? LoadBigEndian<uint64_t>(bytes) : 0;
}

uint64_t Decoder::Varint() {
  if (!ok_) return 0;
  uint64_t v = 0;
  size_t size = 0;
  for (int shift = 0; shift < 70 && size < in_.size(); shift += 7) {
    const uint8_t b = static_cast<uint8_t>(in_[size++]);
    const bool last_byte = shift == 63;
    if (last_byte && b > 1) break;   // more than 64 bits
    if (b == 0 && shift > 0) break;  // a shorter form exists: one value, one encoding
    v |= static_cast<uint64_t>(b & 0x7f) << shift;
    if ((b & 0x80) == 0) {
      in_.remove_prefix(size);
      return v;
    }
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
