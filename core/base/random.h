#ifndef CORE_BASE_RANDOM_H_
#define CORE_BASE_RANDOM_H_

#include <cstdint>

namespace jfs {

// One round of SplitMix64 (Steele, Lea, Flood 2014): spreads a 64-bit number over 64 bits. Also the
// hash behind every addressable random decision: Mix64(Mix64(seed) ^ identity).
constexpr uint64_t Mix64(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// A private generator (SplitMix64 in counter mode), the same on every platform. Draw once per
// statement: the order in which a compiler evaluates arguments must not matter.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15u;
    return Mix64(state_);
  }
  // Uniform enough in [0, bound). REQUIRES: bound > 0.
  uint64_t Below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * bound) >> 64);
  }
  // In [low, high], both included.
  uint64_t Between(uint64_t low, uint64_t high) { return low + Below(high - low + 1); }
  // True with probability numerator / denominator.
  bool Chance(uint64_t numerator, uint64_t denominator) { return Below(denominator) < numerator; }

 private:
  uint64_t state_;
};

}  // namespace jfs

#endif  // CORE_BASE_RANDOM_H_
