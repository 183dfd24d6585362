#include "sim/model/execution.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "sim/model/path.h"

namespace jfs::sim::model {
namespace {

constexpr uint16_t kModeBits = 01777;

Names Parent(Names names) {
  names.pop_back();
  return names;
}

}  // namespace

Tree& ReferenceNamespace::Execution::root() {
  const auto tree = state_.trees.find(command_.ns);
  CHECK(tree != state_.trees.end()) << "no namespace " << command_.ns;
  return tree->second.root;
}

void ReferenceNamespace::Execution::Update(const Names& names, const Node& node) {
  if (*Find(root(), names) == node) return;
  root() = Replace(root(), names, std::make_shared<Node>(node));
  changed_ = true;
}

void ReferenceNamespace::Execution::Put(const Names& names, const Tree& node) {
  root() = Replace(root(), names, node);
  changed_ = true;
  Node parent = *Find(root(), Parent(names));
  parent.mtime = now_;
  Update(Parent(names), parent);
}

void ReferenceNamespace::Execution::CheckLimits(const Names& parent, const std::string& name,
                                                bool new_in_parent) const {
  const ns::SetLimits& limits = state_.limits;
  if (name.size() > limits.max_name_bytes) {
    throw NameTooLong(absl::StrCat(
        "The maximum path component name limit of ", name, " in directory ", Join(parent),
        " is exceeded: limit=", limits.max_name_bytes, " length=", name.size()));
  }
  const Tree directory = Find(state_.trees.at(command_.ns).root, parent);
  if (!new_in_parent || directory == nullptr) return;
  const uint64_t items = directory->children.size();
  if (items >= limits.max_directory_items) {
    throw DirectoryFull(absl::StrCat("The directory item limit of ", Join(parent),
                                     " is exceeded: limit=", limits.max_directory_items,
                                     " items=", items));
  }
}

Node ReferenceNamespace::Execution::NewNode(const std::string& group, uint16_t mode) {
  Node node;
  node.id = state_.next.inode++;
  node.mode = mode & kModeBits;
  node.owner = caller_.user;
  node.group = group;
  node.mtime = now_;
  return node;
}

void ReferenceNamespace::Execution::MakeParents(const Walk& walk, uint16_t mode) {
  for (size_t depth = 1; depth < walk.names.size(); ++depth) {
    if (walk.nodes[depth] != nullptr) continue;
    const Names names(walk.names.begin(), walk.names.begin() + static_cast<ptrdiff_t>(depth));
    CheckLimits(Parent(names), names.back());
    // The permission bits alone: no sticky bit is handed down.
    Node made = NewNode(Find(root(), Parent(names))->group, (mode & 0777) | 0300);
    made.directory = true;
    Put(names, std::make_shared<Node>(made));
  }
}

void ReferenceNamespace::Execution::CheckParentExists(const Walk& walk) const {
  if (walk.is_root() || walk.parent() != nullptr) return;
  throw FileNotFound(
      absl::StrCat("Parent directory doesn't exist: ", Join(walk.names, walk.names.size() - 1)));
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::Mkdirs& call) {
  CheckNewPath(call.path, "mkdirs", state_.limits);
  const Walk walk(root(), Split(call.path));
  CheckTraverse(walk, caller_, Purpose::kCreate);
  if (walk.last() != nullptr) {
    if (walk.last()->directory) return ns::Truth{true};
    throw FileAlreadyExists(absl::StrCat("Path is not a directory: ", walk.path()));
  }
  CheckAncestor(walk, caller_, kWrite);
  if (!call.create_parent) CheckParentExists(walk);
  MakeParents(walk, call.mode);
  CheckLimits(Parent(walk.names), walk.names.back());
  Node made = NewNode(Find(root(), Parent(walk.names))->group, call.mode);
  made.directory = true;
  Put(walk.names, std::make_shared<Node>(made));
  return ns::Truth{true};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::Create& call) {
  const ns::SetLimits& limits = state_.limits;
  const bool overwrite = (call.flags & ns::Create::kOverwrite) != 0;
  CheckNewPath(call.path, "create", limits);
  const Walk walk(root(), Split(call.path));
  CheckTraverse(walk, caller_, Purpose::kCreate);
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
  if (call.block_size < limits.min_block_size) {
    throw IOException(absl::StrCat("Specified block size ", call.block_size,
                                   " is less than configured minimum value "
                                   "dfs.namenode.fs-limits.min-block-size=",
                                   limits.min_block_size));
  }
  const std::string replication =
      absl::StrCat("Requested replication factor of ", call.replication);
  const std::string wrong =
      call.replication > limits.max_replication
          ? absl::StrCat(" exceeds maximum of ", limits.max_replication)
      : call.replication < limits.min_replication
          ? absl::StrCat(" is less than the required minimum of ", limits.min_replication)
          : "";
  if (!wrong.empty()) {
    const std::string text =
        absl::StrCat(replication, wrong, " for ", walk.path(), ", clientName=");
    Refusal refusal = IOException(text + call.client_name);
    // The original calls it a name and passes the address.
    refusal.also.push_back(text + caller_.address);
    throw refusal;
  }
  if (old != nullptr && !overwrite) {
    if (!old->open) {
      throw FileAlreadyExists(
          absl::StrCat(walk.path(), " for client ", caller_.address, " already exists"));
    }
    const std::string why =
        old->holder == call.client_name
            ? absl::StrCat(call.client_name, " is already the current lease holder.")
            : absl::StrCat("this file lease is currently owned by ", old->holder, " on ",
                           old->holder_address);
    throw AlreadyBeingCreated(absl::StrCat("Failed to CREATE_FILE ", walk.path(), " for ",
                                           call.client_name, " on ", caller_.address, " because ",
                                           why));
  }
  if (old == nullptr) {
    size_t existing = walk.names.size() - 1;
    while (walk.nodes[existing] == nullptr) --existing;
    MakeParents(walk, walk.nodes[existing]->mode);
    CheckLimits(Parent(walk.names), walk.names.back());
  }
  Node made = NewNode(Find(root(), Parent(walk.names))->group, call.mode);
  made.atime = now_;
  made.replication = call.replication;
  made.block_size = call.block_size;
  made.open = true;
  made.holder = call.client_name;
  made.holder_address = caller_.address;
  Put(walk.names, std::make_shared<Node>(made));
  return StatusOf(made, "");
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::ImportFile& call) {
  CheckNewPath(call.path, "create", state_.limits);
  const uint64_t blocks = (call.length + call.block_size - 1) / call.block_size;
  if (blocks > state_.limits.max_blocks_per_file) {
    Refusal refusal = IOException("more blocks than a file may have");
    refusal.any_message = true;
    throw refusal;
  }
  const Walk walk(root(), Split(call.path));
  CheckTraverse(walk, caller_, Purpose::kCreate);
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
    Refusal refusal = AccessControl("as setOwner would say");
    refusal.any_message = true;
    throw refusal;
  }
  size_t existing = walk.names.size() - 1;
  while (walk.nodes[existing] == nullptr) --existing;
  MakeParents(walk, walk.nodes[existing]->mode);
  CheckLimits(Parent(walk.names), walk.names.back());
  Node made = NewNode(Find(root(), Parent(walk.names))->group, call.mode);
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
  Put(walk.names, std::make_shared<Node>(made));
  return StatusOf(made, "");
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::Delete& call) {
  const Walk walk(root(), Split(call.path));
  CheckTraverse(walk, caller_, Purpose::kOther);
  CheckRemoval(walk, caller_);
  if (walk.last() == nullptr) return ns::Truth{false};
  CheckSubtree(walk, caller_, kRead | kWrite | kExecute, /*but_empty=*/true);
  if (!call.recursive && !walk.last()->children.empty()) {
    throw NotEmpty(absl::StrCat(walk.path(), " is non empty"));
  }
  if (walk.is_root()) return ns::Truth{false};
  Put(walk.names, nullptr);
  return ns::Truth{true};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::Rename& call) {
  CheckNewPath(call.target, "rename", state_.limits);
  const Walk source(root(), Split(call.source));
  CheckTraverse(source, caller_, Purpose::kOther);
  Walk target(root(), Split(call.target));
  CheckTraverse(target, caller_, Purpose::kCreate);
  if (target.last() != nullptr && target.last()->directory && !source.is_root()) {
    Names inside = target.names;
    inside.push_back(source.names.back());
    target = Walk(root(), inside);
  }
  CheckTraverse(target, caller_, Purpose::kCreate);
  CheckRemoval(source, caller_);
  CheckAncestor(target, caller_, kWrite);
  if (source.last() == nullptr || source.is_root()) return ns::Truth{false};
  if (source.names == target.names) return ns::Truth{true};
  if (target.is_root() || target.last() != nullptr || target.parent() == nullptr) {
    return ns::Truth{false};
  }
  const size_t depth = source.names.size();
  const bool under = target.names.size() > depth &&
                     std::equal(source.names.begin(), source.names.end(), target.names.begin());
  if (under) return ns::Truth{false};
  const bool other_parent = Parent(source.names) != Parent(target.names);
  CheckLimits(Parent(target.names), target.names.back(), other_parent);
  Put(source.names, nullptr);
  Put(target.names, source.last());
  return ns::Truth{true};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::Rename2& call) {
  CheckNewPath(call.target, "rename", state_.limits);
  const Walk source(root(), Split(call.source));
  CheckTraverse(source, caller_, Purpose::kOther);
  const Walk target(root(), Split(call.target));
  CheckTraverse(target, caller_, Purpose::kCreate);
  CheckRemoval(source, caller_);
  if (call.to_trash) {
    CheckSubtree(source, caller_, kRead | kWrite | kExecute, /*but_empty=*/true);
  }
  CheckAncestor(target, caller_, kWrite);
  const std::string from = source.path();
  const std::string to = target.path();
  const Tree& moved = source.last();
  if (moved == nullptr) throw FileNotFound(absl::StrCat("rename source ", from, " is not found."));
  if (source.is_root()) throw IOException("rename source cannot be the root");
  if (from == to) {
    throw FileAlreadyExists(
        absl::StrCat("The source ", from, " and destination ", to, " are the same"));
  }
  if (to.substr(0, from.size() + 1) == from + "/") {
    throw IOException(
        absl::StrCat("Rename destination ", to, " is a directory or file under source ", from));
  }
  if (target.is_root()) throw IOException("rename destination cannot be the root");
  const Tree& old = target.last();
  if (old != nullptr) {
    if (old->directory != moved->directory) {
      throw IOException(
          absl::StrCat("Source ", from, " and destination ", to, " must both be directories"));
    }
    if (!call.overwrite) {
      throw FileAlreadyExists(absl::StrCat("rename destination ", to, " already exists"));
    }
    if (!old->children.empty()) {
      throw IOException(absl::StrCat("rename destination directory is not empty: ", to));
    }
  }
  if (target.parent() == nullptr) {
    throw FileNotFound(absl::StrCat("rename destination parent ", to, " not found."));
  }
  const bool other_parent = Parent(source.names) != Parent(target.names);
  CheckLimits(Parent(target.names), target.names.back(), other_parent && old == nullptr);
  Put(source.names, nullptr);
  Put(target.names, moved);
  return std::monostate{};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::SetTimes& call) {
  const Walk walk(root(), Split(call.path));
  CheckTraverse(walk, caller_, Purpose::kOther);
  CheckAccess(walk, walk.names.size(), caller_, kWrite);
  if (walk.last() == nullptr) {
    throw FileNotFound(absl::StrCat("File/Directory ", walk.path(), " does not exist."));
  }
  Node node = *walk.last();
  if (call.mtime.has_value()) node.mtime = call.mtime->value;
  if (call.atime.has_value()) node.atime = call.atime->value;
  Update(walk.names, node);
  return std::monostate{};
}

namespace {

void CheckExists(const Walk& walk) {
  if (walk.last() != nullptr) return;
  Refusal refusal = FileNotFound(absl::StrCat("cannot find ", walk.path()));
  // What a NameNode 3.5.0 was recorded to say.
  refusal.also.push_back(absl::StrCat("Directory/File does not exist ", walk.path()));
  throw refusal;
}

}  // namespace

ns::Value ReferenceNamespace::Execution::operator()(const ns::SetPermission& call) {
  const Walk walk(root(), Split(call.path));
  CheckTraverse(walk, caller_, Purpose::kOther);
  CheckExists(walk);
  CheckOwner(walk, caller_);
  Node node = *walk.last();
  node.mode = call.mode & kModeBits;
  Update(walk.names, node);
  return std::monostate{};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::SetOwner& call) {
  const Walk walk(root(), Split(call.path));
  CheckTraverse(walk, caller_, Purpose::kOther);
  CheckExists(walk);
  CheckOwner(walk, caller_);
  if (!caller_.superuser) {
    if (call.user.has_value() && *call.user != caller_.user) {
      throw AccessControl(absl::StrCat("User ", caller_.user,
                                       " is not a super user (non-super user cannot change "
                                       "owner)."));
    }
    const auto& groups = caller_.groups;
    if (call.group.has_value() &&
        std::find(groups.begin(), groups.end(), *call.group) == groups.end()) {
      throw AccessControl(absl::StrCat("User ", caller_.user, " does not belong to ", *call.group));
    }
  }
  Node node = *walk.last();
  if (call.user.has_value()) node.owner = *call.user;
  if (call.group.has_value()) node.group = *call.group;
  Update(walk.names, node);
  return std::monostate{};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::CreateNamespace& call) {
  for (const auto& [id, tree] : state_.trees) {
    if (tree.name == call.name) return ns::NewNamespace{id};
  }
  const auto id = static_cast<ns::NamespaceId>(state_.trees.size() + 1);
  Node made = NewNode(caller_.groups.empty() ? "" : caller_.groups.front(), 0755);
  made.directory = true;
  state_.trees[id] = {call.name, std::make_shared<Node>(made)};
  changed_ = true;
  return ns::NewNamespace{id};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::Advance&) { return std::monostate{}; }

// A deleted subtree is gone at once; what is left to be done about it shows nowhere.
ns::Value ReferenceNamespace::Execution::operator()(const ns::FinishDeletes&) {
  return std::monostate{};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::SetLimits& call) {
  state_.limits = call;
  return std::monostate{};
}

}  // namespace jfs::sim::model
