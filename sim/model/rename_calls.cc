// The two renames.

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "sim/model/execution.h"
#include "sim/model/path.h"

namespace jfs::sim::model {
namespace {

void CheckTargetIsNotReserved(const Walk& target) {
  if (target.names != Names{".reserved"}) return;
  throw InvalidPath("Invalid path name Cannot rename to or from /.reserved");
}

// How many names the two paths share: what moves stays below that directory.
size_t CommonDepth(const Walk& a, const Walk& b) {
  const auto differ = std::mismatch(a.names.begin(), a.names.end(), b.names.begin(), b.names.end());
  return static_cast<size_t>(differ.first - a.names.begin());
}

}  // namespace

ns::Value ReferenceNamespace::Execution::operator()(const ns::Rename& call) {
  CheckLength(call.target, "rename", state_.limits);
  const Walk source = Resolve(call.source);
  Walk target = Resolve(call.target, Purpose::kCreate);
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
  const size_t depth = source.names.size();
  const bool under = target.names.size() > depth &&
                     std::equal(source.names.begin(), source.names.end(), target.names.begin());
  if (under) return ns::Truth{false};
  CheckTargetIsNotReserved(target);
  if (target.is_root() || target.last() != nullptr || target.parent() == nullptr) {
    return ns::Truth{false};
  }
  const bool other_parent = ParentOf(source.names) != ParentOf(target.names);
  CheckLimits(ParentOf(target.names), target.names.back(), other_parent);
  CheckQuota(root(), ParentOf(target.names), ChargeOf(source.last()), CommonDepth(source, target));
  Put(source.names, nullptr);
  Put(target.names, source.last());
  return ns::Truth{true};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::Rename2& call) {
  CheckLength(call.target, "rename", state_.limits);
  const Walk source = Resolve(call.source);
  const Walk target = Resolve(call.target, Purpose::kCreate);
  CheckRemoval(source, caller_);
  if (call.to_trash) CheckSubtree(source, caller_, Subtree::kRemove);
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
  CheckTargetIsNotReserved(target);
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
  const bool other_parent = ParentOf(source.names) != ParentOf(target.names);
  // The original counts the name as one more even where it replaces another.
  CheckLimits(ParentOf(target.names), target.names.back(), other_parent);
  Charge more = ChargeOf(moved);
  if (old != nullptr) {
    const Charge freed = ChargeOf(old);
    more.names -= freed.names;
    more.space -= freed.space;
  }
  CheckQuota(root(), ParentOf(target.names), more, CommonDepth(source, target));
  Put(source.names, nullptr);
  Put(target.names, moved);
  return std::monostate{};
}

}  // namespace jfs::sim::model
