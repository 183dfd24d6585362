#ifndef CORE_OTS_CRC8_H_
#define CORE_OTS_CRC8_H_

#include <cstdint>
#include <string_view>

namespace jfs::ots {

// CRC-8 as PlainBuffer has it: polynomial 0x07, starting at 0, most significant bit first, no final
// xor. "123456789" gives 0xF4. `crc` is what came before, so that a value can be fed in parts.
uint8_t Crc8(uint8_t crc, std::string_view bytes);

}  // namespace jfs::ots

#endif  // CORE_OTS_CRC8_H_
