// Calls about how blocks are stored: storage policies, erasure coding, encryption zones, caching.
// Every file is replicated, HOT, plain and not cached; what asks for something else is answered as
// by an HDFS where that is switched off.

#include <iterator>

#include "core/base/concat.h"
#include "net/hadoop/calls.h"

namespace jfs::net::hadoop {
namespace {

using namespace ::hadoop::hdfs;  // NOLINT: many message names of one package

bool IsAbsent(const ns::Reply& reply) { return std::holds_alternative<ns::Absent>(reply.value); }

// Answers `Response` about a path that the caller may read, and one that does not exist too.
template <typename Response>
Answer EmptyIfReadable(const ServiceFacts& facts, const Plan&, const ns::Reply& reply) {
  const bool missing = reply.code == ns::Code::kAccessTargetNotFound;
  if (reply.code != ns::Code::kOk && !missing) return Failed(ErrorOf(facts, reply));
  return Serialized(Response());
}

constexpr uint8_t kReadAccess = 4;

// ---- Storage policies ----

// The policies that HDFS has by itself. It lists them where setting one is switched off, too.
struct StoragePolicy {
  uint32_t id;
  const char* name;
  std::initializer_list<StorageTypeProto> creation, creation_fallbacks, replication_fallbacks;
};
const StoragePolicy kStoragePolicies[] = {
    {1, "PROVIDED", {PROVIDED, DISK}, {PROVIDED, DISK}, {PROVIDED, DISK}},
    {2, "COLD", {ARCHIVE}, {}, {}},
    {5, "WARM", {DISK, ARCHIVE}, {DISK, ARCHIVE}, {DISK, ARCHIVE}},
    {7, "HOT", {DISK}, {}, {ARCHIVE}},
    {10, "ONE_SSD", {SSD, DISK}, {SSD, DISK}, {SSD, DISK}},
    {12, "ALL_SSD", {SSD}, {DISK}, {DISK}},
    {14, "ALL_NVDIMM", {NVDIMM}, {DISK}, {DISK}},
    {15, "LAZY_PERSIST", {RAM_DISK, DISK}, {DISK}, {DISK}},
};
constexpr std::string_view kOnlyPolicy = "HOT";

void FillPolicy(const StoragePolicy& in, BlockStoragePolicyProto* out) {
  out->set_policyid(in.id);
  out->set_name(in.name);
  const auto fill = [](const std::initializer_list<StorageTypeProto>& types,
                       StorageTypesProto* to) {
    for (const StorageTypeProto type : types) to->add_storagetypes(type);
  };
  fill(in.creation, out->mutable_creationpolicy());
  if (in.creation_fallbacks.size() > 0) {
    fill(in.creation_fallbacks, out->mutable_creationfallbackpolicy());
  }
  if (in.replication_fallbacks.size() > 0) {
    fill(in.replication_fallbacks, out->mutable_replicationfallbackpolicy());
  }
}

IpcError PoliciesOff(std::string_view what) {
  return IoError(Concat("Failed to ", what,
                        " storage policy since dfs.storage.policy.enabled is set to false."));
}

void PlanSetStoragePolicy(const ServiceFacts&, const SetStoragePolicyRequestProto&, Plan* plan) {
  Refuse(plan, PoliciesOff("set"));
}
void PlanUnsetStoragePolicy(const ServiceFacts&, const UnsetStoragePolicyRequestProto&,
                            Plan* plan) {
  Refuse(plan, PoliciesOff("unset"));
}
void PlanSatisfyStoragePolicy(const ServiceFacts&, const SatisfyStoragePolicyRequestProto&,
                              Plan* plan) {
  Refuse(plan, PoliciesOff("satisfy"));
}

// What the refusal names; mostly a path.
std::string FirstArgument(const ns::Reply& reply) {
  return reply.arguments.empty() ? std::string() : reply.arguments.front();
}

Answer StoragePolicyAnswer(const ServiceFacts&, const Plan&, const ns::Reply& reply) {
  if (reply.code == ns::Code::kFileNotFound) {
    return Failed(NotFoundError(Concat("File/Directory does not exist: ", FirstArgument(reply))));
  }
  if (reply.code != ns::Code::kOk) return Failed(ErrorOf(reply));
  GetStoragePolicyResponseProto out;
  for (const StoragePolicy& policy : kStoragePolicies) {
    if (policy.name == kOnlyPolicy) FillPolicy(policy, out.mutable_storagepolicy());
  }
  return Serialized(out);
}

void PlanGetStoragePolicy(const ServiceFacts&, const GetStoragePolicyRequestProto& in, Plan* plan) {
  if (!ArePaths({in.path()}, plan)) return;
  Ask(plan, ns::GetFileInfo{.path = in.path(), .wanted = ns::GetFileInfo::Wanted::kInode},
      StoragePolicyAnswer);
  plan->answers_refusals = true;
}

Answer StoragePoliciesAnswer(const ServiceFacts&, const Plan&, const LocalState&) {
  GetStoragePoliciesResponseProto out;
  for (const StoragePolicy& policy : kStoragePolicies) FillPolicy(policy, out.add_policies());
  return Serialized(out);
}

void PlanGetStoragePolicies(const ServiceFacts&, const GetStoragePoliciesRequestProto&,
                            Plan* plan) {
  AnswerWith(plan, StoragePoliciesAnswer);
}

// ---- Erasure coding ----

void PlanSetErasureCodingPolicy(const ServiceFacts&, const SetErasureCodingPolicyRequestProto& in,
                                Plan* plan) {
  constexpr char kHdfsDefault[] = "RS-6-3-1024k";
  Refuse(plan,
         NoCodingPolicyError(in.ecpolicyname().empty() ? kHdfsDefault : in.ecpolicyname().c_str()));
}

Answer UnsetCodingAnswer(const ServiceFacts&, const Plan& plan, const ns::Reply& reply) {
  if (IsAbsent(reply)) return Failed(NotFoundError(Concat("Path not found: ", plan.subject)));
  if (Get<ns::FileStatus>(reply).type == ns::FileType::kFile) {
    return Failed(
        IoError(Concat("Cannot unset an erasure coding policy on a file ", plan.subject)));
  }
  return Failed({.exception_class = "org.apache.hadoop.hdfs.protocol.NoECPolicySetException",
                 .message = Concat("No erasure coding policy explicitly set on ", plan.subject)});
}

void PlanUnsetErasureCodingPolicy(const ServiceFacts&,
                                  const UnsetErasureCodingPolicyRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  plan->subject = in.src();
  Ask(plan, ns::GetFileInfo{.path = in.src()}, UnsetCodingAnswer);
}

// Who may not read it is refused in checkAccess's words. What does not exist is named as it was
// sent; but "/.reserved" and what is called ".snapshot" HDFS takes for there.
Answer CodingPolicyAnswer(const ServiceFacts& facts, const Plan& plan, const ns::Reply& reply) {
  if (reply.code == ns::Code::kAccessTargetNotFound) {
    if (plan.subject == "/.reserved" || FirstArgument(reply).ends_with("/.snapshot")) {
      return Serialized(GetErasureCodingPolicyResponseProto());
    }
    return Failed(NotFoundError(Concat("Path not found: ", plan.subject)));
  }
  if (reply.code != ns::Code::kOk) return Failed(ErrorOf(facts, reply));
  return Serialized(GetErasureCodingPolicyResponseProto());
}

void PlanGetErasureCodingPolicy(const ServiceFacts&, const GetErasureCodingPolicyRequestProto& in,
                                Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  plan->subject = in.src();
  Ask(plan, ns::CheckAccess{.path = in.src(), .access = kReadAccess}, CodingPolicyAnswer);
  plan->answers_refusals = true;
}

void PlanGetErasureCodingPolicies(const ServiceFacts&, const GetErasureCodingPoliciesRequestProto&,
                                  Plan* plan) {
  AnswerWith(plan, EmptyLocally<GetErasureCodingPoliciesResponseProto>);
}
void PlanGetErasureCodingCodecs(const ServiceFacts&, const GetErasureCodingCodecsRequestProto&,
                                Plan* plan) {
  AnswerWith(plan, EmptyLocally<GetErasureCodingCodecsResponseProto>);
}

// Of enabling, disabling and removing a policy.
template <typename Request>
void PlanNamedPolicy(const ServiceFacts&, const Request& in, Plan* plan) {
  if (!AreNames({in.ecpolicyname()}, plan)) return;
  Refuse(plan,
         IllegalArgumentError(Concat("The policy name ", in.ecpolicyname(), " does not exist")));
}

void PlanAddErasureCodingPolicies(const ServiceFacts&, const AddErasureCodingPoliciesRequestProto&,
                                  Plan* plan) {
  Refuse(plan, UnsupportedError("Erasure coding is not supported: no policy can be added."));
}

Answer CodingTopologyAnswer(const ServiceFacts&, const Plan&, const LocalState&) {
  GetECTopologyResultForPoliciesResponseProto out;
  out.mutable_response()->set_issupported(true);
  out.mutable_response()->set_resultmessage("No erasure coding policy is given.");
  return Serialized(out);
}

void PlanGetCodingTopology(const ServiceFacts&,
                           const GetECTopologyResultForPoliciesRequestProto& in, Plan* plan) {
  if (in.policies_size() > 0) return Refuse(plan, NoCodingPolicyError(in.policies(0)));
  AnswerWith(plan, CodingTopologyAnswer);
}

// ---- Encryption zones ----

void PlanGetEzForPath(const ServiceFacts&, const GetEZForPathRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  Ask(plan, ns::CheckAccess{.path = in.src(), .access = kReadAccess},
      EmptyIfReadable<GetEZForPathResponseProto>);
  plan->answers_refusals = true;
}

void PlanCreateEncryptionZone(const ServiceFacts&, const CreateEncryptionZoneRequestProto& in,
                              Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  Refuse(plan, IoError(Concat("Can't create an encryption zone for ", in.src(),
                              " since no key provider is available.")));
}

void PlanReencryptEncryptionZone(const ServiceFacts&, const ReencryptEncryptionZoneRequestProto&,
                                 Plan* plan) {
  Refuse(plan, IoError("No key provider configured, re-encryption operation is rejected"));
}

// Of the calls that list something in pages: there is nothing, and nothing more.
template <typename Response>
Answer EmptyPage(const ServiceFacts&, const Plan&, const LocalState&) {
  Response out;
  out.set_hasmore(false);
  return Serialized(out);
}
template <typename Request, typename Response>
void PlanEmptyPage(const ServiceFacts&, const Request&, Plan* plan) {
  AnswerWith(plan, EmptyPage<Response>);
}

void PlanGetDataEncryptionKey(const ServiceFacts&, const GetDataEncryptionKeyRequestProto&,
                              Plan* plan) {
  AnswerWith(plan, EmptyLocally<GetDataEncryptionKeyResponseProto>);
}

// ---- Centralized cache management ----

IpcError InvalidRequest(std::string message) {
  return {.exception_class = "org.apache.hadoop.fs.InvalidRequestException",
          .message = std::move(message)};
}

void PlanAddCacheDirective(const ServiceFacts&, const AddCacheDirectiveRequestProto& in,
                           Plan* plan) {
  if (!AreNames({in.info().pool()}, plan)) return;
  Refuse(plan,
         InvalidRequest(in.info().pool().empty() ? std::string("No pool specified.")
                                                 : Concat("Unknown pool ", in.info().pool())));
}

IpcError NoDirective(int64_t id) {
  return InvalidRequest(id <= 0 ? std::string("Invalid negative ID.")
                                : Concat("No directive with ID ", id, " found."));
}

void PlanModifyCacheDirective(const ServiceFacts&, const ModifyCacheDirectiveRequestProto& in,
                              Plan* plan) {
  if (!in.info().has_id()) return Refuse(plan, InvalidRequest("Must supply an ID."));
  Refuse(plan, NoDirective(in.info().id()));
}
void PlanRemoveCacheDirective(const ServiceFacts&, const RemoveCacheDirectiveRequestProto& in,
                              Plan* plan) {
  Refuse(plan, NoDirective(in.id()));
}

void PlanAddCachePool(const ServiceFacts&, const AddCachePoolRequestProto&, Plan* plan) {
  Refuse(plan, UnsupportedError("Caching is not supported: no cache pool can be made."));
}

constexpr char kNoPoolName[] = "invalid empty cache pool name";

void PlanModifyCachePool(const ServiceFacts&, const ModifyCachePoolRequestProto& in, Plan* plan) {
  const std::string& name = in.info().poolname();
  if (!AreNames({name}, plan)) return;
  Refuse(plan, name.empty() ? IoError(kNoPoolName)
                            : InvalidRequest(Concat("Cache pool ", name, " does not exist.")));
}
void PlanRemoveCachePool(const ServiceFacts&, const RemoveCachePoolRequestProto& in, Plan* plan) {
  if (!AreNames({in.poolname()}, plan)) return;
  Refuse(plan,
         in.poolname().empty()
             ? IoError(kNoPoolName)
             : InvalidRequest(Concat("Cannot remove non-existent cache pool ", in.poolname())));
}

constexpr Category kUnchecked = Category::kUnchecked;
constexpr Category kRead = Category::kRead;
constexpr Category kWrite = Category::kWrite;
constexpr Support kFeatureOff = Support::kFeatureOff;
constexpr Support kRefused = Support::kRefused;

constexpr MethodEntry kCalls[] = {
    {"setStoragePolicy", kFeatureOff, kWrite, "", Planned<PlanSetStoragePolicy>},
    {"unsetStoragePolicy", kFeatureOff, kWrite, "", Planned<PlanUnsetStoragePolicy>},
    {"satisfyStoragePolicy", kFeatureOff, kWrite, "", Planned<PlanSatisfyStoragePolicy>},
    {"getStoragePolicy", kFeatureOff, kRead, "", Planned<PlanGetStoragePolicy>},
    {"getStoragePolicies", kFeatureOff, kRead, "", Planned<PlanGetStoragePolicies>},

    {"setErasureCodingPolicy", kFeatureOff, kWrite, "", Planned<PlanSetErasureCodingPolicy>},
    {"unsetErasureCodingPolicy", kFeatureOff, kWrite, "", Planned<PlanUnsetErasureCodingPolicy>},
    {"getErasureCodingPolicy", kFeatureOff, kRead, "", Planned<PlanGetErasureCodingPolicy>},
    {"getErasureCodingPolicies", kFeatureOff, kRead, "", Planned<PlanGetErasureCodingPolicies>},
    {"getErasureCodingCodecs", kFeatureOff, kRead, "", Planned<PlanGetErasureCodingCodecs>},
    {"addErasureCodingPolicies", kRefused, kWrite, "addErasureCodingPolicies",
     Planned<PlanAddErasureCodingPolicies>},
    {"removeErasureCodingPolicy", kFeatureOff, kWrite, "removeErasureCodingPolicy",
     Planned<PlanNamedPolicy<RemoveErasureCodingPolicyRequestProto>>},
    {"enableErasureCodingPolicy", kFeatureOff, kWrite, "enableErasureCodingPolicy",
     Planned<PlanNamedPolicy<EnableErasureCodingPolicyRequestProto>>},
    {"disableErasureCodingPolicy", kFeatureOff, kWrite, "disableErasureCodingPolicy",
     Planned<PlanNamedPolicy<DisableErasureCodingPolicyRequestProto>>},
    {"getECTopologyResultForPolicies", kFeatureOff, kUnchecked, "getECTopologyResultForPolicies",
     Planned<PlanGetCodingTopology>},

    {"getEZForPath", kFeatureOff, kRead, "", Planned<PlanGetEzForPath>},
    {"createEncryptionZone", kFeatureOff, kWrite, "createEncryptionZone",
     Planned<PlanCreateEncryptionZone>},
    {"reencryptEncryptionZone", kFeatureOff, kWrite, "reencryptEncryptionZone",
     Planned<PlanReencryptEncryptionZone>},
    {"listEncryptionZones", kFeatureOff, kRead, "listEncryptionZones",
     Planned<PlanEmptyPage<ListEncryptionZonesRequestProto, ListEncryptionZonesResponseProto>>},
    {"listReencryptionStatus", kFeatureOff, kRead, "listReencryptionStatus",
     Planned<
         PlanEmptyPage<ListReencryptionStatusRequestProto, ListReencryptionStatusResponseProto>>},
    {"getDataEncryptionKey", kFeatureOff, kUnchecked, "", Planned<PlanGetDataEncryptionKey>},

    {"addCacheDirective", kFeatureOff, kWrite, "", Planned<PlanAddCacheDirective>},
    {"modifyCacheDirective", kFeatureOff, kWrite, "", Planned<PlanModifyCacheDirective>},
    {"removeCacheDirective", kFeatureOff, kWrite, "", Planned<PlanRemoveCacheDirective>},
    {"listCacheDirectives", kFeatureOff, kRead, "",
     Planned<PlanEmptyPage<ListCacheDirectivesRequestProto, ListCacheDirectivesResponseProto>>},
    {"addCachePool", kRefused, kWrite, "addCachePool", Planned<PlanAddCachePool>},
    {"modifyCachePool", kFeatureOff, kWrite, "modifyCachePool", Planned<PlanModifyCachePool>},
    {"removeCachePool", kFeatureOff, kWrite, "removeCachePool", Planned<PlanRemoveCachePool>},
    {"listCachePools", kFeatureOff, kRead, "",
     Planned<PlanEmptyPage<ListCachePoolsRequestProto, ListCachePoolsResponseProto>>},
};

}  // namespace

std::span<const MethodEntry> StorageFeatureCalls() { return kCalls; }

}  // namespace jfs::net::hadoop
