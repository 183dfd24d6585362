// The calls that make and remove names, and those about the whole.

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "sim/model/execution.h"
#include "sim/model/path.h"

namespace jfs::sim::model {

ns::Value ReferenceNamespace::Execution::operator()(const ns::Mkdirs& call) {
  CheckLength(call.path, "mkdirs", state_.limits);
  const Walk walk = Resolve(call.path, Purpose::kCreate);
  if (walk.last() != nullptr) {
    if (walk.last()->directory) return ns::Truth{true};
    throw FileAlreadyExists(absl::StrCat("Path is not a directory: ", call.path));
  }
  CheckAncestor(walk, caller_, kWrite);
  if (!call.create_parent) CheckParentExists(walk);
  MakeParents(walk, call.mode, call.unmasked);
  Node made = NewNode(Find(root(), ParentOf(walk.names))->group, call.mode);
  made.directory = true;
  Add(walk.names, std::move(made), call.unmasked);
  return ns::Truth{true};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::Create& call) {
  const ns::SetLimits& limits = state_.limits;
  const bool overwrite = (call.flags & ns::Create::kOverwrite) != 0;
  CheckLength(call.path, "create", limits);
  CheckCreatable(call.path);
  const Walk walk = Resolve(call.path, Purpose::kCreate);
  CheckAncestor(walk, caller_, kWrite);
  const Tree old = walk.last();
  if (old != nullptr && old->directory) {
    throw FileAlreadyExists(absl::StrCat(walk.path(), " already exists as a directory"));
  }
  if (old != nullptr && overwrite) CheckAccess(walk, walk.names.size(), caller_, kWrite);
  if (!call.create_parent) CheckParentExists(walk);
  if (old == nullptr && (call.flags & ns::Create::kCreate) == 0) {
    throw FileNotFound(absl::StrCat("Can't overwrite non-existent ", walk.path()));
  }
  // Java reads a signed number of 64 bits here, and one of 16 bits for the replication.
  if (call.block_size > INT64_MAX || call.block_size < limits.min_block_size) {
    throw IOException(absl::StrCat("Specified block size ", static_cast<int64_t>(call.block_size),
                                   " is less than configured minimum value "
                                   "dfs.namenode.fs-limits.min-block-size=",
                                   limits.min_block_size));
  }
  const int copies = static_cast<int16_t>(call.replication);
  const std::string replication = absl::StrCat("Requested replication factor of ", copies);
  const std::string wrong =
      copies > static_cast<int64_t>(limits.max_replication)
          ? absl::StrCat(" exceeds maximum of ", limits.max_replication)
      : copies < static_cast<int64_t>(limits.min_replication)
          ? absl::StrCat(" is less than the required minimum of ", limits.min_replication)
          : "";
  if (!wrong.empty()) {
    // The original calls it a name and passes the address.
    throw IOException(
        absl::StrCat(replication, wrong, " for ", walk.path(), ", clientName=", caller_.address));
  }
  if (old != nullptr && !overwrite) {
    TakeOver(walk, "CREATE_FILE", call.client_name, call.expired_lease);
    throw FileAlreadyExists(
        absl::StrCat(walk.path(), " for client ", caller_.address, " already exists"));
  }
  if (old == nullptr) {
    size_t existing = walk.names.size() - 1;
    while (walk.nodes[existing] == nullptr) --existing;
    MakeParents(walk, walk.nodes[existing]->mode, std::nullopt);
  } else {
    // First the old file goes, and its writer's lease if that was his last one.
    Put(walk.names, nullptr);
    EndLeases();
  }
  Node made = NewNode(Find(root(), ParentOf(walk.names))->group, call.mode);
  made.atime = now_;
  made.replication = call.replication;
  made.block_size = call.block_size;
  Open(&made, call.client_name, caller_.address);
  Add(walk.names, std::move(made), call.unmasked);
  return StatusOf(*Find(root(), walk.names), "");
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::ImportFile& call) {
  CheckLength(call.path, "create", state_.limits);
  CheckCreatable(call.path);
  const uint64_t blocks = (call.length + call.block_size - 1) / call.block_size;
  if (blocks > state_.limits.max_blocks_per_file) {
    throw WithAnyMessage(IOException("more blocks than a file may have"));
  }
  const Walk walk = Resolve(call.path, Purpose::kCreate);
  CheckAncestor(walk, caller_, kWrite);
  if (walk.last() != nullptr) {
    throw FileAlreadyExists(absl::StrCat(
        walk.path(), walk.last()->directory
                         ? std::string(" already exists as a directory")
                         : absl::StrCat(" for client ", caller_.address, " already exists")));
  }
  const auto& groups = caller_.groups;
  const bool other_user = !call.user.empty() && call.user != caller_.user;
  const bool other_group =
      !call.group.empty() && std::find(groups.begin(), groups.end(), call.group) == groups.end();
  if ((other_user || other_group) && !caller_.superuser) {
    throw WithAnyMessage(AccessControl("as setOwner would say"));
  }
  size_t existing = walk.names.size() - 1;
  while (walk.nodes[existing] == nullptr) --existing;
  MakeParents(walk, walk.nodes[existing]->mode, std::nullopt);
  Node made = NewNode(Find(root(), ParentOf(walk.names))->group, call.mode);
  if (!call.user.empty()) made.owner = call.user;
  if (!call.group.empty()) made.group = call.group;
  made.mtime = call.mtime.value;
  made.atime = call.atime.value;
  made.replication = call.replication;
  made.block_size = call.block_size;
  for (uint64_t left = call.length; left > 0;) {
    const uint64_t bytes = std::min(left, call.block_size);
    made.blocks.push_back({state_.next.block++, state_.next.generation_stamp++, bytes});
    left -= bytes;
  }
  Add(walk.names, std::move(made), std::nullopt);
  return StatusOf(*Find(root(), walk.names), "");
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::Delete& call) {
  CheckIsNotReserved(call.path);
  const Walk walk = Resolve(call.path);
  CheckRemoval(walk, caller_);
  if (walk.last() == nullptr) return ns::Truth{false};
  CheckSubtree(walk, caller_, Subtree::kRemove);
  if (!call.recursive && !walk.last()->children.empty()) {
    throw NotEmpty(absl::StrCat("`", walk.path(), " is non empty': Directory is not empty"));
  }
  if (walk.is_root()) return ns::Truth{false};
  Put(walk.names, nullptr);
  return ns::Truth{true};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::CreateNamespace& call) {
  for (const auto& [id, tree] : state_.trees) {
    if (tree.name == call.name) return ns::NewNamespace{id};
  }
  const auto id = static_cast<ns::NamespaceId>(state_.trees.size() + 1);
  Node made = NewNode(caller_.groups.empty() ? "" : caller_.groups.front(), 0755);
  made.directory = true;
  // A root always has a quota, and no names can be more than that.
  made.name_quota = INT64_MAX;
  state_.trees[id] = {call.name, std::make_shared<Node>(made)};
  changed_ = true;
  return ns::NewNamespace{id};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::Advance&) { return std::monostate{}; }

// A deleted subtree is gone at once; what is left to be done about it shows nowhere, but the mirror
// hears of it.
ns::Value ReferenceNamespace::Execution::operator()(const ns::FinishDeletes&) {
  changed_ = true;
  return std::monostate{};
}

// Whether there is a mirror shows nowhere in the tree.
ns::Value ReferenceNamespace::Execution::operator()(const ns::SetMirror&) {
  state_.mirror_decided = true;
  return std::monostate{};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::MirrorProgress&) {
  return std::monostate{};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::DisableMirror&) {
  CheckSuperuser(caller_, "metaDisable");
  state_.mirror_decided = true;
  return std::monostate{};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::SetLimits& call) {
  state_.limits = call;
  return std::monostate{};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::SetSafeMode& call) {
  CheckSuperuser(caller_, call.on ? "safemode_enter" : "safemode_leave");
  state_.safe_mode = call.on;
  return ns::Truth{call.on};
}

}  // namespace jfs::sim::model
