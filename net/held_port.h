#ifndef NET_HELD_PORT_H_
#define NET_HELD_PORT_H_

#include "net/socket.h"

namespace jfs::net {

// A port of 127.0.0.1 where nobody listens, but which is nobody else's either: for tests whose
// parties must know each other's ports before they listen. A port that is only chosen and let go
// can be the next choice of another party, or the source port of a connection (of this very test).
//
// The socket is bound and does not listen. The kernel gives such a port to nobody who asks for any,
// refuses connections to it, and lets Listen(), which names it, have it (SO_REUSEADDR of both).
class HeldPort {
 public:
  HeldPort();
  const HostPort& where() const { return where_; }

 private:
  UniqueFd socket_;
  HostPort where_ = {.host = "127.0.0.1", .port = 0};
};

}  // namespace jfs::net

#endif  // NET_HELD_PORT_H_
