#ifndef NET_PEER_TRANSPORT_H_
#define NET_PEER_TRANSPORT_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "core/base/bytes.h"
#include "core/base/identity.h"
#include "core/base/random.h"
#include "core/node/io.h"
#include "core/node/peer_wire.h"
#include "net/connection.h"
#include "net/event_loop.h"
#include "net/log_limit.h"
#include "net/resolver.h"
#include "net/socket.h"

namespace jfs::net {

// Carries payloads between masters. For every peer and lane the sender keeps one connection that it
// dialled itself, so a pair of masters has up to six; a connection carries payloads from its
// dialler only. Both sides begin with a hello (core/node/peer_wire.h) and close if they do not like
// the other's.
//
// Delivery is at most once and in order within a connection. What cannot be sent now, because there
// is no connection or the lane's budget is used up, is dropped: Raft repeats what matters. Nothing
// here ever blocks. Lives on the loop's thread.
class PeerTransport {
 public:
  struct Peer {
    NodeId id;
    HostPort address;
  };

  struct Options {
    NodeId self;
    std::vector<Peer> peers;  // without self
    uint64_t configuration_hash = 0;
    // Bytes that may wait for one lane of one peer.
    std::array<size_t, node::kLanes> lane_budget = {4 << 20, 64 << 20, 16 << 20};
    Duration min_backoff = 50 * kMillisecond;
    Duration max_backoff = 2 * kSecond;
    Duration connect_timeout = 3 * kSecond;
    Duration hello_timeout = 5 * kSecond;
    // With data waiting and none taken for this long a connection is given up.
    Duration stall_timeout = 10 * kSecond;
    size_t max_pending_hellos = 64;  // accepted connections that have not said who they are
    int keepalive_idle_seconds = 5;
    int user_timeout_millis = 10'000;
    uint64_t seed = 0;  // of the jitter in back-off
  };

  class Receiver {
   public:
    virtual ~Receiver() = default;
    virtual void OnPayload(NodeId from, node::Lane lane, SharedBytes payload) = 0;
  };

  struct LaneStats {
    bool connected = false;
    uint64_t payloads_sent = 0, bytes_sent = 0, payloads_dropped = 0;
    uint64_t payloads_received = 0, bytes_received = 0;
    uint64_t connects = 0, failures = 0;
    size_t waiting_bytes = 0;
  };

  // All outlive the transport.
  PeerTransport(EventLoop* loop, Resolver* resolver, Receiver* receiver, Options options);
  ~PeerTransport();
  PeerTransport(const PeerTransport&) = delete;
  PeerTransport& operator=(const PeerTransport&) = delete;

  absl::Status Listen(const HostPort& where);
  uint16_t port() const;

  // Who we are goes into every hello from now on. Connections open already stay. The first call
  // begins to dial: nobody is told an incarnation that is not on disk yet. Before it, what peers
  // send is refused.
  void SetIdentity(Incarnation incarnation, ClusterId cluster);

  // Queues `payload`; false if it was dropped. REQUIRES: `to` is one of the peers, payload fits a
  // frame.
  bool Send(NodeId to, node::Lane lane, SharedBytes payload);

  LaneStats stats(NodeId peer, node::Lane lane) const;

 private:
  class Outgoing;
  class Incoming;
  class Listener;

  node::PeerHello HelloTo(NodeId to, node::Lane lane) const;
  void Accept();
  void Forget(Incoming* incoming);
  void Warn(std::string_view key, std::string_view text);
  void Info(std::string_view text);

  EventLoop* const loop_;
  Resolver* const resolver_;
  Receiver* const receiver_;
  const Options options_;
  Incarnation incarnation_;
  ClusterId cluster_;
  bool identified_ = false;
  std::unique_ptr<Listener> listener_;
  std::map<NodeId, std::array<std::unique_ptr<Outgoing>, node::kLanes>> outgoing_;
  std::map<uint64_t, std::shared_ptr<Incoming>> incoming_;
  uint64_t next_incoming_ = 1;
  std::map<NodeId, std::array<LaneStats, node::kLanes>> stats_;
  LogLimit log_limit_{10 * kSecond};
  Random random_;
};

}  // namespace jfs::net

#endif  // NET_PEER_TRANSPORT_H_
