#include "net/peer_transport.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"
#include "spdlog/spdlog.h"

namespace jfs::net {
namespace {

// Until the other side has said who it is, a frame is its hello. Anybody can connect: nobody may
// fill much memory by that.
constexpr uint32_t kMaxHelloBytes = 64 << 10;

constexpr int kBacklog = 64;

std::string_view LaneName(node::Lane lane) {
  switch (lane) {
    case node::Lane::kControl:
      return "control";
    case node::Lane::kAppend:
      return "append";
    case node::Lane::kSnapshot:
      return "snapshot";
  }
  return "?";
}

}  // namespace

// The connection that we dial for one lane to one peer, through all its lives.
class PeerTransport::Outgoing : public Connection::Owner {
 public:
  Outgoing(PeerTransport* transport, const Peer& peer, node::Lane lane)
      : transport_(transport), peer_(peer), lane_(lane) {}
  ~Outgoing() override {
    *alive_ = false;
    transport_->loop_->Cancel(timer_);
    if (connection_ != nullptr) connection_->Close();
  }

  void Dial() {
    transport_->loop_->Cancel(timer_);
    ++attempt_;
    // One clock for looking the name up, connecting and the peer's hello.
    timer_ = transport_->loop_->After(
        transport_->options_.connect_timeout + transport_->options_.hello_timeout,
        [this] { Retry(absl::DeadlineExceededError("no connection and hello in time")); });
    transport_->resolver_->Lookup(peer_.address,
                                  [this, alive = alive_, attempt = attempt_](auto endpoints) {
                                    if (!*alive || attempt != attempt_) return;
                                    if (!endpoints.ok()) return Retry(endpoints.status());
                                    // A name with several addresses: the next one with each
                                    // attempt.
                                    Connect((*endpoints)[attempt % endpoints->size()]);
                                  });
  }

  bool Send(SharedBytes payload) {
    LaneStats& stats = Stats();
    // Before the peer's hello a little may wait; without any connection nothing does.
    const size_t budget = transport_->options_.lane_budget[static_cast<int>(lane_)];
    // One payload may always wait, however large: otherwise it could never leave.
    if (connection_ == nullptr || (Waiting() > 0 && Waiting() + payload.size() > budget)) {
      ++stats.payloads_dropped;
      return false;
    }
    if (!ready_) {
      waiting_bytes_ += payload.size();
      waiting_.push_back(std::move(payload));
      return true;
    }
    SendFrame(payload);
    return true;
  }

  void OnConnected(Connection& connection) override {
    const node::PeerHello hello = transport_->HelloTo(peer_.id, lane_);
    connection.Send(node::EncodeFrame(node::EncodeHello(hello)));
  }

  void OnBytes(Connection&, std::string_view bytes) override {
    decoder_.Feed(bytes);
    while (connection_ != nullptr) {
      std::string payload;
      const absl::StatusOr<bool> got = decoder_.Next(&payload);
      if (!got.ok()) return Retry(got.status());
      if (!*got) return;
      if (ready_) {
        return Retry(absl::InvalidArgumentError("payload on a connection that we dialled"));
      }
      const absl::StatusOr<node::PeerHello> theirs = node::DecodeHello(payload);
      if (!theirs.ok()) return Retry(theirs.status());
      if (absl::Status fit = node::CheckHello(transport_->HelloTo(peer_.id, lane_), *theirs);
          !fit.ok()) {
        return Retry(fit);
      }
      if (theirs->from != peer_.id) {
        return Retry(absl::FailedPreconditionError(Concat(
            "master ", theirs->from.value, " answers at the address of master ", peer_.id.value)));
      }
      Ready();
    }
  }

  void OnClosed(Connection&, const absl::Status& why) override {
    Retry(why.ok() ? absl::UnavailableError("closed by the peer") : why);
  }

  size_t Waiting() const {
    return waiting_bytes_ + (connection_ == nullptr ? 0 : connection_->output_bytes());
  }
  bool ready() const { return ready_; }

 private:
  LaneStats& Stats() { return transport_->stats_[peer_.id][static_cast<int>(lane_)]; }

  void Connect(const Endpoint& endpoint) {
    absl::StatusOr<UniqueFd> fd = StartConnect(endpoint);
    if (!fd.ok()) return Retry(fd.status());
    ConfigureStream(fd->get(), transport_->options_.keepalive_idle_seconds,
                    transport_->options_.user_timeout_millis);
    decoder_.set_max_payload(kMaxHelloBytes);
    connection_ = std::make_shared<Connection>(transport_->loop_, std::move(*fd), true,
                                               peer_.address.ToString(), this);
    if (absl::Status started = connection_->Start(); !started.ok()) return Retry(started);
  }

  void Ready() {
    ready_ = true;
    backoff_ = 0;
    transport_->loop_->Cancel(timer_);
    LaneStats& stats = Stats();
    stats.connected = true;
    ++stats.connects;
    if (lane_ == node::Lane::kControl) {
      transport_->Info(
          Concat("connected to master ", peer_.id.value, " at ", peer_.address.ToString()));
    }
    for (const SharedBytes& payload : std::exchange(waiting_, {})) SendFrame(payload);
    waiting_bytes_ = 0;
    WatchForStall();
  }

  void SendFrame(const SharedBytes& payload) {
    LaneStats& stats = Stats();
    ++stats.payloads_sent;
    stats.bytes_sent += payload.size();
    connection_->Send(SharedBytes(node::EncodeFrame(payload.view())));
  }

  // The kernel gives up on a peer that acknowledges nothing; this also catches one whose kernel
  // acknowledges while the process takes nothing.
  void WatchForStall() {
    timer_ = transport_->loop_->After(transport_->options_.stall_timeout / 2, [this] {
      if (connection_->output_bytes() > 0 &&
          EventLoop::Now() - connection_->last_sent() > transport_->options_.stall_timeout) {
        return Retry(absl::UnavailableError("the peer takes no data"));
      }
      WatchForStall();
    });
  }

  // Drops the connection, if there is one, and dials again after a while.
  void Retry(const absl::Status& why) {
    ++attempt_;
    ready_ = false;
    decoder_ = node::FrameDecoder();
    Stats().connected = false;
    Stats().payloads_dropped += waiting_.size();
    ++Stats().failures;
    waiting_.clear();
    waiting_bytes_ = 0;
    if (connection_ != nullptr) {
      connection_->Close();
      transport_->loop_->Dispose(std::exchange(connection_, nullptr));
    }
    transport_->Warn(
        Concat("out ", peer_.id.value, " ", LaneName(lane_), " ", static_cast<int>(why.code())),
        Concat("no ", LaneName(lane_), " connection to master ", peer_.id.value, " at ",
               peer_.address.ToString(), ": ", ToStd(why.message())));
    const Options& options = transport_->options_;
    backoff_ = std::clamp<Duration>(backoff_ * 2, options.min_backoff, options.max_backoff);
    transport_->loop_->Cancel(timer_);
    timer_ = transport_->loop_->After(backoff_ / 2 + transport_->random_.Below(backoff_ / 2 + 1),
                                      [this] { Dial(); });
  }

  PeerTransport* const transport_;
  const Peer peer_;
  const node::Lane lane_;
  std::shared_ptr<Connection> connection_;
  node::FrameDecoder decoder_;
  bool ready_ = false;  // both hellos are through
  std::vector<SharedBytes> waiting_;
  size_t waiting_bytes_ = 0;
  uint64_t attempt_ = 0;
  Duration backoff_ = 0;
  EventLoop::TimerId timer_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// A connection that a peer dialled.
class PeerTransport::Incoming : public Connection::Owner {
 public:
  Incoming(PeerTransport* transport, uint64_t id, UniqueFd fd, const Endpoint& peer)
      : transport_(transport),
        id_(id),
        connection_(transport->loop_, std::move(fd), false, peer.ToString(), this) {
    decoder_.set_max_payload(kMaxHelloBytes);
    timer_ = transport_->loop_->After(transport_->options_.hello_timeout, [this] {
      // Somebody that only probes the port says nothing; not worth a line.
      if (received_any_) return Refuse(absl::DeadlineExceededError("no hello in time"));
      transport_->Forget(this);
    });
  }
  ~Incoming() override { transport_->loop_->Cancel(timer_); }

  absl::Status Start() { return connection_.Start(); }
  void Close() {
    transport_->loop_->Cancel(timer_);
    connection_.Close();
  }

  void OnBytes(Connection&, std::string_view bytes) override {
    received_any_ = true;
    decoder_.Feed(bytes);
    while (connection_.open()) {
      std::string payload;
      const absl::StatusOr<bool> got = decoder_.Next(&payload);
      if (!got.ok()) return Refuse(got.status());
      if (!*got) return;
      if (!theirs_.has_value()) {
        Greet(payload);
        continue;
      }
      LaneStats& stats = transport_->stats_[theirs_->from][static_cast<int>(theirs_->lane)];
      ++stats.payloads_received;
      stats.bytes_received += payload.size();
      transport_->receiver_->OnPayload(theirs_->from, theirs_->lane,
                                       SharedBytes(std::move(payload)));
    }
  }

  void OnClosed(Connection&, const absl::Status&) override { transport_->Forget(this); }

  uint64_t id() const { return id_; }
  bool greeted() const { return theirs_.has_value(); }
  bool IsFrom(NodeId from, node::Lane lane) const {
    return theirs_.has_value() && theirs_->from == from && theirs_->lane == lane;
  }

 private:
  void Greet(std::string_view payload) {
    absl::StatusOr<node::PeerHello> theirs = node::DecodeHello(payload);
    if (!theirs.ok()) return Refuse(theirs.status());
    if (!transport_->identified_) {
      // Not an error of anybody: this master is still reading its disk, the peer will be back.
      return transport_->Forget(this);
    }
    const node::PeerHello ours = transport_->HelloTo(theirs->from, theirs->lane);
    absl::Status fit = node::CheckHello(ours, *theirs);
    if (fit.ok() && !transport_->stats_.contains(theirs->from)) {
      fit = absl::FailedPreconditionError(Concat("it says it is master ", theirs->from.value,
                                                 ", which raft.initial-conf does not have"));
    }
    if (!fit.ok()) {
      // Our hello tells the peer what it needs to write the same line into its own log.
      connection_.Send(node::EncodeFrame(node::EncodeHello(ours)));
      return Refuse(fit);
    }
    // The peer would not dial again while its old connection lives: that one is dead, whether or
    // not we know yet.
    std::vector<std::shared_ptr<Incoming>> old;
    for (const auto& [id, other] : transport_->incoming_) {
      if (other->IsFrom(theirs->from, theirs->lane)) old.push_back(other);
    }
    for (const auto& other : old) transport_->Forget(other.get());
    theirs_ = *theirs;
    decoder_.set_max_payload(node::kMaxFrameBytes);
    transport_->loop_->Cancel(timer_);
    connection_.Send(node::EncodeFrame(node::EncodeHello(ours)));
  }

  void Refuse(const absl::Status& why) {
    const std::string who = theirs_.has_value()
                                ? Concat("master ", theirs_->from.value, " at ", connection_.peer())
                                : connection_.peer();
    // By host: a port of its own with each attempt must not make a line each.
    transport_->Warn(Concat("in ", connection_.peer().substr(0, connection_.peer().rfind(':')), " ",
                            static_cast<int>(why.code())),
                     Concat("peer connection from ", who, " closed: ", ToStd(why.message())));
    transport_->loop_->Cancel(timer_);
    if (connection_.output_bytes() > 0) {
      connection_.CloseAfterFlush();
    } else {
      transport_->Forget(this);
    }
  }

  PeerTransport* const transport_;
  const uint64_t id_;
  Connection connection_;
  node::FrameDecoder decoder_;
  std::optional<node::PeerHello> theirs_;
  bool received_any_ = false;
  EventLoop::TimerId timer_;
};

class PeerTransport::Listener : public Pollable {
 public:
  Listener(PeerTransport* transport, UniqueFd fd) : transport_(transport), fd_(std::move(fd)) {}
  ~Listener() override {
    transport_->loop_->Cancel(retry_);
    if (watched_) transport_->loop_->Remove(fd_.get());
  }
  absl::Status Watch() {
    const absl::Status added = transport_->loop_->Add(fd_.get(), EPOLLIN, this);
    watched_ = added.ok();
    return added;
  }
  void Rest() {
    transport_->loop_->Modify(fd_.get(), 0);
    retry_ = transport_->loop_->After(200 * kMillisecond,
                                      [this] { transport_->loop_->Modify(fd_.get(), EPOLLIN); });
  }
  void OnReady(uint32_t) override { transport_->Accept(); }
  int fd() const { return fd_.get(); }

 private:
  PeerTransport* const transport_;
  const UniqueFd fd_;
  bool watched_ = false;
  EventLoop::TimerId retry_;
};

PeerTransport::PeerTransport(EventLoop* loop, Resolver* resolver, Receiver* receiver,
                             Options options)
    : loop_(loop),
      resolver_(resolver),
      receiver_(receiver),
      options_(std::move(options)),
      random_(options_.seed) {
  for (const Peer& peer : options_.peers) {
    CHECK(peer.id != options_.self);
    stats_[peer.id] = {};
    auto& lanes = outgoing_[peer.id];
    for (int lane = 0; lane < node::kLanes; ++lane) {
      lanes[lane] = std::make_unique<Outgoing>(this, peer, static_cast<node::Lane>(lane));
    }
  }
}

PeerTransport::~PeerTransport() {
  for (const auto& [id, incoming] : incoming_) incoming->Close();
}

absl::Status PeerTransport::Listen(const HostPort& where) {
  absl::StatusOr<UniqueFd> fd = net::Listen(where, kBacklog);
  if (!fd.ok()) return fd.status();
  listener_ = std::make_unique<Listener>(this, std::move(*fd));
  return listener_->Watch();
}

uint16_t PeerTransport::port() const {
  CHECK(listener_ != nullptr);
  const absl::StatusOr<Endpoint> local = LocalEndpoint(listener_->fd());
  CHECK(local.ok());
  const absl::StatusOr<HostPort> parsed = ParseHostPort(local->ToString());
  CHECK(parsed.ok());
  return parsed->port;
}

void PeerTransport::SetIdentity(Incarnation incarnation, ClusterId cluster) {
  incarnation_ = incarnation;
  cluster_ = cluster;
  if (std::exchange(identified_, true)) return;
  for (const auto& [id, lanes] : outgoing_) {
    for (const auto& lane : lanes) lane->Dial();
  }
}

bool PeerTransport::Send(NodeId to, node::Lane lane, SharedBytes payload) {
  const auto it = outgoing_.find(to);
  CHECK(it != outgoing_.end()) << "master " << to << " is no peer";
  CHECK_LE(payload.size(), node::kMaxFrameBytes);
  return it->second[static_cast<int>(lane)]->Send(std::move(payload));
}

PeerTransport::LaneStats PeerTransport::stats(NodeId peer, node::Lane lane) const {
  const auto it = stats_.find(peer);
  CHECK(it != stats_.end());
  LaneStats out = it->second[static_cast<int>(lane)];
  out.waiting_bytes = outgoing_.find(peer)->second[static_cast<int>(lane)]->Waiting();
  return out;
}

node::PeerHello PeerTransport::HelloTo(NodeId to, node::Lane lane) const {
  return {.from = options_.self,
          .to = to,
          .incarnation = incarnation_,
          .cluster = cluster_,
          .lane = lane,
          .configuration_hash = options_.configuration_hash};
}

void PeerTransport::Accept() {
  for (size_t i = 0; i < options_.max_pending_hellos; ++i) {
    Endpoint peer;
    peer.size = sizeof peer.address;
    UniqueFd fd(accept4(listener_->fd(), reinterpret_cast<sockaddr*>(&peer.address), &peer.size,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      if (errno == EINTR || errno == ECONNABORTED) continue;
      Warn("accept", Concat("cannot accept peer connections: ",
                            absl::ErrnoToStatus(errno, "accept").ToString()));
      return listener_->Rest();
    }
    ConfigureStream(fd.get(), options_.keepalive_idle_seconds, options_.user_timeout_millis);
    size_t silent = 0;
    std::shared_ptr<Incoming> oldest_silent;
    for (const auto& [id, incoming] : incoming_) {
      if (incoming->greeted()) continue;
      if (silent++ == 0) oldest_silent = incoming;
    }
    if (silent >= options_.max_pending_hellos) {
      Warn("crowded",
           Concat("more than ", options_.max_pending_hellos,
                  " connections on the peer port have not said hello: the oldest are closed"));
      Forget(oldest_silent.get());
    }
    const uint64_t id = next_incoming_++;
    auto incoming = std::make_shared<Incoming>(this, id, std::move(fd), peer);
    if (absl::Status started = incoming->Start(); !started.ok()) {
      Warn("accept", Concat("cannot watch a peer connection: ", started.ToString()));
      continue;
    }
    incoming_.emplace(id, std::move(incoming));
  }
}

void PeerTransport::Forget(Incoming* incoming) {
  const auto it = incoming_.find(incoming->id());
  if (it == incoming_.end()) return;
  incoming->Close();
  loop_->Dispose(std::move(it->second));
  incoming_.erase(it);
}

void PeerTransport::Warn(std::string_view key, std::string_view text) {
  if (const auto more = log_limit_.Admit(key, EventLoop::Now())) spdlog::warn("{}{}", text, *more);
}

void PeerTransport::Info(std::string_view text) { spdlog::info("{}", text); }

}  // namespace jfs::net
