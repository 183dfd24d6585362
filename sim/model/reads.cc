#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

#include "core/base/overload.h"
#include "sim/model/path.h"
#include "sim/model/permission.h"
#include "sim/model/reference_namespace.h"
#include "sim/model/refusal.h"

namespace jfs::sim::model {
namespace {

ns::Value Info(const Walk& walk, const ns::Caller& caller) {
  try {
    CheckTraverse(walk, caller, Purpose::kOther);
  } catch (const Refusal&) {
    // A file on the way: to a superuser there is no such file, anybody else is told.
    if (caller.superuser) return ns::Absent{};
    throw;
  }
  if (walk.last() == nullptr) return ns::Absent{};
  return StatusOf(*walk.last(), "");
}

ns::Value List(const Walk& walk, const ns::Caller& caller, const ns::GetListing& query) {
  CheckTraverse(walk, caller, Purpose::kOther);
  if (walk.last() == nullptr) return ns::Absent{};
  ns::Listing listing;
  if (!walk.last()->directory) {
    listing.entries.push_back(StatusOf(*walk.last(), ""));
    return listing;
  }
  CheckAccess(walk, walk.names.size(), caller, kRead | kExecute);
  for (const auto& [name, child] : walk.last()->children) {
    if (name <= query.start_after && !query.start_after.empty()) continue;
    if (listing.entries.size() < query.limit) {
      listing.entries.push_back(StatusOf(*child, name));
    } else {
      ++listing.remaining;
    }
  }
  return listing;
}

ns::Value Summarize(const Walk& walk, const ns::Caller& caller) {
  CheckTraverse(walk, caller, Purpose::kOther);
  if (walk.last() == nullptr) {
    throw FileNotFound(absl::StrCat("File does not exist: ", walk.path()));
  }
  CheckSubtree(walk, caller, kRead | kExecute, /*but_empty=*/false);
  const Count count = CountAll(walk.last());
  return ns::ContentSummary{count.bytes, count.files, count.directories, count.space};
}

ns::Value Locate(const Walk& walk, const ns::Caller& caller, const ns::GetBlockLocations& query) {
  CheckTraverse(walk, caller, Purpose::kOther);
  if (walk.last() == nullptr) {
    throw FileNotFound(absl::StrCat("File does not exist: ", walk.path()));
  }
  const Node& file = *walk.last();
  if (file.directory) throw FileNotFound(absl::StrCat("Path is not a file: ", walk.path()));
  CheckAccess(walk, walk.names.size(), caller, kRead);
  ns::BlockLocations locations;
  locations.block_size = file.block_size;
  locations.under_construction = file.open;
  locations.file_length = file.Length();
  if (!file.blocks.empty()) {
    locations.last_block = file.blocks.back();
    if (file.open) locations.file_length -= file.blocks.back().bytes;
  }
  const uint64_t end =
      query.offset + query.length < query.offset ? UINT64_MAX : query.offset + query.length;
  uint64_t begin = 0;
  for (const ns::Block& block : file.blocks) {
    if (begin + block.bytes > query.offset && begin < end) {
      if (locations.blocks.empty()) locations.first_offset = begin;
      locations.blocks.push_back(block);
    }
    begin += block.bytes;
  }
  return locations;
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
  if (node.directory) {
    status.children = node.children.size();
  } else {
    status.length = node.Length();
    status.replication = node.replication;
    status.block_size = node.block_size;
  }
  return status;
}

ns::Value Answer(const Tree& root, const ns::Caller& caller, const ns::Query& query) {
  const auto walk = [&](const std::string& path) { return Walk(root, Split(path)); };
  return std::visit(
      Overload{
          [&](const ns::GetFileInfo& q) { return Info(walk(q.path), caller); },
          [&](const ns::GetListing& q) { return List(walk(q.path), caller, q); },
          [&](const ns::GetContentSummary& q) { return Summarize(walk(q.path), caller); },
          [&](const ns::GetBlockLocations& q) { return Locate(walk(q.path), caller, q); },
          [&](const auto&) -> ns::Value {
            throw Refusal{"java.lang.UnsupportedOperationException",
                          "This call is not supported yet"};
          },
      },
      query);
}

}  // namespace jfs::sim::model
