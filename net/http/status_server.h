#ifndef NET_HTTP_STATUS_SERVER_H_
#define NET_HTTP_STATUS_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

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

// Answers from the newest snapshot on threads of its own, so that nobody who looks on slows the
// loop.
class StatusServer {
 public:
  StatusServer();
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
