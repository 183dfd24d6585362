#include "sim/run/run.h"

#include <algorithm>
#include <memory>
#include <ostream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "core/ns/fsck.h"
#include "core/ns/namespace.h"
#include "sim/cluster/cluster.h"
#include "sim/cluster/nemesis.h"
#include "sim/oracle/search_checker.h"
#include "sim/workload/client.h"
#include "sim/workload/generator.h"
#include "sim/workload/safe_mode_ender.h"
#include "sim/workload/search_source.h"
#include "sim/world/world.h"

namespace jfs::sim {
namespace {

// A run that needs more events than this has got into a loop.
constexpr uint64_t kMostEvents = 20'000'000;
constexpr uint64_t kSearchSteps = 2'000'000;
constexpr int kSearchClients = 3;
constexpr uint64_t kSearchOperations = 300;
constexpr Duration kTreeInterval = 10 * kSecond;
// New writes that a healed majority must acknowledge.
constexpr uint64_t kProgressWrites = 20;

class Run {
 public:
  Run(const RunConfig& config, std::ostream* trace, RunResult* result)
      : config_(config),
        result_(result),
        world_(config.options.seed, config.faults, trace),
        cluster_(&world_, &result->probes, config),
        nemesis_(&world_, &result->probes, &cluster_) {
    int number = 0;
    for (; number < config.clients; ++number) {
      AddClient(number, std::make_unique<Generator>(&world_, number, config.read_percent));
    }
    if (config.search_history) {
      for (; number < config.clients + kSearchClients; ++number) {
        AddClient(number, std::make_unique<SearchSource>(&world_, number, &search_history_));
        search_clients_.push_back(clients_.back().get());
      }
    }
    operator_ = std::make_unique<Client>(&world_, &result_->probes, &cluster_, number,
                                         std::make_unique<SafeModeEnder>());
    operator_->Stop();
  }

  void Go() {
    cluster_.StartAll();
    for (auto& client : clients_) client->Start();
    nemesis_.Start();
    BeDangerous();
    const std::vector<NodeId> healed = nemesis_.HealQuorum();
    MakeProgress();
    ComeToRest(healed);
    CheckSearchHistory();
  }

  void Report() {
    result_->fingerprint = world_.fingerprint();
    result_->virtual_time = world_.now();
    result_->events = world_.events_run();
    result_->acknowledged = Acknowledged();
    result_->mutations = cluster_.history().mutations();
    result_->check_failures = cluster_.process_check_failures();
  }

 private:
  void AddClient(int number, std::unique_ptr<CallSource> source) {
    clients_.push_back(
        std::make_unique<Client>(&world_, &result_->probes, &cluster_, number, std::move(source)));
  }

  uint64_t Acknowledged() const {
    uint64_t sum = 0;
    for (const auto& client : clients_) sum += client->acknowledged();
    return sum;
  }
  uint64_t WritesAcknowledged() const {
    uint64_t sum = 0;
    for (const auto& client : clients_) sum += client->writes_acknowledged();
    return sum;
  }

  void Advance() {
    if (!world_.RunNext()) Violate("liveness", "nothing is left to happen");
    if (world_.events_run() > kMostEvents) {
      Violate("liveness", absl::StrCat("more than ", kMostEvents, " events: a loop"));
    }
    if (world_.now() >= next_tree_) {
      next_tree_ = world_.now() + kTreeInterval;
      cluster_.history().CheckTree();
    }
    if (search_history_.size() >= kSearchOperations) {
      for (Client* client : search_clients_) client->Stop();
    }
  }

  void BeDangerous() {
    const Micros least = world_.now() + config_.safety_time;
    const Micros longest = world_.now() + config_.longest_safety_time;
    while (world_.now() < least ||
           (Acknowledged() < config_.operations && world_.now() < longest)) {
      Advance();
    }
    if (config_.options.mutations.Has(Mutation::kCanary)) {
      Violate("canary", "planted: proves that failures are reported");
    }
  }

  void MakeProgress() {
    const Micros limit = world_.now() + config_.progress_bound;
    const uint64_t goal = WritesAcknowledged() + kProgressWrites;
    while (WritesAcknowledged() < goal || Acknowledged() < config_.operations) {
      Advance();
      if (world_.now() > limit && WritesAcknowledged() < goal) {
        Violate("liveness", absl::StrCat("a healed majority acknowledged ",
                                         kProgressWrites + WritesAcknowledged() - goal, " of ",
                                         kProgressWrites, " writes in ",
                                         config_.progress_bound / kSecond, " s. ", StatusTable()));
      }
      if (world_.now() > limit + 10 * config_.progress_bound) {
        Violate("liveness", "progress, but far too slow");
      }
    }
  }

  void ComeToRest(const std::vector<NodeId>& healed) {
    for (auto& client : clients_) client->Stop();
    // Files that nobody writes any more are closed once their leases have run out.
    Micros limit = world_.now() + config_.rest_bound + config_.client_patience +
                   2 * config_.node.file_leases.hard;
    const Micros last_limit = world_.now() + 10 * config_.rest_bound;
    uint64_t committed = cluster_.history().last();
    while (!AtRest(healed)) {
      EndSafeMode();
      Advance();
      if (world_.now() > limit && limit < last_limit && DeletesPending(healed) &&
          cluster_.history().last() > committed) {
        // A big subtree goes in steps of a few rows.
        committed = cluster_.history().last();
        limit = limit + config_.rest_bound;
      }
      if (world_.now() > limit) {
        Violate("liveness", absl::StrCat("without clients, the healed nodes did not come to rest. ",
                                         StatusTable()));
      }
    }
    cluster_.history().CheckTree();
    for (const NodeId node : healed) {
      const absl::StatusOr<std::vector<std::string>> findings =
          ns::Fsck(cluster_.process(node).state().store());
      if (!findings.ok() || !findings->empty()) {
        Violate("fsck",
                absl::StrCat("node ", node.value, ": ",
                             findings.ok() ? findings->front() : findings.status().ToString()));
      }
    }
  }

  // Who asked for safe mode may have been stopped before he ended it, and no lease runs out in it.
  void EndSafeMode() {
    const bool on = cluster_.history().reference().safe_mode();
    if (on && operator_->stopped()) operator_->Start();
    if (!on) operator_->Stop();
  }

  // All healed nodes have applied everything there is, none still has work that nobody asked for.
  bool AtRest(const std::vector<NodeId>& healed) {
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
    }
    return true;
  }

  bool DeletesPending(const std::vector<NodeId>& healed) {
    return std::any_of(healed.begin(), healed.end(), [&](NodeId node) {
      const Process& process = cluster_.process(node);
      const ns::Namespace* state = process.running() ? process.node()->state() : nullptr;
      return state != nullptr && state->deletes_pending();
    });
  }

  void CheckSearchHistory() {
    if (!config_.search_history) return;
    const SearchVerdict verdict = SearchLinearization(search_history_, kSearchSteps);
    if (verdict == SearchVerdict::kLinearizable) result_->probes.Hit(Probe::kSearchChecks);
    if (verdict == SearchVerdict::kNotLinearizable) {
      std::string text =
          absl::StrCat("no order of ", search_history_.size(), " operations explains the answers:");
      for (const SearchOperation& operation : search_history_) {
        absl::StrAppend(&text, " ", Describe(operation), ";");
      }
      Violate("search", text);
    }
  }

  std::string StatusTable() {
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
                      " applied ", status.raft.applied.value,
                      status.raft.recovering ? " recovering" : "",
                      status.raft.disk_low ? " disk low" : "", process.paused() ? " paused" : "",
                      status.serving ? " serving;" : ";");
    }
    return table;
  }

  const RunConfig config_;
  RunResult* result_;
  World world_;
  Cluster cluster_;
  Nemesis nemesis_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<Client*> search_clients_;
  std::unique_ptr<Client> operator_;
  std::vector<SearchOperation> search_history_;
  Micros next_tree_;
};

}  // namespace

RunResult RunSeed(const RunOptions& options, std::ostream* trace) {
  RunResult result;
  const RunConfig config = DrawConfig(options);
  result.config = config.ToString();
  if (trace != nullptr) *trace << "seed " << options.seed << ": " << result.config << "\n";
  Run run(config, trace, &result);
  try {
    run.Go();
  } catch (const Violation& violation) {
    result.violation = violation;
  } catch (const CheckFailed& failed) {
    result.violation = Violation{"check", failed.text};
  }
  run.Report();
  if (trace != nullptr && result.violation.has_value()) {
    *trace << "violation of " << result.violation->oracle << ": " << result.violation->text << "\n";
  }
  return result;
}

}  // namespace jfs::sim
