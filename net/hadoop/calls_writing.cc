// Calls about files being written: creation, blocks, leases.

#include <iterator>

#include "absl/strings/ascii.h"

#include "core/base/concat.h"
#include "net/hadoop/calls.h"

namespace jfs::net::hadoop {
namespace {

using namespace ::hadoop::hdfs;  // NOLINT: many message names of one package

// A client that speaks of blocks of another pool has mixed up two clusters.
bool IsOurPool(const ServiceFacts& facts, const ExtendedBlockProto& block, Plan* plan) {
  if (block.poolid() == facts.block_pool_id) return true;
  Refuse(plan, IoError(Concat("Unexpected BlockPoolId ", block.poolid(), " - expected ",
                              facts.block_pool_id)));
  return false;
}

// A length that Java would read as negative would wrap around in every sum it enters.
bool HasLength(const ExtendedBlockProto& block, Plan* plan) {
  const auto length = static_cast<int64_t>(block.numbytes());
  if (length >= 0) return true;
  Refuse(plan, IllegalArgumentError(
                   Concat("Block ", BlockText(block), " has a negative length: ", length)));
  return false;
}

// ---- create, append ----

constexpr std::string_view kReplicationPolicy = "REPLICATION";
// Of HDFS's; files here all have the first.
constexpr std::string_view kStoragePolicies[] = {
    "HOT", "COLD", "WARM", "ONE_SSD", "ALL_SSD", "PROVIDED", "ALL_NVDIMM", "LAZY_PERSIST"};

// Whether a new file may be stored as the request wants it.
bool IsStorable(const CreateRequestProto& in, Plan* plan) {
  const std::string& coding = in.ecpolicyname();
  if (!coding.empty() && (in.createflag() & SHOULD_REPLICATE) != 0) {
    Refuse(plan, IllegalArgumentError("SHOULD_REPLICATE flag and ecPolicyName are exclusive "
                                      "parameters. Set both is not allowed!"));
    return false;
  }
  if (!coding.empty() && coding != kReplicationPolicy) {
    Refuse(plan, NoCodingPolicyError(coding));
    return false;
  }
  const std::string policy = absl::AsciiStrToUpper(in.storagepolicy());
  if (policy.empty() || policy == kStoragePolicies[0]) return true;
  for (const std::string_view known : kStoragePolicies) {
    if (policy != known) continue;
    Refuse(plan, UnsupportedError(Concat("Storage policy ", policy,
                                         " is not supported: every file here is HOT.")));
    return false;
  }
  Refuse(plan, IllegalArgumentError(
                   Concat("Cannot find a block policy with the name ", in.storagepolicy())));
  return false;
}

Answer CreateAnswer(const ServiceFacts&, const Plan&, const ns::Reply& reply) {
  CreateResponseProto out;
  FillStatus(Get<ns::FileStatus>(reply), out.mutable_fs());
  return Serialized(out);
}

void PlanCreate(const ServiceFacts&, const CreateRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  if (!IsStorable(in, plan)) return;
  Mutate(plan,
         ns::Create{.path = in.src(),
                    .mode = ModeOf(in.masked()),
                    .client_name = in.clientname(),
                    // What else is in the flags (lazy persist, replicate even if …) says how
                    // blocks are stored, not what is named.
                    .flags = in.createflag() &
                             (ns::Create::kCreate | ns::Create::kOverwrite | ns::Create::kAppend),
                    .create_parent = in.createparent(),
                    .replication = ReplicationOf(in.replication()),
                    .block_size = in.blocksize(),
                    .unmasked = UnmaskedOf(in.has_unmasked(), in.unmasked())},
         CreateAnswer);
}

Answer AppendAnswer(const ServiceFacts& facts, const Plan&, const ns::Reply& reply) {
  const auto& in = Get<ns::AppendPoint>(reply);
  AppendResponseProto out;
  if (in.last_block.has_value()) {
    FillBlock(facts, *in.last_block, in.offset, out.mutable_block());
  }
  FillStatus(in.status, out.mutable_stat());
  return Serialized(out);
}

void PlanAppend(const ServiceFacts&, const AppendRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  // The other flags change nothing: HDFS appends with any of them, and with none.
  Mutate(plan,
         ns::Append{.path = in.src(),
                    .client_name = in.clientname(),
                    .new_block = (in.flag() & NEW_BLOCK) != 0},
         AppendAnswer);
}

// ---- Blocks ----

Answer AddBlockAnswer(const ServiceFacts& facts, const Plan&, const ns::Reply& reply) {
  if (reply.code == ns::Code::kPreviousBlockMismatch) {
    // The namespace does not know its pool; what the client passed is named with it.
    ns::Reply named = reply;
    if (named.arguments.size() > 1 && named.arguments[1].starts_with("blk_")) {
      named.arguments[1] = Concat(facts.block_pool_id, ":", named.arguments[1]);
    }
    return Failed(ErrorOf(named));
  }
  if (reply.code != ns::Code::kOk) return Failed(ErrorOf(facts, reply));
  AddBlockResponseProto out;
  // Where the block will begin in the file is not needed for writing it: clients count for
  // themselves.
  FillBlock(facts, Get<ns::Block>(reply), 0, out.mutable_block());
  return Serialized(out);
}

void PlanAddBlock(const ServiceFacts& facts, const AddBlockRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  ns::AddBlock out{.path = in.src(),
                   .client_name = in.clientname(),
                   .file_id = in.fileid(),
                   .previous = std::nullopt,
                   .live_data_servers = facts.live_data_servers};
  if (in.has_previous()) {
    if (!IsOurPool(facts, in.previous(), plan) || !HasLength(in.previous(), plan)) return;
    out.previous = BlockOf(in.previous());
  }
  Mutate(plan, std::move(out), AddBlockAnswer);
  plan->answers_refusals = true;
}

void PlanGetAdditionalDatanode(const ServiceFacts& facts,
                               const GetAdditionalDatanodeRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  Refuse(plan, IoError(Concat("No further data server can take ", BlockText(in.blk()), " of ",
                              in.src(), ": ", facts.live_data_servers, " are alive.")));
}

// Where the namespace names the block, HDFS names it with the pool that the client gave.
Answer AbandonBlockAnswer(const ServiceFacts& facts, const Plan& plan, const ns::Reply& reply) {
  if (reply.code == ns::Code::kOk) return Serialized(AbandonBlockResponseProto());
  IpcError error = ErrorOf(facts, reply);
  const std::string& named = plan.subjects.at(0);
  if (const size_t at = error.message.find(named); at != std::string::npos) {
    error.message.replace(at, named.size(), plan.subject);
  }
  return Failed(std::move(error));
}

void PlanAbandonBlock(const ServiceFacts& facts, const AbandonBlockRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  ns::AbandonBlock out{.block = BlockOf(in.b()),
                       .path = in.src(),
                       .client_name = in.holder(),
                       .file_id = in.fileid()};
  // HDFS abandons nothing and says so with success. Numbers of blocks are alike in all pools, so
  // one of another pool must not be taken for ours; no block has number 0.
  if (in.b().poolid() != facts.block_pool_id) out.block = {};
  plan->subject = BlockText(in.b());
  plan->subjects = {Concat("blk_", out.block.id, "_", out.block.generation_stamp)};
  plan->answers_refusals = true;
  Mutate(plan, std::move(out), AbandonBlockAnswer);
}

void PlanFsync(const ServiceFacts&, const FsyncRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  ns::Fsync out{.path = in.src(),
                .client_name = in.client(),
                .file_id = in.fileid(),
                .last_block_length = std::nullopt};
  if (in.lastblocklength() > 0) {
    out.last_block_length = static_cast<uint64_t>(in.lastblocklength());
  }
  Mutate(plan, std::move(out), EmptyAnswer<FsyncResponseProto>);
}

void PlanComplete(const ServiceFacts& facts, const CompleteRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  ns::Complete out{.path = in.src(),
                   .client_name = in.clientname(),
                   .file_id = in.fileid(),
                   .last = std::nullopt};
  if (in.has_last()) {
    if (!IsOurPool(facts, in.last(), plan) || !HasLength(in.last(), plan)) return;
    out.last = BlockOf(in.last());
  }
  Mutate(plan, std::move(out), TruthAnswer<CompleteResponseProto>);
}

// A refusal that begins with a block's name begins with its pool in HDFS.
Answer RefusedBlock(const ServiceFacts& facts, const ns::Reply& reply) {
  IpcError error = ErrorOf(facts, reply);
  if (error.message.starts_with("blk_")) {
    error.message = Concat(facts.block_pool_id, ":", error.message);
  }
  return Failed(std::move(error));
}

bool IsKnownBlock(const ServiceFacts& facts, const ExtendedBlockProto& block, Plan* plan) {
  if (block.poolid() == facts.block_pool_id) return HasLength(block, plan);
  Refuse(plan, IoError(Concat(BlockText(block), " does not exist.")));
  return false;
}

Answer UpdateBlockForPipelineAnswer(const ServiceFacts& facts, const Plan& plan,
                                    const ns::Reply& reply) {
  if (reply.code != ns::Code::kOk) return RefusedBlock(facts, reply);
  UpdateBlockForPipelineResponseProto out;
  // The block as the client gave it, with its new stamp; HDFS leaves the offset at -1.
  FillBlock(facts, Get<ns::Block>(reply), UINT64_MAX, out.mutable_block());
  out.mutable_block()->mutable_b()->set_numbytes(plan.block_bytes);
  return Serialized(out);
}

void PlanUpdateBlockForPipeline(const ServiceFacts& facts,
                                const UpdateBlockForPipelineRequestProto& in, Plan* plan) {
  if (!IsKnownBlock(facts, in.block(), plan)) return;
  plan->block_bytes = in.block().numbytes();
  Mutate(plan,
         ns::UpdateBlockForPipeline{.block = BlockOf(in.block()), .client_name = in.clientname()},
         UpdateBlockForPipelineAnswer);
  plan->answers_refusals = true;
}

Answer UpdatePipelineAnswer(const ServiceFacts& facts, const Plan&, const ns::Reply& reply) {
  if (reply.code != ns::Code::kOk) return RefusedBlock(facts, reply);
  return Serialized(UpdatePipelineResponseProto());
}

void PlanUpdatePipeline(const ServiceFacts& facts, const UpdatePipelineRequestProto& in,
                        Plan* plan) {
  if (!IsKnownBlock(facts, in.oldblock(), plan)) return;
  if (!IsKnownBlock(facts, in.newblock(), plan)) return;
  Mutate(plan,
         ns::UpdatePipeline{.client_name = in.clientname(),
                            .old_block = BlockOf(in.oldblock()),
                            .new_block = BlockOf(in.newblock())},
         UpdatePipelineAnswer);
  plan->answers_refusals = true;
}

// Replicas are the data service's to check; what a client saw is no more than a hint.
void PlanReportBadBlocks(const ServiceFacts&, const ReportBadBlocksRequestProto&, Plan* plan) {
  AnswerWith(plan, EmptyLocally<ReportBadBlocksResponseProto>);
}

// ---- Leases ----

void PlanRenewLease(const ServiceFacts&, const RenewLeaseRequestProto& in, Plan* plan) {
  if (in.namespaces_size() > 0) {
    std::string all;
    for (const std::string& name : in.namespaces()) all += Concat(all.empty() ? "" : ", ", name);
    return Refuse(plan, IoError(Concat("namespaces([", all, "]) should be null or empty")));
  }
  plan->action = RenewLease{.holders = {in.clientname()}};
  plan->answer = EmptyAnswer<RenewLeaseResponseProto>;
}

void PlanRecoverLease(const ServiceFacts&, const RecoverLeaseRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  Mutate(plan, ns::RecoverLease{.path = in.src(), .client_name = in.clientname()},
         TruthAnswer<RecoverLeaseResponseProto>);
}

constexpr MethodEntry kCalls[] = {
    {"create", Support::kServed, Category::kWrite, "", Planned<PlanCreate>},
    {"append", Support::kServed, Category::kWrite, "", Planned<PlanAppend>},
    {"addBlock", Support::kServed, Category::kWrite, "", Planned<PlanAddBlock>},
    {"getAdditionalDatanode", Support::kRefused, Category::kRead, "",
     Planned<PlanGetAdditionalDatanode>},
    {"abandonBlock", Support::kServed, Category::kWrite, "", Planned<PlanAbandonBlock>},
    {"fsync", Support::kServed, Category::kWrite, "", Planned<PlanFsync>},
    {"complete", Support::kServed, Category::kWrite, "", Planned<PlanComplete>},
    {"updateBlockForPipeline", Support::kServed, Category::kWrite, "",
     Planned<PlanUpdateBlockForPipeline>},
    {"updatePipeline", Support::kServed, Category::kWrite, "", Planned<PlanUpdatePipeline>},
    {"reportBadBlocks", Support::kFeatureOff, Category::kWrite, "", Planned<PlanReportBadBlocks>},
    {"renewLease", Support::kServed, Category::kWrite, "", Planned<PlanRenewLease>},
    {"recoverLease", Support::kServed, Category::kWrite, "", Planned<PlanRecoverLease>},
};

}  // namespace

std::span<const MethodEntry> WritingCalls() { return kCalls; }

}  // namespace jfs::net::hadoop
