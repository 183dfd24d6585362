#include <optional>
#include <utility>

#include "core/ns/operations.h"
#include "core/ns/resolve.h"
#include "core/ns/tree_changes.h"

namespace jfs::ns {

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Mkdirs& op) {
  ParsedPath parsed = ParseNewPath(op.path, "mkdirs", tx->limits());
  if (parsed.refused) return *parsed.refused;
  absl::StatusOr<Resolved> at = Resolve(tx->view(), call.root, std::move(parsed.path));
  if (!at.ok()) return at.status();

  std::optional<Reply> refused = CheckTraverse(call.caller, *at, /*creating=*/true);
  if (refused) return *refused;
  if (at->is_file()) return Refuse(Code::kPathNotDirectory, {at->path.text()});
  if (at->is_directory()) return Answer(Truth{true});
  refused = CheckAncestorWrite(call.caller, *at);
  if (refused) return *refused;
  if (!op.create_parent) refused = CheckParentExists(*at);
  if (refused) return *refused;

  // HDFS makes the ones in between with a permission of its own, which has no sticky bit; its owner
  // must be able to go on inside.
  const auto between = static_cast<uint16_t>((op.mode & 0777) | 0300);
  std::optional<uint16_t> unmasked;
  const bool ignored = tx->state().mutations.Has(Mutation::kN21UnmaskedIgnored);
  if (op.unmasked && !ignored) unmasked = *op.unmasked & 01777;
  refused = MakeDirectories(tx, &*at, at->path.depth(), between, op.mode & 01777, unmasked,
                            call.caller.user);
  return refused ? *refused : Answer(Truth{true});
}

}  // namespace jfs::ns
