#include "net/held_port.h"

#include <sys/socket.h>

#include "core/base/check.h"

namespace jfs::net {

HeldPort::HeldPort() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const absl::StatusOr<Endpoint> any = ResolveNumeric(where_);
  CHECK(any.ok()) << any.status();
  const int on = 1;
  CHECK(setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
  CHECK(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&any->address), any->size) == 0);
  const absl::StatusOr<Endpoint> local = LocalEndpoint(socket_.get());
  CHECK(local.ok()) << local.status();
  where_ = *ParseHostPort(local->ToString());
}

}  // namespace jfs::net
