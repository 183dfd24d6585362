#include "net/hadoop/translate.h"

#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "net/hadoop/proto/client_namenode.pb.h"
#include "net/hadoop/proto/ha_service.pb.h"
#include "net/hadoop/proto/namenode.pb.h"

namespace jfs::net::hadoop {
namespace {

using namespace ::hadoop::hdfs;  // NOLINT: message names
using testing::HasSubstr;

ServiceFacts Facts() {
  ServiceFacts facts;
  facts.block_pool_id = "BP-1";
  facts.cluster_id = "CID-7";
  facts.namespace_number = 7;
  facts.software_version = "3.5.0";
  return facts;
}

Plan PlanOf(std::string_view method, const google::protobuf::MessageLite& request) {
  return Translate(Facts(), kClientProtocol, 1, method, request.SerializePartialAsString());
}

template <typename T>
T OperationOf(const Plan& plan) {
  const Mutation* mutation = std::get_if<Mutation>(&plan.action);
  if (mutation == nullptr) {
    ADD_FAILURE() << "not a mutation: " << plan.action.index();
    return T();
  }
  EXPECT_EQ(plan.category, Category::kWrite);
  return std::get<T>(mutation->operation);
}

template <typename T>
T QueryOf(const Plan& plan) {
  const Read* read = std::get_if<Read>(&plan.action);
  if (read == nullptr) {
    ADD_FAILURE() << "not a read: " << plan.action.index();
    return T();
  }
  EXPECT_EQ(plan.category, Category::kRead);
  return std::get<T>(read->query);
}

IpcError ErrorIn(const Plan& plan) {
  const Refusal* refusal = std::get_if<Refusal>(&plan.action);
  if (refusal == nullptr) {
    ADD_FAILURE() << "not refused: " << plan.action.index();
    return {};
  }
  return refusal->error;
}

template <typename T>
T Parsed(const Answer& answer) {
  EXPECT_FALSE(answer.error.has_value()) << answer.error->message;
  T out;
  EXPECT_TRUE(out.ParseFromString(answer.response));
  return out;
}

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
  in.set_ecpolicyname("RS-6-3-1024k");
  EXPECT_EQ(ErrorIn(PlanOf("create", in)).exception_class,
            "java.lang.UnsupportedOperationException");
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
  locations.set_offset(UINT64_MAX);
  EXPECT_EQ(ErrorIn(PlanOf("getBlockLocations", locations)).message,
            "Negative offset is not supported. File: /f");
}

TEST(Translate, WhatIsNotThereIsSaidAsHadoopSaysIt) {
  const GetFileInfoRequestProto any;
  const IpcError protocol = ErrorIn(Translate(Facts(), "x.Y", 1, "m", ""));
  EXPECT_EQ(protocol.exception_class, "org.apache.hadoop.ipc.RpcNoSuchProtocolException");
  EXPECT_EQ(protocol.message, "Unknown protocol: x.Y");
  EXPECT_EQ(protocol.detail, ::hadoop::common::RpcResponseHeaderProto::ERROR_NO_SUCH_PROTOCOL);
  const IpcError method = ErrorIn(Translate(Facts(), kClientProtocol, 1, "getQuotaUsage", ""));
  EXPECT_EQ(method.exception_class, "org.apache.hadoop.ipc.RpcNoSuchMethodException");
  EXPECT_EQ(method.message,
            "Unknown method getQuotaUsage called on org.apache.hadoop.hdfs.protocol.ClientProtocol "
            "protocol.");
  const IpcError version = ErrorIn(Translate(Facts(), kClientProtocol, 2, "mkdirs", ""));
  EXPECT_EQ(version.exception_class, "org.apache.hadoop.ipc.RPC$VersionMismatch");
  EXPECT_EQ(version.message,
            "Protocol org.apache.hadoop.hdfs.protocol.ClientProtocol version mismatch. (client = "
            "2, server = 1)");
  const IpcError absent = ErrorIn(Translate(Facts(), kClientProtocol, 1, "append", ""));
  EXPECT_EQ(absent.exception_class, "java.lang.UnsupportedOperationException");
  EXPECT_EQ(absent.message, "append is not supported yet.");
  const IpcError broken = ErrorIn(Translate(Facts(), kClientProtocol, 1, "mkdirs", "\xff"));
  EXPECT_EQ(broken.detail, ::hadoop::common::RpcResponseHeaderProto::FATAL_DESERIALIZING_REQUEST);
  // A required field is missing.
  EXPECT_EQ(ErrorIn(PlanOf("getFileInfo", any)).detail,
            ::hadoop::common::RpcResponseHeaderProto::FATAL_DESERIALIZING_REQUEST);
}

TEST(Translate, EveryMethodIsFoundByItsName) {
  // The tables are searched by halving: one name out of order would be lost.
  for (const char* method : {"addBlock",
                             "complete",
                             "create",
                             "delete",
                             "getBlockLocations",
                             "getContentSummary",
                             "getDatanodeReport",
                             "getFileInfo",
                             "getFileLinkInfo",
                             "getFsStats",
                             "getHAServiceState",
                             "getListing",
                             "getPreferredBlockSize",
                             "getServerDefaults",
                             "isFileClosed",
                             "mkdirs",
                             "msync",
                             "rename",
                             "rename2",
                             "renewLease",
                             "setOwner",
                             "setPermission",
                             "setSafeMode",
                             "setTimes"}) {
    const Plan plan = Translate(Facts(), kClientProtocol, 1, method, "\xff");
    EXPECT_EQ(ErrorIn(plan).detail,
              ::hadoop::common::RpcResponseHeaderProto::FATAL_DESERIALIZING_REQUEST)
        << method;
  }
  for (const char* method :
       {"abandonBlock", "addCacheDirective", "append", "checkAccess", "concat", "fsync",
        "getAclStatus", "getDelegationToken", "recoverLease", "removeAcl", "removeXAttr", "setAcl",
        "setReplication", "setXAttr", "truncate", "updatePipeline"}) {
    EXPECT_EQ(ErrorIn(Translate(Facts(), kClientProtocol, 1, method, "")).exception_class,
              "java.lang.UnsupportedOperationException")
        << method;
  }
}

Plan PlanFor(Method method, std::string path = "") {
  Plan plan;
  plan.method = method;
  plan.path = std::move(path);
  return plan;
}

ns::FileStatus File() {
  return {.type = ns::FileType::kFile,
          .name = "f",
          .length = 11,
          .mode = 0644,
          .owner = "alice",
          .group = "staff",
          .mtime = WallMillis(1700000000000),
          .atime = WallMillis(1700000000001),
          .replication = 1,
          .block_size = 134217728,
          .id = 16386};
}

TEST(AnswerTo, FileStatus) {
  const auto out = Parsed<GetFileInfoResponseProto>(
      AnswerTo(Facts(), PlanFor(Method::kGetFileInfo), {.value = File()}));
  EXPECT_EQ(out.fs().filetype(), HdfsFileStatusProto::IS_FILE);
  EXPECT_EQ(out.fs().path(), "f");
  EXPECT_EQ(out.fs().length(), 11u);
  EXPECT_EQ(out.fs().permission().perm(), 0644u);
  EXPECT_EQ(out.fs().owner(), "alice");
  EXPECT_EQ(out.fs().modification_time(), 1700000000000u);
  EXPECT_EQ(out.fs().blocksize(), 134217728u);
  EXPECT_EQ(out.fs().fileid(), 16386u);
  EXPECT_TRUE(out.fs().has_flags());
}

TEST(AnswerTo, MissingIsNotAnError) {
  const ns::Reply absent{.value = ns::Absent{}};
  EXPECT_EQ(AnswerTo(Facts(), PlanFor(Method::kGetFileInfo), absent).response, "");
  EXPECT_EQ(AnswerTo(Facts(), PlanFor(Method::kGetListing), absent).response, "");
  const Answer size = AnswerTo(Facts(), PlanFor(Method::kGetPreferredBlockSize, "/no"), absent);
  EXPECT_EQ(size.error->exception_class, "java.io.FileNotFoundException");
  EXPECT_EQ(size.error->message, "File does not exist: /no");
}

TEST(AnswerTo, RefusalsOfTheNamespace) {
  const Answer answer = AnswerTo(Facts(), PlanFor(Method::kMkdirs),
                                 {.code = ns::Code::kFileNotFound, .arguments = {"/x"}});
  ASSERT_TRUE(answer.error.has_value());
  EXPECT_EQ(answer.error->exception_class, "java.io.FileNotFoundException");
  EXPECT_THAT(answer.error->message, HasSubstr("/x"));
}

TEST(AnswerTo, Listing) {
  const auto out = Parsed<GetListingResponseProto>(
      AnswerTo(Facts(), PlanFor(Method::kGetListing),
               {.value = ns::Listing{.entries = {File()}, .remaining = 3}}));
  ASSERT_EQ(out.dirlist().partiallisting_size(), 1);
  EXPECT_EQ(out.dirlist().partiallisting(0).path(), "f");
  EXPECT_EQ(out.dirlist().remainingentries(), 3u);
}

TEST(AnswerTo, ContentSummaryHasNoQuotas) {
  const auto out = Parsed<GetContentSummaryResponseProto>(AnswerTo(
      Facts(), PlanFor(Method::kGetContentSummary),
      {.value =
           ns::ContentSummary{.length = 1, .files = 2, .directories = 3, .space_consumed = 4}}));
  EXPECT_EQ(out.summary().filecount(), 2u);
  EXPECT_EQ(out.summary().directorycount(), 3u);
  EXPECT_EQ(out.summary().spaceconsumed(), 4u);
  EXPECT_EQ(out.summary().quota(), UINT64_MAX);
}

TEST(AnswerTo, BlockLocations) {
  ns::BlockLocations in{.file_length = 250, .block_size = 100};
  in.blocks = {{.id = 2, .generation_stamp = 1, .bytes = 100},
               {.id = 3, .generation_stamp = 1, .bytes = 50}};
  in.first_offset = 100;
  in.last_block = in.blocks.back();
  auto out = Parsed<GetBlockLocationsResponseProto>(
      AnswerTo(Facts(), PlanFor(Method::kGetBlockLocations), {.value = in}));
  EXPECT_EQ(out.locations().blocks(0).offset(), 100u);
  EXPECT_EQ(out.locations().blocks(1).offset(), 200u);
  EXPECT_EQ(out.locations().blocks(1).b().poolid(), "BP-1");
  EXPECT_TRUE(out.locations().islastblockcomplete());
  EXPECT_EQ(out.locations().lastblock().offset(), 200u);
  // An empty file.
  out = Parsed<GetBlockLocationsResponseProto>(
      AnswerTo(Facts(), PlanFor(Method::kGetBlockLocations), {.value = ns::BlockLocations{}}));
  EXPECT_FALSE(out.locations().islastblockcomplete());
  EXPECT_FALSE(out.locations().has_lastblock());
  // Being written: the length does not count the last block.
  in.under_construction = true;
  in.file_length = 200;
  out = Parsed<GetBlockLocationsResponseProto>(
      AnswerTo(Facts(), PlanFor(Method::kGetBlockLocations), {.value = in}));
  EXPECT_FALSE(out.locations().islastblockcomplete());
  EXPECT_EQ(out.locations().lastblock().offset(), 200u);
}

TEST(AnswerTo, Truths) {
  for (const bool value : {false, true}) {
    const ns::Reply reply{.value = ns::Truth{value}};
    EXPECT_EQ(
        Parsed<MkdirsResponseProto>(AnswerTo(Facts(), PlanFor(Method::kMkdirs), reply)).result(),
        value);
    EXPECT_EQ(
        Parsed<DeleteResponseProto>(AnswerTo(Facts(), PlanFor(Method::kDelete), reply)).result(),
        value);
    EXPECT_EQ(
        Parsed<RenameResponseProto>(AnswerTo(Facts(), PlanFor(Method::kRename), reply)).result(),
        value);
    EXPECT_EQ(Parsed<CompleteResponseProto>(AnswerTo(Facts(), PlanFor(Method::kComplete), reply))
                  .result(),
              value);
  }
}

TEST(AnswerLocally, ServerDefaultsAsRecordedFromANameNode) {
  const auto out = Parsed<GetServerDefaultsResponseProto>(
      AnswerLocally(Facts(), PlanFor(Method::kGetServerDefaults), {}));
  EXPECT_EQ(out.serverdefaults().blocksize(), 134217728u);
  EXPECT_EQ(out.serverdefaults().bytesperchecksum(), 512u);
  EXPECT_EQ(out.serverdefaults().writepacketsize(), 65536u);
  EXPECT_EQ(out.serverdefaults().checksumtype(), CHECKSUM_CRC32C);
  EXPECT_TRUE(out.serverdefaults().has_keyprovideruri());
  EXPECT_EQ(out.serverdefaults().keyprovideruri(), "");
}

TEST(AnswerLocally, HaStateFollowsTheRole) {
  const std::pair<LocalState::Role, ::hadoop::common::HAServiceStateProto> cases[] = {
      {LocalState::Role::kStarting, ::hadoop::common::INITIALIZING},
      {LocalState::Role::kLeader, ::hadoop::common::ACTIVE},
      {LocalState::Role::kFollower, ::hadoop::common::STANDBY}};
  for (const auto& [role, want] : cases) {
    EXPECT_EQ(Parsed<HAServiceStateResponseProto>(
                  AnswerLocally(Facts(), PlanFor(Method::kGetHaServiceState), {.role = role}))
                  .state(),
              want);
    EXPECT_EQ(Parsed<::hadoop::common::GetServiceStatusResponseProto>(
                  AnswerLocally(Facts(), PlanFor(Method::kGetServiceStatus), {.role = role}))
                  .state(),
              want);
  }
}

TEST(AnswerLocally, VersionRequestNamesTheCluster) {
  const auto out =
      Parsed<VersionResponseProto>(AnswerLocally(Facts(), PlanFor(Method::kVersionRequest), {}));
  EXPECT_EQ(out.info().blockpoolid(), "BP-1");
  EXPECT_EQ(out.info().storageinfo().clusterid(), "CID-7");
}

TEST(SetSafeMode, AskingAndLeavingAnswerFalseAndEnteringIsRefused) {
  SetSafeModeRequestProto in;
  in.set_action(SAFEMODE_GET);
  Plan plan = PlanOf("setSafeMode", in);
  EXPECT_FALSE(plan.superuser_only);
  EXPECT_FALSE(Parsed<SetSafeModeResponseProto>(AnswerLocally(Facts(), plan, {})).result());
  in.set_action(SAFEMODE_LEAVE);
  EXPECT_TRUE(PlanOf("setSafeMode", in).superuser_only);
  in.set_action(SAFEMODE_ENTER);
  EXPECT_EQ(ErrorIn(PlanOf("setSafeMode", in)).exception_class,
            "java.lang.UnsupportedOperationException");
}

TEST(Errors, StandbyInTheWordsThatStandInClientsLogs) {
  EXPECT_EQ(StandbyError(Category::kRead).message,
            "Operation category READ is not supported in state standby. Visit "
            "https://s.apache.org/sbnn-error");
  EXPECT_EQ(StandbyError(Category::kWrite).exception_class,
            "org.apache.hadoop.ipc.StandbyException");
}

}  // namespace
}  // namespace jfs::net::hadoop
