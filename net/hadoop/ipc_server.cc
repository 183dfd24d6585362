#include "net/hadoop/ipc_server.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "google/protobuf/stubs/logging.h"

#include "core/base/check.h"
#include "core/base/concat.h"
#include "spdlog/spdlog.h"

namespace jfs::net::hadoop {
namespace {

constexpr int kBacklog = 1024;
constexpr int kAcceptsPerTurn = 256;

}  // namespace

class IpcServer::Listener : public Pollable {
 public:
  Listener(IpcServer* server, UniqueFd fd, uint32_t tag)
      : server_(server), fd_(std::move(fd)), tag_(tag) {}
  ~Listener() override {
    server_->loop_->Cancel(retry_);
    if (watched_) server_->loop_->Remove(fd_.get());
  }
  absl::Status Watch() {
    const absl::Status added = server_->loop_->Add(fd_.get(), EPOLLIN, this);
    watched_ = added.ok();
    return added;
  }
  // Out of descriptors: epoll would report the waiting connection again and again.
  void Rest(Duration time) {
    server_->loop_->Modify(fd_.get(), 0);
    retry_ = server_->loop_->After(time, [this] { server_->loop_->Modify(fd_.get(), EPOLLIN); });
  }
  void OnReady(uint32_t) override { server_->Accept(this); }
  int fd() const { return fd_.get(); }
  uint32_t tag() const { return tag_; }

 private:
  IpcServer* const server_;
  const UniqueFd fd_;
  const uint32_t tag_;
  bool watched_ = false;
  EventLoop::TimerId retry_;
};

class IpcServer::Client : public Connection::Owner, public std::enable_shared_from_this<Client> {
 public:
  Client(IpcServer* server, uint64_t id, uint32_t tag, UniqueFd fd, const Endpoint& peer)
      : server(server),
        id(id),
        tag(tag),
        address(peer.Host()),
        session(server->options_.limits),
        connection(server->loop_, std::move(fd), false, peer.ToString(), this),
        accepted(EventLoop::Now()) {}

  void OnBytes(Connection&, std::string_view bytes) override {
    session.Feed(bytes);
    server->Pump(this);
  }
  void OnDrained(Connection&) override { server->Resume(this); }
  void OnClosed(Connection&, const absl::Status&) override { server->Remove(this); }

  IpcServer* const server;
  const uint64_t id;
  const uint32_t tag;
  const std::string address;
  IpcSession session;
  Connection connection;
  const Micros accepted;
  size_t calls = 0;           // delivered and not yet answered
  size_t counted_input = 0;   // what stats_.input_bytes holds of this client
  size_t counted_output = 0;  // the same for stats_.output_bytes
  Micros frame_began;         // when the first byte came of the frame that is not whole yet
  uint64_t frame = 0;         // which one that is
  bool resume_posted = false;
  bool removed = false;
};

IpcServer::IpcServer(EventLoop* loop, CallHandler* handler, Options options)
    : loop_(loop), handler_(handler), options_(options) {
  // Otherwise a client writes to our standard error whatever protobuf finds wrong with its bytes.
  google::protobuf::SetLogHandler(
      [](google::protobuf::LogLevel, const char*, int, const std::string& message) {
        spdlog::debug("protobuf: {}", message);
      });
  sweep_timer_ = loop_->After(options_.sweep_interval, [this] { Sweep(); });
}

IpcServer::~IpcServer() {
  *alive_ = false;
  loop_->Cancel(sweep_timer_);
  for (auto& [id, client] : clients_) client->connection.Close();
}

absl::Status IpcServer::Listen(const HostPort& where, uint32_t tag) {
  absl::StatusOr<UniqueFd> fd = net::Listen(where, kBacklog);
  if (!fd.ok()) return fd.status();
  auto listener = std::make_unique<Listener>(this, std::move(*fd), tag);
  if (absl::Status watched = listener->Watch(); !watched.ok()) return watched;
  listeners_.push_back(std::move(listener));
  return absl::OkStatus();
}

uint16_t IpcServer::port(uint32_t tag) const {
  for (const auto& listener : listeners_) {
    if (listener->tag() != tag) continue;
    const absl::StatusOr<Endpoint> local = LocalEndpoint(listener->fd());
    CHECK(local.ok());
    const absl::StatusOr<HostPort> parsed = ParseHostPort(local->ToString());
    CHECK(parsed.ok());
    return parsed->port;
  }
  CHECK(false) << "no listener with tag " << tag;
  return 0;
}

void IpcServer::StopListening() { listeners_.clear(); }

void IpcServer::Accept(Listener* listener) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    Endpoint peer;
    peer.size = sizeof peer.address;
    UniqueFd fd(accept4(listener->fd(), reinterpret_cast<sockaddr*>(&peer.address), &peer.size,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      if (errno == EINTR || errno == ECONNABORTED) continue;
      Warn("accept", Concat("cannot accept IPC connections: ",
                            absl::ErrnoToStatus(errno, "accept").ToString(),
                            "; raise the limit on open files if it says so"));
      return listener->Rest(200 * kMillisecond);
    }
    if (clients_.size() >= options_.max_connections) {
      ++stats_.refused;
      Warn("crowded", Concat("IPC connection from ", peer.ToString(), " refused: ", clients_.size(),
                             " are open, which is the limit"));
      TurnAway(std::move(fd), clients_.size());
      continue;
    }
    ConfigureStream(fd.get(), options_.keepalive_idle_seconds, options_.user_timeout_millis);
    const uint64_t id = next_client_++;
    auto client = std::make_shared<Client>(this, id, listener->tag(), std::move(fd), peer);
    if (absl::Status started = client->connection.Start(); !started.ok()) {
      Warn("accept", Concat("cannot watch an IPC connection: ", started.ToString()));
      continue;
    }
    clients_.emplace(id, std::move(client));
    ++stats_.accepted;
    stats_.connections = clients_.size();
  }
}

void IpcServer::TurnAway(UniqueFd fd, size_t connections) {
  std::string out;
  AppendError({.call_id = kNoCallId, .client_id = {}}, std::nullopt,
              {.exception_class = "org.apache.hadoop.ipc.RetriableException",
               .message = Concat("This master has ", connections,
                                 " client connections open, which is its limit. Try again."),
               .detail = ::hadoop::common::RpcResponseHeaderProto::FATAL_UNKNOWN},
              &out);
  // The socket is new, so it takes this at once. What the client has sent is read first: closing
  // a socket with unread bytes would destroy the answer under way.
  char unread[4096];
  const ssize_t drained = recv(fd.get(), unread, sizeof unread, MSG_DONTWAIT);
  const ssize_t sent = send(fd.get(), out.data(), out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  // Neither matters: who does not get the answer sees the connection end.
  (void)drained;
  (void)sent;
}

void IpcServer::Pump(Client* client) {
  IpcCall call;
  Connection& connection = client->connection;
  while (connection.open()) {
    if (client->calls >= options_.max_calls_per_connection ||
        connection.output_bytes() >= options_.max_output_bytes) {
      if (!connection.reading_paused()) {
        ++stats_.read_pauses;
        connection.PauseReading();
      }
      break;
    }
    if (!client->session.Next(&call)) {
      if (connection.reading_paused()) {
        connection.ResumeReading();
        // While we did not read, the client could not finish its frame.
        client->frame_began = EventLoop::Now();
      }
      break;
    }
    uint32_t index;
    if (free_slots_.empty()) {
      index = static_cast<uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      index = free_slots_.back();
      free_slots_.pop_back();
    }
    Slot& slot = slots_[index];
    slot.used = true;
    slot.client = client->weak_from_this();
    slot.identity = call.identity;
    const CallHandle handle = uint64_t{slot.generation} << 32 | index;
    ++client->calls;
    ++stats_.calls;
    handler_->OnCall({.handle = handle,
                      .listener = client->tag,
                      .call = call,
                      .user = client->session.user(),
                      .address = client->address});
  }
  if (!connection.open()) return;
  if (const std::string output = client->session.TakeOutput(); !output.empty())
    Send(client, output);
  // That may have been one byte too much of what it does not take.
  if (client->removed) return;
  if (client->session.closing()) {
    ++stats_.protocol_errors;
    if (!client->session.close_reason().empty()) {
      Warn(Concat("protocol ", client->address),
           Concat("IPC connection from ", connection.peer(),
                  " closed: ", client->session.close_reason()));
    }
    connection.CloseAfterFlush();
  }
  const size_t buffered = client->session.buffered_bytes();
  if (buffered > 0 && (client->counted_input == 0 || client->frame != client->session.frames())) {
    client->frame_began = EventLoop::Now();
    client->frame = client->session.frames();
  }
  stats_.input_bytes += buffered - client->counted_input;
  client->counted_input = buffered;
  if (stats_.input_bytes > options_.max_total_input_bytes) BoundInput();
}

void IpcServer::BoundInput() {
  while (stats_.input_bytes > options_.max_total_input_bytes) {
    const auto most =
        std::max_element(clients_.begin(), clients_.end(), [](const auto& a, const auto& b) {
          return a.second->counted_input < b.second->counted_input;
        });
    Client* const client = most->second.get();
    Warn("input", Concat("IPC connection from ", client->connection.peer(), " closed: it holds ",
                         client->counted_input, " bytes of a request that is not whole, those of ",
                         "all clients take ", stats_.input_bytes, ", and the limit is ",
                         options_.max_total_input_bytes));
    ++stats_.hoarders_closed;
    Remove(client);
  }
}

void IpcServer::BoundOutput() {
  for (const auto& [id, client] : clients_) CountOutput(client.get());
  while (stats_.output_bytes > options_.max_total_output_bytes) {
    const auto most =
        std::max_element(clients_.begin(), clients_.end(), [](const auto& a, const auto& b) {
          return a.second->counted_output < b.second->counted_output;
        });
    Client* const client = most->second.get();
    Warn("output",
         Concat("IPC connection from ", client->connection.peer(), " closed: it has ",
                client->counted_output, " bytes of answers to take, all clients have ",
                stats_.output_bytes, ", and the limit is ", options_.max_total_output_bytes));
    ++stats_.hoarders_closed;
    Remove(client);
  }
}

void IpcServer::CountOutput(Client* client) {
  stats_.output_bytes += client->connection.output_bytes() - client->counted_output;
  client->counted_output = client->connection.output_bytes();
}

void IpcServer::Resume(Client* client) {
  CountOutput(client);
  if (!client->connection.reading_paused() || client->resume_posted) return;
  // Not from here: the calls that are waiting inside must reach the handler in front of an
  // end-of-turn hook.
  client->resume_posted = true;
  loop_->Post([this, alive = alive_, id = client->id] {
    if (!*alive) return;
    const auto it = clients_.find(id);
    if (it == clients_.end()) return;
    const std::shared_ptr<Client> keep = it->second;
    keep->resume_posted = false;
    Pump(keep.get());
  });
}

void IpcServer::Remove(Client* client) {
  if (std::exchange(client->removed, true)) return;
  client->connection.Close();
  stats_.input_bytes -= std::exchange(client->counted_input, 0);
  stats_.output_bytes -= std::exchange(client->counted_output, 0);
  const auto it = clients_.find(client->id);
  CHECK(it != clients_.end());
  loop_->Dispose(std::move(it->second));
  clients_.erase(it);
  stats_.connections = clients_.size();
}

void IpcServer::Send(Client* client, std::string_view bytes) {
  client->connection.Send(bytes);
  CountOutput(client);
  if (stats_.output_bytes > options_.max_total_output_bytes) BoundOutput();
}

std::shared_ptr<IpcServer::Client> IpcServer::TakeSlot(CallHandle handle, CallIdentity* identity) {
  const uint32_t index = static_cast<uint32_t>(handle);
  CHECK_LT(index, slots_.size());
  Slot& slot = slots_[index];
  CHECK(slot.used && slot.generation == handle >> 32) << "call " << handle << " is answered twice";
  slot.used = false;
  ++slot.generation;
  *identity = std::move(slot.identity);
  free_slots_.push_back(index);
  std::shared_ptr<Client> client = std::exchange(slot.client, {}).lock();
  if (client == nullptr || client->removed) return nullptr;
  ++stats_.replies;
  return client;
}

void IpcServer::Answered(Client* client) {
  CHECK(client->calls > 0);
  --client->calls;
  if (!client->removed && client->connection.reading_paused() &&
      client->connection.output_bytes() < options_.max_output_bytes) {
    Resume(client);
  }
}

void IpcServer::Reply(CallHandle handle, std::optional<int64_t> state_id,
                      const google::protobuf::MessageLite& response) {
  CallIdentity identity;
  const std::shared_ptr<Client> client = TakeSlot(handle, &identity);
  if (client == nullptr) return;
  scratch_.clear();
  AppendSuccess(identity, state_id, response, &scratch_);
  Send(client.get(), scratch_);
  Answered(client.get());
}

void IpcServer::Reply(CallHandle handle, std::optional<int64_t> state_id,
                      std::string_view response) {
  CallIdentity identity;
  const std::shared_ptr<Client> client = TakeSlot(handle, &identity);
  if (client == nullptr) return;
  scratch_.clear();
  AppendSuccess(identity, state_id, response, &scratch_);
  Send(client.get(), scratch_);
  Answered(client.get());
}

void IpcServer::ReplyError(CallHandle handle, std::optional<int64_t> state_id,
                           const IpcError& error) {
  CallIdentity identity;
  const std::shared_ptr<Client> client = TakeSlot(handle, &identity);
  if (client == nullptr) return;
  scratch_.clear();
  AppendError(identity, state_id, error, &scratch_);
  Send(client.get(), scratch_);
  Answered(client.get());
  // The client fails all its calls when it reads this; whatever else it sent is not answered.
  if (error.detail >= ::hadoop::common::RpcResponseHeaderProto::FATAL_UNKNOWN) {
    client->connection.CloseAfterFlush();
  }
}

void IpcServer::Abandon(CallHandle handle) {
  CallIdentity identity;
  const std::shared_ptr<Client> client = TakeSlot(handle, &identity);
  if (client != nullptr) Remove(client.get());
}

void IpcServer::Sweep() {
  const Micros now = EventLoop::Now();
  const Duration idle_timeout = clients_.size() > options_.max_connections / 2
                                    ? options_.crowded_idle_timeout
                                    : options_.idle_timeout;
  std::vector<std::pair<std::shared_ptr<Client>, std::string>> gone;
  for (const auto& [id, client] : clients_) {
    const Connection& connection = client->connection;
    const auto older = [&](Micros when, Duration limit) { return now - when > limit; };
    if (!client->session.established() && older(client->accepted, options_.setup_timeout)) {
      ++stats_.stalled;
      gone.emplace_back(client, "it did not finish the connection's set-up in time");
    } else if (connection.output_bytes() > 0 &&
               older(connection.last_sent(), options_.stall_timeout)) {
      ++stats_.stalled;
      gone.emplace_back(client, "it does not take its answers");
    } else if (client->session.buffered_bytes() > 0 && !connection.reading_paused() &&
               older(client->frame_began, options_.frame_timeout)) {
      ++stats_.stalled;
      gone.emplace_back(client, "it did not finish a request in time");
    } else if (client->calls == 0 && connection.output_bytes() == 0 &&
               older(connection.last_received(), idle_timeout)) {
      ++stats_.idle_closed;
      gone.emplace_back(client, "");
    }
  }
  for (const auto& [client, why] : gone) {
    if (!why.empty()) {
      Warn(Concat("stalled ", client->address),
           Concat("IPC connection from ", client->connection.peer(), " closed: ", why));
    }
    Remove(client.get());
  }
  sweep_timer_ = loop_->After(options_.sweep_interval, [this] { Sweep(); });
}

void IpcServer::Warn(std::string_view key, std::string_view text) {
  if (const auto more = log_limit_.Admit(key, EventLoop::Now())) spdlog::warn("{}{}", text, *more);
}

}  // namespace jfs::net::hadoop
