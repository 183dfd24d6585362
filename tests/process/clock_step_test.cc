// Wall clocks that are set while masters run, by hours and in both directions.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "core/base/check.h"
#include "storage/temporary_directory.h"
#include "tests/process/master_process.h"

namespace jfs {
namespace {

using testing::HasSubstr;

constexpr int64_t kHour = 3600;
constexpr uint64_t kHourMillis = 3'600'000;

// The seconds by which one master's wall clock is wrong.
class Clock {
 public:
  explicit Clock(const std::string& path) : path_(path) {
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    CHECK_EQ(ftruncate(fd, sizeof(int64_t)), 0);
    void* mapped = mmap(nullptr, sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(mapped != MAP_FAILED);
    close(fd);
    seconds_ = static_cast<volatile int64_t*>(mapped);
  }
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  void Set(int64_t seconds) { *seconds_ = seconds; }
  std::vector<std::string> Environment() const {
    const std::string library = std::filesystem::absolute("tests/process/stepped_clock.so");
    return {absl::StrCat("LD_PRELOAD=", library), absl::StrCat("STEPPED_CLOCK_SECONDS=", path_)};
  }

 private:
  const std::string path_;
  volatile int64_t* seconds_;
};

class ClockStep : public testing::Test {
 protected:
  void SetUp() override {
#ifdef JFS_SANITIZED
    GTEST_SKIP() << "a sanitizer's runtime wants to be the first library that is loaded";
#endif
  }
  std::string Path(const std::string& name) { return absl::StrCat(directory_.path(), "/", name); }

  storage::TemporaryDirectory directory_;
};

TEST_F(ClockStep, TimesNeverGoBackAndLeasesDoNotExpire) {
  Clock clock(Path("clock"));
  const MasterFlags flags{.meta_dir = Path("meta")};
  std::filesystem::create_directory(flags.meta_dir);
  MasterProcess master(flags.ToVector(), Path("log"), clock.Environment());
  TestClient client({flags.rpc_port});
  ASSERT_EQ(client.Mkdirs("/1"), "");
  const uint64_t first = client.ModificationTime("/1");
  ASSERT_EQ(client.Create("/held", "writer"), "");
  const auto takes_over = [&] { return client.Create("/held", "another writer"); };
  const char* const held = "because this file lease is currently owned by writer";
  EXPECT_THAT(takes_over(), HasSubstr(held));

  // Past the soft and the hard limit of leases.
  clock.Set(6 * kHour);
  ASSERT_EQ(client.Mkdirs("/2"), "");
  const uint64_t second = client.ModificationTime("/2");
  EXPECT_GE(second, first + 6 * kHourMillis);
  EXPECT_LT(second, first + 7 * kHourMillis);
  EXPECT_THAT(takes_over(), HasSubstr(held));

  clock.Set(-6 * kHour);
  ASSERT_EQ(client.Mkdirs("/3"), "");
  EXPECT_GE(client.ModificationTime("/3"), second);
  EXPECT_THAT(takes_over(), HasSubstr(held));

  // Right again: time stands still until it has caught up.
  clock.Set(0);
  ASSERT_EQ(client.Mkdirs("/4"), "");
  EXPECT_GE(client.ModificationTime("/4"), second);
  EXPECT_LT(client.ModificationTime("/4"), second + kHourMillis);
  EXPECT_THAT(takes_over(), HasSubstr(held));
  EXPECT_TRUE(master.running());
}

// The next leader's clock is hours behind the one's that led: times go on from what was replicated.
TEST_F(ClockStep, FailOverToAMasterWhoseClockIsBehind) {
  std::vector<std::string> directories;
  std::vector<std::unique_ptr<Clock>> clocks;
  std::vector<std::unique_ptr<MasterProcess>> masters;
  for (int i = 0; i < 3; ++i) {
    directories.push_back(Path(absl::StrCat("meta-", i)));
    std::filesystem::create_directory(directories.back());
    clocks.push_back(std::make_unique<Clock>(Path(absl::StrCat("clock-", i))));
  }
  const GroupFlags flags(directories);
  for (size_t i = 0; i < 3; ++i) {
    masters.push_back(std::make_unique<MasterProcess>(
        flags.ToVector(i), Path(absl::StrCat("log-", i)), clocks[i]->Environment()));
  }
  TestClient client(flags.rpc_ports);
  ASSERT_EQ(client.Mkdirs("/1"), "");
  ASSERT_EQ(client.Create("/held", "writer"), "");
  const auto leader = [&] {
    for (size_t i = 0; i < 3; ++i) {
      if (flags.rpc_ports[i] == client.ipc().current().port) return i;
    }
    return size_t{3};
  };
  const size_t before = leader();
  for (size_t i = 0; i < 3; ++i) clocks[i]->Set(i == before ? 6 * kHour : -6 * kHour);
  ASSERT_EQ(client.Mkdirs("/2"), "");
  const uint64_t second = client.ModificationTime("/2");
  EXPECT_GE(second, client.ModificationTime("/1") + 5 * kHourMillis);
  // No election comes of clocks: who led, leads.
  SleepMillis(2000);
  ASSERT_EQ(client.Mkdirs("/3"), "");
  EXPECT_EQ(leader(), before);

  masters[before]->Kill();
  ASSERT_EQ(client.Mkdirs("/4"), "");
  EXPECT_NE(leader(), before);
  EXPECT_GE(client.ModificationTime("/4"), second);
  EXPECT_THAT(client.Create("/held", "another writer"),
              HasSubstr("because this file lease is currently owned by writer"));
}

}  // namespace
}  // namespace jfs
