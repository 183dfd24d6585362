#include "core/raft/scenario_harness.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "core/base/check.h"
#include "core/raft/formation.h"
#include "core/raft/text.h"

namespace jfs::raft {
namespace {

uint64_t Number(const std::string& word) {
  uint64_t value = 0;
  if (!absl::SimpleAtoi(word, &value)) throw std::runtime_error("not a number: " + word);
  return value;
}

// A direction between two nodes; nobody stands for anybody.
struct Ends {
  NodeId from;
  NodeId to;
};

// "1->2", or every direction if there is no such word.
Ends Link(const std::vector<std::string>& words) {
  if (words.size() < 2) return {};
  const std::vector<std::string> ends = absl::StrSplit(words[1], "->");
  if (ends.size() != 2) return {};
  return {.from = NodeId(Number(ends[0])), .to = NodeId(Number(ends[1]))};
}

bool Matches(const Message& message, const Ends& link) {
  if (link.from != NodeId{} && message.from.node != link.from) return false;
  return link.to == NodeId{} || message.to == link.to;
}

}  // namespace

struct ScenarioHarness::Peer {
  Member member;
  Recovered disk;  // what is durable
  std::unique_ptr<Raft> raft;
  uint64_t runs = 0;
  Duration election_timeout = 0;  // 0: as everybody's
  std::deque<Persist> orders;
  PersistToken completed;
  std::deque<std::pair<PersistToken, Message>> held;
  Micros deadline;
  Position state;  // of the state machine
};

ScenarioHarness::ScenarioHarness(Mutations mutations, bool check_invariants) : now_(10 * kSecond) {
  config_.mutations = mutations;
  config_.check_invariants = check_invariants;
}
ScenarioHarness::~ScenarioHarness() = default;

ScenarioHarness::Peer& ScenarioHarness::At(const std::string& word) {
  const auto found = peers_.find(NodeId(Number(word)));
  if (found == peers_.end()) throw std::runtime_error("no node " + word);
  return *found->second;
}

void ScenarioHarness::Build(const std::vector<std::string>& words, bool formed) {
  std::vector<Member> members;
  for (uint64_t i = 1; i <= Number(words.at(1)); ++i) {
    auto peer = std::make_unique<Peer>();
    peer->member = {.node = NodeId(i), .incarnation = Incarnation(++incarnations_)};
    members.push_back(peer->member);
    config_.initial_members.push_back(NodeId(i));
    peers_.emplace(NodeId(i), std::move(peer));
  }
  for (size_t i = 2; i < words.size(); ++i) {
    const std::vector<std::string> option = absl::StrSplit(words[i], '=');
    const uint64_t value = Number(option.at(1));
    if (option[0] == "uncommitted-bytes") config_.uncommitted_bytes = value;
    if (option[0] == "unstable-bytes") config_.unstable_bytes = value;
    if (option[0] == "in-flight-messages") config_.in_flight_messages = value;
    if (option[0] == "append-bytes") config_.append_bytes = value;
    if (option[0] == "slow-disk-ms") config_.slow_disk = value * kMillisecond;
    if (option[0] == "trailing-bytes") config_.trailing_bytes = value;
  }
  if (formed) {
    for (auto& [id, peer] : peers_) peer->disk.hard_state.membership = MakeRecord(members);
  }
}

void ScenarioHarness::Start(Peer& peer, bool damaged) {
  Config config = config_;
  config.self = peer.member.node;
  config.incarnation = peer.member.incarnation;
  if (peer.election_timeout != 0) config.election_timeout = peer.election_timeout;
  Recovered recovered = peer.disk;
  recovered.damaged = damaged;
  recovered.applied = std::max(recovered.applied, recovered.base.index);
  peer.orders.clear();
  peer.held.clear();
  peer.completed = PersistToken{};
  ++peer.runs;
  const uint64_t seed = peer.member.incarnation.value * 1000 + peer.runs;
  peer.raft = std::make_unique<Raft>(config, std::move(recovered), now_, seed);
  peer.deadline = now_;
}

void ScenarioHarness::Step(Peer& peer, const Input& input) {
  if (!peer.raft) return;
  const Status before = peer.raft->status();
  Output output = peer.raft->Step(now_, input);
  const Status after = peer.raft->status();
  if (!quiet_ && (before.role != after.role || before.term != after.term)) {
    absl::StrAppend(&text_, "node ", peer.member.node.value, ": ", ToText(after.role), " of term ",
                    after.term.value, "\n");
  }
  Absorb(peer, std::move(output));
}

void ScenarioHarness::Absorb(Peer& peer, Output output) {
  if (!quiet_) {
    const std::string happened = ToText(output);
    const std::vector<std::string> lines = absl::StrSplit(happened, '\n', absl::SkipEmpty());
    for (const std::string& line : lines) {
      absl::StrAppend(&text_, "  ", peer.member.node.value, ": ", line, "\n");
    }
  }
  peer.deadline = output.next_deadline;
  if (output.persist) peer.orders.push_back(*output.persist);
  for (Message& message : output.send) messages_.push_back(std::move(message));
  for (Message& message : output.after_durable) {
    if (output.after <= peer.completed) {
      messages_.push_back(std::move(message));
    } else {
      peer.held.emplace_back(output.after, std::move(message));
    }
  }
  if (output.compact_below != LogIndex{}) {
    auto& entries = peer.disk.entries;
    while (!entries.empty() && entries.front().index < output.compact_below) {
      entries.erase(entries.begin());
    }
    peer.disk.base = {.index = output.compact_below - 1, .term = output.compact_term};
  }
  // The state machines of scenarios are quick.
  if (!output.committed.empty()) {
    const LogIndex last = output.committed.end - 1;
    peer.state = {.index = last, .term = peer.raft->entry(last)->term};
    Step(peer, Applied{last});
  }
  if (auto_disks_) Complete(peer, peer.orders.size());
}

void ScenarioHarness::Complete(Peer& peer, size_t count) {
  while (count-- > 0 && !peer.orders.empty()) {
    const Persist order = peer.orders.front();
    peer.orders.pop_front();
    Recovered& disk = peer.disk;
    if (order.hard_state) disk.hard_state = *order.hard_state;
    if (order.reset_to) {
      disk.base = *order.reset_to;
      disk.entries.clear();
    }
    while (order.truncate_from && !disk.entries.empty() &&
           disk.entries.back().index >= *order.truncate_from) {
      disk.entries.pop_back();
    }
    for (const Entry& entry : order.entries) disk.entries.push_back(entry);
    Durable durable = {.token = order.token};
    if (!order.entries.empty()) {
      durable.term = order.entries.back().term;
      durable.last = order.entries.back().index;
    }
    peer.completed = order.token;
    while (!peer.held.empty() && peer.held.front().first <= peer.completed) {
      messages_.push_back(std::move(peer.held.front().second));
      peer.held.pop_front();
    }
    Step(peer, durable);
  }
}

void ScenarioHarness::Deliver(size_t position) {
  const Message message = messages_[position];
  messages_.erase(messages_.begin() + static_cast<ptrdiff_t>(position));
  const auto found = peers_.find(message.to);
  if (found == peers_.end() || !found->second->raft) return;
  if (isolated_ == message.to || isolated_ == message.from.node) return;
  if (!quiet_) absl::StrAppend(&text_, "> ", ToText(message), "\n");
  Step(*found->second, Received{message});
}

void ScenarioHarness::DeliverAll() {
  for (int i = 0; i < 10'000 && !messages_.empty(); ++i) Deliver(0);
}

void ScenarioHarness::Settle(Duration duration) {
  quiet_ = true;
  const Micros end = now_ + duration;
  while (now_ < end) {
    now_ = now_ + 5 * kMillisecond;
    for (auto& [id, peer] : peers_) {
      if (!peer->raft) continue;
      if (auto_disks_) Complete(*peer, peer->orders.size());
      if (now_ >= peer->deadline) Step(*peer, Tick{});
    }
    DeliverAll();
  }
  quiet_ = false;
}

void ScenarioHarness::Show(const Peer& peer) {
  absl::StrAppend(&text_, "node ", peer.member.node.value, "/", peer.member.incarnation.value,
                  ": ");
  if (!peer.raft) {
    absl::StrAppend(&text_, "down\n");
    return;
  }
  const Status status = peer.raft->status();
  absl::StrAppend(&text_, ToText(status.role), " term ", status.term.value, " leader ",
                  status.leader.value, " commit ", status.commit.value, " durable ",
                  status.durable.value, status.recovering ? " recovering" : "", " log ",
                  status.first_index.value - 1, "|");
  for (LogIndex i = status.first_index; i <= status.last_index; ++i) {
    const Entry* entry = peer.raft->entry(i);
    absl::StrAppend(&text_, entry == nullptr ? "-" : absl::StrCat(entry->term.value), " ");
  }
  if (text_.back() == ' ') text_.pop_back();
  text_ += "\n";
}

std::string ScenarioHarness::Run(const std::string& command) {
  text_.clear();
  const std::vector<std::string> words = absl::StrSplit(command, ' ', absl::SkipEmpty());
  const std::string& verb = words.at(0);
  const auto node = [&]() -> Peer& { return At(words.at(1)); };
  const auto count = [&](size_t word) {
    return words.size() > word ? Number(words[word]) : uint64_t{100'000};
  };
  if (verb == "cluster" || verb == "blank") {
    Build(words, verb == "cluster");
  } else if (verb == "log") {
    Recovered& disk = node().disk;
    for (size_t i = 2; i < words.size(); ++i) {
      const Term term(Number(words[i]));
      const LogIndex index(disk.entries.size() + 1);
      disk.entries.push_back({.term = term,
                              .index = index,
                              .kind = EntryKind::kCommand,
                              .payload = SharedBytes(absl::StrCat(index.value, "@", term.value))});
      disk.hard_state.term = std::max(disk.hard_state.term, term);
    }
  } else if (verb == "start") {
    for (auto& [id, peer] : peers_) {
      if (!peer->raft) Start(*peer, false);
    }
  } else if (verb == "election-timeout") {
    node().election_timeout = Number(words.at(2)) * kMillisecond;
  } else if (verb == "elapse") {
    now_ = now_ + Number(words.at(1)) * kMillisecond;
  } else if (verb == "tick") {
    Step(node(), Tick{});
  } else if (verb == "campaign" || verb == "elect") {
    now_ = std::max(now_ + 2 * config_.election_timeout, node().deadline);
    Step(node(), Tick{});
    if (verb == "elect") DeliverAll();
  } else if (verb == "deliver") {
    const Ends link = Link(words);
    if (words.size() < 2) DeliverAll();
    uint64_t left = words.size() < 2 ? 0 : count(2);
    for (size_t i = 0; i < messages_.size() && left > 0;) {
      if (!Matches(messages_[i], link)) {
        ++i;
        continue;
      }
      --left;
      Deliver(i);
    }
  } else if (verb == "inject") {
    Peer& from = node();
    AppendRequest request = {.previous_index = LogIndex(Number(words.at(4))),
                             .previous_term = Term(Number(words.at(5))),
                             .commit = LogIndex(Number(words.at(6)))};
    for (size_t i = 7; i < words.size(); ++i) {
      const Term term(Number(words[i]));
      const LogIndex index = request.previous_index + 1 + request.entries.size();
      request.entries.push_back(
          {.term = term,
           .index = index,
           .kind = EntryKind::kCommand,
           .payload = SharedBytes(absl::StrCat(index.value, "@", term.value))});
    }
    messages_.push_back({.from = from.member,
                         .to = At(words.at(2)).member.node,
                         .cluster = from.disk.hard_state.membership.cluster,
                         .term = Term(Number(words.at(3))),
                         .body = std::move(request)});
    Deliver(messages_.size() - 1);
  } else if (verb == "drop") {
    const Ends link = Link(words);
    std::deque<Message> kept;
    for (const Message& message : messages_) {
      if (!Matches(message, link)) kept.push_back(message);
    }
    messages_ = std::move(kept);
  } else if (verb == "duplicate") {
    const std::deque<Message> copy = messages_;
    for (const Message& message : copy) {
      if (Matches(message, Link(words))) messages_.push_back(message);
    }
  } else if (verb == "reorder") {
    std::reverse(messages_.begin(), messages_.end());
  } else if (verb == "durable") {
    Complete(node(), count(2));
  } else if (verb == "disks") {
    auto_disks_ = words.at(1) == "auto";
  } else if (verb == "propose") {
    Proposed proposed = {.id = ProposalId(Number(words.at(2)))};
    proposed.commands.emplace_back(std::string(words.size() > 3 ? Number(words[3]) : 1, 'x'));
    Step(node(), proposed);
  } else if (verb == "read") {
    const bool lease = words.at(3) == "lease";
    Step(node(), ReadRequested{
                     .id = ReadId(Number(words.at(2))),
                     .kind = lease ? ReadRequested::Kind::kLease : ReadRequested::Kind::kConfirm});
  } else if (verb == "transfer") {
    Step(node(), TransferLeadership{.to = NodeId(Number(words.at(2)))});
  } else if (verb == "disk-space") {
    Step(node(), DiskSpace{.low = words.at(2) == "low"});
  } else if (verb == "crash") {
    node().raft.reset();
  } else if (verb == "restart") {
    Start(node(), words.size() > 2);
    Step(node(), Tick{});
  } else if (verb == "wipe") {
    Peer& peer = node();
    peer.raft.reset();
    peer.disk = Recovered{};
    peer.state = Position{};
    peer.member.incarnation = Incarnation(++incarnations_);
  } else if (verb == "rot") {
    Peer& peer = node();
    peer.raft.reset();
    for (uint64_t i = 0; i < count(2); ++i) peer.disk.entries.pop_back();
  } else if (verb == "flush") {
    Peer& peer = node();
    peer.disk.applied = peer.state.index;
    Step(peer, StateDurable{peer.state});
  } else if (verb == "snapshot") {
    Peer& from = node();
    Peer& to = At(words.at(2));
    const Position at = from.state;
    to.state = at;
    to.disk.applied = at.index;
    Step(to, SnapshotInstalled{.at = at, .membership = from.raft->status().membership});
    Step(from, SnapshotSent{.to = to.member.node, .ok = true, .at = at});
  } else if (verb == "isolate") {
    isolated_ = node().member.node;
  } else if (verb == "heal") {
    isolated_ = NodeId{};
  } else if (verb == "settle") {
    Settle(Number(words.at(1)) * kMillisecond);
  } else if (verb == "show") {
    for (const auto& [id, peer] : peers_) {
      if (words.size() == 1 || id.value == Number(words[1])) Show(*peer);
    }
  } else if (verb == "lease") {
    text_ = node().raft->LeaseValid(now_) ? "valid\n" : "not valid\n";
  } else {
    throw std::runtime_error("unknown command: " + verb);
  }
  return text_;
}

std::string ReplayScenario(const std::string& text, Mutations mutations, bool check_invariants) {
  ScenarioHarness harness(mutations, check_invariants);
  std::string result;
  const std::vector<std::string> blocks = absl::StrSplit(text, "\n\n");
  for (const std::string& block : blocks) {
    std::string commands;
    std::string happened;
    bool any = false;
    const std::vector<std::string> lines = absl::StrSplit(block, '\n', absl::SkipEmpty());
    for (const std::string& line : lines) {
      if (line == "----") break;
      absl::StrAppend(&commands, line, "\n");
      if (absl::StartsWith(line, "#")) continue;
      any = true;
      absl::StrAppend(&happened, harness.Run(line));
    }
    if (commands.empty()) continue;
    if (!result.empty()) result += "\n";
    result += commands;
    if (any) absl::StrAppend(&result, "----\n", happened.empty() ? "nothing\n" : happened);
  }
  return result;
}

}  // namespace jfs::raft
