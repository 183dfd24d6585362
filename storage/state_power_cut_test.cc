#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"

#include "core/base/check.h"
#include "core/base/random.h"
#include "storage/dropping_file_system.h"
#include "storage/state_directory.h"
#include "storage/state_files.h"
#include "storage/state_model.h"

// The real RocksDB against an oracle that knows what was synced. RocksDB's own threads make the
// order of operations differ from run to run, so a seed names a family of runs, not one.
namespace jfs::storage {
namespace {

constexpr char kPath[] = "/state";

// A machine: its disk and what runs on it. Members end in the right order: directory, environment,
// disk.
struct Machine {
  std::shared_ptr<DroppingFileSystem> disk;
  std::unique_ptr<rocksdb::Env> env;
  std::unique_ptr<StateDirectory> directory;

  explicit Machine(std::shared_ptr<DroppingFileSystem> from)
      : disk(std::move(from)), env(rocksdb::NewCompositeEnv(disk)) {}
  ~Machine() {
    disk->SetHook(nullptr);
    directory.reset();
  }

  static std::shared_ptr<DroppingFileSystem> EmptyDisk() {
    auto disk = std::make_shared<DroppingFileSystem>();
    const StateFiles io(disk);
    CHECK(io.MakeDirectory(kPath).ok());
    CHECK(io.SyncDirectory("/").ok());
    return disk;
  }

  void Start(std::function<void(InstallPoint)> at_install_point = nullptr) {
    absl::StatusOr<std::unique_ptr<StateDirectory>> opened = StateDirectory::Open(
        {.state = StateModel::Options(env.get()), .at_install_point = at_install_point}, kPath);
    ASSERT_TRUE(opened.ok()) << opened.status();
    directory = *std::move(opened);
  }
};

// What a cut found, and what had certainly been made durable before it.
struct Cut {
  std::shared_ptr<DroppingFileSystem> disk;
  uint64_t floor = 0;
};

// Lives through many power cuts: each run writes and flushes at random and is cut off at a random
// operation, be it one of a background flush, a compaction or the opening; what is found next must
// be the state after one batch at or behind the last flush that had been answered.
class PowerCuts : public testing::TestWithParam<uint64_t> {};

TEST_P(PowerCuts, LeaveTheStateAfterOneBatch) {
  Random random(GetParam());
  StateModel model;
  std::shared_ptr<DroppingFileSystem> disk = Machine::EmptyDisk();
  uint64_t durable = 0;
  for (int round = 0; round < 12; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    // They outlive RocksDB's threads, one of which may be in the hook when it is taken away.
    std::atomic<uint64_t> floor = durable;
    std::mutex mutex;
    Cut cut;
    Machine machine(disk);
    const uint64_t cut_at = random.Between(1, 400);
    const uint64_t cut_seed = random.Next();
    machine.disk->SetHook([&](uint64_t operation) {
      if (operation != cut_at) return;
      const uint64_t before = floor;
      std::lock_guard<std::mutex> lock(mutex);
      cut = {.disk = machine.disk->PowerCut(cut_seed), .floor = before};
    });

    machine.Start();
    ASSERT_NE(machine.directory, nullptr);
    const absl::StatusOr<uint64_t> found = model.Identify(*machine.directory->store());
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_GE(*found, durable);
    model.CutTo(*found);
    // What was found on the disk is durable: nothing else has been written yet.
    durable = *found;
    floor = durable;

    const uint64_t steps = random.Between(0, 60);
    for (uint64_t step = 0; step < steps; ++step) {
      ASSERT_EQ(machine.directory->store()->Write(model.Next(random)), absl::OkStatus());
      if (!random.Chance(1, 8)) continue;
      const absl::StatusOr<raft::Position> persisted = machine.directory->Flush();
      ASSERT_TRUE(persisted.ok()) << persisted.status();
      EXPECT_EQ(persisted->index.value, model.last());
      floor = persisted->index.value;
    }
    machine.disk->SetHook(nullptr);
    std::lock_guard<std::mutex> lock(mutex);
    if (cut.disk == nullptr) {
      const uint64_t before = floor;
      cut = {.disk = machine.disk->PowerCut(cut_seed), .floor = before};
    }
    disk = cut.disk;
    durable = cut.floor;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, PowerCuts, testing::Range<uint64_t>(1, 41));

// Persisted() never claims more than a power cut leaves, also while RocksDB flushes by itself.
TEST(StateStore, PersistedIsNeverAheadOfTheDisk) {
  Random random(99);
  StateModel model;
  Machine machine(Machine::EmptyDisk());
  machine.Start();
  int ahead_of_flush = 0;
  for (int step = 0; step < 300; ++step) {
    ASSERT_EQ(machine.directory->store()->Write(model.Next(random)), absl::OkStatus());
    const absl::StatusOr<raft::Position> persisted = machine.directory->store()->Persisted();
    ASSERT_TRUE(persisted.ok());
    EXPECT_LE(persisted->index.value, model.last());
    if (persisted->index.value > 0) ++ahead_of_flush;
    if (step % 10 != 0) continue;
    Machine after(machine.disk->PowerCut(random.Next()));
    after.Start();
    const absl::StatusOr<uint64_t> found = model.Identify(*after.directory->store());
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_GE(*found, persisted->index.value);
  }
  EXPECT_GT(ahead_of_flush, 0) << "no background flush happened: the test shows nothing";
}

// The oracle has teeth: a disk that only pretends to sync is found out.
TEST(StateStore, ALyingDiskIsSeen) {
  int seen = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Random random(seed);
    StateModel model;
    Machine machine(Machine::EmptyDisk());
    machine.Start();
    machine.disk->SetLying(true);
    for (int step = 0; step < 20; ++step) {
      ASSERT_EQ(machine.directory->store()->Write(model.Next(random)), absl::OkStatus());
    }
    ASSERT_TRUE(machine.directory->Flush().ok());
    Machine after(machine.disk->PowerCut(seed));
    absl::StatusOr<std::unique_ptr<StateDirectory>> opened =
        StateDirectory::Open({.state = StateModel::Options(after.env.get())}, kPath);
    if (!opened.ok()) {
      ++seen;
      continue;
    }
    const absl::StatusOr<uint64_t> found = model.Identify(*(*opened)->store());
    if (!found.ok() || *found < model.last()) ++seen;
  }
  EXPECT_GE(seen, 3);
}

struct Snapshot {
  raft::Position at;
  std::vector<node::SnapshotFile> files;
  std::map<std::string, std::string> content;
};

// Takes a snapshot of a state that `model` fills.
Snapshot TakeSnapshot(StateModel& model, Random& random, int batches) {
  Machine leader(Machine::EmptyDisk());
  leader.Start();
  for (int i = 0; i < batches; ++i) {
    CHECK(leader.directory->store()->Write(model.Next(random)).ok());
  }
  absl::StatusOr<StateDirectory::Checkpoint> taken = leader.directory->TakeCheckpoint(7);
  CHECK(taken.ok()) << taken.status();
  CHECK_EQ(taken->at.index.value, model.last());
  Snapshot snapshot{.at = taken->at, .files = taken->files};
  for (const node::SnapshotFile& file : taken->files) {
    absl::StatusOr<std::string> content =
        leader.directory->ReadCheckpoint(7, file.name, 0, file.bytes);
    CHECK(content.ok()) << content.status();
    snapshot.content[file.name] = *content;
  }
  CHECK(leader.directory->DropCheckpoint(7).ok());
  return snapshot;
}

absl::Status Transfer(StateDirectory& to, const Snapshot& snapshot) {
  const absl::StatusOr<std::vector<uint64_t>> have = to.PrepareStaging(snapshot.at, snapshot.files);
  if (!have.ok()) return have.status();
  for (size_t i = 0; i < snapshot.files.size(); ++i) {
    const std::string& name = snapshot.files[i].name;
    const std::string& content = snapshot.content.at(name);
    for (uint64_t offset = (*have)[i]; offset < content.size(); offset += 10'000) {
      const absl::Status status = to.WriteStaged(name, offset, content.substr(offset, 10'000));
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

// Receives and installs; what a power cut spoiled is fetched again.
absl::Status TransferAndInstall(StateDirectory& to, const Snapshot& snapshot) {
  absl::Status status;
  for (int attempt = 0; attempt < 3; ++attempt) {
    status = Transfer(to, snapshot);
    if (status.ok()) status = to.Install().status();
    if (status.ok() || !absl::IsDataLoss(status)) return status;
  }
  return status;
}

// A follower with a state of its own, partly flushed, that receives a snapshot.
struct Installation {
  StateModel old_model, new_model;
  Snapshot snapshot;
  Machine follower{Machine::EmptyDisk()};
  uint64_t old_floor = 0;

  explicit Installation(uint64_t seed, std::function<void(InstallPoint)> at = nullptr) {
    Random random(seed);
    snapshot = TakeSnapshot(new_model, random, 150);
    follower.Start(std::move(at));
    for (int i = 0; i < 60; ++i) {
      CHECK(follower.directory->store()->Write(old_model.Next(random)).ok());
      if (i != 40) continue;
      CHECK(follower.directory->Flush().ok());
    }
    old_floor = 41;
  }

  enum class Found { kOld, kNew };
  // Starts on `disk` and says which of the two states is there, whole; afterwards the same snapshot
  // must still install.
  Found Restart(std::shared_ptr<DroppingFileSystem> disk) const {
    Machine after(std::move(disk));
    after.Start();
    CHECK(after.directory != nullptr);
    const RocksdbState& store = *after.directory->store();
    const absl::StatusOr<uint64_t> as_new = new_model.Identify(store);
    Found found = Found::kNew;
    if (as_new.ok() && *as_new == new_model.last()) {
      found = Found::kNew;
    } else {
      const absl::StatusOr<uint64_t> as_old = old_model.Identify(store);
      EXPECT_TRUE(as_old.ok()) << "neither: " << as_old.status() << " / " << as_new.status();
      if (as_old.ok()) {
        EXPECT_GE(*as_old, old_floor);
      }
      found = Found::kOld;
    }
    const absl::Status again = TransferAndInstall(*after.directory, snapshot);
    EXPECT_EQ(again, absl::OkStatus());
    EXPECT_EQ(new_model.Identify(*after.directory->store()).value_or(0), new_model.last());
    return found;
  }
};

TEST(Installation, PowerCutAtEachNamedPoint) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    std::map<InstallPoint, std::vector<std::shared_ptr<DroppingFileSystem>>> images;
    Installation* running = nullptr;
    Installation installation(seed, [&](InstallPoint point) {
      for (uint64_t cut = 0; cut < 4; ++cut) {
        images[point].push_back(running->follower.disk->PowerCut(seed * 100 + cut));
      }
    });
    running = &installation;
    ASSERT_EQ(TransferAndInstall(*installation.follower.directory, installation.snapshot),
              absl::OkStatus());
    for (const InstallPoint point : kInstallPoints) {
      SCOPED_TRACE(absl::StrCat("seed ", seed, ", point ", std::string(Name(point))));
      ASSERT_EQ(images[point].size(), 4u);
      for (const auto& image : images[point]) {
        const Installation::Found found = installation.Restart(image);
        if (point < InstallPoint::kPointerRenamed) {
          EXPECT_EQ(found, Installation::Found::kOld);
        }
        if (point > InstallPoint::kPointerRenamed) {
          EXPECT_EQ(found, Installation::Found::kNew);
        }
      }
    }
  }
}

// What a hook has seen so far. One of RocksDB's threads may be in it still.
std::vector<std::shared_ptr<DroppingFileSystem>> TakeAll(
    std::mutex& mutex, std::vector<std::shared_ptr<DroppingFileSystem>>& seen) {
  const std::lock_guard<std::mutex> lock(mutex);
  return std::exchange(seen, {});
}

// Not only at the points with names: in front of every operation on the disk, RocksDB's own
// included.
TEST(Installation, PowerCutAtEveryOperation) {
  for (uint64_t seed = 11; seed <= 12; ++seed) {
    std::mutex mutex;
    std::vector<std::shared_ptr<DroppingFileSystem>> seen;
    Installation installation(seed);
    DroppingFileSystem* disk = installation.follower.disk.get();
    disk->SetHook([&](uint64_t operation) {
      std::lock_guard<std::mutex> lock(mutex);
      seen.push_back(disk->PowerCut(seed * 1000 + operation));
    });
    ASSERT_EQ(TransferAndInstall(*installation.follower.directory, installation.snapshot),
              absl::OkStatus());
    disk->SetHook(nullptr);
    const std::vector<std::shared_ptr<DroppingFileSystem>> images = TakeAll(mutex, seen);
    EXPECT_GT(images.size(), 60u);
    int old_ones = 0;
    int new_ones = 0;
    for (size_t i = 0; i < images.size(); ++i) {
      SCOPED_TRACE(absl::StrCat("seed ", seed, ", operation ", i, " of ", images.size()));
      const Installation::Found found = installation.Restart(images[i]);
      (found == Installation::Found::kOld ? old_ones : new_ones) += 1;
    }
    EXPECT_GT(old_ones, 0);
    EXPECT_GT(new_ones, 0);
  }
}

// A checkpoint that a power cut tears is gone at the next start, and does not harm the state.
TEST(Checkpoint, PowerCutAtEveryOperation) {
  Random random(3);
  StateModel model;
  std::mutex mutex;
  std::vector<std::shared_ptr<DroppingFileSystem>> seen;
  Machine machine(Machine::EmptyDisk());
  machine.Start();
  for (int i = 0; i < 80; ++i) {
    ASSERT_EQ(machine.directory->store()->Write(model.Next(random)), absl::OkStatus());
  }
  ASSERT_TRUE(machine.directory->Flush().ok());
  const uint64_t floor = model.last();
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(machine.directory->store()->Write(model.Next(random)), absl::OkStatus());
  }
  machine.disk->SetHook([&](uint64_t operation) {
    std::lock_guard<std::mutex> lock(mutex);
    seen.push_back(machine.disk->PowerCut(operation));
  });
  ASSERT_TRUE(machine.directory->TakeCheckpoint(1).ok());
  ASSERT_EQ(machine.directory->DropCheckpoint(1), absl::OkStatus());
  machine.disk->SetHook(nullptr);
  const std::vector<std::shared_ptr<DroppingFileSystem>> images = TakeAll(mutex, seen);
  EXPECT_GT(images.size(), 20u);
  for (const auto& image : images) {
    Machine after(image);
    after.Start();
    const absl::StatusOr<uint64_t> found = model.Identify(*after.directory->store());
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_GE(*found, floor);
    const StateFiles io(after.disk);
    const std::vector<std::string> names = io.List(kPath).value();
    for (const std::string& name : names) {
      EXPECT_EQ(name.rfind("checkpoint-", 0), std::string::npos) << name;
    }
  }
}

// Rot in any file: every answer is right or an error, and never "not found".
TEST(Rot, ReadErrorsAreNotAbsence) {
  Random random(21);
  StateModel model;
  Machine machine(Machine::EmptyDisk());
  machine.Start();
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(machine.directory->store()->Write(model.Next(random)), absl::OkStatus());
  }
  ASSERT_TRUE(machine.directory->Flush().ok());
  // Everything is durable; compactions that may still run there do not concern this copy.
  const std::shared_ptr<DroppingFileSystem> good = machine.disk->PowerCut(1);
  const StateFiles io(good);
  const std::string generation = std::string(kPath) + "/generation-000001";
  int errors = 0;
  const std::vector<std::string> names = io.List(generation).value();
  for (const std::string& name : names) {
    const std::string file = generation + "/" + name;
    const uint64_t bytes = io.Size(file).value();
    for (uint64_t offset = 0; offset < bytes; offset += std::max<uint64_t>(1, bytes / 40)) {
      const std::shared_ptr<DroppingFileSystem> disk = good->PowerCut(1);
      if (!disk->FlipBit(file, offset, static_cast<int>(offset % 8))) continue;
      SCOPED_TRACE(absl::StrCat(file, " at ", offset));
      Machine after(disk);
      absl::StatusOr<std::unique_ptr<StateDirectory>> opened =
          StateDirectory::Open({.state = StateModel::Options(after.env.get())}, kPath);
      if (!opened.ok()) {
        ++errors;
        continue;
      }
      const absl::StatusOr<StateModel::Content> all = StateModel::ReadAll(*(*opened)->store());
      if (all.ok()) {
        EXPECT_EQ(*all == model.After(model.last()), true);
      } else {
        EXPECT_TRUE(absl::IsDataLoss(all.status())) << all.status();
        ++errors;
      }
      for (const auto& [key, want] : model.After(model.last())) {
        std::string value;
        bool present = false;
        const absl::Status status = (*opened)->store()->Get(key, &value, &present);
        if (!status.ok()) continue;
        EXPECT_TRUE(present) << key;
        EXPECT_EQ(value, want) << key;
      }
    }
  }
  EXPECT_GT(errors, 20);
}

}  // namespace
}  // namespace jfs::storage
