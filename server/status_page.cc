#include "server/status_page.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/master_status.h"

namespace jfs::server {
namespace {

using net::Metric;
using net::StatusSnapshot;
using net::StatusTable;

void Count(StatusSnapshot* out, std::string name, std::string help, double value,
           std::vector<std::pair<std::string, std::string>> labels = {}) {
  out->metrics.push_back(
      Metric{std::move(name), std::move(help), Metric::Type::kCounter, std::move(labels), value});
}

void Gauge(StatusSnapshot* out, std::string name, std::string help, double value,
           std::vector<std::pair<std::string, std::string>> labels = {}) {
  out->metrics.push_back(
      Metric{std::move(name), std::move(help), Metric::Type::kGauge, std::move(labels), value});
}

void DescribeMastersTable(const StatusSources& sources, StatusSnapshot* out) {
  ::jfs::jindo::MetaStatusResponseProto masters;
  DescribeMasters(sources.config, sources.node, sources.peers,
                  sources.mirror != nullptr ? *sources.mirror : MirrorFacts(), &masters);
  StatusTable table{.name = "masters", .columns = {"address", "role", "details"}};
  for (const auto& master : masters.masters()) {
    std::string details;
    for (const auto& field : master.fields()) {
      absl::StrAppend(&details, details.empty() ? "" : " ", field.name(), "=", field.value());
    }
    table.rows.push_back({master.address(), master.role(), details});
  }
  out->tables.push_back(std::move(table));
}

void DescribeRaft(const node::NodeStatus& node, StatusSnapshot* out) {
  Gauge(out, "jfs_raft_term", "Current term.", static_cast<double>(node.raft.term.value));
  Gauge(out, "jfs_raft_leader", "1 on the leader.", node.raft.role == raft::Role::kLeader ? 1 : 0);
  Gauge(out, "jfs_serving", "1 where clients are served.", node.serving ? 1 : 0);
  Gauge(out, "jfs_raft_recovering", "1 while this disk does not count.",
        node.raft.recovering ? 1 : 0);
  Gauge(out, "jfs_raft_commit_index", "Highest index known to be committed.",
        static_cast<double>(node.raft.commit.value));
  Gauge(out, "jfs_raft_applied_index", "Highest index applied to the state.",
        static_cast<double>(node.raft.applied.value));
  Gauge(out, "jfs_raft_durable_index", "Highest index on the own disk.",
        static_cast<double>(node.raft.durable.value));
  Gauge(out, "jfs_raft_uncommitted_bytes", "Entries waiting for a majority.",
        static_cast<double>(node.raft.uncommitted_bytes));
  Gauge(out, "jfs_raft_cached_bytes", "Entries kept in memory.",
        static_cast<double>(node.raft.cached_bytes));
  Gauge(out, "jfs_disk_low", "1 while free space is below the reserve.",
        node.raft.disk_low ? 1 : 0);
  for (const raft::FollowerStatus& follower : node.raft.followers) {
    Gauge(out, "jfs_raft_follower_behind", "Entries a follower has not acknowledged.",
          static_cast<double>(node.raft.last_index.value - follower.match.value),
          {{"node", absl::StrCat(follower.node.value)}});
  }
  Gauge(out, "jfs_log_bytes", "Bytes in live log segments.", static_cast<double>(node.log_bytes));
  Gauge(out, "jfs_state_durable_index", "Index up to which the state survives a crash.",
        static_cast<double>(node.state_durable.index.value));
  Count(out, "jfs_log_batches", "Batches given to the log.", static_cast<double>(node.log_batches));
  Count(out, "jfs_log_entries", "Entries given to the log.",
        static_cast<double>(node.entries_persisted));
  Count(out, "jfs_commands_applied", "Commands applied.",
        static_cast<double>(node.commands_applied));
  Count(out, "jfs_reads_served", "Reads served as leader.", static_cast<double>(node.leader_reads));
  Count(out, "jfs_snapshots_sent", "Snapshots sent.", static_cast<double>(node.snapshots_sent));
  Count(out, "jfs_snapshots_installed", "Snapshots installed.",
        static_cast<double>(node.snapshots_installed));
}

void DescribeNamespaces(const ns::Namespace& state, StatusSnapshot* out) {
  StatusTable table{.name = "namespaces", .columns = {"name", "directories", "files", "bytes"}};
  for (const ns::Namespace::NamespaceInfo& info : state.namespaces()) {
    const ns::Namespace::Totals totals = state.totals(info.id);
    table.rows.push_back({info.name, absl::StrCat(totals.directories), absl::StrCat(totals.files),
                          absl::StrCat(totals.bytes)});
    const std::vector<std::pair<std::string, std::string>> labels = {{"namespace", info.name}};
    Gauge(out, "jfs_directories", "Directories, the root included.",
          static_cast<double>(totals.directories), labels);
    Gauge(out, "jfs_files", "Files.", static_cast<double>(totals.files), labels);
    Gauge(out, "jfs_file_bytes", "Sum of file lengths.", static_cast<double>(totals.bytes), labels);
  }
  out->tables.push_back(std::move(table));
  const ns::Namespace::RetryCacheStatus retry = state.retry_cache();
  Gauge(out, "jfs_retry_cache_rows", "Remembered calls.", static_cast<double>(retry.rows));
  Gauge(out, "jfs_retry_cache_bytes", "Their charged bytes.", static_cast<double>(retry.bytes));
  Gauge(out, "jfs_retry_cache_evicted_age_milliseconds",
        "Age of the youngest remembered call that the byte limit pushed out; 0: none.",
        static_cast<double>(retry.evicted_age_millis));
}

void DescribeClients(const StatusSources& sources, StatusSnapshot* out) {
  const net::hadoop::IpcServer::Stats& stats = sources.clients->stats();
  Gauge(out, "jfs_client_connections", "Open client connections.",
        static_cast<double>(stats.connections));
  Count(out, "jfs_client_calls", "Calls received.", static_cast<double>(stats.calls));
  Count(out, "jfs_client_protocol_errors", "Connections closed for what they sent.",
        static_cast<double>(stats.protocol_errors));
  for (const auto& [method, calls] : sources.service->stats()) {
    Count(out, "jfs_method_calls", "Calls by method.", static_cast<double>(calls.calls),
          {{"method", method}});
    Count(out, "jfs_method_errors", "Calls answered with an exception, by method.",
          static_cast<double>(calls.errors), {{"method", method}});
  }
}

void DescribeMirrorTable(const MirrorFacts& mirror, StatusSnapshot* out) {
  MeasureMirror(mirror, out);
  const MirrorFields fields = DescribeMirror(mirror);
  if (fields.empty()) return;
  StatusTable table{.name = "mirror"};
  table.rows.emplace_back();
  for (const auto& [name, value] : fields) {
    table.columns.push_back(name);
    table.rows[0].push_back(value);
  }
  table.columns.emplace_back("explain");
  table.rows[0].push_back(ExplainMirror(mirror));
  out->tables.push_back(std::move(table));
}

void DescribePeers(const StatusSources& sources, StatusSnapshot* out) {
  static constexpr const char* kLaneNames[] = {"control", "append", "snapshot"};
  for (size_t i = 0; i < sources.config.masters.size(); ++i) {
    const NodeId node(i + 1);
    if (node == sources.config.self) continue;
    for (int lane = 0; lane < node::kLanes; ++lane) {
      const net::PeerTransport::LaneStats stats =
          sources.peers->stats(node, static_cast<node::Lane>(lane));
      const std::vector<std::pair<std::string, std::string>> labels = {
          {"node", absl::StrCat(node.value)}, {"lane", kLaneNames[lane]}};
      Gauge(out, "jfs_peer_connected", "1 while connected.", stats.connected ? 1 : 0, labels);
      Count(out, "jfs_peer_sent_bytes", "Bytes sent.", static_cast<double>(stats.bytes_sent),
            labels);
      Count(out, "jfs_peer_dropped_payloads", "Payloads dropped for lack of a connection or room.",
            static_cast<double>(stats.payloads_dropped), labels);
    }
  }
}

}  // namespace

std::shared_ptr<const StatusSnapshot> DescribeStatus(const StatusSources& sources) {
  auto out = std::make_shared<StatusSnapshot>();
  const net::HostPort self = sources.config.shown_address(sources.config.self);
  const bool leads = sources.node.raft.role == raft::Role::kLeader;
  out->title = absl::StrCat(self.ToString(), leads ? ", leader" : "");
  if (sources.node.phase == node::Phase::kRecovering) {
    out->health = "reading the log";
  } else if (sources.node.raft.recovering) {
    out->health = "this disk does not count until the other masters admit it again";
  } else if (sources.node.raft.leader == NodeId{}) {
    out->health = "no leader is known";
  } else {
    out->healthy = true;
    out->health = "ok";
  }
  DescribeMastersTable(sources, out.get());
  DescribeRaft(sources.node, out.get());
  if (sources.state != nullptr) DescribeNamespaces(*sources.state, out.get());
  if (sources.clients != nullptr && sources.service != nullptr) DescribeClients(sources, out.get());
  if (sources.peers != nullptr) DescribePeers(sources, out.get());
  if (sources.mirror != nullptr) DescribeMirrorTable(*sources.mirror, out.get());
  Count(out.get(), "jfs_steps", "Turns of the loop that stepped the node.",
        static_cast<double>(sources.steps));
  return out;
}

}  // namespace jfs::server
