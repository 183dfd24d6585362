#include "storage/log_disk.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "core/base/random.h"
#include "storage/free_space.h"
#include "storage/temporary_directory.h"

namespace jfs::storage {
namespace {

using log::DiskCompletion;
using log::DiskError;
using log::DiskRequest;
using log::DiskToken;
using testing::HasSubstr;

// Both ways of writing, with and without O_DIRECT, must behave the same.
struct LogDiskTest : testing::TestWithParam<std::tuple<LogDisk::Writer, bool>> {
  TemporaryDirectory directory;
  std::unique_ptr<LogDisk> disk = Open();
  uint64_t next_token = 1;

  std::unique_ptr<LogDisk> Open() {
    const auto [writer, direct] = GetParam();
    absl::StatusOr<std::unique_ptr<LogDisk>> opened = LogDisk::Open({.directory = directory.path(),
                                                                     .writer = writer,
                                                                     .block_bytes = 4096,
                                                                     .allow_direct = direct});
    CHECK(opened.ok()) << opened.status();
    return *std::move(opened);
  }

  // Starts all actions at once and waits for all of them; answers in the order of the actions.
  std::vector<DiskCompletion> Run(std::vector<log::DiskAction> actions) {
    const uint64_t first = next_token;
    std::vector<DiskRequest> requests;
    for (log::DiskAction& action : actions) {
      requests.push_back({.token = DiskToken(next_token), .action = std::move(action)});
      ++next_token;
    }
    disk->Start(std::move(requests));
    std::vector<DiskCompletion> done(actions.size());
    std::set<uint64_t> seen;
    while (seen.size() < actions.size()) {
      pollfd ready = {.fd = disk->event_fd(), .events = POLLIN, .revents = 0};
      CHECK_EQ(poll(&ready, 1, 60'000), 1) << "no completion for a minute";
      for (DiskCompletion& completion : disk->Take()) {
        const uint64_t token = completion.token.value;
        CHECK(token >= first && token < next_token);
        CHECK(seen.insert(token).second) << "completed twice: " << token;
        done[token - first] = std::move(completion);
      }
    }
    return done;
  }
  DiskCompletion RunOne(log::DiskAction action) {
    std::vector<log::DiskAction> actions;
    actions.push_back(std::move(action));
    return Run(std::move(actions))[0];
  }

  static SharedBytes Filled(char c, size_t bytes) { return SharedBytes(std::string(bytes, c)); }

  std::string Content(const std::string& name) {
    std::ifstream in(JoinPath(directory.path(), name), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
};

TEST_P(LogDiskTest, CreatesFilesFullOfZerosThatOccupySpace) {
  const DiskCompletion done = RunOne(log::CreateFile{.file = "a", .bytes = 1 << 20});
  EXPECT_EQ(done.error, DiskError::kNone) << done.error_text;
  EXPECT_EQ(Content("a"), std::string(1 << 20, '\0'));
  struct stat info;
  ASSERT_EQ(stat(JoinPath(directory.path(), "a").c_str(), &info), 0);
  EXPECT_GE(info.st_blocks * 512, 1 << 20);
}

TEST_P(LogDiskTest, CreateReplacesAnOlderFile) {
  RunOne(log::CreateFile{.file = "a", .bytes = 8192});
  RunOne(log::WriteFile{.file = "a", .offset = 0, .data = Filled('x', 4096)});
  RunOne(log::CreateFile{.file = "a", .bytes = 4096});
  EXPECT_EQ(Content("a"), std::string(4096, '\0'));
  // Writes go to the new file, not to the one that was open.
  RunOne(log::WriteFile{.file = "a", .offset = 0, .data = Filled('y', 4096)});
  EXPECT_EQ(Content("a"), std::string(4096, 'y'));
}

TEST_P(LogDiskTest, WritesLandWhereTheyBelong) {
  RunOne(log::CreateFile{.file = "a", .bytes = 64 * 4096});
  std::vector<log::DiskAction> writes;
  std::string want;
  for (int i = 0; i < 64; ++i) {
    const char c = static_cast<char>('A' + i % 26);
    want.append(4096, c);
    writes.push_back(log::WriteFile{
        .file = "a", .offset = static_cast<uint64_t>(i) * 4096, .data = Filled(c, 4096)});
  }
  for (const DiskCompletion& done : Run(std::move(writes))) {
    EXPECT_EQ(done.error, DiskError::kNone) << done.error_text;
  }
  EXPECT_EQ(Content("a"), want);
}

// More at once than the ring of io_uring has places, of all sizes, over several files.
TEST_P(LogDiskTest, ManyWritesAtOnce) {
  Random random(7);
  std::map<std::string, std::string> want;
  for (const char* name : {"a", "b", "c"}) {
    RunOne(log::CreateFile{.file = name, .bytes = 4 << 20});
    want[name] = std::string(4 << 20, '\0');
  }
  std::vector<log::DiskAction> writes;
  std::map<std::string, uint64_t> end;
  for (int i = 0; i < 300; ++i) {
    const std::string name(1, static_cast<char>('a' + random.Below(3)));
    const uint64_t bytes = 4096 * random.Between(1, 8);
    const uint64_t offset = end[name];
    if (offset + bytes > want[name].size()) continue;
    end[name] += bytes;
    const char fill = static_cast<char>('a' + random.Below(26));
    want[name].replace(offset, bytes, bytes, fill);
    writes.push_back(log::WriteFile{.file = name, .offset = offset, .data = Filled(fill, bytes)});
  }
  ASSERT_GT(writes.size(), 200u);
  for (const DiskCompletion& done : Run(std::move(writes))) {
    EXPECT_EQ(done.error, DiskError::kNone) << done.error_text;
  }
  for (const auto& [name, content] : want) EXPECT_EQ(Content(name) == content, true) << name;
}

TEST_P(LogDiskTest, ReadsBackAndStopsAtTheEnd) {
  RunOne(log::CreateFile{.file = "a", .bytes = 3 * 4096});
  RunOne(log::WriteFile{.file = "a", .offset = 4096, .data = Filled('x', 4096)});
  EXPECT_EQ(RunOne(log::ReadFile{.file = "a", .offset = 4096, .bytes = 4096}).data.view(),
            std::string(4096, 'x'));
  EXPECT_EQ(RunOne(log::ReadFile{.file = "a", .offset = 0, .bytes = uint64_t{1} << 40}).data.view(),
            std::string(4096, '\0') + std::string(4096, 'x') + std::string(4096, '\0'));
  const DiskCompletion beyond =
      RunOne(log::ReadFile{.file = "a", .offset = 3 * 4096, .bytes = 4096});
  EXPECT_EQ(beyond.error, DiskError::kNone);
  EXPECT_EQ(beyond.data.size(), 0u);
}

// A file whose length is no multiple of the block: cut by a crash or by hand.
TEST_P(LogDiskTest, ReadsAnOddLength) {
  std::ofstream(JoinPath(directory.path(), "odd"), std::ios::binary) << std::string(5000, 'o');
  EXPECT_EQ(RunOne(log::ReadFile{.file = "odd", .offset = 0, .bytes = 16384}).data.view(),
            std::string(5000, 'o'));
}

TEST_P(LogDiskTest, RenameReplacesAndFollowsOpenFiles) {
  RunOne(log::CreateFile{.file = "old", .bytes = 4096});
  RunOne(log::CreateFile{.file = "new", .bytes = 4096});
  RunOne(log::WriteFile{.file = "old", .offset = 0, .data = Filled('o', 4096)});
  RunOne(log::WriteFile{.file = "new", .offset = 0, .data = Filled('n', 4096)});
  const DiskCompletion done = RunOne(log::RenameFile{.from = "old", .to = "new"});
  EXPECT_EQ(done.error, DiskError::kNone) << done.error_text;
  EXPECT_EQ(Content("new"), std::string(4096, 'o'));
  RunOne(log::WriteFile{.file = "new", .offset = 0, .data = Filled('p', 4096)});
  EXPECT_EQ(Content("new"), std::string(4096, 'p'));
  EXPECT_EQ(RunOne(log::WriteFile{.file = "old", .offset = 0, .data = Filled('q', 4096)}).error,
            DiskError::kNotFound);
}

TEST_P(LogDiskTest, RequestsInOneGoSeeEachOther) {
  std::vector<log::DiskAction> actions;
  actions.push_back(log::CreateFile{.file = "a", .bytes = 8192});
  actions.push_back(log::WriteFile{.file = "a", .offset = 0, .data = Filled('1', 4096)});
  actions.push_back(log::RenameFile{.from = "a", .to = "b"});
  actions.push_back(log::WriteFile{.file = "b", .offset = 4096, .data = Filled('2', 4096)});
  for (const DiskCompletion& done : Run(std::move(actions))) {
    EXPECT_EQ(done.error, DiskError::kNone) << done.error_text;
  }
  EXPECT_EQ(Content("b"), std::string(4096, '1') + std::string(4096, '2'));
}

TEST_P(LogDiskTest, ListsFilesWithSizes) {
  RunOne(log::CreateFile{.file = "a", .bytes = 4096});
  RunOne(log::CreateFile{.file = "b", .bytes = 0});
  RunOne(log::CreateFile{.file = "c", .bytes = 4096});
  RunOne(log::RemoveFile{.file = "c"});
  std::map<std::string, uint64_t> found;
  for (const log::FileInfo& file : RunOne(log::ListFiles{}).files) found[file.name] = file.bytes;
  EXPECT_EQ(found, (std::map<std::string, uint64_t>{{"a", 4096}, {"b", 0}}));
}

TEST_P(LogDiskTest, MissingFiles) {
  EXPECT_EQ(RunOne(log::RemoveFile{.file = "none"}).error, DiskError::kNone);
  EXPECT_EQ(RunOne(log::RenameFile{.from = "none", .to = "x"}).error, DiskError::kNotFound);
  const DiskCompletion read = RunOne(log::ReadFile{.file = "none", .offset = 0, .bytes = 4096});
  EXPECT_EQ(read.error, DiskError::kNotFound);
  EXPECT_THAT(read.error_text, HasSubstr(JoinPath(directory.path(), "none")));
  EXPECT_THAT(read.error_text, HasSubstr("No such file or directory (2)"));
}

TEST_P(LogDiskTest, AFullDiskIsNamedBeforeItIsFilled) {
  absl::StatusOr<uint64_t> free = FreeBytes(directory.path());
  ASSERT_TRUE(free.ok());
  const DiskCompletion done =
      RunOne(log::CreateFile{.file = "big", .bytes = *free + (uint64_t{1} << 40)});
  EXPECT_EQ(done.error, DiskError::kNoSpace);
  EXPECT_THAT(done.error_text, HasSubstr("No space left on device (28)"));
  EXPECT_TRUE(RunOne(log::ListFiles{}).files.empty());
}

TEST_P(LogDiskTest, WriteErrorsNameThePlace) {
  ASSERT_EQ(mkdir(JoinPath(directory.path(), "d").c_str(), 0700), 0);
  const DiskCompletion done =
      RunOne(log::WriteFile{.file = "d", .offset = 8192, .data = Filled('x', 4096)});
  EXPECT_EQ(done.error, DiskError::kIo);
  EXPECT_THAT(done.error_text, HasSubstr(JoinPath(directory.path(), "d")));
  EXPECT_THAT(done.error_text, HasSubstr("Is a directory (21)"));
}

// A device that is always full; it knows no O_DIRECT.
TEST_P(LogDiskTest, NoSpaceWhileWriting) {
  if (std::get<1>(GetParam())) GTEST_SKIP() << "/dev/full has no O_DIRECT";
  ASSERT_EQ(symlink("/dev/full", JoinPath(directory.path(), "full").c_str()), 0);
  const DiskCompletion done =
      RunOne(log::WriteFile{.file = "full", .offset = 8192, .data = Filled('x', 4096)});
  EXPECT_EQ(done.error, DiskError::kNoSpace);
  EXPECT_THAT(done.error_text, HasSubstr("write 4096 bytes at offset 8192 of"));
  EXPECT_THAT(done.error_text, HasSubstr("No space left on device (28)"));
}

TEST_P(LogDiskTest, UnfinishedFilesOfAnEarlierRunDisappear) {
  RunOne(log::CreateFile{.file = "whole", .bytes = 4096});
  disk.reset();
  std::ofstream(JoinPath(directory.path(), "half.unfinished"), std::ios::binary) << "zero";
  disk = Open();
  const std::vector<log::FileInfo> files = RunOne(log::ListFiles{}).files;
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].name, "whole");
}

// Closing waits for writes on their way: the kernel must not read from freed memory.
TEST_P(LogDiskTest, CloseWithWritesUnderWay) {
  RunOne(log::CreateFile{.file = "a", .bytes = 4 << 20});
  std::vector<DiskRequest> requests;
  for (uint64_t i = 0; i < 100; ++i) {
    requests.push_back(
        {.token = DiskToken(1000 + i),
         .action = log::WriteFile{.file = "a", .offset = i * 4096, .data = Filled('z', 4096)}});
  }
  disk->Start(std::move(requests));
  disk.reset();
  const std::string content = Content("a");
  for (size_t block = 0; block < content.size(); block += 4096) {
    const std::string one = content.substr(block, 4096);
    EXPECT_TRUE(one == std::string(4096, 'z') || one == std::string(4096, '\0')) << block;
  }
}

INSTANTIATE_TEST_SUITE_P(All, LogDiskTest,
                         testing::Combine(testing::Values(LogDisk::Writer::kIoUring,
                                                          LogDisk::Writer::kThread),
                                          testing::Bool()),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param) == LogDisk::Writer::kIoUring
                                                  ? "IoUring"
                                                  : "Thread") +
                                  (std::get<1>(info.param) ? "Direct" : "Cached");
                         });

// Puts something that is no ring in the place of this process's io_uring, and returns whether there
// was one.
bool BreakTheRing() {
  for (int fd = 3; fd < 1024; ++fd) {
    char target[64] = {};
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    if (readlink(link.c_str(), target, sizeof target - 1) <= 0) continue;
    if (std::string_view(target) != "anon_inode:[io_uring]") continue;
    const UniqueFd nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
    CHECK_EQ(dup2(nothing.get(), fd), fd);
    return true;
  }
  return false;
}

// The kernel may be short of anything at any time: that is an error of the log, not a bug.
TEST_P(LogDiskTest, KernelThatTakesNoMoreWritesIsAnErrorOfTheLog) {
  if (std::get<0>(GetParam()) != LogDisk::Writer::kIoUring) GTEST_SKIP() << "needs no ring";
  RunOne(log::CreateFile{.file = "a", .bytes = 128 * 4096});
  ASSERT_TRUE(BreakTheRing());
  for (int round = 0; round < 2; ++round) {
    // More than the ring has places.
    std::vector<log::DiskAction> writes;
    for (uint64_t i = 0; i < 100; ++i) {
      writes.push_back(log::WriteFile{.file = "a", .offset = i * 4096, .data = Filled('z', 4096)});
    }
    for (const DiskCompletion& done : Run(std::move(writes))) {
      EXPECT_EQ(done.error, DiskError::kIo);
      EXPECT_THAT(done.error_text, HasSubstr("write 4096 bytes at offset "));
    }
  }
}

TEST(LogDiskOpen, SaysHowItWrites) {
  TemporaryDirectory directory;
  absl::StatusOr<std::unique_ptr<LogDisk>> disk =
      LogDisk::Open({.directory = directory.path(), .writer = LogDisk::Writer::kThread});
  ASSERT_TRUE(disk.ok()) << disk.status();
  EXPECT_THAT((*disk)->description(), HasSubstr("through a thread"));
  EXPECT_THAT((*disk)->block_bytes(), testing::AnyOf(512u, 4096u));
}

TEST(LogDiskOpen, MissingDirectory) {
  TemporaryDirectory directory;
  absl::StatusOr<std::unique_ptr<LogDisk>> disk =
      LogDisk::Open({.directory = JoinPath(directory.path(), "none")});
  EXPECT_TRUE(absl::IsNotFound(disk.status())) << disk.status();
}

}  // namespace
}  // namespace jfs::storage
