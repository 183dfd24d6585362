#include "core/base/strong_int.h"

#include <sstream>
#include <type_traits>

#include "gtest/gtest.h"

namespace jfs {
namespace {

using Term = StrongInt<struct TermTag>;
using Index = StrongInt<struct IndexTag>;

static_assert(!std::is_convertible_v<uint64_t, Term>, "a number becomes a term only by saying so");
static_assert(!std::is_convertible_v<Term, Index>, "a term is never an index");

TEST(StrongIntTest, CountsAndCompares) {
  Index index(4);
  ++index;
  EXPECT_EQ(index, Index(5));
  EXPECT_EQ(index + 2, Index(7));
  EXPECT_EQ(index - 2, Index(3));
  EXPECT_EQ(Index(9) - index, 4u);
  EXPECT_LT(index, Index(6));
  std::ostringstream out;
  out << index;
  EXPECT_EQ(out.str(), "5");
}

}  // namespace
}  // namespace jfs
