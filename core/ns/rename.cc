#include <optional>
#include <string>
#include <utility>

#include "core/ns/operations.h"
#include "core/ns/quota.h"
#include "core/ns/reserved_path.h"
#include "core/ns/resolve.h"
#include "core/ns/tree_changes.h"

namespace jfs::ns {
namespace {

// A directory must not become its own descendant: the loop would hang on nothing.
bool LiesUnder(const State& state, const Resolved& target, const Resolved& source) {
  if (state.mutations.Has(Mutation::kN01RenameCycle)) return false;
  return target.path.IsUnder(source.path);
}

// The limits for the target's name and for what comes under quotas with it. A move within one
// directory adds no item to it, and what source and target have in common counted before.
std::optional<Reply> CheckTargetLimits(const State& state, const Resolved& source,
                                       const Resolved& target) {
  SetLimits applied = state.limits;
  if (source.parent() == target.parent()) applied.max_directory_items = UINT64_MAX;
  const std::optional<Reply> refused =
      CheckNewName(applied, target.path, target.path.depth() - 1, target.parent());
  if (refused) return refused;

  const Usage moved = UsageOf(source);
  const Usage replaced = UsageOf(target);
  QuotaChange change;
  change.names = static_cast<int64_t>(moved.names - replaced.names);
  change.space = static_cast<int64_t>(moved.space - replaced.space);
  size_t common = 0;
  while (common + 1 < source.directories.size() && common + 1 < target.directories.size() &&
         source.directories[common + 1] == target.directories[common + 1]) {
    ++common;
  }
  const bool charged_twice = state.mutations.Has(Mutation::kN06RenameChargesTwice);
  return CheckQuota(state, target.parent(), change,
                    charged_twice ? nullptr : target.directories[common]);
}

void Move(Transaction* tx, const Resolved& source, Directory* to, std::string_view name) {
  if (source.is_file()) {
    MoveFile(tx, source.parent(), source.path.last(), *source.file, to, name);
  } else {
    MoveDirectory(tx, source.directory(), to, name);
  }
}

// The target's length comes before all else, then the source's walk, then what is wrong with the
// target.
absl::StatusOr<std::optional<Reply>> WalkBoth(Transaction* tx, const CallContext& call,
                                              const std::string& from, const std::string& to,
                                              Resolved* source, Resolved* target) {
  std::optional<Reply> too_long = CheckPathLength(to, "rename", tx->limits());
  if (too_long) return too_long;
  absl::StatusOr<std::optional<Reply>> refused = Walk(
      tx->state(), tx->view(), call.caller, call.root, from, Purpose::kChange, "rename", source);
  if (!refused.ok() || refused->has_value()) return refused;
  return Walk(tx->state(), tx->view(), call.caller, call.root, to, Purpose::kCreate, "rename",
              target);
}

Reply RefuseReserved() {
  return Refuse(Code::kInvalidPath, {"Cannot rename to or from /.reserved"});
}

}  // namespace

// The old call: what rename2 refuses by an exception is `false` here, permissions and the walk
// excepted, and an existing directory as target stands for a place inside it.
absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Rename& op) {
  Resolved source;
  Resolved target;
  absl::StatusOr<std::optional<Reply>> stopped =
      WalkBoth(tx, call, op.source, op.target, &source, &target);
  if (!stopped.ok()) return stopped.status();
  if (stopped->has_value()) return **std::move(stopped);
  std::optional<Reply> refused;

  const bool source_is_root = source.path.depth() == 0;
  if (target.is_directory() && !source_is_root) {
    absl::StatusOr<Resolved> inside =
        Resolve(tx->view(), call.root, target.path.Child(source.path.last()));
    if (!inside.ok()) return inside.status();
    target = *std::move(inside);
    refused = CheckTraverse(call.caller, target, /*creating=*/true);
    if (refused) return *refused;
  }
  refused = CheckParentWrite(call.caller, source);
  if (refused) return *refused;
  refused = CheckAncestorWrite(call.caller, target);
  if (refused) return *refused;

  if (!source.exists() || source_is_root) return Answer(Truth{false});
  if (source.path.text() == target.path.text()) return Answer(Truth{true});
  if (LiesUnder(tx->state(), target, source)) return Answer(Truth{false});
  if (IsReservedDirectory(target.path)) return RefuseReserved();
  if (target.exists() || target.parent() == nullptr) return Answer(Truth{false});
  refused = CheckTargetLimits(tx->state(), source, target);
  if (refused) return *refused;

  Move(tx, source, target.parent(), target.path.last());
  return Answer(Truth{true});
}

absl::StatusOr<Reply> Execute(Transaction* tx, const CallContext& call, const Rename2& op) {
  Resolved source;
  Resolved target;
  absl::StatusOr<std::optional<Reply>> stopped =
      WalkBoth(tx, call, op.source, op.target, &source, &target);
  if (!stopped.ok()) return stopped.status();
  if (stopped->has_value()) return **std::move(stopped);
  std::optional<Reply> refused;

  refused = CheckParentWrite(call.caller, source);
  if (refused) return *refused;
  if (op.to_trash) {
    // The trash is emptied by the superuser: moving there must not be easier than deleting.
    absl::StatusOr<std::optional<Reply>> denied = CheckSubtree(
        tx->state(), tx->view(), call.caller, source, Access::kAll, /*skip_empty=*/true);
    if (!denied.ok()) return denied.status();
    if (denied->has_value()) return **std::move(denied);
  }
  refused = CheckAncestorWrite(call.caller, target);
  if (refused) return *refused;

  const std::string& from = source.path.text();
  const std::string& to = target.path.text();
  if (!source.exists()) return Refuse(Code::kRenameSourceNotFound, {from});
  if (source.path.depth() == 0) return Refuse(Code::kRenameSourceRoot, {});
  if (from == to) return Refuse(Code::kRenameSamePath, {from, to});
  if (LiesUnder(tx->state(), target, source)) {
    return Refuse(Code::kRenameUnderSource, {to, from});
  }
  if (IsReservedDirectory(target.path)) return RefuseReserved();
  if (target.path.depth() == 0) return Refuse(Code::kRenameTargetRoot, {});
  if (target.exists()) {
    if (source.is_directory() != target.is_directory()) {
      return Refuse(Code::kRenameTypeMismatch, {from, to});
    }
    if (!op.overwrite) return Refuse(Code::kRenameTargetExists, {to});
    if (target.is_directory() && !target.directory()->empty()) {
      return Refuse(Code::kRenameTargetNotEmpty, {to});
    }
  } else if (target.parent() == nullptr) {
    return Refuse(Code::kRenameParentNotFound, {to});
  }
  refused = CheckTargetLimits(tx->state(), source, target);
  if (refused) return *refused;

  Directory* const to_parent = target.parent();
  if (target.exists()) {
    const Mutations planted = tx->state().mutations;
    const Counted counted =
        planted.Has(Mutation::kN03RenameMiscounts) ? Counted::kNo : Counted::kYes;
    if (target.is_file()) {
      if (planted.Has(Mutation::kN22XAttrsOfReplaced)) target.file->record.file.xattr_count = 0;
      RemoveFile(tx, to_parent, target.path.last(), *target.file, counted);
    } else {
      RemoveDirectory(tx, target.directory(), counted);
    }
  }
  Move(tx, source, to_parent, target.path.last());
  return Reply{};
}

}  // namespace jfs::ns
