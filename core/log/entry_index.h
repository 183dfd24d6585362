#ifndef CORE_LOG_ENTRY_INDEX_H_
#define CORE_LOG_ENTRY_INDEX_H_

#include <cstdint>
#include <deque>

namespace jfs::log {

// Entries [first, last] and the batch on the disk that holds their valid version.
struct EntryExtent {
  uint64_t first = 0;
  uint64_t last = 0;
  uint64_t epoch = 0;
  uint32_t first_block = 0;
  uint32_t blocks = 0;
  uint64_t sequence = 0;
};

// Where on the disk each entry of the log lies: one extent a batch, contiguous, in the order of
// indices. About 40 bytes a batch.
class EntryIndex {
 public:
  // REQUIRES: empty, or extent.first follows the last entry.
  void Add(const EntryExtent& extent);
  // Forgets every entry from `from` on.
  void Truncate(uint64_t from);
  // Forgets every entry up to `through`.
  void DropThrough(uint64_t through);
  void Clear() { extents_.clear(); }

  // The extent that holds `index`, or nullptr.
  const EntryExtent* Find(uint64_t index) const;
  // The extent after `extent`, which this index returned; nullptr if it is the last.
  const EntryExtent* Next(const EntryExtent* extent) const;

  bool empty() const { return extents_.empty(); }
  // REQUIRES: !empty().
  const EntryExtent& front() const { return extents_.front(); }
  const EntryExtent& back() const { return extents_.back(); }

 private:
  std::deque<EntryExtent> extents_;
};

}  // namespace jfs::log

#endif  // CORE_LOG_ENTRY_INDEX_H_
