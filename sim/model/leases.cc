// Who writes which file, and how a file gets closed without its writer.

#include <set>

#include "absl/strings/str_cat.h"

#include "sim/model/execution.h"
#include "sim/model/path.h"

namespace jfs::sim::model {
void ReferenceNamespace::Execution::Open(Node* file, const std::string& holder,
                                         const std::string& address) {
  if (state_.leases.count(holder) == 0) state_.leases[holder] = state_.next_lease++;
  file->open = true;
  file->holder = holder;
  file->holder_address = address;
}

void ReferenceNamespace::Execution::Close(Node* file) {
  file->open = false;
  file->holder.clear();
  file->holder_address.clear();
  file->last_block_open = false;
  file->recovering = false;
  file->mtime = now_;
}

void ReferenceNamespace::Execution::Wait(Node* file, const std::string& holder,
                                         const std::string& address) {
  file->recovering = true;
  Open(file, holder, address);
}

void ReferenceNamespace::Execution::EndLeases() {
  if (!changed_ || state_.leases.empty()) return;
  std::set<std::string> busy;
  for (const auto& [ns, tree] : state_.trees) {
    for (const auto& [id, names] : OpenFilesOf(tree.root)) {
      busy.insert(Find(tree.root, names)->holder);
    }
  }
  for (auto lease = state_.leases.begin(); lease != state_.leases.end();) {
    lease = busy.count(lease->first) != 0 ? std::next(lease) : state_.leases.erase(lease);
  }
}

bool ReferenceNamespace::Execution::Release(const Names& names, const std::string& next_holder) {
  Node file = *Find(root(), names);
  if (file.recovering || (file.last_block_open && file.blocks.back().bytes > 0)) {
    Wait(&file, next_holder, file.holder_address);
    Update(names, file);
    return false;
  }
  // Nobody is known to have written into the last block.
  if (file.last_block_open) file.blocks.pop_back();
  Close(&file);
  Update(names, file);
  return true;
}

void ReferenceNamespace::Execution::TakeOver(const Walk& walk, const std::string& operation,
                                             const std::string& holder, ns::LeaseId expired) {
  const Node& file = *walk.last();
  if (!file.open) return;
  const std::string failed = absl::StrCat("Failed to ", operation, " ", walk.path(), " for ",
                                          holder, " on ", caller_.address, " because ");
  if (file.holder == holder) {
    throw AlreadyBeingCreated(
        absl::StrCat(failed, holder, " is already the current lease holder."));
  }
  if (expired != 0 && state_.leases.at(file.holder) == expired) {
    const bool closed = Release(walk.names, file.holder);
    Keep();
    if (closed) return;
    throw RecoveryInProgress(failed + "lease recovery is in progress. Try again later.");
  }
  if (file.recovering) {
    throw RecoveryInProgress(absl::StrCat(failed, "another recovery is in progress by ",
                                          file.holder, " on ", file.holder_address));
  }
  throw AlreadyBeingCreated(absl::StrCat(failed, "this file lease is currently owned by ",
                                         file.holder, " on ", file.holder_address));
}

ReferenceNamespace::Execution::OpenFile ReferenceNamespace::Execution::FindOpen(
    const std::string& path, ns::InodeId id, const std::string& holder) {
  OpenFile found;
  if (id == 0) {
    const Walk walk = Resolve(path);
    found = {walk.names, walk.last()};
  } else {
    if (FindById(root(), id, &found.names)) {
      found.node = Find(root(), found.names);
    } else {
      found = {Split(path), nullptr};
    }
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
  if (found.node->holder != holder || holder == kMaster) {
    throw LeaseExpired(absl::StrCat("Client (=", holder,
                                    ") is not the lease owner (=", found.node->holder, ": ", what));
  }
  return found;
}

ReferenceNamespace::Execution::OpenFile ReferenceNamespace::Execution::FindByBlock(
    const ns::Block& block, const std::string& holder) {
  // The texts name the block, and how blocks are written is left open.
  for (const auto& [id, names] : OpenFilesOf(root())) {
    const Tree file = Find(root(), names);
    if (file->blocks.empty() || file->blocks.back().id != block.id) continue;
    if (!file->last_block_open || file->recovering) {
      throw WithAnyMessage(IOException("Unexpected BlockUCState"));
    }
    if (file->holder != holder) throw WithAnyMessage(LeaseExpired("Lease mismatch"));
    return {names, file};
  }
  throw WithAnyMessage(IOException("does not exist"));
}

}  // namespace jfs::sim::model
