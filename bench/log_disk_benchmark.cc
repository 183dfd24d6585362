// How fast the log's disk makes 4 KiB blocks durable: both ways of writing at depth 1 and 4, beside
// the plain disk's own rate of one pwritev2(RWF_DSYNC) after the other. Run it on the disk in
// question:
//
//   log_disk_benchmark [--benchmark_...] [DIRECTORY [WRITES]]
//
// p50 and p99 are microseconds from request to completion; cpu_us is processor time of the whole
// process per write.
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "benchmark/benchmark.h"
#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/log/disk.h"
#include "storage/log_disk.h"
#include "storage/posix.h"
#include "storage/temporary_directory.h"

namespace jfs {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kFileBytes = 64 << 20;
constexpr uint64_t kBlockBytes = 4096;

std::string parent_directory;  // NOLINT: set once by main

double CpuMicros() {
  rusage usage;
  CHECK_EQ(getrusage(RUSAGE_SELF, &usage), 0);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

class Latencies {
 public:
  Latencies() : cpu_at_start_(CpuMicros()) {}
  void Add(Clock::duration latency) {
    micros_.push_back(std::chrono::duration<double, std::micro>(latency).count());
  }
  void Report(benchmark::State& state) {
    const double cpu = CpuMicros() - cpu_at_start_;
    if (micros_.empty()) return;
    std::sort(micros_.begin(), micros_.end());
    const double count = static_cast<double>(micros_.size());
    state.counters["writes_per_s"] = benchmark::Counter(count, benchmark::Counter::kIsRate);
    state.counters["p50_us"] = micros_[micros_.size() / 2];
    state.counters["p99_us"] = micros_[micros_.size() * 99 / 100];
    state.counters["cpu_us"] = cpu / count;
  }

 private:
  const double cpu_at_start_;
  std::vector<double> micros_;
};

void PlainSync(benchmark::State& state) {
  storage::TemporaryDirectory directory(parent_directory);
  const std::string path = directory.path() + "/plain";
  const storage::UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600));
  if (!fd.valid()) {
    state.SkipWithError("no O_DIRECT here");
    return;
  }
  std::unique_ptr<void, decltype(&std::free)> memory(std::aligned_alloc(4096, 1 << 20), &std::free);
  std::memset(memory.get(), 0, 1 << 20);
  for (uint64_t offset = 0; offset < kFileBytes; offset += 1 << 20) {
    CHECK_EQ(storage::WriteAt(fd.get(), offset, static_cast<char*>(memory.get()), 1 << 20), 0);
  }
  CHECK_EQ(fsync(fd.get()), 0);
  std::memset(memory.get(), 'x', kBlockBytes);
  const iovec block = {.iov_base = memory.get(), .iov_len = kBlockBytes};
  uint64_t offset = 0;
  Latencies latencies;
  for ([[maybe_unused]] auto _ : state) {
    const Clock::time_point begin = Clock::now();
    CHECK_EQ(pwritev2(fd.get(), &block, 1, static_cast<off_t>(offset), RWF_DSYNC),
             static_cast<ssize_t>(kBlockBytes));
    latencies.Add(Clock::now() - begin);
    offset = (offset + kBlockBytes) % kFileBytes;
  }
  latencies.Report(state);
}

void LogDiskWrites(benchmark::State& state, storage::LogDisk::Writer writer, uint64_t depth) {
  storage::TemporaryDirectory directory(parent_directory);
  absl::StatusOr<std::unique_ptr<storage::LogDisk>> opened = storage::LogDisk::Open(
      {.directory = directory.path(), .writer = writer, .block_bytes = kBlockBytes});
  if (!opened.ok()) {
    state.SkipWithError(opened.status().ToString().c_str());
    return;
  }
  storage::LogDisk& disk = **opened;
  uint64_t next_token = 1;
  const auto wait = [&] {
    std::vector<log::DiskCompletion> done;
    while (done.empty()) {
      pollfd ready = {.fd = disk.event_fd(), .events = POLLIN, .revents = 0};
      CHECK_GE(poll(&ready, 1, -1), 0);
      done = disk.Take();
    }
    for (const log::DiskCompletion& completion : done) {
      CHECK(completion.error == log::DiskError::kNone) << completion.error_text;
    }
    return done;
  };
  disk.Start({{.token = log::DiskToken(next_token++),
               .action = log::CreateFile{.file = "segment", .bytes = kFileBytes}}});
  wait();

  const SharedBytes data(std::string(kBlockBytes, 'x'));
  std::map<log::DiskToken, Clock::time_point> under_way;
  std::vector<log::DiskCompletion> completed;
  uint64_t offset = 0;
  Latencies latencies;
  for ([[maybe_unused]] auto _ : state) {
    // One iteration is one completed write, the pipeline kept full.
    while (under_way.size() < depth) {
      const log::DiskToken token(next_token++);
      under_way[token] = Clock::now();
      disk.Start({{.token = token,
                   .action = log::WriteFile{.file = "segment", .offset = offset, .data = data}}});
      offset = (offset + kBlockBytes) % kFileBytes;
    }
    if (completed.empty()) completed = wait();
    const auto it = under_way.find(completed.back().token);
    CHECK(it != under_way.end());
    latencies.Add(Clock::now() - it->second);
    under_way.erase(it);
    completed.pop_back();
  }
  for (const log::DiskCompletion& completion : completed) under_way.erase(completion.token);
  while (!under_way.empty()) {
    for (const log::DiskCompletion& completion : wait()) under_way.erase(completion.token);
  }
  latencies.Report(state);
}

}  // namespace
}  // namespace jfs

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc > 1) jfs::parent_directory = argv[1];
  const int64_t writes = argc > 2 ? std::atoll(argv[2]) : 20'000;
  benchmark::RegisterBenchmark("plain_sync", jfs::PlainSync)->UseRealTime()->Iterations(writes);
  for (const auto& [name, writer] : {std::pair("io_uring", jfs::storage::LogDisk::Writer::kIoUring),
                                     std::pair("thread", jfs::storage::LogDisk::Writer::kThread)}) {
    for (const uint64_t depth : {1, 4}) {
      benchmark::RegisterBenchmark((std::string(name) + "/depth:" + std::to_string(depth)).c_str(),
                                   [writer = writer, depth](benchmark::State& state) {
                                     jfs::LogDiskWrites(state, writer, depth);
                                   })
          ->UseRealTime()
          ->Iterations(writes);
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
