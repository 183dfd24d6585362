#include "sim/model/execution.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/base/overload.h"
#include "sim/model/path.h"

namespace jfs::sim::model {
namespace {

// What the original calls an operation where it refuses one that only superusers may do.
std::string OperationName(const ns::Operation& operation) {
  return std::visit(Overload{
                        [](const ns::Mkdirs&) { return "mkdirs"; },
                        [](const ns::Create&) { return "create"; },
                        [](const ns::ImportFile&) { return "create"; },
                        [](const ns::Append&) { return "append"; },
                        [](const ns::AddBlock&) { return "getAdditionalBlock"; },
                        [](const ns::Complete&) { return "completeFile"; },
                        [](const ns::AbandonBlock&) { return "abandonBlock"; },
                        [](const ns::Fsync&) { return "fsync"; },
                        [](const ns::RecoverLease&) { return "recoverLease"; },
                        [](const ns::Truncate&) { return "truncate"; },
                        [](const ns::Concat&) { return "concat"; },
                        [](const ns::Delete&) { return "delete"; },
                        [](const ns::Rename&) { return "rename"; },
                        [](const ns::Rename2&) { return "rename"; },
                        [](const ns::SetTimes&) { return "setTimes"; },
                        [](const ns::SetPermission&) { return "setPermission"; },
                        [](const ns::SetOwner&) { return "setOwner"; },
                        [](const ns::SetReplication&) { return "setReplication"; },
                        [](const ns::ModifyAclEntries&) { return "modifyAclEntries"; },
                        [](const ns::RemoveAclEntries&) { return "removeAclEntries"; },
                        [](const ns::RemoveDefaultAcl&) { return "removeDefaultAcl"; },
                        [](const ns::RemoveAcl&) { return "removeAcl"; },
                        [](const ns::SetAcl&) { return "setAcl"; },
                        [](const ns::SetXAttr&) { return "setXAttr"; },
                        [](const ns::RemoveXAttr&) { return "removeXAttr"; },
                        // Those that name no path, or are the superuser's anyway.
                        [](const auto&) { return ""; },
                    },
                    operation);
}

}  // namespace

Tree& ReferenceNamespace::Execution::root() {
  const auto tree = state_.trees.find(ns_);
  CHECK(tree != state_.trees.end()) << "no namespace " << ns_;
  return tree->second.root;
}

ns::Value ReferenceNamespace::Execution::Run() {
  if (state_.safe_mode) {
    const std::optional<Refusal> refusal = RefusalInSafeMode(command_.operation);
    // Whoever may not set quotas at all is told that first.
    const bool quota = std::holds_alternative<ns::SetQuota>(command_.operation);
    if (refusal.has_value() && (!quota || caller_.superuser)) throw *refusal;
  }
  ns::Value value = std::visit(*this, command_.operation);
  EndLeases();
  return value;
}

void ReferenceNamespace::Execution::Keep() {
  EndLeases();
  kept_ = state_;
  kept_changed_ = changed_;
}

Walk ReferenceNamespace::Execution::Resolve(const std::string& path, Purpose purpose) {
  if (purpose == Purpose::kCreate) CheckNewPath(path);
  const Place place = PlaceOf(root(), path);
  if (place.raw) CheckSuperuser(caller_, OperationName(command_.operation));
  const Walk walk(root(), place.names);
  CheckTraverse(walk, caller_, purpose);
  // Only the root may have snapshots, and nobody may change what is in one.
  if (!walk.is_root() && walk.names[0] == ".snapshot") throw SnapshotReadOnly();
  return walk;
}

void ReferenceNamespace::Execution::Update(const Names& names, const Node& node) {
  if (*Find(root(), names) == node) return;
  root() = Replace(root(), names, std::make_shared<Node>(node));
  changed_ = true;
}

void ReferenceNamespace::Execution::Put(const Names& names, const Tree& node) {
  root() = Replace(root(), names, node);
  changed_ = true;
  Node parent = *Find(root(), ParentOf(names));
  parent.mtime = now_;
  Update(ParentOf(names), parent);
}

void ReferenceNamespace::Execution::Add(const Names& names, Node node,
                                        std::optional<uint16_t> unmasked) {
  const Names parent = ParentOf(names);
  CheckLimits(parent, names.back());
  CheckQuota(root(), parent, ChargeOf(std::make_shared<Node>(node)));
  Inherit(*Find(root(), parent), unmasked, &node);
  Put(names, std::make_shared<Node>(node));
}

void ReferenceNamespace::Execution::CheckLimits(const Names& parent, const std::string& name,
                                                bool new_in_parent) const {
  const ns::SetLimits& limits = state_.limits;
  if (name.size() > limits.max_name_bytes) {
    throw NameTooLong(absl::StrCat(
        "The maximum path component name limit of ", name, " in directory ", Join(parent),
        " is exceeded: limit=", limits.max_name_bytes, " length=", name.size()));
  }
  const Tree directory = Find(state_.trees.at(ns_).root, parent);
  const uint64_t items = directory == nullptr ? 0 : directory->children.size();
  if (new_in_parent && items >= limits.max_directory_items) {
    throw DirectoryFull(absl::StrCat("The directory item limit of ", Join(parent),
                                     " is exceeded: limit=", limits.max_directory_items,
                                     " items=", items));
  }
  if (name == ".snapshot") throw IllegalArgument("\".snapshot\" is a reserved name.");
  if (name == ".reserved" && parent.empty()) {
    throw IllegalArgument(
        "File name \".reserved\" is reserved and cannot be created. If this is during upgrade "
        "change "
        "the name of the existing file or directory to another name before upgrading to the new "
        "release.");
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

void ReferenceNamespace::Execution::MakeParents(const Walk& walk, uint16_t mode,
                                                std::optional<uint16_t> unmasked) {
  for (size_t depth = 1; depth < walk.names.size(); ++depth) {
    if (walk.nodes[depth] != nullptr) continue;
    const Names names(walk.names.begin(), walk.names.begin() + static_cast<ptrdiff_t>(depth));
    // The permission bits alone: no sticky bit is handed down.
    Node made = NewNode(Find(root(), ParentOf(names))->group, (mode & 0777) | 0300);
    made.directory = true;
    Add(names, std::move(made), unmasked);
    Keep();
  }
}

void ReferenceNamespace::Execution::CheckParentExists(const Walk& walk) const {
  if (walk.is_root() || walk.parent() != nullptr) return;
  throw FileNotFound(
      absl::StrCat("Parent directory doesn't exist: ", Join(walk.names, walk.names.size() - 1)));
}

void CheckFile(const Walk& walk, const std::string& path) {
  if (walk.last() != nullptr && !walk.last()->directory) return;
  const std::string text =
      walk.last() == nullptr ? "File does not exist: " : "Path is not a file: ";
  Refusal refusal = FileNotFound(text + walk.path());
  // Some calls give the path back as it was sent.
  refusal.also.push_back(text + path);
  throw refusal;
}

void CheckExists(const Walk& walk) {
  if (walk.last() != nullptr) return;
  Refusal refusal = FileNotFound(absl::StrCat("cannot find ", walk.path()));
  // What a NameNode 3.5.0 was recorded to say, depending on the call.
  refusal.also.push_back(absl::StrCat("Directory/File does not exist ", walk.path()));
  throw refusal;
}

}  // namespace jfs::sim::model
