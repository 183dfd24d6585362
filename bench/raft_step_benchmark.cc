#include <benchmark/benchmark.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/check.h"
#include "core/raft/raft.h"

// What Raft itself costs per entry on a leader and on a follower: no encoding, no network, no disk.
// Three peers form and elect in memory; then single ones are stepped with what production would
// give them.
namespace jfs::raft {
namespace {

constexpr int kNodes = 3;

class Cluster {
 public:
  Cluster() {
    for (uint64_t i = 1; i <= kNodes; ++i) {
      Config config;
      config.self = NodeId(i);
      config.incarnation = Incarnation(10 + i);
      for (uint64_t j = 1; j <= kNodes; ++j) config.initial_members.push_back(NodeId(j));
      peers_.push_back(std::make_unique<Raft>(config, Recovered(), now_, i));
    }
    while (leader_ == nullptr) {
      now_ = now_ + kMillisecond;
      for (auto& peer : peers_) {
        Step(*peer, Tick{});
        Deliver();
      }
      for (auto& peer : peers_) {
        if (peer->status().ready) leader_ = peer.get();
      }
    }
  }

  Raft& leader() { return *leader_; }
  Raft& peer(NodeId node) { return *peers_[node.value - 1]; }

  // One step, its order to the disk done at once, what it commits applied at once; everything it
  // sends waits in messages().
  void Step(Raft& peer, const Input& input) {
    Output output = peer.Step(now_, input);
    for (Message& message : output.send) messages_.push_back(std::move(message));
    for (Message& message : output.after_durable) messages_.push_back(std::move(message));
    if (output.persist.has_value()) {
      Durable durable{.token = output.persist->token};
      if (!output.persist->entries.empty()) {
        durable.term = output.persist->entries.back().term;
        durable.last = output.persist->entries.back().index;
      }
      Step(peer, durable);
    }
    if (!output.committed.empty()) {
      Step(peer, Applied{LogIndex(output.committed.end.value - 1)});
    }
  }

  void Deliver() {
    while (!messages_.empty()) {
      Message message = std::move(messages_.front());
      messages_.pop_front();
      Raft& to = peer(message.to);
      Step(to, Received{std::move(message)});
    }
  }

  std::deque<Message>& messages() { return messages_; }

 private:
  Micros now_{1'000'000};
  std::vector<std::unique_ptr<Raft>> peers_;
  Raft* leader_ = nullptr;
  std::deque<Message> messages_;
};

// A batch of commands is one entry, as core/node makes it: proposed, written, acknowledged by both
// followers, committed, applied.
void BM_LeaderEntry(benchmark::State& state) {
  Cluster cluster;
  const SharedBytes payload(std::string(static_cast<size_t>(state.range(0)), 'x'));
  uint64_t id = 0;
  for (auto _ : state) {
    cluster.Step(cluster.leader(), Proposed{ProposalId(++id), {payload}});
    state.PauseTiming();
    // The followers' part, to have their real answers.
    std::deque<Message> requests = std::exchange(cluster.messages(), {});
    for (Message& message : requests) {
      Raft& follower = cluster.peer(message.to);
      cluster.Step(follower, Received{std::move(message)});
    }
    std::deque<Message> answers = std::exchange(cluster.messages(), {});
    state.ResumeTiming();
    for (Message& message : answers) {
      cluster.Step(cluster.leader(), Received{std::move(message)});
    }
    state.PauseTiming();
    cluster.Deliver();
    state.ResumeTiming();
  }
  CHECK(cluster.leader().status().commit.value > id) << "the entries were not committed";
  state.SetItemsProcessed(static_cast<int64_t>(id));
}
BENCHMARK(BM_LeaderEntry)->Arg(200)->Arg(64 << 10);

// The same on a follower: one append with one entry, taken, written, acknowledged; it commits the
// entry before it.
void BM_FollowerAppend(benchmark::State& state) {
  Cluster cluster;
  const SharedBytes payload(std::string(static_cast<size_t>(state.range(0)), 'x'));
  uint64_t id = 0;
  for (auto _ : state) {
    state.PauseTiming();
    cluster.Step(cluster.leader(), Proposed{ProposalId(++id), {payload}});
    Message append = std::move(cluster.messages().front());
    cluster.messages().pop_front();
    CHECK(std::holds_alternative<AppendRequest>(append.body));
    Raft& follower = cluster.peer(append.to);
    state.ResumeTiming();
    cluster.Step(follower, Received{std::move(append)});
    state.PauseTiming();
    cluster.Deliver();
    state.ResumeTiming();
  }
  CHECK(cluster.leader().status().commit.value > id) << "the entries were not committed";
  state.SetItemsProcessed(static_cast<int64_t>(id));
}
BENCHMARK(BM_FollowerAppend)->Arg(200)->Arg(64 << 10);

}  // namespace
}  // namespace jfs::raft
