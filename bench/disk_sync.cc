#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

// What the disk itself can do, measured beside everything that claims to be fast on it: one writer,
// 4 KiB at a time, each durable before the next (RWF_DSYNC, O_DIRECT where there is that), over a
// file that was written before. Prints one line of JSON.
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kBlockBytes = 4096;
constexpr size_t kFileBytes = size_t{16} << 20;

int Fail(const std::string& what) {
  std::fprintf(stderr, "disk_sync: %s: %s\n", what.c_str(), std::strerror(errno));
  return 1;
}

int Measure(const std::string& directory, double seconds) {
  std::string path = directory + "/disk-sync-XXXXXX";
  int fd = mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) return Fail("cannot make a file in " + directory);
  close(fd);
  fd = open(path.c_str(), O_RDWR | O_DIRECT | O_CLOEXEC);
  const bool direct = fd >= 0;
  if (!direct) fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  unlink(path.c_str());
  if (fd < 0) return Fail("cannot open " + path);

  const std::unique_ptr<char, decltype(&std::free)> block(
      static_cast<char*>(std::aligned_alloc(kBlockBytes, kBlockBytes)), &std::free);
  std::memset(block.get(), 'x', kBlockBytes);
  for (size_t at = 0; at < kFileBytes; at += kBlockBytes) {
    if (pwrite(fd, block.get(), kBlockBytes, static_cast<off_t>(at)) !=
        static_cast<ssize_t>(kBlockBytes)) {
      return Fail("cannot fill " + path);
    }
  }
  if (fsync(fd) != 0) return Fail("fsync of " + path);

  std::vector<double> micros;
  const iovec vector = {.iov_base = block.get(), .iov_len = kBlockBytes};
  const Clock::time_point start = Clock::now();
  Clock::time_point before = start;
  off_t at = 0;
  while (before - start < std::chrono::duration<double>(seconds)) {
    if (pwritev2(fd, &vector, 1, at, RWF_DSYNC) != static_cast<ssize_t>(kBlockBytes)) {
      return Fail("durable write to " + path);
    }
    at = (at + static_cast<off_t>(kBlockBytes)) % static_cast<off_t>(kFileBytes);
    const Clock::time_point after = Clock::now();
    micros.push_back(std::chrono::duration<double, std::micro>(after - before).count());
    before = after;
  }
  close(fd);
  const double took = std::chrono::duration<double>(before - start).count();
  std::sort(micros.begin(), micros.end());
  std::printf("{\"per_second\": %.1f, \"p50_us\": %.0f, \"p99_us\": %.0f, \"direct\": %s}\n",
              static_cast<double>(micros.size()) / took, micros[micros.size() / 2],
              micros[micros.size() * 99 / 100], direct ? "true" : "false");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc == 3 ? std::atof(argv[2]) : 0;
  if (seconds <= 0) {
    std::fprintf(stderr, "usage: disk_sync DIRECTORY SECONDS\n");
    return 2;
  }
  return Measure(argv[1], seconds);
}
