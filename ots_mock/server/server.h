#ifndef OTS_MOCK_SERVER_SERVER_H_
#define OTS_MOCK_SERVER_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "net/socket.h"
#include "ots_mock/engine/engine.h"
#include "ots_mock/engine/faults.h"
#include "ots_mock/server/authentication.h"

// The wire around the engine: HTTP, signatures, faults. docs/ots-mock.md describes it to its users.
namespace jfs::ots_mock {

struct ServerOptions {
  net::HostPort listen = {.host = "127.0.0.1", .port = 0};  // port 0: any free one
  // Where faults are changed at run time, by anybody who can reach it; unset: they cannot be.
  std::optional<net::HostPort> control;
  std::string directory;
  bool sync = false;  // every write also survives the end of the machine
  std::vector<Account> accounts;
  EngineOptions engine;
  std::vector<FaultRule> faults;
  uint64_t fault_seed = 1;
  int64_t allowed_skew_millis = 15 * 60 * 1000;
  // Connections served at once; each has a thread.
  int threads = 64;
  int keep_alive_seconds = 20;
  // Milliseconds since 1970.
  std::function<int64_t()> wall_clock;
};

// Threads: Start, Stop and the accessors belong to one thread; the server has its own.
class Server {
 public:
  // Opens the directory, listens, and serves from when this returns.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options);
  // As Stop().
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  uint16_t port() const;
  // 0 without control.
  uint16_t control_port() const;
  // OK while the store works. Otherwise nothing is served any more.
  absl::Status health() const;

  // Takes no more requests, waits for those being executed, and closes the store. Requests that
  // were to happen late are lost. Idle connections hold it up for keep_alive_seconds at most.
  void Stop();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace jfs::ots_mock

#endif  // OTS_MOCK_SERVER_SERVER_H_
