#include "absl/strings/str_cat.h"

#include "core/base/overload.h"
#include "sim/model/execution.h"

namespace jfs::sim::model {
namespace {

// What the original says could not be done; empty for what goes on.
std::string WhatCannot(const ns::Operation& operation) {
  using absl::StrCat;
  return std::visit(
      Overload{
          [](const ns::Mkdirs& c) { return StrCat("create directory ", c.path); },
          [](const ns::Create& c) { return StrCat("create file", c.path); },
          [](const ns::ImportFile& c) { return StrCat("create file", c.path); },
          [](const ns::Append& c) { return StrCat("append to file", c.path); },
          [](const ns::AddBlock& c) { return StrCat("add block to ", c.path); },
          [](const ns::Complete& c) { return StrCat("complete file ", c.path); },
          [](const ns::AbandonBlock& c) {
            return StrCat("abandon block ", c.block.id, " for file", c.path);
          },
          [](const ns::Fsync& c) { return StrCat("fsync file ", c.path); },
          [](const ns::UpdateBlockForPipeline& c) {
            return StrCat("get a new GS for block ", c.block.id);
          },
          [](const ns::UpdatePipeline&) { return std::string("update the pipeline"); },
          [](const ns::RecoverLease& c) { return StrCat("recover the lease of ", c.path); },
          [](const ns::Truncate& c) { return StrCat("truncate for ", c.path); },
          [](const ns::Concat& c) { return StrCat("concat ", c.target); },
          [](const ns::SetReplication& c) { return StrCat("set replication for ", c.path); },
          [](const ns::SetQuota& c) { return StrCat("set quota on ", c.path); },
          [](const ns::ModifyAclEntries& c) { return StrCat("modify ACL entries on ", c.path); },
          [](const ns::RemoveAclEntries& c) { return StrCat("remove ACL entries on ", c.path); },
          [](const ns::RemoveDefaultAcl& c) {
            return StrCat("remove default ACL entries on ", c.path);
          },
          [](const ns::RemoveAcl& c) { return StrCat("remove ACL on ", c.path); },
          [](const ns::SetAcl& c) { return StrCat("set ACL on ", c.path); },
          [](const ns::SetXAttr& c) { return StrCat("set XAttr on ", c.path); },
          [](const ns::RemoveXAttr& c) { return StrCat("remove XAttr entry on ", c.path); },
          [](const ns::Delete& c) { return StrCat("delete ", c.path); },
          [](const ns::Rename& c) { return StrCat("rename ", c.source); },
          [](const ns::Rename2& c) { return StrCat("rename ", c.source); },
          [](const ns::SetTimes& c) { return StrCat("set times ", c.path); },
          [](const ns::SetPermission& c) { return StrCat("set permission for ", c.path); },
          [](const ns::SetOwner& c) { return StrCat("set owner for ", c.path); },
          [](const ns::SetAccessTime& c) { return StrCat("set times ", c.path); },
          // The leader's own commands, and the one that ends safe mode.
          [](const auto&) { return std::string(); },
      },
      operation);
}

bool NamesBlocks(const ns::Operation& operation) {
  return std::holds_alternative<ns::AbandonBlock>(operation) ||
         std::holds_alternative<ns::UpdateBlockForPipeline>(operation) ||
         std::holds_alternative<ns::UpdatePipeline>(operation);
}

}  // namespace

std::optional<Refusal> RefusalInSafeMode(const ns::Operation& operation) {
  const std::string what = WhatCannot(operation);
  if (what.empty()) return std::nullopt;
  Refusal refusal = SafeMode(absl::StrCat("Cannot ", what, ". Name node is in safe mode."));
  // How blocks are written is left open.
  refusal.any_message = NamesBlocks(operation);
  return refusal;
}

}  // namespace jfs::sim::model
