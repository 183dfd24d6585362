#include "server/log_sink.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "net/socket.h"
#include "spdlog/logger.h"

namespace jfs::server {
namespace {

using testing::HasSubstr;

class LogSinkTest : public testing::Test {
 protected:
  LogSinkTest() {
    signal(SIGPIPE, SIG_IGN);
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    read_end_ = net::UniqueFd(ends[0]);
    write_end_ = net::UniqueFd(ends[1]);
  }
  std::unique_ptr<spdlog::logger> Logger(const LogSink::Options& options) {
    auto logger = std::make_unique<spdlog::logger>(
        "test", std::make_shared<LogSink>(write_end_.get(), options));
    logger->set_pattern("%l %v");
    return logger;
  }
  // What has come when the logger is gone.
  std::string Rest() {
    write_end_.Reset();
    std::string out;
    char buffer[65536];
    while (true) {
      const ssize_t got = read(read_end_.get(), buffer, sizeof buffer);
      if (got <= 0) return out;
      out.append(buffer, static_cast<size_t>(got));
    }
  }
  net::UniqueFd read_end_, write_end_;
};

TEST(LogText, ShowsEverythingInOneLine) {
  struct Case {
    std::string in;
    size_t max_bytes;
    std::string out;
  };
  const Case cases[] = {
      {"plain 'text' with \"quotes\" and \\", 100, "plain 'text' with \"quotes\" and \\"},
      {"PLAIN\n2026-11-23T11:00:00 critical 1 forged", 100,
       "PLAIN\\n2026-11-23T11:00:00 critical 1 forged"},
      {std::string("\0\r\t\x1b[2J\x7f", 8), 100, "\\x00\\r\\t\\x1b[2J\\x7f"},
      {"grün …", 100, "grün …"},
      {"\xc2\x9b"
       "2J",
       100, "\\xc2\\x9b2J"},
      {"gr\xfcn", 100, "gr\\xfcn"},
      {"abcdef", 6, "abcdef"},
      {"abcdef", 4, "abcd … (2 bytes more)"},
      {"abü", 3, "ab … (2 bytes more)"},
      {std::string(9, '\x80'), 2, " … (9 bytes more)"},
      {"", 0, ""},
  };
  for (const Case& c : cases) EXPECT_EQ(LogText(c.in, c.max_bytes), c.out);
}

TEST_F(LogSinkTest, LinesArriveInOrder) {
  auto logger = Logger({});
  for (int i = 0; i < 100; ++i) logger->info("line {}", i);
  logger.reset();
  std::string expected;
  for (int i = 0; i < 100; ++i) expected += "info line " + std::to_string(i) + "\n";
  EXPECT_EQ(Rest(), expected);
}

TEST_F(LogSinkTest, ForeignTextMakesNoLinesOfItsOwn) {
  auto logger = Logger({.max_text_bytes = 20});
  logger->warn("closed: {}", "x\ncritical ended: forged" + std::string(5'000'000, 'x'));
  logger.reset();
  EXPECT_EQ(Rest(), "warning closed: x\\ncritical e … (5000012 bytes more)\n");
}

TEST_F(LogSinkTest, PipeThatNobodyReadsHoldsNobodyUp) {
  auto logger = Logger({.max_lines = 10, .patience = 10 * kMillisecond});
  const std::string text(900, 'x');
  // The pipe takes 64 KiB; this is 900 KB, and comes back.
  for (int i = 0; i < 1000; ++i) logger->info("{} {}", i, text);
  logger->flush();
  // Somebody reads on: what was dropped is named, the newest lines are there.
  char buffer[65536];
  std::string seen;
  while (seen.find("info 999 ") == std::string::npos) {
    const ssize_t got = read(read_end_.get(), buffer, sizeof buffer);
    ASSERT_GT(got, 0);
    seen.append(buffer, static_cast<size_t>(got));
  }
  EXPECT_THAT(seen, HasSubstr(" log lines were dropped here: they came faster"));
}

TEST_F(LogSinkTest, EndDoesNotWaitForeverForAReader) {
  auto logger = Logger({});
  for (int i = 0; i < 1000; ++i) logger->info("{}", std::string(900, 'x'));
  logger.reset();
  EXPECT_THAT(Rest(), HasSubstr("info xxx"));
}

TEST_F(LogSinkTest, SignalsAreLeftToWhoHandlesThem) {
  auto logger = Logger({});
  sigset_t ours, pending;
  sigemptyset(&ours);
  sigaddset(&ours, SIGUSR1);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &ours, nullptr), 0);
  // Ends the process if any thread takes it.
  ASSERT_EQ(kill(getpid(), SIGUSR1), 0);
  ASSERT_EQ(sigpending(&pending), 0);
  EXPECT_EQ(sigismember(&pending, SIGUSR1), 1);
  int taken = 0;
  EXPECT_EQ(sigwait(&ours, &taken), 0);
  pthread_sigmask(SIG_UNBLOCK, &ours, nullptr);
}

TEST_F(LogSinkTest, NobodyAtTheOtherEndIsNoTrouble) {
  auto logger = Logger({});
  read_end_.Reset();
  logger->info("into nothing");
  logger->flush();
}

}  // namespace
}  // namespace jfs::server
