#include "net/lookup_threads.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "gtest/gtest.h"

#include "net/event_loop.h"

namespace jfs::net {
namespace {

// Holds whoever passes until it is opened.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  int waiting = 0;

  void Pass() {
    std::unique_lock<std::mutex> lock(mutex);
    ++waiting;
    changed.notify_all();
    changed.wait(lock, [this] { return open; });
  }
  void Open() {
    const std::lock_guard<std::mutex> lock(mutex);
    open = true;
    changed.notify_all();
  }
  void AwaitSomebody() {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [this] { return waiting > 0; });
  }
};

TEST(LookupThreads, AnswersComeOnTheLoopsThread) {
  auto loop = std::move(*EventLoop::Create());
  LookupThreads threads(loop.get());
  std::thread::id worked, answered;
  threads.Run([&] {
    worked = std::this_thread::get_id();
    return [&] { answered = std::this_thread::get_id(); };
  });
  while (answered == std::thread::id()) loop->RunOnce(10 * kMillisecond);
  EXPECT_NE(worked, answered);
  EXPECT_EQ(answered, std::this_thread::get_id());
}

TEST(LookupThreads, OneThatHangsHoldsUpNeitherOthersNorTheEnd) {
  auto loop = std::move(*EventLoop::Create());
  const auto gate = std::make_shared<Gate>();
  const auto late = std::make_shared<bool>(false);
  bool done = false;
  {
    LookupThreads threads(loop.get(), 2);
    threads.Run([gate, late] {
      gate->Pass();
      return [late] { *late = true; };
    });
    gate->AwaitSomebody();
    threads.Run([&] { return [&] { done = true; }; });
    while (!done) loop->RunOnce(10 * kMillisecond);
  }
  gate->Open();
  while (gate.use_count() > 1) std::this_thread::yield();
  loop->RunOnce(0);
  EXPECT_FALSE(*late) << "nobody is there to take that answer";
}

TEST(LookupThreads, WhatHasNotBegunIsDropped) {
  auto loop = std::move(*EventLoop::Create());
  const auto gate = std::make_shared<Gate>();
  const auto begun = std::make_shared<bool>(false);
  {
    LookupThreads threads(loop.get());
    threads.Run([gate] {
      gate->Pass();
      return [] {};
    });
    gate->AwaitSomebody();
    threads.Run([begun] {
      *begun = true;
      return [] {};
    });
  }
  EXPECT_EQ(begun.use_count(), 1);
  EXPECT_FALSE(*begun);
  gate->Open();
  while (gate.use_count() > 1) std::this_thread::yield();
}

}  // namespace
}  // namespace jfs::net
