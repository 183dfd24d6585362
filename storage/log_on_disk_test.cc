#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "core/base/check.h"
#include "core/base/random.h"
#include "core/log/log.h"
#include "storage/log_disk.h"
#include "storage/posix.h"
#include "storage/temporary_directory.h"

// core/log over a real directory: a process that appends is killed at a random moment, and what the
// next one recovers must begin with everything whose durability had been reported. (A kill leaves
// the page cache alone: what power cuts do to the format is tested in core/log on its disk in
// memory.)
namespace jfs::storage {
namespace {

// Drives recovery and log over a LogDisk, as the loop of a server does.
class LogOnDisk {
 public:
  LogOnDisk(const std::string& directory, LogDisk::Writer writer) {
    absl::StatusOr<std::unique_ptr<LogDisk>> disk =
        LogDisk::Open({.directory = directory, .writer = writer});
    CHECK(disk.ok()) << disk.status();
    disk_ = *std::move(disk);
    log::Options options;
    options.identity = {.node = NodeId(1), .incarnation = Incarnation(77)};
    options.segment_bytes = 256 << 10;
    options.block_bytes = disk_->block_bytes();
    recovery_ = std::make_unique<log::Recovery>(options);
    log::RecoveryOutput out = recovery_->Start();
    while (true) {
      disk_->Start(std::move(out.requests));
      if (out.finished) break;
      out.requests.clear();
      for (log::DiskCompletion& completion : Wait()) {
        log::RecoveryOutput step = recovery_->Step(completion);
        for (log::DiskRequest& request : step.requests) {
          out.requests.push_back(std::move(request));
        }
        out.finished |= step.finished;
        if (step.finished) out.status = step.status;
      }
    }
    CHECK(out.status.ok()) << out.status;
    log_ = recovery_->TakeLog();
  }

  const log::RecoveredLog& recovered() const { return recovery_->recovered(); }

  void Append(log::Batch batch) { Handle(log_->Append(std::move(batch))); }
  // Blocks until something has completed; returns tokens now durable.
  std::vector<uint64_t> Turn() {
    for (const log::DiskCompletion& completion : Wait()) Handle(log_->Complete(completion));
    return std::exchange(durable_, {});
  }

 private:
  std::vector<log::DiskCompletion> Wait() {
    pollfd ready = {.fd = disk_->event_fd(), .events = POLLIN, .revents = 0};
    CHECK_EQ(poll(&ready, 1, 60'000), 1) << "the disk is silent";
    return disk_->Take();
  }
  void Handle(log::LogOutput out) {
    CHECK(out.error.ok()) << out.error;
    disk_->Start(std::move(out.requests));
    durable_.insert(durable_.end(), out.durable.begin(), out.durable.end());
  }

  std::unique_ptr<LogDisk> disk_;
  std::unique_ptr<log::Recovery> recovery_;
  std::unique_ptr<log::Log> log_;
  std::vector<uint64_t> durable_;
};

std::string PayloadOf(uint64_t index, uint64_t term) {
  Random random(index * 1000 + term);
  return absl::StrCat("entry ", index, " of term ", term, " ",
                      std::string(random.Below(3000), static_cast<char>('a' + index % 26)));
}

constexpr char kVictim[] = "VictimProcess.DISABLED_AppendsUntilKilled";

// Reports the last durable index to standard output, a number of eight bytes each time, until it is
// killed.
TEST(VictimProcess, DISABLED_AppendsUntilKilled) {
  const char* directory = std::getenv("JFS_LOG_DIRECTORY");
  const char* writer = std::getenv("JFS_LOG_WRITER");
  const char* report = std::getenv("JFS_REPORT_FD");
  ASSERT_TRUE(directory != nullptr && writer != nullptr && report != nullptr);
  const int report_fd = std::atoi(report);
  LogOnDisk log(directory, std::string(writer) == "thread" ? LogDisk::Writer::kThread
                                                           : LogDisk::Writer::kIoUring);
  const std::vector<log::LogEntry>& entries = log.recovered().entries;
  uint64_t last = entries.empty() ? log.recovered().base.index : entries.back().index;
  const uint64_t term = (entries.empty() ? 0 : entries.back().term) + 1;
  Random random(term);
  while (true) {
    log::Batch batch;
    for (uint64_t n = random.Between(1, 5); n > 0; --n) {
      ++last;
      batch.entries.push_back(
          {.index = last, .term = term, .kind = 1, .payload = SharedBytes(PayloadOf(last, term))});
    }
    batch.token = last;
    batch.hard_state = absl::StrCat("term ", term);
    log.Append(std::move(batch));
    if (random.Chance(1, 2)) continue;
    for (const uint64_t token : log.Turn()) {
      ASSERT_EQ(write(report_fd, &token, sizeof(token)), static_cast<ssize_t>(sizeof(token)));
    }
  }
}

struct LogOnDiskTest : testing::TestWithParam<const char*> {};

TEST_P(LogOnDiskTest, NothingDurableIsLostByKills) {
  TemporaryDirectory directory;
  std::vector<uint64_t> term_of = {0};  // of each index, as last recovered
  uint64_t reports = 0;
  for (int round = 0; round < 6; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    int pipe_fds[2];
    ASSERT_EQ(pipe(pipe_fds), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(pipe_fds[0]);
      setenv("JFS_LOG_DIRECTORY", directory.path().c_str(), 1);
      setenv("JFS_LOG_WRITER", GetParam(), 1);
      setenv("JFS_REPORT_FD", absl::StrCat(pipe_fds[1]).c_str(), 1);
      unsetenv("XML_OUTPUT_FILE");  // Bazel's: the report is the parent's
      const std::string filter = absl::StrCat("--gtest_filter=", kVictim);
      execl("/proc/self/exe", "victim", "--gtest_also_run_disabled_tests", filter.c_str(),
            static_cast<char*>(nullptr));
      _exit(1);
    }
    close(pipe_fds[1]);
    // Kill it after a number of reports, not of milliseconds; then read what it had still said.
    const uint64_t kill_after = 20 + 37 * static_cast<uint64_t>(round);
    uint64_t durable = 0;
    uint64_t token = 0;
    uint64_t heard = 0;
    while (read(pipe_fds[0], &token, sizeof(token)) == static_cast<ssize_t>(sizeof(token))) {
      EXPECT_GT(token, durable);
      durable = token;
      ++heard;
      if (heard == kill_after) kill(child, SIGKILL);
    }
    close(pipe_fds[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
    reports += heard;

    LogOnDisk log(directory.path(), LogDisk::Writer::kAuto);
    const log::RecoveredLog& recovered = log.recovered();
    EXPECT_TRUE(recovered.existed);
    EXPECT_FALSE(recovered.damaged) << recovered.damage;
    EXPECT_EQ(recovered.identity.incarnation, Incarnation(77));
    ASSERT_FALSE(recovered.entries.empty());
    EXPECT_GE(recovered.entries.back().index, durable);
    EXPECT_EQ(recovered.hard_state, absl::StrCat("term ", round + 1));
    uint64_t index = recovered.base.index;
    for (const log::LogEntry& entry : recovered.entries) {
      ++index;
      ASSERT_EQ(entry.index, index);
      EXPECT_EQ(entry.payload.view(), PayloadOf(entry.index, entry.term));
      if (index < term_of.size()) {
        EXPECT_EQ(entry.term, term_of[index]) << index;  // what an earlier run recovered stays
      } else {
        term_of.push_back(entry.term);
      }
    }
    EXPECT_GE(index + 1, term_of.size());
  }
  EXPECT_GE(reports, 600u);
}

INSTANTIATE_TEST_SUITE_P(Writers, LogOnDiskTest, testing::Values("io_uring", "thread"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace jfs::storage
