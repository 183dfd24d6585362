#ifndef CORE_MIRROR_JOURNAL_TRIM_H_
#define CORE_MIRROR_JOURNAL_TRIM_H_

#include <cstdint>
#include <optional>
#include <string>

#include "core/ots/requests.h"
#include "core/ots/retrying_call.h"

namespace jfs::mirror {

// Deletes journal rows that the checkpoint has made superfluous, a page at a time. One call at a
// time.
//
// A deletion may land at any time later: runs at or below a checkpoint are never written again,
// since the fence's last sequence does not go back, and each deletion names the row it saw.
class JournalTrim {
 public:
  // Begins a page. `checkpoint` is one that the fence has.
  ots::Request Start(uint64_t checkpoint);
  // The next call, or nothing: the page is done.
  std::optional<ots::Request> Ended(const ots::Outcome& outcome);

  // Of the page that is done: a sentence if a call failed.
  const std::string& problem() const { return problem_; }
  // The last page was full: there may be more to delete.
  bool more() const { return more_; }

 private:
  enum class Stage : uint8_t { kRead, kDelete };

  void CheckDeleted(const std::string& body);

  Stage stage_ = Stage::kRead;
  bool more_ = false;
  std::string problem_;
};

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_JOURNAL_TRIM_H_
