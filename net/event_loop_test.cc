#include "net/event_loop.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace jfs::net {
namespace {

using testing::ElementsAre;

std::unique_ptr<EventLoop> NewLoop() {
  absl::StatusOr<std::unique_ptr<EventLoop>> loop = EventLoop::Create();
  EXPECT_TRUE(loop.ok()) << loop.status();
  return std::move(*loop);
}

struct Call : Pollable {
  explicit Call(std::function<void(uint32_t)> f) : f(std::move(f)) {}
  void OnReady(uint32_t events) override { f(events); }
  std::function<void(uint32_t)> f;
};

struct SocketPair {
  SocketPair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0); }
  ~SocketPair() {
    close(fd[0]);
    close(fd[1]);
  }
  int fd[2];
};

TEST(EventLoop, TimersRunInOrderOfTimeAndThenOfTheirMaking) {
  auto loop = NewLoop();
  std::vector<int> ran;
  const Micros base = EventLoop::Now();
  loop->At(base + 2, [&] { ran.push_back(3); });
  loop->At(base, [&] { ran.push_back(1); });
  loop->At(base, [&] { ran.push_back(2); });
  while (ran.size() < 3) loop->RunOnce(kSecond);
  EXPECT_THAT(ran, ElementsAre(1, 2, 3));
}

TEST(EventLoop, CancelledTimerDoesNotRun) {
  auto loop = NewLoop();
  bool ran = false;
  const EventLoop::TimerId timer = loop->After(0, [&] { ran = true; });
  loop->Cancel(timer);
  loop->Cancel(timer);
  loop->Cancel({});
  loop->RunOnce(0);
  EXPECT_FALSE(ran);
}

TEST(EventLoop, TimerCancelsAnotherThatIsDueInTheSameTurn) {
  auto loop = NewLoop();
  bool ran = false;
  EventLoop::TimerId second;
  const Micros now = EventLoop::Now();
  loop->At(now, [&] { loop->Cancel(second); });
  second = loop->At(now, [&] { ran = true; });
  loop->RunOnce(kSecond);
  loop->RunOnce(0);
  EXPECT_FALSE(ran);
}

TEST(EventLoop, TimerThatSetsItselfForThePastDoesNotKeepTheTurn) {
  auto loop = NewLoop();
  int runs = 0;
  std::function<void()> again = [&] {
    ++runs;
    loop->At(Micros(0), again);
  };
  loop->At(Micros(0), again);
  loop->RunOnce(kSecond);
  EXPECT_EQ(runs, 1);
  loop->RunOnce(kSecond);
  EXPECT_EQ(runs, 2);
}

TEST(EventLoop, PostFromAnotherThreadWakesIt) {
  auto loop = NewLoop();
  std::thread thread([&] {
    for (int i = 0; i < 1000; ++i) loop->Post([] {});
    loop->Post([&] { loop->Stop(); });
  });
  loop->Run();
  thread.join();
}

TEST(EventLoop, HooksRunAfterEverythingElseOfTheTurnAndBeforeTheFlush) {
  auto loop = NewLoop();
  std::vector<int> order;
  struct Flush : Flushable {
    explicit Flush(std::vector<int>* order) : order(order) {}
    void OnFlush() override { order->push_back(4); }
    std::vector<int>* order;
  } flush(&order);
  loop->AtTurnEnd([&] {
    order.push_back(3);
    loop->FlushThisTurn(&flush);
  });
  loop->Post([&] { order.push_back(1); });
  loop->At(Micros(0), [&] { order.push_back(2); });
  loop->RunOnce(kSecond);
  EXPECT_THAT(order, ElementsAre(1, 2, 3, 4));
}

TEST(EventLoop, PostInAHookRunsInTheNextTurnWithoutWaiting) {
  auto loop = NewLoop();
  int turn = 0;
  bool ran = false;
  loop->AtTurnEnd([&] {
    if (++turn == 1) loop->Post([&] { ran = true; });
  });
  loop->RunOnce(0);
  EXPECT_FALSE(ran);
  loop->RunOnce(kNever.value);  // hangs if the wake-up was lost
  EXPECT_TRUE(ran);
}

TEST(EventLoop, NoEventForADescriptorRemovedInTheSameTurn) {
  auto loop = NewLoop();
  SocketPair a, b;
  int calls = 0;
  // Whichever comes first removes the other.
  Call on_a([&](uint32_t) {
    ++calls;
    loop->Remove(b.fd[0]);
  });
  Call on_b([&](uint32_t) {
    ++calls;
    loop->Remove(a.fd[0]);
  });
  ASSERT_TRUE(loop->Add(a.fd[0], EPOLLIN, &on_a).ok());
  ASSERT_TRUE(loop->Add(b.fd[0], EPOLLIN, &on_b).ok());
  ASSERT_EQ(write(a.fd[1], "x", 1), 1);
  ASSERT_EQ(write(b.fd[1], "x", 1), 1);
  loop->RunOnce(kSecond);
  EXPECT_EQ(calls, 1);
}

TEST(EventLoop, NoEventOfTheOldOwnerForAReusedDescriptorNumber) {
  auto loop = NewLoop();
  SocketPair a, b;
  int old_calls = 0, new_calls = 0;
  Call fresh([&](uint32_t) { ++new_calls; });
  Call on_b([&](uint32_t) { ++old_calls; });
  Call on_a([&](uint32_t) {
    ++old_calls;
    // b's event of this turn must not reach the new owner of the same number.
    loop->Remove(b.fd[0]);
    ASSERT_TRUE(loop->Add(b.fd[0], 0, &fresh).ok());
    loop->Remove(a.fd[0]);
  });
  ASSERT_TRUE(loop->Add(a.fd[0], EPOLLIN, &on_a).ok());
  ASSERT_EQ(write(a.fd[1], "x", 1), 1);
  ASSERT_TRUE(loop->Add(b.fd[0], EPOLLIN, &on_b).ok());
  ASSERT_EQ(write(b.fd[1], "x", 1), 1);
  loop->RunOnce(kSecond);
  EXPECT_EQ(new_calls, 0);
}

TEST(EventLoop, DoesNotSpinWhenIdle) {
  auto loop = NewLoop();
  std::thread thread([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    loop->Stop();
  });
  loop->Run();
  thread.join();
  EXPECT_LE(loop->turns(), 3u);
}

TEST(EventLoop, SignalsArriveOnTheLoop) {
  auto loop = NewLoop();
  std::vector<int> seen;
  ASSERT_TRUE(loop->HandleSignals({SIGUSR1, SIGUSR2},
                                  [&](int signal) {
                                    seen.push_back(signal);
                                    if (seen.size() == 2) loop->Stop();
                                  })
                  .ok());
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGUSR2);
  loop->Run();
  EXPECT_THAT(seen, ElementsAre(SIGUSR1, SIGUSR2));
}

TEST(EventLoop, DisposedObjectsLiveUntilTheTurnEnds) {
  auto loop = NewLoop();
  auto object = std::make_shared<int>(7);
  const std::weak_ptr<int> watch = object;
  bool alive_in_hook = false;
  loop->AtTurnEnd([&] { alive_in_hook = !watch.expired(); });
  loop->Post([&] { loop->Dispose(std::exchange(object, nullptr)); });
  loop->RunOnce(kSecond);
  EXPECT_TRUE(alive_in_hook);
  EXPECT_TRUE(watch.expired());
}

}  // namespace
}  // namespace jfs::net
