// The calls that change what a file or directory says about itself.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "sim/model/execution.h"
#include "sim/model/path.h"
#include "sim/model/xattr.h"

namespace jfs::sim::model {

ns::Value ReferenceNamespace::Execution::operator()(const ns::SetTimes& call) {
  const Walk walk = Resolve(call.path);
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

ns::Value ReferenceNamespace::Execution::operator()(const ns::SetPermission& call) {
  CheckIsNotReserved(call.path);
  const Walk walk = Resolve(call.path);
  CheckExists(walk);
  CheckOwner(walk, caller_);
  Node node = *walk.last();
  node.mode = call.mode & kModeBits;
  Update(walk.names, node);
  return std::monostate{};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::SetOwner& call) {
  CheckIsNotReserved(call.path);
  const Walk walk = Resolve(call.path);
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

ns::Value ReferenceNamespace::Execution::operator()(const ns::SetReplication& call) {
  const ns::SetLimits& limits = state_.limits;
  const std::string asked = absl::StrCat("Requested replication factor of ", call.replication);
  if (call.replication > limits.max_replication) {
    throw IOException(
        absl::StrCat(asked, " exceeds maximum of ", limits.max_replication, " for ", call.path));
  }
  if (call.replication < limits.min_replication) {
    throw IOException(absl::StrCat(asked, " is less than the required minimum of ",
                                   limits.min_replication, " for ", call.path));
  }
  const Walk walk = Resolve(call.path);
  CheckAccess(walk, walk.names.size(), caller_, kWrite);
  if (walk.last() == nullptr || walk.last()->directory) return ns::Truth{false};
  Node file = *walk.last();
  const int64_t copies = int64_t{call.replication} - int64_t{file.replication};
  CheckQuota(root(), ParentOf(walk.names), {0, static_cast<int64_t>(file.Charged()) * copies});
  file.replication = call.replication;
  Update(walk.names, file);
  return ns::Truth{true};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::SetQuota& call) {
  using ns::SetQuota;
  if (!caller_.superuser) {
    // The original has four names for the one call; which one follows from the values.
    const bool keeps_names = call.names == SetQuota::kUnchanged;
    const bool keeps_space = call.space == SetQuota::kUnchanged;
    CheckSuperuser(caller_, keeps_space && call.names == SetQuota::kReset   ? "clearQuota"
                            : keeps_names && call.space == SetQuota::kReset ? "clearSpaceQuota"
                            : keeps_space                                   ? "setQuota"
                                                                            : "setSpaceQuota");
  }
  const Walk walk = Resolve(call.path);
  const auto illegal = [](int64_t quota) { return quota < 0 && quota != SetQuota::kReset; };
  if (illegal(call.names) || illegal(call.space)) {
    throw JavaIllegalArgument(
        absl::StrCat("Illegal value for nsQuota or ssQuota : ", call.names, " and ", call.space));
  }
  if (walk.last() == nullptr) {
    throw FileNotFound(absl::StrCat("Directory does not exist: ", walk.path()));
  }
  if (!walk.last()->directory)
    throw PathNotDirectory(absl::StrCat("`", walk.path(), "': Is not a directory"));
  Node directory = *walk.last();
  if (call.names != SetQuota::kUnchanged) directory.name_quota = call.names;
  if (call.space != SetQuota::kUnchanged) directory.space_quota = call.space;
  // A root never goes without one.
  if (walk.is_root() && call.names == SetQuota::kReset) directory.name_quota = INT64_MAX;
  Update(walk.names, directory);
  return std::monostate{};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::SetAccessTime& call) {
  Names names;
  try {
    names = PlaceOf(root(), call.path).names;
  } catch (const Refusal&) {
    return std::monostate{};
  }
  const Tree node = Find(root(), names);
  if (node == nullptr || node->directory || node->id != call.file_id) {
    return std::monostate{};
  }
  Node file = *node;
  // Reads are told apart only so far; 0 means not at all.
  const uint64_t precision = state_.limits.access_time_precision_millis;
  if (precision == 0 || now_ <= file.atime + precision) return std::monostate{};
  file.atime = now_;
  Update(names, file);
  return std::monostate{};
}

template <typename Change>
ns::Value ReferenceNamespace::Execution::ChangeAcl(const std::string& path, Change change) {
  const Walk walk = Resolve(path);
  CheckExists(walk);
  CheckOwner(walk, caller_);
  Node node = *walk.last();
  try {
    change(walk, &node);
  } catch (Refusal& refusal) {
    absl::StrAppend(&refusal.message, " Path: ", walk.path());
    throw;
  }
  Update(walk.names, node);
  return std::monostate{};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::ModifyAclEntries& call) {
  return ChangeAcl(call.path, [&](const Walk& walk, Node* node) {
    KeepAcl(Merged(WholeAcl(*node), call.entries), walk.path(), node);
  });
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::RemoveAclEntries& call) {
  return ChangeAcl(call.path, [&](const Walk& walk, Node* node) {
    KeepAcl(Without(WholeAcl(*node), call.entries), walk.path(), node);
  });
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::RemoveDefaultAcl& call) {
  return ChangeAcl(call.path, [&](const Walk& walk, Node* node) {
    KeepAcl(WithoutDefaults(WholeAcl(*node)), walk.path(), node);
  });
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::RemoveAcl& call) {
  return ChangeAcl(call.path, [&](const Walk&, Node* node) { DropAcl(node); });
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::SetAcl& call) {
  return ChangeAcl(call.path, [&](const Walk& walk, Node* node) {
    if (call.entries.empty()) {
      DropAcl(node);
    } else {
      KeepAcl(Replaced(WholeAcl(*node), call.entries), walk.path(), node);
    }
  });
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::SetXAttr& call) {
  const ns::XAttr& xattr = call.xattr;
  const size_t size = xattr.name.name.size() + xattr.value.size();
  if (size > kMostXAttrBytes) {
    throw IllegalArgument(
        absl::StrCat("The XAttr is too big. The maximum combined size of the "
                     "name and value is ",
                     kMostXAttrBytes, ", but the total size is ", size));
  }
  CheckXAttrName(caller_, xattr.name, xattr.value, IsSeenRaw(call.path));
  const Walk walk = Resolve(call.path);
  CheckXAttrChange(walk, caller_, xattr.name);
  CheckExists(walk);
  Node node = *walk.last();
  const bool exists = node.xattrs.count(xattr.name) != 0;
  if ((call.flags & (ns::SetXAttr::kCreate | ns::SetXAttr::kReplace)) == 0) {
    throw IllegalArgument("A flag must be specified.");
  }
  if (exists && (call.flags & ns::SetXAttr::kReplace) == 0) {
    throw IOException(absl::StrCat("XAttr: ", xattr.name.name,
                                   " already exists. The REPLACE flag must be specified."));
  }
  if (!exists && (call.flags & ns::SetXAttr::kCreate) == 0) {
    throw IOException(absl::StrCat("XAttr: ", xattr.name.name,
                                   " does not exist. The CREATE flag must be specified."));
  }
  node.xattrs[xattr.name] = xattr.value;
  const auto counted = std::count_if(node.xattrs.begin(), node.xattrs.end(), [](const auto& row) {
    return row.first.space == ns::XAttrNamespace::kUser ||
           row.first.space == ns::XAttrNamespace::kTrusted;
  });
  if (counted > kMostXAttrs) {
    throw IOException(
        absl::StrCat("Cannot add additional XAttr to inode, would exceed limit of ", kMostXAttrs));
  }
  if (node.directory && xattr.name == UnreadableBySuperuser()) {
    throw IOException(absl::StrCat("Can only set '", XAttrText(xattr.name), "' on a file."));
  }
  Update(walk.names, node);
  return std::monostate{};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::RemoveXAttr& call) {
  CheckXAttrName(caller_, call.name, "", IsSeenRaw(call.path));
  const Walk walk = Resolve(call.path);
  CheckXAttrChange(walk, caller_, call.name);
  CheckExists(walk);
  Node node = *walk.last();
  if (!node.xattrs.empty() && call.name == UnreadableBySuperuser()) {
    throw AccessControl(absl::StrCat("The xattr '", XAttrText(call.name), "' can not be deleted."));
  }
  if (node.xattrs.erase(call.name) == 0) {
    throw IOException("No matching attributes found for remove operation");
  }
  Update(walk.names, node);
  return std::monostate{};
}

}  // namespace jfs::sim::model
