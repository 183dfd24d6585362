#include <optional>
#include <utility>

#include "core/ns/operations.h"
#include "core/ns/resolve.h"
#include "core/ns/tree_changes.h"

namespace jfs::ns {

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Mkdirs& op) {
  std::optional<Reply> refused = CheckPathLength(op.path, "mkdirs", tx->limits());
  if (refused) return *refused;
  Resolved at;
  absl::StatusOr<std::optional<Reply>> stopped = Walk(
      tx->state(), tx->view(), call.caller, call.root, op.path, Purpose::kCreate, "mkdirs", &at);
  if (!stopped.ok()) return stopped.status();
  if (stopped->has_value()) return **std::move(stopped);
  // HDFS names the path as it was sent, here alone.
  if (at.is_file()) return Refuse(Code::kPathNotDirectory, {op.path});
  if (at.is_directory()) return Answer(Truth{true});
  refused = CheckAncestorWrite(call.caller, at);
  if (refused) return *refused;
  if (!op.create_parent) refused = CheckParentExists(at);
  if (refused) return *refused;

  // HDFS makes the ones in between with a permission of its own, which has no sticky bit; its owner
  // must be able to go on inside.
  const auto between = static_cast<uint16_t>((op.mode & 0777) | 0300);
  std::optional<uint16_t> unmasked;
  const bool ignored = tx->state().mutations.Has(Mutation::kN21UnmaskedIgnored);
  if (op.unmasked && !ignored) unmasked = *op.unmasked & 01777;
  refused = MakeDirectories(tx, &at, at.path.depth(), between, op.mode & 01777, unmasked,
                            call.caller.user);
  return refused ? *refused : Answer(Truth{true});
}

}  // namespace jfs::ns
