#ifndef SIM_NETWORK_NETWORK_H_
#define SIM_NETWORK_NETWORK_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/identity.h"
#include "core/base/time.h"
#include "core/node/io.h"
#include "core/node/peer_wire.h"
#include "sim/world/probes.h"
#include "sim/world/world.h"

namespace jfs::sim {

struct NetworkOptions {
  Duration delay_low = 50;
  Duration delay_high = 500;
  Duration connect_delay = 300;
  // Fault rates per message or frame.
  Ratio drop{1, 100};
  Ratio reset{1, 500};
  Ratio duplicate{1, 50};
  Ratio reorder{1, 50};
  Ratio corrupt{1, 500};
  // How late a duplicate or a message that went round may arrive.
  Duration late = 3 * kSecond;
};

// What the network asks of the nodes it connects.
class NetworkHost {
 public:
  virtual ~NetworkHost() = default;
  // Whether a process listens on this node.
  virtual bool Listening(NodeId node) const = 0;
  virtual node::PeerHello Hello(NodeId from, NodeId to, node::Lane lane) const = 0;
  virtual void Deliver(NodeId from, NodeId to, SharedBytes payload) = 0;
};

// The wires between the masters. Each direction of each pair has one connection per lane, opened by
// the sender; it begins with both sides' hello and carries the same frames as in production. Bytes
// of one connection arrive in order or the connection breaks; across connections, and across the
// same one opened again, anything can be late or twice.
class Network {
 public:
  Network(World* world, Probes* probes, NetworkOptions options, NetworkHost* host,
          std::vector<NodeId> nodes);

  // Sends `payload`, or loses it. A closed connection is opened first; little waits for that, more
  // is lost.
  void Send(NodeId from, NodeId to, node::Lane lane, SharedBytes payload);
  // The process on `node` is gone: all its connections break. What it had sent may still arrive.
  void CloseAll(NodeId node);

  // ---- Faults ----

  // Nothing passes from `from` to `to` until then.
  void Block(NodeId from, NodeId to, Micros until);
  // Everything from `from` to `to` arrives no earlier than that.
  void Clog(NodeId from, NodeId to, Micros until);
  // The receiver forgets the open connections from `from`; the sender notices only then.
  void HalfOpen(NodeId from, NodeId to, Micros until);
  // Cuts `node` off for ever.
  void Isolate(NodeId node);
  // Everything works again between the nodes that are not cut off for ever.
  void Heal();
  bool Blocked(NodeId from, NodeId to) const;

 private:
  using Key = std::tuple<NodeId, NodeId, node::Lane>;
  struct Connection {
    enum class State : uint8_t { kClosed, kConnecting, kOpen };
    State state = State::kClosed;
    uint64_t epoch = 0;  // counts connections ever made; bytes of an earlier one are lost
    Micros last_arrival;
    Micros retry_at;  // no new attempt before
    Micros half_open_until;
    bool greeted = false;        // receiver: the hello has been accepted
    node::FrameDecoder decoder;  // receiver's
    std::deque<SharedBytes> waiting;
  };

  // The receiver's end of a connection whose sender is gone: what is under way still arrives.
  struct Orphan {
    bool greeted = false;
    bool receiver_gone = false;
    node::FrameDecoder decoder;
  };

  Duration Delay(Identity identity) const;
  void Connect(const Key& key);
  void Transmit(const Key& key, const SharedBytes& payload, Identity identity);
  void Arrive(const Key& key, uint64_t epoch, const std::string& bytes);
  // Delivers `payload` late, by a connection of its own.
  void ArriveAlone(const Key& key, const SharedBytes& payload, Duration delay);
  // Hands complete frames to the receiver; false: the connection must be closed.
  bool Consume(const Key& key, node::FrameDecoder& decoder, bool& greeted);
  void Break(const Key& key);
  void Orphaned(const Key& key);
  void ArriveFromTheDead(const Key& key, uint64_t epoch, const std::string& bytes);

  World* world_;
  Probes* probes_;
  NetworkOptions options_;
  NetworkHost* host_;
  std::vector<NodeId> nodes_;
  std::map<Key, Connection> connections_;
  std::map<std::pair<Key, uint64_t>, Orphan> orphans_;  // by connection and epoch
  std::map<std::pair<NodeId, NodeId>, Micros> blocked_;
  std::map<std::pair<NodeId, NodeId>, Micros> clogged_;
  std::vector<NodeId> isolated_;
  // How often the same bytes were sent between the same two: part of the identity of a message.
  std::map<uint64_t, uint32_t> repetitions_;
};

}  // namespace jfs::sim

#endif  // SIM_NETWORK_NETWORK_H_
