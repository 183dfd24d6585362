#ifndef CORE_BASE_STRONG_INT_H_
#define CORE_BASE_STRONG_INT_H_

#include <compare>
#include <cstdint>
#include <ostream>

namespace jfs {

// An unsigned 64-bit number with a type of its own, so that a term cannot be passed where an index
// is meant. Arithmetic is limited to what numbering needs: the next one, an offset, a distance.
template <typename Tag>
struct StrongInt {
  uint64_t value = 0;

  constexpr StrongInt() = default;
  constexpr explicit StrongInt(uint64_t v) : value(v) {}

  friend constexpr auto operator<=>(const StrongInt&, const StrongInt&) = default;
  friend constexpr StrongInt operator+(StrongInt a, uint64_t n) { return StrongInt(a.value + n); }
  friend constexpr StrongInt operator-(StrongInt a, uint64_t n) { return StrongInt(a.value - n); }
  // Distance; REQUIRES: a >= b.
  friend constexpr uint64_t operator-(StrongInt a, StrongInt b) { return a.value - b.value; }
  constexpr StrongInt& operator++() {
    ++value;
    return *this;
  }
  friend std::ostream& operator<<(std::ostream& out, StrongInt v) { return out << v.value; }
};

}  // namespace jfs

#endif  // CORE_BASE_STRONG_INT_H_
