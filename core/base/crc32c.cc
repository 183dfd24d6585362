#include "core/base/crc32c.h"

#include <isa-l/crc.h>

namespace jfs {

uint32_t Crc32c(std::string_view bytes, uint32_t seed) {
  // ISA-L takes an int length and does not touch the buffer, though its prototype lacks the const.
  // It leaves the inversions before and after, which make the value CRC-32C, to the caller.
  uint32_t crc = ~seed;
  constexpr size_t kPiece = size_t{1} << 30;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPiece);
    auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(piece.data()));
    crc = crc32_iscsi(data, static_cast<int>(piece.size()), crc);
    bytes.remove_prefix(piece.size());
  }
  return ~crc;
}

}  // namespace jfs
