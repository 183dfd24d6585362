#ifndef STORAGE_NOTIFIED_QUEUE_H_
#define STORAGE_NOTIFIED_QUEUE_H_

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "storage/posix.h"

namespace jfs::storage {

// A queue from other threads to the loop thread, with a descriptor that becomes readable when there
// is something to take.
template <typename T>
class NotifiedQueue {
 public:
  NotifiedQueue() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    CHECK(event_.valid()) << "eventfd: " << ErrnoText(errno);
  }

  // Any thread.
  void Push(T item) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      items_.push_back(std::move(item));
    }
    Notify();
  }

  // Makes the descriptor readable without an item. Any thread.
  void Notify() {
    const uint64_t one = 1;
    // Fails only with EAGAIN when the counter is at its limit: then it is readable already.
    [[maybe_unused]] const ssize_t put = write(event_.get(), &one, sizeof(one));
  }

  // Everything pushed so far, in the order of pushing; resets the descriptor. The loop thread.
  std::vector<T> Take() {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = read(event_.get(), &count, sizeof(count));
    std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(items_, {});
  }

  int event_fd() const { return event_.get(); }

 private:
  UniqueFd event_;
  std::mutex mutex_;
  std::vector<T> items_;
};

}  // namespace jfs::storage

#endif  // STORAGE_NOTIFIED_QUEUE_H_
