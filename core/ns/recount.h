#ifndef CORE_NS_RECOUNT_H_
#define CORE_NS_RECOUNT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "core/kv/view.h"
#include "core/ns/keys.h"
#include "core/ns/records.h"
#include "core/ns/recovery_record.h"
#include "core/ns/request.h"

namespace jfs::ns {

// Counts a tree anew from its rows alone, a slice at a time, so that whoever drives it can do other
// things in between: what every directory that a root leads to really contains, and whether that is
// what its own row says. Of files nothing is kept, of a directory about a hundred bytes; fsck
// checks more and needs more.
class Recount {
 public:
  // Looks at no more than about `max_rows` rows. True: done. REQUIRES: not done before; `view`
  // shows the same tree every time. A status is a read error, or DataLoss for a row that cannot be
  // decoded.
  absl::StatusOr<bool> Step(const kv::View& view, uint64_t max_rows);

  // Once done: a sentence about the first difference that was met; empty: the tree is sound.
  const std::string& problem() const { return problem_; }
  // Once done without a problem: over all namespaces.
  const TreeTotals& totals() const { return totals_; }
  uint64_t rows() const { return rows_; }  // looked at so far

 private:
  enum class Stage : uint8_t {
    kNamespaces,
    kPendingDeletes,
    kDirectories,
    kReachability,
    kEntries,
    kPlaces,
    kDone,
  };
  enum class Reached : uint8_t {
    kUnknown,
    kOnTheWay,  // while a chain of parents is being followed
    kFromRoot,
    kFromUnlinked,
  };
  struct Directory {
    InodeId id = 0;
    InodeId parent = 0;
    uint64_t name_hash = 0;
    DirectCounts counts;  // as its row says
    Reached reached = Reached::kUnknown;
    bool has_entry = false;
  };

  // Goes through rows of one kind from where the last slice ended.
  absl::Status Scan(const kv::View& view, Prefix prefix, Stage next, uint64_t* left);
  absl::Status Row(std::string_view key, std::string_view value);
  absl::Status OnNamespace(std::string_view key, std::string_view value);
  absl::Status OnPendingDelete(std::string_view key, std::string_view value);
  absl::Status OnDirectory(std::string_view key, std::string_view value);
  absl::Status OnEntry(std::string_view key, std::string_view value);
  void OnSubdirectory(InodeId id, InodeId parent, std::string_view name);
  void Follow(uint64_t* left);
  void FollowFrom(size_t directory);
  // The entries of the directories before this one have all been seen.
  void CloseDirectoriesBefore(size_t directory);
  void CheckDirectory(const Directory& directory, const DirectCounts& counted);
  void CheckPlaces();
  size_t IndexOf(InodeId id) const;  // directories_.size(): there is none
  void Problem(std::string problem);

  Stage stage_ = Stage::kNamespaces;
  std::string resume_;  // the next key to look at in this stage; empty: from its beginning
  uint64_t rows_ = 0;
  std::set<InodeId> roots_;
  std::vector<InodeId> unlinked_;       // in order
  std::vector<Directory> directories_;  // by id
  size_t next_ = 0;                     // kReachability: to be followed; kEntries: not yet closed
  DirectCounts counted_;                // of the entries of directories_[next_] so far
  uint64_t files_anywhere_ = 0;         // unlinked ones as well
  uint64_t places_ = 0;
  TreeTotals totals_;
  std::string problem_;
};

}  // namespace jfs::ns

#endif  // CORE_NS_RECOUNT_H_
