// The calls that change closed files, and those that close what others left open.

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"

#include "sim/model/execution.h"
#include "sim/model/path.h"

namespace jfs::sim::model {
ns::Value ReferenceNamespace::Execution::operator()(const ns::Truncate& call) {
  const Walk walk = Resolve(call.path);
  CheckAccess(walk, walk.names.size(), caller_, kWrite);
  CheckFile(walk, call.path);
  if (const Node& file = *walk.last(); file.truncate_last_to.has_value()) {
    const uint64_t cut = file.Length() - file.blocks.back().bytes + *file.truncate_last_to;
    if (call.new_length == cut) return ns::Truth{false};
    throw AlreadyBeingCreated(absl::StrCat("Failed to TRUNCATE_FILE ", walk.path(), " for ",
                                           call.client_name, " on ", caller_.address, " because ",
                                           walk.path(), " is being truncated."));
  }
  TakeOver(walk, "TRUNCATE_FILE", call.client_name, call.expired_lease);
  const Node before = *Find(root(), walk.names);
  if (before.Length() == call.new_length) return ns::Truth{true};
  if (before.Length() < call.new_length) {
    throw IllegalArgument(absl::StrCat("Cannot truncate to a larger file size. Current size: ",
                                       before.Length(), ", truncate size: ", call.new_length, "."));
  }
  Node file = before;
  // Blocks that lie wholly behind the new end go at once.
  while (!file.blocks.empty() && file.Length() - file.blocks.back().bytes >= call.new_length) {
    file.blocks.pop_back();
  }
  const bool at_boundary = file.Length() == call.new_length;
  if (!at_boundary) {
    // Inside a block the data servers have to cut; until they have, it has its old length.
    file.truncate_last_to = call.new_length - (file.Length() - file.blocks.back().bytes);
    file.last_block_open = true;
  }
  const int64_t more =
      static_cast<int64_t>(file.Charged()) - static_cast<int64_t>(before.Charged());
  CheckQuota(root(), ParentOf(walk.names), {0, more * file.replication});
  if (!at_boundary) Wait(&file, call.client_name, caller_.address);
  file.mtime = now_;
  Update(walk.names, file);
  return ns::Truth{at_boundary};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::Concat& call) {
  if (call.target.empty()) throw JavaIllegalArgument("Target file name is empty");
  if (call.sources.empty()) throw JavaIllegalArgument("No sources given");
  Names all = call.sources;
  all.insert(all.begin(), call.target);
  for (const std::string& path : all) {
    if (path.rfind("/.reserved/raw", 0) != 0 && path.rfind("/.reserved/.inodes", 0) != 0) continue;
    throw IOException("Concat operation doesn't support .reserved relative path : " + path);
  }
  const Walk target = Resolve(call.target);
  CheckAccess(target, target.names.size(), caller_, kWrite);
  CheckFile(target, call.target);
  // Paths are mostly given back as they were sent.
  const auto unfit = [](const std::string& before, const std::string& sent, const Walk& walk,
                        const std::string& after) {
    Refusal refusal = IllegalArgument(absl::StrCat(before, sent, after));
    refusal.also.push_back(absl::StrCat(before, walk.path(), after));
    return refusal;
  };
  if (target.last()->open) {
    throw unfit("concat: target file ", call.target, target, " is under construction");
  }
  std::set<Names> seen;
  for (const std::string& path : call.sources) {
    const Walk source = Resolve(path);
    CheckAccess(source, source.names.size(), caller_, kRead);
    CheckRemoval(source, caller_);
    CheckFile(source, path);
    if (ParentOf(source.names) != ParentOf(target.names)) {
      throw unfit("Source file ", path, source,
                  absl::StrCat(" is not in the same directory with the target ", target.path()));
    }
    if (source.names == target.names) {
      throw unfit("concat: the src file ", path, source,
                  absl::StrCat(" is the same with the target file ", target.path()));
    }
    if (source.last()->open || source.last()->blocks.empty()) {
      throw unfit("concat: source file ", path, source,
                  " is invalid or empty or underConstruction");
    }
    if (source.last()->block_size > target.last()->block_size) {
      throw unfit("concat: source file ", path, source,
                  absl::StrCat(" has preferred block size ", source.last()->block_size,
                               " which is greater than the target file's preferred block size ",
                               target.last()->block_size));
    }
    seen.insert(source.names);
  }
  if (seen.size() < call.sources.size()) {
    throw IllegalArgument("concat: at least two of the source files are the same");
  }
  size_t blocks = target.last()->blocks.size();
  for (const std::string& path : call.sources) blocks += Find(root(), Split(path))->blocks.size();
  if (blocks > state_.limits.max_blocks_per_file) {
    throw WithAnyMessage(IOException("more blocks than a file may have"));
  }
  Node joined = *target.last();
  Charge more;
  for (const std::string& path : call.sources) {
    const Tree source = Find(root(), Split(path));
    joined.blocks.insert(joined.blocks.end(), source->blocks.begin(), source->blocks.end());
    more.names -= 1;
    more.space += static_cast<int64_t>(source->Length()) *
                  (int64_t{joined.replication} - int64_t{source->replication});
  }
  CheckQuota(root(), ParentOf(target.names), more);
  for (const std::string& path : call.sources) Put(Split(path), nullptr);
  joined.mtime = now_;
  Update(target.names, joined);
  return std::monostate{};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::RecoverLease& call) {
  const Walk walk = Resolve(call.path);
  CheckFile(walk, call.path);
  if (!walk.last()->open) return ns::Truth{true};
  CheckAccess(walk, walk.names.size(), caller_, kWrite);
  return ns::Truth{Release(walk.names, call.client_name)};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::ReleaseLease& call) {
  const auto lease = state_.leases.find(call.holder);
  const bool his = lease != state_.leases.end() && lease->second == call.lease;
  if (state_.safe_mode || !his) return std::monostate{};
  for (const auto& [ns, tree] : state_.trees) {
    ns_ = ns;
    const Tree before = tree.root;
    for (const auto& [id, names] : OpenFilesOf(before)) {
      if (Find(before, names)->holder == call.holder) Release(names, kMaster);
    }
  }
  return std::monostate{};
}

}  // namespace jfs::sim::model
