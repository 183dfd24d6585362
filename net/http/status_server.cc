#include "net/http/status_server.h"

#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"
#include "httplib.h"

namespace jfs::net {

class StatusServer::Impl {
 public:
  Impl() {
    // A page is small and made from memory: two threads are plenty, and a slow reader cannot take
    // more than those.
    server_.new_task_queue = [] { return new httplib::ThreadPool(2); };
    // The library's own default lets two processes share a port; the second is to fail.
    server_.set_socket_options([](socket_t socket) {
      const int on = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
    server_.set_read_timeout(5);
    server_.set_write_timeout(5);
    server_.set_keep_alive_max_count(20);
    server_.set_keep_alive_timeout(5);
    server_.set_payload_max_length(4096);
    server_.Get("/", [](const httplib::Request&, httplib::Response& response) {
      response.set_redirect("/status");
    });
    server_.Get("/status", [this](const httplib::Request& request, httplib::Response& response) {
      const auto snapshot = Current(response);
      if (snapshot == nullptr) return;
      const bool json =
          request.get_param_value("format") == "json" ||
          request.get_header_value("Accept").find("application/json") != std::string::npos;
      if (json) {
        response.set_content(RenderJson(*snapshot), "application/json");
      } else {
        response.set_content(RenderHtml(*snapshot), "text/html; charset=utf-8");
      }
    });
    server_.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
      const auto snapshot = Current(response);
      if (snapshot != nullptr) {
        response.set_content(RenderMetrics(*snapshot), "text/plain; version=0.0.4; charset=utf-8");
      }
    });
    server_.Get("/health", [this](const httplib::Request&, httplib::Response& response) {
      const auto snapshot = Current(response);
      if (snapshot == nullptr) return;
      if (!snapshot->healthy) response.status = 503;
      response.set_content(snapshot->health + "\n", "text/plain; charset=utf-8");
    });
  }

  ~Impl() { Stop(); }

  absl::Status Start(const HostPort& where) {
    CHECK(!thread_.joinable());
    const std::string host = where.host.empty() ? "0.0.0.0" : where.host;
    if (where.port == 0) {
      port_ = server_.bind_to_any_port(host);
    } else if (server_.bind_to_port(host, where.port)) {
      port_ = where.port;
    }
    if (port_ <= 0) {
      return absl::UnavailableError(
          Concat("cannot listen on ", host, ":", where.port,
                 " for HTTP: the address is not of this machine, or the port is in use"));
    }
    thread_ = std::thread([this] {
      server_.listen_after_bind();
      ended_ = true;
    });
    return absl::OkStatus();
  }

  void Stop() {
    if (!thread_.joinable()) return;
    // stop() before the thread has begun to listen would be lost.
    while (!server_.is_running() && !ended_)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    server_.stop();
    thread_.join();
  }

  void Publish(std::shared_ptr<const StatusSnapshot> snapshot) {
    const std::lock_guard<std::mutex> lock(mutex_);
    snapshot_ = std::move(snapshot);
  }

  uint16_t port() const { return static_cast<uint16_t>(port_); }

 private:
  std::shared_ptr<const StatusSnapshot> Current(httplib::Response& response) {
    std::shared_ptr<const StatusSnapshot> out;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      out = snapshot_;
    }
    if (out == nullptr) {
      response.status = 503;
      response.set_content("starting\n", "text/plain; charset=utf-8");
    }
    return out;
  }

  httplib::Server server_;
  std::thread thread_;
  std::atomic<bool> ended_ = false;
  int port_ = -1;
  std::mutex mutex_;
  std::shared_ptr<const StatusSnapshot> snapshot_;  // guarded by mutex_
};

StatusServer::StatusServer() : impl_(std::make_unique<Impl>()) {}
StatusServer::~StatusServer() = default;
absl::Status StatusServer::Start(const HostPort& where) { return impl_->Start(where); }
uint16_t StatusServer::port() const { return impl_->port(); }
void StatusServer::Publish(std::shared_ptr<const StatusSnapshot> snapshot) {
  impl_->Publish(std::move(snapshot));
}
void StatusServer::Stop() { impl_->Stop(); }

}  // namespace jfs::net
