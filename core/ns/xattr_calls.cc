#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ns/operations.h"
#include "core/ns/resolve.h"
#include "core/ns/xattr_rows.h"
#include "core/ns/xattr_rules.h"

namespace jfs::ns {
namespace {

// The walk, and the right to change an attribute of the user namespace; those of the others are
// guarded by who may name them.
absl::StatusOr<std::optional<Reply>> ResolveForChange(Transaction* tx, const CallContext& call,
                                                      const std::string& raw, const char* operation,
                                                      XAttrNamespace space, Resolved* at) {
  absl::StatusOr<std::optional<Reply>> refused =
      Walk(tx->state(), tx->view(), call.caller, call.root, raw, Purpose::kChange, operation, at);
  if (!refused.ok() || refused->has_value()) return refused;
  if (!at->exists()) {
    return std::optional<Reply>(Refuse(Code::kInodeNotFound, {at->path.text()}));
  }
  if (space != XAttrNamespace::kUser) return refused;
  // Everybody may write into a sticky directory: that must not be enough.
  if (at->is_directory() && (at->directory()->mode & 01000) != 0) {
    return CheckOwner(call.caller, *at);
  }
  return CheckAccess(call.caller, *at, Access::kWrite);
}

std::optional<Reply> CheckFlags(const SetXAttr& op, bool exists) {
  if ((op.flags & (SetXAttr::kCreate | SetXAttr::kReplace)) == 0) {
    return Refuse(Code::kXAttrNoFlag, {});
  }
  if (exists && (op.flags & SetXAttr::kReplace) == 0) {
    return Refuse(Code::kXAttrExists, {op.xattr.name.name});
  }
  if (!exists && (op.flags & SetXAttr::kCreate) == 0) {
    return Refuse(Code::kXAttrMissing, {op.xattr.name.name});
  }
  return std::nullopt;
}

// HDFS counts when an attribute is overwritten too, which cannot exceed what was allowed before.
absl::StatusOr<std::optional<Reply>> CheckNumber(const kv::View& view, const Resolved& at,
                                                 XAttrNamespace space) {
  std::optional<Reply> refused;
  if (!CountsAsVisible(space) || XAttrCountOf(at) < kMaxXAttrs) return refused;
  const absl::StatusOr<std::vector<XAttr>> all = ReadXAttrs(view, InodeOf(at));
  if (!all.ok()) return all.status();
  uint32_t visible = 0;
  for (const XAttr& xattr : *all) visible += CountsAsVisible(xattr.name.space) ? 1 : 0;
  if (visible >= kMaxXAttrs) {
    refused = Refuse(Code::kTooManyXAttrs, {std::to_string(kMaxXAttrs)});
  }
  return refused;
}

}  // namespace

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const SetXAttr& op) {
  const XAttrName& name = op.xattr.name;
  const size_t bytes = name.name.size() + op.xattr.value.size();
  if (bytes > kMaxXAttrBytes) {
    return Refuse(Code::kXAttrTooBig, {std::to_string(kMaxXAttrBytes), std::to_string(bytes)});
  }
  const std::optional<Reply> denied =
      CheckXAttrName(call.caller, name, !op.xattr.value.empty(), IsRawPath(op.path));
  if (denied) return *denied;
  Resolved at;
  absl::StatusOr<std::optional<Reply>> refused =
      ResolveForChange(tx, call, op.path, "setXAttr", name.space, &at);
  if (!refused.ok()) return refused.status();
  if (refused->has_value()) return **refused;

  const absl::StatusOr<std::optional<XAttrRow>> old = ReadXAttr(tx->view(), InodeOf(at), name);
  if (!old.ok()) return old.status();
  const std::optional<Reply> wrong_flags = CheckFlags(op, old->has_value());
  if (wrong_flags) return *wrong_flags;
  if (!old->has_value()) {
    refused = CheckNumber(tx->view(), at, name.space);
    if (!refused.ok()) return refused.status();
    if (refused->has_value()) return **refused;
  }
  if (at.is_directory() && name == UnreadableBySuperuser()) {
    return Refuse(Code::kXAttrOnlyOnFile, {PrefixedName(name)});
  }
  PutXAttr(tx, at, op.xattr, *old);
  return Reply{};
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const RemoveXAttr& op) {
  const std::optional<Reply> denied =
      CheckXAttrName(call.caller, op.name, /*has_value=*/false, IsRawPath(op.path));
  if (denied) return *denied;
  Resolved at;
  const absl::StatusOr<std::optional<Reply>> refused =
      ResolveForChange(tx, call, op.path, "removeXAttr", op.name.space, &at);
  if (!refused.ok()) return refused.status();
  if (refused->has_value()) return **refused;

  // An inode without any attribute has nothing to protect: HDFS finds out by looking through them.
  if (XAttrCountOf(at) == 0) return Refuse(Code::kXAttrNotRemoved, {});
  if (op.name == UnreadableBySuperuser()) {
    return Refuse(Code::kXAttrPermanent, {PrefixedName(op.name)});
  }
  const absl::StatusOr<std::optional<XAttrRow>> old = ReadXAttr(tx->view(), InodeOf(at), op.name);
  if (!old.ok()) return old.status();
  if (!old->has_value()) return Refuse(Code::kXAttrNotRemoved, {});
  DropXAttr(tx, at, op.name, **old);
  return Reply{};
}

}  // namespace jfs::ns
