#ifndef CORE_MIRROR_TOMBSTONES_H_
#define CORE_MIRROR_TOMBSTONES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/ots/requests.h"
#include "core/ots/retrying_call.h"

namespace jfs::mirror {

// Removes tombstones that nothing can need any more, in rounds over the data table, a page at a
// time. One call at a time.
//
// A tombstone keeps a put of the row it deleted, which floats somewhere, from bringing the row
// back. Who may send such a put has the fence, or had it a moment ago; a later leader that folds
// the same piece of the journal again puts the row again, and after it the tombstone, which is new
// from then on. So once the tombstone is older than the longest time that a request may float, none
// is left. Age is measured by the service's own clock: the time it gave to the tombstone against
// the time it gave to the fence, which is touched every few seconds. A removal that lands late
// finds either the tombstone it saw, of the same position, or leaves the row alone.
class TombstoneSweep {
 public:
  explicit TombstoneSweep(Duration late_landing_bound);

  // Begins a page. `checkpoint` is one that the fence has: above it the journal may still be folded
  // once more, oldest first.
  ots::Request Start(uint64_t checkpoint);
  // The next call, or nothing: the page is done.
  std::optional<ots::Request> Ended(const ots::Outcome& outcome);

  // Of the page that is done: a sentence if a call failed; how many were removed.
  const std::string& problem() const { return problem_; }
  uint64_t removed() const { return removed_; }
  // It was the last page of a round.
  bool round_done() const { return !cursor_.has_value(); }

 private:
  enum class Stage : uint8_t { kReadFence, kScan, kRemove };

  std::optional<ots::Request> Scan(const std::string& body);
  std::optional<ots::Request> Scanned(const std::string& body);
  std::optional<ots::Request> RemoveNext();
  std::optional<ots::Request> Fail(std::string problem);

  const int64_t bound_millis_;
  Stage stage_ = Stage::kReadFence;
  uint64_t checkpoint_ = 0;
  int64_t fence_millis_ = 0;
  std::optional<ots::PrimaryKey> cursor_;
  std::vector<ots::RowChange> removals_;
  uint64_t removed_ = 0;
  std::string problem_;
};

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_TOMBSTONES_H_
