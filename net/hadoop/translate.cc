#include "net/hadoop/translate.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"
#include "net/hadoop/proto/client_namenode.pb.h"
#include "net/hadoop/proto/ha_service.pb.h"
#include "net/hadoop/proto/namenode.pb.h"

namespace jfs::net::hadoop {
namespace {

using namespace ::hadoop::hdfs;  // NOLINT: fifty message names of one package

constexpr uint64_t kUnset = UINT64_MAX;  // how an unset "-1" travels in a uint64
constexpr uint64_t kProtocolVersion = 1;
constexpr uint32_t kModeBits = 01777;  // clients may send more; HDFS keeps these

uint16_t ModeOf(const FsPermissionProto& permission) {
  return static_cast<uint16_t>(permission.perm() & kModeBits);
}

ns::Block BlockOf(const ExtendedBlockProto& block) {
  return {.id = block.blockid(),
          .generation_stamp = block.generationstamp(),
          .bytes = block.numbytes()};
}

// A client that speaks of blocks of another pool has mixed up two clusters.
bool WrongPool(const ServiceFacts& facts, const ExtendedBlockProto& block, Plan* plan) {
  if (block.poolid() == facts.block_pool_id) return false;
  plan->action = Refusal{IoError(
      Concat("Unexpected BlockPoolId ", block.poolid(), " - expected ", facts.block_pool_id))};
  return true;
}

// ---- Requests: one function a method ----

bool PlanMkdirs(const ServiceFacts&, std::string_view request, Plan* plan) {
  MkdirsRequestProto in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  plan->action = Mutation{ns::Mkdirs{
      .path = in.src(), .mode = ModeOf(in.masked()), .create_parent = in.createparent()}};
  return true;
}

bool PlanCreate(const ServiceFacts&, std::string_view request, Plan* plan) {
  CreateRequestProto in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  if (!in.ecpolicyname().empty()) {
    plan->action = Refusal{{.exception_class = "java.lang.UnsupportedOperationException",
                            .message = "Erasure coding is not supported yet."}};
    return true;
  }
  plan->action =
      Mutation{ns::Create{.path = in.src(),
                          .mode = ModeOf(in.masked()),
                          .client_name = in.clientname(),
                          // What else is in the flags (lazy persist, replicate even if …) says how
                          // blocks are stored, not what is named.
                          .flags = in.createflag() & (ns::Create::kCreate | ns::Create::kOverwrite |
                                                      ns::Create::kAppend),
                          .create_parent = in.createparent(),
                          .replication = in.replication(),
                          .block_size = in.blocksize()}};
  return true;
}

bool PlanAddBlock(const ServiceFacts& facts, std::string_view request, Plan* plan) {
  AddBlockRequestProto in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  ns::AddBlock out{.path = in.src(),
                   .client_name = in.clientname(),
                   .file_id = in.fileid(),
                   .live_data_servers = facts.live_data_servers};
  if (in.has_previous()) {
    if (WrongPool(facts, in.previous(), plan)) return true;
    out.previous = BlockOf(in.previous());
  }
  plan->action = Mutation{std::move(out)};
  return true;
}

bool PlanComplete(const ServiceFacts& facts, std::string_view request, Plan* plan) {
  CompleteRequestProto in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  ns::Complete out{.path = in.src(), .client_name = in.clientname(), .file_id = in.fileid()};
  if (in.has_last()) {
    if (WrongPool(facts, in.last(), plan)) return true;
    out.last = BlockOf(in.last());
  }
  plan->action = Mutation{std::move(out)};
  return true;
}

bool PlanDelete(const ServiceFacts&, std::string_view request, Plan* plan) {
  DeleteRequestProto in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  plan->action = Mutation{ns::Delete{.path = in.src(), .recursive = in.recursive()}};
  return true;
}

bool PlanRename(const ServiceFacts&, std::string_view request, Plan* plan) {
  RenameRequestProto in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  plan->action = Mutation{ns::Rename{.source = in.src(), .target = in.dst()}};
  return true;
}

bool PlanRename2(const ServiceFacts&, std::string_view request, Plan* plan) {
  Rename2RequestProto in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  plan->action = Mutation{ns::Rename2{.source = in.src(),
                                      .target = in.dst(),
                                      .overwrite = in.overwritedest(),
                                      .to_trash = in.movetotrash()}};
  return true;
}

bool PlanSetTimes(const ServiceFacts&, std::string_view request, Plan* plan) {
  SetTimesRequestProto in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  ns::SetTimes out{.path = in.src()};
  if (in.mtime() != kUnset) out.mtime = WallMillis(in.mtime());
  if (in.atime() != kUnset) out.atime = WallMillis(in.atime());
  plan->action = Mutation{std::move(out)};
  return true;
}

bool PlanSetPermission(const ServiceFacts&, std::string_view request, Plan* plan) {
  SetPermissionRequestProto in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  plan->action = Mutation{ns::SetPermission{.path = in.src(), .mode = ModeOf(in.permission())}};
  return true;
}

bool PlanSetOwner(const ServiceFacts&, std::string_view request, Plan* plan) {
  SetOwnerRequestProto in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  ns::SetOwner out{.path = in.src()};
  // Some clients send an empty name where they mean none.
  if (!in.username().empty()) out.user = in.username();
  if (!in.groupname().empty()) out.group = in.groupname();
  plan->action = Mutation{std::move(out)};
  return true;
}

bool PlanGetFileInfo(const ServiceFacts&, std::string_view request, Plan* plan) {
  GetFileInfoRequestProto in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  plan->action = Read{ns::GetFileInfo{.path = in.src()}};
  return true;
}

// There are no symbolic links, so not following the last one makes no difference.
bool PlanGetFileLinkInfo(const ServiceFacts&, std::string_view request, Plan* plan) {
  GetFileLinkInfoRequestProto in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  plan->action = Read{ns::GetFileInfo{.path = in.src()}};
  return true;
}

bool PlanGetListing(const ServiceFacts& facts, std::string_view request, Plan* plan) {
  GetListingRequestProto in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  plan->action = Read{ns::GetListing{
      .path = in.src(), .start_after = in.startafter(), .limit = facts.listing_limit}};
  return true;
}

bool PlanGetContentSummary(const ServiceFacts&, std::string_view request, Plan* plan) {
  GetContentSummaryRequestProto in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  plan->action = Read{ns::GetContentSummary{.path = in.path()}};
  return true;
}

bool PlanGetBlockLocations(const ServiceFacts&, std::string_view request, Plan* plan) {
  GetBlockLocationsRequestProto in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  if (static_cast<int64_t>(in.offset()) < 0 || static_cast<int64_t>(in.length()) < 0) {
    plan->action =
        Refusal{{.exception_class = "org.apache.hadoop.HadoopIllegalArgumentException",
                 .message = static_cast<int64_t>(in.offset()) < 0
                                ? Concat("Negative offset is not supported. File: ", in.src())
                                : Concat("Negative length is not supported. File: ", in.src())}};
    return true;
  }
  plan->action =
      Read{ns::GetBlockLocations{.path = in.src(), .offset = in.offset(), .length = in.length()}};
  return true;
}

bool PlanGetPreferredBlockSize(const ServiceFacts&, std::string_view request, Plan* plan) {
  GetPreferredBlockSizeRequestProto in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  plan->path = in.filename();
  plan->action = Read{ns::GetFileInfo{.path = in.filename()}};
  return true;
}

bool PlanIsFileClosed(const ServiceFacts&, std::string_view request, Plan* plan) {
  IsFileClosedRequestProto in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  plan->action = Read{ns::GetBlockLocations{.path = in.src(), .offset = 0, .length = 0}};
  return true;
}

bool PlanMsync(const ServiceFacts&, std::string_view request, Plan* plan) {
  MsyncRequestProto in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  plan->action = Confirm{};
  return true;
}

template <typename Request>
bool PlanLocal(const ServiceFacts&, std::string_view request, Plan* plan) {
  Request in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  plan->action = Local{};
  return true;
}

bool PlanSetSafeMode(const ServiceFacts&, std::string_view request, Plan* plan) {
  SetSafeModeRequestProto in;
  if (!in.ParseFromArray(request.data(), static_cast<int>(request.size()))) return false;
  if (in.action() == SAFEMODE_ENTER) {
    plan->action = Refusal{{.exception_class = "java.lang.UnsupportedOperationException",
                            .message = "Entering safe mode is not supported yet."}};
    return true;
  }
  // There is no safe mode to be in, so asking and leaving have the same answer.
  plan->superuser_only = in.action() != SAFEMODE_GET;
  plan->action = Local{};
  return true;
}

struct MethodEntry {
  std::string_view name;
  Method method;
  Category category;
  bool superuser_only;
  bool (*plan)(const ServiceFacts&, std::string_view request, Plan* plan);
};

// Sorted by name.
constexpr MethodEntry kClientMethods[] = {
    {"addBlock", Method::kAddBlock, Category::kWrite, false, PlanAddBlock},
    {"complete", Method::kComplete, Category::kWrite, false, PlanComplete},
    {"create", Method::kCreate, Category::kWrite, false, PlanCreate},
    {"delete", Method::kDelete, Category::kWrite, false, PlanDelete},
    {"getBlockLocations", Method::kGetBlockLocations, Category::kRead, false,
     PlanGetBlockLocations},
    {"getContentSummary", Method::kGetContentSummary, Category::kRead, false,
     PlanGetContentSummary},
    {"getDatanodeReport", Method::kGetDatanodeReport, Category::kUnchecked, true,
     PlanLocal<GetDatanodeReportRequestProto>},
    {"getFileInfo", Method::kGetFileInfo, Category::kRead, false, PlanGetFileInfo},
    {"getFileLinkInfo", Method::kGetFileLinkInfo, Category::kRead, false, PlanGetFileLinkInfo},
    {"getFsStats", Method::kGetFsStats, Category::kRead, false, PlanLocal<GetFsStatusRequestProto>},
    {"getHAServiceState", Method::kGetHaServiceState, Category::kUnchecked, false,
     PlanLocal<HAServiceStateRequestProto>},
    {"getListing", Method::kGetListing, Category::kRead, false, PlanGetListing},
    {"getPreferredBlockSize", Method::kGetPreferredBlockSize, Category::kRead, false,
     PlanGetPreferredBlockSize},
    {"getServerDefaults", Method::kGetServerDefaults, Category::kRead, false,
     PlanLocal<GetServerDefaultsRequestProto>},
    {"isFileClosed", Method::kIsFileClosed, Category::kRead, false, PlanIsFileClosed},
    {"mkdirs", Method::kMkdirs, Category::kWrite, false, PlanMkdirs},
    {"msync", Method::kMsync, Category::kRead, false, PlanMsync},
    {"rename", Method::kRename, Category::kWrite, false, PlanRename},
    {"rename2", Method::kRename2, Category::kWrite, false, PlanRename2},
    {"renewLease", Method::kRenewLease, Category::kWrite, false, PlanLocal<RenewLeaseRequestProto>},
    {"setOwner", Method::kSetOwner, Category::kWrite, false, PlanSetOwner},
    {"setPermission", Method::kSetPermission, Category::kWrite, false, PlanSetPermission},
    {"setSafeMode", Method::kSetSafeMode, Category::kUnchecked, false, PlanSetSafeMode},
    {"setTimes", Method::kSetTimes, Category::kWrite, false, PlanSetTimes},
};

constexpr MethodEntry kHaMethods[] = {
    {"getServiceStatus", Method::kGetServiceStatus, Category::kUnchecked, false,
     PlanLocal<::hadoop::common::GetServiceStatusRequestProto>},
    {"monitorHealth", Method::kMonitorHealth, Category::kUnchecked, false,
     PlanLocal<::hadoop::common::MonitorHealthRequestProto>},
};

constexpr MethodEntry kNamenodeMethods[] = {
    {"versionRequest", Method::kVersionRequest, Category::kUnchecked, true,
     PlanLocal<VersionRequestProto>},
};

// Calls of ClientProtocol that exist and that this service does not have yet, sorted. Those for
// which stock clients know a way around when the method is unknown (getQuotaUsage,
// getEnclosingRoot, …) are not here.
constexpr std::string_view kNotSupportedYet[] = {
    "abandonBlock",
    "addCacheDirective",
    "addCachePool",
    "allowSnapshot",
    "append",
    "cancelDelegationToken",
    "checkAccess",
    "concat",
    "createEncryptionZone",
    "createSnapshot",
    "createSymlink",
    "deleteSnapshot",
    "disallowSnapshot",
    "finalizeUpgrade",
    "fsync",
    "getAclStatus",
    "getAdditionalDatanode",
    "getDelegationToken",
    "getLocatedFileInfo",
    "getSnapshotDiffReport",
    "getSnapshottableDirListing",
    "getStoragePolicy",
    "getXAttrs",
    "listXAttrs",
    "metaSave",
    "modifyAclEntries",
    "recoverLease",
    "refreshNodes",
    "removeAcl",
    "removeAclEntries",
    "removeDefaultAcl",
    "removeXAttr",
    "renameSnapshot",
    "renewDelegationToken",
    "reportBadBlocks",
    "rollEdits",
    "saveNamespace",
    "setAcl",
    "setQuota",
    "setReplication",
    "setStoragePolicy",
    "setXAttr",
    "truncate",
    "updateBlockForPipeline",
    "updatePipeline",
};

template <size_t N>
const MethodEntry* FindMethod(const MethodEntry (&table)[N], std::string_view name) {
  const auto* it = std::lower_bound(
      std::begin(table), std::end(table), name,
      [](const MethodEntry& entry, std::string_view wanted) { return entry.name < wanted; });
  return it != std::end(table) && it->name == name ? it : nullptr;
}

}  // namespace

Plan Translate(const ServiceFacts& facts, std::string_view protocol, uint64_t version,
               std::string_view method, std::string_view request) {
  Plan plan;
  const MethodEntry* entry = nullptr;
  const auto refuse = [&](IpcError error) {
    plan.action = Refusal{std::move(error)};
    return plan;
  };
  if (protocol == kClientProtocol) {
    entry = FindMethod(kClientMethods, method);
  } else if (protocol == kHaServiceProtocol) {
    entry = FindMethod(kHaMethods, method);
  } else if (protocol == kNamenodeProtocol) {
    entry = FindMethod(kNamenodeMethods, method);
  } else {
    return refuse(NoSuchProtocolError(protocol));
  }
  if (version != kProtocolVersion) {
    return refuse(ProtocolVersionError(protocol, version, kProtocolVersion));
  }
  if (entry == nullptr) {
    if (protocol == kClientProtocol &&
        std::binary_search(std::begin(kNotSupportedYet), std::end(kNotSupportedYet), method)) {
      return refuse({.exception_class = "java.lang.UnsupportedOperationException",
                     .message = Concat(method, " is not supported yet.")});
    }
    return refuse(NoSuchMethodError(protocol, method));
  }
  plan.method = entry->method;
  plan.category = entry->category;
  plan.superuser_only = entry->superuser_only;
  if (!entry->plan(facts, request, &plan)) return refuse(BadRequestError(method));
  return plan;
}

}  // namespace jfs::net::hadoop
