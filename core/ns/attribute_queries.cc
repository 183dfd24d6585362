#include <optional>
#include <utility>

#include "core/ns/operations.h"
#include "core/ns/resolve.h"

// What getfacl asks for, and what a client may do before it tries.
namespace jfs::ns {
namespace {

// The walk, and that there is something: `missing` says it if not.
absl::StatusOr<std::optional<Reply>> ResolveExisting(const kv::View& view, const CallContext& call,
                                                     const std::string& raw, Code missing,
                                                     Resolved* at) {
  ParsedPath parsed = ParsePath(raw);
  if (parsed.refused) return parsed.refused;
  absl::StatusOr<Resolved> resolved = Resolve(view, call.root, std::move(parsed.path));
  if (!resolved.ok()) return resolved.status();
  *at = *std::move(resolved);
  std::optional<Reply> refused = CheckTraverse(call.caller, *at, /*creating=*/false);
  if (!refused && !at->exists()) refused = Refuse(missing, {at->path.text()});
  return refused;
}

}  // namespace

absl::StatusOr<Reply> Answer(const State&, const kv::View& view, const CallContext& call,
                             const struct CheckAccess& query) {
  Resolved at;
  const absl::StatusOr<std::optional<Reply>> refused =
      ResolveExisting(view, call, query.path, Code::kAccessTargetNotFound, &at);
  if (!refused.ok()) return refused.status();
  if (refused->has_value()) return **refused;
  const std::optional<Reply> denied =
      CheckAccess(call.caller, at, static_cast<Access>(query.access & 7));
  return denied ? *denied : Reply{};
}

absl::StatusOr<Reply> Answer(const State&, const kv::View& view, const CallContext& call,
                             const GetAclStatus& query) {
  Resolved at;
  const absl::StatusOr<std::optional<Reply>> refused =
      ResolveExisting(view, call, query.path, Code::kInodeNotFound, &at);
  if (!refused.ok()) return refused.status();
  if (refused->has_value()) return **refused;
  const Attributes inode = at.attributes();
  AclStatus status;
  status.owner = std::string(inode.owner);
  status.group = std::string(inode.group);
  status.mode = inode.mode;
  status.entries.assign(inode.acl.begin(), inode.acl.end());
  return Answer(std::move(status));
}

}  // namespace jfs::ns
