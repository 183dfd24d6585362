#include "core/ns/safe_mode.h"

#include "core/base/overload.h"
#include "core/ns/open_file.h"
#include "core/ns/resolve.h"

namespace jfs::ns {

// The spaces are missing where HDFS leaves them out.
std::string SafeModeText(const Operation& operation) {
  return std::visit(
      Overload{
          [](const Mkdirs& op) { return "create directory " + op.path; },
          [](const Create& op) { return "create file" + op.path; },
          [](const ImportFile& op) { return "create file" + op.path; },
          [](const AddBlock& op) { return "add block to " + op.path; },
          [](const AbandonBlock& op) {
            return "abandon block " + BlockText(op.block) + " for file" + op.path;
          },
          [](const Fsync& op) { return "fsync file " + op.path; },
          [](const Complete& op) { return "complete file " + op.path; },
          [](const Delete& op) { return "delete " + op.path; },
          [](const Rename& op) { return "rename " + op.source; },
          [](const Rename2& op) { return "rename " + op.source; },
          [](const SetTimes& op) { return "set times " + op.path; },
          [](const SetPermission& op) { return "set permission for " + op.path; },
          [](const SetOwner& op) { return "set owner for " + op.path; },
          [](const Append& op) { return "append to file" + op.path; },
          [](const UpdateBlockForPipeline&) {
            return std::string("get a new generation stamp and an access token for block");
          },
          [](const UpdatePipeline&) { return std::string("Pipeline not updated"); },
          [](const RecoverLease& op) { return "recover the lease of " + op.path; },
          [](const Truncate& op) { return "truncate for " + op.path; },
          [](const Concat& op) { return "concat " + op.target; },
          [](const SetReplication& op) { return "set replication for " + op.path; },
          [](const SetQuota& op) { return "set quota on " + op.path; },
          [](const ModifyAclEntries& op) { return "modify ACL entries on " + op.path; },
          [](const RemoveAclEntries& op) { return "remove ACL entries on " + op.path; },
          [](const RemoveDefaultAcl& op) { return "remove default ACL entries on " + op.path; },
          [](const RemoveAcl& op) { return "remove ACL on " + op.path; },
          [](const SetAcl& op) { return "set ACL on " + op.path; },
          [](const SetXAttr& op) { return "set XAttr on " + op.path; },
          [](const RemoveXAttr& op) { return "remove XAttr entry on " + op.path; },
          [](const SetAccessTime& op) { return "set times " + op.path; },
          // The cluster's own, which safe mode does not stop.
          [](const CreateNamespace&) { return std::string(); },
          [](const Advance&) { return std::string(); },
          [](const FinishDeletes&) { return std::string(); },
          [](const SetLimits&) { return std::string(); },
          [](const SetSafeMode&) { return std::string(); },
          [](const SetMirror&) { return std::string(); },
          [](const MirrorProgress&) { return std::string(); },
          [](const DisableMirror&) { return std::string(); },
          [](const BeginRecovery&) { return std::string(); },
          [](const LoadRows&) { return std::string(); },
          [](const FinishRecovery&) { return std::string(); },
          [](const ClaimRecovered&) { return std::string(); },
          [](const ReleaseLease&) { return std::string(); },
      },
      operation);
}

Reply RefuseInSafeMode(const Operation& operation) {
  return Refuse(Code::kSafeMode, {SafeModeText(operation)});
}

}  // namespace jfs::ns
