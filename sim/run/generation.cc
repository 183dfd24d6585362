#include "sim/run/generation.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/ns/namespace.h"
#include "sim/workload/generator.h"
#include "sim/workload/safe_mode_ender.h"
#include "sim/workload/search_source.h"

namespace jfs::sim {
namespace {

constexpr int kSearchClients = 3;

RunConfig With(RunConfig config, const node::MirrorConfig& mirror) {
  config.node.mirror = mirror;
  return config;
}

}  // namespace

Generation::Generation(World* world, Probes* probes, const RunConfig& config, uint64_t number,
                       const node::MirrorConfig& mirror, Tablestore* tablestore,
                       std::vector<SearchOperation>* history)
    : config_(With(config, mirror)),
      number_(number),
      cluster_(world, probes, config_, number, tablestore),
      nemesis_(world, probes, &cluster_) {
  const auto add = [&](int client, std::unique_ptr<CallSource> source) {
    clients_.push_back(
        std::make_unique<Client>(world, probes, &cluster_, client, std::move(source)));
  };
  int client = 0;
  for (; client < config_.clients; ++client) {
    add(client, std::make_unique<Generator>(world, client, config_.read_percent));
  }
  if (history != nullptr) {
    for (; client < config_.clients + kSearchClients; ++client) {
      add(client, std::make_unique<SearchSource>(world, client, history));
      search_clients_.push_back(clients_.back().get());
    }
  }
  operator_ =
      std::make_unique<Client>(world, probes, &cluster_, client, std::make_unique<SafeModeEnder>());
  operator_->Stop();
}

void Generation::Start() {
  cluster_.StartAll();
  nemesis_.Start();
}

void Generation::StartClients() {
  for (auto& client : clients_) client->Start();
}

void Generation::StopClients() {
  for (auto& client : clients_) client->Stop();
}

void Generation::StopSearching() {
  for (Client* client : search_clients_) client->Stop();
}

void Generation::Destroy() {
  nemesis_.Stop();
  StopClients();
  operator_->Stop();
  for (const NodeId node : cluster_.nodes()) {
    cluster_.LeaveDown(node);
    cluster_.Crash(node, kSecond);
  }
}

void Generation::FallAsleep() {
  nemesis_.Stop();
  StopClients();
  operator_->Stop();
  // Who is down is not to come up alone: a majority of such would be a cluster that lives.
  cluster_.HoldStarts(true);
  for (const NodeId node : cluster_.nodes()) {
    // What was about to strike it strikes when it wakes up.
    cluster_.Excuse(node);
    cluster_.CutClients(node, kNever);
    cluster_.process(node).PauseUntil(kNever);
  }
}

void Generation::WakeUp() {
  cluster_.HoldStarts(false);
  for (const NodeId node : cluster_.nodes()) {
    cluster_.StartIfDown(node);
    cluster_.process(node).ResumeNow();
  }
}

void Generation::Reconfigure(const node::MirrorConfig& mirror, uint64_t odd) {
  for (const NodeId node : cluster_.nodes()) {
    if (node.value == odd) continue;
    cluster_.process(node).Configure(mirror);
    cluster_.Crash(node, 500 * kMillisecond);
  }
}

uint64_t Generation::acknowledged() const {
  uint64_t sum = 0;
  for (const auto& client : clients_) sum += client->acknowledged();
  return sum;
}

uint64_t Generation::writes_acknowledged() const {
  uint64_t sum = 0;
  for (const auto& client : clients_) sum += client->writes_acknowledged();
  return sum;
}

void Generation::EndSafeMode() {
  const bool on = cluster_.history().reference().safe_mode();
  if (on && operator_->stopped()) operator_->Start();
  if (!on) operator_->Stop();
}

bool Generation::AtRest(const std::vector<NodeId>& healed) {
  for (const auto& client : clients_) {
    if (!client->idle()) return false;
  }
  if (cluster_.history().reference().safe_mode() || !operator_->idle()) return false;
  // What waits for data servers belongs to the master.
  for (const auto& [holder, lease] : cluster_.history().reference().leases()) {
    if (holder != "HDFS_NameNode") return false;
  }
  const uint64_t last = cluster_.history().last();
  for (const NodeId node : healed) {
    const Process& process = cluster_.process(node);
    if (!process.running()) return false;
    const node::NodeStatus status = process.node()->status();
    if (status.phase != node::Phase::kRunning || status.raft.recovering) return false;
    if (status.raft.applied.value != last || status.raft.last_index.value != last) return false;
    const ns::Namespace* state = process.node()->state();
    if (state == nullptr || state->deletes_pending()) return false;
    const bool leads = status.raft.role == raft::Role::kLeader;
    const bool kept = state->mirror().record.state == ns::MirrorState::kOn;
    if (leads && kept) {
      const node::MirrorStatus mirror = process.node()->mirror_status();
      // Also folded, so that nothing more is to come.
      if (!mirror.synced || mirror.upload->folded < mirror.upload->mirrored) return false;
    }
  }
  return true;
}

bool Generation::DeletesPending(const std::vector<NodeId>& healed) const {
  return std::any_of(healed.begin(), healed.end(), [&](NodeId node) {
    const Process& process = cluster_.process(node);
    const ns::Namespace* state = process.running() ? process.node()->state() : nullptr;
    return state != nullptr && state->deletes_pending();
  });
}

uint64_t Generation::MirrorProgress() const {
  uint64_t progress = 0;
  for (const NodeId node : cluster_.nodes()) {
    const Process& process = cluster_.process(node);
    if (!process.running()) continue;
    const node::MirrorStatus mirror = process.node()->mirror_status();
    if (mirror.upload.has_value()) {
      // A long run is appended in parts and folded row by row, and counts only when all of it is.
      const mirror::UploadStatus& upload = *mirror.upload;
      progress = std::max(
          progress, upload.mirrored + upload.appended_parts + upload.folded + upload.folded_rows);
    }
  }
  return progress;
}

bool Generation::Settled() const {
  const ns::Namespace& state = cluster_.history().state();
  return state.recovery().state == ns::RecoveryState::kNone &&
         state.mirror().record.state != ns::MirrorState::kUndecided;
}

std::string Generation::StatusTable() const {
  std::string table = "Nodes:";
  for (const NodeId node : cluster_.nodes()) {
    const Process& process = cluster_.process(node);
    absl::StrAppend(&table, " ", node.value, ": ");
    if (!process.running()) {
      absl::StrAppend(&table, "down;");
      continue;
    }
    const node::NodeStatus status = process.node()->status();
    static constexpr const char* kRoles[] = {"forming", "follower", "pre-candidate", "candidate",
                                             "leader"};
    static constexpr const char* kPhases[] = {"reading its log", "running", "installing",
                                              "stopped"};
    absl::StrAppend(&table, kPhases[static_cast<int>(status.phase)], " ",
                    kRoles[static_cast<int>(status.raft.role)], " term ", status.raft.term.value,
                    " last ", status.raft.last_index.value, " commit ", status.raft.commit.value,
                    " applied ", status.raft.applied.value, " durable ", status.raft.durable.value,
                    status.raft.recovering ? " recovering" : "",
                    status.raft.disk_low ? " disk low" : "", process.paused() ? " paused" : "",
                    status.serving ? " serving" : "");
    for (const raft::FollowerStatus& follower : status.raft.followers) {
      absl::StrAppend(&table, " (", follower.node.value, " has ", follower.match.value, " next ",
                      follower.next.value, follower.counts ? "" : " recovering",
                      follower.snapshotting ? " snapshot" : "", ")");
    }
    const node::MirrorStatus mirror = process.node()->mirror_status();
    if (!mirror.problem.empty()) absl::StrAppend(&table, " mirror: ", mirror.problem);
    if (mirror.upload.has_value()) {
      absl::StrAppend(&table, " mirrored ", mirror.upload->mirrored, " folded ",
                      mirror.upload->folded);
    }
    absl::StrAppend(&table, ";");
  }
  return table;
}

}  // namespace jfs::sim
