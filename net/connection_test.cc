#include "net/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace jfs::net {
namespace {

struct Recorder : Connection::Owner {
  void OnBytes(Connection& connection, std::string_view bytes) override {
    received.append(bytes);
    if (pause_after > 0 && received.size() >= pause_after) connection.PauseReading();
  }
  void OnDrained(Connection&) override { ++drained; }
  void OnClosed(Connection&, const absl::Status& why) override {
    ++closed;
    status = why;
  }
  std::string received;
  size_t pause_after = 0;
  int drained = 0, closed = 0;
  absl::Status status;
};

class ConnectionTest : public testing::Test {
 protected:
  ConnectionTest() {
    loop_ = std::move(*EventLoop::Create());
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    other_ = UniqueFd(fds[1]);
    connection_ =
        std::make_unique<Connection>(loop_.get(), UniqueFd(fds[0]), false, "peer", &owner_);
    EXPECT_TRUE(connection_->Start().ok());
  }
  std::string ReadOther(size_t limit = 1 << 30) {
    std::string out;
    char buffer[65536];
    while (out.size() < limit) {
      const ssize_t got = read(other_.get(), buffer, std::min(sizeof buffer, limit - out.size()));
      if (got <= 0) break;
      out.append(buffer, static_cast<size_t>(got));
    }
    return out;
  }

  std::unique_ptr<EventLoop> loop_;
  Recorder owner_;
  UniqueFd other_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(ConnectionTest, WritesLeaveTogetherAtTheEndOfTheTurn) {
  connection_->Send("one ");
  connection_->Send(SharedBytes(std::string(10'000, 'x')));
  connection_->Send(" two");
  EXPECT_EQ(ReadOther(), "");
  loop_->RunOnce(0);
  EXPECT_EQ(ReadOther(), "one " + std::string(10'000, 'x') + " two");
  EXPECT_EQ(connection_->output_bytes(), 0u);
  EXPECT_EQ(owner_.drained, 1);
}

TEST_F(ConnectionTest, EveryByteOfALargeOutputArrivesOnceWhateverTheReaderTakes) {
  std::string sent;
  for (int i = 0; i < 3000; ++i) {
    std::string part(static_cast<size_t>(i * 7 % 9000 + 1), static_cast<char>('a' + i % 26));
    sent += part;
    if (i % 2 == 0) {
      connection_->Send(part);
    } else {
      connection_->Send(SharedBytes(part));
    }
  }
  std::string got;
  for (int turn = 0; got.size() < sent.size() && turn < 100'000; ++turn) {
    loop_->RunOnce(0);
    EXPECT_EQ(connection_->output_bytes() + got.size() <= sent.size(), true);
    got += ReadOther(static_cast<size_t>(turn * 977 % 20'000 + 1));
  }
  EXPECT_TRUE(got == sent);
}

TEST_F(ConnectionTest, PausedReadingLeavesBytesInTheKernel) {
  owner_.pause_after = 1;
  ASSERT_EQ(write(other_.get(), "abc", 3), 3);
  loop_->RunOnce(kSecond);
  EXPECT_EQ(owner_.received, "abc");
  ASSERT_EQ(write(other_.get(), "def", 3), 3);
  loop_->RunOnce(10 * kMillisecond);
  EXPECT_EQ(owner_.received, "abc");
  owner_.pause_after = 0;
  connection_->ResumeReading();
  loop_->RunOnce(kSecond);
  EXPECT_EQ(owner_.received, "abcdef");
}

TEST_F(ConnectionTest, OrderlyCloseIsReportedOnceAfterTheLastBytes) {
  ASSERT_EQ(write(other_.get(), "bye", 3), 3);
  other_.Reset();
  for (int i = 0; i < 3; ++i) loop_->RunOnce(0);
  EXPECT_EQ(owner_.received, "bye");
  EXPECT_EQ(owner_.closed, 1);
  EXPECT_TRUE(owner_.status.ok());
  EXPECT_FALSE(connection_->open());
  connection_->Send("nobody hears this");
  loop_->RunOnce(0);
}

TEST_F(ConnectionTest, CloseInsideACallbackEndsTheCalls) {
  struct Closer : Connection::Owner {
    void OnBytes(Connection& connection, std::string_view) override {
      ++calls;
      connection.Close();
    }
    void OnClosed(Connection&, const absl::Status&) override { ++closed; }
    int calls = 0, closed = 0;
  } closer;
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
  Connection connection(loop_.get(), UniqueFd(fds[0]), false, "peer", &closer);
  ASSERT_TRUE(connection.Start().ok());
  const std::string much(1 << 20, 'x');
  ASSERT_GT(write(fds[1], much.data(), much.size()), 0);
  loop_->RunOnce(kSecond);
  loop_->RunOnce(0);
  EXPECT_EQ(closer.calls, 1);
  EXPECT_EQ(closer.closed, 0);
  close(fds[1]);
}

TEST_F(ConnectionTest, CloseAfterFlushSendsEverythingFirst) {
  const std::string much(4 << 20, 'y');
  connection_->Send(much);
  connection_->CloseAfterFlush();
  connection_->Send("too late");
  std::string got;
  for (int turn = 0; owner_.closed == 0 && turn < 10'000; ++turn) {
    loop_->RunOnce(0);
    got += ReadOther();
  }
  got += ReadOther();
  EXPECT_TRUE(got == much) << got.size();
  EXPECT_EQ(owner_.closed, 1);
}

TEST_F(ConnectionTest, CloseAfterFlushWithNothingToSendIsNotReportedFromInside) {
  connection_->CloseAfterFlush();
  EXPECT_EQ(owner_.closed, 0);
  loop_->RunOnce(0);
  EXPECT_EQ(owner_.closed, 1);
}

TEST_F(ConnectionTest, ResetWhilePausedIsNoticedWithoutSpinning) {
  connection_->PauseReading();
  other_.Reset();
  loop_->RunOnce(kSecond);
  EXPECT_EQ(owner_.closed, 1);
  const uint64_t turns = loop_->turns();
  loop_->RunOnce(5 * kMillisecond);
  EXPECT_EQ(loop_->turns(), turns + 1);
}

TEST_F(ConnectionTest, RefusedConnectIsReported) {
  absl::StatusOr<UniqueFd> listener = Listen({.host = "127.0.0.1", .port = 0}, 1);
  ASSERT_TRUE(listener.ok());
  const absl::StatusOr<Endpoint> where = LocalEndpoint(listener->get());
  ASSERT_TRUE(where.ok());
  listener->Reset();
  absl::StatusOr<UniqueFd> fd = StartConnect(*where);
  ASSERT_TRUE(fd.ok());
  Recorder owner;
  Connection connection(loop_.get(), std::move(*fd), true, "nobody", &owner);
  ASSERT_TRUE(connection.Start().ok());
  for (int i = 0; i < 100 && owner.closed == 0; ++i) loop_->RunOnce(10 * kMillisecond);
  EXPECT_EQ(owner.closed, 1);
  EXPECT_FALSE(owner.status.ok());
}

}  // namespace
}  // namespace jfs::net
