#include "storage/device.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "storage/temporary_directory.h"

namespace jfs::storage {
namespace {

TEST(AtomicBlockBytes, Only512WhereNothingIsLarger) {
  EXPECT_EQ(AtomicBlockBytes(512, 512), 512u);
  EXPECT_EQ(AtomicBlockBytes(4096, 512), 4096u);  // 512e: a small write is read-modify-write inside
  EXPECT_EQ(AtomicBlockBytes(4096, 4096), 4096u);
  EXPECT_EQ(AtomicBlockBytes(512, 4096), 4096u);
  EXPECT_EQ(AtomicBlockBytes(16384, 512), 4096u);  // it may tear at every 4 KiB, for all we know
  EXPECT_EQ(AtomicBlockBytes(0, 0), 4096u);
}

TEST(ProbeDevice, LooksAndLeavesNothingBehind) {
  TemporaryDirectory directory;
  const absl::StatusOr<Device> device = ProbeDevice(directory.path());
  ASSERT_TRUE(device.ok()) << device.status();
  EXPECT_TRUE(device->block_bytes == 512 || device->block_bytes == 4096);
  EXPECT_THAT(device->description,
              testing::HasSubstr(device->direct ? "with O_DIRECT" : "because O_DIRECT"));
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(ProbeDevice, MissingDirectory) {
  TemporaryDirectory directory;
  EXPECT_TRUE(absl::IsNotFound(ProbeDevice(directory.path() + "/none").status()));
}

}  // namespace
}  // namespace jfs::storage
