#include "sim/state/state_device.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "core/node/applied_row.h"
#include "sim/state/checkpoint_files.h"

namespace jfs::sim {
namespace {

struct Machine {
  explicit Machine(FaultSet faults = FaultSet(), uint64_t seed = 1)
      : world(seed, faults, nullptr),
        device(&world, &probes, NodeId(1), Options(), [this](InstallPoint at) {
          crashed_at = at;
          device.Crash();
        }) {}

  static StateOptions Options() {
    StateOptions options;
    options.file_bytes = 64;
    options.install_crash = Ratio{1, 1};
    return options;
  }

  void Write(uint64_t index) {
    kv::WriteBatch batch;
    batch.Put("k" + std::to_string(index), std::string(50, 'v'));
    node::AppliedRow row;
    row.at = raft::Position{raft::LogIndex(index), raft::Term(1)};
    batch.Put(node::kAppliedKey, node::EncodeAppliedRow(row));
    ASSERT_TRUE(device.Open()->Write(batch).ok());
  }
  uint64_t Position() {
    const auto row = node::ReadAppliedRow(*device.Open());
    return row.ok() && row->has_value() ? (*row)->at.index.value : 0;
  }
  void RunAll() {
    while (world.RunNext()) {
    }
  }
  template <typename Answer>
  std::optional<Answer> Do(node::Job job) {
    std::optional<Answer> answer;
    device.Start(job, [&answer](node::Input input) { answer = std::get<Answer>(input); });
    RunAll();
    return answer;
  }

  World world;
  Probes probes;
  std::optional<InstallPoint> crashed_at;
  StateDevice device;
};

// Brings a snapshot of `from` to `to` up to, not including, its installation.
node::CheckpointTaken Transfer(Machine& from, Machine& to) {
  const auto taken = from.Do<node::CheckpointTaken>(node::TakeCheckpoint{node::JobToken(1), 7});
  EXPECT_TRUE(taken.has_value());
  const auto prepared = to.Do<node::StagingPrepared>(
      node::PrepareStaging{node::JobToken(2), taken->at, taken->files});
  EXPECT_TRUE(prepared.has_value());
  for (size_t i = 0; i < taken->files.size(); ++i) {
    const node::SnapshotFile& file = taken->files[i];
    const uint64_t have = prepared->have[i];
    const auto read = from.Do<node::CheckpointRead>(
        node::ReadCheckpoint{node::JobToken(3), 7, file.name, have, file.bytes - have});
    EXPECT_TRUE(read.has_value() && read->status.ok());
    (void)to.Do<node::StagedWritten>(
        node::WriteStaged{node::JobToken(4), file.name, have, read->data});
  }
  return *taken;
}

TEST(StateDeviceTest, CrashFallsBackToABatchSinceTheLastFlush) {
  FaultSet faults;
  faults.Add(FaultKind::kStateLoss);
  std::vector<uint64_t> seen;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Machine machine(faults, seed);
    for (uint64_t index = 1; index <= 3; ++index) machine.Write(index);
    const auto flushed = machine.Do<node::StateFlushed>(node::FlushState{node::JobToken(1)});
    ASSERT_TRUE(flushed.has_value());
    EXPECT_EQ(flushed->persisted.index.value, 3u);
    for (uint64_t index = 4; index <= 6; ++index) machine.Write(index);
    machine.device.Crash();
    const uint64_t now = machine.Position();
    ASSERT_GE(now, 3u);
    ASSERT_LE(now, 6u);
    EXPECT_EQ(machine.device.DurablePosition().index.value, now);
    seen.push_back(now);
  }
  for (uint64_t index = 3; index <= 6; ++index) {
    EXPECT_NE(std::count(seen.begin(), seen.end(), index), 0) << index;
  }
}

TEST(StateDeviceTest, FlushUnderWayAtACrashIsNotAnswered) {
  Machine machine;
  machine.Write(1);
  bool answered = false;
  machine.device.Start(node::FlushState{node::JobToken(1)}, [&](node::Input) { answered = true; });
  machine.device.Crash();
  machine.RunAll();
  EXPECT_FALSE(answered);
}

TEST(StateDeviceTest, SnapshotReplacesTheState) {
  Machine from;
  for (uint64_t index = 1; index <= 9; ++index) from.Write(index);
  Machine to;
  to.Write(2);
  const node::CheckpointTaken taken = Transfer(from, to);
  EXPECT_GT(taken.files.size(), 1u);
  const auto installed = to.Do<node::StagedInstalled>(node::InstallStaged{node::JobToken(5)});
  ASSERT_TRUE(installed.has_value() && installed->status.ok()) << installed->status.ToString();
  EXPECT_EQ(installed->store, to.device.Open());
  EXPECT_EQ(to.Position(), 9u);
  EXPECT_EQ(to.device.store().contents(), from.device.store().contents());
  to.device.Crash();
  EXPECT_EQ(to.Position(), 9u);
}

TEST(StateDeviceTest, WrongBytesAreRefusedAndFetchedAgain) {
  FaultSet faults;
  faults.Add(FaultKind::kStagedCorrupt);
  Machine from;
  for (uint64_t index = 1; index <= 200; ++index) from.Write(index);
  Machine to(faults);
  Transfer(from, to);
  const auto refused = to.Do<node::StagedInstalled>(node::InstallStaged{node::JobToken(5)});
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(refused->store, nullptr);
  EXPECT_EQ(to.Position(), 0u);
  to.world.FreezeFaults();
  Transfer(from, to);
  const auto installed = to.Do<node::StagedInstalled>(node::InstallStaged{node::JobToken(6)});
  ASSERT_TRUE(installed.has_value() && installed->status.ok());
  EXPECT_EQ(to.Position(), 200u);
}

TEST(StateDeviceTest, CrashAtAnyPointOfAnInstallationLeavesTheOldStateOrTheNew) {
  FaultSet faults;
  faults.Add(FaultKind::kInstallCrash);
  std::vector<bool> crashed(kInstallPoints, false);
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    Machine from;
    for (uint64_t index = 1; index <= 9; ++index) from.Write(index);
    Machine to(faults, seed);
    to.Write(2);
    Transfer(from, to);
    (void)to.Do<node::StagedInstalled>(node::InstallStaged{node::JobToken(5)});
    if (!to.crashed_at.has_value()) continue;
    crashed[static_cast<size_t>(*to.crashed_at)] = true;
    const bool swapped = *to.crashed_at >= InstallPoint::kSwapped;
    EXPECT_EQ(to.Position(), swapped ? 9u : 2u);
  }
  for (int point = 0; point < kInstallPoints; ++point) {
    EXPECT_TRUE(crashed[static_cast<size_t>(point)]) << "no crash at point " << point;
  }
}

TEST(StateDeviceTest, StagedBytesSurviveACrashInPart) {
  Machine from;
  for (uint64_t index = 1; index <= 50; ++index) from.Write(index);
  Machine to;
  const node::CheckpointTaken taken = Transfer(from, to);
  to.device.Crash();
  const auto prepared =
      to.Do<node::StagingPrepared>(node::PrepareStaging{node::JobToken(2), taken.at, taken.files});
  ASSERT_TRUE(prepared.has_value());
  uint64_t have = 0;
  uint64_t all = 0;
  for (size_t i = 0; i < taken.files.size(); ++i) {
    EXPECT_LE(prepared->have[i], taken.files[i].bytes);
    have += prepared->have[i];
    all += taken.files[i].bytes;
  }
  EXPECT_GT(have, 0u);
  EXPECT_LT(have, all);
}

TEST(CheckpointFilesTest, ReadsBackWhatItWroteAndRefusesTheRest) {
  kv::MemoryStore::Map contents;
  for (int i = 0; i < 100; ++i) contents["key" + std::to_string(i)] = std::string(i, 'v');
  const std::map<std::string, std::string> files = EncodeCheckpoint(contents, 100);
  EXPECT_GT(files.size(), 5u);
  const auto read = DecodeCheckpoint(files);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, contents);
  EXPECT_EQ(DecodeCheckpoint({{"f",
                               "\x05"
                               "ab"}})
                .status()
                .code(),
            absl::StatusCode::kDataLoss);
  const auto empty = DecodeCheckpoint(EncodeCheckpoint({}, 100));
  ASSERT_TRUE(empty.ok());
  EXPECT_TRUE(empty->empty());
}

}  // namespace
}  // namespace jfs::sim
