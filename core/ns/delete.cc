#include <optional>
#include <utility>

#include "core/ns/operations.h"
#include "core/ns/resolve.h"
#include "core/ns/tree_changes.h"

namespace jfs::ns {

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Delete& op) {
  std::optional<Reply> refused = CheckNotReservedDirectory(op.path);
  if (refused) return *refused;
  Resolved at;
  absl::StatusOr<std::optional<Reply>> stopped = Walk(
      tx->state(), tx->view(), call.caller, call.root, op.path, Purpose::kChange, "delete", &at);
  if (!stopped.ok()) return stopped.status();
  if (stopped->has_value()) return **std::move(stopped);
  refused = CheckParentWrite(call.caller, at);
  if (refused) return *refused;
  absl::StatusOr<std::optional<Reply>> denied =
      CheckSubtree(tx->state(), tx->view(), call.caller, at, Access::kAll, /*skip_empty=*/true);
  if (!denied.ok()) return denied.status();
  if (denied->has_value()) return **std::move(denied);
  if (at.is_directory() && !at.directory()->empty() && !op.recursive) {
    return Refuse(Code::kDirectoryNotEmpty, {at.path.text()});
  }
  if (!at.exists() || at.path.depth() == 0) return Answer(Truth{false});

  if (at.is_file()) {
    RemoveFile(tx, at.parent(), at.path.last(), *at.file);
  } else {
    RemoveDirectory(tx, at.directory());
  }
  return Answer(Truth{true});
}

}  // namespace jfs::ns
