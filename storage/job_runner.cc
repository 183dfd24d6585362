#include "storage/job_runner.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "core/base/overload.h"

namespace jfs::storage {
namespace {

// <linux/ioprio.h> is not in Debian's C library headers: class 2 is best-effort, 7 its lowest
// level.
constexpr int kIoPriorityLowest = (2 << 13) | 7;
constexpr int kIoPriorityOfThread = 1;

void LowerPriority(int nice) {
  pthread_setname_np(pthread_self(), "state-jobs");
  // Both are courtesy: where they are refused the jobs run all the same.
  (void)setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), nice);
  (void)syscall(SYS_ioprio_set, kIoPriorityOfThread, 0, kIoPriorityLowest);
}

}  // namespace

JobRunner::JobRunner(StateDirectory* directory, Options options)
    : directory_(directory), options_(options), thread_([this] { Loop(); }) {}

JobRunner::~JobRunner() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

absl::Status JobRunner::failed() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return failed_;
}

void JobRunner::Start(std::vector<node::Job> jobs) {
  if (jobs.empty()) return;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    for (node::Job& job : jobs) {
      auto* read = std::get_if<node::ReadCheckpoint>(&job);
      if (read != nullptr) {
        reads_.push_back(std::move(*read));
      } else {
        jobs_.push_back(std::move(job));
      }
    }
  }
  wake_.notify_one();
}

void JobRunner::Loop() {
  LowerPriority(options_.nice);
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stop_) {
    node::Job job;
    if (!jobs_.empty()) {
      job = std::move(jobs_.front());
      jobs_.pop_front();
    } else if (!reads_.empty()) {
      if (Clock::now() < next_read_) {
        const Clock::time_point until = next_read_;
        wake_.wait_until(lock, until);
        continue;
      }
      if (options_.checkpoint_read_bytes_per_second > 0) {
        next_read_ =
            Clock::now() + std::chrono::microseconds(reads_.front().bytes * 1'000'000 /
                                                     options_.checkpoint_read_bytes_per_second);
      }
      job = std::move(reads_.front());
      reads_.pop_front();
    } else {
      wake_.wait(lock);
      continue;
    }
    lock.unlock();
    Run(job);
    lock.lock();
    failed_ = directory_->failed();
  }
}

void JobRunner::Run(const node::Job& job) {
  std::visit(
      Overload{
          [&](const node::FlushState& flush) {
            absl::StatusOr<raft::Position> persisted = directory_->Flush();
            answers_.Push(node::StateFlushed{.token = flush.token,
                                             .status = persisted.status(),
                                             .persisted = persisted.value_or(raft::Position{})});
          },
          [&](const node::TakeCheckpoint& take) {
            absl::StatusOr<StateDirectory::Checkpoint> taken =
                directory_->TakeCheckpoint(take.checkpoint);
            node::CheckpointTaken answer{.token = take.token, .status = taken.status()};
            if (taken.ok()) {
              answer.at = taken->at;
              answer.files = std::move(taken->files);
            }
            answers_.Push(std::move(answer));
          },
          [&](const node::ReadCheckpoint& read) {
            absl::StatusOr<std::string> data =
                directory_->ReadCheckpoint(read.checkpoint, read.file, read.offset, read.bytes);
            node::CheckpointRead answer{.token = read.token, .status = data.status()};
            if (data.ok()) answer.data = SharedBytes(*std::move(data));
            answers_.Push(std::move(answer));
          },
          [&](const node::DropCheckpoint& drop) {
            // Nobody waits for it, and the next start removes what is left.
            directory_->DropCheckpoint(drop.checkpoint).IgnoreError();
          },
          [&](const node::PrepareStaging& prepare) {
            absl::StatusOr<std::vector<uint64_t>> have =
                directory_->PrepareStaging(prepare.at, prepare.files);
            node::StagingPrepared answer{.token = prepare.token, .status = have.status()};
            if (have.ok()) answer.have = *std::move(have);
            answers_.Push(std::move(answer));
          },
          [&](const node::WriteStaged& write) {
            answers_.Push(node::StagedWritten{
                .token = write.token,
                .status = directory_->WriteStaged(write.file, write.offset, write.data.view())});
          },
          [&](const node::InstallStaged& install) {
            absl::StatusOr<RocksdbState*> store = directory_->Install();
            if (!directory_->failed().ok()) {
              std::lock_guard<std::mutex> lock(mutex_);
              failed_ = directory_->failed();
            }
            answers_.Push(node::StagedInstalled{.token = install.token,
                                                .status = store.status(),
                                                .store = store.ok() ? *store : nullptr});
          },
      },
      job);
}

}  // namespace jfs::storage
