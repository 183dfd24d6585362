#include "net/resolver.h"

#include <utility>

namespace jfs::net {

Resolver::Resolver(EventLoop* loop) : loop_(loop), threads_(loop) {}

Resolver::~Resolver() { *alive_ = false; }

void Resolver::Lookup(HostPort where, Done done) {
  if (absl::StatusOr<Endpoint> numeric = ResolveNumeric(where); numeric.ok()) {
    loop_->Post([alive = alive_, done = std::move(done), endpoint = *numeric] {
      if (*alive) done(std::vector<Endpoint>{endpoint});
    });
    return;
  }
  threads_.Run([where = std::move(where), done = std::move(done)] {
    return [done, found = Resolve(where)] { done(found); };
  });
}

}  // namespace jfs::net
