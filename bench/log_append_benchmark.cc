#include <benchmark/benchmark.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/check.h"
#include "core/log/disk.h"
#include "core/log/log.h"

// What planning an append costs: encoding a batch into blocks with their checksums, and taking note
// of its completion. The disk keeps nothing and is always done at once; nothing is ever read back.
namespace jfs::log {
namespace {

class NullDisk {
 public:
  void Submit(std::vector<DiskRequest> requests) {
    for (DiskRequest& request : requests) {
      if (const auto* write = std::get_if<WriteFile>(&request.action)) {
        bytes_ += write->data.size();
      }
      under_way_.push_back(DiskCompletion{.token = request.token});
    }
  }
  bool idle() const { return under_way_.empty(); }
  DiskCompletion Next() {
    DiskCompletion done = std::move(under_way_.front());
    under_way_.pop_front();
    return done;
  }
  uint64_t bytes() const { return bytes_; }

 private:
  std::deque<DiskCompletion> under_way_;
  uint64_t bytes_ = 0;
};

void BM_Append(benchmark::State& state) {
  NullDisk disk;
  Options options;
  options.identity = {NodeId(1), Incarnation(11)};
  Recovery recovery(options);
  RecoveryOutput start = recovery.Start();
  while (!start.finished) {
    disk.Submit(std::move(start.requests));
    CHECK(!disk.idle());
    start = recovery.Step(disk.Next());
  }
  CHECK(start.status.ok()) << start.status.ToString();
  const std::unique_ptr<Log> log = recovery.TakeLog();

  const SharedBytes payload(std::string(static_cast<size_t>(state.range(0)), 'x'));
  uint64_t index = 0, durable = 0;
  for (auto _ : state) {
    Batch batch;
    batch.token = ++index;
    batch.entries.push_back(LogEntry{.index = index, .term = 7, .kind = 2, .payload = payload});
    LogOutput output = log->Append(std::move(batch));
    for (;;) {
      durable += output.durable.size();
      disk.Submit(std::move(output.requests));
      if (disk.idle()) break;
      output = log->Complete(disk.Next());
    }
    // Lets segments be used again, as a flushed state does.
    if (index % 4096 == 0) {
      LogOutput compacted = log->Compact(LogPosition{index - 1, 7});
      for (;;) {
        disk.Submit(std::move(compacted.requests));
        if (disk.idle()) break;
        compacted = log->Complete(disk.Next());
        durable += compacted.durable.size();
      }
    }
  }
  CHECK_EQ(durable, index) << "batches that never became durable";
  state.SetItemsProcessed(static_cast<int64_t>(index));
  state.SetBytesProcessed(static_cast<int64_t>(index) * state.range(0));
  state.counters["disk_bytes"] =
      benchmark::Counter(static_cast<double>(disk.bytes()) / static_cast<double>(index));
}
BENCHMARK(BM_Append)->Arg(200)->Arg(4 << 10)->Arg(64 << 10);

}  // namespace
}  // namespace jfs::log
