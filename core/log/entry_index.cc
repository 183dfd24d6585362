#include "core/log/entry_index.h"

#include <algorithm>

#include "core/base/check.h"

namespace jfs::log {

void EntryIndex::Add(const EntryExtent& extent) {
  CHECK_LE(extent.first, extent.last);
  if (!extents_.empty()) CHECK_EQ(extent.first, extents_.back().last + 1);
  extents_.push_back(extent);
}

void EntryIndex::Truncate(uint64_t from) {
  while (!extents_.empty() && extents_.back().first >= from) extents_.pop_back();
  if (!extents_.empty() && extents_.back().last >= from) extents_.back().last = from - 1;
}

void EntryIndex::DropThrough(uint64_t through) {
  while (!extents_.empty() && extents_.front().last <= through) extents_.pop_front();
  if (!extents_.empty() && extents_.front().first <= through) extents_.front().first = through + 1;
}

const EntryExtent* EntryIndex::Find(uint64_t index) const {
  const auto found =
      std::partition_point(extents_.begin(), extents_.end(),
                           [&](const EntryExtent& extent) { return extent.last < index; });
  if (found == extents_.end() || found->first > index) return nullptr;
  return &*found;
}

const EntryExtent* EntryIndex::Next(const EntryExtent* extent) const {
  return extent->last == extents_.back().last ? nullptr : Find(extent->last + 1);
}

}  // namespace jfs::log
