#include <algorithm>
#include <string>

#include "core/base/check.h"
#include "core/base/hash.h"
#include "core/raft/codec.h"
#include "core/raft/random_cluster.h"
#include "core/raft/random_cluster_node.h"

// Workload, faults and oracles of the random cluster.
namespace jfs::raft {
namespace {

std::string Str(uint64_t v) { return std::to_string(v); }

}  // namespace

// ---- Workload ----

void RandomCluster::Propose() {
  At(now_ + random_.Between(5, 120) * kMillisecond, [this] { Propose(); });
  const NodeId to(random_.Between(1, nodes_.size()));
  Node* node = nodes_.at(to).get();
  // Mostly whoever believes to lead, which may be two at a time.
  for (auto& [id, other] : nodes_) {
    if (other->raft && other->raft->status().role == Role::kLeader && random_.Chance(3, 4)) {
      node = other.get();
    }
  }
  if (!node->raft || now_ < node->paused_until) return;
  Proposed proposed = {.id = ProposalId(++next_id_)};
  const size_t count = random_.Between(1, 3);
  std::string first;
  for (size_t i = 0; i < count; ++i) {
    std::string payload = "p" + Str(next_id_) + "." + Str(i);
    payload.resize(payload.size() + random_.Below(60), '.');
    if (i == 0) first = payload;
    proposed.commands.emplace_back(std::move(payload));
  }
  proposals_[proposed.id] = first;
  Step(*node, proposed);
}

void RandomCluster::Read() {
  At(now_ + random_.Between(5, 150) * kMillisecond, [this] { Read(); });
  const NodeId to(random_.Between(1, nodes_.size()));
  Node* node = nodes_.at(to).get();
  for (auto& [id, other] : nodes_) {
    if (other->raft && other->raft->status().role == Role::kLeader && random_.Chance(1, 2)) {
      node = other.get();
    }
  }
  if (!node->raft) return;  // one that is stopped gets it, too, and looks at it later
  const ReadId id(++next_id_);
  read_floor_[id] = acknowledged_;
  const bool lease = random_.Chance(2, 3);
  Step(*node,
       ReadRequested{.id = id,
                     .kind = lease ? ReadRequested::Kind::kLease : ReadRequested::Kind::kConfirm});
}

// ---- Faults ----

void RandomCluster::Disturb() {
  if (healed_) return;
  At(now_ + random_.Between(20, 1'200) * kMillisecond, [this] { Disturb(); });
  Node& node = *nodes_.at(NodeId(random_.Between(1, nodes_.size())));
  const uint64_t restart_weight = 12;
  const uint64_t pause_weight = 2;
  uint64_t draw = random_.Below(crash_weight_ + partition_weight_ + destroy_weight_ + hang_weight_ +
                                transfer_weight_ + restart_weight + pause_weight);
  const auto chosen = [&draw](uint64_t weight) {
    if (draw < weight) return true;
    draw -= weight;
    return false;
  };
  if (chosen(restart_weight)) {
    for (auto& [id, down] : nodes_) {
      if (!down->raft && random_.Chance(1, 2)) Start(*down);
    }
    if (random_.Chance(1, 2)) cut_.clear();
  } else if (chosen(crash_weight_)) {
    Crash(node);
    // Often two at once, and often straight back: that is when forgotten promises hurt.
    if (random_.Chance(1, 3)) Crash(*nodes_.at(NodeId(random_.Between(1, nodes_.size()))));
    if (random_.Chance(1, 2)) Start(node);
  } else if (chosen(partition_weight_)) {
    Probe("partitions");
    for (auto& [id, other] : nodes_) {
      if (id == node.id) continue;
      if (random_.Chance(4, 5)) cut_.insert({node.id, id});
      if (random_.Chance(4, 5)) cut_.insert({id, node.id});
    }
  } else if (chosen(destroy_weight_)) {
    if (!Destroyable()) return;
    const bool rot = random_.Chance(1, 2);
    if (rot) {
      Rot(node);
    } else {
      LoseDisk(node);
    }
    if (random_.Chance(1, 2)) Start(node);
  } else if (chosen(hang_weight_)) {
    Probe("hung disks");
    node.hung_until = now_ + random_.Between(200, 5'000) * kMillisecond;
  } else if (chosen(transfer_weight_)) {
    Probe("transfers");
    for (auto& [id, other] : nodes_) {
      if (other->raft && now_ >= other->paused_until) {
        Step(*other, TransferLeadership{.to = random_.Chance(1, 2) ? node.id : NodeId{}});
      }
    }
  } else {
    Probe("pauses");
    node.paused_until = now_ + random_.Between(50, 4'000) * kMillisecond;
  }
}

void RandomCluster::Heal() {
  healed_ = true;
  cut_.clear();
  for (auto& [id, node] : nodes_) {
    node->hung_until = Micros{};
    node->paused_until = Micros{};
    if (!node->raft) Start(*node);
  }
}

// ---- Oracles ----

bool RandomCluster::OnDisk(const Node& node, LogIndex index, Term term) const {
  if (node.disk.state.index >= index) return true;
  bool found = false;
  for (const Order& order : node.disk.orders) {
    const Persist& persist = order.persist;
    if (persist.reset_to) found = persist.reset_to->index >= index;
    if (persist.truncate_from && *persist.truncate_from <= index) found = false;
    for (const Entry& entry : persist.entries) {
      if (entry.index == index) found = entry.term == term;
    }
  }
  return found;
}

void RandomCluster::CheckCommitted(Node& node, const IndexRange& range) {
  for (LogIndex i = range.first; i < range.end; ++i) {
    const Entry* entry = node.raft->entry(i);
    if (entry == nullptr) {
      Violation("committed entry " + Str(i.value) + " is not in memory");
      return;
    }
    if (i.value <= committed_.size()) {
      if (committed_[i.value - 1].entry != *entry) {
        Violation("node " + Str(node.id.value) + " commits another entry at " + Str(i.value) +
                  " than was committed before");
        return;
      }
      continue;
    }
    if (i.value != committed_.size() + 1) {
      Violation("commit skips from " + Str(committed_.size()) + " to " + Str(i.value));
      return;
    }
    const uint64_t before = committed_.empty() ? 0 : committed_.back().chain;
    committed_.push_back({.entry = *entry,
                          .seen_in = node.raft->status().term,
                          .chain = HashCombine(before, Hash64(EncodeEntry(*entry)))});
    // On a majority of disks at this moment; a disk destroyed since it acknowledged is given the
    // benefit.
    size_t holders = 0;
    for (const auto& [id, other] : nodes_) {
      if (other->destroyed || OnDisk(*other, i, entry->term)) ++holders;
    }
    if (holders < nodes_.size() / 2 + 1) {
      Violation("entry " + Str(i.value) + " is committed but only on " + Str(holders) + " disks");
    }
  }
}

void RandomCluster::CheckLeader(Node& node) {
  const Status status = node.raft->status();
  if (status.role != Role::kLeader) return;
  const auto [known, fresh] = leaders_.emplace(status.term, node.id);
  if (known->second != node.id) {
    Violation("two leaders in term " + Str(status.term.value) + ": " + Str(known->second.value) +
              " and " + Str(node.id.value));
    return;
  }
  if (!fresh) return;
  Probe("elections");
  if (node.destroyed) Violation("a node that lost its promises leads");
  for (size_t i = 0; i < committed_.size(); ++i) {
    const LogIndex index(i + 1);
    if (committed_[i].seen_in >= status.term || index < status.first_index) continue;
    const Entry* entry = node.raft->entry(index);
    if (entry == nullptr && index <= status.last_index && index <= status.applied) continue;
    if (entry == nullptr || *entry != committed_[i].entry) {
      Violation("leader " + Str(node.id.value) + " of term " + Str(status.term.value) +
                " lacks committed entry " + Str(index.value));
      return;
    }
  }
}

void RandomCluster::CheckPersist(const Persist& persist, const Node& node) {
  for (const Entry& entry : persist.entries) {
    const uint64_t hash = Hash64(EncodeEntry(entry));
    const Entry* before = node.raft->entry(entry.index - 1);
    const Term term = before == nullptr ? Term{} : before->term;
    auto [known, fresh] =
        entries_.emplace(std::make_pair(entry.index, entry.term), std::make_pair(hash, term));
    if (fresh) continue;
    // Equal index and term: equal entry, and equal everything before it (3.5).
    if (known->second.first != hash) {
      Violation("two different entries at " + Str(entry.index.value) + " in term " +
                Str(entry.term.value));
    }
    if (term != Term{} && known->second.second != Term{} && known->second.second != term) {
      Violation("logs disagree before entry " + Str(entry.index.value) + " of term " +
                Str(entry.term.value) + " at node " + Str(node.id.value));
    }
    if (known->second.second == Term{}) known->second.second = term;
  }
}

void RandomCluster::CheckProposal(Node& node, const ProposalOutcome& outcome) {
  const auto open = proposals_.find(outcome.id);
  if (open == proposals_.end()) {
    Violation("a second fate for proposal " + Str(outcome.id.value));
    return;
  }
  const std::string payload = open->second;
  proposals_.erase(open);
  fates_[payload] = outcome;
  using Fate = ProposalOutcome::Fate;
  switch (outcome.fate) {
    case Fate::kCommitted: {
      Probe("proposals committed");
      const uint64_t i = outcome.first.value;
      if (i == 0 || i > committed_.size() || committed_[i - 1].entry.payload.view() != payload) {
        Violation("proposal reported committed at " + Str(i) + " by node " + Str(node.id.value) +
                  " is not there");
        return;
      }
      acknowledged_ = std::max(acknowledged_, outcome.first);
      break;
    }
    case Fate::kDropped:
      Probe("proposals dropped");
      if (outcome.reason == ProposalOutcome::Reason::kBusy) Probe("proposals refused: busy");
      break;
    case Fate::kUnknown:
      Probe("proposals unknown");
      break;
  }
}

void RandomCluster::CheckConverged() {
  LogIndex highest;
  bool settled = false;
  for (const auto& [id, node] : nodes_) {
    const Status status = node->raft->status();
    highest = std::max(highest, status.commit);
    settled = settled || status.ready;
    if (status.recovering) Violation("node " + Str(id.value) + " was never re-admitted");
  }
  if (!settled) Violation("no leader after everything healed");
  for (const auto& [id, node] : nodes_) {
    // The workload goes on, so the last few entries may be on their way.
    if (node->applied + 30 < highest) {
      Violation("node " + Str(id.value) + " stays behind: applied " + Str(node->applied.value) +
                " of " + Str(highest.value));
    }
  }
  for (const CommittedEntry& committed : committed_) {
    const auto fate = fates_.find(std::string(committed.entry.payload.view()));
    if (fate != fates_.end() && fate->second.fate == ProposalOutcome::Fate::kDropped) {
      Violation("a proposal reported dropped is in the log at " + Str(committed.entry.index.value));
    }
  }
  const uint64_t last = committed_.empty() ? 0 : committed_.back().entry.index.value;
  probes_["entries committed"] = last;
  if (last < acknowledged_.value) Violation("acknowledged entries are missing");
}

}  // namespace jfs::raft
