// The protocols that clients speak beside ClientProtocol on the same port.

#include <iterator>

#include "net/hadoop/calls.h"
#include "net/hadoop/proto/ha_service.pb.h"
#include "net/hadoop/proto/namenode.pb.h"
#include "net/hadoop/proto/user_mappings.pb.h"

namespace jfs::net::hadoop {
namespace {

using namespace ::hadoop::common;  // NOLINT: many message names of one package
using ::hadoop::hdfs::NamespaceInfoProto;
using ::hadoop::hdfs::VersionRequestProto;
using ::hadoop::hdfs::VersionResponseProto;

// ---- HAServiceProtocol ----

Answer ServiceStatusAnswer(const ServiceFacts&, const Plan&, const LocalState& state) {
  GetServiceStatusResponseProto out;
  out.set_state(state.role == LocalState::Role::kLeader     ? ACTIVE
                : state.role == LocalState::Role::kFollower ? STANDBY
                                                            : INITIALIZING);
  out.set_readytobecomeactive(state.role != LocalState::Role::kStarting);
  if (state.role == LocalState::Role::kStarting) out.set_notreadyreason("The master is starting.");
  return Serialized(out);
}

void PlanGetServiceStatus(const ServiceFacts&, const GetServiceStatusRequestProto&, Plan* plan) {
  AnswerWith(plan, ServiceStatusAnswer);
}

void PlanMonitorHealth(const ServiceFacts&, const MonitorHealthRequestProto&, Plan* plan) {
  AnswerWith(plan, EmptyLocally<MonitorHealthResponseProto>);
}

// Of the three calls that would make a master active or standby.
template <typename Request>
void PlanTransition(const ServiceFacts&, const Request&, Plan* plan) {
  Refuse(plan, AccessError("Manual HA control for this NameNode is disallowed, because automatic "
                           "HA is enabled. The masters elect their leader; jindo jfs "
                           "-transferLeadership hands leadership over."));
}

constexpr MethodEntry kHaCalls[] = {
    {"getServiceStatus", Support::kServed, Category::kUnchecked, "", Planned<PlanGetServiceStatus>},
    {"monitorHealth", Support::kServed, Category::kUnchecked, "monitorHealth",
     Planned<PlanMonitorHealth>},
    {"transitionToActive", Support::kRefused, Category::kUnchecked, "transitionToActive",
     Planned<PlanTransition<TransitionToActiveRequestProto>>},
    {"transitionToStandby", Support::kRefused, Category::kUnchecked, "transitionToStandby",
     Planned<PlanTransition<TransitionToStandbyRequestProto>>},
    {"transitionToObserver", Support::kRefused, Category::kUnchecked, "transitionToObserver",
     Planned<PlanTransition<TransitionToObserverRequestProto>>},
};

// ---- NamenodeProtocol ----

Answer VersionAnswer(const ServiceFacts& facts, const Plan&, const LocalState&) {
  VersionResponseProto out;
  NamespaceInfoProto* info = out.mutable_info();
  info->set_buildversion(facts.software_version);
  info->set_unused(0);
  info->set_blockpoolid(facts.block_pool_id);
  info->mutable_storageinfo()->set_layoutversion(static_cast<uint32_t>(-67));  // Hadoop 3.5's
  info->mutable_storageinfo()->set_namespceid(facts.namespace_number);
  info->mutable_storageinfo()->set_clusterid(facts.cluster_id);
  info->mutable_storageinfo()->set_ctime(0);
  info->set_softwareversion(facts.software_version);
  return Serialized(out);
}

void PlanVersionRequest(const ServiceFacts&, const VersionRequestProto&, Plan* plan) {
  AnswerWith(plan, VersionAnswer);
}

constexpr MethodEntry kNamenodeCalls[] = {
    {"versionRequest", Support::kServed, Category::kUnchecked, "", Planned<PlanVersionRequest>},
};

// ---- Users and their groups ----

void PlanGetGroupsForUser(const ServiceFacts&, const GetGroupsForUserRequestProto& in, Plan* plan) {
  if (!AreNames({in.user()}, plan)) return;
  plan->action = GroupsOf{in.user()};
}

constexpr MethodEntry kGetUserMappingsCalls[] = {
    {"getGroupsForUser", Support::kServed, Category::kUnchecked, "", Planned<PlanGetGroupsForUser>},
};

void PlanRefreshGroups(const ServiceFacts&, const RefreshUserToGroupsMappingsRequestProto&,
                       Plan* plan) {
  plan->action = RefreshGroups{};
}

// Nobody may act for somebody else here, so there is nothing to read anew.
void PlanRefreshProxyUsers(const ServiceFacts&,
                           const RefreshSuperUserGroupsConfigurationRequestProto&, Plan* plan) {
  AnswerWith(plan, EmptyLocally<RefreshSuperUserGroupsConfigurationResponseProto>);
}

constexpr MethodEntry kRefreshUserMappingsCalls[] = {
    {"refreshUserToGroupsMappings", Support::kServed, Category::kUnchecked,
     "refreshUserToGroupsMappings", Planned<PlanRefreshGroups>},
    {"refreshSuperUserGroupsConfiguration", Support::kFeatureOff, Category::kUnchecked,
     "refreshSuperUserGroupsConfiguration", Planned<PlanRefreshProxyUsers>},
};

}  // namespace

std::span<const MethodEntry> HaServiceCalls() { return kHaCalls; }
std::span<const MethodEntry> NamenodeCalls() { return kNamenodeCalls; }
std::span<const MethodEntry> GetUserMappingsCalls() { return kGetUserMappingsCalls; }
std::span<const MethodEntry> RefreshUserMappingsCalls() { return kRefreshUserMappingsCalls; }

Answer LeasesRenewedAnswer() { return Serialized(::hadoop::hdfs::RenewLeaseResponseProto()); }

Answer GroupsAnswer(const std::vector<std::string>& groups) {
  GetGroupsForUserResponseProto out;
  for (const std::string& group : groups) out.add_groups(group);
  return Serialized(out);
}

Answer GroupsRefreshedAnswer() { return Serialized(RefreshUserToGroupsMappingsResponseProto()); }

}  // namespace jfs::net::hadoop
