#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "core/base/overload.h"
#include "core/base/random.h"
#include "core/node/snapshot_receiver.h"
#include "core/node/snapshot_sender.h"
#include "core/node/snapshot_wire.h"

namespace jfs::node {
namespace {

constexpr NodeId kLeader(1), kFollower(2);
constexpr raft::Position kAt{raft::LogIndex(10), raft::Term(3)};

// Leader and follower with their disks as maps; messages may be lost or doubled, jobs are carried
// out in order.
class Transfer {
 public:
  Transfer(std::vector<std::string> contents, uint64_t seed, uint64_t loss_percent)
      : contents_(std::move(contents)),
        random_(seed),
        loss_percent_(loss_percent),
        sender_(SnapshotTransferOptions{.chunk_bytes = 7, .chunks_in_flight = 3}, kFollower,
                raft::Term(3), 1, &leader_tokens_),
        receiver_(&follower_tokens_) {
    Output out;
    sender_.Start(now_, &out);
    Take(kLeader, std::move(out));
  }

  // Runs until the sender is done, but no longer than `limit` of time.
  void Run(Duration limit) {
    const Micros end = now_ + limit;
    while (!sender_.over().has_value() && now_ < end) {
      while (!events_.empty() || !writes_.empty()) {
        if (events_.empty()) {
          events_.push_back(std::move(writes_.back()));
          writes_.pop_back();
        }
        // Jobs end, and messages arrive, in any order when asked for.
        const size_t which =
            shuffle_ ? random_.Below(std::min<size_t>(events_.size(), 5)) : size_t{0};
        auto event = std::move(events_[which]);
        events_.erase(events_.begin() + static_cast<ptrdiff_t>(which));
        event();
        if (receiver_.complete() && !installed_) {
          installed_ = true;
          Output out;
          receiver_.Finish(true, kAt, "", &out);
          Take(kFollower, std::move(out));
        }
      }
      if (sender_.over().has_value()) break;
      now_ = std::min(end, std::max(now_ + 1, sender_.next_deadline()));
      Output out;
      sender_.Tick(now_, &out);
      Take(kLeader, std::move(out));
    }
  }

  void Shuffle() { shuffle_ = true; }
  // Of the leader's reads under way the latest always ends first.
  void ReverseReads() { reverse_reads_ = true; }
  // The follower's writes end when nothing else is left to do, the latest first.
  void ReverseWrites() { reverse_writes_ = true; }

  void RestartFollower() {
    receiver_ = SnapshotReceiver(&follower_tokens_);
    ++follower_run_;
  }

  const SnapshotSender& sender() const { return sender_; }
  bool installed() const { return installed_; }
  const std::map<std::string, std::string>& staged() const { return staged_; }
  uint64_t bytes_sent() const { return bytes_sent_; }
  int offers() const { return offers_; }
  // How often the follower had nothing more to write when a chunk came.
  int bursts() const { return bursts_; }

 private:
  std::vector<SnapshotFile> Files() const {
    std::vector<SnapshotFile> files;
    for (size_t i = 0; i < contents_.size(); ++i) {
      files.push_back(SnapshotFile{"file" + std::to_string(i), contents_[i].size(), 0});
    }
    return files;
  }

  void Take(NodeId node, const Output& output) {
    for (const SendPayload& send : output.send) {
      const uint64_t copies = random_.Chance(loss_percent_, 100)   ? 0
                              : random_.Chance(loss_percent_, 300) ? 2
                                                                   : 1;
      for (uint64_t i = 0; i < copies; ++i) {
        events_.push_back([this, node, payload = send.payload] { Deliver(node, payload); });
      }
    }
    for (const Job& job : output.jobs) {
      const bool read = std::holds_alternative<ReadCheckpoint>(job);
      const auto carry = [this, node, job, run = follower_run_] {
        if (node == kLeader || run == follower_run_) Carry(node, job);
      };
      if (reverse_writes_ && std::holds_alternative<WriteStaged>(job)) {
        if (writes_.empty()) ++bursts_;
        writes_.push_back(carry);
      } else {
        events_.insert(read && reverse_reads_ ? events_.begin() : events_.end(), carry);
      }
    }
  }

  void Deliver(NodeId from, const SharedBytes& payload) {
    absl::StatusOr<PeerBody> body = DecodePeerPayload(payload);
    ASSERT_TRUE(body.ok()) << body.status();
    Output out;
    std::visit(
        Overload{
            [&](const SnapshotOffer& m) {
              ++offers_;
              if (!installed_)
                receiver_.OnOffer(from, m, &out);
              else
                out.send.push_back(SendPayload{
                    kLeader, Lane::kSnapshot,
                    SharedBytes(EncodePeerPayload(SnapshotDone{m.transfer, true, kAt, ""}))});
            },
            [&](const SnapshotChunk& m) {
              bytes_sent_ += m.data.size();
              receiver_.OnChunk(from, m, &out);
            },
            [&](const SnapshotResume& m) { sender_.OnResume(now_, m, &out); },
            [&](const SnapshotAck& m) { sender_.OnAck(now_, m, &out); },
            [&](const SnapshotDone& m) { sender_.OnDone(m); },
            [&](const raft::Message&) { FAIL(); },
            [&](const MirrorSetting&) { FAIL(); },
        },
        *body);
    Take(from == kLeader ? kFollower : kLeader, std::move(out));
  }

  void Carry(NodeId node, const Job& job) {
    Output out;
    std::visit(
        Overload{
            [&](const TakeCheckpoint& j) {
              sender_.OnCheckpointTaken(now_, CheckpointTaken{j.token, {}, kAt, Files()}, &out);
            },
            [&](const ReadCheckpoint& j) {
              const size_t file = static_cast<size_t>(j.file.back() - '0');
              sender_.OnCheckpointRead(
                  now_,
                  CheckpointRead{
                      j.token, {}, SharedBytes(contents_[file].substr(j.offset, j.bytes))},
                  &out);
            },
            [&](const PrepareStaging& j) {
              StagingPrepared prepared{.token = j.token};
              for (const SnapshotFile& file : j.files) {
                prepared.have.push_back(staged_[file.name].size());
              }
              receiver_.OnStagingPrepared(prepared, &out);
            },
            [&](const WriteStaged& j) {
              std::string& bytes = staged_[j.file];
              bytes.resize(std::max<size_t>(bytes.size(), j.offset + j.data.size()));
              bytes.replace(j.offset, j.data.size(), j.data.view());
              receiver_.OnStagedWritten(StagedWritten{.token = j.token}, &out);
            },
            [](const auto&) {},
        },
        job);
    Take(node, std::move(out));
  }

  std::vector<std::string> contents_;
  Random random_;
  uint64_t loss_percent_;
  Micros now_;
  JobTokens leader_tokens_, follower_tokens_;
  SnapshotSender sender_;
  SnapshotReceiver receiver_;
  std::deque<std::function<void()>> events_;
  std::vector<std::function<void()>> writes_;
  std::map<std::string, std::string> staged_;
  bool shuffle_ = false;
  bool reverse_reads_ = false;
  bool reverse_writes_ = false;
  bool installed_ = false;
  int follower_run_ = 0;
  uint64_t bytes_sent_ = 0;
  int offers_ = 0;
  int bursts_ = 0;
};

std::vector<std::string> Contents() {
  std::string large;
  for (int i = 0; i < 300; ++i) large += static_cast<char>('a' + i % 26);
  return {"short", "", large, "exactly"};
}

std::map<std::string, std::string> WantStaged() {
  std::map<std::string, std::string> want;
  const std::vector<std::string> contents = Contents();
  for (size_t i = 0; i < contents.size(); ++i) want["file" + std::to_string(i)] = contents[i];
  return want;
}

TEST(SnapshotTransferTest, ArrivesWhole) {
  Transfer transfer(Contents(), 1, 0);
  transfer.Run(kSecond);
  ASSERT_TRUE(transfer.sender().over().has_value());
  EXPECT_TRUE(transfer.sender().over()->ok);
  EXPECT_EQ(transfer.sender().over()->at, kAt);
  EXPECT_EQ(transfer.staged(), WantStaged());
  EXPECT_EQ(transfer.bytes_sent(), transfer.sender().bytes_total()) << "nothing is sent twice";
}

TEST(SnapshotTransferTest, ArrivesWholeThroughLossAndDuplication) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Transfer transfer(Contents(), seed, 20);
    transfer.Run(600 * kSecond);
    ASSERT_TRUE(transfer.sender().over().has_value()) << "seed " << seed;
    EXPECT_TRUE(transfer.sender().over()->ok) << "seed " << seed;
    EXPECT_EQ(transfer.staged(), WantStaged()) << "seed " << seed;
  }
}

// Seed 38 of the simulator: the end of a file was written before its beginning, and the follower
// forgot that it had it.
TEST(SnapshotTransferTest, ArrivesWholeWhenJobsEndInAnyOrder) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Transfer transfer(Contents(), seed, seed % 2 == 0 ? 10 : 0);
    transfer.Shuffle();
    transfer.Run(600 * kSecond);
    ASSERT_TRUE(transfer.installed()) << "seed " << seed;
    EXPECT_EQ(transfer.staged(), WantStaged()) << "seed " << seed;
  }
}

// Seed 150 of the simulator: chunks were sent in the order in which their reads ended, the follower
// took one of each window, and the rest waited for the next retry.
TEST(SnapshotTransferTest, ReadsThatEndOutOfOrderCostNoRetry) {
  Transfer transfer(Contents(), 5, 0);
  transfer.ReverseReads();
  transfer.Run(kSecond);
  ASSERT_TRUE(transfer.installed());
  EXPECT_EQ(transfer.bytes_sent(), transfer.sender().bytes_total());
}

// One acknowledgement then covers several chunks; each of them makes room for another.
TEST(SnapshotTransferTest, WritesThatEndOutOfOrderDoNotNarrowTheWindow) {
  Transfer transfer({std::string(15 * 3 * 7, 'x')}, 5, 0);
  transfer.ReverseWrites();
  transfer.Run(kSecond);
  ASSERT_TRUE(transfer.installed());
  EXPECT_EQ(transfer.offers(), 1);
  EXPECT_EQ(transfer.bursts(), 15) << "three chunks each";
}

TEST(SnapshotTransferTest, ResumesAfterAFollowerRestart) {
  Transfer transfer(Contents(), 3, 30);
  transfer.Run(5 * kSecond);
  ASSERT_FALSE(transfer.installed());
  const uint64_t before = transfer.sender().bytes_acknowledged();
  ASSERT_GT(before, 0u);
  transfer.RestartFollower();
  transfer.Run(600 * kSecond);
  EXPECT_TRUE(transfer.installed());
  EXPECT_EQ(transfer.staged(), WantStaged());
}

TEST(SnapshotTransferTest, GivesUpWithoutProgress) {
  Transfer transfer(Contents(), 1, 100);
  transfer.Run(61 * kSecond);
  ASSERT_TRUE(transfer.sender().over().has_value());
  EXPECT_FALSE(transfer.sender().over()->ok);
}

// Both the checkpoint of a large state and its installation may take longer than the timeout.
TEST(SnapshotTransferTest, SlowDisksOnEitherSideAreNotLackOfProgress) {
  const SnapshotTransferOptions options;
  JobTokens tokens;
  SnapshotSender sender(options, kFollower, raft::Term(3), 1, &tokens);
  Output out;
  sender.Start(Micros(0), &out);
  ASSERT_EQ(out.jobs.size(), 1u);
  Micros now = Micros(0) + 3 * options.timeout;
  sender.Tick(now, &out);
  ASSERT_FALSE(sender.over().has_value()) << sender.reason();
  const SnapshotFile file{"rows", 300, 7};
  const JobToken taken = std::get<TakeCheckpoint>(out.jobs[0]).token;
  ASSERT_TRUE(sender.OnCheckpointTaken(now, CheckpointTaken{taken, {}, kAt, {file}}, &out));

  SnapshotReceiver receiver(&tokens);
  const SnapshotOffer offer{1, raft::Term(3), kAt, {file}};
  Output follower;
  EXPECT_FALSE(receiver.OnRepeatedOffer(kLeader, offer, &follower)) << "nothing is under way";
  receiver.OnOffer(kLeader, offer, &follower);
  const JobToken prepared = std::get<PrepareStaging>(follower.jobs[0]).token;
  ASSERT_TRUE(receiver.OnStagingPrepared(StagingPrepared{prepared, {}, {300}}, &follower));
  ASSERT_TRUE(receiver.complete());
  for (const Micros end = now + 3 * options.timeout; now < end; now = now + options.retry) {
    follower = Output();
    ASSERT_TRUE(receiver.OnRepeatedOffer(kLeader, offer, &follower));
    ASSERT_EQ(follower.send.size(), 1u);
    absl::StatusOr<PeerBody> body = DecodePeerPayload(follower.send[0].payload);
    ASSERT_TRUE(body.ok());
    sender.OnResume(now, std::get<SnapshotResume>(*body), &out);
    sender.Tick(now, &out);
    ASSERT_FALSE(sender.over().has_value()) << sender.reason();
  }
  sender.Tick(now + options.timeout, &out);
  EXPECT_TRUE(sender.over().has_value()) << "a follower that falls silent is given up";
}

TEST(SnapshotWireTest, EveryTruncationIsRefused) {
  const std::vector<PeerBody> bodies = {
      SnapshotOffer{4, raft::Term(3), kAt, {SnapshotFile{"000012.sst", 300, 7}}},
      SnapshotResume{4, {1, 2}},
      SnapshotChunk{4, 1, 300, SharedBytes(std::string("data"))},
      SnapshotAck{4, 1, 304},
      SnapshotDone{4, true, kAt, "why"},
  };
  for (const PeerBody& body : bodies) {
    const std::string bytes = EncodePeerPayload(body);
    const absl::StatusOr<PeerBody> back = DecodePeerPayload(SharedBytes(bytes));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(EncodePeerPayload(*back), bytes);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(DecodePeerPayload(SharedBytes(bytes.substr(0, size))).ok()) << size;
    }
  }
}

TEST(SnapshotWireTest, FileNamesCannotLeaveTheDirectory) {
  for (const std::string& name : {std::string("../CURRENT"), std::string("a/b"), std::string(".."),
                                  std::string(), std::string("a\0b", 3)}) {
    const std::string bytes =
        EncodePeerPayload(SnapshotOffer{4, raft::Term(3), kAt, {SnapshotFile{name, 300, 7}}});
    EXPECT_FALSE(DecodePeerPayload(SharedBytes(bytes)).ok()) << name;
  }
}

}  // namespace
}  // namespace jfs::node
