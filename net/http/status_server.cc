#include "net/http/status_server.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"

namespace jfs::net {
namespace {

constexpr int kBacklog = 256;
constexpr char kPlainText[] = "text/plain; charset=utf-8";

Micros Now() {
  const auto since_boot = std::chrono::steady_clock::now().time_since_epoch();
  return Micros(static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(since_boot).count()));
}

// One connection that libmicrohttpd has open.
struct Visitor {
  int fd = -1;
  std::string host;  // numeric
  Micros accepted;
  bool asked = false;  // its request is whole and is being answered
  // Its socket is shut down: the library will notice and close it.
  bool dismissed = false;
};

struct Page {
  unsigned status = MHD_HTTP_OK;
  const char* type = kPlainText;
  std::string body;
  const char* location = nullptr;
};

std::string_view ValueOf(MHD_Connection* connection, MHD_ValueKind kind, const char* key) {
  const char* value = MHD_lookup_connection_value(connection, kind, key);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

MHD_Result Queue(MHD_Connection* connection, Page page) {
  MHD_Response* const response =
      MHD_create_response_from_buffer(page.body.size(), page.body.data(), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;  // out of memory: the connection is closed
  const std::array<std::pair<const char*, const char*>, 4> headers = {{
      {MHD_HTTP_HEADER_CONTENT_TYPE, page.type},
      {MHD_HTTP_HEADER_CONNECTION, "close"},
      {MHD_HTTP_HEADER_LOCATION, page.location},
      {MHD_HTTP_HEADER_ALLOW, page.status == MHD_HTTP_METHOD_NOT_ALLOWED ? "GET, HEAD" : nullptr},
  }};
  bool fine = true;
  for (const auto& [name, value] : headers) {
    if (value != nullptr) fine = MHD_add_response_header(response, name, value) == MHD_YES && fine;
  }
  const MHD_Result queued = fine ? MHD_queue_response(connection, page.status, response) : MHD_NO;
  MHD_destroy_response(response);
  return queued;
}

}  // namespace

class StatusServer::Impl {
 public:
  explicit Impl(const Options& options) : options_(options) {}
  ~Impl() { Stop(); }

  absl::Status Start(const HostPort& where) {
    CHECK(daemon_ == nullptr);
    const HostPort here{where.host.empty() ? "0.0.0.0" : where.host, where.port};
    absl::StatusOr<UniqueFd> listener = Listen(here, kBacklog);
    if (!listener.ok()) {
      return absl::UnavailableError(
          Concat("cannot listen on ", here.host, ":", here.port,
                 " for HTTP: the address is not of this machine, or the port is in use (",
                 ToStd(listener.status().message()), ")"));
    }
    const absl::StatusOr<Endpoint> local = LocalEndpoint(listener->get());
    if (!local.ok()) return local.status();
    const absl::StatusOr<HostPort> parsed = ParseHostPort(local->ToString());
    CHECK(parsed.ok());
    wake_ = UniqueFd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!wake_.valid()) return absl::ErrnoToStatus(errno, "eventfd for HTTP");
    // The library takes several connections in a row before it calls us; its own limit leaves room
    // for them, so that a newcomer is always let in and we choose who goes.
    const unsigned limit = static_cast<unsigned>(options_.max_connections) * 2 + 16;
    const int fd = listener->Release();  // the library closes it, also when it cannot start
    daemon_ =
        MHD_start_daemon(MHD_USE_EPOLL, 0, nullptr, nullptr, &Impl::OnRequest, this,
                         MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, limit,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, options_.connection_memory_bytes,
                         MHD_OPTION_NOTIFY_CONNECTION, &Impl::OnVisitor, this, MHD_OPTION_END);
    if (daemon_ == nullptr) {
      return absl::UnavailableError(Concat("cannot start to serve HTTP on ", here.host, ":",
                                           here.port, ": out of memory or of open files"));
    }
    port_ = parsed->port;
    thread_ = std::thread([this] { Serve(); });
    return absl::OkStatus();
  }

  void Stop() {
    if (daemon_ == nullptr) return;
    const uint64_t one = 1;
    CHECK_EQ(write(wake_.get(), &one, sizeof one), static_cast<ssize_t>(sizeof one));
    thread_.join();
    MHD_stop_daemon(std::exchange(daemon_, nullptr));
  }

  void Publish(std::shared_ptr<const StatusSnapshot> snapshot) {
    const std::lock_guard<std::mutex> lock(mutex_);
    snapshot_ = std::move(snapshot);
  }

  uint16_t port() const { return port_; }

 private:
  static MHD_Result OnRequest(void* self, MHD_Connection* connection, const char* url,
                              const char* method, const char*, const char*, size_t*, void**) {
    // Answering at the first call, with the headers in hand, means that a body is never read.
    return static_cast<Impl*>(self)->Answer(connection, url, method);
  }

  static void OnVisitor(void* self, MHD_Connection* connection, void** context,
                        MHD_ConnectionNotificationCode code) {
    Impl* const impl = static_cast<Impl*>(self);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
      *context = impl->Admit(connection);
    } else {
      impl->visitors_.erase(static_cast<Visitor*>(*context));
    }
  }

  void Serve() {
    const MHD_DaemonInfo* const info = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD);
    CHECK(info != nullptr);
    std::array<pollfd, 2> watched = {{{.fd = info->epoll_fd, .events = POLLIN, .revents = 0},
                                      {.fd = wake_.get(), .events = POLLIN, .revents = 0}}};
    while (watched[1].revents == 0) {
      MHD_run(daemon_);
      DismissTheLate();
      poll(watched.data(), watched.size(), PollMillis());
    }
  }

  // How long nothing can happen by itself: -1 for ever.
  int PollMillis() const {
    MHD_UNSIGNED_LONG_LONG wanted = 0;
    // The library knows of input that it has not looked at.
    if (MHD_get_timeout(daemon_, &wanted) == MHD_YES && wanted == 0) return 0;
    Micros next = kNever;
    for (const auto& [key, visitor] : visitors_) {
      if (!visitor->dismissed) next = std::min(next, visitor->accepted + options_.deadline);
    }
    if (next == kNever) return -1;
    const Micros now = Now();
    return next <= now ? 0 : static_cast<int>((next - now) / kMillisecond + 1);
  }

  Visitor* Admit(MHD_Connection* connection) {
    auto visitor = std::make_unique<Visitor>();
    const auto* fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const auto* peer = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    CHECK(fd != nullptr && peer != nullptr);
    visitor->fd = fd->connect_fd;
    visitor->host = HostOf(*peer->client_addr);
    visitor->accepted = Now();
    Visitor* const key = visitor.get();
    visitors_.emplace(key, std::move(visitor));
    std::map<std::string, size_t> held;
    size_t all = 0;
    for (const auto& [unused, other] : visitors_) {
      if (other->dismissed) continue;
      ++held[other->host];
      ++all;
    }
    if (held[key->host] > options_.max_connections_per_address) {
      DismissOldest(key->host, *key);
    } else if (all > options_.max_connections) {
      const auto most =
          std::max_element(held.begin(), held.end(),
                           [](const auto& a, const auto& b) { return a.second < b.second; });
      DismissOldest(most->first, *key);
    }
    return key;
  }

  static std::string HostOf(const sockaddr& address) {
    Endpoint endpoint;
    endpoint.size = address.sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    const auto* bytes = reinterpret_cast<const char*>(&address);
    std::copy_n(bytes, endpoint.size, reinterpret_cast<char*>(&endpoint.address));
    return endpoint.Host();
  }

  // Of `host`, somebody who has not asked yet if there is one.
  void DismissOldest(const std::string& host, const Visitor& newest) {
    Visitor* oldest = nullptr;
    for (const auto& [unused, other] : visitors_) {
      if (other->dismissed || other->host != host || other.get() == &newest) continue;
      if (oldest == nullptr ||
          std::pair(other->asked, other->accepted) < std::pair(oldest->asked, oldest->accepted)) {
        oldest = other.get();
      }
    }
    if (oldest != nullptr) Dismiss(oldest);
  }

  void DismissTheLate() {
    const Micros now = Now();
    for (const auto& [unused, visitor] : visitors_) {
      if (!visitor->dismissed && visitor->accepted + options_.deadline <= now) {
        Dismiss(visitor.get());
      }
    }
  }

  // Closing is the library's business: it reads the end of the stream and lets go.
  static void Dismiss(Visitor* visitor) {
    shutdown(visitor->fd, SHUT_RDWR);
    visitor->dismissed = true;
  }

  MHD_Result Answer(MHD_Connection* connection, std::string_view path, std::string_view method) {
    const auto* context = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    CHECK(context != nullptr);
    static_cast<Visitor*>(context->socket_context)->asked = true;
    if (method != MHD_HTTP_METHOD_GET && method != MHD_HTTP_METHOD_HEAD) {
      return Queue(connection, {.status = MHD_HTTP_METHOD_NOT_ALLOWED,
                                .body = "This port answers GET and HEAD only.\n"});
    }
    if (path == "/") {
      return Queue(connection, {.status = MHD_HTTP_FOUND, .body = {}, .location = "/status"});
    }
    if (path != "/status" && path != "/metrics" && path != "/health") {
      return Queue(connection, {.status = MHD_HTTP_NOT_FOUND,
                                .body = "There is /status, /metrics and /health.\n"});
    }
    const std::shared_ptr<const StatusSnapshot> snapshot = Current();
    if (snapshot == nullptr) {
      return Queue(connection, {.status = MHD_HTTP_SERVICE_UNAVAILABLE, .body = "starting\n"});
    }
    if (path == "/metrics") {
      return Queue(connection, {.type = "text/plain; version=0.0.4; charset=utf-8",
                                .body = RenderMetrics(*snapshot)});
    }
    if (path == "/health") {
      return Queue(connection, {.status = static_cast<unsigned>(
                                    snapshot->healthy ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE),
                                .body = snapshot->health + "\n"});
    }
    const bool json =
        ValueOf(connection, MHD_GET_ARGUMENT_KIND, "format") == "json" ||
        ValueOf(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT).find("application/json") !=
            std::string_view::npos;
    if (json) {
      return Queue(connection, {.type = "application/json", .body = RenderJson(*snapshot)});
    }
    return Queue(connection, {.type = "text/html; charset=utf-8", .body = RenderHtml(*snapshot)});
  }

  std::shared_ptr<const StatusSnapshot> Current() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return snapshot_;
  }

  const Options options_;
  MHD_Daemon* daemon_ = nullptr;
  UniqueFd wake_;  // readable: the thread is to end
  uint16_t port_ = 0;
  std::map<Visitor*, std::unique_ptr<Visitor>> visitors_;  // belongs to the thread
  std::thread thread_;
  std::mutex mutex_;
  std::shared_ptr<const StatusSnapshot> snapshot_;  // guarded by mutex_
};

StatusServer::StatusServer() : StatusServer(Options()) {}
StatusServer::StatusServer(const Options& options) : impl_(std::make_unique<Impl>(options)) {}
StatusServer::~StatusServer() = default;
absl::Status StatusServer::Start(const HostPort& where) { return impl_->Start(where); }
uint16_t StatusServer::port() const { return impl_->port(); }
void StatusServer::Publish(std::shared_ptr<const StatusSnapshot> snapshot) {
  impl_->Publish(std::move(snapshot));
}
void StatusServer::Stop() { impl_->Stop(); }

}  // namespace jfs::net
