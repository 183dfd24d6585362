#ifndef STORAGE_LOG_DISK_H_
#define STORAGE_LOG_DISK_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "core/log/disk.h"
#include "storage/log_files.h"
#include "storage/log_writer.h"
#include "storage/notified_queue.h"
#include "storage/serial_worker.h"

namespace jfs::storage {

// Carries out the log's requests on a directory of a real file system. Used by the loop thread,
// which it never makes wait: writes go through io_uring or a thread of their own, everything slow
// (zero-filling, listing, reading, renaming) through background threads.
//
// A write is one pwritev2(RWF_DSYNC), or its io_uring form, with O_DIRECT where the file system has
// it: it completes when the device says that the data is on stable storage, and a failure belongs
// to exactly this write. Nothing is ever retried.
class LogDisk {
 public:
  enum class Writer : uint8_t {
    // io_uring where the kernel allows it, else the thread. Several writes in flight are faster
    // through io_uring; a
    // single one is faster through the thread where processors are overloaded, because the kernel's
    // own workers that
    // complete it wait for a processor then. bench/log_disk_benchmark.cc measures both.
    kAuto,
    kIoUring,  // submitted by the loop thread
    kThread,   // one thread, one write after the other
  };

  struct Options {
    std::string directory;  // exists; nobody else uses it
    Writer writer = Writer::kAuto;
    uint32_t block_bytes = 0;  // 0: as the device has it
    bool allow_direct = true;  // false: through the page cache even where O_DIRECT works
  };

  // Also removes what CreateFile left unfinished in an earlier run. FailedPrecondition if kIoUring
  // was demanded and the kernel has none.
  static absl::StatusOr<std::unique_ptr<LogDisk>> Open(const Options& options);

  // Requests not yet completed may or may not take effect. Waits for those under way.
  ~LogDisk();
  LogDisk(const LogDisk&) = delete;
  LogDisk& operator=(const LogDisk&) = delete;

  // Starts the requests in order. One that names a file which an earlier request is still creating,
  // renaming or removing waits for that one. REQUIRES: tokens of unfinished requests are distinct;
  // names are plain; offset and size of a write are multiples of block_bytes().
  void Start(std::vector<log::DiskRequest> requests);

  // What has completed since the last call. Never blocks.
  std::vector<log::DiskCompletion> Take();

  // Readable when Take has something to give; for epoll.
  int event_fd() const { return queue_.event_fd(); }

  // What to put into log::Options::block_bytes.
  uint32_t block_bytes() const { return block_bytes_; }
  // One line for the log: device, blocks, way of writing, and why it is not the better one.
  const std::string& description() const { return description_; }

 private:
  LogDisk(LogFiles files, uint32_t block_bytes)
      : files_(std::move(files)), block_bytes_(block_bytes) {}

  bool MustWait(const log::DiskAction& action) const;
  void Begin(log::DiskRequest request);
  void BeginWrite(log::DiskToken token, const log::WriteFile& write);
  void BeginChange(log::DiskRequest request);

  const LogFiles files_;
  const uint32_t block_bytes_;
  std::string description_;
  // Open files by name. A name under change is not in here.
  std::map<std::string, std::shared_ptr<const UniqueFd>, std::less<>> open_;
  // Names that a create, rename or remove under way will give another meaning.
  std::map<log::DiskToken, std::vector<std::string>> changing_;
  std::deque<log::DiskRequest> waiting_;  // in the order given
  // What the threads below use comes before them: they end first.
  NotifiedQueue<log::DiskCompletion> queue_;
  std::unique_ptr<LogWriter> writer_;
  SerialWorker changes_{"log-files"};
  SerialWorker reads_{"log-reads"};
};

}  // namespace jfs::storage

#endif  // STORAGE_LOG_DISK_H_
