#ifndef CORE_LOG_LOG_WORLD_H_
#define CORE_LOG_LOG_WORLD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/log/log.h"
#include "core/log/memory_disk.h"
#include "core/log/oracle.h"

namespace jfs::log {

// One log on one disk in memory, watched by the oracle: the verbs of the crash and rot tests.
class LogWorld {
 public:
  explicit LogWorld(Options options) : options_(options), disk_(options.block_bytes) {}

  // Small enough to try out everything: segments of 4 KiB in blocks of 512 bytes.
  static Options TinyOptions();

  // Runs a recovery to its end and asks the oracle. Returns what is wrong, or empty.
  std::string Recover();
  // Starts a recovery and lets `steps` requests complete. True if it is over by then; Recover's
  // checks apply, `wrong` says what failed.
  bool RecoverFor(uint64_t steps, std::string* wrong);
  // Only looks: recovers a copy of the disk, without any consequence.
  RecoveredLog Peek(absl::Status* status) const;

  // Hands `batch` to the log; its token is set here.
  void Append(Batch batch);
  // `count` entries of `bytes` bytes behind the last one, and a hard state that names the token.
  void AppendEntries(uint64_t count, size_t bytes);
  void Truncate(uint64_t from, uint64_t count, size_t bytes);
  void Reset(LogPosition to);
  void Compact(uint64_t through);
  void Idle();
  void ReadAll();

  // Lets request number `i` of those under way complete.
  void Complete(size_t i = 0);
  // Hands the log a completion that the test made itself.
  void Deliver(const DiskCompletion& completion);
  void CompleteAll();
  void CompleteAtRandom(Random& random);
  // The process is gone. What is under way on the disk is for the test to settle.
  void Kill();

  // Three segments with batches and one that was made ahead, all of it durable; then Kill.
  // REQUIRES: recovered, TinyOptions.
  void FillSegmentsAndKill();

  // One step of a random life: append, truncate, reset, compact, idle, read or a completion.
  void RandomStep(Random& random);

  MemoryDisk& disk() { return disk_; }
  LogOracle& oracle() { return oracle_; }
  Options& options() { return options_; }
  Log* log() { return log_.get(); }
  const RecoveredLog& recovered() const { return recovered_; }
  // Reads that did not return what the oracle knows; damage that a read met.
  const std::vector<std::string>& read_errors() const { return read_errors_; }

 private:
  void Take(LogOutput out);
  std::string Finish(const RecoveryOutput& out);

  Options options_;
  MemoryDisk disk_;
  LogOracle oracle_;
  std::unique_ptr<Recovery> recovery_;
  RecoveryOutput recovery_output_;
  RecoveredLog recovered_;
  std::unique_ptr<Log> log_;
  uint64_t next_token_ = 1;
  uint64_t term_ = 1;
  std::vector<std::string> read_errors_;
};

}  // namespace jfs::log

#endif  // CORE_LOG_LOG_WORLD_H_
