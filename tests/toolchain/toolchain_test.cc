// What all of the code relies on and no compiler promises by default: settings of .bazelrc and
// bazel/cc.bzl.

#include <gtest/gtest.h>

#include <cstdint>

namespace jfs {
namespace {

static_assert(__cplusplus >= 202002L, "compile with -std=c++20");
static_assert(sizeof(void*) == 8 && sizeof(size_t) == 8, "sizes and offsets are 64 bits wide");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "ISA-L and the fast codecs are for little-endian");

#ifdef NDEBUG
#error "NDEBUG is set: assertions of the libraries we include must stay on"
#endif

// A fused multiply-add rounds once, separate operations round twice; seeds replay on every compiler
// only if none fuses. With these operands the rounded product is exactly 1, and what the fused form
// keeps is -2^-60.
TEST(ToolchainTest, DoesNotFuseMultiplyAndAdd) {
  volatile double above_one = 1.0 + 0x1p-30;
  volatile double below_one = 1.0 - 0x1p-30;
  const double left = above_one;
  const double right = below_one;
  EXPECT_EQ(left * right - 1.0, 0.0);
}

}  // namespace
}  // namespace jfs
