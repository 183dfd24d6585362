#ifndef CORE_NS_ENTRY_CHANGES_H_
#define CORE_NS_ENTRY_CHANGES_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "core/kv/view.h"
#include "core/kv/write_batch.h"
#include "core/outbox/outbox_row.h"

namespace jfs::ns {

// Keeps what the mirrored rows were before one log entry changed them.
class EntryChanges {
 public:
  // `view` shows the state with everything that the entry has written so far, and outlives this.
  explicit EntryChanges(const kv::View* view) : view_(*view) {}

  // Call before each write of a row. `exists`: whether there is one, which the writer knows.
  void BeforeWrite(std::string_view key, bool exists);

  bool empty() const { return before_.empty(); }
  // A read error of the view; terminal for whoever applies the entry.
  const absl::Status& status() const { return status_; }
  // What became of each row, in key order. REQUIRES: `batch` is what the entry was written to.
  std::vector<outbox::RowChange> Take(const kv::WriteBatch& batch);

 private:
  const kv::View& view_;
  std::map<std::string, std::optional<std::string>, std::less<>> before_;
  absl::Status status_;
};

}  // namespace jfs::ns

#endif  // CORE_NS_ENTRY_CHANGES_H_
