#include "core/node/node.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/base/crc32c.h"
#include "core/base/overload.h"
#include "core/kv/memory_store.h"
#include "core/log/memory_disk.h"
#include "core/node/applied_row.h"
#include "core/node/calls.h"

// A few masters on perfect devices: what a node does when nothing breaks but processes. Everything
// that breaks belongs to the simulator.
namespace jfs::node {
namespace {

constexpr uint64_t kSegmentBytes = 64 << 10;

// One master's machine: the disk and the state outlive the node.
struct Machine {
  log::MemoryDisk disk{512};
  std::unique_ptr<kv::MemoryStore> store = std::make_unique<kv::MemoryStore>();
  std::map<uint64_t, std::string> checkpoints;  // one file each: the rows, encoded
  std::map<std::string, std::string> staged;
  std::vector<SnapshotFile> staged_files;
  std::unique_ptr<Node> node;
  std::vector<Input> inbox;
  Micros deadline;
  uint64_t steps = 0;
};

std::string EncodeRows(const kv::MemoryStore::Map& rows) {
  std::string out;
  Encoder encoder(&out);
  for (const auto& [key, value] : rows) {
    encoder.Bytes(key);
    encoder.Bytes(value);
  }
  return out;
}

kv::MemoryStore::Map DecodeRows(std::string_view bytes) {
  kv::MemoryStore::Map rows;
  Decoder decoder(bytes);
  while (!decoder.rest().empty()) {
    const std::string key(decoder.Bytes());
    rows[key] = std::string(decoder.Bytes());
  }
  CHECK(decoder.ok());
  return rows;
}

class Cluster {
 public:
  explicit Cluster(size_t masters, uint32_t apply_entries_per_step = 256)
      : machines_(masters), apply_entries_per_step_(apply_entries_per_step) {
    for (size_t i = 0; i < masters; ++i) Start(i);
  }

  void Start(size_t i) {
    Machine& machine = machines_[i];
    Config config;
    config.raft.self = NodeId(i + 1);
    for (size_t n = 1; n <= machines_.size(); ++n) {
      config.raft.initial_members.push_back(NodeId(n));
    }
    config.log.identity = {NodeId(i + 1), Incarnation(100 + i + 10 * ++starts_)};
    config.log.segment_bytes = kSegmentBytes;
    config.log.block_bytes = 512;
    config.flush_after_log_bytes = 2 * kSegmentBytes;
    config.raft.snapshot_pin_bytes = kSegmentBytes;
    config.raft.trailing_bytes = kSegmentBytes / 2;
    config.snapshot_chunk_bytes = 1000;
    config.apply_entries_per_step = apply_entries_per_step_;
    config.file_leases = {.soft = 60 * kSecond, .hard = 300 * kSecond};
    machine.node = std::make_unique<Node>(config, machine.store.get(), now_, starts_);
    machine.inbox.clear();
    Carry(i, machine.node->Start(now_));
  }

  // The process dies; requests under way are lost.
  void Kill(size_t i) {
    machines_[i].node.reset();
    machines_[i].disk.Crash({});
  }

  void Cut(size_t i, bool cut) { cut_[i] = cut; }

  // One turn of one master, after this time.
  void StepOnce(size_t i, Duration time) {
    now_ = now_ + time;
    Turn(i);
  }

  // Turns of all masters, time moving on when there is nothing else to do.
  void Run(Duration time) {
    const Micros end = now_ + time;
    for (;;) {
      bool busy = false;
      for (size_t i = 0; i < machines_.size(); ++i) busy = Turn(i) || busy;
      if (busy) continue;
      Micros next = end;
      for (const Machine& machine : machines_) {
        if (machine.node != nullptr) next = std::min(next, machine.deadline);
      }
      if (next >= end) break;
      now_ = std::max(next, now_ + 1);
    }
    now_ = end;
  }

  std::optional<size_t> Leader() const {
    for (size_t i = 0; i < machines_.size(); ++i) {
      if (machines_[i].node != nullptr && machines_[i].node->status().serving) return i;
    }
    return std::nullopt;
  }

  size_t AwaitLeader() {
    for (int i = 0; i < 100; ++i) {
      if (const std::optional<size_t> leader = Leader(); leader.has_value()) return *leader;
      Run(100 * kMillisecond);
    }
    std::string story;
    for (const std::string& event : events_) story += "\n  " + event;
    for (const Machine& machine : machines_) {
      if (machine.node == nullptr) continue;
      const NodeStatus status = machine.node->status();
      story += "\n  role " + std::to_string(static_cast<int>(status.raft.role)) + " term " +
               std::to_string(status.raft.term.value) + " commit " +
               std::to_string(status.raft.commit.value) + " applied " +
               std::to_string(status.raft.applied.value) + " durable " +
               std::to_string(status.raft.durable.value) + " phase " +
               std::to_string(static_cast<int>(status.phase)) + " ready " +
               std::to_string(status.raft.ready);
    }
    CHECK(false) << "no leader within 10 s" << story;
    return 0;
  }

  CallHandle Send(size_t i, ns::Operation operation) {
    ++last_call_;
    ClientCommand command{.call = last_call_};
    command.command.caller.user = "root";
    command.command.caller.superuser = true;
    command.command.operation = std::move(operation);
    machines_[i].inbox.push_back(std::move(command));
    return last_call_;
  }
  CallHandle Ask(size_t i, ns::Query query) {
    ++last_call_;
    ClientRead read{.call = last_call_};
    read.request.caller.superuser = true;
    read.request.query = std::move(query);
    machines_[i].inbox.push_back(std::move(read));
    return last_call_;
  }
  ClientReply Renew(size_t i, std::vector<std::string> holders) {
    ++last_call_;
    machines_[i].inbox.push_back(RenewLeases{last_call_, std::move(holders)});
    return Await(last_call_);
  }
  ClientReply Call(size_t i, ns::Operation operation) {
    return Await(Send(i, std::move(operation)));
  }
  ClientReply Read(size_t i, ns::Query query) { return Await(Ask(i, std::move(query))); }
  ClientReply Await(CallHandle call) {
    for (int n = 0; n < 100 && !replies_.contains(call); ++n) Run(10 * kMillisecond);
    CHECK(replies_.contains(call)) << "no answer";
    return replies_.at(call);
  }

  Machine& machine(size_t i) { return machines_[i]; }
  Node& node(size_t i) { return *machines_[i].node; }
  const std::vector<std::string>& events() const { return events_; }

 private:
  bool Turn(size_t i) {
    Machine& machine = machines_[i];
    if (machine.node == nullptr) return false;
    while (!machine.disk.under_way().empty()) {
      machine.inbox.push_back(DiskDone{machine.disk.CompleteOne(0)});
    }
    if (machine.inbox.empty() && now_ < machine.deadline) return false;
    const std::vector<Input> inbox = std::exchange(machine.inbox, {});
    ++machine.steps;
    Carry(i, machine.node->Step(now_, WallMillis(now_.value / 1000), inbox));
    return true;
  }

  void Carry(size_t i, Output out) {
    Machine& machine = machines_[i];
    ASSERT_TRUE(out.fatal.ok()) << "master " << i + 1 << ": " << out.fatal;
    machine.disk.Submit(std::move(out.disk));
    machine.deadline = out.next_deadline;
    for (SendPayload& send : out.send) {
      const size_t to = send.to.value - 1;
      if (cut_[i] || cut_[to] || machines_[to].node == nullptr) continue;
      machines_[to].inbox.push_back(PeerPayload{NodeId(i + 1), std::move(send.payload)});
    }
    for (ClientReply& reply : out.replies) {
      EXPECT_TRUE(replies_.emplace(reply.call, reply).second) << "answered twice";
    }
    for (const Event& event : out.events) events_.push_back(event.text);
    for (const Job& job : out.jobs) Carry(i, job);
  }

  void Carry(size_t i, const Job& job) {
    Machine& m = machines_[i];
    std::visit(
        Overload{
            [&](const FlushState& j) {
              m.inbox.push_back(StateFlushed{j.token, {}, (*ReadAppliedRow(*m.store))->at});
            },
            [&](const TakeCheckpoint& j) {
              std::string bytes = EncodeRows(m.store->contents());
              const SnapshotFile file{"rows", bytes.size(), Crc32c(bytes)};
              m.checkpoints[j.checkpoint] = std::move(bytes);
              m.inbox.push_back(
                  CheckpointTaken{j.token, {}, (*ReadAppliedRow(*m.store))->at, {file}});
            },
            [&](const ReadCheckpoint& j) {
              m.inbox.push_back(CheckpointRead{
                  j.token, {}, SharedBytes(m.checkpoints[j.checkpoint].substr(j.offset, j.bytes))});
            },
            [&](const DropCheckpoint& j) { m.checkpoints.erase(j.checkpoint); },
            [&](const PrepareStaging& j) {
              m.staged.clear();
              m.staged_files = j.files;
              m.inbox.push_back(
                  StagingPrepared{j.token, {}, std::vector<uint64_t>(j.files.size(), 0)});
            },
            [&](const WriteStaged& j) {
              EXPECT_EQ(m.staged[j.file].size(), j.offset);
              m.staged[j.file] += j.data.view();
              m.inbox.push_back(StagedWritten{j.token, {}});
            },
            [&](const InstallStaged& j) {
              EXPECT_EQ(Crc32c(m.staged["rows"]), m.staged_files[0].crc32c);
              m.store = std::make_unique<kv::MemoryStore>(DecodeRows(m.staged["rows"]));
              m.inbox.push_back(StagedInstalled{j.token, {}, m.store.get()});
            },
        },
        job);
  }

  std::vector<Machine> machines_;
  const uint32_t apply_entries_per_step_;
  std::map<size_t, bool> cut_;
  Micros now_{1};
  uint64_t starts_ = 0;
  CallHandle last_call_;
  std::map<CallHandle, ClientReply> replies_;
  std::vector<std::string> events_;
};

bool Succeeded(const ClientReply& reply) {
  return reply.outcome == ClientReply::Outcome::kReply && reply.reply.code == ns::Code::kOk;
}

TEST(NodeTest, AloneItServesAndRemembersAcrossARestart) {
  Cluster cluster(1);
  size_t leader = cluster.AwaitLeader();
  const ClientReply made = cluster.Call(leader, ns::Mkdirs{.path = "/a/b"});
  ASSERT_TRUE(Succeeded(made));
  EXPECT_GT(made.at.index, raft::LogIndex(0));
  cluster.Kill(0);
  cluster.Start(0);
  leader = cluster.AwaitLeader();
  const ClientReply info = cluster.Read(leader, ns::GetFileInfo{"/a/b"});
  ASSERT_TRUE(Succeeded(info));
  EXPECT_TRUE(std::holds_alternative<ns::FileStatus>(info.reply.value));
  EXPECT_TRUE(info.by_lease);
  EXPECT_GE(info.reply.position, made.reply.position);
}

TEST(NodeTest, StateLostTheLogBringsItBack) {
  Cluster cluster(1);
  ASSERT_TRUE(Succeeded(cluster.Call(cluster.AwaitLeader(), ns::Mkdirs{.path = "/a"})));
  const uint64_t hash = cluster.node(0).status().state_hash;
  cluster.Kill(0);
  *cluster.machine(0).store = kv::MemoryStore();
  cluster.Start(0);
  const size_t leader = cluster.AwaitLeader();
  EXPECT_EQ(cluster.node(0).status().state_hash, hash);
  EXPECT_TRUE(Succeeded(cluster.Read(leader, ns::GetFileInfo{"/a"})));
}

// Its state is gone, or an older copy of it is back, and the log no longer leads up to the rest.
void LoseStateBehindACompactedLog(bool older_copy) {
  Cluster cluster(3);
  size_t leader = cluster.AwaitLeader();
  ASSERT_TRUE(Succeeded(cluster.Call(leader, ns::Mkdirs{.path = "/early"})));
  const size_t victim = (leader + 1) % 3;
  cluster.Run(kSecond);
  kv::MemoryStore::Map rows;
  if (older_copy) rows = cluster.machine(victim).store->contents();
  for (int i = 0; i < 3000; ++i) {
    cluster.Send(leader, ns::Mkdirs{.path = "/d" + std::to_string(i) + std::string(100, 'x')});
    if (i % 5 == 4) cluster.Run(2 * kMillisecond);
  }
  cluster.Run(kSecond);
  ASSERT_GT(cluster.node(victim).status().raft.first_index, raft::LogIndex(10))
      << "the log was not compacted";
  cluster.Kill(victim);
  *cluster.machine(victim).store = kv::MemoryStore(std::move(rows));
  cluster.Start(victim);
  cluster.Run(1);
  // What it acknowledged is gone, so it must not count before it is admitted.
  EXPECT_TRUE(cluster.node(victim).status().raft.recovering);
  cluster.Run(10 * kSecond);
  leader = cluster.AwaitLeader();
  EXPECT_FALSE(cluster.node(victim).status().raft.recovering);
  EXPECT_GE(cluster.node(victim).status().snapshots_installed, 1u);
  EXPECT_EQ(cluster.node(victim).status().state_hash, cluster.node(leader).status().state_hash);
  // And it holds after a restart.
  cluster.Kill(victim);
  cluster.Start(victim);
  cluster.Run(5 * kSecond);
  leader = cluster.AwaitLeader();
  EXPECT_EQ(cluster.node(victim).status().state_hash, cluster.node(leader).status().state_hash);
}

TEST(NodeTest, StateLostBehindACompactedLog) { LoseStateBehindACompactedLog(false); }

TEST(NodeTest, OlderStateBehindACompactedLog) { LoseStateBehindACompactedLog(true); }

TEST(NodeTest, CommandsOfOneTurnShareAnEntry) {
  Cluster cluster(3);
  const size_t leader = cluster.AwaitLeader();
  const raft::LogIndex before = cluster.node(leader).status().raft.last_index;
  for (int i = 0; i < 10; ++i) cluster.Send(leader, ns::Mkdirs{.path = "/d" + std::to_string(i)});
  cluster.Run(50 * kMillisecond);
  EXPECT_EQ(cluster.node(leader).status().raft.last_index, before + 1);
  EXPECT_EQ(cluster.node(leader).state()->totals(1).directories, 11u);
}

TEST(NodeTest, ThreeAgreeAndGoOnWithoutTheirLeader) {
  Cluster cluster(3);
  const size_t first = cluster.AwaitLeader();
  ASSERT_TRUE(Succeeded(cluster.Call(first, ns::Mkdirs{.path = "/kept"})));
  const size_t follower = (first + 1) % 3;
  const ClientReply refused = cluster.Call(follower, ns::Mkdirs{.path = "/x"});
  EXPECT_EQ(refused.outcome, ClientReply::Outcome::kNotLeader);
  EXPECT_EQ(refused.leader, NodeId(first + 1));

  cluster.Kill(first);
  const size_t second = cluster.AwaitLeader();
  ASSERT_NE(second, first);
  EXPECT_TRUE(Succeeded(cluster.Read(second, ns::GetFileInfo{"/kept"})));
  ASSERT_TRUE(Succeeded(cluster.Call(second, ns::Mkdirs{.path = "/later"})));
  cluster.Start(first);
  cluster.Run(5 * kSecond);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(cluster.node(i).status().state_hash, cluster.node(second).status().state_hash) << i;
    EXPECT_EQ(cluster.node(i).status().raft.applied, cluster.node(second).status().raft.applied)
        << i;
  }
}

TEST(NodeTest, WhateverIsLongInACommandCountsAgainstItsLimit) {
  Cluster cluster(1);
  const size_t leader = cluster.AwaitLeader();
  const std::string name(8 << 20, 'n');
  const std::vector<ns::Operation> large = {
      ns::Append{.path = "/f", .client_name = name},
      ns::RecoverLease{"/f", name},
      ns::Truncate{.path = "/f", .client_name = name},
      ns::RemoveXAttr{"/f", {ns::XAttrNamespace::kUser, name}},
      ns::Mkdirs{.path = "/" + name},
  };
  for (const ns::Operation& operation : large) {
    EXPECT_EQ(cluster.Call(leader, operation).outcome, ClientReply::Outcome::kTooLarge)
        << operation.index();
  }
  // Many that just fit become many entries.
  const raft::LogIndex before = cluster.node(leader).status().raft.applied;
  std::vector<CallHandle> calls;
  for (int i = 0; i < 8; ++i) {
    calls.push_back(cluster.Send(leader, ns::RecoverLease{"/f", std::string(600 << 10, 'n')}));
  }
  for (const CallHandle call : calls) {
    EXPECT_EQ(cluster.Await(call).outcome, ClientReply::Outcome::kReply);
  }
  EXPECT_GE(cluster.node(leader).status().raft.applied, before + 8);
}

TEST(NodeTest, ManyReadsAtOnceTakeManySteps) {
  Cluster cluster(1);
  const size_t leader = cluster.AwaitLeader();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(Succeeded(cluster.Call(leader, ns::Mkdirs{.path = "/d" + std::to_string(i)})));
  }
  std::vector<CallHandle> calls;
  for (int i = 0; i < 1000; ++i) calls.push_back(cluster.Ask(leader, ns::GetListing{"/"}));
  const uint64_t before = cluster.machine(leader).steps;
  for (const CallHandle call : calls) EXPECT_TRUE(Succeeded(cluster.Await(call)));
  EXPECT_GE(cluster.machine(leader).steps, before + 10);
}

TEST(NodeTest, ASilentWriterLosesItsFileToAnotherClient) {
  Cluster cluster(1);
  const size_t leader = cluster.AwaitLeader();
  ASSERT_TRUE(Succeeded(cluster.Call(leader, ns::Create{.path = "/f", .client_name = "w"})));
  const ns::Append append{.path = "/f", .client_name = "v"};
  EXPECT_EQ(cluster.Call(leader, append).reply.code, ns::Code::kAlreadyBeingCreated);
  cluster.Run(50 * kSecond);
  EXPECT_EQ(cluster.Renew(leader, {"w"}).outcome, ClientReply::Outcome::kReply);
  cluster.Run(50 * kSecond);
  // A client cannot bring a verdict of its own.
  ns::Append pushy = append;
  pushy.expired_lease = 1;
  EXPECT_EQ(cluster.Call(leader, pushy).reply.code, ns::Code::kAlreadyBeingCreated);
  cluster.Run(20 * kSecond);
  EXPECT_TRUE(Succeeded(cluster.Call(leader, append)));
}

TEST(NodeTest, TheMasterClosesWhatIsAbandoned) {
  Cluster cluster(3);
  size_t leader = cluster.AwaitLeader();
  const auto closed = [&](const char* path) {
    return cluster.Read(leader, ns::IsFileClosed{path}).reply.value == ns::Value(ns::Truth{true});
  };
  ASSERT_TRUE(Succeeded(cluster.Call(leader, ns::Create{.path = "/f", .client_name = "w"})));
  ASSERT_TRUE(Succeeded(cluster.Call(leader, ns::Create{.path = "/g", .client_name = "v"})));
  for (int i = 0; i < 8; ++i) {
    cluster.Run(40 * kSecond);
    EXPECT_EQ(cluster.Renew(leader, {"v"}).outcome, ClientReply::Outcome::kReply);
  }
  EXPECT_TRUE(closed("/f"));
  EXPECT_FALSE(closed("/g"));
  // A new leader does not know how long the writers have been silent.
  cluster.Run(200 * kSecond);
  cluster.Kill(leader);
  leader = cluster.AwaitLeader();
  cluster.Run(250 * kSecond);
  EXPECT_FALSE(closed("/g"));
  cluster.Run(60 * kSecond);
  EXPECT_TRUE(closed("/g"));
}

TEST(NodeTest, ReadingAFileMovesItsAccessTimeOncePerPrecision) {
  Cluster cluster(1);
  const size_t leader = cluster.AwaitLeader();
  ASSERT_TRUE(Succeeded(cluster.Call(leader, ns::ImportFile{.path = "/f"})));
  EXPECT_TRUE(Succeeded(cluster.Read(leader, ns::GetBlockLocations{"/f"})));
  cluster.Run(kSecond);
  const auto atime = [&] {
    const ns::Reply info = cluster.Read(leader, ns::GetFileInfo{"/f"}).reply;
    return std::get<ns::FileStatus>(info.value).atime.value;
  };
  EXPECT_EQ(atime(), 0u) << "not yet an hour old";
  cluster.Run(3700 * kSecond);
  cluster.Ask(leader, ns::GetBlockLocations{"/f"});
  cluster.Ask(leader, ns::GetBlockLocations{"/f"});
  cluster.Run(kSecond);
  EXPECT_GT(atime(), 3600u * 1000);
}

TEST(NodeTest, TheLaggardGetsASnapshotAndCatchesUp) {
  Cluster cluster(3);
  const size_t leader = cluster.AwaitLeader();
  const size_t laggard = (leader + 1) % 3;
  cluster.Cut(laggard, true);
  for (int i = 0; i < 3000; ++i) {
    cluster.Send(leader, ns::Mkdirs{.path = "/d" + std::to_string(i) + std::string(100, 'x')});
    if (i % 5 == 4) cluster.Run(2 * kMillisecond);
  }
  cluster.Run(kSecond);
  ASSERT_GT(cluster.node(leader).status().raft.first_index, raft::LogIndex(1))
      << "the log was not compacted";
  cluster.Cut(laggard, false);
  cluster.Run(10 * kSecond);
  EXPECT_GE(cluster.node(laggard).status().snapshots_installed, 1u);
  EXPECT_EQ(cluster.node(laggard).status().state_hash, cluster.node(leader).status().state_hash);
  EXPECT_EQ(cluster.node(laggard).status().raft.applied,
            cluster.node(leader).status().raft.applied);
  // And it holds after a restart: log and state are in step on its disk.
  cluster.Kill(laggard);
  cluster.Start(laggard);
  cluster.Run(5 * kSecond);
  EXPECT_EQ(cluster.node(laggard).status().state_hash, cluster.node(leader).status().state_hash);
}

TEST(NodeTest, AnEmptyDiskIsAdmittedAgain) {
  Cluster cluster(3);
  size_t leader = cluster.AwaitLeader();
  ASSERT_TRUE(Succeeded(cluster.Call(leader, ns::Mkdirs{.path = "/kept"})));
  const size_t victim = (leader + 1) % 3;
  cluster.Kill(victim);
  cluster.machine(victim).disk.files().clear();
  *cluster.machine(victim).store = kv::MemoryStore();
  cluster.Start(victim);
  cluster.Run(10 * kSecond);
  leader = cluster.AwaitLeader();
  const NodeStatus status = cluster.node(victim).status();
  EXPECT_FALSE(status.raft.recovering);
  EXPECT_EQ(status.state_hash, cluster.node(leader).status().state_hash);
  // It counts: the cluster works without the third.
  const size_t third = 3 - leader - victim;
  cluster.Kill(third);
  leader = cluster.AwaitLeader();
  EXPECT_TRUE(Succeeded(cluster.Call(leader, ns::Mkdirs{.path = "/after"})));
}

TEST(NodeTest, TheLogStaysShortHoweverLongItRuns) {
  Cluster cluster(1);
  const size_t leader = cluster.AwaitLeader();
  uint64_t most = 0;
  for (int i = 0; i < 6000; ++i) {
    cluster.Send(leader, ns::Mkdirs{.path = "/d" + std::to_string(i) + std::string(100, 'x')});
    if (i % 5 != 4) continue;
    cluster.Run(2 * kMillisecond);
    most = std::max(most, cluster.node(leader).status().log_bytes);
  }
  // What makes a flush due, what is kept below it, and a segment at either end.
  EXPECT_LE(most, 6 * kSegmentBytes);
}

// Leaves the second subtree waiting for its turn.
void DeleteTwice(Cluster* cluster, size_t leader) {
  ASSERT_TRUE(Succeeded(cluster->Call(leader, ns::Mkdirs{.path = "/a/b"})));
  ASSERT_TRUE(Succeeded(cluster->Call(leader, ns::Mkdirs{.path = "/c/d"})));
  cluster->Send(leader, ns::Delete{.path = "/a", .recursive = true});
  cluster->Run(kMillisecond);
  cluster->Send(leader, ns::Delete{.path = "/c", .recursive = true});
  cluster->Run(kMillisecond);
  ASSERT_TRUE(cluster->node(leader).state()->deletes_pending());
}

TEST(NodeTest, WaitingForAMajorityTakesNoSteps) {
  Cluster cluster(3);
  const size_t leader = cluster.AwaitLeader();
  DeleteTwice(&cluster, leader);
  cluster.Cut(leader, true);
  const uint64_t before = cluster.machine(leader).steps;
  cluster.Run(500 * kMillisecond);
  EXPECT_LT(cluster.machine(leader).steps - before, 100u) << "heartbeats and little else";
}

TEST(NodeTest, RefusedDeletesAreFinishedLater) {
  Cluster cluster(3);
  const size_t leader = cluster.AwaitLeader();
  cluster.machine((leader + 1) % 3).inbox.push_back(DiskSpace{true});
  cluster.Run(300 * kMillisecond);
  DeleteTwice(&cluster, leader);
  cluster.machine(leader).inbox.push_back(DiskSpace{true});
  cluster.Run(10 * kMillisecond);
  cluster.machine(leader).inbox.push_back(DiskSpace{false});
  cluster.Run(3 * kSecond);
  EXPECT_FALSE(cluster.node(leader).state()->deletes_pending());
}

TEST(NodeTest, DutiesGoOnWhileApplyingTrailsWhatIsCommitted) {
  Cluster cluster(1, /*apply_entries_per_step=*/1);
  const size_t leader = cluster.AwaitLeader();
  ASSERT_TRUE(Succeeded(cluster.Call(leader, ns::Mkdirs{.path = "/a/b"})));
  ASSERT_TRUE(Succeeded(cluster.Call(leader, ns::Mkdirs{.path = "/c/d"})));
  bool pending = false;
  bool finished = false;
  uint64_t least_behind = UINT64_MAX;
  for (int step = 0; step < 200 && !finished; ++step) {
    // More than fit into one entry.
    for (int i = 0; i < 1100; ++i) cluster.Send(leader, ns::Mkdirs{.path = "/x"});
    if (step == 20) {
      cluster.Send(leader, ns::Delete{.path = "/a", .recursive = true});
      cluster.Send(leader, ns::Delete{.path = "/c", .recursive = true});
    }
    cluster.StepOnce(leader, 20 * kMillisecond);
    if (step < 20) continue;
    const NodeStatus status = cluster.node(leader).status();
    least_behind = std::min(least_behind, status.raft.commit.value - status.raft.applied.value);
    const bool left = cluster.node(leader).state()->deletes_pending();
    finished = pending && !left;
    pending = pending || left;
  }
  EXPECT_GT(least_behind, 0u) << "this is no load";
  EXPECT_TRUE(finished);
}

TEST(NodeTest, LowDiskSpaceSaidDuringRecoveryIsRemembered) {
  Cluster cluster(1);
  ASSERT_EQ(cluster.node(0).status().phase, Phase::kRecovering);
  cluster.machine(0).inbox.push_back(DiskSpace{true});
  cluster.Run(3 * kSecond);
  ASSERT_EQ(cluster.node(0).status().phase, Phase::kRunning);
  EXPECT_TRUE(cluster.node(0).status().raft.disk_low);
}

TEST(NodeTest, ANamespaceThatIsNotYetThereIsNoError) {
  Cluster cluster(1);
  const size_t leader = cluster.AwaitLeader();
  CallHandle call(1'000'000);
  ClientCommand command{.call = call};
  command.command.ns = 0;
  command.command.operation = ns::Mkdirs{.path = "/a"};
  cluster.machine(leader).inbox.push_back(std::move(command));
  EXPECT_EQ(cluster.Await(call).outcome, ClientReply::Outcome::kNotReady);
  ++call;
  ClientRead read{.call = call};
  read.request.ns = 0;
  read.request.query = ns::GetFileInfo{"/"};
  cluster.machine(leader).inbox.push_back(std::move(read));
  EXPECT_EQ(cluster.Await(call).outcome, ClientReply::Outcome::kNotReady);
}

TEST(CallsTest, CallsAreDecidedInTheOrderInWhichTheyCame) {
  using Fate = raft::ProposalOutcome::Fate;
  Calls calls({.commands = 2, .command_bytes = 1000});
  Output out;
  const auto add = [&](size_t bytes) {
    ClientCommand call{.call = CallHandle(calls.next_number())};
    call.command.operation = ns::Mkdirs{.path = std::string(bytes, 'x')};
    calls.Add(call, &out);
  };
  EXPECT_EQ(calls.next_number(), 1u);
  EXPECT_EQ(calls.decided_through(), 0u);
  add(2000);  // too large: refused at once
  EXPECT_EQ(calls.decided_through(), 1u);
  for (int i = 0; i < 3; ++i) add(1);
  calls.AddInternal(ns::Advance{});
  EXPECT_EQ(calls.next_number(), 6u);
  EXPECT_EQ(calls.decided_through(), 1u);
  const raft::ProposalId first = calls.NextProposal(WallMillis(1), 0).id;   // 2 and 3
  const raft::ProposalId second = calls.NextProposal(WallMillis(1), 0).id;  // 4 and 5
  add(1);                                                                   // 6
  calls.OnOutcome({.id = second, .fate = Fate::kDropped}, NodeId(1), &out);
  EXPECT_EQ(calls.decided_through(), 1u);
  calls.OnOutcome(
      {.id = first, .fate = Fate::kCommitted, .term = raft::Term(1), .first = raft::LogIndex(7)},
      NodeId(1), &out);
  EXPECT_EQ(calls.decided_through(), 1u) << "committed is not applied";
  calls.OnApplied({raft::LogIndex(7), raft::Term(1)}, std::vector<ns::Reply>(2), &out);
  EXPECT_EQ(calls.decided_through(), 5u);
  calls.RefuseWaiting(ClientReply::Outcome::kNotLeader, NodeId(2), &out);
  EXPECT_EQ(calls.decided_through(), 6u);
}

TEST(CallsTest, AnswersThatASnapshotJumpsOverAreUnknown) {
  Calls calls{BatchLimits()};
  Output out;
  std::vector<Calls::Proposal> proposals;
  for (uint64_t i = 1; i <= 2; ++i) {
    calls.Add(ClientCommand{.call = CallHandle(i), .command = {.operation = ns::Mkdirs{"/a"}}},
              &out);
    proposals.push_back(calls.NextProposal(WallMillis(1), 0));
    calls.OnOutcome({.id = proposals.back().id,
                     .fate = raft::ProposalOutcome::Fate::kCommitted,
                     .term = raft::Term(1),
                     .first = raft::LogIndex(10 * i)},
                    NodeId(1), &out);
  }
  ASSERT_TRUE(out.replies.empty());
  calls.OnInstalled({raft::LogIndex(15), raft::Term(2)}, &out);
  ASSERT_EQ(out.replies.size(), 1u);
  EXPECT_EQ(out.replies[0].call, CallHandle(1));
  EXPECT_EQ(out.replies[0].outcome, ClientReply::Outcome::kUnknown);
  calls.OnApplied({raft::LogIndex(20), raft::Term(1)}, {ns::Reply()}, &out);
  ASSERT_EQ(out.replies.size(), 2u);
  EXPECT_EQ(out.replies[1].call, CallHandle(2));
}

TEST(NodeTest, DrainHandsLeadershipOver) {
  Cluster cluster(3);
  const size_t first = cluster.AwaitLeader();
  ASSERT_TRUE(Succeeded(cluster.Call(first, ns::Mkdirs{.path = "/a"})));
  cluster.machine(first).inbox.push_back(Drain{});
  cluster.Run(300 * kMillisecond);
  const std::optional<size_t> second = cluster.Leader();
  ASSERT_TRUE(second.has_value()) << "handing over takes no election timeout";
  EXPECT_NE(*second, first);
}

}  // namespace
}  // namespace jfs::node
