#ifndef NET_RESOLVER_H_
#define NET_RESOLVER_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "net/event_loop.h"
#include "net/socket.h"

namespace jfs::net {

// Looks host names up on a thread of its own, so that a slow name server never holds up the loop.
class Resolver {
 public:
  using Done = std::function<void(absl::StatusOr<std::vector<Endpoint>>)>;

  // REQUIRES: the loop outlives the resolver.
  explicit Resolver(EventLoop* loop);
  // Waits for a lookup that is under way; callbacks that have not run yet never will.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Calls `done` on the loop's thread, later, never from inside this call. Numeric hosts need no
  // lookup.
  void Lookup(HostPort where, Done done);

 private:
  void Work();

  EventLoop* const loop_;
  // Shared with the tasks that were posted: they run only while it is true. Written and read on the
  // loop's thread.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::pair<HostPort, Done>> queue_;  // guarded by mutex_
  bool stop_ = false;                            // guarded by mutex_
  std::thread thread_;
};

}  // namespace jfs::net

#endif  // NET_RESOLVER_H_
