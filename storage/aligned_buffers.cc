#include "storage/aligned_buffers.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace jfs::storage {

AlignedBuffer AlignedBuffers::Take(size_t bytes) {
  // Powers of two, so that buffers of similar size serve each other.
  const size_t capacity = std::bit_ceil(std::max(bytes, kDirectAlignment));
  {
    std::lock_guard<std::mutex> lock(mutex_);
    for (size_t i = kept_.size(); i-- > 0;) {
      if (kept_[i].capacity != capacity) continue;
      AlignedBuffer found = std::move(kept_[i]);
      kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(i));
      kept_bytes_ -= capacity;
      return found;
    }
  }
  AlignedBuffer fresh;
  fresh.data.reset(static_cast<char*>(std::aligned_alloc(kDirectAlignment, capacity)));
  if (fresh.data != nullptr) fresh.capacity = capacity;
  return fresh;
}

void AlignedBuffers::Return(AlignedBuffer buffer) {
  if (buffer.data == nullptr) return;
  std::lock_guard<std::mutex> lock(mutex_);
  if (kept_bytes_ + buffer.capacity > max_kept_bytes_) return;
  kept_bytes_ += buffer.capacity;
  kept_.push_back(std::move(buffer));
}

}  // namespace jfs::storage
