#include <liburing.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <deque>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "storage/aligned_buffers.h"
#include "storage/log_writer.h"

namespace jfs::storage {
namespace {

// The log keeps a handful of writes in flight; what is beyond this waits here. The completion ring
// has twice as many places, so it cannot overflow.
constexpr unsigned kRingEntries = 64;
constexpr size_t kKeptBufferBytes = 8 << 20;

class IoUringLogWriter : public LogWriter {
 public:
  explicit IoUringLogWriter(bool direct) : direct_(direct) {}

  absl::Status Init(int event_fd) {
    if (int error = io_uring_queue_init(kRingEntries, &ring_, 0); error != 0) {
      return absl::FailedPreconditionError(
          absl::StrCat("the kernel refuses io_uring: ", ErrnoText(-error)));
    }
    open_ = true;
    event_fd_ = event_fd;
    if (int error = io_uring_register_eventfd(&ring_, event_fd); error != 0) {
      return absl::FailedPreconditionError(
          absl::StrCat("io_uring accepts no eventfd: ", ErrnoText(-error)));
    }
    return absl::OkStatus();
  }

  ~IoUringLogWriter() override {
    if (!open_) return;
    waiting_.clear();
    // The kernel still reads from our buffers, except from those it never took.
    std::vector<LogWriteDone> ignored;
    while (true) {
      Submit();
      if (failed_ != 0) GiveUp(&ignored);
      if (in_flight_ == 0) break;
      io_uring_cqe* cqe = nullptr;
      if (io_uring_wait_cqe(&ring_, &cqe) == 0) Take(&ignored);
    }
    io_uring_queue_exit(&ring_);
  }

  void Add(LogWrite write) override {
    auto operation = std::make_unique<Operation>();
    const std::string_view data = write.data.view();
    if (failed_ != 0) return Refuse(std::move(write), failed_);
    if (direct_) {
      operation->buffer = buffers_.Take(data.size());
      if (operation->buffer.data == nullptr) return Refuse(std::move(write), ENOMEM);
      std::memcpy(operation->buffer.data.get(), data.data(), data.size());
    }
    operation->write = std::move(write);
    if (in_flight_ == kRingEntries) {
      waiting_.push_back(std::move(operation));
    } else {
      Prepare(std::move(operation));
    }
  }

  void Submit() override {
    if (failed_ != 0) return;
    const int submitted = io_uring_submit(&ring_);
    if (submitted >= 0) {
      // The kernel takes them in the order of the ring.
      prepared_.erase(prepared_.begin(), prepared_.begin() + std::min<std::ptrdiff_t>(
                                                                 submitted, std::ssize(prepared_)));
      return;
    }
    // Short of something or interrupted for the moment: the entries are still in the ring, look
    // again soon. Anything else will not pass: nothing is handed to the kernel any more, and every
    // write that it does not have fails.
    if (submitted != -EAGAIN && submitted != -EBUSY && submitted != -EINTR) failed_ = -submitted;
    Wake();
  }

  void Take(std::vector<LogWriteDone>* done) override {
    for (LogWriteDone& refused : std::exchange(refused_, {})) done->push_back(std::move(refused));
    if (failed_ != 0) GiveUp(done);
    io_uring_cqe* cqe = nullptr;
    while (io_uring_peek_cqe(&ring_, &cqe) == 0) {
      std::unique_ptr<Operation> operation(static_cast<Operation*>(io_uring_cqe_get_data(cqe)));
      const int result = cqe->res;
      io_uring_cqe_seen(&ring_, cqe);
      --in_flight_;
      Complete(std::move(operation), result, done);
    }
    while (!waiting_.empty() && in_flight_ < kRingEntries && failed_ == 0) {
      Prepare(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    if (failed_ == 0 && io_uring_sq_ready(&ring_) > 0) Submit();
    // Submit may have failed just now, and what completed may have left a rest.
    if (failed_ != 0) GiveUp(done);
  }

 private:
  struct Operation {
    LogWrite write;
    AlignedBuffer buffer;  // empty unless O_DIRECT wants one
    uint64_t written = 0;
  };

  // Makes somebody call Take.
  void Wake() {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t put = ::write(event_fd_, &one, sizeof(one));
  }

  void Refuse(LogWrite write, int error) {
    refused_.push_back({.write = std::move(write), .error = error});
    Wake();
  }

  // Answers what the kernel will never get.
  void GiveUp(std::vector<LogWriteDone>* done) {
    for (Operation* prepared : std::exchange(prepared_, {})) {
      const std::unique_ptr<Operation> operation(prepared);
      --in_flight_;
      done->push_back({.write = std::move(operation->write), .error = failed_});
    }
    for (const std::unique_ptr<Operation>& operation : std::exchange(waiting_, {})) {
      done->push_back({.write = std::move(operation->write), .error = failed_});
    }
  }

  void Prepare(std::unique_ptr<Operation> operation) {
    io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
    if (sqe == nullptr) {
      Submit();
      sqe = failed_ == 0 ? io_uring_get_sqe(&ring_) : nullptr;
    }
    if (sqe == nullptr) {
      // The kernel takes nothing at the moment; Take tries again.
      waiting_.push_back(std::move(operation));
      return Wake();
    }
    const LogWrite& write = operation->write;
    const char* from = direct_ ? operation->buffer.data.get() : write.data.view().data();
    io_uring_prep_write(sqe, write.file->get(), from + operation->written,
                        static_cast<unsigned>(write.data.size() - operation->written),
                        write.offset + operation->written);
    sqe->rw_flags = RWF_DSYNC;
    prepared_.push_back(operation.get());
    io_uring_sqe_set_data(sqe, operation.release());
    ++in_flight_;
  }

  void Complete(std::unique_ptr<Operation> operation, int result, std::vector<LogWriteDone>* done) {
    if (result > 0) operation->written += static_cast<uint64_t>(result);
    const bool rest = operation->written < operation->write.data.size();
    // A short write (a signal, the end of the space) goes on where it stopped; the rest then names
    // the error.
    if (rest && (result > 0 || result == -EINTR)) {
      waiting_.push_front(std::move(operation));
      return;
    }
    int error = result < 0 ? -result : 0;
    if (rest && error == 0) error = EIO;
    buffers_.Return(std::move(operation->buffer));
    done->push_back({.write = std::move(operation->write), .error = error});
  }

  const bool direct_;
  io_uring ring_ = {};
  bool open_ = false;
  int event_fd_ = -1;
  unsigned in_flight_ = 0;  // owned by the ring
  // The last of those: the kernel has not taken them from the ring yet.
  std::deque<Operation*> prepared_;
  int failed_ = 0;  // why the kernel takes no more
  std::vector<LogWriteDone> refused_;
  std::deque<std::unique_ptr<Operation>> waiting_;
  AlignedBuffers buffers_{kKeptBufferBytes};
};

}  // namespace

absl::StatusOr<std::unique_ptr<LogWriter>> NewIoUringLogWriter(int event_fd, bool direct) {
  auto writer = std::make_unique<IoUringLogWriter>(direct);
  if (absl::Status status = writer->Init(event_fd); !status.ok()) return status;
  return std::unique_ptr<LogWriter>(std::move(writer));
}

}  // namespace jfs::storage
