#ifndef CORE_NS_RETRY_CACHE_H_
#define CORE_NS_RETRY_CACHE_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"

#include "core/base/lookup_map.h"
#include "core/kv/view.h"
#include "core/ns/records.h"
#include "core/ns/reply.h"
#include "core/ns/request.h"
#include "core/ns/rows.h"

namespace jfs::ns {

// Remembered calls: rows keyed by (log index, ordinal of the command in its entry), so that they
// are written and removed in order, and in memory what is needed to find the row of a call. A hit
// in memory is confirmed against the row, so that two calls of equal hash are never taken for one.
class RetryCache {
 public:
  // Takes in a stored row at start. REQUIRES: in key order.
  void Restore(std::string_view key, std::string_view value, uint64_t index, uint32_t ordinal,
               const RetryRecord& record);

  // What is remembered of `call`, if anything.
  absl::StatusOr<std::optional<RetryRecord>> Lookup(const kv::View& view, const CallId& call) const;

  // REQUIRES: (index, ordinal) is behind all others, and record.log_time_millis not before theirs.
  void Insert(uint64_t index, uint32_t ordinal, const RetryRecord& record, RowWriter* rows);
  // Removes the rows that were applied `keep_millis` of log time ago or earlier.
  void Expire(uint64_t now_millis, uint64_t keep_millis, RowWriter* rows);
  // Removes the oldest rows until at most `limit` bytes are left.
  void EvictTo(uint64_t limit, uint64_t now_millis, RowWriter* rows);

  uint64_t rows() const { return entries_.size(); }
  uint64_t bytes() const { return bytes_; }
  // Log-time age of the row that the byte limit pushed out last; 0: none since the start of the
  // process.
  uint64_t evicted_age_millis() const { return evicted_age_millis_; }

 private:
  struct Entry {
    uint64_t index = 0;
    uint64_t log_time_millis = 0;
    uint64_t call_hash = 0;
    uint64_t row_hash = 0;
    // Number of the next older entry with the same call_hash; kNone, or one that is gone already:
    // there is none.
    uint64_t older = 0;
    uint32_t ordinal = 0;
    uint32_t bytes = 0;
  };
  static constexpr uint64_t kNone = UINT64_MAX;

  static uint64_t HashOf(const CallId& call);
  void Append(Entry entry);
  void RemoveOldest(RowWriter* rows);

  std::deque<Entry> entries_;
  uint64_t first_number_ =
      0;  // of entries_.front(); numbers count entries since the start of the process
  LookupMap<uint64_t, uint64_t> newest_;  // call hash -> number
  uint64_t bytes_ = 0;
  uint64_t evicted_age_millis_ = 0;
};

}  // namespace jfs::ns

#endif  // CORE_NS_RETRY_CACHE_H_
