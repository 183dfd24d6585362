#include "net/hadoop/translate.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "net/hadoop/proto/client_namenode.pb.h"
#include "net/hadoop/translate_testing.h"

namespace jfs::net::hadoop {
namespace {

using namespace ::hadoop::hdfs;  // NOLINT: message names
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Translate, MkdirsKeepsTheBitsThatHdfsKeeps) {
  MkdirsRequestProto in;
  in.set_src("/a");
  in.mutable_masked()->set_perm(0x800001ed);  // the Go client adds its own directory bit
  in.set_createparent(true);
  const auto out = OperationOf<ns::Mkdirs>(PlanOf("mkdirs", in));
  EXPECT_EQ(out.path, "/a");
  EXPECT_EQ(out.mode, 0755);
  EXPECT_TRUE(out.create_parent);
  in.mutable_masked()->set_perm(07777);
  EXPECT_EQ(OperationOf<ns::Mkdirs>(PlanOf("mkdirs", in)).mode, 01777);
}

TEST(Translate, Create) {
  CreateRequestProto in;
  in.set_src("/f");
  in.mutable_masked()->set_perm(0644);
  in.set_clientname("DFSClient_1");
  in.set_createflag(0x83);  // CREATE, OVERWRITE, SHOULD_REPLICATE
  in.set_createparent(false);
  in.set_replication(2);
  in.set_blocksize(16);
  const auto out = OperationOf<ns::Create>(PlanOf("create", in));
  EXPECT_EQ(out.path, "/f");
  EXPECT_EQ(out.client_name, "DFSClient_1");
  EXPECT_EQ(out.flags, ns::Create::kCreate | ns::Create::kOverwrite);
  EXPECT_FALSE(out.create_parent);
  EXPECT_EQ(out.replication, 2u);
  EXPECT_EQ(out.block_size, 16u);
}

// A name is kept with every file that its client has open, and stands in the log.
TEST(Translate, NamesOfClientsAreBounded) {
  const std::string fits(1024, 'c'), longer(1025, 'c');
  const auto with = [](const char* fields, const std::string& name, const char* field) {
    return std::string(fields) + " " + field + ": '" + name + "'";
  };
  const auto plans = [&](const std::string& name) {
    constexpr char kFile[] = "src: '/f'";
    constexpr char kBlock[] = "block { poolId: 'BP-1' blockId: 1 generationStamp: 1 }";
    const std::string of_file = with(kFile, name, "clientName");
    const std::string of_block = with(kBlock, name, "clientName");
    return std::vector<std::pair<const char*, Plan>>{
        {"create", PlanOfText<CreateRequestProto>(
                       "create", of_file + " masked { perm: 420 } createFlag: 1 createParent: true "
                                           "replication: 1 blockSize: 1")},
        {"append", PlanOfText<AppendRequestProto>("append", of_file)},
        {"addBlock", PlanOfText<AddBlockRequestProto>("addBlock", of_file)},
        {"abandonBlock",
         PlanOfText<AbandonBlockRequestProto>(
             "abandonBlock",
             with(kFile, name, "holder") + " b { poolId: 'BP-1' blockId: 1 generationStamp: 1 }")},
        {"complete", PlanOfText<CompleteRequestProto>("complete", of_file)},
        {"fsync", PlanOfText<FsyncRequestProto>("fsync", with(kFile, name, "client"))},
        {"truncate", PlanOfText<TruncateRequestProto>("truncate", of_file + " newLength: 0")},
        {"recoverLease", PlanOfText<RecoverLeaseRequestProto>("recoverLease", of_file)},
        {"renewLease",
         PlanOfText<RenewLeaseRequestProto>("renewLease", with("", name, "clientName"))},
        {"updateBlockForPipeline",
         PlanOfText<UpdateBlockForPipelineRequestProto>("updateBlockForPipeline", of_block)},
    };
  };
  for (const auto& [method, plan] : plans(fits)) {
    EXPECT_FALSE(std::holds_alternative<Refusal>(plan.action)) << method;
  }
  for (const auto& [method, plan] : plans(longer)) {
    SCOPED_TRACE(method);
    const IpcError error = ErrorIn(plan);
    EXPECT_EQ(error.exception_class, "org.apache.hadoop.HadoopIllegalArgumentException");
    EXPECT_EQ(error.message, "The name of the client is 1025 bytes long; the limit is 1024.");
  }
}

TEST(Translate, AddBlockAndCompleteCheckThePool) {
  AddBlockRequestProto in;
  in.set_src("/f");
  in.set_clientname("c");
  in.set_fileid(16390);
  const auto first = OperationOf<ns::AddBlock>(PlanOf("addBlock", in));
  EXPECT_EQ(first.file_id, 16390u);
  EXPECT_FALSE(first.previous.has_value());
  EXPECT_EQ(first.live_data_servers, 0u);
  in.mutable_previous()->set_poolid("BP-1");
  in.mutable_previous()->set_blockid(11);
  in.mutable_previous()->set_generationstamp(12);
  in.mutable_previous()->set_numbytes(13);
  EXPECT_EQ(OperationOf<ns::AddBlock>(PlanOf("addBlock", in)).previous,
            (ns::Block{.id = 11, .generation_stamp = 12, .bytes = 13}));
  in.mutable_previous()->set_poolid("BP-2");
  EXPECT_EQ(ErrorIn(PlanOf("addBlock", in)).message, "Unexpected BlockPoolId BP-2 - expected BP-1");

  CompleteRequestProto complete;
  complete.set_src("/f");
  complete.set_clientname("c");
  *complete.mutable_last() = in.previous();
  EXPECT_EQ(ErrorIn(PlanOf("complete", complete)).exception_class, "java.io.IOException");
  complete.mutable_last()->set_poolid("BP-1");
  EXPECT_EQ(OperationOf<ns::Complete>(PlanOf("complete", complete)).last->bytes, 13u);
}

TEST(Translate, SetTimesLeavesWhatIsMinusOne) {
  SetTimesRequestProto in;
  in.set_src("/f");
  in.set_mtime(UINT64_MAX);
  in.set_atime(5);
  const auto out = OperationOf<ns::SetTimes>(PlanOf("setTimes", in));
  EXPECT_FALSE(out.mtime.has_value());
  EXPECT_EQ(out.atime, WallMillis(5));
}

TEST(Translate, SetOwnerLeavesWhatIsAbsentOrEmpty) {
  SetOwnerRequestProto in;
  in.set_src("/f");
  in.set_username("");
  in.set_groupname("g");
  const auto out = OperationOf<ns::SetOwner>(PlanOf("setOwner", in));
  EXPECT_FALSE(out.user.has_value());
  EXPECT_EQ(out.group, "g");
}

TEST(Translate, TheRestOfTheMutations) {
  DeleteRequestProto del;
  del.set_src("/d");
  del.set_recursive(true);
  EXPECT_TRUE(OperationOf<ns::Delete>(PlanOf("delete", del)).recursive);
  RenameRequestProto rename;
  rename.set_src("/a");
  rename.set_dst("/b");
  EXPECT_EQ(OperationOf<ns::Rename>(PlanOf("rename", rename)).target, "/b");
  Rename2RequestProto rename2;
  rename2.set_src("/a");
  rename2.set_dst("/b");
  rename2.set_overwritedest(true);
  rename2.set_movetotrash(true);
  const auto out = OperationOf<ns::Rename2>(PlanOf("rename2", rename2));
  EXPECT_TRUE(out.overwrite);
  EXPECT_TRUE(out.to_trash);
  SetPermissionRequestProto mode;
  mode.set_src("/a");
  mode.mutable_permission()->set_perm(0xffff);
  EXPECT_EQ(OperationOf<ns::SetPermission>(PlanOf("setPermission", mode)).mode, 01777);
}

TEST(Translate, Reads) {
  GetListingRequestProto listing;
  listing.set_src("/d");
  listing.set_startafter("x");
  listing.set_needlocation(false);
  const auto query = QueryOf<ns::GetListing>(PlanOf("getListing", listing));
  EXPECT_EQ(query.start_after, "x");
  EXPECT_EQ(query.limit, 1000u);
  GetBlockLocationsRequestProto locations;
  locations.set_src("/f");
  locations.set_offset(3);
  locations.set_length(4);
  EXPECT_EQ(QueryOf<ns::GetBlockLocations>(PlanOf("getBlockLocations", locations)).length, 4u);
}

TEST(Translate, WhatIsNotThereIsSaidAsHadoopSaysIt) {
  using Header = ::hadoop::common::RpcResponseHeaderProto;
  const IpcError protocol = ErrorIn(Translate(Facts(), "x.Y", 1, "m", ""));
  EXPECT_EQ(protocol.exception_class, "org.apache.hadoop.ipc.RpcNoSuchProtocolException");
  EXPECT_EQ(protocol.message, "Unknown protocol: x.Y");
  EXPECT_EQ(protocol.detail, Header::ERROR_NO_SUCH_PROTOCOL);
  const IpcError method = ErrorIn(Translate(Facts(), kClientProtocol, 1, "getFileinfo", ""));
  EXPECT_EQ(method.exception_class, "org.apache.hadoop.ipc.RpcNoSuchMethodException");
  EXPECT_EQ(method.message,
            "Unknown method getFileinfo called on org.apache.hadoop.hdfs.protocol.ClientProtocol "
            "protocol.");
  EXPECT_EQ(method.detail, Header::ERROR_NO_SUCH_METHOD);
  // A name may be anything; not all of it comes back.
  EXPECT_EQ(ErrorIn(Translate(Facts(), "x\xff", 1, "m", "")).message, "Unknown protocol: x\\xff");
  EXPECT_EQ(ErrorIn(Translate(Facts(), std::string(1 << 20, 'x'), 1, "m", "")).message,
            "Unknown protocol: " + std::string(200, 'x') + "...");
  EXPECT_LT(
      ErrorIn(Translate(Facts(), kClientProtocol, 1, std::string(1 << 20, 'x'), "")).message.size(),
      500u);
  const IpcError version = ErrorIn(Translate(Facts(), kClientProtocol, 2, "mkdirs", ""));
  EXPECT_EQ(version.exception_class, "org.apache.hadoop.ipc.RPC$VersionMismatch");
  EXPECT_EQ(version.message,
            "Protocol org.apache.hadoop.hdfs.protocol.ClientProtocol version mismatch. (client = "
            "2, server = 1)");
}

// A NameNode 3.5.0 answers a broken request as an error of its call: the connection goes on.
TEST(Translate, BrokenRequests) {
  using Header = ::hadoop::common::RpcResponseHeaderProto;
  constexpr char kClass[] = "org.apache.hadoop.thirdparty.protobuf.InvalidProtocolBufferException";
  const IpcError broken = ErrorIn(Translate(Facts(), kClientProtocol, 1, "mkdirs", "\xff"));
  EXPECT_EQ(broken.exception_class, kClass);
  EXPECT_EQ(broken.detail, Header::ERROR_APPLICATION);
  EXPECT_EQ(broken.message,
            "The request of mkdirs cannot be parsed: it is cut short, or is no such message.");
  const IpcError missing = ErrorIn(PlanOf("getFileInfo", GetFileInfoRequestProto()));
  EXPECT_EQ(missing.exception_class, kClass);
  EXPECT_EQ(missing.message, "Message missing required fields: src");
  // A number that the enum does not have counts as not sent.
  SetSafeModeRequestProto in;
  const Plan plan = Translate(Facts(), kClientProtocol, 1, "setSafeMode", "\x08\x09");
  EXPECT_EQ(ErrorIn(plan).message, "Message missing required fields: action");
}

TEST(Translate, CreatePassesOnWhatIsNamedAndRefusesWhatCannotBeStored) {
  const std::string base =
      "src: '/f' masked { perm: 0644 } clientName: 'c' createFlag: 1 createParent: true "
      "blockSize: 1048576 ";
  const auto plan = [&](const std::string& more) {
    return PlanOfText<CreateRequestProto>("create", base + more);
  };
  const auto op = OperationOf<ns::Create>(plan("replication: 3 unmasked { perm: 0777 }"));
  EXPECT_EQ(op.unmasked, 0777);
  EXPECT_EQ(op.expired_lease, 0u);
  EXPECT_EQ(OperationOf<ns::Create>(plan("replication: 3")).unmasked, std::nullopt);
  // Java's short.
  EXPECT_EQ(OperationOf<ns::Create>(plan("replication: 65537")).replication, 1u);
  EXPECT_EQ(OperationOf<ns::Create>(plan("replication: 4294967295")).replication, UINT32_MAX);
  EXPECT_EQ(OperationOf<ns::Create>(plan("replication: 65535")).replication, UINT32_MAX);
  EXPECT_EQ(OperationOf<ns::Create>(plan("replication: 1 storagePolicy: 'hot'")).path, "/f");
  EXPECT_EQ(OperationOf<ns::Create>(plan("replication: 1 ecPolicyName: 'REPLICATION'")).path, "/f");
  const struct {
    const char* more;
    const char* message;
  } refused[] = {
      {"replication: 1 ecPolicyName: 'RS-6-3-1024k'",
       "Policy 'RS-6-3-1024k' does not match any enabled erasure coding policies: []. An erasure "
       "coding policy can be enabled by enableErasureCodingPolicy API."},
      {"replication: 1 storagePolicy: 'NOPE'", "Cannot find a block policy with the name NOPE"},
      {"replication: 1 storagePolicy: 'COLD'",
       "Storage policy COLD is not supported: every file here is HOT."},
  };
  for (const auto& row : refused) EXPECT_EQ(ErrorIn(plan(row.more)).message, row.message);
  EXPECT_EQ(ErrorIn(PlanOfText<CreateRequestProto>(
                        "create",
                        "src: '/f' masked { perm: 0644 } clientName: 'c' createFlag: 0x81 "
                        "createParent: true blockSize: 1 replication: 1 ecPolicyName: 'x'"))
                .message,
            "SHOULD_REPLICATE flag and ecPolicyName are exclusive parameters. Set both is not "
            "allowed!");
}

TEST(Translate, Append) {
  const auto op = [](const std::string& flag) {
    return OperationOf<ns::Append>(
        PlanOfText<AppendRequestProto>("append", "src: '/f' clientName: 'c' " + flag));
  };
  EXPECT_EQ(op("").path, "/f");
  EXPECT_EQ(op("").client_name, "c");
  EXPECT_FALSE(op("").new_block);
  EXPECT_FALSE(op("flag: 4").new_block);
  EXPECT_TRUE(op("flag: 36").new_block);
}

constexpr char kBlock[] = "{ poolId: 'BP-1' blockId: 11 generationStamp: 12 numBytes: 13 }";
constexpr char kForeign[] = "{ poolId: 'BP-2' blockId: 11 generationStamp: 12 numBytes: 13 }";
constexpr char kNegative[] =
    "{ poolId: 'BP-1' blockId: 11 generationStamp: 12 numBytes: 18446744073709551609 }";
const ns::Block kOurs{.id = 11, .generation_stamp = 12, .bytes = 13};

std::string With(const std::string& field, const char* block, const std::string& more) {
  return field + " " + block + " " + more;
}

TEST(Translate, BlocksOfAnotherPool) {
  const auto abandon = [](const char* block) {
    return OperationOf<ns::AbandonBlock>(PlanOfText<AbandonBlockRequestProto>(
        "abandonBlock", With("b", block, "src: '/f' holder: 'c' fileId: 7")));
  };
  EXPECT_EQ(abandon(kBlock).block, kOurs);
  EXPECT_EQ(abandon(kBlock).client_name, "c");
  EXPECT_EQ(abandon(kBlock).file_id, 7u);
  // HDFS says yes and abandons nothing.
  EXPECT_EQ(abandon(kForeign).block, ns::Block());
  const auto update = [](const char* block) {
    return PlanOfText<UpdateBlockForPipelineRequestProto>("updateBlockForPipeline",
                                                          With("block", block, "clientName: 'c'"));
  };
  EXPECT_EQ(OperationOf<ns::UpdateBlockForPipeline>(update(kBlock)).block, kOurs);
  EXPECT_EQ(ErrorIn(update(kForeign)).message, "BP-2:blk_11_12 does not exist.");
  EXPECT_EQ(ErrorIn(update(kForeign)).exception_class, "java.io.IOException");
  const auto pipeline = [](const char* old_block, const char* new_block) {
    return PlanOfText<UpdatePipelineRequestProto>(
        "updatePipeline",
        With("oldBlock", old_block, With("newBlock", new_block, "clientName: 'c'")));
  };
  EXPECT_EQ(OperationOf<ns::UpdatePipeline>(pipeline(kBlock, kBlock)).new_block, kOurs);
  EXPECT_EQ(ErrorIn(pipeline(kForeign, kBlock)).message, "BP-2:blk_11_12 does not exist.");
  EXPECT_EQ(ErrorIn(pipeline(kBlock, kForeign)).message, "BP-2:blk_11_12 does not exist.");
  EXPECT_EQ(ErrorIn(PlanOfText<GetAdditionalDatanodeRequestProto>(
                        "getAdditionalDatanode",
                        With("blk", kBlock, "src: '/f' numAdditionalNodes: 1 clientName: 'c'")))
                .message,
            "No further data server can take BP-1:blk_11_12 of /f: 0 are alive.");
}

TEST(Translate, NegativeAndHugeNumbers) {
  // Lengths of blocks enter sums.
  const std::string negative = "Block BP-1:blk_11_12 has a negative length: -7";
  EXPECT_EQ(ErrorIn(PlanOfText<AddBlockRequestProto>(
                        "addBlock", With("previous", kNegative, "src: '/f' clientName: 'c'")))
                .message,
            negative);
  EXPECT_EQ(ErrorIn(PlanOfText<CompleteRequestProto>(
                        "complete", With("last", kNegative, "src: '/f' clientName: 'c'")))
                .message,
            negative);
  EXPECT_EQ(ErrorIn(PlanOfText<UpdateBlockForPipelineRequestProto>(
                        "updateBlockForPipeline", With("block", kNegative, "clientName: 'c'")))
                .message,
            negative);
  const IpcError truncate = ErrorIn(PlanOfText<TruncateRequestProto>(
      "truncate", "src: '/f' newLength: 18446744073709551611 clientName: 'c'"));
  EXPECT_EQ(truncate.exception_class, "org.apache.hadoop.HadoopIllegalArgumentException");
  EXPECT_EQ(truncate.message, "Cannot truncate to a negative file size: -5.");
  EXPECT_EQ(OperationOf<ns::Truncate>(
                PlanOfText<TruncateRequestProto>(
                    "truncate", "src: '/f' newLength: 4611686018427387904 clientName: 'c'"))
                .new_length,
            uint64_t{1} << 62);
  for (const char* what : {"offset", "length"}) {
    const bool offset = what == std::string("offset");
    const IpcError error = ErrorIn(PlanOfText<GetBlockLocationsRequestProto>(
        "getBlockLocations", offset ? "src: '/f' offset: 18446744073709551615 length: 1"
                                    : "src: '/f' offset: 1 length: 18446744073709551615"));
    EXPECT_EQ(error.exception_class, "java.lang.IllegalArgumentException");
    EXPECT_EQ(error.message, "Negative " + std::string(what) + " is not supported. File: /f");
  }
  const auto fsync = [](const std::string& length) {
    return OperationOf<ns::Fsync>(
        PlanOfText<FsyncRequestProto>("fsync", "src: '/f' client: 'c' fileId: 3 " + length));
  };
  EXPECT_EQ(fsync("").last_block_length, std::nullopt);
  EXPECT_EQ(fsync("lastBlockLength: -7").last_block_length, std::nullopt);
  EXPECT_EQ(fsync("lastBlockLength: 0").last_block_length, std::nullopt);
  EXPECT_EQ(fsync("lastBlockLength: 5").last_block_length, 5u);
  EXPECT_EQ(fsync("").file_id, 3u);
  const auto times = OperationOf<ns::SetTimes>(PlanOfText<SetTimesRequestProto>(
      "setTimes", "src: '/f' mtime: 18446744073709551614 atime: 4611686018427387904"));
  EXPECT_EQ(times.mtime, std::nullopt);
  EXPECT_EQ(times.atime, WallMillis(uint64_t{1} << 62));
  EXPECT_EQ(
      OperationOf<ns::SetReplication>(PlanOfText<SetReplicationRequestProto>(
                                          "setReplication", "src: '/f' replication: 4294967295"))
          .replication,
      UINT32_MAX);
  EXPECT_EQ(ErrorIn(PlanOfText<SetBalancerBandwidthRequestProto>("setBalancerBandwidth",
                                                                 "bandwidth: 1099511627777"))
                .message,
            "Bandwidth should not exceed maximum limit 1099511627776 bytes per second");
  EXPECT_EQ(
      QueryOf<ns::ListOpenFiles>(PlanOfText<ListOpenFilesRequestProto>("listOpenFiles", "id: -5"))
          .start_after,
      0u);
}

TEST(Translate, PathsThatAreNotUtf8) {
  const std::string bad[] = {"/a/\xff",   "/\xc0\xaf",         "/\xed\xa0\x80", "/\xf4\x90\x80\x80",
                             "/\xe2\x82", "/\xf0\x80\x80\x80", "/\x80"};
  for (const std::string& path : bad) {
    GetFileInfoRequestProto info;
    info.set_src(path);
    const IpcError error = ErrorIn(PlanOf("getFileInfo", info));
    EXPECT_EQ(error.exception_class, "org.apache.hadoop.fs.InvalidPathException");
    EXPECT_THAT(error.message, HasSubstr("is not UTF-8"));
    RenameRequestProto rename;
    rename.set_src("/a");
    rename.set_dst(path);
    EXPECT_EQ(ErrorIn(PlanOf("rename", rename)).message, error.message);
    ConcatRequestProto concat;
    concat.set_trg("/a");
    concat.add_srcs("/b");
    concat.add_srcs(path);
    EXPECT_EQ(ErrorIn(PlanOf("concat", concat)).message, error.message);
  }
  GetFileInfoRequestProto named;
  named.set_src("/a\xff");
  EXPECT_EQ(ErrorIn(PlanOf("getFileInfo", named)).message,
            "Invalid path name /a\\xff: it is not UTF-8");
  for (const std::string& good :
       {std::string("/"), std::string("/a\0b", 4), std::string("/\xc3\xbc"),
        std::string("/\xe2\x82\xac"), std::string("/\xf0\x9f\x98\x80"),
        std::string("/\xee\x80\x80"), std::string("/\xf4\x8f\xbf\xbf"), std::string("/\x01\x7f")}) {
    GetFileInfoRequestProto info;
    info.set_src(good);
    EXPECT_EQ(QueryOf<ns::GetFileInfo>(PlanOf("getFileInfo", info)).path, good);
  }
  SetOwnerRequestProto owner;
  owner.set_src("/a");
  owner.set_username("\xff");
  EXPECT_EQ(ErrorIn(PlanOf("setOwner", owner)).message, "Name \\xff is not UTF-8.");
  // Where a listing goes on need not be a name.
  GetListingRequestProto listing;
  listing.set_src("/a");
  listing.set_startafter("\xff");
  listing.set_needlocation(true);
  EXPECT_EQ(QueryOf<ns::GetListing>(PlanOf("getListing", listing)).start_after, "\xff");
  EXPECT_TRUE(QueryOf<ns::GetListing>(PlanOf("getListing", listing)).need_locations);
}

TEST(Translate, LeaseReplicationAndConcat) {
  EXPECT_EQ(OperationOf<ns::RecoverLease>(
                PlanOfText<RecoverLeaseRequestProto>("recoverLease", "src: '/f' clientName: 'c'"))
                .client_name,
            "c");
  EXPECT_EQ(OperationOf<ns::SetReplication>(PlanOfText<SetReplicationRequestProto>(
                                                "setReplication", "src: '/f' replication: 2"))
                .replication,
            2u);
  const auto concat = OperationOf<ns::Concat>(
      PlanOfText<ConcatRequestProto>("concat", "trg: '/t' srcs: '/a' srcs: '/b'"));
  EXPECT_EQ(concat.target, "/t");
  EXPECT_THAT(concat.sources, ElementsAre("/a", "/b"));
  const Plan renew = PlanOfText<RenewLeaseRequestProto>("renewLease", "clientName: 'c'");
  EXPECT_EQ(renew.category, Category::kWrite);
  EXPECT_THAT(std::get<RenewLease>(renew.action).holders, ElementsAre("c"));
  EXPECT_EQ(ErrorIn(PlanOfText<RenewLeaseRequestProto>(
                        "renewLease", "clientName: 'c' namespaces: 'x' namespaces: 'y'"))
                .message,
            "namespaces([x, y]) should be null or empty");
}

TEST(Translate, ReadsOfTheTree) {
  EXPECT_EQ(QueryOf<ns::GetLocatedFileInfo>(
                PlanOfText<GetLocatedFileInfoRequestProto>("getLocatedFileInfo", "src: '/f'"))
                .path,
            "/f");
  EXPECT_EQ(QueryOf<ns::GetQuotaUsage>(
                PlanOfText<GetQuotaUsageRequestProto>("getQuotaUsage", "path: '/f'"))
                .path,
            "/f");
  EXPECT_EQ(
      QueryOf<ns::IsFileClosed>(PlanOfText<IsFileClosedRequestProto>("isFileClosed", "src: '/f'"))
          .path,
      "/f");
  EXPECT_EQ(QueryOf<ns::CheckAccess>(
                PlanOfText<CheckAccessRequestProto>("checkAccess", "path: '/f' mode: READ_WRITE"))
                .access,
            6);
  const auto open = QueryOf<ns::ListOpenFiles>(PlanOfText<ListOpenFilesRequestProto>(
      "listOpenFiles", "id: 9 types: ALL_OPEN_FILES path: '/d'"));
  EXPECT_EQ(open.start_after, 9u);
  EXPECT_EQ(open.below, "/d");
  EXPECT_EQ(
      QueryOf<ns::ListOpenFiles>(PlanOfText<ListOpenFilesRequestProto>("listOpenFiles", "id: 0"))
          .below,
      "/");
}

TEST(Translate, BatchedListingReadsSomePathsAtATime) {
  std::string text = "startAfter: '' needLocation: false";
  for (int i = 0; i < 12; ++i) text += " paths: '/d" + std::to_string(i) + "'";
  const Plan plan = PlanOfText<GetBatchedListingRequestProto>("getBatchedListing", text);
  const auto& queries = std::get<Reads>(plan.action).queries;
  ASSERT_EQ(queries.size(), 10u);
  EXPECT_EQ(std::get<ns::GetListing>(queries[9]).path, "/d9");
  for (int i = 0; i < 89; ++i) text += " paths: '/d'";
  EXPECT_EQ(ErrorIn(PlanOfText<GetBatchedListingRequestProto>("getBatchedListing", text)).message,
            "Too many source paths (101 > 100)");
  EXPECT_THAT(ErrorIn(PlanOfText<GetBatchedListingRequestProto>(
                          "getBatchedListing", "paths: '/d' startAfter: 'xx' needLocation: false"))
                  .message,
              HasSubstr("was given for other paths"));
}

}  // namespace
}  // namespace jfs::net::hadoop
