#include "core/ots/crc8.h"

#include <array>

namespace jfs::ots {
namespace {

constexpr uint8_t kPolynomial = 0x07;

constexpr std::array<uint8_t, 256> MakeTable() {
  std::array<uint8_t, 256> table{};
  for (int byte = 0; byte < 256; ++byte) {
    int crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x80) != 0 ? (crc << 1) ^ kPolynomial : crc << 1;
    table[static_cast<size_t>(byte)] = static_cast<uint8_t>(crc);
  }
  return table;
}

constexpr std::array<uint8_t, 256> kTable = MakeTable();

}  // namespace

uint8_t Crc8(uint8_t crc, std::string_view bytes) {
  for (const char byte : bytes) crc = kTable[crc ^ static_cast<uint8_t>(byte)];
  return crc;
}

}  // namespace jfs::ots
