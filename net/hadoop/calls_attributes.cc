// Calls about attributes: permission, owner, times, replication, quotas, access control lists,
// extended attributes.

#include <iterator>
#include <optional>
#include <vector>

#include "net/hadoop/calls.h"

namespace jfs::net::hadoop {
namespace {

using namespace ::hadoop::hdfs;  // NOLINT: many message names of one package

void PlanSetPermission(const ServiceFacts&, const SetPermissionRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  Mutate(plan, ns::SetPermission{.path = in.src(), .mode = ModeOf(in.permission())},
         EmptyAnswer<SetPermissionResponseProto>);
}

void PlanSetOwner(const ServiceFacts&, const SetOwnerRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan) || !AreNames({in.username(), in.groupname()}, plan)) return;
  ns::SetOwner out{.path = in.src(), .user = std::nullopt, .group = std::nullopt};
  // Some clients send an empty name where they mean none.
  if (!in.username().empty()) out.user = in.username();
  if (!in.groupname().empty()) out.group = in.groupname();
  Mutate(plan, std::move(out), EmptyAnswer<SetOwnerResponseProto>);
}

// Clients send -1 for what is to stay; HDFS takes any negative number for that.
std::optional<WallMillis> TimeOf(uint64_t millis) {
  if (static_cast<int64_t>(millis) < 0) return std::nullopt;
  return WallMillis(millis);
}

void PlanSetTimes(const ServiceFacts&, const SetTimesRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  Mutate(plan,
         ns::SetTimes{.path = in.src(), .mtime = TimeOf(in.mtime()), .atime = TimeOf(in.atime())},
         EmptyAnswer<SetTimesResponseProto>);
}

void PlanSetReplication(const ServiceFacts&, const SetReplicationRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  Mutate(plan, ns::SetReplication{.path = in.src(), .replication = ReplicationOf(in.replication())},
         TruthAnswer<SetReplicationResponseProto>);
}

// The four names that HDFS has for the one call.
const char* QuotaCommand(int64_t names, int64_t space) {
  const bool keeps_space = space == ns::SetQuota::kUnchanged;
  if (names == ns::SetQuota::kReset && keeps_space) return "clearQuota";
  if (names == ns::SetQuota::kUnchanged && space == ns::SetQuota::kReset) return "clearSpaceQuota";
  return keeps_space ? "setQuota" : "setSpaceQuota";
}

void PlanSetQuota(const ServiceFacts&, const SetQuotaRequestProto& in, Plan* plan) {
  if (!ArePaths({in.path()}, plan)) return;
  const auto names = static_cast<int64_t>(in.namespacequota());
  const auto space = static_cast<int64_t>(in.storagespacequota());
  plan->superuser_operation = in.has_storagetype() ? "setSpaceQuota" : QuotaCommand(names, space);
  if (in.has_storagetype()) {
    return Refuse(plan, UnsupportedError("Quotas of single storage types are not supported. "
                                         "Set a space quota without a storage type."));
  }
  Mutate(plan, ns::SetQuota{.path = in.path(), .names = names, .space = space},
         EmptyAnswer<SetQuotaResponseProto>);
}

// ---- Access control lists ----

// The entries of a request; nothing if one of them has a name that cannot be.
template <typename Request>
std::optional<std::vector<ns::AclEntry>> EntriesOf(const Request& in, Plan* plan) {
  std::vector<ns::AclEntry> out;
  out.reserve(static_cast<size_t>(in.aclspec_size()));
  for (const AclEntryProto& entry : in.aclspec()) {
    if (!AreNames({entry.name()}, plan)) return std::nullopt;
    out.push_back({.scope = static_cast<ns::AclScope>(entry.scope()),
                   .type = static_cast<ns::AclType>(entry.type()),
                   .name = entry.name(),
                   .permission = static_cast<uint8_t>(entry.permissions())});
  }
  return out;
}

// Of modifyAclEntries, removeAclEntries and setAcl.
template <typename Operation, typename Request, typename Response>
void PlanAclEntries(const ServiceFacts&, const Request& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  std::optional<std::vector<ns::AclEntry>> entries = EntriesOf(in, plan);
  if (!entries.has_value()) return;
  Mutate(plan, Operation{.path = in.src(), .entries = *std::move(entries)}, EmptyAnswer<Response>);
}

// Of removeDefaultAcl and removeAcl.
template <typename Operation, typename Request, typename Response>
void PlanWithoutEntries(const ServiceFacts&, const Request& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  Mutate(plan, Operation{.path = in.src()}, EmptyAnswer<Response>);
}

Answer AclStatusAnswer(const ServiceFacts&, const Plan&, const ns::Reply& reply) {
  const auto& in = Get<ns::AclStatus>(reply);
  GetAclStatusResponseProto out;
  AclStatusProto* status = out.mutable_result();
  status->set_owner(in.owner);
  status->set_group(in.group);
  status->set_sticky((in.mode & 01000) != 0);
  if (!in.owner.empty()) status->mutable_permission()->set_perm(in.mode);
  for (const ns::AclEntry& entry : in.entries) {
    AclEntryProto* to = status->add_entries();
    to->set_type(static_cast<AclEntryProto::AclEntryTypeProto>(entry.type));
    to->set_scope(static_cast<AclEntryProto::AclEntryScopeProto>(entry.scope));
    to->set_permissions(static_cast<AclEntryProto::FsActionProto>(entry.permission & 7));
    if (!entry.name.empty()) to->set_name(entry.name);
  }
  return Serialized(out);
}

void PlanGetAclStatus(const ServiceFacts&, const GetAclStatusRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  Ask(plan, ns::GetAclStatus{.path = in.src()}, AclStatusAnswer);
}

// ---- Extended attributes ----

ns::XAttrName NameOf(const XAttrProto& in) {
  return {.space = static_cast<ns::XAttrNamespace>(in.namespace_()), .name = in.name()};
}

void PlanSetXAttr(const ServiceFacts&, const SetXAttrRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan) || !AreNames({in.xattr().name()}, plan)) return;
  if (!in.has_xattr()) return Refuse(plan, IllegalArgumentError("setXAttr names no attribute."));
  Mutate(plan,
         ns::SetXAttr{.path = in.src(),
                      .xattr = {.name = NameOf(in.xattr()), .value = in.xattr().value()},
                      .flags = in.flag() & (ns::SetXAttr::kCreate | ns::SetXAttr::kReplace)},
         EmptyAnswer<SetXAttrResponseProto>);
}

void PlanRemoveXAttr(const ServiceFacts&, const RemoveXAttrRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan) || !AreNames({in.xattr().name()}, plan)) return;
  Mutate(plan, ns::RemoveXAttr{.path = in.src(), .name = NameOf(in.xattr())},
         EmptyAnswer<RemoveXAttrResponseProto>);
}

template <typename Response>
Answer XAttrsAnswer(const ServiceFacts&, const Plan&, const ns::Reply& reply) {
  Response out;
  for (const ns::XAttr& in : Get<ns::XAttrs>(reply).xattrs) {
    XAttrProto* to = out.add_xattrs();
    to->set_namespace_(static_cast<XAttrProto::XAttrNamespaceProto>(in.name.space));
    to->set_name(in.name.name);
    to->set_value(in.value);
  }
  return Serialized(out);
}

void PlanGetXAttrs(const ServiceFacts&, const GetXAttrsRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  ns::GetXAttrs out{.path = in.src(), .names = {}};
  for (const XAttrProto& wanted : in.xattrs()) {
    if (!AreNames({wanted.name()}, plan)) return;
    out.names.push_back(NameOf(wanted));
  }
  Ask(plan, std::move(out), XAttrsAnswer<GetXAttrsResponseProto>);
}

void PlanListXAttrs(const ServiceFacts&, const ListXAttrsRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  Ask(plan, ns::ListXAttrs{.path = in.src()}, XAttrsAnswer<ListXAttrsResponseProto>);
}

constexpr MethodEntry kCalls[] = {
    {"setPermission", Support::kServed, Category::kWrite, "", Planned<PlanSetPermission>},
    {"setOwner", Support::kServed, Category::kWrite, "", Planned<PlanSetOwner>},
    {"setTimes", Support::kServed, Category::kWrite, "", Planned<PlanSetTimes>},
    {"setReplication", Support::kServed, Category::kWrite, "", Planned<PlanSetReplication>},
    {"setQuota", Support::kServed, Category::kWrite, "setQuota", Planned<PlanSetQuota>},
    {"modifyAclEntries", Support::kServed, Category::kWrite, "",
     Planned<PlanAclEntries<ns::ModifyAclEntries, ModifyAclEntriesRequestProto,
                            ModifyAclEntriesResponseProto>>},
    {"removeAclEntries", Support::kServed, Category::kWrite, "",
     Planned<PlanAclEntries<ns::RemoveAclEntries, RemoveAclEntriesRequestProto,
                            RemoveAclEntriesResponseProto>>},
    {"removeDefaultAcl", Support::kServed, Category::kWrite, "",
     Planned<PlanWithoutEntries<ns::RemoveDefaultAcl, RemoveDefaultAclRequestProto,
                                RemoveDefaultAclResponseProto>>},
    {"removeAcl", Support::kServed, Category::kWrite, "",
     Planned<PlanWithoutEntries<ns::RemoveAcl, RemoveAclRequestProto, RemoveAclResponseProto>>},
    {"setAcl", Support::kServed, Category::kWrite, "",
     Planned<PlanAclEntries<ns::SetAcl, SetAclRequestProto, SetAclResponseProto>>},
    {"getAclStatus", Support::kServed, Category::kRead, "", Planned<PlanGetAclStatus>},
    {"setXAttr", Support::kServed, Category::kWrite, "", Planned<PlanSetXAttr>},
    {"removeXAttr", Support::kServed, Category::kWrite, "", Planned<PlanRemoveXAttr>},
    {"getXAttrs", Support::kServed, Category::kRead, "", Planned<PlanGetXAttrs>},
    {"listXAttrs", Support::kServed, Category::kRead, "", Planned<PlanListXAttrs>},
};

}  // namespace

std::span<const MethodEntry> AttributeCalls() { return kCalls; }

}  // namespace jfs::net::hadoop
