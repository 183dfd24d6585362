// Calls about the service itself: what it offers, how it is, who administers it.

#include <algorithm>
#include <iterator>

#include "core/base/concat.h"
#include "net/hadoop/calls.h"
#include "net/utf8.h"

namespace jfs::net::hadoop {
namespace {

using namespace ::hadoop::hdfs;  // NOLINT: many message names of one package
using ::hadoop::common::CancelDelegationTokenRequestProto;
using ::hadoop::common::GetDelegationTokenRequestProto;
using ::hadoop::common::GetDelegationTokenResponseProto;
using ::hadoop::common::RenewDelegationTokenRequestProto;

// A call that needs nothing but its answer.
template <typename Request, Answer (*kAnswer)(const ServiceFacts&, const Plan&, const LocalState&)>
void PlanLocal(const ServiceFacts&, const Request&, Plan* plan) {
  AnswerWith(plan, kAnswer);
}

// ---- What it offers and how it is ----

Answer ServerDefaultsAnswer(const ServiceFacts& facts, const Plan&, const LocalState&) {
  GetServerDefaultsResponseProto out;
  FsServerDefaultsProto* defaults = out.mutable_serverdefaults();
  defaults->set_blocksize(facts.default_block_size);
  defaults->set_bytesperchecksum(facts.bytes_per_checksum);
  defaults->set_writepacketsize(facts.write_packet_bytes);
  defaults->set_replication(facts.default_replication);
  defaults->set_filebuffersize(facts.file_buffer_bytes);
  defaults->set_encryptdatatransfer(false);
  defaults->set_trashinterval(facts.trash_interval_minutes);
  defaults->set_checksumtype(CHECKSUM_CRC32C);
  // Set and empty: there are no encryption zones, so clients need not ask for them with each file.
  defaults->set_keyprovideruri("");
  defaults->set_policyid(7);  // HOT, HDFS's default
  defaults->set_snapshottrashrootenabled(false);
  return Serialized(out);
}

Answer FsStatsAnswer(const ServiceFacts&, const Plan&, const LocalState& state) {
  GetFsStatsResponseProto out;
  out.set_capacity(state.capacity);
  out.set_used(state.used);
  out.set_remaining(state.remaining);
  out.set_under_replicated(0);
  out.set_corrupt_blocks(0);
  out.set_missing_blocks(0);
  out.set_missing_repl_one_blocks(0);
  out.set_blocks_in_future(0);
  out.set_pending_deletion_blocks(0);
  return Serialized(out);
}

Answer ReplicatedStatsAnswer(const ServiceFacts&, const Plan&, const LocalState&) {
  GetFsReplicatedBlockStatsResponseProto out;
  out.set_low_redundancy(0);
  out.set_corrupt_blocks(0);
  out.set_missing_blocks(0);
  out.set_missing_repl_one_blocks(0);
  out.set_blocks_in_future(0);
  out.set_pending_deletion_blocks(0);
  out.set_highest_prio_low_redundancy_blocks(0);
  out.set_badly_distributed_blocks(0);
  return Serialized(out);
}

Answer BlockGroupStatsAnswer(const ServiceFacts&, const Plan&, const LocalState&) {
  GetFsECBlockGroupStatsResponseProto out;
  out.set_low_redundancy(0);
  out.set_corrupt_blocks(0);
  out.set_missing_blocks(0);
  out.set_blocks_in_future(0);
  out.set_pending_deletion_blocks(0);
  out.set_highest_prio_low_redundancy_blocks(0);
  out.set_badly_distributed_blocks(0);
  return Serialized(out);
}

::hadoop::common::HAServiceStateProto HaState(const LocalState& state) {
  switch (state.role) {
    case LocalState::Role::kStarting:
      return ::hadoop::common::INITIALIZING;
    case LocalState::Role::kLeader:
      return ::hadoop::common::ACTIVE;
    case LocalState::Role::kFollower:
      return ::hadoop::common::STANDBY;
  }
  return ::hadoop::common::INITIALIZING;
}

Answer HaStateAnswer(const ServiceFacts&, const Plan&, const LocalState& state) {
  HAServiceStateResponseProto out;
  out.set_state(HaState(state));
  return Serialized(out);
}

// Only the position counts, and every reply has one.
void PlanMsync(const ServiceFacts&, const MsyncRequestProto&, Plan* plan) {
  plan->action = Confirm{};
  plan->answer = EmptyAnswer<MsyncResponseProto>;
  plan->answers_refusals = true;
}

Answer EditLogTxidAnswer(const ServiceFacts&, const Plan&, const ns::Reply& reply) {
  GetCurrentEditLogTxidResponseProto out;
  out.set_txid(static_cast<int64_t>(reply.position.packed));
  return Serialized(out);
}

// HDFS counts transactions; here mutations are counted, and that is the position.
void PlanGetCurrentEditLogTxid(const ServiceFacts&, const GetCurrentEditLogTxidRequestProto&,
                               Plan* plan) {
  plan->action = Confirm{};
  plan->answer = EditLogTxidAnswer;
  plan->answers_refusals = true;
}

void PlanGetEditsFromTxid(const ServiceFacts&, const GetEditsFromTxidRequestProto&, Plan* plan) {
  Refuse(plan, UnsupportedError("Following the edit log (inotify) is not supported."));
}

// ---- Delegation tokens: without security there are none ----

void PlanGetDelegationToken(const ServiceFacts&, const GetDelegationTokenRequestProto&,
                            Plan* plan) {
  AnswerWith(plan, EmptyLocally<GetDelegationTokenResponseProto>);
}

IpcError InvalidToken(std::string_view what, const ::hadoop::common::TokenProto& token) {
  return {.exception_class = "org.apache.hadoop.security.token.SecretManager$InvalidToken",
          .message = Concat(what, " (kind ", IsUtf8(token.kind()) ? token.kind() : "?",
                            "): this service issues no tokens")};
}

void PlanRenewDelegationToken(const ServiceFacts&, const RenewDelegationTokenRequestProto& in,
                              Plan* plan) {
  Refuse(plan, InvalidToken("Renewal request for unknown token", in.token()));
}
void PlanCancelDelegationToken(const ServiceFacts&, const CancelDelegationTokenRequestProto& in,
                               Plan* plan) {
  Refuse(plan, InvalidToken("Token not found", in.token()));
}

// ---- Safe mode ----

Answer SafeModeAnswer(const ServiceFacts&, const Plan&, const ns::Reply& reply) {
  SetSafeModeResponseProto out;
  out.set_result(Get<ns::Truth>(reply).value);
  return Serialized(out);
}

template <bool kOn>
Answer SafeModeSetAnswer(const ServiceFacts&, const Plan&, const ns::Reply&) {
  SetSafeModeResponseProto out;
  out.set_result(kOn);
  return Serialized(out);
}

Answer SafeModeSeenAnswer(const ServiceFacts&, const Plan&, const LocalState& state) {
  SetSafeModeResponseProto out;
  out.set_result(state.safe_mode);
  return Serialized(out);
}

void PlanSetSafeMode(const ServiceFacts&, const SetSafeModeRequestProto& in, Plan* plan) {
  switch (in.action()) {
    case SAFEMODE_GET:
      // `hdfs dfsadmin -safemode get` asks every master: those that do not lead say what they know.
      plan->answer_locally = SafeModeSeenAnswer;
      return Ask(plan, ns::GetSafeMode{}, SafeModeAnswer);
    case SAFEMODE_ENTER:
      plan->superuser_operation = "safemode_enter";
      return Mutate(plan, ns::SetSafeMode{.on = true}, SafeModeSetAnswer<true>);
    case SAFEMODE_LEAVE:
      plan->superuser_operation = "safemode_leave";
      break;
    case SAFEMODE_FORCE_EXIT:
      plan->superuser_operation = "safemode_force_exit";
      break;
  }
  Mutate(plan, ns::SetSafeMode{.on = false}, SafeModeSetAnswer<false>);
}

Answer SavedAnswer(bool safe_mode) {
  if (!safe_mode) {
    return Failed(IoError("Safe mode should be turned ON in order to create namespace image."));
  }
  SaveNamespaceResponseProto out;
  out.set_saved(true);
  return Serialized(out);
}

Answer SaveNamespaceAnswer(const ServiceFacts&, const Plan&, const ns::Reply& reply) {
  return SavedAnswer(Get<ns::Truth>(reply).value);
}
Answer SaveNamespaceLocally(const ServiceFacts&, const Plan&, const LocalState& state) {
  return SavedAnswer(state.safe_mode);
}

// A change is durable on most masters before it is answered, so in safe mode all is saved already.
void PlanSaveNamespace(const ServiceFacts&, const SaveNamespaceRequestProto&, Plan* plan) {
  Ask(plan, ns::GetSafeMode{}, SaveNamespaceAnswer);
  plan->answer_locally = SaveNamespaceLocally;
}

// ---- Administration ----

Answer OpenFilesAnswer(const ServiceFacts&, const Plan& plan, const ns::Reply& reply) {
  const auto& in = Get<ns::OpenFileList>(reply);
  ListOpenFilesResponseProto out;
  for (const ns::OpenFileList::File& file : in.files) {
    OpenFilesBatchResponseProto* to = out.add_entries();
    to->set_id(static_cast<int64_t>(file.id));
    to->set_path(file.path);
    to->set_clientname(file.holder);
    to->set_clientmachine(file.holder_address);
  }
  out.set_hasmore(in.more);
  if (plan.names_types) out.add_types(ALL_OPEN_FILES);
  return Serialized(out);
}

Answer NoOpenFilesAnswer(const ServiceFacts&, const Plan&, const LocalState&) {
  ListOpenFilesResponseProto out;
  out.set_hasmore(false);
  out.add_types(BLOCKING_DECOMMISSION);
  return Serialized(out);
}

void PlanListOpenFiles(const ServiceFacts& facts, const ListOpenFilesRequestProto& in, Plan* plan) {
  if (!ArePaths({in.path()}, plan)) return;
  plan->names_types = in.types_size() > 0;
  const bool all = in.types_size() == 0 || std::find(in.types().begin(), in.types().end(),
                                                     ALL_OPEN_FILES) != in.types().end();
  // No data server is ever being taken out of service.
  if (!all) return AnswerWith(plan, NoOpenFilesAnswer);
  Ask(plan,
      ns::ListOpenFiles{.start_after = static_cast<uint64_t>(std::max<int64_t>(in.id(), 0)),
                        .below = in.path().empty() ? "/" : in.path(),
                        .limit = facts.listing_limit},
      OpenFilesAnswer);
}

void PlanRollEdits(const ServiceFacts&, const RollEditsRequestProto&, Plan* plan) {
  Refuse(plan, UnsupportedError("Rolling the edit log is not supported: each master begins new "
                                "segments of its log by itself."));
}

Answer FalseAnswer(const ServiceFacts&, const Plan&, const LocalState&) {
  RestoreFailedStorageResponseProto out;
  out.set_result(false);
  return Serialized(out);
}

void PlanRestoreFailedStorage(const ServiceFacts&, const RestoreFailedStorageRequestProto& in,
                              Plan* plan) {
  plan->superuser_operation = in.arg() == "check"  ? "checkRestoreFailedStorage"
                              : in.arg() == "true" ? "enableRestoreFailedStorage"
                                                   : "disableRestoreFailedStorage";
  if (in.arg() == "true") {
    return Refuse(plan, UnsupportedError("Restoring failed storage is not supported: a master "
                                         "whose disk fails ends, and is started on a new one."));
  }
  AnswerWith(plan, FalseAnswer);
}

Answer UpgradeStatusAnswer(const ServiceFacts&, const Plan&, const LocalState&) {
  UpgradeStatusResponseProto out;
  out.set_upgradefinalized(true);
  return Serialized(out);
}

void PlanRollingUpgrade(const ServiceFacts&, const RollingUpgradeRequestProto& in, Plan* plan) {
  plan->superuser_operation = in.action() == QUERY   ? "queryRollingUpgrade"
                              : in.action() == START ? "startRollingUpgrade"
                                                     : "finalizeRollingUpgrade";
  if (in.action() == START) {
    return Refuse(plan, UnsupportedError("Rolling upgrades are not announced here: replace and "
                                         "restart one master after the other."));
  }
  // None is under way, and so none can be finalized.
  AnswerWith(plan, EmptyLocally<RollingUpgradeResponseProto>);
}

Answer NoCorruptBlocksAnswer(const ServiceFacts&, const Plan& plan, const LocalState&) {
  ListCorruptFileBlocksResponseProto out;
  out.mutable_corrupt()->set_cookie(plan.subject);
  return Serialized(out);
}

void PlanListCorruptFileBlocks(const ServiceFacts&, const ListCorruptFileBlocksRequestProto& in,
                               Plan* plan) {
  if (!ArePaths({in.path(), in.cookie()}, plan)) return;
  plan->subject = in.cookie().empty() ? "0" : in.cookie();
  AnswerWith(plan, NoCorruptBlocksAnswer);
}

void PlanMetaSave(const ServiceFacts&, const MetaSaveRequestProto&, Plan* plan) {
  Refuse(plan, UnsupportedError("metaSave is not supported: no state of data servers is kept here "
                                "that it could write down."));
}

void PlanSetBalancerBandwidth(const ServiceFacts&, const SetBalancerBandwidthRequestProto& in,
                              Plan* plan) {
  constexpr int64_t kMost = int64_t{1} << 40;
  if (in.bandwidth() > kMost) {
    return Refuse(plan, {.exception_class = "java.lang.IllegalArgumentException",
                         .message = Concat("Bandwidth should not exceed maximum limit ", kMost,
                                           " bytes per second")});
  }
  // There is no data server to tell.
  AnswerWith(plan, EmptyLocally<SetBalancerBandwidthResponseProto>);
}

constexpr Category kUnchecked = Category::kUnchecked;
constexpr Category kRead = Category::kRead;
constexpr Category kWrite = Category::kWrite;
constexpr Support kServed = Support::kServed;
constexpr Support kFeatureOff = Support::kFeatureOff;
constexpr Support kRefused = Support::kRefused;

constexpr MethodEntry kCalls[] = {
    {"getServerDefaults", kServed, kRead, "",
     Planned<PlanLocal<GetServerDefaultsRequestProto, ServerDefaultsAnswer>>},
    {"getFsStats", kServed, kRead, "", Planned<PlanLocal<GetFsStatusRequestProto, FsStatsAnswer>>},
    {"getFsReplicatedBlockStats", kServed, kRead, "",
     Planned<PlanLocal<GetFsReplicatedBlockStatsRequestProto, ReplicatedStatsAnswer>>},
    {"getFsECBlockGroupStats", kFeatureOff, kRead, "",
     Planned<PlanLocal<GetFsECBlockGroupStatsRequestProto, BlockGroupStatsAnswer>>},
    {"getDatanodeReport", kFeatureOff, kUnchecked, "datanodeReport",
     Planned<
         PlanLocal<GetDatanodeReportRequestProto, EmptyLocally<GetDatanodeReportResponseProto>>>},
    {"getDatanodeStorageReport", kFeatureOff, kUnchecked, "getDatanodeStorageReport",
     Planned<PlanLocal<GetDatanodeStorageReportRequestProto,
                       EmptyLocally<GetDatanodeStorageReportResponseProto>>>},
    {"getSlowDatanodeReport", kFeatureOff, kUnchecked, "",
     Planned<PlanLocal<GetSlowDatanodeReportRequestProto,
                       EmptyLocally<GetSlowDatanodeReportResponseProto>>>},
    {"msync", kServed, kRead, "", Planned<PlanMsync>},
    {"getHAServiceState", kServed, kUnchecked, "",
     Planned<PlanLocal<HAServiceStateRequestProto, HaStateAnswer>>},
    {"getCurrentEditLogTxid", kServed, kRead, "getCurrentEditLogTxid",
     Planned<PlanGetCurrentEditLogTxid>},
    {"getEditsFromTxid", kRefused, kRead, "getEditsFromTxid", Planned<PlanGetEditsFromTxid>},

    {"getDelegationToken", kFeatureOff, kWrite, "", Planned<PlanGetDelegationToken>},
    {"renewDelegationToken", kFeatureOff, kWrite, "", Planned<PlanRenewDelegationToken>},
    {"cancelDelegationToken", kFeatureOff, kWrite, "", Planned<PlanCancelDelegationToken>},

    {"setSafeMode", kServed, kWrite, "", Planned<PlanSetSafeMode>},
    {"saveNamespace", kServed, kRead, "saveNamespace", Planned<PlanSaveNamespace>},
    {"listOpenFiles", kServed, kRead, "listOpenFiles", Planned<PlanListOpenFiles>},
    {"rollEdits", kRefused, kWrite, "rollEditLog", Planned<PlanRollEdits>},
    // Its argument says which operation this is.
    {"restoreFailedStorage", kFeatureOff, kUnchecked, "restoreFailedStorage",
     Planned<PlanRestoreFailedStorage>},
    {"refreshNodes", kFeatureOff, kUnchecked, "refreshNodes",
     Planned<PlanLocal<RefreshNodesRequestProto, EmptyLocally<RefreshNodesResponseProto>>>},
    {"finalizeUpgrade", kFeatureOff, kUnchecked, "finalizeUpgrade",
     Planned<PlanLocal<FinalizeUpgradeRequestProto, EmptyLocally<FinalizeUpgradeResponseProto>>>},
    {"upgradeStatus", kFeatureOff, kUnchecked, "",
     Planned<PlanLocal<UpgradeStatusRequestProto, UpgradeStatusAnswer>>},
    {"rollingUpgrade", kFeatureOff, kUnchecked, "rollingUpgrade", Planned<PlanRollingUpgrade>},
    {"listCorruptFileBlocks", kFeatureOff, kRead, "listCorruptFileBlocks",
     Planned<PlanListCorruptFileBlocks>},
    {"metaSave", kRefused, kRead, "metaSave", Planned<PlanMetaSave>},
    {"setBalancerBandwidth", kFeatureOff, kWrite, "setBalancerBandwidth",
     Planned<PlanSetBalancerBandwidth>},
};

}  // namespace

std::span<const MethodEntry> ServiceCalls() { return kCalls; }

}  // namespace jfs::net::hadoop
