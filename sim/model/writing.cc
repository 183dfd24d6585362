// The calls of a client that writes a file: addBlock and complete.

#include <optional>

#include "absl/strings/str_cat.h"

#include "sim/model/execution.h"
#include "sim/model/path.h"

namespace jfs::sim::model {
namespace {

// The same block in the same version; its length does not matter. Both may be absent.
bool Matches(const std::optional<ns::Block>& a, const std::optional<ns::Block>& b) {
  if (!a.has_value() || !b.has_value()) return a.has_value() == b.has_value();
  return a->id == b->id && a->generation_stamp == b->generation_stamp;
}

std::optional<ns::Block> FromEnd(const Node& file, size_t back) {
  if (file.blocks.size() < back) return std::nullopt;
  return file.blocks[file.blocks.size() - back];
}

}  // namespace

ReferenceNamespace::Execution::OpenFile ReferenceNamespace::Execution::FindOpen(
    const std::string& path, ns::InodeId id, const std::string& holder) {
  OpenFile found;
  if (id == 0) {
    const Walk walk(root(), Split(path));
    CheckTraverse(walk, caller_, Purpose::kOther);
    found = {walk.names, walk.last()};
  } else {
    if (FindById(root(), id, &found.names)) found.node = Find(root(), found.names);
    // Decided otherwise than in the original: nothing leads from an id to a directory or a closed
    // file, so these are found only if the path is right as well.
    const bool open = found.node != nullptr && found.node->open;
    if (!open && (found.node == nullptr || found.names != Split(path)))
      found = {Split(path), nullptr};
  }
  // A client has one name everywhere, so its lease is one over all namespaces.
  uint64_t pending = 0;
  for (const auto& [ns, tree] : state_.trees) pending += CountOpenFor(tree.root, holder);
  const std::string lease =
      pending == 0 ? absl::StrCat("Holder ", holder, " does not have any open files.")
                   : absl::StrCat("[Lease.  Holder: ", holder, ", pending creates: ", pending, "]");
  const std::string what = absl::StrCat(Join(found.names), " (inode ", id, ") ", lease);
  if (found.node == nullptr) throw FileNotFound(absl::StrCat("File does not exist: ", what));
  if (found.node->directory)
    throw LeaseExpired(absl::StrCat("INode is not a regular file: ", what));
  if (!found.node->open) throw LeaseExpired(absl::StrCat("File is not open for writing: ", what));
  if (found.node->holder != holder) {
    throw LeaseExpired(absl::StrCat("Client (=", holder,
                                    ") is not the lease owner (=", found.node->holder, ": ", what));
  }
  return found;
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::AddBlock& call) {
  const OpenFile found = FindOpen(call.path, call.file_id, call.client_name);
  Node file = *found.node;
  const std::string path = Join(found.names);
  if (!Matches(call.previous, FromEnd(file, 1))) {
    const std::optional<ns::Block> last = FromEnd(file, 1);
    if (!last.has_value() || !Matches(call.previous, FromEnd(file, 2))) {
      Refusal refusal = IOException(absl::StrCat("Cannot allocate block in ", path));
      refusal.any_message = true;  // how blocks are written in it is left open
      throw refusal;
    }
    // The client asks again because the answer was lost.
    if (last->bytes != 0) {
      Refusal refusal = IOException("Request looked like a retry");
      refusal.any_message = true;
      throw refusal;
    }
    return *last;
  }
  if (file.blocks.size() >= state_.limits.max_blocks_per_file) {
    Refusal refusal = IOException("File has reached the limit on maximum number of blocks");
    refusal.any_message = true;
    throw refusal;
  }
  if (call.live_data_servers == 0) {
    Refusal refusal = IOException(
        absl::StrCat("File ", path, " could only be written to 0 of the 1 minReplication nodes."));
    refusal.any_message = true;
    throw refusal;
  }
  if (call.previous.has_value()) file.blocks.back().bytes = call.previous->bytes;
  file.blocks.push_back({state_.next.block++, state_.next.generation_stamp++, 0});
  Update(found.names, file);
  return file.blocks.back();
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::Complete& call) {
  OpenFile found;
  try {
    found = FindOpen(call.path, call.file_id, call.client_name);
  } catch (const Refusal& refusal) {
    // Closed already, and the client agrees on how it ends: its first answer was lost.
    Names names;
    const bool by_id = call.file_id != 0;
    if (by_id && !FindById(root(), call.file_id, &names)) throw;
    const Tree node = Find(root(), by_id ? names : Split(call.path));
    const bool lease_expired = refusal.exception == LeaseExpired("").exception;
    if (!lease_expired || node->directory || node->open) throw;
    if (!Matches(call.last, FromEnd(*node, 1))) throw;
    return ns::Truth{true};
  }
  Node file = *found.node;
  // A file without blocks is complete, whatever the client believes.
  if (!file.blocks.empty() && !Matches(call.last, FromEnd(file, 1))) {
    if (!call.last.has_value()) return ns::Truth{false};  // the last block is still being written
    Refusal refusal = IOException("the last block is another one");
    refusal.any_message = true;
    throw refusal;
  }
  if (!file.blocks.empty()) file.blocks.back().bytes = call.last->bytes;
  file.open = false;
  file.holder.clear();
  file.holder_address.clear();
  file.mtime = now_;
  Update(found.names, file);
  return ns::Truth{true};
}

}  // namespace jfs::sim::model
