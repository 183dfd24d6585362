// Ten thousand clients that hold a connection and say nothing: what they cost, and that they do not
// keep others from being served. The clients live in a process of their own, because a process may
// often not have twice as many sockets.

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "core/base/check.h"
#include "net/event_loop.h"
#include "net/hadoop/ipc_client.h"
#include "net/hadoop/ipc_message.h"
#include "net/hadoop/ipc_server.h"
#include "net/hadoop/proto/client_namenode.pb.h"
#include "net/socket.h"

namespace jfs::net::hadoop {
namespace {

constexpr size_t kWanted = 10'000;
constexpr size_t kSpare = 200;  // files that the test needs for itself
// Of a connection that has been set up, has made a call and rests: its objects on the server's
// side. The kernel's socket buffers come on top; they are empty.
constexpr size_t kMostBytesEach = 8 << 10;

// The clients' process. Told by single bytes what to do next; says with one that it is done.
class Clients {
 public:
  Clients(uint16_t port, size_t count) {
    int fds[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    pid_ = fork();
    CHECK(pid_ >= 0);
    if (pid_ == 0) {
      close(fds[0]);
      Run(fds[1], port, count);
      _exit(0);
    }
    close(fds[1]);
    to_ = UniqueFd(fds[0]);
  }
  ~Clients() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  void Tell(char what) { CHECK(send(to_.get(), &what, 1, MSG_NOSIGNAL) == 1); }
  // Whether it has answered since.
  bool Done() {
    char answer = 0;
    const ssize_t got = recv(to_.get(), &answer, 1, MSG_DONTWAIT);
    CHECK(got != 0) << "the clients' process has ended";
    if (got < 0) return false;
    EXPECT_EQ(answer, 'y') << "a client failed";
    return true;
  }

 private:
  static void Run(int from, uint16_t port, size_t count) {
    const absl::StatusOr<Endpoint> where = ResolveNumeric({.host = "127.0.0.1", .port = port});
    std::vector<int> sockets;
    char what = 0;
    while (recv(from, &what, 1, 0) == 1) {
      bool good = true;
      switch (what) {
        case 'c':  // connect
          while (sockets.size() < count) {
            const int fd = socket(AF_INET, SOCK_STREAM, 0);
            good = fd >= 0 && connect(fd, reinterpret_cast<const sockaddr*>(&where->address),
                                      where->size) == 0;
            if (!good) break;
            std::string hello = EncodeHello(kAuthNone);
            AppendContext("0123456789abcdef", "alice", kClientProtocol, &hello);
            good = send(fd, hello.data(), hello.size(), 0) == static_cast<ssize_t>(hello.size());
            sockets.push_back(fd);
          }
          break;
        case 'a':  // ask on each, then read all answers
          for (const int fd : sockets) {
            std::string call;
            AppendCall({.call_id = 0, .retry_count = 0, .client_id = "0123456789abcdef"},
                       kClientProtocol, 1, "getFileInfo", "\x0a\x01/", &call);
            good &= send(fd, call.data(), call.size(), 0) == static_cast<ssize_t>(call.size());
          }
          for (const int fd : sockets) {
            char answer[256];
            good &= recv(fd, answer, sizeof answer, 0) > 0;
          }
          break;
        case 'q':  // quit
          for (const int fd : sockets) close(fd);
          sockets.clear();
          break;
        default:
          good = false;
      }
      const char answer = good ? 'y' : 'n';
      if (send(from, &answer, 1, MSG_NOSIGNAL) != 1) return;
    }
  }

  pid_t pid_ = 0;
  UniqueFd to_;
};

struct Handler : CallHandler {
  void OnCall(const IncomingCall& call) override {
    ++calls;
    server->Reply(call.handle, std::nullopt, "");
  }
  IpcServer* server = nullptr;
  size_t calls = 0;
};

size_t HeapBytes() { return mallinfo2().uordblks; }

TEST(IdleConnections, TenThousand) {
  const size_t files = RaiseOpenFileLimit();
  ASSERT_GT(files, 2 * kSpare);
  const size_t count = std::min(kWanted, files - kSpare);
  if (count < kWanted) {
    std::printf("only %zu connections: at most %zu files may be open here\n", count, files);
  }
  auto loop = std::move(*EventLoop::Create());
  Handler handler;
  IpcServer::Options options;
  options.max_connections = count;
  // Connecting them all may take long on a busy machine.
  options.crowded_idle_timeout = 3600 * kSecond;
  IpcServer server(loop.get(), &handler, options);
  handler.server = &server;
  ASSERT_TRUE(server.Listen({.host = "127.0.0.1", .port = 0}, 1).ok());
  const auto until = [&](const std::function<bool()>& done) {
    const Micros end = EventLoop::Now() + 120 * kSecond;
    while (EventLoop::Now() < end) {
      if (done()) return true;
      loop->RunOnce(kMillisecond);
    }
    return false;
  };

  Clients clients(server.port(1), count);
  const size_t heap_before = HeapBytes();
  clients.Tell('c');
  ASSERT_TRUE(until([&] { return clients.Done(); }));
  ASSERT_TRUE(until([&] { return server.stats().connections == count; }));
  clients.Tell('a');
  ASSERT_TRUE(until([&] { return clients.Done(); }));
  EXPECT_EQ(handler.calls, count);
  EXPECT_EQ(server.stats().input_bytes, 0u);
  EXPECT_EQ(server.stats().output_bytes, 0u);
  const size_t each = (HeapBytes() - heap_before) / count;
  std::printf("%zu idle connections, %zu bytes of memory each\n", count, each);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(each, kMostBytesEach);
  EXPECT_GT(each, 0u);
#endif

  // There is room for no other, and it is told so.
  IpcClient::Options patience;
  patience.addresses = {{.host = "127.0.0.1", .port = server.port(1)}};
  patience.user = "bob";
  patience.backoff_base = kMillisecond;
  patience.backoff_max = 20 * kMillisecond;
  IpcClient other(patience);
  std::vector<IpcClient::Result> results;
  other.Submit(kClientProtocol, "getFileInfo", std::string("\x0a\x01/"));
  const auto turn = [&] {
    other.Poll(0, &results);
    return !results.empty();
  };
  ASSERT_TRUE(until([&] {
    turn();
    return server.stats().refused > 0;
  }));
  EXPECT_TRUE(results.empty());
  EXPECT_EQ(server.stats().connections, count);

  // It goes on asking, and is served when the others have gone.
  clients.Tell('q');
  ASSERT_TRUE(until(turn));
  EXPECT_TRUE(results[0].ok()) << results[0].status;
  ASSERT_TRUE(until([&] { return clients.Done(); }));
  EXPECT_TRUE(until([&] { return server.stats().connections <= 1; }));
}

}  // namespace
}  // namespace jfs::net::hadoop
