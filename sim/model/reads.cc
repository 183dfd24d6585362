#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

#include "core/base/overload.h"
#include "sim/model/path.h"
#include "sim/model/permission.h"
#include "sim/model/reference_namespace.h"
#include "sim/model/refusal.h"
#include "sim/model/xattr.h"

namespace jfs::sim::model {
namespace {

// The two directories that are shown without being in the tree.
bool IsReserved(const Walk& walk) { return walk.names == Names{".reserved"}; }
bool IsSnapshots(const Walk& walk) { return walk.names == Names{".snapshot"}; }

ns::FileStatus Shown(uint16_t mode) {
  ns::FileStatus status;
  status.type = ns::FileType::kDirectory;
  status.mode = mode;
  return status;
}

ns::Value Info(const Walk& walk, const ns::Caller& caller, const ns::GetFileInfo& query) {
  using Wanted = ns::GetFileInfo::Wanted;
  const bool anything = query.wanted == Wanted::kAnything;
  try {
    CheckTraverse(walk, caller, Purpose::kOther);
  } catch (const Refusal&) {
    // A file on the way: to a superuser there is no such file, anybody else is told.
    if (caller.superuser && anything) return ns::Absent{};
    throw;
  }
  if (walk.last() != nullptr) {
    if (walk.last()->directory && query.wanted == Wanted::kFile) {
      throw FileNotFound(absl::StrCat("Path is not a file: ", walk.path()));
    }
    return StatusOf(*walk.last(), "");
  }
  if (!anything) throw FileNotFound(absl::StrCat("File does not exist: ", walk.path()));
  if (IsReserved(walk)) return Shown(01770);
  if (IsSnapshots(walk)) return Shown(0777);
  return ns::Absent{};
}

ns::BlockLocations LocationsOf(const Node& file, uint64_t offset, uint64_t length) {
  ns::BlockLocations locations;
  locations.file_id = file.id;
  locations.atime = WallMillis(file.atime);
  locations.block_size = file.block_size;
  locations.under_construction = file.open;
  locations.file_length = file.Length();
  if (!file.blocks.empty()) {
    locations.last_block = file.blocks.back();
    locations.last_block_complete = !file.last_block_open;
    // Of what is being written only data servers know the length.
    if (file.last_block_open) locations.file_length -= file.blocks.back().bytes;
  }
  const uint64_t end = offset + length < offset ? UINT64_MAX : offset + length;
  uint64_t begin = 0;
  for (const ns::Block& block : file.blocks) {
    if (begin + block.bytes > offset && begin < end) {
      if (locations.blocks.empty()) locations.first_offset = begin;
      locations.blocks.push_back(block);
    }
    begin += block.bytes;
  }
  return locations;
}

ns::BlockLocations AllLocations(const Node& node) {
  return node.directory ? ns::BlockLocations{} : LocationsOf(node, 0, UINT64_MAX);
}

// A listing where the tree has nothing.
ns::Value ListNothing(const Walk& walk) {
  ns::Listing listing;
  if (IsReserved(walk)) {
    for (const char* const name : {".inodes", "raw"}) {
      listing.entries.push_back(Shown(0770));
      listing.entries.back().name = name;
      listing.entries.back().group = "supergroup";
    }
    return listing;
  }
  if (walk.names.back() != ".snapshot") return ns::Absent{};
  if (IsSnapshots(walk)) return listing;
  const std::string above = Join(walk.names, walk.names.size() - 1);
  if (walk.parent() == nullptr) throw FileNotFound("Directory does not exist: " + above);
  throw SnapshotException("Directory is not a snapshottable directory: " + above);
}

ns::Value List(const Tree& root, const Walk& walk, const ns::Caller& caller, ns::GetListing query) {
  CheckTraverse(walk, caller, Purpose::kOther);
  if (query.start_after.rfind("/.reserved/", 0) == 0) {
    try {
      const Names names = PlaceOf(root, query.start_after).names;
      query.start_after = names.empty() ? "" : names.back();
    } catch (const Refusal&) {
      throw StartAfterNotFound("Can't find startAfter " + query.start_after);
    }
  }
  if (walk.last() == nullptr) return ListNothing(walk);
  ns::Listing listing;
  const auto add = [&](const Node& node, const std::string& name) {
    listing.entries.push_back(StatusOf(node, name));
    if (query.need_locations) listing.locations.push_back(AllLocations(node));
  };
  if (!walk.last()->directory) {
    add(*walk.last(), "");
    return listing;
  }
  CheckAccess(walk, walk.names.size(), caller, kRead | kExecute);
  uint64_t places = 0;  // where blocks may be: once there are too many, the page ends
  for (const auto& [name, child] : walk.last()->children) {
    if (name <= query.start_after && !query.start_after.empty()) continue;
    const bool full =
        listing.entries.size() >= query.limit || (query.need_locations && places >= query.limit);
    if (full) {
      ++listing.remaining;
      continue;
    }
    add(*child, name);
    places += AllLocations(*child).blocks.size() * child->replication;
  }
  return listing;
}

ns::Value Summarize(const Walk& walk, const ns::Caller& caller) {
  CheckTraverse(walk, caller, Purpose::kOther);
  if (walk.last() == nullptr) {
    throw FileNotFound(absl::StrCat("File does not exist: ", walk.path()));
  }
  CheckSubtree(walk, caller, Subtree::kSummarize);
  const Count count = CountAll(walk.last());
  return ns::ContentSummary{count.bytes,
                            count.files,
                            count.directories,
                            count.space,
                            walk.last()->name_quota,
                            walk.last()->space_quota};
}

ns::Value Usage(const Walk& walk, const ns::Caller& caller) {
  CheckTraverse(walk, caller, Purpose::kOther);
  CheckSubtree(walk, caller, Subtree::kUsage);
  if (walk.last() == nullptr) {
    throw FileNotFound(absl::StrCat("File/Directory does not exist: ", walk.path()));
  }
  const Count count = CountAll(walk.last());
  return ns::QuotaUsage{count.names(), count.space, walk.last()->name_quota,
                        walk.last()->space_quota};
}

// The file at the end of the walk, which messages call `path`. Throws if there is none.
const Node& FileAt(const Walk& walk, const std::string& path) {
  if (walk.last() == nullptr) throw FileNotFound("File does not exist: " + path);
  if (walk.last()->directory) throw FileNotFound("Path is not a file: " + path);
  return *walk.last();
}

ns::Value Locate(const Walk& walk, const ns::Caller& caller, const ns::GetBlockLocations& query) {
  // That there is no such file is told before it is asked who wants to know.
  CheckNoFileAbove(walk);
  const Node& file = FileAt(walk, walk.path());
  CheckTraverse(walk, caller, Purpose::kOther);
  CheckAccess(walk, walk.names.size(), caller, kRead);
  if (caller.superuser && file.xattrs.count(UnreadableBySuperuser()) != 0) {
    throw AccessControl(
        absl::StrCat("Access is denied for ", caller.user,
                     " since the superuser is not allowed to perform this operation."));
  }
  return LocationsOf(file, query.offset, query.length);
}

ns::Value LocatedInfo(const Walk& walk, const ns::Caller& caller) {
  const ns::Value info = Info(walk, caller, {});
  if (std::holds_alternative<ns::Absent>(info)) return info;
  ns::LocatedStatus located{std::get<ns::FileStatus>(info), std::nullopt};
  if (walk.last() != nullptr && !walk.last()->directory)
    located.locations = AllLocations(*walk.last());
  return located;
}

ns::Value Access(const Walk& walk, const ns::Caller& caller, int access) {
  CheckTraverse(walk, caller, Purpose::kOther);
  if (walk.last() == nullptr) throw FileNotFound(absl::StrCat("Path not found: ", walk.path()));
  CheckAccess(walk, walk.names.size(), caller, access);
  return std::monostate{};
}

// What the calls about ACLs and attributes say of a path that leads nowhere.
void CheckFound(const Walk& walk) {
  if (walk.last() == nullptr) throw FileNotFound(absl::StrCat("cannot find ", walk.path()));
}

ns::Value AclOf(const Walk& walk, const ns::Caller& caller) {
  CheckTraverse(walk, caller, Purpose::kOther);
  if (IsSnapshots(walk)) return ns::AclStatus{};
  CheckFound(walk);
  const Node& node = *walk.last();
  return ns::AclStatus{node.owner, node.group, node.mode, node.acl};
}

ns::Value XAttrsOf(const Tree& root, const ns::Caller& caller, const ns::GetXAttrs& query) {
  const bool raw = IsSeenRaw(query.path);
  for (const ns::XAttrName& name : query.names) CheckXAttrName(caller, name, "", raw);
  const Walk walk(root, PlaceOf(root, query.path).names);
  CheckTraverse(walk, caller, Purpose::kOther);
  CheckAccess(walk, walk.names.size(), caller, kRead);
  CheckFound(walk);
  const auto& xattrs = walk.last()->xattrs;
  ns::XAttrs found;
  if (query.names.empty()) {
    for (const auto& [name, value] : xattrs) {
      if (ShowsXAttr(caller, name, raw)) found.xattrs.push_back({name, value});
    }
    return found;
  }
  for (const ns::XAttrName& name : query.names) {
    const auto xattr = xattrs.find(name);
    if (xattr == xattrs.end()) {
      throw XAttrNotFound("At least one of the attributes provided was not found.");
    }
    found.xattrs.push_back({name, xattr->second});
  }
  return found;
}

// With the values: the original leaves it to its clients to show only the names.
ns::Value XAttrNamesOf(const Walk& walk, const ns::Caller& caller, bool raw) {
  CheckTraverse(walk, caller, Purpose::kOther);
  CheckAccess(walk, walk.names.size(), caller, kRead);
  CheckFound(walk);
  ns::XAttrs found;
  for (const auto& [name, value] : walk.last()->xattrs) {
    if (ShowsXAttr(caller, name, raw)) found.xattrs.push_back({name, value});
  }
  return found;
}

ns::Value OpenFiles(const Tree& root, const ns::Caller& caller, const ns::ListOpenFiles& query) {
  CheckSuperuser(caller, "listOpenFiles");
  const Names below = Split(query.below);
  ns::OpenFileList list;
  for (const auto& [id, names] : OpenFilesOf(root)) {
    const bool under =
        names.size() >= below.size() && std::equal(below.begin(), below.end(), names.begin());
    if (id <= query.start_after || !under) continue;
    if (list.files.size() == query.limit) {
      list.more = true;
      break;
    }
    const Tree file = Find(root, names);
    list.files.push_back({id, Join(names), file->holder, file->holder_address});
  }
  return list;
}

}  // namespace

ns::FileStatus StatusOf(const Node& node, const std::string& name) {
  ns::FileStatus status;
  status.type = node.directory ? ns::FileType::kDirectory : ns::FileType::kFile;
  status.name = name;
  status.mode = node.mode;
  status.owner = node.owner;
  status.group = node.group;
  status.mtime = WallMillis(node.mtime);
  status.atime = WallMillis(node.atime);
  status.id = node.id;
  status.has_acl = !node.acl.empty();
  if (node.directory) {
    status.children = node.children.size();
  } else {
    status.length = node.Length();
    status.replication = node.replication;
    status.block_size = node.block_size;
  }
  return status;
}

ns::Value Answer(const Tree& root, bool safe_mode, const ns::Caller& caller,
                 const ns::Query& query) {
  const auto walk = [&](const std::string& path) { return Walk(root, PlaceOf(root, path).names); };
  return std::visit(
      Overload{
          [&](const ns::GetFileInfo& q) { return Info(walk(q.path), caller, q); },
          [&](const ns::GetListing& q) { return List(root, walk(q.path), caller, q); },
          [&](const ns::GetContentSummary& q) { return Summarize(walk(q.path), caller); },
          [&](const ns::GetBlockLocations& q) { return Locate(walk(q.path), caller, q); },
          [&](const ns::GetLocatedFileInfo& q) { return LocatedInfo(walk(q.path), caller); },
          [&](const ns::GetQuotaUsage& q) { return Usage(walk(q.path), caller); },
          [&](const ns::IsFileClosed& q) -> ns::Value {
            const Walk at = walk(q.path);
            CheckTraverse(at, caller, Purpose::kOther);
            return ns::Truth{!FileAt(at, q.path).open};
          },
          [&](const ns::CheckAccess& q) { return Access(walk(q.path), caller, q.access); },
          [&](const ns::GetAclStatus& q) { return AclOf(walk(q.path), caller); },
          [&](const ns::GetXAttrs& q) { return XAttrsOf(root, caller, q); },
          [&](const ns::ListXAttrs& q) {
            return XAttrNamesOf(walk(q.path), caller, IsSeenRaw(q.path));
          },
          [&](const ns::ListOpenFiles& q) { return OpenFiles(root, caller, q); },
          [&](const ns::GetSafeMode&) -> ns::Value { return ns::Truth{safe_mode}; },
      },
      query);
}

}  // namespace jfs::sim::model
