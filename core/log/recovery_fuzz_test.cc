#include "core/log/recovery_fuzz.h"

#include <string>

#include "gtest/gtest.h"

#include "core/base/random.h"
#include "core/log/log_world.h"

// The fuzz target's body over changes of real logs: what a fuzzer would try first, in every run of
// the tests.
namespace jfs::log {
namespace {

std::string RealFile(int batches) {
  LogWorld world(LogWorld::TinyOptions());
  EXPECT_EQ(world.Recover(), "");
  for (int i = 0; i < batches; ++i) {
    world.AppendEntries(2, i % 2 == 0 ? 10 : 500);
    world.CompleteAll();
  }
  return world.disk().files()["segment-0000000000000001"];
}

TEST(RecoveryFuzzTest, ChangedLogs) {
  const std::string real = RealFile(3);
  FuzzRecovery("");
  FuzzRecovery(std::string(1, '\0') + real);
  for (uint64_t seed = 1; seed <= 4000; ++seed) {
    Random random(seed);
    std::string bytes = real;
    const uint64_t changes = 1 + random.Below(8);
    for (uint64_t i = 0; i < changes; ++i) {
      // Headers of blocks and the beginnings of records are where the structure is.
      const size_t block = random.Below(8) * 512;
      const size_t at = block + random.Below(random.Chance(3, 4) ? 90 : 512);
      const uint64_t how = random.Below(3);
      const uint64_t value = random.Below(256);
      bytes[at] = static_cast<char>(how == 0   ? value
                                    : how == 1 ? bytes[at] + 1
                                               : bytes[at] ^ (1 << value % 8));
    }
    if (random.Chance(1, 10)) bytes.resize(random.Below(bytes.size()));
    const uint64_t flags = random.Below(16);
    FuzzRecovery(std::string(1, static_cast<char>(flags)) + bytes);
  }
}

}  // namespace
}  // namespace jfs::log
