#include "storage/free_space.h"

#include "gtest/gtest.h"

#include "storage/temporary_directory.h"

namespace jfs::storage {
namespace {

TEST(FreeSpaceWatcher, ReportsCrossingsOnceAndDoesNotFlap) {
  FreeSpaceWatcher watcher(100, 200);
  EXPECT_EQ(watcher.Observe(1000), std::nullopt);
  EXPECT_EQ(watcher.Observe(100), std::nullopt);
  EXPECT_EQ(watcher.Observe(99), true);
  EXPECT_EQ(watcher.Observe(50), std::nullopt);
  EXPECT_EQ(watcher.Observe(150), std::nullopt);
  EXPECT_TRUE(watcher.low());
  EXPECT_EQ(watcher.Observe(200), false);
  EXPECT_EQ(watcher.Observe(150), std::nullopt);
  EXPECT_EQ(watcher.Observe(0), true);
}

TEST(FreeBytes, OfARealDirectory) {
  TemporaryDirectory directory;
  const absl::StatusOr<uint64_t> free = FreeBytes(directory.path());
  ASSERT_TRUE(free.ok()) << free.status();
  EXPECT_GT(*free, 0u);
  EXPECT_TRUE(absl::IsNotFound(FreeBytes(directory.path() + "/none").status()));
}

}  // namespace
}  // namespace jfs::storage
