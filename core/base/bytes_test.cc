#include "core/base/bytes.h"

#include <optional>

#include "gtest/gtest.h"

namespace jfs {
namespace {

TEST(SharedBytesTest, SliceKeepsTheWholeAlive) {
  std::optional<SharedBytes> whole(std::string("one frame with two entries"));
  const SharedBytes part = SharedBytes::Slice(*whole, 4, 5);
  const char* before = part.view().data();
  whole.reset();
  EXPECT_EQ(part.view(), "frame");
  EXPECT_EQ(part.view().data(), before) << "no copy was made";
  EXPECT_EQ(SharedBytes::Slice(part, 0, 2).view(), "fr");
  EXPECT_TRUE(SharedBytes().empty());
  EXPECT_EQ(part, SharedBytes(std::string("frame")));
}

}  // namespace
}  // namespace jfs
