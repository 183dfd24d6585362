#include "sim/model/known_differences.h"

#include <string>
#include <variant>

#include "core/base/overload.h"
#include "sim/model/path.h"

namespace jfs::sim::model {
namespace {

Tree NodeAt(const Tree& root, const std::string& path) {
  try {
    return Find(root, Split(path));
  } catch (const Refusal&) {
    return nullptr;
  }
}

// The file that a writer's call means, by id or by path.
Tree FileOf(const Tree& root, const std::string& path, ns::InodeId id) {
  Names names;
  if (id == 0) return NodeAt(root, path);
  return FindById(root, id, &names) ? Find(root, names) : nullptr;
}

Tree FileOfBlock(const Tree& root, const ns::Block& block) {
  for (const auto& [id, names] : OpenFilesOf(root)) {
    const Tree file = Find(root, names);
    if (!file->blocks.empty() && file->blocks.back().id == block.id) return file;
  }
  return nullptr;
}

bool AnySpaceQuota(const Tree& root) {
  if (root->space_quota >= 0) return true;
  for (const auto& [name, child] : root->children) {
    if (AnySpaceQuota(child)) return true;
  }
  return false;
}

bool OpenBelow(const Tree& node) {
  return node != nullptr && node->directory && !OpenFilesOf(node).empty();
}

// Of a file under recovery its holder learns only that it is not complete.
bool HolderOfRecovering(const Tree& file, const std::string& holder) {
  return file != nullptr && file->recovering && file->holder == holder;
}

}  // namespace

bool ShowsKnownDifference(const ns::Command& command, const ReferenceNamespace& model) {
  const Tree& root = model.root(command.ns);
  return std::visit(
      Overload{
          [&](const ns::SetQuota&) {
            // Safe mode is noticed before the lack of rights.
            return model.safe_mode() && !command.caller.superuser;
          },
          [&](const ns::UpdateBlockForPipeline& c) {
            const Tree file = FileOfBlock(root, c.block);
            // Neither other writers nor recovery are told apart; the length is not given back.
            return file != nullptr && (file->recovering || file->holder != c.client_name ||
                                       file->blocks.back().bytes != c.block.bytes);
          },
          [&](const ns::UpdatePipeline& c) {
            const Tree file = FileOfBlock(root, c.old_block);
            return file != nullptr && (file->recovering || file->holder != c.client_name);
          },
          [&](const ns::Complete& c) {
            return HolderOfRecovering(FileOf(root, c.path, c.file_id), c.client_name);
          },
          [&](const ns::AddBlock& c) {
            return HolderOfRecovering(FileOf(root, c.path, c.file_id), c.client_name);
          },
          // Taking the block back does not end the recovery.
          [&](const ns::AbandonBlock& c) {
            return HolderOfRecovering(FileOf(root, c.path, c.file_id), c.client_name);
          },
          // A length of 0 is none.
          [&](const ns::Fsync& c) { return c.last_block_length == 0; },
          [&](const ns::Truncate& c) {
            const Tree file = NodeAt(root, c.path);
            if (file == nullptr || file->directory) return false;
            // A second truncation to another length is refused with the first one's words; and no
            // quota is asked for the block that is cut.
            return file->truncate_last_to.has_value() || AnySpaceQuota(root);
          },
          // A lease goes on while its last file is being removed with a whole subtree.
          [&](const ns::Delete& c) { return c.recursive && OpenBelow(NodeAt(root, c.path)); },
          [](const auto&) { return false; },
      },
      command.operation);
}

bool ChangesWhatShows(const ns::Operation& operation) {
  return std::visit(Overload{
                        [](const ns::Mkdirs&) { return false; },
                        [](const ns::SetTimes&) { return false; },
                        [](const ns::SetPermission&) { return false; },
                        [](const ns::SetOwner&) { return false; },
                        [](const ns::SetXAttr&) { return false; },
                        [](const ns::FinishDeletes&) { return false; },
                        [](const auto&) { return true; },
                    },
                    operation);
}

}  // namespace jfs::sim::model
