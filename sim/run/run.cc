#include "sim/run/run.h"

#include <algorithm>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "core/ns/fsck.h"
#include "core/ns/keys.h"
#include "core/ns/namespace.h"
#include "sim/cluster/process.h"
#include "sim/oracle/search_checker.h"
#include "sim/run/generation.h"
#include "sim/run/mirror_image.h"
#include "sim/tablestore/tablestore.h"
#include "sim/world/world.h"

namespace jfs::sim {
namespace {

// A run that needs more events than this has got into a loop.
constexpr uint64_t kMostEvents = 20'000'000;
constexpr uint64_t kSearchSteps = 2'000'000;
constexpr uint64_t kSearchOperations = 300;
constexpr Duration kTransactionLock = 60 * kSecond;
constexpr Duration kTreeInterval = 10 * kSecond;
// New writes that a healed majority must acknowledge.
constexpr uint64_t kProgressWrites = 20;

class Run {
 public:
  Run(const RunConfig& config, std::ostream* trace, RunResult* result)
      : config_(config),
        result_(result),
        world_(config.options.seed, config.faults, trace),
        tablestore_(&world_, &result->probes, config.tablestore) {}

  void Go() {
    node::MirrorConfig first = config_.node.mirror;
    Begin(first);
    current_->StartClients();
    BeDangerous(config_.safety_time, config_.longest_safety_time, config_.operations);
    if (config_.options.mutations.Has(Mutation::kCanary)) {
      Violate("canary", "planted: proves that failures are reported");
    }
    for (int loss = 0; loss < config_.losses; ++loss) {
      if (!current_->Settled() || !Uploading()) break;
      LoseAndRecover();
      current_->StartClients();
      BeDangerous(config_.later_safety_time, 3 * config_.later_safety_time, 0);
    }
    const std::vector<NodeId> healed = HealQuorum();
    MakeProgress();
    ComeToRest(healed);
    CheckMirror();
    CheckSearchHistory();
  }

  void Report() {
    result_->fingerprint = world_.fingerprint();
    result_->virtual_time = world_.now();
    result_->events = world_.events_run();
    for (const auto& generation : generations_) {
      result_->acknowledged += generation->acknowledged();
      result_->check_failures += generation->cluster().process_check_failures();
    }
    if (current_ != nullptr) result_->mutations = current_->cluster().history().mutations();
  }

 private:
  Generation* Add(const node::MirrorConfig& mirror) {
    const bool searched = config_.search_history && generations_.empty();
    generations_.push_back(std::make_unique<Generation>(
        &world_, &result_->probes, config_, generations_.size(), mirror,
        config_.upload ? &tablestore_ : nullptr, searched ? &search_history_ : nullptr));
    return generations_.back().get();
  }

  void Begin(const node::MirrorConfig& mirror) {
    current_ = Add(mirror);
    current_->Start();
  }

  bool Uploading() const {
    return current_->cluster().history().state().mirror().record.state == ns::MirrorState::kOn ||
           current_->cluster().history().state().mirror().record.state == ns::MirrorState::kStale;
  }

  uint64_t Draw(uint64_t what, uint64_t low, uint64_t high) const {
    return world_.Between(Stream::kOracle, Identity::Of(600, generations_.size(), what), low, high);
  }

  void Advance() {
    if (!world_.RunNext()) Violate("liveness", "nothing is left to happen");
    if (world_.events_run() > kMostEvents) {
      Violate("liveness", absl::StrCat("more than ", kMostEvents, " events: a loop"));
    }
    if (world_.now() >= next_tree_) {
      next_tree_ = world_.now() + kTreeInterval;
      current_->cluster().history().CheckTree();
    }
    if (search_history_.size() >= kSearchOperations) current_->StopSearching();
  }

  void AdvanceUntil(Micros until) {
    // Something always happens: clients ask, leaders beat.
    while (world_.now() < until) Advance();
  }

  void BeDangerous(Duration least, Duration longest, uint64_t operations) {
    const Micros begin = world_.now();
    while (world_.now() < begin + least ||
           (current_->acknowledged() < operations && world_.now() < begin + longest)) {
      Advance();
    }
  }

  // ---- The loss of a cluster, and what comes after ----

  void LoseAndRecover() {
    Generation* const lost = current_;
    result_->probes.Hit(Probe::kFullLosses);
    enum : uint64_t { kDies, kSleeps, kLivesOn };
    const uint64_t fate = Draw(1, kDies, kLivesOn);
    if (fate == kDies) lost->Destroy();
    if (fate == kSleeps) lost->FallAsleep();
    if (fate == kLivesOn) {
      // A recovery that was begun by mistake, or too early: it must wait.
      lost->StopClients();
      lost->nemesis().Stop();
      lost->nemesis().HealAll();
    }
    node::MirrorConfig recovering = config_.node.mirror;
    recovering.upload = false;
    recovering.recovery = true;
    std::vector<Generation*> racers;
    const uint64_t count = Draw(2, 0, 3) == 0 ? 2 : 1;
    for (uint64_t i = 0; i < count; ++i) {
      racers.push_back(Add(recovering));
      racers.back()->cluster().history().RecoverFrom(&lost->cluster().history());
    }
    if (fate == kLivesOn) {
      current_ = lost;
      for (Generation* racer : racers) racer->Start();
      AdvanceUntil(world_.now() + Draw(3, 5, 15) * kSecond);
      // Where requests fail, a writer may look dead that is not; that cuts it off, and harms
      // nothing. Whoever has given its mirror up as stale does not write it any more.
      const bool sealed = std::any_of(racers.begin(), racers.end(), [](Generation* racer) {
        return racer->cluster().history().state().recovery().state != ns::RecoveryState::kNone;
      });
      const bool writes =
          lost->cluster().history().state().mirror().record.state == ns::MirrorState::kOn;
      if (sealed && writes && !TablestoreFails()) {
        Violate("recovery", "a mirror was sealed under a cluster that lives");
      }
      if (!sealed) result_->probes.Hit(Probe::kSealsWaited);
      lost->Destroy();
    } else {
      for (Generation* racer : racers) racer->Start();
    }
    current_ = racers.front();
    for (Generation* racer : racers) AwaitRecovery(racer, *lost);
    if (fate == kSleeps) {
      lost->WakeUp();
      result_->probes.Hit(Probe::kSleepersWoken);
    }
    Claim(racers);
    if (fate == kSleeps) lost->Destroy();
  }

  bool TablestoreFails() const {
    for (const FaultKind kind :
         {FaultKind::kTablestoreOutage, FaultKind::kTablestoreThrottle, FaultKind::kTablestoreError,
          FaultKind::kTablestoreLate, FaultKind::kTablestoreLost, FaultKind::kTablestorePartial}) {
      if (world_.Possible(kind)) return true;
    }
    return false;
  }

  void AwaitRecovery(Generation* racer, const Generation& lost) {
    const auto state = [&] { return racer->cluster().history().state().recovery().state; };
    const Micros begin = world_.now();
    bool calm = false;
    while (state() != ns::RecoveryState::kFinished) {
      Advance();
      if (state() == ns::RecoveryState::kFailed) {
        Violate("recovery",
                absl::StrCat("failed: ", racer->cluster().history().state().recovery().failure));
      }
      if (!calm && world_.now() > begin + config_.recovery_danger) {
        calm = true;
        racer->nemesis().Stop();
        racer->nemesis().HealAll();
      }
      if (world_.now() > begin + config_.recovery_bound) {
        Violate("liveness", absl::StrCat("a recovery does not end. ", racer->StatusTable()));
      }
    }
    if (!calm) racer->nemesis().Stop();
    racer->nemesis().HealAll();
    CheckRecovered(*racer, lost);
  }

  // What is there is what was there at the position that is reported, row by row, and nothing that
  // was called mirrored is missing.
  void CheckRecovered(const Generation& racer, const Generation& lost) {
    const uint64_t last = racer.cluster().history().state().recovery().source.last;
    if (last < lost.cluster().mirrored()) {
      Violate("recovery", absl::StrCat("recovered at ", last, ", but ", lost.cluster().mirrored(),
                                       " was called mirrored"));
    }
    const kv::MemoryStore::Map expected = lost.cluster().history().MirroredRowsAt(last);
    const kv::MemoryStore::Map found = racer.cluster().history().MirroredRows();
    CompareRows("recovery", expected, found);
    result_->probes.Hit(Probe::kRecoveries);
    result_->probes.Hit(Probe::kRowsCompared, expected.size());
    result_->probes.Hit(Probe::kPositionsLost, lost.cluster().history().mutations() - last);
    std::set<raft::Term> terms;
    const CommittedHistory& history = racer.cluster().history();
    for (uint64_t index = 1; index <= history.last(); ++index) {
      for (const CommittedHistory::Command& command : history.at(index).commands) {
        if (std::holds_alternative<ns::LoadRows>(command.command.operation)) {
          terms.insert(history.at(index).term);
        }
      }
    }
    if (terms.size() > 1) result_->probes.Hit(Probe::kRecoveriesResumed);
  }

  static void CompareRows(const char* oracle, const kv::MemoryStore::Map& expected,
                          const kv::MemoryStore::Map& found) {
    for (const auto& [key, value] : expected) {
      const auto at = found.find(key);
      if (at == found.end()) Violate(oracle, absl::StrCat("row ", ns::KeyText(key), " is missing"));
      if (at->second != value) Violate(oracle, absl::StrCat("row ", ns::KeyText(key), " differs"));
    }
    for (const auto& [key, value] : found) {
      if (!expected.contains(key)) {
        Violate(oracle, absl::StrCat("row ", ns::KeyText(key), " should not be there"));
      }
    }
  }

  // Out of recovery mode. Of several clusters one gets the mirror; the others stay as they are.
  void Claim(const std::vector<Generation*>& racers) {
    node::MirrorConfig normal = config_.node.mirror;
    normal.upload = Draw(10, 0, 4) != 0;
    normal.recovery = false;
    const bool disagree = Draw(11, 0, 2) == 0;
    for (Generation* racer : racers) {
      const uint64_t odd = disagree ? Draw(12, 1, racer->cluster().nodes().size()) : 0;
      racer->Reconfigure(normal, odd);
    }
    if (disagree) {
      AdvanceUntil(world_.now() + 5 * kSecond);
      for (Generation* racer : racers) {
        if (racer->Settled()) Violate("agreement", "a mirror was claimed against a master's word");
        racer->Reconfigure(normal);
      }
      result_->probes.Hit(Probe::kDisagreements);
    }
    const Micros limit = world_.now() + config_.recovery_bound;
    Generation* winner = nullptr;
    while (winner == nullptr) {
      Advance();
      for (Generation* racer : racers) {
        if (racer->Settled()) winner = racer;
      }
      if (world_.now() > limit) {
        Violate("liveness", absl::StrCat("nobody claims. ", racers.front()->StatusTable()));
      }
    }
    current_ = winner;
    AdvanceUntil(world_.now() + 5 * kSecond);
    for (Generation* racer : racers) {
      if (racer == winner) continue;
      if (racer->Settled()) Violate("recovery", "two clusters have claimed one mirror");
      result_->probes.Hit(Probe::kClaimsLost);
      racer->Destroy();
    }
  }

  // ---- The end ----

  // A cluster that has not decided yet what it is needs all its masters.
  std::vector<NodeId> HealQuorum() {
    if (current_->Settled()) return current_->nemesis().HealQuorum();
    world_.FreezeFaults();
    current_->nemesis().HealAll();
    return current_->cluster().nodes();
  }

  void MakeProgress() {
    Micros limit = world_.now() + config_.progress_bound;
    // A new cluster reaches its mirror first, where the trial of a leader that died may hold a
    // lock.
    if (!current_->Settled()) limit = limit + 2 * kTransactionLock;
    const uint64_t goal = current_->writes_acknowledged() + kProgressWrites;
    const auto acknowledged = [&] {
      uint64_t sum = 0;
      for (const auto& generation : generations_) sum += generation->acknowledged();
      return sum;
    };
    while (current_->writes_acknowledged() < goal || acknowledged() < config_.operations) {
      Advance();
      if (world_.now() > limit && current_->writes_acknowledged() < goal) {
        Violate("liveness",
                absl::StrCat("a healed majority acknowledged ",
                             kProgressWrites + current_->writes_acknowledged() - goal, " of ",
                             kProgressWrites, " writes in ", config_.progress_bound / kSecond,
                             " s. ", current_->StatusTable()));
      }
      if (world_.now() > limit + 10 * config_.progress_bound) {
        Violate("liveness", "progress, but far too slow");
      }
    }
  }

  void ComeToRest(const std::vector<NodeId>& healed) {
    current_->StopClients();
    // Files that nobody writes any more are closed once their leases have run out.
    Micros limit = world_.now() + config_.rest_bound + config_.client_patience +
                   2 * config_.node.file_leases.hard;
    // The transaction of a dead writer locks its partition for a minute, one after the other.
    if (config_.upload) limit = limit + 2 * kTransactionLock;
    const Micros last_limit = world_.now() + 10 * config_.rest_bound;
    uint64_t committed = current_->cluster().history().last();
    uint64_t mirrored = current_->MirrorProgress();
    while (!current_->AtRest(healed)) {
      current_->EndSafeMode();
      Advance();
      if (world_.now() > limit && limit < last_limit && current_->DeletesPending(healed) &&
          current_->cluster().history().last() > committed) {
        // A big subtree goes in steps of a few rows.
        committed = current_->cluster().history().last();
        limit = limit + config_.rest_bound;
      }
      if (world_.now() > limit && current_->MirrorProgress() != mirrored) {
        // A mirror with a slow service goes on for as long as it takes.
        mirrored = current_->MirrorProgress();
        limit = limit + config_.rest_bound;
      }
      if (world_.now() > limit) {
        Violate("liveness", absl::StrCat("without clients, the healed nodes did not come to rest. ",
                                         current_->StatusTable()));
      }
    }
    current_->cluster().history().CheckTree();
    for (const NodeId node : healed) {
      const absl::StatusOr<std::vector<std::string>> findings =
          ns::Fsck(current_->cluster().process(node).state().store());
      if (!findings.ok() || !findings->empty()) {
        Violate("fsck",
                absl::StrCat("node ", node.value, ": ",
                             findings.ok() ? findings->front() : findings.status().ToString()));
      }
    }
  }

  // At rest the mirror holds what the cluster does, as whoever recovers would find it.
  void CheckMirror() {
    const ns::MirrorState kept = current_->cluster().history().state().mirror().record.state;
    if (kept == ns::MirrorState::kStale) result_->probes.Hit(Probe::kMirrorStale);
    if (kept != ns::MirrorState::kOn) return;
    const MirrorImage image = ReadMirror(&tablestore_);
    if (image.fence.last != current_->cluster().history().mutations()) {
      Violate("mirror", absl::StrCat("at rest the mirror has ", image.fence.last, " of ",
                                     current_->cluster().history().mutations()));
    }
    CompareRows("mirror", current_->cluster().history().MirroredRows(), image.rows);
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

  const RunConfig config_;
  RunResult* result_;
  World world_;
  Tablestore tablestore_;
  // Events of all of them may still be under way.
  std::vector<std::unique_ptr<Generation>> generations_;
  Generation* current_ = nullptr;
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
