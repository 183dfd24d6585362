#ifndef NET_LOOKUP_THREADS_H_
#define NET_LOOKUP_THREADS_H_

#include <cstddef>
#include <functional>
#include <memory>

#include "core/base/time.h"
#include "net/event_loop.h"

namespace jfs::net {

// Threads for questions to services of the system that may take any time and cannot be called off:
// names of hosts, groups of users. Nobody waits for an answer that does not come, the end of the
// process included.
class LookupThreads {
 public:
  // What to do with the answer.
  using Then = std::function<void()>;

  // `loop` outlives this.
  explicit LookupThreads(EventLoop* loop, size_t threads = 1);
  // Work that has not begun is dropped. Gives what is under way a second to end, then leaves its
  // thread behind.
  ~LookupThreads();
  LookupThreads(const LookupThreads&) = delete;
  LookupThreads& operator=(const LookupThreads&) = delete;

  // Runs `work` on one of the threads, in the order of the calls; what it returns runs later on the
  // loop's thread, unless this object is gone by then. `work` owns all that it uses: it may outlive
  // this object. Loop's thread.
  void Run(std::function<Then()> work);

 private:
  struct Shared;
  static void Work(const std::shared_ptr<Shared>& shared);

  static constexpr Duration kPatience = kSecond;
  const std::shared_ptr<Shared> shared_;
  // What was posted runs only while it is true. Written and read on the loop's thread.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace jfs::net

#endif  // NET_LOOKUP_THREADS_H_
