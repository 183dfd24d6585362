#ifndef CORE_BASE_HASH_H_
#define CORE_BASE_HASH_H_

#include <cstdint>
#include <string_view>

namespace jfs {

// A 64-bit hash with a fixed definition (XXH64), the same on every platform and in every version:
// it goes into event hashes, state hashes and fault decisions. Not for keeping adversaries out.
uint64_t Hash64(std::string_view bytes, uint64_t seed = 0);

// Folds `value` into a running hash; order matters.
uint64_t HashCombine(uint64_t hash, uint64_t value);

}  // namespace jfs

#endif  // CORE_BASE_HASH_H_
