#include "sim/network/network.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "core/base/hash.h"

namespace jfs::sim {
namespace {

// What waits for a connection to open; the rest is lost, as a full socket buffer would make the
// sender drop it.
constexpr size_t kWaitingMessages = 32;
constexpr Duration kRetryDelay = 50 * kMillisecond;

}  // namespace

Network::Network(World* world, Probes* probes, NetworkOptions options, NetworkHost* host,
                 std::vector<NodeId> nodes)
    : world_(world), probes_(probes), options_(options), host_(host), nodes_(std::move(nodes)) {}

bool Network::Blocked(NodeId from, NodeId to) const {
  const auto cut = [this](NodeId node) {
    return std::find(isolated_.begin(), isolated_.end(), node) != isolated_.end();
  };
  if (cut(from) || cut(to)) return true;
  const auto at = blocked_.find({from, to});
  return at != blocked_.end() && world_->now() < at->second;
}

void Network::Block(NodeId from, NodeId to, Micros until) { blocked_[{from, to}] = until; }

void Network::Clog(NodeId from, NodeId to, Micros until) { clogged_[{from, to}] = until; }

void Network::HalfOpen(NodeId from, NodeId to, Micros until) {
  for (int lane = 0; lane < node::kLanes; ++lane) {
    const auto at = connections_.find(Key(from, to, static_cast<node::Lane>(lane)));
    if (at == connections_.end() || at->second.state != Connection::State::kOpen) continue;
    at->second.half_open_until = until;
    probes_->Hit(Probe::kHalfOpen);
  }
}

void Network::Isolate(NodeId node) { isolated_.push_back(node); }

void Network::Heal() {
  blocked_.clear();
  clogged_.clear();
  for (auto& [key, connection] : connections_) connection.half_open_until = Micros();
}

Duration Network::Delay(Identity identity) const {
  return world_->Between(Stream::kNetworkDelay, identity, options_.delay_low, options_.delay_high);
}

void Network::CloseAll(NodeId node) {
  for (auto& [key, connection] : connections_) {
    if (std::get<0>(key) == node) Orphaned(key);
    if (std::get<0>(key) == node || std::get<1>(key) == node) Break(key);
  }
  for (auto& [key, orphan] : orphans_) {
    if (std::get<1>(key.first) == node) orphan.receiver_gone = true;
  }
}

void Network::Orphaned(const Key& key) {
  Connection& connection = connections_[key];
  if (connection.state != Connection::State::kOpen) return;
  if (connection.half_open_until != Micros() || connection.last_arrival <= world_->now()) return;
  const auto [from, to, lane] = key;
  // A machine that loses its power may not have got rid of it all.
  const Identity identity =
      Identity::Of(from.value, to.value, static_cast<uint64_t>(lane), connection.epoch, 7);
  if (!world_->Chance(Stream::kNetworkDelay, identity, Ratio{2, 3})) return;
  const std::pair<Key, uint64_t> number(key, connection.epoch);
  Orphan& orphan = orphans_[number];
  orphan.greeted = connection.greeted;
  orphan.decoder = std::move(connection.decoder);
  world_->At(connection.last_arrival + 1, [this, number] { orphans_.erase(number); });
}

void Network::ArriveFromTheDead(const Key& key, uint64_t epoch, const std::string& bytes) {
  const auto at = orphans_.find(std::pair<Key, uint64_t>(key, epoch));
  if (at == orphans_.end() || at->second.receiver_gone) return;
  Orphan& orphan = at->second;
  if (Blocked(std::get<0>(key), std::get<1>(key))) return;
  world_->Note(Hash64(bytes));
  probes_->Hit(Probe::kFromTheDead);
  orphan.decoder.Feed(bytes);
  if (!Consume(key, orphan.decoder, orphan.greeted)) orphan.receiver_gone = true;
}

void Network::Break(const Key& key) {
  Connection& connection = connections_[key];
  if (connection.state == Connection::State::kClosed) return;
  // A connection refused, as by a master that does not listen yet, is none that was reset.
  if (connection.state == Connection::State::kOpen) probes_->Hit(Probe::kConnectionsReset);
  connection.state = Connection::State::kClosed;
  ++connection.epoch;
  connection.waiting.clear();
  connection.greeted = false;
  connection.decoder = node::FrameDecoder();
  connection.half_open_until = Micros();
  connection.retry_at = world_->now() + kRetryDelay;
}

void Network::Send(NodeId from, NodeId to, node::Lane lane, SharedBytes payload) {
  const Key key(from, to, lane);
  const uint64_t content = Hash64(payload.view());
  Identity identity = Identity::Of(from.value, to.value, static_cast<uint64_t>(lane), content);
  identity.Add(repetitions_[identity.hash()]++);
  world_->Note(identity.hash());

  if (world_->Fault(FaultKind::kNetDrop, identity, options_.drop)) {
    if (world_->tracing()) {
      world_->Trace(absl::StrCat("n", from.value),
                    absl::StrCat("net: message to n", to.value, " lost"));
    }
    return;
  }
  if (world_->Fault(FaultKind::kNetDuplicate, identity, options_.duplicate)) {
    const Duration delay = world_->Between(Stream::kNetworkDelay, Identity(identity).Add(1),
                                           options_.delay_low, options_.late);
    probes_->Hit(Probe::kDuplicates);
    ArriveAlone(key, payload, delay);
  }
  if (world_->Fault(FaultKind::kNetReorder, identity, options_.reorder)) {
    const Duration delay = world_->Between(Stream::kNetworkDelay, Identity(identity).Add(2),
                                           options_.delay_low, options_.late);
    probes_->Hit(Probe::kReordered);
    ArriveAlone(key, payload, delay);
    return;
  }

  Connection& connection = connections_[key];
  switch (connection.state) {
    case Connection::State::kClosed:
      if (world_->now() < connection.retry_at) return;
      Connect(key);
      connection.waiting.push_back(std::move(payload));
      return;
    case Connection::State::kConnecting:
      if (connection.waiting.size() < kWaitingMessages) {
        connection.waiting.push_back(std::move(payload));
      }
      return;
    case Connection::State::kOpen:
      Transmit(key, payload, identity);
      return;
  }
}

void Network::Connect(const Key& key) {
  Connection& connection = connections_[key];
  const auto [from, to, lane] = key;
  connection.state = Connection::State::kConnecting;
  ++connection.epoch;
  const uint64_t epoch = connection.epoch;
  const Identity identity = Identity::Of(from.value, to.value, static_cast<uint64_t>(lane), epoch);
  const Duration delay = options_.connect_delay + 2 * Delay(identity);
  world_->After(delay, [this, key, epoch] {
    Connection& c = connections_[key];
    if (c.epoch != epoch || c.state != Connection::State::kConnecting) return;
    const NodeId from = std::get<0>(key);
    const NodeId to = std::get<1>(key);
    const node::Lane lane = std::get<2>(key);
    // The handshake needs both directions.
    if (Blocked(from, to) || Blocked(to, from) || !host_->Listening(to) ||
        !host_->Listening(from)) {
      Break(key);
      return;
    }
    c.state = Connection::State::kOpen;
    c.last_arrival = world_->now();
    Transmit(key, SharedBytes(node::EncodeHello(host_->Hello(from, to, lane))),
             Identity::Of(from.value, to.value, static_cast<uint64_t>(lane), epoch, 1));
    std::deque<SharedBytes> waiting = std::move(c.waiting);
    c.waiting.clear();
    uint64_t number = 2;
    for (const SharedBytes& payload : waiting) {
      if (connections_[key].epoch != epoch) return;
      Transmit(key, payload,
               Identity::Of(from.value, to.value, static_cast<uint64_t>(lane), epoch, number));
      ++number;
    }
  });
}

void Network::Transmit(const Key& key, const SharedBytes& payload, Identity identity) {
  Connection& connection = connections_[key];
  const NodeId from = std::get<0>(key);
  const NodeId to = std::get<1>(key);
  if (world_->Fault(FaultKind::kNetReset, identity, options_.reset)) {
    Break(key);
    return;
  }
  std::string bytes = node::EncodeFrame(payload.view());
  if (world_->Fault(FaultKind::kNetCorrupt, identity, options_.corrupt)) {
    const uint64_t bit =
        world_->Between(Stream::kNetworkDelay, Identity(identity).Add(3), 0, bytes.size() * 8 - 1);
    char& byte = bytes[bit / 8];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1u << (bit % 8)));
  }
  Micros arrival = world_->now() + Delay(identity);
  const auto clogged = clogged_.find({from, to});
  if (clogged != clogged_.end()) arrival = std::max(arrival, clogged->second);
  arrival = std::max(arrival, connection.last_arrival);
  connection.last_arrival = arrival;
  const uint64_t epoch = connection.epoch;
  world_->At(arrival, [this, key, epoch, bytes = std::move(bytes)] { Arrive(key, epoch, bytes); });
}

void Network::Arrive(const Key& key, uint64_t epoch, const std::string& bytes) {
  Connection& connection = connections_[key];
  if (connection.epoch != epoch || connection.state != Connection::State::kOpen) {
    ArriveFromTheDead(key, epoch, bytes);
    return;
  }
  if (world_->now() < connection.half_open_until) return;  // the receiver knows nothing of it
  if (connection.half_open_until != Micros()) {
    // The sender has noticed at last.
    Break(key);
    return;
  }
  if (Blocked(std::get<0>(key), std::get<1>(key)) || !host_->Listening(std::get<1>(key))) {
    Break(key);
    return;
  }
  world_->Note(Hash64(bytes));
  connection.decoder.Feed(bytes);
  if (!Consume(key, connection.decoder, connection.greeted)) {
    probes_->Hit(Probe::kFramesCorrupt);
    Break(key);
  }
}

bool Network::Consume(const Key& key, node::FrameDecoder& decoder, bool& greeted) {
  const auto [from, to, lane] = key;
  const uint64_t epoch = connections_[key].epoch;
  while (true) {
    std::string payload;
    const absl::StatusOr<bool> complete = decoder.Next(&payload);
    if (!complete.ok()) {
      if (world_->tracing()) {
        world_->Trace(absl::StrCat("n", to.value),
                      absl::StrCat("net: connection from n", from.value,
                                   " closed: ", complete.status().message()));
      }
      return false;
    }
    if (!*complete) return true;
    if (!greeted) {
      const absl::StatusOr<node::PeerHello> hello = node::DecodeHello(payload);
      absl::Status accepted = hello.status();
      if (accepted.ok()) accepted = node::CheckHello(host_->Hello(to, from, lane), *hello);
      if (!accepted.ok()) {
        if (world_->tracing()) {
          world_->Trace(
              absl::StrCat("n", to.value),
              absl::StrCat("net: hello of n", from.value, " refused: ", accepted.message()));
        }
        return false;
      }
      greeted = true;
      continue;
    }
    host_->Deliver(from, to, SharedBytes(std::move(payload)));
    // The delivery may have ended the process, and with it this connection.
    if (connections_[key].epoch != epoch) return true;
  }
}

void Network::ArriveAlone(const Key& key, const SharedBytes& payload, Duration delay) {
  const auto [from, to, lane] = key;
  std::string bytes = node::EncodeFrame(node::EncodeHello(host_->Hello(from, to, lane)));
  bytes += node::EncodeFrame(payload.view());
  world_->After(delay, [this, key, bytes = std::move(bytes)] {
    if (Blocked(std::get<0>(key), std::get<1>(key)) || !host_->Listening(std::get<1>(key))) return;
    world_->Note(Hash64(bytes));
    node::FrameDecoder decoder;
    decoder.Feed(bytes);
    bool greeted = false;
    (void)Consume(key, decoder, greeted);
  });
}

}  // namespace jfs::sim
