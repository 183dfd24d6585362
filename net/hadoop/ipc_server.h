#ifndef NET_HADOOP_IPC_SERVER_H_
#define NET_HADOOP_IPC_SERVER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/message_lite.h"

#include "net/connection.h"
#include "net/event_loop.h"
#include "net/hadoop/ipc_message.h"
#include "net/hadoop/ipc_session.h"
#include "net/log_limit.h"
#include "net/socket.h"

namespace jfs::net::hadoop {

// Names one call that is to be answered, unique within one run of the server.
using CallHandle = uint64_t;

struct IncomingCall {
  CallHandle handle = 0;
  uint32_t listener = 0;       // the tag given to Listen
  IpcCall& call;               // the handler may move out of it
  const std::string& user;     // as the client says (SIMPLE)
  const std::string& address;  // of the client, numeric, without port
};

class CallHandler {
 public:
  virtual ~CallHandler() = default;
  // Must be answered exactly once with one of IpcServer's Reply functions, inside this call or
  // later, whether or not the client is still there. The references are valid during the call only.
  virtual void OnCall(const IncomingCall& call) = 0;
};

// Listens for Hadoop IPC clients, speaks the protocol's set-up with each, hands calls to one
// handler and takes the answers in any order. Lives on the loop's thread.
//
// Bounds, all in Options: connections, calls and unsent bytes per connection, unfinished frames and
// unsent bytes in total. A connection too many gets a RetriableException, with which Hadoop's
// clients come back. A client that exceeds a bound on calls or unsent bytes is not read from until
// it has caught up; one that stalls is closed, and so is the one that holds most when all together
// hold too much.
class IpcServer {
 public:
  struct Options {
    IpcLimits limits;
    size_t max_connections = 20'000;
    size_t max_calls_per_connection = 512;  // delivered and not yet answered
    size_t max_output_bytes = 4 << 20;      // per connection, before reading pauses
    // Of all connections; beyond it the one that holds most is closed, whoever came last.
    size_t max_total_output_bytes = 512 << 20;
    size_t max_total_input_bytes = 256 << 20;  // the same for unfinished frames
    Duration setup_timeout = 20 * kSecond;     // from accept to the connection context
    Duration frame_timeout = 60 * kSecond;     // for a whole frame, from its first byte
    Duration stall_timeout = 60 * kSecond;     // without taking any of its answers
    Duration idle_timeout = 3600 * kSecond;    // nothing at all
    Duration crowded_idle_timeout =
        20 * kSecond;  // the same while more than half of max_connections are open
    Duration sweep_interval = 5 * kSecond;  // how often those are looked at
    int keepalive_idle_seconds = 60;
    int user_timeout_millis = 60'000;
  };

  struct Stats {
    size_t connections = 0;
    uint64_t accepted = 0, refused = 0, calls = 0, replies = 0;
    uint64_t protocol_errors = 0, stalled = 0, idle_closed = 0, read_pauses = 0;
    uint64_t hoarders_closed = 0;  // held most when all together held too much
    size_t input_bytes = 0, output_bytes = 0;
  };

  // `loop` and `handler` outlive the server. Also sends protobuf's own messages, for the whole
  // process, to the log.
  IpcServer(EventLoop* loop, CallHandler* handler, Options options);
  ~IpcServer();
  IpcServer(const IpcServer&) = delete;
  IpcServer& operator=(const IpcServer&) = delete;

  // Opens one more port; its calls carry `tag`.
  absl::Status Listen(const HostPort& where, uint32_t tag);
  // The port in use for `tag` (for port 0). REQUIRES: Listen(tag) succeeded.
  uint16_t port(uint32_t tag) const;
  // No new connections from now on.
  void StopListening();

  // `state_id`: the position that the answer reflects.
  void Reply(CallHandle handle, std::optional<int64_t> state_id,
             const google::protobuf::MessageLite& response);
  void Reply(CallHandle handle, std::optional<int64_t> state_id, std::string_view response);
  void ReplyError(CallHandle handle, std::optional<int64_t> state_id, const IpcError& error);
  // Closes the client's connection without an answer: for a call whose outcome nobody knows.
  void Abandon(CallHandle handle);

  const Stats& stats() const { return stats_; }

 private:
  class Listener;
  class Client;
  friend class Client;
  struct Slot {
    uint32_t generation = 0;
    bool used = false;
    std::weak_ptr<Client> client;
    CallIdentity identity;
  };

  void Accept(Listener* listener);
  // Says why there is no room for a new client, and closes.
  static void TurnAway(UniqueFd fd, size_t connections);
  void Pump(Client* client);
  void Resume(Client* client);
  void Remove(Client* client);
  void Send(Client* client, std::string_view bytes);
  // Frees the slot; null if the client has gone. Dies on a handle that is not open: it was answered
  // before.
  std::shared_ptr<Client> TakeSlot(CallHandle handle, CallIdentity* identity);
  void Answered(Client* client);
  // Close those who hold most until all together hold no more than they may.
  void BoundInput();
  void BoundOutput();
  void CountOutput(Client* client);
  void Sweep();
  void Warn(std::string_view key, std::string_view text);

  EventLoop* const loop_;
  CallHandler* const handler_;
  const Options options_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::map<uint64_t, std::shared_ptr<Client>> clients_;
  uint64_t next_client_ = 1;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_slots_;
  EventLoop::TimerId sweep_timer_;
  LogLimit log_limit_{30 * kSecond};
  Stats stats_;
  std::string scratch_;
  // Tasks posted to the loop run only while the server lives.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace jfs::net::hadoop

#endif  // NET_HADOOP_IPC_SERVER_H_
