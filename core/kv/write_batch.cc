#include "core/kv/write_batch.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/base/hash.h"

namespace jfs::kv {
namespace {

// Most batches of the simulator are small and many of them are kept; a busy master's reach the
// upper end and reuse it.
constexpr size_t kFirstBlockBytes = 1 << 10;
constexpr size_t kLastBlockBytes = 64 << 10;
constexpr size_t kNone = SIZE_MAX;

bool KeyLess(const WriteBatch::Change& a, const WriteBatch::Change& b) { return a.key < b.key; }

}  // namespace

std::string_view WriteBatch::Keep(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (blocks_.empty() || blocks_.back().size - blocks_.back().used < bytes.size()) {
    size_t size = kFirstBlockBytes;
    if (!blocks_.empty()) size = std::clamp(blocks_.back().size * 2, size, kLastBlockBytes);
    size = std::max(size, bytes.size());
    // Not make_unique, which would fill it with zeros.
    blocks_.push_back({std::unique_ptr<char[]>(new char[size]), size});
  }
  Block& block = blocks_.back();
  char* const at = block.memory.get() + block.used;
  std::memcpy(at, bytes.data(), bytes.size());
  block.used += bytes.size();
  return {at, bytes.size()};
}

void WriteBatch::Append(const WriteBatch& other) {
  for (const auto& [key, value] : other.changes_) {
    if (value.has_value()) {
      Put(key, *value);
    } else {
      Delete(key);
    }
  }
}

void WriteBatch::Clear() {
  if (!blocks_.empty()) {
    // The last is the largest but for single rows that did not fit.
    Block last = std::move(blocks_.back());
    blocks_.clear();
    if (last.size <= kLastBlockBytes) {
      last.used = 0;
      blocks_.push_back(std::move(last));
    }
  }
  changes_.clear();
  newest_.clear();
  older_.clear();
  bytes_ = sorted_ = 0;
}

void WriteBatch::Swap(WriteBatch& other) noexcept {
  std::swap(blocks_, other.blocks_);
  std::swap(bytes_, other.bytes_);
  std::swap(changes_, other.changes_);
  std::swap(sorted_, other.sorted_);
  std::swap(newest_, other.newest_);
  std::swap(older_, other.older_);
}

std::span<const WriteBatch::Change> WriteBatch::changes() const {
  if (sorted_ < changes_.size()) {
    const auto tail = changes_.begin() + static_cast<std::ptrdiff_t>(sorted_);
    std::stable_sort(tail, changes_.end(), KeyLess);
    std::inplace_merge(changes_.begin(), tail, changes_.end(), KeyLess);
    // Of equal keys the last is the newest.
    size_t kept = 0;
    for (size_t i = 0; i < changes_.size(); ++i) {
      if (i + 1 < changes_.size() && changes_[i].key == changes_[i + 1].key) continue;
      changes_[kept++] = changes_[i];
    }
    changes_.resize(kept);
    sorted_ = kept;
    // They name places in the order before.
    newest_.clear();
    older_.clear();
  }
  return changes_;
}

const WriteBatch::Change* WriteBatch::Find(std::string_view key) const {
  while (older_.size() < changes_.size()) {
    const size_t number = older_.size();
    const auto [at, added] = newest_.emplace(Hash64(changes_[number].key), number);
    older_.push_back(added ? kNone : at->second);
    at->second = number;
  }
  const auto at = newest_.find(Hash64(key));
  if (at == newest_.end()) return nullptr;
  for (size_t number = at->second; number != kNone; number = older_[number]) {
    if (changes_[number].key == key) return &changes_[number];
  }
  return nullptr;
}

}  // namespace jfs::kv
