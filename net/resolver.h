#ifndef NET_RESOLVER_H_
#define NET_RESOLVER_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"

#include "net/event_loop.h"
#include "net/lookup_threads.h"
#include "net/socket.h"

namespace jfs::net {

// Looks host names up on a thread of its own, so that a slow name server never holds up the loop.
class Resolver {
 public:
  using Done = std::function<void(absl::StatusOr<std::vector<Endpoint>>)>;

  // REQUIRES: the loop outlives the resolver.
  explicit Resolver(EventLoop* loop);
  // Does not wait for a lookup that hangs; callbacks that have not run yet never will.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Calls `done` on the loop's thread, later, never from inside this call. Numeric hosts need no
  // lookup.
  void Lookup(HostPort where, Done done);

 private:
  EventLoop* const loop_;
  // Shared with the tasks that were posted: they run only while it is true. Written and read on the
  // loop's thread.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  LookupThreads threads_;
};

}  // namespace jfs::net

#endif  // NET_RESOLVER_H_
