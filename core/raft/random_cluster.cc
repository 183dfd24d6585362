#include "core/raft/random_cluster.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "core/base/check.h"
#include "core/base/hash.h"
#include "core/raft/codec.h"
#include "core/raft/random_cluster_node.h"
#include "core/raft/text.h"

namespace jfs::raft {
namespace {

[[noreturn]] void ThrowFailure(const CheckFailure& failure) {
  throw std::runtime_error(std::string(failure.file) + ":" + std::to_string(failure.line) + " " +
                           failure.message);
}

std::string Str(uint64_t v) { return std::to_string(v); }

}  // namespace

RandomCluster::RandomCluster(RandomClusterOptions options)
    : options_(options), random_(Mix64(options.seed) ^ options.nodes), now_(kSecond) {
  previous_handler_ = SetCheckFailureHandler(&ThrowFailure);
  // Each kind of trouble is absent in some seeds, so that it also occurs without the others.
  const auto sometimes = [this](uint64_t high) {
    const bool on = random_.Chance(2, 3);
    const uint64_t value = random_.Between(1, high);
    return on ? value : 0;
  };
  loss_ = sometimes(150);
  duplication_ = sometimes(150);
  delay_ = random_.Between(200, 60'000);
  disk_delay_ = random_.Between(100, 80'000);
  crash_weight_ = sometimes(10);
  partition_weight_ = sometimes(10);
  destroy_weight_ = sometimes(5);
  if (!options_.destroy) destroy_weight_ = 0;
  hang_weight_ = sometimes(4);
  transfer_weight_ = sometimes(3);
  for (size_t i = 1; i <= options_.nodes; ++i) {
    auto node = std::make_unique<Node>();
    node->id = NodeId(i);
    node->disk.incarnation = Incarnation(100 + ++next_incarnation_);
    node->rate_ppm = random_.Between(976'000, 1'024'000);
    nodes_.emplace(node->id, std::move(node));
  }
}

RandomCluster::~RandomCluster() { SetCheckFailureHandler(previous_handler_); }

// ---- World ----

void RandomCluster::At(Micros when, std::function<void()> event) {
  queue_.emplace(std::make_pair(std::max(when, now_).value, ++events_), std::move(event));
}

void RandomCluster::RunUntil(Micros end) {
  while (violations_.empty() && !queue_.empty() && queue_.begin()->first.first <= end.value) {
    auto first = queue_.extract(queue_.begin());
    now_ = Micros(first.key().first);
    try {
      first.mapped()();
    } catch (const std::exception& failure) {
      Violation(std::string("check: ") + failure.what());
    }
  }
  now_ = std::max(now_, end);
}

Micros RandomCluster::ClockOf(const Node& node) const {
  return Micros(node.id.value * kSecond + now_.value * node.rate_ppm / 1'000'000);
}

void RandomCluster::Violation(const std::string& what) {
  violations_.push_back("at " + Str(now_.value) + ": " + what);
}

void RandomCluster::Run() {
  for (auto& [id, node] : nodes_) Start(*node);
  At(now_ + 10 * kMillisecond, [this] { Propose(); });
  At(now_ + 15 * kMillisecond, [this] { Read(); });
  At(now_ + 3 * kSecond, [this] { Disturb(); });
  RunUntil(now_ + options_.run_time);
  if (!violations_.empty()) return;
  Heal();
  RunUntil(now_ + 25 * kSecond);
  if (violations_.empty()) CheckConverged();
}

// ---- Driver of one peer ----

void RandomCluster::Start(Node& node) {
  Recovered recovered;
  Position base;
  std::deque<Entry> entries;
  for (const Order& order : node.disk.orders) {
    const Persist& persist = order.persist;
    if (persist.hard_state) recovered.hard_state = *persist.hard_state;
    if (order.compact.index > base.index) {
      while (!entries.empty() && entries.front().index <= order.compact.index) entries.pop_front();
      base = order.compact;
    }
    if (persist.reset_to) {
      entries.clear();
      base = *persist.reset_to;
    }
    if (persist.truncate_from) {
      while (!entries.empty() && entries.back().index >= *persist.truncate_from) {
        entries.pop_back();
      }
    }
    for (const Entry& entry : persist.entries) {
      if (entry.index > base.index) entries.push_back(entry);
    }
  }
  // Whether the log leads up to the state. It may not in two ways: it ends before it, or it still
  // holds a suffix of another term that was being replaced when the process died, while the state
  // had applied the new one.
  const Position state = node.disk.state;
  Position at = base;
  for (const Entry& entry : entries) {
    if (entry.index == state.index) at = {.index = entry.index, .term = entry.term};
  }
  if (state.index > base.index && at != state) {
    Probe("state ahead of log");
    if (!entries.empty() && entries.back().index >= state.index)
      Probe("state of another term than the log");
    base = state;
    entries.clear();
    node.disk.orders.push_back({.persist = {.reset_to = base}});
  }
  recovered.base = base;
  recovered.entries.assign(entries.begin(), entries.end());
  recovered.applied = node.disk.state.index;
  recovered.applied_term = node.disk.state.term;
  recovered.damaged = node.damaged;
  node.damaged = false;
  Config config;
  config.self = node.id;
  config.incarnation = node.disk.incarnation;
  for (const auto& [id, other] : nodes_) config.initial_members.push_back(id);
  config.mutations = options_.mutations;
  config.check_invariants = options_.check_invariants;
  const uint64_t tight = Mix64(options_.seed);
  config.trailing_bytes = tight % 3 == 0 ? 0 : 600;
  config.cached_bytes = tight % 5 < 2 ? 1'000 : 100'000;
  config.append_bytes = tight % 7 < 3 ? 300 : 10'000;
  config.in_flight_messages = tight % 11 < 4 ? 2 : 16;
  config.unstable_bytes = tight % 13 < 4 ? 700 : 100'000;
  config.uncommitted_bytes = tight % 17 < 4 ? 1'500 : 100'000;
  ++node.run;
  node.pending.clear();
  node.held.clear();
  node.inbox.clear();
  node.alarm = kNever;
  node.writing = false;
  node.completed = PersistToken{};
  node.applied = recovered.applied;
  node.applicable = recovered.applied;
  node.applying = false;
  node.local_now = ClockOf(node);
  const uint64_t seed = Mix64(options_.seed) ^ Mix64(node.id.value << 32 | node.run);
  node.raft = std::make_unique<Raft>(config, std::move(recovered), node.local_now, seed);
  Step(node, Tick{});
  const uint64_t run = node.run;
  At(now_ + 700 * kMillisecond, [this, &node, run] {
    if (node.raft && node.run == run) Flush(node);
  });
}

void RandomCluster::Crash(Node& node) {
  if (!node.raft) return;
  Probe("crashes");
  // Some of what was on its way had reached the disk; nobody was told.
  if (node.writing) {
    size_t reached = random_.Below(node.pending.size() + 1);
    while (reached-- > 0) {
      node.disk.orders.push_back(node.pending.front());
      node.pending.pop_front();
    }
  }
  if (!node.pending.empty()) Probe("crashes that lost writes");
  node.pending.clear();
  node.held.clear();
  node.raft.reset();
  ++node.run;
  node.hung_until = Micros{};
}

bool RandomCluster::Destroyable() const {
  for (const auto& [id, node] : nodes_) {
    if (node->destroyed) return false;
    if (!node->raft || !node->raft->status().membership.formed()) return false;
    if (node->raft->status().recovering) return false;
  }
  return true;
}

void RandomCluster::LoseDisk(Node& node) {
  Crash(node);
  Probe("disks lost");
  node.disk = Disk{};
  node.disk.incarnation = Incarnation(100 + ++next_incarnation_);
  node.destroyed = true;
}

void RandomCluster::Rot(Node& node) {
  Crash(node);
  Probe("rot");
  const size_t lost = std::min<size_t>(random_.Between(1, 6), node.disk.orders.size());
  std::vector<Order>& orders = node.disk.orders;
  std::vector<Order> kept(orders.begin(), orders.end() - static_cast<ptrdiff_t>(lost));
  const bool formed = std::any_of(kept.begin(), kept.end(), [](const Order& order) {
    return order.persist.hard_state && order.persist.hard_state->membership.formed();
  });
  if (formed) orders = std::move(kept);
  node.damaged = true;
  node.destroyed = true;
}

void RandomCluster::Step(Node& node, const Input& input) {
  if (!node.raft) return;
  if (now_ < node.paused_until || !node.inbox.empty()) {
    // The process is stopped: inputs wait, in order.
    node.inbox.push_back(input);
    if (node.inbox.size() > 1) return;
    Drain(node);
    return;
  }
  StepNow(node, input, random_.Chance(1, 50));
}

void RandomCluster::Drain(Node& node) {
  const uint64_t run = node.run;
  At(node.paused_until, [this, &node, run] {
    if (node.run != run || node.inbox.empty()) return;
    if (now_ < node.paused_until) return Drain(node);
    // The clock may have been read just before the process stopped.
    bool stale = random_.Chance(1, 2);
    while (!node.inbox.empty() && node.raft && node.run == run) {
      const Input next = node.inbox.front();
      StepNow(node, next, stale);
      stale = false;
      if (!node.inbox.empty()) node.inbox.pop_front();
    }
  });
}

void RandomCluster::StepNow(Node& node, const Input& input, bool stale) {
  if (!stale) node.local_now = ClockOf(node);
  Output out = node.raft->Step(node.local_now, input);
  Handle(node, std::move(out));
}

void RandomCluster::Handle(Node& node, Output out) {
  if (out.persist) {
    CheckPersist(*out.persist, node);
    StartWrite(node, {.persist = *out.persist});
  }
  for (const Message& message : out.send) Transmit(message);
  for (Message& message : out.after_durable) {
    if (out.after <= node.completed) {
      Transmit(message);
    } else {
      node.held.emplace_back(out.after, std::move(message));
    }
  }
  if (out.compact_below != LogIndex{}) {
    Probe("compactions");
    StartWrite(node, {.compact = {.index = out.compact_below - 1, .term = out.compact_term}});
  }
  if (!out.committed.empty()) {
    CheckCommitted(node, out.committed);
    node.applicable = std::max(node.applicable, out.committed.end - 1);
    ApplySome(node);
  }
  for (const ProposalOutcome& outcome : out.proposals) CheckProposal(node, outcome);
  for (const ReadOutcome& read : out.reads) {
    const LogIndex floor = read_floor_[read.id];
    read_floor_.erase(read.id);
    if (!read.ready) {
      Probe("reads refused");
      continue;
    }
    if (read.by_lease && !node.raft->LeaseValid(ClockOf(node))) {
      Probe("lease reads refused at the end");
      continue;
    }
    Probe(read.by_lease ? "lease reads" : "confirmed reads");
    if (read.index < floor) {
      Violation("read at node " + Str(node.id.value) + " served at " + Str(read.index.value) +
                " although " + Str(floor.value) + " was acknowledged before it came");
    }
  }
  for (const SendSnapshot& order : out.send_snapshots) Snapshot(node, order.to);
  for (const ReadLog& request : out.read_log) ReadBack(node, request);
  CheckLeader(node);
  const Status status = node.raft->status();
  if (node.destroyed && status.membership.formed() && !status.recovering) {
    Probe("re-admitted");
    node.destroyed = false;
  }
  Deadline(node, out.next_deadline);
}

void RandomCluster::Deadline(Node& node, Micros local) {
  // One alarm at a time: it is set again by whatever step it leads to.
  if (node.alarm != kNever && node.alarm <= local) return;
  node.alarm = local;
  const uint64_t run = node.run;
  const Micros clock = ClockOf(node);
  const Duration wait = local > clock ? local - clock : 0;
  const Micros when = now_ + wait * 1'000'000 / node.rate_ppm + 1;
  At(when, [this, &node, run, local] {
    if (node.run != run || !node.raft || node.alarm != local) return;
    node.alarm = kNever;
    Step(node, Tick{});
  });
}

void RandomCluster::StartWrite(Node& node, Order order) {
  node.pending.push_back(std::move(order));
  if (node.writing) return;
  node.writing = true;
  CompleteWrite(node);
}

void RandomCluster::CompleteWrite(Node& node) {
  const uint64_t run = node.run;
  const Micros start = std::max(now_, node.hung_until);
  const Duration takes = random_.Between(50, 50 + disk_delay_);
  const size_t batch = random_.Between(1, node.pending.size());
  At(start + takes, [this, &node, run, batch] {
    if (node.run != run || !node.raft) return;
    if (now_ < node.hung_until) {
      CompleteWrite(node);
      return;
    }
    std::vector<Durable> done;
    for (size_t i = 0; i < batch; ++i) {
      const Order& order = node.pending.front();
      const Persist& persist = order.persist;
      if (persist.token != PersistToken{}) {
        Durable durable = {.token = persist.token};
        if (!persist.entries.empty()) {
          durable.term = persist.entries.back().term;
          durable.last = persist.entries.back().index;
        }
        done.push_back(durable);
        node.completed = persist.token;
      }
      node.disk.orders.push_back(order);
      node.pending.pop_front();
    }
    while (!node.held.empty() && node.held.front().first <= node.completed) {
      Transmit(node.held.front().second);
      node.held.pop_front();
    }
    node.writing = !node.pending.empty();
    if (node.writing) CompleteWrite(node);
    for (const Durable& durable : done) {
      if (node.run == run) Step(node, durable);
    }
  });
}

bool RandomCluster::Reachable(NodeId from, NodeId to) const { return !cut_.contains({from, to}); }

void RandomCluster::Transmit(const Message& message) {
  const std::string bytes = EncodeMessage(message);
  fingerprint_ = HashCombine(fingerprint_, Hash64(bytes, now_.value));
  if (options_.trace) {
    std::fprintf(stderr, "%s %s\n", Str(now_.value).c_str(), ToText(message).c_str());
  }
  size_t copies = 1;
  if (!healed_) {
    if (random_.Chance(loss_, 1000)) copies = 0;
    if (random_.Chance(duplication_, 1000)) ++copies;
    if (!Reachable(message.from.node, message.to)) copies = 0;
  }
  const SharedBytes shared(bytes);
  while (copies-- > 0) {
    Duration delay = random_.Between(50, healed_ ? 2'000 : 50 + delay_);
    // Now and then one gets stuck somewhere and arrives when nobody expects it.
    if (!healed_ && random_.Chance(1, 200)) delay += random_.Below(4 * kSecond);
    At(now_ + delay, [this, shared] {
      std::optional<Message> decoded = DecodeMessage(shared);
      if (!decoded) {
        Violation("a message does not decode");
        return;
      }
      Node& to = *nodes_.at(decoded->to);
      Step(to, Received{std::move(*decoded)});
    });
  }
}

void RandomCluster::ApplySome(Node& node) {
  if (node.applying) return;
  node.applying = true;
  const uint64_t run = node.run;
  At(now_ + random_.Between(10, 20'000), [this, &node, run] {
    if (node.run != run || !node.raft) return;
    node.applying = false;
    if (node.applied >= node.applicable) return;
    for (LogIndex i = node.applied + 1; i <= node.applicable; ++i) {
      if (node.raft->entry(i) == nullptr && options_.check_invariants) {
        Violation("entry " + Str(i.value) + " is gone before it was applied");
        return;
      }
    }
    node.applied = node.applicable;
    Step(node, Applied{node.applied});
  });
}

void RandomCluster::Flush(Node& node) {
  const uint64_t run = node.run;
  if (node.applied > node.disk.state.index) {
    const CommittedEntry& last = committed_.at(node.applied.value - 1);
    node.disk.state = {.index = node.applied, .term = last.entry.term};
    node.disk.chain = last.chain;
    Step(node, StateDurable{node.disk.state});
  }
  At(now_ + random_.Between(300, 3'000) * kMillisecond, [this, &node, run] {
    if (node.raft && node.run == run) Flush(node);
  });
}

void RandomCluster::Snapshot(Node& node, NodeId to) {
  Probe("snapshots ordered");
  const uint64_t run = node.run;
  const auto finish = [this, &node, run, to](bool ok, Position at) {
    At(now_ + random_.Between(1, 20) * kMillisecond, [this, &node, run, to, ok, at] {
      if (node.run == run) Step(node, SnapshotSent{.to = to, .ok = ok, .at = at});
    });
  };
  Flush(node);
  if (!node.raft) return;
  const Position at = node.disk.state;
  const uint64_t chain = node.disk.chain;
  const Membership membership = node.raft->status().membership;
  if (at.index == LogIndex{}) return finish(false, at);
  At(now_ + random_.Between(5, 800) * kMillisecond,
     [this, &node, to, at, chain, membership, finish] {
       Node& target = *nodes_.at(to);
       if (!target.raft || !Reachable(node.id, to) || now_ < target.paused_until ||
           (!healed_ && random_.Chance(1, 10))) {
         return finish(false, at);
       }
       if (!target.raft->status().membership.formed()) return finish(false, at);
       if (at.index > target.applied) {
         Probe("snapshots installed");
         target.disk.state = at;
         target.disk.chain = chain;
         target.applied = at.index;
         target.applicable = std::max(target.applicable, at.index);
         Step(target, SnapshotInstalled{.at = at, .membership = membership});
       }
       finish(true, at);
     });
}

void RandomCluster::ReadBack(Node& node, const ReadLog& request) {
  Probe("reads of the log");
  const uint64_t run = node.run;
  At(now_ + random_.Between(20, 3'000), [this, &node, run, request] {
    if (node.run != run || !node.raft) return;
    std::map<LogIndex, Entry> log;
    for (const Order& order : node.disk.orders) {
      if (order.persist.reset_to) log.clear();
      if (order.persist.truncate_from)
        log.erase(log.lower_bound(*order.persist.truncate_from), log.end());
      log.erase(log.begin(), log.upper_bound(order.compact.index));
      for (const Entry& entry : order.persist.entries) log[entry.index] = entry;
    }
    LogRead read = {.for_follower = request.for_follower};
    size_t bytes = 0;
    for (LogIndex i = request.range.first; i < request.range.end; ++i) {
      const auto found = log.find(i);
      if (found == log.end()) break;
      bytes += found->second.charged_bytes();
      if (!read.entries.empty() && bytes > request.max_bytes) break;
      read.entries.push_back(found->second);
    }
    Step(node, read);
  });
}

}  // namespace jfs::raft
