#include "sim/model/tree.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "core/base/check.h"
#include "sim/model/text.h"

namespace jfs::sim::model {
namespace {

Tree ReplaceFrom(const Tree& at, const Names& names, size_t depth, Tree node) {
  if (depth == names.size()) return node;
  CHECK(at != nullptr && at->directory) << Join(names, depth) << " is not a directory to edit";
  auto copy = std::make_shared<Node>(*at);
  const std::string& name = names[depth];
  const auto child = at->children.find(name);
  Tree below = child == at->children.end() ? nullptr : child->second;
  below = ReplaceFrom(below, names, depth + 1, std::move(node));
  if (below == nullptr) {
    copy->children.erase(name);
  } else {
    copy->children[name] = std::move(below);
  }
  return copy;
}

void DumpFrom(const std::string& path, const Node& node, std::string* out) {
  absl::StrAppend(out, Printable(path.empty() ? "/" : path), node.directory ? " dir" : " file",
                  absl::StrFormat(" mode=%o", node.mode), " owner=", Printable(node.owner),
                  " group=", Printable(node.group), " mtime=", node.mtime, " atime=", node.atime,
                  " id=", node.id);
  if (!node.directory) {
    absl::StrAppend(out, " length=", node.Length(), " replication=", node.replication,
                    " block_size=", node.block_size, " blocks=[");
    for (const ns::Block& block : node.blocks) {
      absl::StrAppend(out, " ", block.id, "_", block.generation_stamp, ":", block.bytes);
    }
    absl::StrAppend(out, " ]");
    if (node.open) {
      absl::StrAppend(out, " open=", Printable(node.holder), "@", node.holder_address);
    }
    if (node.last_block_open) absl::StrAppend(out, " last_block_open");
    if (node.recovering) absl::StrAppend(out, " recovering");
    if (node.truncate_last_to.has_value()) {
      absl::StrAppend(out, " truncate_last_to=", *node.truncate_last_to);
    }
  }
  if (node.name_quota >= 0) absl::StrAppend(out, " name_quota=", node.name_quota);
  if (node.space_quota >= 0) absl::StrAppend(out, " space_quota=", node.space_quota);
  if (!node.acl.empty()) absl::StrAppend(out, " acl=", TextOf(node.acl));
  for (const auto& [name, value] : node.xattrs) {
    absl::StrAppend(out, " ", TextOf(name), "=", Printable(value));
  }
  absl::StrAppend(out, "\n");
  for (const auto& [name, child] : node.children) {
    DumpFrom(absl::StrCat(path, "/", name), *child, out);
  }
}

}  // namespace

Tree Find(const Tree& root, const Names& names) {
  Tree at = root;
  for (const std::string& name : names) {
    if (at == nullptr || !at->directory) return nullptr;
    const auto child = at->children.find(name);
    if (child == at->children.end()) return nullptr;
    at = child->second;
  }
  return at;
}

Tree Replace(const Tree& root, const Names& names, Tree node) {
  return ReplaceFrom(root, names, 0, std::move(node));
}

bool FindById(const Tree& root, ns::InodeId id, Names* names) {
  if (root->id == id) return true;
  for (const auto& [name, child] : root->children) {
    names->push_back(name);
    if (FindById(child, id, names)) return true;
    names->pop_back();
  }
  return false;
}

Count CountAll(const Tree& root) {
  if (!root->directory) return {0, 1, root->Length(), root->Charged() * root->replication};
  Count count = {1, 0, 0, 0};
  for (const auto& [name, child] : root->children) {
    const Count below = CountAll(child);
    count.directories += below.directories;
    count.files += below.files;
    count.bytes += below.bytes;
    count.space += below.space;
  }
  return count;
}

uint64_t CountOpenFor(const Tree& root, const std::string& holder) {
  if (!root->directory) return root->open && root->holder == holder ? 1 : 0;
  uint64_t count = 0;
  for (const auto& [name, child] : root->children) count += CountOpenFor(child, holder);
  return count;
}

namespace {

void CollectOpen(const Tree& root, Names* names, std::map<ns::InodeId, Names>* open) {
  if (root->open) open->emplace(root->id, *names);
  for (const auto& [name, child] : root->children) {
    names->push_back(name);
    CollectOpen(child, names, open);
    names->pop_back();
  }
}

}  // namespace

std::map<ns::InodeId, Names> OpenFilesOf(const Tree& root) {
  std::map<ns::InodeId, Names> open;
  Names names;
  CollectOpen(root, &names, &open);
  return open;
}

std::string Join(const Names& names, size_t depth) {
  if (depth == 0) return "/";
  std::string path;
  for (size_t i = 0; i < depth; ++i) absl::StrAppend(&path, "/", names[i]);
  return path;
}

std::string Dump(const Tree& root) {
  std::string out;
  DumpFrom("", *root, &out);
  return out;
}

}  // namespace jfs::sim::model
