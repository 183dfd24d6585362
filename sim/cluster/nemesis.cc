#include "sim/cluster/nemesis.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/str_cat.h"

namespace jfs::sim {
namespace {

// How long after an injected error a node may be found to have stopped because of it.
constexpr Duration kExcuseTime = 30 * kSecond;

}  // namespace

Nemesis::Nemesis(World* world, Probes* probes, Cluster* cluster)
    : world_(world), probes_(probes), cluster_(cluster) {}

void Nemesis::Start() {
  // Rates of the clocks are part of the machines; they change now and then.
  for (const NodeId node : cluster_->nodes()) {
    if (!world_->Possible(FaultKind::kClockRate)) continue;
    const uint64_t rate =
        world_->Between(Stream::kClock, Identity::Of(node.value, 3), 0, 2 * kMaxClockRatePpm);
    cluster_->process(node).clock().SetRate(world_->now(),
                                            static_cast<int64_t>(rate) - kMaxClockRatePpm);
  }
  world_->After(cluster_->config().nemesis_interval, [this] { Round(); });
}

bool Nemesis::Strikes(FaultKind kind, uint64_t who, Ratio rate) {
  const bool strikes = world_->Fault(kind, Identity::Of(round_, who), rate);
  if (strikes) ++strikes_;
  return strikes;
}

Duration Nemesis::Length(FaultKind kind, uint64_t who, Duration low, Duration high) const {
  // Mostly short, sometimes long: the exponent is drawn first.
  const Identity identity = Identity::Of(round_, who, static_cast<uint64_t>(kind));
  const uint64_t shift = world_->Between(Stream::kNemesis, Identity(identity).Add(1), 0, 3);
  const Duration most = std::max(low, high >> shift);
  return world_->Between(Stream::kNemesis, Identity(identity).Add(2), low, most);
}

void Nemesis::Trace(NodeId node, std::string_view text) {
  if (!world_->tracing()) return;
  world_->Trace(node == NodeId() ? "!" : absl::StrCat("!n", node.value), text);
}

void Nemesis::Round() {
  if (world_->frozen() || stopped_) return;
  ++round_;
  CheckRepaired();
  ProbeRecovery();
  StrikeNetwork();
  StrikeWholeCluster();
  for (const NodeId node : cluster_->nodes()) {
    StrikeNode(node);
    Destroy(node);
  }
  world_->After(cluster_->config().nemesis_interval, [this] { Round(); });
}

void Nemesis::StrikeNode(NodeId node) {
  const Ratio rate = cluster_->config().nemesis_rate;
  const uint64_t who = node.value;
  Process& process = cluster_->process(node);
  const Micros now = world_->now();
  if (Strikes(FaultKind::kCrash, who, rate)) {
    const Duration down = Length(FaultKind::kCrash, who, 50 * kMillisecond, 8 * kSecond);
    Trace(node, "crash");
    cluster_->Crash(node, down);
  }
  if (Strikes(FaultKind::kPause, who, rate)) {
    const Duration length = Length(FaultKind::kPause, who, 20 * kMillisecond, 6 * kSecond);
    Trace(node, absl::StrCat("pause ", length, " us"));
    process.PauseUntil(now + length);
    probes_->Hit(Probe::kPauses);
  }
  if (Strikes(FaultKind::kDrain, who, rate)) {
    Trace(node, "drain");
    process.Take(node::Drain{});
    probes_->Hit(Probe::kDrains);
  }
  if (Strikes(FaultKind::kTransfer, who, rate)) {
    const uint64_t to = world_->Between(Stream::kNemesis, Identity::Of(round_, who, 5), 0,
                                        cluster_->nodes().size());
    Trace(node, absl::StrCat("transfer to ", to));
    process.Take(node::TransferLeadership{NodeId(to)});
    probes_->Hit(Probe::kTransfers);
  }
  if (Strikes(FaultKind::kDiskSlow, who, rate)) {
    process.disk().SlowUntil(now + Length(FaultKind::kDiskSlow, who, kSecond, 8 * kSecond), 50);
    Trace(node, "slow disk");
  }
  if (Strikes(FaultKind::kDiskHang, who, rate)) {
    process.disk().HangUntil(now +
                             Length(FaultKind::kDiskHang, who, 100 * kMillisecond, 6 * kSecond));
    probes_->Hit(Probe::kDiskHangs);
    Trace(node, "disk hangs");
  }
  if (Strikes(FaultKind::kDiskError, who, rate)) {
    cluster_->Excuse(node);
    process.disk().FailNext();
    world_->After(kExcuseTime, [this, node] { EndExcuse(node); });
    Trace(node, "disk error");
  }
  if (Strikes(FaultKind::kDiskFull, who, rate)) {
    const Duration low = Length(FaultKind::kDiskFull, who, 500 * kMillisecond, 8 * kSecond);
    const bool full = world_->Chance(Stream::kNemesis, Identity::Of(round_, who, 6), Ratio{1, 2});
    Trace(node, full ? "disk full" : "disk space low");
    process.Take(node::DiskSpace{true});
    if (full) {
      cluster_->Excuse(node);
      process.disk().SetFull(true);
      world_->After(low + kExcuseTime, [this, node] { cluster_->ExcuseOver(node); });
    }
    world_->After(low, [this, node] {
      cluster_->process(node).disk().SetFull(false);
      cluster_->process(node).Take(node::DiskSpace{false});
    });
  }
  if (Strikes(FaultKind::kClockStep, who, rate)) {
    const uint64_t span = 7'200'000;
    const uint64_t drawn = world_->Between(Stream::kClock, Identity::Of(round_, who, 7), 0, span);
    const int64_t step = static_cast<int64_t>(drawn) - static_cast<int64_t>(span / 2);
    process.clock().StepWall(step);
    probes_->Hit(Probe::kClockSteps);
    Trace(node, absl::StrCat("wall clock steps by ", step, " ms"));
  }
  if (Strikes(FaultKind::kClockRate, who, rate)) {
    const uint64_t drawn =
        world_->Between(Stream::kClock, Identity::Of(round_, who, 8), 0, 2 * kMaxClockRatePpm);
    process.clock().SetRate(now, static_cast<int64_t>(drawn) - kMaxClockRatePpm);
  }
}

// An error waits for the next request, and a cluster that nobody uses may make none for long.
void Nemesis::EndExcuse(NodeId node) {
  if (cluster_->process(node).disk().failure_pending()) {
    world_->After(kExcuseTime, [this, node] { EndExcuse(node); });
    return;
  }
  cluster_->ExcuseOver(node);
}

void Nemesis::StrikeWholeCluster() {
  const Ratio rate = cluster_->config().nemesis_rate;
  if (!Strikes(FaultKind::kCrash, 100, Ratio{rate.numerator, rate.denominator * 2})) return;
  // The power fails for everyone; each machine comes back in its own time.
  probes_->Hit(Probe::kClusterCrashes);
  Trace(NodeId(), "all crash");
  for (const NodeId node : cluster_->nodes()) {
    cluster_->Crash(node,
                    Length(FaultKind::kCrash, 200 + node.value, 50 * kMillisecond, 4 * kSecond));
  }
}

std::vector<NodeId> Nemesis::Group(uint64_t bits) const {
  std::vector<NodeId> group;
  for (const NodeId node : cluster_->nodes()) {
    if ((bits >> (node.value - 1) & 1) != 0) group.push_back(node);
  }
  return group;
}

void Nemesis::StrikeNetwork() {
  const Ratio rate = cluster_->config().nemesis_rate;
  const Micros now = world_->now();
  const std::vector<NodeId>& nodes = cluster_->nodes();
  Network& network = cluster_->network();
  if (Strikes(FaultKind::kNetPartition, 0, Ratio{rate.numerator * 2, rate.denominator})) {
    const Micros until =
        now + Length(FaultKind::kNetPartition, 0, 200 * kMillisecond, 10 * kSecond);
    const uint64_t shape = world_->Between(Stream::kNemesis, Identity::Of(round_, 10), 0, 3);
    const uint64_t bits = world_->Between(Stream::kNemesis, Identity::Of(round_, 11), 1,
                                          (uint64_t{1} << nodes.size()) - 2);
    const std::vector<NodeId> group = Group(bits);
    const std::vector<NodeId> others = Group(~bits);
    if (shape == 2) {
      // A bridge: everyone talks to one node, nobody else to each other.
      probes_->Hit(Probe::kBridges);
      Trace(group.front(), "bridge partition");
      for (const NodeId a : nodes) {
        for (const NodeId b : nodes) {
          if (a != b && a != group.front() && b != group.front()) network.Block(a, b, until);
        }
      }
    } else {
      probes_->Hit(shape == 1 ? Probe::kOneWay : Probe::kPartitions);
      Trace(group.front(), shape == 1 ? "one-way partition" : "partition");
      for (const NodeId a : group) {
        for (const NodeId b : others) {
          network.Block(a, b, until);
          if (shape != 1) network.Block(b, a, until);
        }
        if (shape == 3) cluster_->CutClients(a, until);
      }
    }
  }
  for (const NodeId a : nodes) {
    for (const NodeId b : nodes) {
      if (a == b) continue;
      const uint64_t pair = 1000 + a.value * 16 + b.value;
      if (Strikes(FaultKind::kNetClog, pair, rate)) {
        network.Clog(a, b, now + Length(FaultKind::kNetClog, pair, 50 * kMillisecond, 3 * kSecond));
      }
      if (Strikes(FaultKind::kNetHalfOpen, pair, rate)) {
        network.HalfOpen(
            a, b, now + Length(FaultKind::kNetHalfOpen, pair, 200 * kMillisecond, 5 * kSecond));
      }
    }
  }
}

void Nemesis::Destroy(NodeId node) {
  // Until the cluster has formed and done something there is nobody who could help a node that lost
  // its disk.
  if (cluster_->history().last() == 0 && !cluster_->config().options.destroy_unformed) return;
  const std::optional<NodeId> victim = cluster_->victim();
  if (victim.has_value() && *victim != node) return;
  const Ratio rate = cluster_->config().nemesis_rate;
  const Ratio seldom{rate.numerator, rate.denominator * 2};
  const uint64_t who = node.value;
  Process& process = cluster_->process(node);
  const Micros now = world_->now();
  bool destroyed = false;
  Duration crash_after = 0;
  if (Strikes(FaultKind::kLyingSync, who, seldom)) {
    const Duration length = Length(FaultKind::kLyingSync, who, 200 * kMillisecond, 4 * kSecond);
    process.disk().LieUntil(now + length);
    // Mostly it dies while its disk lies, sometimes the disk makes good before.
    crash_after = Length(FaultKind::kLyingSync, who + 50, 100 * kMillisecond, length + kSecond);
    destroyed = true;
    Trace(node, "syncs lie");
  }
  if (Strikes(FaultKind::kMisdirect, who, seldom)) {
    process.disk().MisdirectNext();
    crash_after =
        std::max(crash_after, Length(FaultKind::kMisdirect, who, kMillisecond, 3 * kSecond));
    destroyed = true;
    Trace(node, "misdirected write");
  }
  if (Strikes(FaultKind::kLostRename, who, seldom)) {
    process.disk().LoseNextRename();
    crash_after =
        std::max(crash_after, Length(FaultKind::kLostRename, who, kMillisecond, 6 * kSecond));
    destroyed = true;
    Trace(node, "lost rename");
  }
  if (Strikes(FaultKind::kRot, who, seldom) && process.disk().Rot(Identity::Of(round_, who))) {
    crash_after = std::max(crash_after, Length(FaultKind::kRot, who, kMillisecond, 3 * kSecond));
    destroyed = true;
  }
  Duration down = Length(FaultKind::kDiskLost, who + 60, 50 * kMillisecond, 3 * kSecond);
  if (Strikes(FaultKind::kDiskLost, who, seldom)) {
    const uint64_t drawn = world_->Between(Stream::kNemesis, Identity::Of(round_, who, 12), 0, 2);
    const DisksLost lost = std::array{DisksLost::kBoth, DisksLost::kLog, DisksLost::kState}[drawn];
    Trace(node, std::array{"disks lost", "log disk lost", "state lost"}[drawn]);
    cluster_->Crash(node, down);
    process.LoseDisks(lost);
    cluster_->ForgetDisk(node);
    probes_->Hit(Probe::kDisksLost);
    destroyed = true;
  } else if (destroyed) {
    world_->After(crash_after, [this, node, down] {
      if (world_->frozen() || stopped_) return;
      Trace(node, "crash after a destroying fault");
      cluster_->Crash(node, down);
    });
  }
  if (!destroyed) return;
  if (!victim.has_value()) cluster_->Excuse(node);
  cluster_->NoteDestroyed(node);
  victim_committed_ = cluster_->history().last();
  victim_settles_ = std::max(victim_settles_, now + crash_after + down + 1);
}

void Nemesis::ProbeRecovery() {
  for (const NodeId node : cluster_->nodes()) {
    const Process& process = cluster_->process(node);
    if (!process.running()) continue;
    const node::NodeStatus status = process.node()->status();
    if (status.phase == node::Phase::kRecovering) continue;
    if (!status.damage.empty() && probed_runs_.emplace(node, process.run()).second) {
      probes_->Hit(Probe::kRotFound);
      if (cluster_->victim() == node) {
        cluster_->process(node).disk().FoundDamage(absl::StrCat(status.damage, " "));
      }
      Trace(node, absl::StrCat("damage found: ", status.damage));
    }
  }
}

void Nemesis::CheckRepaired() {
  const std::optional<NodeId> victim = cluster_->victim();
  if (!victim.has_value()) return;
  if (world_->now() <= victim_settles_) return;
  const NodeId node = *victim;
  Process& process = cluster_->process(node);
  if (!process.running()) return;
  const node::NodeStatus status = process.node()->status();
  if (status.phase != node::Phase::kRunning || status.raft.recovering) return;
  if (status.raft.applied.value < victim_committed_) return;
  // What it says of itself must be on its disk, or a plain crash makes it a victim again.
  if (status.batches_not_durable != 0) return;
  const raft::Member member{node, status.incarnation};
  // Its own word is not enough: everyone else who runs must count this disk.
  for (const NodeId other : cluster_->nodes()) {
    const Process& peer = cluster_->process(other);
    if (!peer.running()) continue;
    const node::NodeStatus seen = peer.node()->status();
    if (seen.phase != node::Phase::kRunning || seen.raft.recovering) continue;
    if (!seen.raft.membership.formed() || !seen.raft.membership.Contains(member)) return;
  }
  if (!status.raft.membership.formed()) return;
  Trace(node, "repaired");
  // Latent damage that the log has found and dealt with stays; what it has not looked at is taken
  // back, so that it cannot come to light while another node is the victim.
  process.disk().Repair();
  process.disk().RestoreDamage();
  cluster_->ExcuseOver(node);
  cluster_->Repaired();
}

std::vector<NodeId> Nemesis::HealQuorum() {
  CheckRepaired();
  world_->FreezeFaults();
  const std::vector<NodeId>& nodes = cluster_->nodes();
  // Everyone, or a minority stays out; a node that still owes a repair cannot be needed by the
  // majority.
  std::vector<NodeId> healed = nodes;
  const uint64_t out =
      world_->Between(Stream::kNemesis, Identity::Of(20), 0, (nodes.size() - 1) / 2);
  for (uint64_t i = 0; i < out; ++i) {
    size_t pick = world_->Between(Stream::kNemesis, Identity::Of(21, i), 0, healed.size() - 1);
    if (const std::optional<NodeId> victim = cluster_->victim(); victim.has_value()) {
      const auto at = std::find(healed.begin(), healed.end(), *victim);
      if (at != healed.end()) pick = static_cast<size_t>(at - healed.begin());
    }
    const NodeId node = healed[pick];
    healed.erase(healed.begin() + static_cast<std::ptrdiff_t>(pick));
    cluster_->LeaveDown(node);
    const uint64_t fate = world_->Between(Stream::kNemesis, Identity::Of(22, i), 0, 2);
    Trace(node, fate == 0 ? "stays down" : fate == 1 ? "stays cut off" : "stands still for ever");
    if (fate == 0) cluster_->Crash(node, kSecond);
    if (fate == 1) {
      cluster_->network().Isolate(node);
      cluster_->CutClients(node, kNever);
    }
    if (fate == 2) cluster_->process(node).PauseUntil(kNever);
  }
  Heal(healed);
  return healed;
}

void Nemesis::HealAll() { Heal(cluster_->nodes()); }

void Nemesis::Heal(const std::vector<NodeId>& nodes) {
  cluster_->network().Heal();
  for (const NodeId node : nodes) {
    Process& process = cluster_->process(node);
    process.disk().Repair();
    process.ResumeNow();
    process.Take(node::DiskSpace{false});
    cluster_->CutClients(node, Micros());
    cluster_->StartIfDown(node);
    Trace(node, "healed");
  }
}

}  // namespace jfs::sim
