#ifndef CORE_BASE_CRC32C_H_
#define CORE_BASE_CRC32C_H_

#include <cstdint>
#include <string_view>

namespace jfs {

// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `bytes`; `seed` is the value returned for what
// came before, 0 at the start. Crc32c("123456789") is 0xe3069283.
uint32_t Crc32c(std::string_view bytes, uint32_t seed = 0);

}  // namespace jfs

#endif  // CORE_BASE_CRC32C_H_
