#include "storage/serial_worker.h"

#include <pthread.h>

#include <utility>

#include "core/base/check.h"

namespace jfs::storage {

SerialWorker::SerialWorker(const std::string& name) : thread_([this, name] { Run(name); }) {
  CHECK_LE(name.size(), size_t{15});
}

SerialWorker::~SerialWorker() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void SerialWorker::Post(std::function<void()> work) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    queue_.push_back(std::move(work));
  }
  wake_.notify_one();
}

void SerialWorker::Run(const std::string& name) {
  pthread_setname_np(pthread_self(), name.c_str());
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stop_ || !queue_.empty(); });
    if (stop_) return;
    std::function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    work = nullptr;  // what it held is released before the lock is taken
    lock.lock();
  }
}

}  // namespace jfs::storage
