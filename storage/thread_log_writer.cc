#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>

#include "storage/aligned_buffers.h"
#include "storage/log_writer.h"
#include "storage/serial_worker.h"

namespace jfs::storage {
namespace {

constexpr size_t kKeptBufferBytes = 8 << 20;

int WriteDurably(int fd, uint64_t offset, const char* from, size_t bytes) {
  while (bytes > 0) {
    const iovec part = {.iov_base = const_cast<char*>(from), .iov_len = bytes};
    ssize_t put = pwritev2(fd, &part, 1, static_cast<off_t>(offset), RWF_DSYNC);
    if (put < 0 && errno == EOPNOTSUPP) {
      // A file system (or device) from before these flags: the same in two calls.
      put = pwrite(fd, from, bytes, static_cast<off_t>(offset));
      if (put > 0 && fdatasync(fd) != 0) return errno;
    }
    if (put < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    if (put == 0) return EIO;
    from += put;
    offset += static_cast<uint64_t>(put);
    bytes -= static_cast<size_t>(put);
  }
  return 0;
}

class ThreadLogWriter : public LogWriter {
 public:
  ThreadLogWriter(std::function<void()> notify, bool direct)
      : notify_(std::move(notify)), direct_(direct) {}

  void Add(LogWrite write) override {
    worker_.Post([this, write = std::move(write)]() mutable { Run(std::move(write)); });
  }

  void Submit() override {}

  void Take(std::vector<LogWriteDone>* done) override {
    std::lock_guard<std::mutex> lock(mutex_);
    for (LogWriteDone& one : done_) done->push_back(std::move(one));
    done_.clear();
  }

 private:
  void Run(LogWrite write) {
    const std::string_view data = write.data.view();
    int error = 0;
    if (direct_) {
      AlignedBuffer buffer = buffers_.Take(data.size());
      if (buffer.data == nullptr) {
        error = ENOMEM;
      } else {
        std::memcpy(buffer.data.get(), data.data(), data.size());
        error = WriteDurably(write.file->get(), write.offset, buffer.data.get(), data.size());
      }
      buffers_.Return(std::move(buffer));
    } else {
      error = WriteDurably(write.file->get(), write.offset, data.data(), data.size());
    }
    {
      std::lock_guard<std::mutex> lock(mutex_);
      done_.push_back({.write = std::move(write), .error = error});
    }
    notify_();
  }

  const std::function<void()> notify_;
  const bool direct_;
  AlignedBuffers buffers_{kKeptBufferBytes};
  std::mutex mutex_;
  std::vector<LogWriteDone> done_;
  SerialWorker worker_{"log-writer"};  // last: its thread uses the others
};

}  // namespace

std::unique_ptr<LogWriter> NewThreadLogWriter(std::function<void()> notify, bool direct) {
  return std::make_unique<ThreadLogWriter>(std::move(notify), direct);
}

}  // namespace jfs::storage
