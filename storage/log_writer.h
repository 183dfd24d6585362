#ifndef STORAGE_LOG_WRITER_H_
#define STORAGE_LOG_WRITER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "core/base/bytes.h"
#include "core/log/disk.h"
#include "storage/posix.h"

namespace jfs::storage {

// One durable write on its way.
struct LogWrite {
  log::DiskToken token;
  std::shared_ptr<const UniqueFd> file;
  std::string name;  // for messages
  uint64_t offset = 0;
  SharedBytes data;
};

struct LogWriteDone {
  LogWrite write;
  int error = 0;  // errno, 0: all of it is durable
};

// How durable writes reach the device. Used by the loop thread. Several writes may be under way at
// once and complete in any order. Destroying a writer waits for what is under way.
class LogWriter {
 public:
  virtual ~LogWriter() = default;
  // Queues a write. It may begin at once, and does at the latest with Submit().
  virtual void Add(LogWrite write) = 0;
  virtual void Submit() = 0;
  // Appends what has completed.
  virtual void Take(std::vector<LogWriteDone>* done) = 0;
};

// `notify` is called, from any thread, when Take has something to give. With `direct`, data is
// copied into aligned memory before it goes out.
std::unique_ptr<LogWriter> NewThreadLogWriter(std::function<void()> notify, bool direct);

// `event_fd` is signalled by the kernel when Take has something to give. Fails where the kernel has
// no io_uring or forbids it.
absl::StatusOr<std::unique_ptr<LogWriter>> NewIoUringLogWriter(int event_fd, bool direct);

}  // namespace jfs::storage

#endif  // STORAGE_LOG_WRITER_H_
