#include "ots_mock/server/server.h"

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"

#include "core/base/concat.h"
#include "core/ots/error.h"
#include "httplib.h"
#include "ots_mock/server/inflate.h"
#include "ots_mock/server/rocksdb_store.h"
#include "spdlog/spdlog.h"

namespace jfs::ots_mock {
namespace {

using ots::ErrorCode;
using std::chrono::steady_clock;

constexpr size_t kMaxBodyBytes = size_t{5} << 20;
constexpr char kCompressType[] = "x-ots-request-compress-type";

absl::StatusOr<uint16_t> Bind(httplib::Server& server, const net::HostPort& where) {
  const std::string host = where.host.empty() ? "127.0.0.1" : where.host;
  int port = -1;
  if (where.port == 0) {
    port = server.bind_to_any_port(host);
  } else if (server.bind_to_port(host, where.port)) {
    port = where.port;
  }
  if (port <= 0) {
    return absl::UnavailableError(
        Concat("cannot listen on ", host, ":", where.port,
               ": the address is not of this machine, or the port is in use"));
  }
  return static_cast<uint16_t>(port);
}

// One HTTP server with its accepting thread.
class Listener {
 public:
  Listener(int threads, int keep_alive_seconds) {
    server_.new_task_queue = [threads] {
      return new httplib::ThreadPool(static_cast<size_t>(threads));
    };
    // The library's own default lets two processes share a port; the second is to fail.
    server_.set_socket_options([](socket_t socket) {
      const int on = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
    server_.set_tcp_nodelay(true);
    server_.set_keep_alive_max_count(1'000'000);
    server_.set_keep_alive_timeout(keep_alive_seconds);
    server_.set_read_timeout(30);
    server_.set_write_timeout(30);
    server_.set_payload_max_length(kMaxBodyBytes);
  }
  ~Listener() { Stop(); }

  httplib::Server& server() { return server_; }
  uint16_t port() const { return port_; }

  absl::Status Listen(const net::HostPort& where) {
    absl::StatusOr<uint16_t> port = Bind(server_, where);
    if (!port.ok()) return port.status();
    port_ = *port;
    thread_ = std::thread([this] {
      server_.listen_after_bind();
      ended_ = true;
    });
    return absl::OkStatus();
  }

  void Stop() {
    if (!thread_.joinable()) return;
    // stop() before the thread has begun to listen would be lost.
    while (!server_.is_running() && !ended_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    server_.stop();
    thread_.join();
  }

 private:
  httplib::Server server_;
  std::thread thread_;
  std::atomic<bool> ended_ = false;
  uint16_t port_ = 0;
};

// Does things at their time, on a thread of its own.
class LateQueue {
 public:
  LateQueue() : thread_([this] { Run(); }) {}
  ~LateQueue() { Stop(); }

  void At(steady_clock::time_point when, std::function<void()> task) {
    const std::lock_guard<std::mutex> lock(mutex_);
    tasks_.emplace(when, std::move(task));
    changed_.notify_one();
  }

  // Returns how many were still to come.
  size_t Stop() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
      changed_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
    return tasks_.size();
  }

 private:
  void Run() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!stop_) {
      if (tasks_.empty()) {
        changed_.wait(lock);
        continue;
      }
      const steady_clock::time_point when = tasks_.begin()->first;
      if (steady_clock::now() < when) {
        changed_.wait_until(lock, when);
        continue;
      }
      const std::function<void()> task = std::move(tasks_.begin()->second);
      tasks_.erase(tasks_.begin());
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<steady_clock::time_point, std::function<void()>> tasks_;  // guarded by mutex_
  bool stop_ = false;                                                     // guarded by mutex_
  std::thread thread_;  // last: it uses the others
};

std::vector<ots::Header> HeadersOf(const httplib::Request& request) {
  std::vector<ots::Header> headers;
  for (const auto& [name, value] : request.headers) headers.push_back({name, value});
  return headers;
}

}  // namespace

class Server::Impl {
 public:
  explicit Impl(const ServerOptions& options)
      : options_(options),
        plan_(options.fault_seed),
        front_(options.threads, options.keep_alive_seconds),
        control_(2, 1) {
    for (const FaultRule& rule : options.faults) plan_.Add(rule);
  }

  absl::Status Start() {
    absl::StatusOr<std::unique_ptr<RocksdbStore>> store =
        RocksdbStore::Open(options_.directory, options_.sync);
    if (!store.ok()) return store.status();
    store_ = *std::move(store);
    absl::StatusOr<std::unique_ptr<Engine>> engine = Engine::Open(options_.engine, store_.get());
    if (!engine.ok()) return engine.status();
    engine_ = *std::move(engine);

    front_.server().Post(".*", [this](const httplib::Request& request,
                                      httplib::Response& response) { Serve(request, response); });
    // What the library itself refuses: another method, a body that is too large.
    front_.server().set_error_handler(httplib::Server::HandlerWithResponse(
        [this](const httplib::Request& request, httplib::Response& response) {
          if (response.has_header(std::string(ots::kRequestIdHeader))) {
            return httplib::Server::HandlerResponse::Unhandled;
          }
          ots::ServiceError error = ots::MakeError(ErrorCode::kMethodNotAllowed);
          if (response.status == 413) error = ots::MakeError(ErrorCode::kRequestBodyTooLarge);
          if (response.status == 400) {
            error = ots::MakeError(ErrorCode::kParameterInvalid, "The HTTP request is malformed.");
          }
          Answer(request.path, {}, error, "", response);
          return httplib::Server::HandlerResponse::Handled;
        }));
    if (absl::Status status = front_.Listen(options_.listen); !status.ok()) return status;
    if (options_.control.has_value()) {
      SetUpControl();
      if (absl::Status status = control_.Listen(*options_.control); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  void Stop() {
    control_.Stop();
    front_.Stop();
    const size_t lost = late_.Stop();
    if (lost > 0) spdlog::warn("{} requests that were to happen late are lost", lost);
    const std::lock_guard<std::mutex> lock(mutex_);
    engine_.reset();
    store_.reset();
  }

  uint16_t port() const { return front_.port(); }
  uint16_t control_port() const { return control_.port(); }
  absl::Status health() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return health_;
  }

 private:
  struct Executed {
    ots::Answer answer;
    bool executed = false;
  };

  void Serve(const httplib::Request& request, httplib::Response& response) {
    const int64_t now = options_.wall_clock();
    const std::vector<ots::Header> headers = HeadersOf(request);
    const CheckedRequest checked = CheckRequest(options_.accounts, request.path, headers,
                                                request.body, now, options_.allowed_skew_millis);
    const std::optional<ots::Operation> operation =
        ots::ParseOperation(std::string_view(request.path).substr(1));
    if (!operation.has_value()) {
      Answer(request.path, checked,
             ots::MakeError(ErrorCode::kParameterInvalid,
                            Concat("Unsupported operation: ", request.path.substr(1), ".")),
             "", response);
      return;
    }
    if (checked.refusal.has_value()) {
      spdlog::warn("{} from {} refused: {}", request.path, request.remote_addr,
                   ots::FormatError(*checked.refusal));
      Answer(request.path, checked, checked.refusal, "", response);
      return;
    }
    ots::Request wire{.operation = *operation, .body = request.body};
    if (request.has_header(kCompressType)) {
      absl::StatusOr<std::string> body = Inflate(wire.body, kMaxBodyBytes);
      if (!body.ok()) {
        Answer(request.path, checked,
               ots::MakeError(ErrorCode::kParameterInvalid, ToStd(body.status().message())), "",
               response);
        return;
      }
      wire.body = *std::move(body);
    }
    ServeWithFaults(request.path, checked, wire, response);
  }

  void ServeWithFaults(const std::string& path, const CheckedRequest& checked,
                       const ots::Request& request, httplib::Response& response) {
    Fault fault;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      fault = plan_.Next(request.operation);
      ++requests_[static_cast<size_t>(request.operation)];
    }
    if (fault.delay > 0) std::this_thread::sleep_for(std::chrono::microseconds(fault.delay));
    ots::Answer answer;
    if (fault.execute) answer = Execute(request, fault);
    if (fault.late.has_value()) {
      late_.At(steady_clock::now() + std::chrono::microseconds(*fault.late),
               [this, request, fault] {
                 const ots::Answer late = Execute(request, fault);
                 spdlog::debug("{} happened late: {}", ots::OperationName(request.operation),
                               late.error.has_value() ? ots::FormatError(*late.error) : "done");
               });
    }
    if (fault.drop) {
      spdlog::debug("{}: no answer, {}", path, fault.execute ? "executed" : "not executed");
      // The library ends the connection when a body breaks off.
      response.set_content_provider(1, "application/octet-stream",
                                    [](size_t, size_t, httplib::DataSink&) { return false; });
      return;
    }
    Answer(path, checked, fault.error.has_value() ? fault.error : answer.error, answer.body,
           response);
  }

  ots::Answer Execute(const ots::Request& request, const Fault& fault) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (engine_ == nullptr || !health_.ok()) {
      return {.error = ots::MakeError(ErrorCode::kServerUnavailable)};
    }
    last_now_ = std::max(last_now_, options_.wall_clock());
    Engine::FailsRow fails_row;
    if (fault.row_fails_percent.has_value()) {
      fails_row = [&fault](size_t row) { return RowFails(fault, row); };
    }
    absl::StatusOr<ots::Answer> answer =
        engine_->Execute(request, WallMillis(static_cast<uint64_t>(last_now_)), fails_row);
    if (answer.ok()) return *std::move(answer);
    health_ = answer.status();
    spdlog::critical("the store failed, nothing is served any more: {}",
                     answer.status().ToString());
    return {.error = ots::MakeError(ErrorCode::kServerUnavailable)};
  }

  void Answer(const std::string& path, const CheckedRequest& checked,
              const std::optional<ots::ServiceError>& error, std::string body,
              httplib::Response& response) {
    if (error.has_value()) {
      body = ots::EncodeError(*error);
      response.status = error->http_status;
    } else {
      response.status = 200;
    }
    const int64_t now = options_.wall_clock();
    const uint64_t number = next_request_++;
    const std::string id = absl::StrFormat("%08x-%04x-%04x-mock-%012x", now / 1000 >> 16,
                                           (now / 1000) & 0xffff, now % 1000, number);
    for (const ots::Header& header : ResponseHeaders(checked, path, body, id, now)) {
      response.set_header(header.name, header.value);
    }
    response.body = std::move(body);
    spdlog::debug("{} {} {} {}", id, path, response.status,
                  error.has_value() ? ots::FormatError(*error) : "");
  }

  void SetUpControl() {
    httplib::Server& server = control_.server();
    const auto text = [](httplib::Response& response, int status, const std::string& body) {
      response.status = status;
      response.set_content(body + "\n", "text/plain; charset=utf-8");
    };
    server.Get("/faults", [this](const httplib::Request&, httplib::Response& response) {
      std::string body;
      const std::lock_guard<std::mutex> lock(mutex_);
      for (const auto& [number, rule] : plan_.rules()) {
        body += Concat(number, " ", FormatFaultRule(rule), "\n");
      }
      response.set_content(body, "text/plain; charset=utf-8");
    });
    server.Post("/faults",
                [this, text](const httplib::Request& request, httplib::Response& response) {
                  std::string_view line = request.body;
                  while (!line.empty() && (line.back() == '\n' || line.back() == '\r'))
                    line.remove_suffix(1);
                  const absl::StatusOr<FaultRule> rule = ParseFaultRule(line);
                  if (!rule.ok()) return text(response, 400, std::string(rule.status().message()));
                  const std::lock_guard<std::mutex> lock(mutex_);
                  const uint64_t number = plan_.Add(*rule);
                  spdlog::info("fault {} added: {}", number, FormatFaultRule(*rule));
                  text(response, 200, Concat(number));
                });
    server.Delete("/faults", [this, text](const httplib::Request&, httplib::Response& response) {
      const std::lock_guard<std::mutex> lock(mutex_);
      plan_.Clear();
      spdlog::info("all faults removed");
      text(response, 200, "removed");
    });
    server.Delete(R"(/faults/(\d{1,18}))",
                  [this, text](const httplib::Request& request, httplib::Response& response) {
                    const uint64_t number = std::stoull(request.matches[1].str());
                    const std::lock_guard<std::mutex> lock(mutex_);
                    if (!plan_.Remove(number)) return text(response, 404, "there is no such fault");
                    spdlog::info("fault {} removed", number);
                    text(response, 200, "removed");
                  });
    server.Get("/requests", [this](const httplib::Request&, httplib::Response& response) {
      std::string body;
      const std::lock_guard<std::mutex> lock(mutex_);
      for (int i = 0; i < ots::kOperations; ++i) {
        if (requests_[static_cast<size_t>(i)] == 0) continue;
        body += Concat(ots::OperationName(static_cast<ots::Operation>(i)), " ",
                       requests_[static_cast<size_t>(i)], "\n");
      }
      body += Concat("faults ", plan_.hits(), "\n");
      response.set_content(body, "text/plain; charset=utf-8");
    });
  }

  const ServerOptions options_;
  std::atomic<uint64_t> next_request_ = 1;

  mutable std::mutex mutex_;  // of all that follows, up to the listeners
  FaultPlan plan_;
  std::unique_ptr<RocksdbStore> store_;
  std::unique_ptr<Engine> engine_;
  absl::Status health_;
  int64_t last_now_ = 0;
  std::array<uint64_t, ots::kOperations> requests_{};

  LateQueue late_;
  Listener front_;
  Listener control_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { impl_->Stop(); }

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  if (absl::Status status = impl->Start(); !status.ok()) {
    impl->Stop();
    return status;
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

uint16_t Server::port() const { return impl_->port(); }
uint16_t Server::control_port() const { return impl_->control_port(); }
absl::Status Server::health() const { return impl_->health(); }
void Server::Stop() { impl_->Stop(); }

}  // namespace jfs::ots_mock
