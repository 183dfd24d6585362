// The calls of a client that writes a file.

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

ns::Value ReferenceNamespace::Execution::operator()(const ns::Append& call) {
  const Walk walk = Resolve(call.path);
  if (walk.last() != nullptr && walk.last()->directory) {
    throw FileAlreadyExists(absl::StrCat("Cannot append to directory ", walk.path(),
                                         "; already exists as a directory."));
  }
  CheckAccess(walk, walk.names.size(), caller_, kWrite);
  if (walk.last() == nullptr) {
    throw FileNotFound(absl::StrCat("Failed to append to non-existent file ", walk.path(),
                                    " for client ", caller_.address));
  }
  TakeOver(walk, "APPEND_FILE", call.client_name, call.expired_lease);
  Node file = *Find(root(), walk.names);
  ns::AppendPoint point;
  if (!file.blocks.empty()) {
    const ns::Block& last = file.blocks.back();
    const int64_t rest = static_cast<int64_t>(file.block_size) - static_cast<int64_t>(last.bytes);
    CheckQuota(root(), ParentOf(walk.names), {0, rest * file.replication});
    // A new block is asked for by naming the one before it; a full one is not gone on in.
    if (call.new_block || rest != 0) {
      point.last_block = last;
      point.offset = file.Length() - last.bytes;
    }
    file.last_block_open = !call.new_block && rest != 0;
  }
  Open(&file, call.client_name, caller_.address);
  Update(walk.names, file);
  point.status = StatusOf(file, "");
  return point;
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::AddBlock& call) {
  const OpenFile found = FindOpen(call.path, call.file_id, call.client_name);
  Node file = *found.node;
  const std::string path = Join(found.names);
  const std::optional<ns::Block> last = FromEnd(file, 1);
  // Who appends behind a full block need not name it.
  const bool behind_full = !call.previous.has_value() && last.has_value() &&
                           !file.last_block_open && last->bytes >= file.block_size;
  if (!Matches(call.previous, last) && !behind_full) {
    // How blocks are written in these messages is left open.
    if (!last.has_value() || !Matches(call.previous, FromEnd(file, 2))) {
      throw WithAnyMessage(IOException(absl::StrCat("Cannot allocate block in ", path)));
    }
    // The client asks again because the answer was lost.
    if (last->bytes != 0 || !file.last_block_open) {
      throw WithAnyMessage(IOException("Request looked like a retry"));
    }
    return *last;
  }
  if (file.blocks.size() >= state_.limits.max_blocks_per_file) {
    throw WithAnyMessage(IOException("File has reached the limit on maximum number of blocks"));
  }
  if (call.live_data_servers == 0) {
    throw WithAnyMessage(IOException(
        absl::StrCat("File ", path, " could only be written to 0 of the 1 minReplication nodes.")));
  }
  if (file.recovering) throw WithAnyMessage(IOException("the block before is under recovery"));
  // The block before is complete now, and charged with what is in it.
  if (file.last_block_open) file.blocks.back().bytes = call.previous->bytes;
  file.last_block_open = false;
  Update(found.names, file);
  CheckQuota(root(), ParentOf(found.names),
             {0, static_cast<int64_t>(file.block_size * file.replication)});
  file.blocks.push_back({state_.next.block++, state_.next.generation_stamp++, 0});
  file.last_block_open = true;
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
    const Tree node = Find(root(), by_id ? names : PlaceOf(root(), call.path).names);
    const bool lease_expired = refusal.exception == LeaseExpired("").exception;
    if (!lease_expired || node->directory || node->open) throw;
    if (!Matches(call.last, FromEnd(*node, 1))) throw;
    return ns::Truth{true};
  }
  Node file = *found.node;
  // Where nothing is being written, the file is complete, whatever the client believes.
  if (file.last_block_open) {
    if (!call.last.has_value()) return ns::Truth{false};  // the last block is still being written
    if (file.recovering) throw WithAnyMessage(IOException("it is under recovery"));
    if (!Matches(call.last, FromEnd(file, 1))) {
      throw WithAnyMessage(IOException("the last block is another one"));
    }
    file.blocks.back().bytes = call.last->bytes;
  }
  Close(&file);
  Update(found.names, file);
  return ns::Truth{true};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::AbandonBlock& call) {
  const OpenFile found = FindOpen(call.path, call.file_id, call.client_name);
  Node file = *found.node;
  // The original compares ids alone.
  if (file.blocks.empty() || file.blocks.back().id != call.block.id) return std::monostate{};
  file.blocks.pop_back();
  file.last_block_open = false;
  file.recovering = false;
  file.truncate_last_to.reset();
  Update(found.names, file);
  return std::monostate{};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::Fsync& call) {
  const OpenFile found = FindOpen(call.path, call.file_id, call.client_name);
  if (call.last_block_length.value_or(0) == 0) return std::monostate{};
  Node file = *found.node;
  // The original fails over this in its own ways.
  if (!file.last_block_open) throw WithAnyMessage(IOException("no block is being written"));
  file.blocks.back().bytes = *call.last_block_length;
  Update(found.names, file);
  return std::monostate{};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::UpdateBlockForPipeline& call) {
  FindByBlock(call.block, call.client_name);
  ns::Block block = call.block;
  block.generation_stamp = state_.next.generation_stamp++;
  return block;
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::UpdatePipeline& call) {
  const OpenFile found = FindByBlock(call.old_block, call.client_name);
  Node file = *found.node;
  ns::Block& last = file.blocks.back();
  // Stamps that were never handed out are refused as well; the original does not look.
  if (call.new_block.generation_stamp <= last.generation_stamp ||
      call.new_block.generation_stamp >= state_.next.generation_stamp ||
      call.new_block.bytes < last.bytes) {
    throw WithAnyMessage(IOException("an older state"));
  }
  last.generation_stamp = call.new_block.generation_stamp;
  last.bytes = call.new_block.bytes;
  Update(found.names, file);
  return std::monostate{};
}

}  // namespace jfs::sim::model
