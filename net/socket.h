#ifndef NET_SOCKET_H_
#define NET_SOCKET_H_

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Sockets of the kind all of net uses: TCP, non-blocking, closed on exec.
namespace jfs::net {

// Owns a descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd() { Reset(); }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset();

 private:
  int fd_ = -1;
};

// "emr-header-1:8103"; an IPv6 address stands in brackets, as in "[::1]:8103".
struct HostPort {
  std::string host;
  uint16_t port = 0;
  std::string ToString() const;
  friend auto operator<=>(const HostPort&, const HostPort&) = default;
};
// InvalidArgument quotes the text. REQUIRES nothing: text from outside.
absl::StatusOr<HostPort> ParseHostPort(std::string_view text);

// A socket address of either family.
struct Endpoint {
  sockaddr_storage address = {};
  socklen_t size = 0;
  // The numeric host without the port, as messages to clients have it: "127.0.0.1".
  std::string Host() const;
  // "127.0.0.1:8101", "[::1]:8101".
  std::string ToString() const;
};

// Addresses of `where` in the resolver's order. May block for as long as name servers take: not for
// the loop's thread, except when the host is numeric. Unavailable if the name cannot be resolved
// now.
absl::StatusOr<std::vector<Endpoint>> Resolve(const HostPort& where);
// The same, only for numeric hosts: never blocks, NotFound for names.
absl::StatusOr<Endpoint> ResolveNumeric(const HostPort& where);

// Binds and listens. An empty host means all addresses. Port 0 lets the kernel choose. The error
// names address and cause, e.g. that the port is in use.
absl::StatusOr<UniqueFd> Listen(const HostPort& where, int backlog);
absl::StatusOr<Endpoint> LocalEndpoint(int fd);

// Begins a connection; the outcome shows when the socket turns writable (ConnectOutcome).
absl::StatusOr<UniqueFd> StartConnect(const Endpoint& to);
absl::Status ConnectOutcome(int fd);

// No delay for small writes, and the kernel's own detection of dead peers: keepalive probes when
// idle, and an end to unacknowledged data after `user_timeout_millis`.
void ConfigureStream(int fd, int keepalive_idle_seconds, int user_timeout_millis);

// Lets this process have as many files and sockets open as it may at all (the soft limit of
// RLIMIT_NOFILE becomes the hard one), and says how many that are.
size_t RaiseOpenFileLimit();

}  // namespace jfs::net

#endif  // NET_SOCKET_H_
