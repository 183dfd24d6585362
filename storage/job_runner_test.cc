#include "storage/job_runner.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"

#include "core/base/check.h"
#include "core/base/random.h"
#include "storage/posix.h"
#include "storage/state_model.h"
#include "storage/temporary_directory.h"

// On a real directory, through the jobs as the node gives them.
namespace jfs::storage {
namespace {

using node::JobToken;
using testing::HasSubstr;

// One master's state with its job runner.
struct Master {
  std::string path;
  std::unique_ptr<StateDirectory> directory;
  std::unique_ptr<JobRunner> runner;
  uint64_t next_token = 1;

  explicit Master(const std::string& at, JobRunner::Options options = {},
                  std::function<void(InstallPoint)> at_install_point = nullptr)
      : path(at) {
    absl::StatusOr<std::unique_ptr<StateDirectory>> opened =
        StateDirectory::Open({.state = StateModel::Options(rocksdb::Env::Default()),
                              .at_install_point = std::move(at_install_point)},
                             path);
    CHECK(opened.ok()) << opened.status();
    directory = *std::move(opened);
    runner = std::make_unique<JobRunner>(directory.get(), options);
  }
  ~Master() {
    runner.reset();
    directory.reset();
  }

  JobToken Token() { return JobToken(next_token++); }

  std::vector<node::Input> Wait(size_t answers) {
    std::vector<node::Input> got;
    while (got.size() < answers) {
      pollfd ready = {.fd = runner->event_fd(), .events = POLLIN, .revents = 0};
      CHECK_EQ(poll(&ready, 1, 60'000), 1) << "no answer for a minute";
      for (node::Input& input : runner->Take()) got.push_back(std::move(input));
    }
    return got;
  }
  template <typename Answer>
  Answer Run(node::Job job) {
    std::vector<node::Job> jobs;
    jobs.push_back(std::move(job));
    runner->Start(std::move(jobs));
    std::vector<node::Input> got = Wait(1);
    CHECK_EQ(got.size(), 1u);
    return std::get<Answer>(std::move(got[0]));
  }

  void Write(StateModel& model, Random& random, int batches) {
    for (int i = 0; i < batches; ++i) {
      CHECK(directory->store()->Write(model.Next(random)).ok());
    }
  }
};

// Moves a checkpoint of `from` into the staging of `to`, in chunks, from where an earlier attempt
// stopped; at most `chunks` of them.
struct Transfer {
  node::CheckpointTaken taken;
  uint64_t bytes_sent = 0;

  static Transfer Take(Master& from) {
    return {.taken = from.Run<node::CheckpointTaken>(
                node::TakeCheckpoint{.token = from.Token(), .checkpoint = 1})};
  }
  absl::Status Send(Master& from, Master& to, int chunks = 1 << 30) {
    const auto prepared = to.Run<node::StagingPrepared>(
        node::PrepareStaging{.token = to.Token(), .at = taken.at, .files = taken.files});
    if (!prepared.status.ok()) return prepared.status;
    CHECK_EQ(prepared.have.size(), taken.files.size());
    for (size_t i = 0; i < taken.files.size(); ++i) {
      const node::SnapshotFile& file = taken.files[i];
      for (uint64_t offset = prepared.have[i]; offset < file.bytes; offset += 7'000) {
        if (chunks-- == 0) return absl::OkStatus();
        const uint64_t bytes = std::min<uint64_t>(7'000, file.bytes - offset);
        const auto read = from.Run<node::CheckpointRead>(node::ReadCheckpoint{.token = from.Token(),
                                                                              .checkpoint = 1,
                                                                              .file = file.name,
                                                                              .offset = offset,
                                                                              .bytes = bytes});
        if (!read.status.ok()) return read.status;
        CHECK_EQ(read.data.size(), bytes);
        bytes_sent += bytes;
        const auto written = to.Run<node::StagedWritten>(node::WriteStaged{
            .token = to.Token(), .file = file.name, .offset = offset, .data = read.data});
        if (!written.status.ok()) return written.status;
      }
    }
    return absl::OkStatus();
  }
  uint64_t TotalBytes() const {
    uint64_t total = 0;
    for (const node::SnapshotFile& file : taken.files) total += file.bytes;
    return total;
  }
};

struct JobRunnerTest : testing::Test {
  TemporaryDirectory root;
  std::string leader_path = Make("leader");
  std::string follower_path = Make("follower");
  Random random{77};
  StateModel leader_model, follower_model;

  std::string Make(const std::string& name) {
    const std::string path = JoinPath(root.path(), name);
    CHECK(MakeDirectory(path).ok());
    return path;
  }
  static uint64_t Found(const StateModel& model, Master& master) {
    const absl::StatusOr<uint64_t> found = model.Identify(*master.directory->store());
    EXPECT_TRUE(found.ok()) << found.status();
    return found.value_or(0);
  }
};

TEST_F(JobRunnerTest, FlushAnswersWhatIsPersistedAsAnotherReaderSeesIt) {
  Master master(leader_path);
  const auto empty = master.Run<node::StateFlushed>(node::FlushState{.token = master.Token()});
  ASSERT_EQ(empty.status, absl::OkStatus());
  EXPECT_EQ(empty.persisted, raft::Position{});
  master.Write(leader_model, random, 30);
  const JobToken token = master.Token();
  const auto flushed = master.Run<node::StateFlushed>(node::FlushState{.token = token});
  ASSERT_EQ(flushed.status, absl::OkStatus());
  EXPECT_EQ(flushed.token, token);
  EXPECT_EQ(flushed.persisted.index.value, 30u);
  EXPECT_EQ(flushed.persisted.term.value, 3u);
  const absl::StatusOr<raft::Position> on_disk = RocksdbState::ReadPosition(
      StateModel::Options(rocksdb::Env::Default()), JoinPath(leader_path, "generation-000001"));
  ASSERT_TRUE(on_disk.ok()) << on_disk.status();
  EXPECT_EQ(*on_disk, flushed.persisted);
  // What is written later is not claimed.
  master.Write(leader_model, random, 1);
  EXPECT_EQ(master.directory->store()->Persisted()->index.value, 30u);
}

TEST_F(JobRunnerTest, SnapshotTravelsAndTakesTheStatesPlace) {
  Master leader(leader_path);
  leader.Write(leader_model, random, 120);
  Transfer transfer = Transfer::Take(leader);
  ASSERT_EQ(transfer.taken.status, absl::OkStatus());
  EXPECT_EQ(transfer.taken.at.index.value, 120u);
  leader.Write(leader_model, random, 40);  // the checkpoint does not change any more

  {
    Master follower(follower_path);
    follower.Write(follower_model, random, 30);
    ASSERT_EQ(transfer.Send(leader, follower), absl::OkStatus());
    const RocksdbState* before = follower.directory->store();
    const auto installed =
        follower.Run<node::StagedInstalled>(node::InstallStaged{.token = follower.Token()});
    ASSERT_EQ(installed.status, absl::OkStatus());
    EXPECT_EQ(installed.store, follower.directory->store());
    EXPECT_NE(installed.store, before);
    EXPECT_EQ(Found(leader_model, follower), 120u);
    // The new state goes on like any other.
    StateModel continued = leader_model;
    continued.CutTo(120);
    follower.Write(continued, random, 10);
    EXPECT_EQ(Found(continued, follower), 130u);
    leader_model.CutTo(120);
    leader_model = continued;
  }
  Master again(follower_path);
  EXPECT_EQ(Found(leader_model, again), 130u);
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(follower_path)) {
    names.insert(entry.path().filename().string());
  }
  EXPECT_EQ(names, (std::set<std::string>{"CURRENT", "generation-000002"}));
}

TEST_F(JobRunnerTest, TransferResumesAcrossARestart) {
  Master leader(leader_path);
  leader.Write(leader_model, random, 120);
  Transfer transfer = Transfer::Take(leader);
  {
    Master follower(follower_path);
    ASSERT_EQ(transfer.Send(leader, follower, 12), absl::OkStatus());
  }
  Master follower(follower_path);
  ASSERT_EQ(transfer.Send(leader, follower), absl::OkStatus());
  EXPECT_EQ(transfer.bytes_sent, transfer.TotalBytes());  // nothing twice
  ASSERT_EQ(follower.Run<node::StagedInstalled>(node::InstallStaged{.token = JobToken(9)}).status,
            absl::OkStatus());
  EXPECT_EQ(Found(leader_model, follower), 120u);
}

TEST_F(JobRunnerTest, AnotherSnapshotStartsFromNothing) {
  Master leader(leader_path);
  leader.Write(leader_model, random, 60);
  Transfer first = Transfer::Take(leader);
  Master follower(follower_path);
  ASSERT_EQ(first.Send(leader, follower, 5), absl::OkStatus());
  leader.runner->Start({node::DropCheckpoint{.checkpoint = 1}});
  leader.Write(leader_model, random, 60);
  Transfer second = Transfer::Take(leader);
  ASSERT_EQ(second.taken.status, absl::OkStatus());
  ASSERT_EQ(second.Send(leader, follower), absl::OkStatus());
  EXPECT_EQ(second.bytes_sent, second.TotalBytes());
  ASSERT_EQ(follower.Run<node::StagedInstalled>(node::InstallStaged{.token = JobToken(9)}).status,
            absl::OkStatus());
  EXPECT_EQ(Found(leader_model, follower), 120u);
}

TEST_F(JobRunnerTest, DamagedFileIsNamedAndFetchedAgain) {
  Master leader(leader_path);
  leader.Write(leader_model, random, 120);
  Transfer transfer = Transfer::Take(leader);
  Master follower(follower_path);
  follower.Write(follower_model, random, 20);
  ASSERT_EQ(transfer.Send(leader, follower), absl::OkStatus());
  // The largest file: the others are small enough to be missed by a wrong offset.
  node::SnapshotFile largest;
  for (const node::SnapshotFile& file : transfer.taken.files) {
    if (file.bytes > largest.bytes) largest = file;
  }
  const std::string victim = JoinPath(follower_path, "staging/files/" + largest.name);
  {
    std::fstream file(victim, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(largest.bytes / 2));
    file.put('#');
    file.put('#');
  }
  const auto refused =
      follower.Run<node::StagedInstalled>(node::InstallStaged{.token = follower.Token()});
  EXPECT_TRUE(absl::IsDataLoss(refused.status)) << refused.status;
  EXPECT_THAT(std::string(refused.status.message()), HasSubstr(victim));
  EXPECT_EQ(refused.store, nullptr);
  EXPECT_EQ(follower.runner->failed(), absl::OkStatus());
  EXPECT_EQ(Found(follower_model, follower), 20u);  // nothing changed

  transfer.bytes_sent = 0;
  ASSERT_EQ(transfer.Send(leader, follower), absl::OkStatus());
  EXPECT_EQ(transfer.bytes_sent, largest.bytes);
  ASSERT_EQ(
      follower.Run<node::StagedInstalled>(node::InstallStaged{.token = follower.Token()}).status,
      absl::OkStatus());
  EXPECT_EQ(Found(leader_model, follower), 120u);
}

// The files are what the sender announced, but not the state that it announced.
TEST_F(JobRunnerTest, SnapshotAtAnotherPositionIsRefused) {
  Master leader(leader_path);
  leader.Write(leader_model, random, 50);
  Transfer transfer = Transfer::Take(leader);
  transfer.taken.at.index = raft::LogIndex(51);
  Master follower(follower_path);
  follower.Write(follower_model, random, 20);
  ASSERT_EQ(transfer.Send(leader, follower), absl::OkStatus());
  const auto refused =
      follower.Run<node::StagedInstalled>(node::InstallStaged{.token = follower.Token()});
  EXPECT_TRUE(absl::IsDataLoss(refused.status)) << refused.status;
  EXPECT_THAT(std::string(refused.status.message()),
              HasSubstr("announced at index 51, term 3 but stands at index 50, term 3"));
  EXPECT_EQ(Found(follower_model, follower), 20u);
}

TEST_F(JobRunnerTest, BrokenRequestsAreRefused) {
  Master master(leader_path);
  master.Write(leader_model, random, 20);
  for (const std::string& name : {std::string("../x"), std::string(), std::string("."),
                                  std::string("a\0b", 3), std::string(300, 'x')}) {
    const auto prepared = master.Run<node::StagingPrepared>(node::PrepareStaging{
        .token = master.Token(), .at = {}, .files = {{.name = name, .bytes = 1}}});
    EXPECT_TRUE(absl::IsInvalidArgument(prepared.status)) << prepared.status;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(
      master
          .Run<node::StagingPrepared>(node::PrepareStaging{
              .token = master.Token(), .at = {}, .files = {{.name = "a"}, {.name = "a"}}})
          .status));
  const auto write = [&](const std::string& file, uint64_t offset, size_t bytes) {
    return master
        .Run<node::StagedWritten>(node::WriteStaged{.token = master.Token(),
                                                    .file = file,
                                                    .offset = offset,
                                                    .data = SharedBytes(std::string(bytes, 'x'))})
        .status;
  };
  EXPECT_TRUE(absl::IsFailedPrecondition(write("a", 0, 10)));  // nothing prepared
  const auto prepared = master.Run<node::StagingPrepared>(node::PrepareStaging{
      .token = master.Token(), .at = {}, .files = {{.name = "a", .bytes = 100}}});
  ASSERT_EQ(prepared.status, absl::OkStatus());
  EXPECT_TRUE(absl::IsFailedPrecondition(write("b", 0, 10)));
  EXPECT_TRUE(absl::IsFailedPrecondition(write("a", 5, 10)));   // a gap
  EXPECT_TRUE(absl::IsFailedPrecondition(write("a", 0, 101)));  // too long
  EXPECT_EQ(write("a", 0, 50), absl::OkStatus());
  EXPECT_EQ(write("a", 20, 50), absl::OkStatus());  // repeated in part
  EXPECT_EQ(std::filesystem::file_size(JoinPath(leader_path, "staging/files/a")), 70u);
  const auto incomplete =
      master.Run<node::StagedInstalled>(node::InstallStaged{.token = master.Token()});
  EXPECT_TRUE(absl::IsFailedPrecondition(incomplete.status));
  EXPECT_THAT(std::string(incomplete.status.message()), HasSubstr("70 of 100 bytes"));

  const auto read = [&](uint64_t checkpoint, const std::string& file, uint64_t bytes) {
    return master
        .Run<node::CheckpointRead>(node::ReadCheckpoint{.token = master.Token(),
                                                        .checkpoint = checkpoint,
                                                        .file = file,
                                                        .offset = 0,
                                                        .bytes = bytes})
        .status;
  };
  EXPECT_TRUE(absl::IsNotFound(read(1, "CURRENT", 1)));
  Transfer transfer = Transfer::Take(master);
  EXPECT_EQ(read(1, "CURRENT", 1), absl::OkStatus());
  EXPECT_TRUE(absl::IsOutOfRange(read(1, "CURRENT", 100'000)));
  EXPECT_TRUE(absl::IsNotFound(read(1, "../CURRENT", 1)));
  master.runner->Start({node::DropCheckpoint{.checkpoint = 1}});
  EXPECT_TRUE(absl::IsNotFound(read(1, "CURRENT", 1)));
  EXPECT_EQ(Found(leader_model, master), 20u);
}

// Throttled reads do not hold up a flush.
TEST_F(JobRunnerTest, OtherJobsPassThrottledReads) {
  Master master(leader_path, {.checkpoint_read_bytes_per_second = 1});
  master.Write(leader_model, random, 20);
  Transfer transfer = Transfer::Take(master);
  ASSERT_EQ(transfer.taken.status, absl::OkStatus());
  std::vector<node::Job> jobs;
  for (int i = 0; i < 3; ++i) {
    jobs.push_back(node::ReadCheckpoint{
        .token = JobToken(100 + i), .checkpoint = 1, .file = "CURRENT", .offset = 0, .bytes = 16});
  }
  jobs.push_back(node::FlushState{.token = JobToken(200)});
  master.runner->Start(std::move(jobs));
  bool flushed = false;
  int reads = 0;
  while (!flushed) {
    for (const node::Input& input : master.Wait(1)) {
      flushed |= std::holds_alternative<node::StateFlushed>(input);
      reads += std::holds_alternative<node::CheckpointRead>(input) ? 1 : 0;
    }
  }
  EXPECT_LE(reads, 1);
}

constexpr char kVictim[] = "VictimProcess.DISABLED_IsKilledWhileInstalling";
constexpr int kOldBatches = 30;
constexpr int kNewBatches = 120;

// The process that dies: started by the test below with its place in the environment, because a
// fork of a process with RocksDB's threads would have none of them.
TEST(VictimProcess, DISABLED_IsKilledWhileInstalling) {
  const char* at = std::getenv("JFS_KILL_AT");
  const char* leader_path = std::getenv("JFS_LEADER");
  const char* follower_path = std::getenv("JFS_FOLLOWER");
  ASSERT_TRUE(at != nullptr && leader_path != nullptr && follower_path != nullptr);
  Master leader(leader_path);
  Master follower(follower_path, {}, [&](InstallPoint now) {
    if (Name(now) == at) kill(getpid(), SIGKILL);
  });
  StateModel model;
  Random random(5);
  follower.Write(model, random, kOldBatches);
  (void)follower.Run<node::StateFlushed>(node::FlushState{.token = JobToken(1)});
  Transfer transfer = Transfer::Take(leader);
  ASSERT_EQ(transfer.Send(leader, follower), absl::OkStatus());
  (void)follower.Run<node::StagedInstalled>(node::InstallStaged{.token = JobToken(2)});
}

// kill -9 right behind each named step.
TEST_F(JobRunnerTest, KilledAtEachNamedPoint) {
  {
    Master leader(leader_path);
    leader.Write(leader_model, random, kNewBatches);
    ASSERT_EQ(leader.Run<node::StateFlushed>(node::FlushState{.token = JobToken(1)}).status,
              absl::OkStatus());
  }
  Random same(5);
  for (int i = 0; i < kOldBatches; ++i) follower_model.Next(same);
  for (const InstallPoint point : kInstallPoints) {
    const std::string name(Name(point));
    SCOPED_TRACE(name);
    const std::string path = Make(absl::StrCat("follower ", name));
    const pid_t child = fork();
    if (child == 0) {
      setenv("JFS_KILL_AT", name.c_str(), 1);
      setenv("JFS_LEADER", leader_path.c_str(), 1);
      setenv("JFS_FOLLOWER", path.c_str(), 1);
      unsetenv("XML_OUTPUT_FILE");  // Bazel's: the report is the parent's
      const std::string filter = absl::StrCat("--gtest_filter=", kVictim);
      execl("/proc/self/exe", "victim", "--gtest_also_run_disabled_tests", filter.c_str(),
            static_cast<char*>(nullptr));
      _exit(1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
    Master after(path);
    if (point < InstallPoint::kPointerRenamed) {
      EXPECT_EQ(Found(follower_model, after), static_cast<uint64_t>(kOldBatches));
    } else {
      EXPECT_EQ(Found(leader_model, after), static_cast<uint64_t>(kNewBatches));
    }
    Master leader(leader_path);
    Transfer transfer = Transfer::Take(leader);
    ASSERT_EQ(transfer.Send(leader, after), absl::OkStatus());
    EXPECT_EQ(after.Run<node::StagedInstalled>(node::InstallStaged{.token = JobToken(3)}).status,
              absl::OkStatus());
    EXPECT_EQ(Found(leader_model, after), static_cast<uint64_t>(kNewBatches));
  }
}

TEST_F(JobRunnerTest, PointerWithoutMeaningIsRefusedByName) {
  { Master master(leader_path); }
  const std::string pointer = JoinPath(leader_path, "CURRENT");
  const auto open = [&] {
    return StateDirectory::Open({.state = StateModel::Options(rocksdb::Env::Default())},
                                leader_path)
        .status();
  };
  const std::string good = ReadSmallFile(pointer, 4096).value();
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    std::ofstream(pointer) << bad;
    EXPECT_NE(open(), absl::OkStatus()) << i;
  }
  std::filesystem::remove(pointer);
  EXPECT_TRUE(absl::IsFailedPrecondition(open()));
  EXPECT_THAT(std::string(open().message()), HasSubstr("holds generation-000001 but no CURRENT"));
  std::ofstream(pointer) << good;
  EXPECT_EQ(open(), absl::OkStatus());
  // A state that is gone does not come back as an empty one.
  std::filesystem::remove_all(JoinPath(leader_path, "generation-000001"));
  EXPECT_TRUE(absl::IsDataLoss(open())) << open();
}

}  // namespace
}  // namespace jfs::storage
