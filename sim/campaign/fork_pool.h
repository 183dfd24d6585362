#ifndef SIM_CAMPAIGN_FORK_POOL_H_
#define SIM_CAMPAIGN_FORK_POOL_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace jfs::sim {

// Carries out numbered tasks in `jobs` child processes, each task in one of them, so that a crash
// ends one task and not the campaign.
struct ForkPool {
  int jobs = 1;
  // Runs in a child process: the result as bytes.
  std::function<std::string(uint64_t task)> work;
  // Runs here, in the order in which tasks end. Nothing: the child died of it.
  std::function<void(uint64_t task, std::optional<std::string> result)> done;
  // Asked before each task is given out; false: no more.
  std::function<bool()> more;

  // Tasks 0 .. tasks-1. REQUIRES: this program has no other threads.
  void Run(uint64_t tasks);
};

}  // namespace jfs::sim

#endif  // SIM_CAMPAIGN_FORK_POOL_H_
