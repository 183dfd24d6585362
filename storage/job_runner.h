#ifndef STORAGE_JOB_RUNNER_H_
#define STORAGE_JOB_RUNNER_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"

#include "core/node/io.h"
#include "storage/notified_queue.h"
#include "storage/state_directory.h"

namespace jfs::storage {

// Carries out the node's jobs on a StateDirectory in one background thread of low priority, and
// hands the answers back to the loop thread. Jobs run in the order given, except that reads of
// checkpoints, held back by the rate limit, let other jobs pass.
class JobRunner {
 public:
  struct Options {
    // How fast checkpoints are read for other masters; 0: no limit.
    uint64_t checkpoint_read_bytes_per_second = 0;
    // Added to the thread's nice value; its IO priority becomes the lowest of the best-effort
    // class.
    int nice = 10;
  };

  // `directory` must outlive the runner.
  JobRunner(StateDirectory* directory, Options options);
  // Waits for the job under way; those not begun are dropped.
  ~JobRunner();
  JobRunner(const JobRunner&) = delete;
  JobRunner& operator=(const JobRunner&) = delete;

  // The loop thread.
  void Start(std::vector<node::Job> jobs);
  // Answers that have come in, in order; each job but DropCheckpoint gets exactly one. Never
  // blocks.
  std::vector<node::Input> Take() { return answers_.Take(); }
  // Readable when Take has something to give; for epoll.
  int event_fd() const { return answers_.event_fd(); }

  // Not OK: an installation failed where nobody knows which state the disk names. The process must
  // end. An answer has been given too.
  absl::Status failed() const;

 private:
  using Clock = std::chrono::steady_clock;

  void Loop();
  void Run(const node::Job& job);

  StateDirectory* const directory_;
  const Options options_;
  NotifiedQueue<node::Input> answers_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<node::Job> jobs_;
  std::deque<node::ReadCheckpoint> reads_;
  Clock::time_point next_read_;  // the rate limit: no read begins earlier
  bool stop_ = false;
  absl::Status failed_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace jfs::storage

#endif  // STORAGE_JOB_RUNNER_H_
