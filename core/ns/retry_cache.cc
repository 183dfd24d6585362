#include "core/ns/retry_cache.h"

#include <string>

#include "core/base/check.h"
#include "core/base/hash.h"

namespace jfs::ns {

uint64_t RetryCache::HashOf(const CallId& call) {
  return Hash64(call.client, static_cast<uint64_t>(static_cast<uint32_t>(call.call)));
}

void RetryCache::Append(Entry entry) {
  const uint64_t number = first_number_ + entries_.size();
  const auto [at, added] = newest_.emplace(entry.call_hash, number);
  entry.older = added ? kNone : at->second;
  at->second = number;
  bytes_ += entry.bytes;
  entries_.push_back(entry);
}

void RetryCache::Restore(std::string_view key, std::string_view value, uint64_t index,
                         uint32_t ordinal, const RetryRecord& record) {
  Entry entry;
  entry.index = index;
  entry.ordinal = ordinal;
  entry.log_time_millis = record.log_time_millis;
  entry.call_hash = HashOf(record.call);
  entry.row_hash = RowHash(key, value);
  entry.bytes = static_cast<uint32_t>(RetryRowBytes(key, value));
  Append(entry);
}

absl::StatusOr<std::optional<RetryRecord>> RetryCache::Lookup(const kv::View& view,
                                                              const CallId& call) const {
  std::optional<RetryRecord> none;
  const auto at = newest_.find(HashOf(call));
  if (at == newest_.end()) return none;
  for (uint64_t number = at->second; number != kNone && number >= first_number_;) {
    const Entry& entry = entries_[number - first_number_];
    const std::string key = RetryKey(entry.index, entry.ordinal);
    std::string value;
    bool found = false;
    const absl::Status status = view.Get(key, &value, &found);
    if (!status.ok()) return status;
    RetryRecord record;
    if (!found || !DecodeRecord(value, &record)) return DamagedRow(key);
    if (record.call == call) return std::optional<RetryRecord>(std::move(record));
    number = entry.older;
  }
  return none;
}

void RetryCache::Insert(uint64_t index, uint32_t ordinal, const RetryRecord& record,
                        RowWriter* rows) {
  if (!entries_.empty()) {
    const Entry& last = entries_.back();
    CHECK(last.index < index || (last.index == index && last.ordinal < ordinal));
    CHECK_LE(last.log_time_millis, record.log_time_millis);
  }
  const std::string key = RetryKey(index, ordinal);
  const std::string value = EncodeRecord(record);
  Entry entry;
  entry.index = index;
  entry.ordinal = ordinal;
  entry.log_time_millis = record.log_time_millis;
  entry.call_hash = HashOf(record.call);
  entry.bytes = static_cast<uint32_t>(RetryRowBytes(key, value));
  entry.row_hash = rows->Insert(key, value);
  Append(entry);
}

void RetryCache::RemoveOldest(RowWriter* rows) {
  const Entry& entry = entries_.front();
  rows->Remove(RetryKey(entry.index, entry.ordinal), entry.row_hash);
  const auto at = newest_.find(entry.call_hash);
  if (at != newest_.end() && at->second == first_number_) newest_.erase(at);
  bytes_ -= entry.bytes;
  entries_.pop_front();
  ++first_number_;
}

void RetryCache::Expire(uint64_t now_millis, uint64_t keep_millis, RowWriter* rows) {
  while (!entries_.empty() && now_millis - entries_.front().log_time_millis >= keep_millis) {
    RemoveOldest(rows);
  }
}

void RetryCache::EvictTo(uint64_t limit, uint64_t now_millis, RowWriter* rows) {
  while (bytes_ > limit) {
    evicted_age_millis_ = now_millis - entries_.front().log_time_millis;
    RemoveOldest(rows);
  }
}

}  // namespace jfs::ns
