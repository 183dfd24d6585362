#ifndef STORAGE_ALIGNED_BUFFERS_H_
#define STORAGE_ALIGNED_BUFFERS_H_

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <vector>

namespace jfs::storage {

inline constexpr size_t kDirectAlignment = 4096;

struct FreeDeleter {
  void operator()(char* memory) const { std::free(memory); }
};

// Memory that O_DIRECT accepts.
struct AlignedBuffer {
  std::unique_ptr<char, FreeDeleter> data;
  size_t capacity = 0;  // a multiple of kDirectAlignment
};

// Keeps returned buffers for the next writes: a fresh one of a megabyte costs more in page faults
// than the copy into it. Thread-safe.
class AlignedBuffers {
 public:
  // Keeps at most `max_kept_bytes` unused.
  explicit AlignedBuffers(size_t max_kept_bytes) : max_kept_bytes_(max_kept_bytes) {}

  // A buffer of at least `bytes`; one without data if there is no memory for it.
  AlignedBuffer Take(size_t bytes);
  void Return(AlignedBuffer buffer);

 private:
  const size_t max_kept_bytes_;
  std::mutex mutex_;
  std::vector<AlignedBuffer> kept_;
  size_t kept_bytes_ = 0;
};

}  // namespace jfs::storage

#endif  // STORAGE_ALIGNED_BUFFERS_H_
