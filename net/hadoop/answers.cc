#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"
#include "net/hadoop/proto/client_namenode.pb.h"
#include "net/hadoop/proto/ha_service.pb.h"
#include "net/hadoop/proto/namenode.pb.h"
#include "net/hadoop/translate.h"

namespace jfs::net::hadoop {
namespace {

using namespace ::hadoop::hdfs;  // NOLINT: fifty message names of one package

constexpr uint64_t kUnset = UINT64_MAX;  // how an unset "-1" travels in a uint64

void FillStatus(const ns::FileStatus& in, HdfsFileStatusProto* out) {
  const bool directory = in.type == ns::FileType::kDirectory;
  out->set_filetype(directory ? HdfsFileStatusProto::IS_DIR : HdfsFileStatusProto::IS_FILE);
  out->set_path(in.name);
  out->set_length(in.length);
  out->mutable_permission()->set_perm(in.mode);
  out->set_owner(in.owner);
  out->set_group(in.group);
  out->set_modification_time(in.mtime.value);
  out->set_access_time(in.atime.value);
  out->set_block_replication(in.replication);
  out->set_blocksize(in.block_size);
  out->set_fileid(in.id);
  out->set_childrennum(static_cast<int32_t>(std::min<uint64_t>(in.children, INT32_MAX)));
  out->set_storagepolicy(0);
  out->set_flags(0);
}

void FillBlock(const ServiceFacts& facts, const ns::Block& in, uint64_t offset,
               LocatedBlockProto* out) {
  out->mutable_b()->set_poolid(facts.block_pool_id);
  out->mutable_b()->set_blockid(in.id);
  out->mutable_b()->set_generationstamp(in.generation_stamp);
  out->mutable_b()->set_numbytes(in.bytes);
  out->set_offset(offset);
  out->set_corrupt(false);
  out->mutable_blocktoken()->set_identifier("");
  out->mutable_blocktoken()->set_password("");
  out->mutable_blocktoken()->set_kind("");
  out->mutable_blocktoken()->set_service("");
}

Answer Serialized(const google::protobuf::MessageLite& message) {
  Answer out;
  out.response = message.SerializeAsString();
  return out;
}

Answer Failed(IpcError error) {
  Answer out;
  out.error = std::move(error);
  return out;
}

template <typename T>
const T& Get(const ns::Reply& reply) {
  const T* value = std::get_if<T>(&reply.value);
  CHECK(value != nullptr) << "the namespace answered with a value of another kind: "
                          << reply.value.index();
  return *value;
}

template <typename Response>
Answer TruthAnswer(const ns::Reply& reply) {
  Response out;
  out.set_result(Get<ns::Truth>(reply).value);
  return Serialized(out);
}

template <typename Response>
Answer StatusAnswer(const ns::Reply& reply) {
  Response out;
  if (!std::holds_alternative<ns::Absent>(reply.value)) {
    FillStatus(Get<ns::FileStatus>(reply), out.mutable_fs());
  }
  return Serialized(out);
}

Answer ListingAnswer(const ns::Reply& reply) {
  GetListingResponseProto out;
  if (!std::holds_alternative<ns::Absent>(reply.value)) {
    const ns::Listing& listing = Get<ns::Listing>(reply);
    DirectoryListingProto* list = out.mutable_dirlist();
    for (const ns::FileStatus& entry : listing.entries)
      FillStatus(entry, list->add_partiallisting());
    list->set_remainingentries(
        static_cast<uint32_t>(std::min<uint64_t>(listing.remaining, INT32_MAX)));
  }
  return Serialized(out);
}

Answer ContentSummaryAnswer(const ns::Reply& reply) {
  const ns::ContentSummary& in = Get<ns::ContentSummary>(reply);
  GetContentSummaryResponseProto out;
  ContentSummaryProto* summary = out.mutable_summary();
  summary->set_length(in.length);
  summary->set_filecount(in.files);
  summary->set_directorycount(in.directories);
  summary->set_quota(kUnset);
  summary->set_spaceconsumed(in.space_consumed);
  summary->set_spacequota(kUnset);
  summary->set_snapshotlength(0);
  summary->set_snapshotfilecount(0);
  summary->set_snapshotdirectorycount(0);
  summary->set_snapshotspaceconsumed(0);
  summary->set_erasurecodingpolicy("");
  return Serialized(out);
}

Answer BlockLocationsAnswer(const ServiceFacts& facts, const ns::Reply& reply) {
  const ns::BlockLocations& in = Get<ns::BlockLocations>(reply);
  GetBlockLocationsResponseProto out;
  LocatedBlocksProto* locations = out.mutable_locations();
  locations->set_filelength(in.file_length);
  locations->set_underconstruction(in.under_construction);
  uint64_t offset = in.first_offset;
  for (const ns::Block& block : in.blocks) {
    FillBlock(facts, block, offset, locations->add_blocks());
    offset += block.bytes;
  }
  if (in.last_block.has_value()) {
    // Of an open file the length does not count the last block, so that is where it begins.
    FillBlock(facts, *in.last_block,
              in.under_construction ? in.file_length : in.file_length - in.last_block->bytes,
              locations->mutable_lastblock());
  }
  // Of a closed file with blocks it must be true, or a Java client asks the data servers for the
  // last one's length.
  locations->set_islastblockcomplete(in.last_block.has_value() && !in.under_construction);
  return Serialized(out);
}

Answer PreferredBlockSizeAnswer(const Plan& plan, const ns::Reply& reply) {
  constexpr char kNotFound[] = "java.io.FileNotFoundException";
  if (std::holds_alternative<ns::Absent>(reply.value)) {
    return Failed(
        {.exception_class = kNotFound, .message = Concat("File does not exist: ", plan.path)});
  }
  const ns::FileStatus& status = Get<ns::FileStatus>(reply);
  if (status.type != ns::FileType::kFile) {
    return Failed(
        {.exception_class = kNotFound, .message = Concat("Path is not a file: ", plan.path)});
  }
  GetPreferredBlockSizeResponseProto out;
  out.set_bsize(status.block_size);
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

}  // namespace

Answer AnswerTo(const ServiceFacts& facts, const Plan& plan, const ns::Reply& reply) {
  // For msync only the position counts.
  if (plan.method == Method::kMsync) return Serialized(MsyncResponseProto());
  if (reply.code != ns::Code::kOk) return Failed(ErrorOf(reply));
  switch (plan.method) {
    case Method::kMkdirs:
      return TruthAnswer<MkdirsResponseProto>(reply);
    case Method::kComplete:
      return TruthAnswer<CompleteResponseProto>(reply);
    case Method::kDelete:
      return TruthAnswer<DeleteResponseProto>(reply);
    case Method::kRename:
      return TruthAnswer<RenameResponseProto>(reply);
    case Method::kRename2:
      return Serialized(Rename2ResponseProto());
    case Method::kSetTimes:
      return Serialized(SetTimesResponseProto());
    case Method::kSetPermission:
      return Serialized(SetPermissionResponseProto());
    case Method::kSetOwner:
      return Serialized(SetOwnerResponseProto());
    case Method::kCreate:
      return StatusAnswer<CreateResponseProto>(reply);
    case Method::kGetFileInfo:
      return StatusAnswer<GetFileInfoResponseProto>(reply);
    case Method::kGetFileLinkInfo:
      return StatusAnswer<GetFileLinkInfoResponseProto>(reply);
    case Method::kGetListing:
      return ListingAnswer(reply);
    case Method::kGetContentSummary:
      return ContentSummaryAnswer(reply);
    case Method::kGetBlockLocations:
      return BlockLocationsAnswer(facts, reply);
    case Method::kGetPreferredBlockSize:
      return PreferredBlockSizeAnswer(plan, reply);
    case Method::kIsFileClosed: {
      IsFileClosedResponseProto out;
      out.set_result(!Get<ns::BlockLocations>(reply).under_construction);
      return Serialized(out);
    }
    case Method::kAddBlock: {
      AddBlockResponseProto out;
      // Where the block will begin in the file is not needed for writing it: clients count for
      // themselves.
      FillBlock(facts, Get<ns::Block>(reply), 0, out.mutable_block());
      return Serialized(out);
    }
    default:
      break;
  }
  CHECK(false) << "this method is not answered by the namespace: " << static_cast<int>(plan.method);
  return {};
}

Answer AnswerLocally(const ServiceFacts& facts, const Plan& plan, const LocalState& state) {
  switch (plan.method) {
    case Method::kGetServerDefaults: {
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
      // Set and empty: there are no encryption zones, so clients need not ask for them with each
      // file.
      defaults->set_keyprovideruri("");
      defaults->set_policyid(7);  // HOT, HDFS's default
      defaults->set_snapshottrashrootenabled(false);
      return Serialized(out);
    }
    case Method::kGetFsStats: {
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
    case Method::kGetDatanodeReport:
      return Serialized(GetDatanodeReportResponseProto());
    case Method::kRenewLease:
      return Serialized(RenewLeaseResponseProto());
    case Method::kSetSafeMode: {
      SetSafeModeResponseProto out;
      out.set_result(false);
      return Serialized(out);
    }
    case Method::kGetHaServiceState: {
      HAServiceStateResponseProto out;
      out.set_state(HaState(state));
      return Serialized(out);
    }
    case Method::kGetServiceStatus: {
      ::hadoop::common::GetServiceStatusResponseProto out;
      out.set_state(HaState(state));
      out.set_readytobecomeactive(state.role != LocalState::Role::kStarting);
      if (state.role == LocalState::Role::kStarting)
        out.set_notreadyreason("The master is starting.");
      return Serialized(out);
    }
    case Method::kMonitorHealth:
      return Serialized(::hadoop::common::MonitorHealthResponseProto());
    case Method::kVersionRequest: {
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
    default:
      break;
  }
  CHECK(false) << "this method is not answered locally: " << static_cast<int>(plan.method);
  return {};
}

}  // namespace jfs::net::hadoop
