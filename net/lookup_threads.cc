#include "net/lookup_threads.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace jfs::net {

struct LookupThreads::Shared {
  std::mutex mutex;
  std::condition_variable wake, ended;
  // All guarded by mutex.
  EventLoop* loop = nullptr;  // null: the threads are to end
  std::deque<std::function<Then()>> queue;
  size_t threads = 0;  // that have not ended
  std::shared_ptr<bool> alive;
};

LookupThreads::LookupThreads(EventLoop* loop, size_t threads)
    : shared_(std::make_shared<Shared>()) {
  shared_->loop = loop;
  shared_->threads = threads;
  shared_->alive = alive_;
  for (size_t i = 0; i < threads; ++i) {
    std::thread([shared = shared_] { Work(shared); }).detach();
  }
}

LookupThreads::~LookupThreads() {
  *alive_ = false;
  std::deque<std::function<Then()>> dropped;
  std::unique_lock<std::mutex> lock(shared_->mutex);
  shared_->loop = nullptr;
  dropped.swap(shared_->queue);
  shared_->wake.notify_all();
  shared_->ended.wait_for(lock, std::chrono::microseconds(kPatience),
                          [this] { return shared_->threads == 0; });
}

void LookupThreads::Run(std::function<Then()> work) {
  {
    const std::lock_guard<std::mutex> lock(shared_->mutex);
    shared_->queue.push_back(std::move(work));
  }
  shared_->wake.notify_one();
}

void LookupThreads::Work(const std::shared_ptr<Shared>& shared) {
  std::unique_lock<std::mutex> lock(shared->mutex);
  while (true) {
    shared->wake.wait(lock, [&] { return shared->loop == nullptr || !shared->queue.empty(); });
    if (shared->loop == nullptr) break;
    std::function<Then()> work = std::move(shared->queue.front());
    shared->queue.pop_front();
    lock.unlock();
    Then then = work();
    work = nullptr;
    lock.lock();
    if (shared->loop == nullptr) break;
    shared->loop->Post([alive = shared->alive, then = std::move(then)] {
      if (*alive) then();
    });
  }
  --shared->threads;
  shared->ended.notify_all();
}

}  // namespace jfs::net
