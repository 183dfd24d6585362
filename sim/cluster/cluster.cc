#include "sim/cluster/cluster.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/base/hash.h"
#include "core/base/overload.h"
#include "core/ots/exchange.h"
#include "sim/model/text.h"
#include "sim/oracle/durability.h"
#include "sim/oracle/reply_match.h"
#include "sim/oracle/violation.h"

namespace jfs::sim {
namespace {

std::vector<NodeId> NodesOf(const RunConfig& config) {
  std::vector<NodeId> nodes;
  for (int i = 1; i <= config.nodes; ++i) nodes.push_back(NodeId(static_cast<uint64_t>(i)));
  return nodes;
}

// Quorum durability is verified at one acknowledgement in so many: it reads whole logs.
constexpr uint64_t kDurabilityInterval = 16;
// The clients are as far away as a master, plus a little.
constexpr Duration kClientDelay = 100;

// Who is told by this answer that he has a file open now; null: nobody.
const std::string* OpenedFor(const Call& call, const node::ClientReply& reply) {
  const auto* command = std::get_if<ns::Command>(&call);
  if (command == nullptr || reply.reply.code != ns::Code::kOk) return nullptr;
  if (const auto* create = std::get_if<ns::Create>(&command->operation)) {
    return &create->client_name;
  }
  if (const auto* append = std::get_if<ns::Append>(&command->operation)) {
    return &append->client_name;
  }
  return nullptr;
}

// An answer that says nothing of the namespace: there is none yet, or none that may be written.
bool RefusedInRecovery(const node::ClientReply& reply) {
  return reply.reply.code == ns::Code::kRecoveryMode ||
         reply.reply.code == ns::Code::kRecoveryLoading ||
         reply.reply.code == ns::Code::kRecoveryFailed;
}

std::string DescribeOutcome(const node::ClientReply& reply) {
  static constexpr const char* kNames[] = {"reply",    "not leader", "not ready", "busy",
                                           "disk low", "unknown",    "too large"};
  if (reply.outcome != node::ClientReply::Outcome::kReply) {
    return kNames[static_cast<size_t>(reply.outcome)];
  }
  return absl::StrCat("at ", reply.at.index.value, " ", AnswerText(reply.reply));
}

}  // namespace

Cluster::Cluster(World* world, Probes* probes, const RunConfig& config, uint64_t generation,
                 Tablestore* tablestore)
    : world_(world),
      probes_(probes),
      config_(config),
      generation_(generation),
      tablestore_(tablestore),
      nodes_(NodesOf(config)),
      network_(world, probes, config.network, this, nodes_),
      history_(config.options.mutations, probes),
      clients_(&history_, probes),
      raft_oracle_(&history_, probes),
      file_leases_(config.node.file_leases.hard, {kMaxClockRatePpm, 1'000'000}),
      promises_(nodes_.size()),
      excuses_(nodes_.size(), 0),
      left_down_(nodes_.size(), false),
      clients_cut_(nodes_.size()) {
  for (const NodeId id : nodes_) {
    ProcessOptions options;
    options.config = config.node;
    options.generation = generation;
    options.config.raft.self = id;
    options.election_timeouts = config.election_timeouts;
    options.config.raft.initial_members = nodes_;
    options.config.log.identity.node = id;
    options.disk = config.disk;
    options.state = config.state;
    options.turn_high = config.turn_high;
    options.reply_high = config.reply_high;
    options.send_crash = config.send_crash;
    options.checks_are_crashes = !config.options.core_checks;
    // Each machine booted at another time and shows another wall clock.
    const uint64_t base = world->Between(Stream::kClock, Identity::Of(id.value, 1), 1, 1000);
    const uint64_t wall = world->Between(Stream::kClock, Identity::Of(id.value, 2), 0, 2000);
    NodeClock clock(world->now(), Micros(base * kSecond), WallMillis(1'700'000'000'000 + wall));
    processes_.push_back(
        std::make_unique<Process>(world, probes, id, std::move(options), clock, this));
  }
}

Cluster::~Cluster() = default;

void Cluster::StartAll() {
  for (const NodeId node : nodes_) {
    const Duration delay =
        world_->Between(Stream::kNemesis, Identity::Of(node.value, 77), 0, 500 * kMillisecond);
    world_->After(delay, [this, node] { StartIfDown(node); });
  }
}

void Cluster::StartIfDown(NodeId node) {
  if (starts_held_ || left_down_[node.value - 1] || process(node).running()) return;
  process(node).Start();
}

void Cluster::Crash(NodeId node, Duration restart_after) {
  if (process(node).running()) probes_->Hit(Probe::kCrashes);
  process(node).Kill();
  network_.CloseAll(node);
  DropPending(node);
  world_->After(restart_after, [this, node] { StartIfDown(node); });
}

void Cluster::NoteDestroyed(NodeId node) {
  destroyed_ = true;
  victim_ = node;
}

void Cluster::ForgetDisk(NodeId node) {
  raft_oracle_.ForgetDisk(node);
  promises_.ForgetDisk(node);
}

bool Cluster::Listening(NodeId node) const { return process(node).running(); }

node::PeerHello Cluster::Hello(NodeId from, NodeId to, node::Lane lane) const {
  node::PeerHello hello;
  hello.from = from;
  hello.to = to;
  hello.lane = lane;
  if (const node::Node* state = process(from).node(); state != nullptr) {
    const node::NodeStatus status = state->status();
    hello.incarnation = status.incarnation;
    hello.cluster = status.raft.membership.cluster;
  }
  hello.configuration_hash = Hash64(absl::StrCat(nodes_.size(), " masters"));
  return hello;
}

void Cluster::Deliver(NodeId from, NodeId to, SharedBytes payload) {
  process(to).Take(node::PeerPayload{from, std::move(payload)});
}

void Cluster::SendToPeer(NodeId from, node::SendPayload payload) {
  if (payload.to == NodeId() || payload.to.value > nodes_.size() || payload.to == from) {
    Violate("send", absl::StrCat("node ", from.value, " sends to node ", payload.to.value));
  }
  network_.Send(from, payload.to, payload.lane, std::move(payload.payload));
}

void Cluster::Stepped(NodeId node, const node::Node& state, const node::Output& output) {
  const node::NodeStatus status = state.status();
  world_->Note(HashCombine(status.raft.term.value, status.raft.last_index.value));
  world_->Note(HashCombine(status.raft.commit.value, status.state_hash));
  if (world_->tracing() && !output.replies.empty()) {
    world_->Trace(absl::StrCat("n", node.value),
                  absl::StrCat("term ", status.raft.term.value, " commit ",
                               status.raft.commit.value, " applied ", status.raft.applied.value,
                               " last ", status.raft.last_index.value));
  }
  for (const node::Event& event : output.events) {
    // Known by their words alone; a probe that has stayed at zero shows that the words changed.
    if (absl::StartsWith(event.text, "cut a torn batch")) probes_->Hit(Probe::kTornTails);
    if (absl::StrContains(event.text, "is ahead of")) probes_->Hit(Probe::kStateAheadOfLog);
  }
  const uint64_t run = process(node).run();
  raft_oracle_.AfterStep(node, run, state, status);
  promises_.AfterStep(node, state, status);
  SeeReleases();
  SeeMirror(state);
  for (const node::ClientReply& reply : output.replies) {
    if (reply.outcome != node::ClientReply::Outcome::kReply || RefusedInRecovery(reply)) continue;
    const auto pending = pending_.find(PendingKey(node, run, reply.call));
    if (pending == pending_.end()) continue;
    if (const auto* read = std::get_if<ns::ReadRequest>(&pending->second.call)) {
      clients_.ReadAnswered(*read, reply);
    } else if (const auto* renewal = std::get_if<Renewal>(&pending->second.call)) {
      probes_->Hit(Probe::kLeasesRenewed);
      for (const std::string& holder : renewal->holders) {
        file_leases_.Renewed(holder, pending->second.arrived);
      }
    } else if (const std::string* holder = OpenedFor(pending->second.call, reply)) {
      file_leases_.Renewed(*holder, pending->second.arrived);
    }
  }
}

void Cluster::SeeReleases() {
  for (; releases_seen_ < history_.last(); ++releases_seen_) {
    uint64_t before = releases_seen_ == 0 ? 0 : history_.at(releases_seen_).sequence;
    for (const CommittedHistory::Command& command : history_.at(releases_seen_ + 1).commands) {
      const uint64_t after = command.reply.position.sequence();
      if (const auto* release = std::get_if<ns::ReleaseLease>(&command.command.operation)) {
        const bool effective = after != before;
        if (effective) probes_->Hit(Probe::kLeasesReleased);
        file_leases_.Released(*release, effective, world_->now());
      }
      if (!command.repeated) before = after;
    }
  }
}

void Cluster::Submit(NodeId to, Call call, Identity identity, Answer answer) {
  if (world_->Fault(FaultKind::kNetDrop, Identity(identity).Add(1), config_.network.drop)) return;
  Duration delay =
      kClientDelay + world_->Between(Stream::kNetworkDelay, Identity(identity).Add(2),
                                     config_.network.delay_low, config_.network.delay_high);
  if (world_->Fault(FaultKind::kNetReorder, Identity(identity).Add(3), config_.network.reorder)) {
    delay +=
        world_->Between(Stream::kNetworkDelay, Identity(identity).Add(4), 0, config_.network.late);
  }
  world_->After(delay,
                [this, to, call = std::move(call), identity, answer = std::move(answer)]() mutable {
                  Arrive(to, std::move(call), identity, std::move(answer));
                });
}

void Cluster::Arrive(NodeId to, Call call, Identity identity, Answer answer) {
  if (world_->now() < clients_cut_[to.value - 1]) return;
  Process& target = process(to);
  if (!target.running()) {
    world_->After(kClientDelay,
                  [answer = std::move(answer)]() mutable { std::move(answer)(nullptr); });
    return;
  }
  ++last_handle_;
  const node::CallHandle handle(last_handle_);
  node::Input input;
  if (const auto* command = std::get_if<ns::Command>(&call)) {
    input = node::ClientCommand{handle, *command};
  } else if (const auto* renewal = std::get_if<Renewal>(&call)) {
    input = node::RenewLeases{handle, renewal->holders};
  } else {
    input = node::ClientRead{handle, std::get<ns::ReadRequest>(call)};
  }
  pending_.emplace(PendingKey(to, target.run(), handle),
                   Pending{std::move(call), identity, std::move(answer), world_->now()});
  target.Take(std::move(input));
}

void Cluster::Answered(NodeId node, uint64_t run, node::ClientReply reply) {
  const auto at = pending_.find(PendingKey(node, run, reply.call));
  if (at == pending_.end()) {
    Violate("answered-once", absl::StrCat("node ", node.value, " answers call ", reply.call.value,
                                          ", which nobody waits for"));
  }
  Pending pending = std::move(at->second);
  pending_.erase(at);
  const auto* write = std::get_if<ns::Command>(&pending.call);
  using Outcome = node::ClientReply::Outcome;
  world_->Note(HashCombine(reply.call.value, static_cast<uint64_t>(reply.outcome)));
  if (world_->tracing()) {
    world_->Trace(
        absl::StrCat("n", node.value),
        absl::StrCat(write != nullptr
                         ? absl::StrCat(write->caller.address, " ", model::TextOf(write->operation))
                     : std::holds_alternative<Renewal>(pending.call)
                         ? absl::StrCat("renewal by ", std::get<Renewal>(pending.call).holders[0])
                         : model::TextOf(std::get<ns::ReadRequest>(pending.call).query),
                     " => ", DescribeOutcome(reply)));
  }
  switch (reply.outcome) {
    case Outcome::kReply:
      if (write != nullptr && reply.at == raft::Position{}) {
        // Refused before it was proposed.
        if (!RefusedInRecovery(reply)) Violate("reply", "a write was answered without a place");
        history_.MustNotHappen(write->caller.address);
      } else if (write != nullptr) {
        ++acknowledged_;
        if (acknowledged_ % kDurabilityInterval == 0) CheckDurable(reply);
      } else if (!reply.by_lease) {
        probes_->Hit(Probe::kConfirmedReads);
      }
      break;
    case Outcome::kUnknown:
      probes_->Hit(Probe::kWritesUnknown);
      break;
    default:
      if (write != nullptr) history_.MustNotHappen(write->caller.address);
      probes_->Hit(write != nullptr ? Probe::kWritesRefused : Probe::kReadsRefused);
      if (reply.outcome == Outcome::kBusy) probes_->Hit(Probe::kBusyRefused);
      if (reply.outcome == Outcome::kDiskLow) probes_->Hit(Probe::kDiskLowRefused);
      break;
  }
  if (world_->now() < clients_cut_[node.value - 1]) return;
  const Identity identity = pending.identity;
  if (world_->Fault(FaultKind::kNetDrop, Identity(identity).Add(5), config_.network.drop)) return;
  const Duration delay =
      kClientDelay + world_->Between(Stream::kNetworkDelay, Identity(identity).Add(6),
                                     config_.network.delay_low, config_.network.delay_high);
  world_->After(delay, [answer = std::move(pending.answer), reply = std::move(reply)]() mutable {
    std::move(answer)(&reply);
  });
}

void Cluster::CallTablestore(NodeId node, uint64_t run, node::CallTablestore call) {
  if (tablestore_ == nullptr) Violate("mirror", "a call of Tablestore where there is none");
  const Identity who = Identity::Of(5000, generation_, node.value, run, call.token.value);
  if (!ots::IsRead(call.request.operation) && raft_oracle_.OlderThanALeader(node)) {
    probes_->Hit(Probe::kStaleWriters);
  }
  const node::JobToken token = call.token;
  const auto alive = [this, node, run] {
    return process(node).running() && process(node).run() == run;
  };
  tablestore_->Call(who, std::move(call.request), call.options, alive,
                    [this, node, run, token](ots::Outcome outcome) {
                      if (process(node).run() != run) return;
                      process(node).Take(node::TablestoreAnswered{token, std::move(outcome)});
                    });
}

void Cluster::SeeMirror(const node::Node& state) {
  if (tablestore_ == nullptr || state.state() == nullptr) return;
  const uint64_t replicated = state.state()->mirror().record.mirrored;
  const node::MirrorStatus status = state.mirror_status();
  uint64_t mirrored = replicated;
  if (status.upload.has_value()) mirrored = std::max(mirrored, status.upload->mirrored);
  if (status.synced && mirrored > mirrored_) probes_->Hit(Probe::kMirrorSynced);
  mirrored_ = std::max(mirrored_, mirrored);
}

void Cluster::DropPending(NodeId node) {
  for (auto at = pending_.lower_bound(PendingKey(node, 0, node::CallHandle()));
       at != pending_.end() && std::get<0>(at->first) == node;) {
    // The client sees its connection break.
    world_->After(kClientDelay, [answer = std::move(at->second.answer)]() mutable {
      std::move(answer)(nullptr);
    });
    at = pending_.erase(at);
  }
}

void Cluster::Died(NodeId node, Death death) {
  network_.CloseAll(node);
  DropPending(node);
  if (!death.check_failure.empty()) {
    ++check_failures_;
  } else if (!death.drained && !death.injected && excuses_[node.value - 1] == 0) {
    Violate("stopped", absl::StrCat("node ", node.value, " stopped without a fault of its disk: ",
                                    death.status.ToString()));
  }
  if (world_->tracing()) {
    world_->Trace(absl::StrCat("n", node.value),
                  death.drained
                      ? "drained"
                      : absl::StrCat("ended: ", death.status.ToString(), death.check_failure));
  }
  if (absl::IsDataLoss(death.status)) OperatorMovesLogAway(node, death.status);
  // Some supervisors are quick.
  const Identity identity = Identity::Of(node.value, process(node).run(), 78);
  const uint64_t shift = world_->Between(Stream::kNemesis, Identity(identity).Add(1), 0, 7);
  const Duration delay =
      world_->Between(Stream::kNemesis, identity, 5 * kMillisecond, (2 * kSecond) >> shift);
  world_->After(delay, [this, node] { StartIfDown(node); });
}

void Cluster::OperatorMovesLogAway(NodeId node, const absl::Status& verdict) {
  if (node != victim_) {
    Violate("stopped", absl::StrCat("node ", node.value,
                                    " calls its disk lost, but nothing of it was destroyed: ",
                                    verdict.ToString()));
  }
  process(node).LoseDisks(DisksLost::kLog);
  ForgetDisk(node);
  if (world_->tracing()) {
    world_->Trace(absl::StrCat("!n", node.value), "the operator moves the log away");
  }
}

void Cluster::CheckDurable(const node::ClientReply& reply) {
  // Once something was destroyed, what disks hold and what they had promised are two things.
  if (destroyed_) return;
  probes_->Hit(Probe::kDurabilityChecks);
  size_t holding = 0;
  for (const NodeId node : nodes_) {
    const Process& holder = process(node);
    log::Options options = holder.config().log;
    const absl::StatusOr<log::RecoveredLog> log =
        RecoverFiles(holder.disk().DurableFiles(), options);
    if (!log.ok()) {
      Violate("recovery", absl::StrCat("log of node ", node.value,
                                       " cannot be recovered: ", log.status().ToString()));
    }
    if (log->damaged) {
      Violate("recovery", absl::StrCat("log of node ", node.value,
                                       " is called damaged, but nothing was: ", log->damage));
    }
    if (Holds(*log, holder.state().DurablePosition(), reply.at)) ++holding;
  }
  if (holding <= nodes_.size() / 2) {
    Violate("quorum-durability", absl::StrCat("index ", reply.at.index.value, " of term ",
                                              reply.at.term.value, " is acknowledged, but only ",
                                              holding, " of ", nodes_.size(), " disks hold it"));
  }
}

}  // namespace jfs::sim
