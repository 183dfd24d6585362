#ifndef NET_HTTP_STATUS_SERVER_H_
#define NET_HTTP_STATUS_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

#include "core/base/time.h"
#include "net/socket.h"

// The HTTP port of a master: /status (a page for people; as JSON with ?format=json or an Accept
// header that asks for it), /metrics (Prometheus text), /health (200 or 503 and one line).
namespace jfs::net {

// One number for Prometheus.
struct Metric {
  enum class Type : uint8_t { kCounter, kGauge };
  std::string name;  // as Prometheus wants it: jfs_raft_term
  std::string help;
  Type type = Type::kGauge;
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
};

// Rows of one table on the page; in JSON an object of that name, or a list of objects.
struct StatusTable {
  std::string name;  // "master", "peers": a JSON key and, with a capital letter, the heading
  std::vector<std::string> columns;
  // Each has as many cells as there are columns. A single row is shown as pairs of name and value.
  std::vector<std::vector<std::string>> rows;
};

// What is shown at one moment. Made by the loop's thread, never changed afterwards.
struct StatusSnapshot {
  std::string title;  // "emr-header-1:8103, leader"
  std::vector<StatusTable> tables;
  std::vector<Metric> metrics;
  bool healthy = false;
  std::string health;  // why, in one line
};

std::string RenderHtml(const StatusSnapshot& snapshot);
std::string RenderJson(const StatusSnapshot& snapshot);
std::string RenderMetrics(const StatusSnapshot& snapshot);

// Answers from the newest snapshot on a thread of its own, so that nobody who looks on slows the
// loop.
//
// Whoever can reach the port may send it anything, so everything is bounded. Only GET and HEAD are
// answered, everything else with 405 before a body is read. A connection carries one request; what
// is not through by the deadline is closed, however busy it keeps the line. A connection beyond a
// limit is let in, and the oldest one that has not asked anything yet goes for it: who holds many
// connections open keeps nobody else out.
class StatusServer {
 public:
  struct Options {
    size_t max_connections = 32;
    size_t max_connections_per_address = 16;
    size_t connection_memory_bytes = 16 << 10;  // request line, headers and what frames the answer
    Duration deadline = 10 * kSecond;           // from accept until the answer has left
  };

  // `options` with all defaults if none are given.
  StatusServer();
  explicit StatusServer(const Options& options);
  ~StatusServer();  // stops
  StatusServer(const StatusServer&) = delete;
  StatusServer& operator=(const StatusServer&) = delete;

  // Port 0 lets the kernel choose. The error names address and cause.
  absl::Status Start(const HostPort& where);
  uint16_t port() const;
  // From now on `snapshot` is what is shown. Any thread. Before the first, every page answers 503.
  void Publish(std::shared_ptr<const StatusSnapshot> snapshot);
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace jfs::net

#endif  // NET_HTTP_STATUS_SERVER_H_
