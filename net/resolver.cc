#include "net/resolver.h"

#include <memory>

namespace jfs::net {

Resolver::Resolver(EventLoop* loop) : loop_(loop), thread_([this] { Work(); }) {}

Resolver::~Resolver() {
  *alive_ = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
    queue_.clear();
  }
  wake_.notify_one();
  thread_.join();
}

void Resolver::Lookup(HostPort where, Done done) {
  if (absl::StatusOr<Endpoint> numeric = ResolveNumeric(where); numeric.ok()) {
    loop_->Post([alive = alive_, done = std::move(done), endpoint = *numeric] {
      if (*alive) done(std::vector<Endpoint>{endpoint});
    });
    return;
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    queue_.emplace_back(std::move(where), std::move(done));
  }
  wake_.notify_one();
}

void Resolver::Work() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stop_ || !queue_.empty(); });
    if (stop_) return;
    auto [where, done] = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    absl::StatusOr<std::vector<Endpoint>> found = Resolve(where);
    loop_->Post([alive = alive_, done = std::move(done), found = std::move(found)]() mutable {
      if (*alive) done(std::move(found));
    });
    lock.lock();
  }
}

}  // namespace jfs::net
