#include "net/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "absl/strings/numbers.h"

#include "core/base/concat.h"

namespace jfs::net {

void UniqueFd::Reset() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

std::string HostPort::ToString() const {
  if (host.find(':') != std::string::npos) return Concat("[", host, "]:", port);
  return Concat(host, ":", port);
}

absl::StatusOr<HostPort> ParseHostPort(std::string_view text) {
  const auto invalid = [&](std::string_view why) {
    return absl::InvalidArgumentError(Concat("'", text, "' is not host:port: ", why));
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return invalid("there is no ':'");
  std::string_view host = text.substr(0, colon);
  if (!host.empty() && host.front() == '[') {
    if (host.size() < 3 || host.back() != ']')
      return invalid("the bracket is not closed before the port");
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return invalid("an IPv6 address belongs in brackets");
  }
  if (host.empty()) return invalid("the host is empty");
  for (const char c : host) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '/' || c == ',' || c == '[' || c == ']') {
      return invalid("the host has a character that host names do not have");
    }
  }
  const std::string_view digits = text.substr(colon + 1);
  uint32_t port = 0;
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos ||
      !absl::SimpleAtoi(ToAbsl(digits), &port) || port > 65535) {
    return invalid("the port is not a number from 0 to 65535");
  }
  return HostPort{std::string(host), static_cast<uint16_t>(port)};
}

std::string Endpoint::Host() const {
  char host[NI_MAXHOST];
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host, sizeof host, nullptr, 0,
                  NI_NUMERICHOST) != 0) {
    return "unknown";
  }
  return host;
}

std::string Endpoint::ToString() const {
  uint16_t port = 0;
  if (address.ss_family == AF_INET) {
    port = ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
  } else if (address.ss_family == AF_INET6) {
    port = ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
  }
  return HostPort{Host(), port}.ToString();
}

namespace {

absl::StatusOr<std::vector<Endpoint>> Lookup(const HostPort& where, int flags) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = Concat(where.port);
  const int error =
      getaddrinfo(where.host.empty() ? nullptr : where.host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) {
    const std::string why =
        error == EAI_SYSTEM ? std::string(strerror(errno)) : std::string(gai_strerror(error));
    return absl::UnavailableError(Concat("cannot resolve ", where.host, ": ", why));
  }
  std::vector<Endpoint> out;
  for (const addrinfo* it = found; it != nullptr; it = it->ai_next) {
    if (it->ai_family != AF_INET && it->ai_family != AF_INET6) continue;
    Endpoint endpoint;
    memcpy(&endpoint.address, it->ai_addr, it->ai_addrlen);
    endpoint.size = it->ai_addrlen;
    out.push_back(endpoint);
  }
  freeaddrinfo(found);
  if (out.empty()) {
    return absl::UnavailableError(Concat(where.host, " has no IPv4 or IPv6 address"));
  }
  return out;
}

}  // namespace

absl::StatusOr<std::vector<Endpoint>> Resolve(const HostPort& where) { return Lookup(where, 0); }

absl::StatusOr<Endpoint> ResolveNumeric(const HostPort& where) {
  absl::StatusOr<std::vector<Endpoint>> found = Lookup(where, AI_NUMERICHOST);
  if (!found.ok()) return absl::NotFoundError(found.status().message());
  return found->front();
}

absl::StatusOr<UniqueFd> Listen(const HostPort& where, int backlog) {
  absl::StatusOr<std::vector<Endpoint>> endpoints = Lookup(where, AI_PASSIVE);
  if (!endpoints.ok()) return endpoints.status();
  absl::Status last;
  for (const Endpoint& endpoint : *endpoints) {
    UniqueFd fd(socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd.valid()) {
      last = absl::ErrnoToStatus(errno, "socket");
      continue;
    }
    const int on = 1;
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&endpoint.address), endpoint.size) != 0 ||
        listen(fd.get(), backlog) != 0) {
      last = absl::ErrnoToStatus(errno, Concat("cannot listen on ", endpoint.ToString()));
      continue;
    }
    return fd;
  }
  return last;
}

absl::StatusOr<Endpoint> LocalEndpoint(int fd) {
  Endpoint out;
  out.size = sizeof out.address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&out.address), &out.size) != 0) {
    return absl::ErrnoToStatus(errno, "getsockname");
  }
  return out;
}

absl::StatusOr<UniqueFd> StartConnect(const Endpoint& to) {
  UniqueFd fd(socket(to.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return absl::ErrnoToStatus(errno, "socket");
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&to.address), to.size) != 0 &&
      errno != EINPROGRESS) {
    return absl::ErrnoToStatus(errno, Concat("cannot connect to ", to.ToString()));
  }
  return fd;
}

absl::Status ConnectOutcome(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  return error == 0 ? absl::OkStatus() : absl::ErrnoToStatus(error, "cannot connect");
}

void ConfigureStream(int fd, int keepalive_idle_seconds, int user_timeout_millis) {
  // None of these can fail on a TCP socket, and a connection without them still works.
  const int on = 1, probes = 3, interval = keepalive_idle_seconds / 3 + 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &keepalive_idle_seconds, sizeof keepalive_idle_seconds);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_millis, sizeof user_timeout_millis);
}

size_t RaiseOpenFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;  // what every system gives
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit wanted = limit;
    wanted.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &wanted) == 0) limit = wanted;
  }
  return static_cast<size_t>(limit.rlim_cur);
}

}  // namespace jfs::net
