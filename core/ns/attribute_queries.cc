#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ns/operations.h"
#include "core/ns/reserved_path.h"
#include "core/ns/resolve.h"
#include "core/ns/xattr_rows.h"
#include "core/ns/xattr_rules.h"

// What getfacl and getfattr ask for, and what a caller may do before he tries.
namespace jfs::ns {
namespace {

// The walk, and that there is something: `missing` says it if not.
absl::StatusOr<std::optional<Reply>> ResolveExisting(const State& state, const kv::View& view,
                                                     const CallContext& call,
                                                     const std::string& raw, Code missing,
                                                     Resolved* at) {
  absl::StatusOr<std::optional<Reply>> refused =
      Walk(state, view, call.caller, call.root, raw, Purpose::kRead, "", at);
  if (!refused.ok() || refused->has_value()) return refused;
  if (!at->exists()) *refused = Refuse(missing, {at->path.text()});
  return refused;
}

// All that the caller may see.
absl::StatusOr<XAttrs> VisibleXAttrs(const kv::View& view, const Caller& caller, const Resolved& at,
                                     const std::string& raw) {
  XAttrs visible;
  if (XAttrCountOf(at) == 0) return visible;
  absl::StatusOr<std::vector<XAttr>> all = ReadXAttrs(view, InodeOf(at));
  if (!all.ok()) return all.status();
  for (XAttr& xattr : *all) {
    if (MaySee(caller, xattr.name, IsRawPath(raw))) visible.xattrs.push_back(std::move(xattr));
  }
  return visible;
}

}  // namespace

absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const struct CheckAccess& query) {
  Resolved at;
  const absl::StatusOr<std::optional<Reply>> refused =
      ResolveExisting(state, view, call, query.path, Code::kAccessTargetNotFound, &at);
  if (!refused.ok()) return refused.status();
  if (refused->has_value()) return **refused;
  const std::optional<Reply> denied =
      CheckAccess(call.caller, at, static_cast<Access>(query.access & 7));
  return denied ? *denied : Reply{};
}

absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const GetAclStatus& query) {
  Resolved at;
  const absl::StatusOr<std::optional<Reply>> refused =
      ResolveExisting(state, view, call, query.path, Code::kInodeNotFound, &at);
  if (!refused.ok()) return refused.status();
  // Nobody's, with no mode even.
  if (IsSnapshotDirectory(at.path)) return Answer(AclStatus{});
  if (refused->has_value()) return **refused;
  const Attributes inode = at.attributes();
  AclStatus status;
  status.owner = std::string(inode.owner);
  status.group = std::string(inode.group);
  status.mode = inode.mode;
  status.entries.assign(inode.acl.begin(), inode.acl.end());
  return Answer(std::move(status));
}

absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const GetXAttrs& query) {
  for (const XAttrName& name : query.names) {
    const std::optional<Reply> denied =
        CheckXAttrName(call.caller, name, /*has_value=*/false, IsRawPath(query.path));
    if (denied) return *denied;
  }
  Resolved at;
  const absl::StatusOr<std::optional<Reply>> refused =
      ResolveExisting(state, view, call, query.path, Code::kInodeNotFound, &at);
  if (!refused.ok()) return refused.status();
  if (refused->has_value()) return **refused;
  const std::optional<Reply> denied = CheckAccess(call.caller, at, Access::kRead);
  if (denied) return *denied;
  if (query.names.empty()) {
    absl::StatusOr<XAttrs> visible = VisibleXAttrs(view, call.caller, at, query.path);
    if (!visible.ok()) return visible.status();
    return Answer(*std::move(visible));
  }
  XAttrs wanted;
  for (const XAttrName& name : query.names) {
    absl::StatusOr<std::optional<XAttrRow>> row = ReadXAttr(view, InodeOf(at), name);
    if (!row.ok()) return row.status();
    if (!row->has_value()) return Refuse(Code::kXAttrNotFound, {});
    wanted.xattrs.push_back({name, std::move((*row)->value)});
  }
  return Answer(std::move(wanted));
}

absl::StatusOr<Reply> Answer(const State& state, const kv::View& view, const CallContext& call,
                             const ListXAttrs& query) {
  Resolved at;
  const absl::StatusOr<std::optional<Reply>> refused =
      ResolveExisting(state, view, call, query.path, Code::kInodeNotFound, &at);
  if (!refused.ok()) return refused.status();
  if (refused->has_value()) return **refused;
  const std::optional<Reply> denied = CheckAccess(call.caller, at, Access::kRead);
  if (denied) return *denied;
  absl::StatusOr<XAttrs> visible = VisibleXAttrs(view, call.caller, at, query.path);
  if (!visible.ok()) return visible.status();
  return Answer(*std::move(visible));
}

}  // namespace jfs::ns
