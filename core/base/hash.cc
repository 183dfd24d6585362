#include "core/base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/base/random.h"

namespace jfs {

uint64_t Hash64(std::string_view bytes, uint64_t seed) {
  return XXH64(bytes.data(), bytes.size(), seed);
}

uint64_t HashCombine(uint64_t hash, uint64_t value) { return Mix64(hash ^ Mix64(value)); }

}  // namespace jfs
