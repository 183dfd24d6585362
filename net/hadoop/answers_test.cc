#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "net/hadoop/proto/client_namenode.pb.h"
#include "net/hadoop/proto/ha_service.pb.h"
#include "net/hadoop/proto/namenode.pb.h"
#include "net/hadoop/proto/user_mappings.pb.h"
#include "net/hadoop/translate.h"
#include "net/hadoop/translate_testing.h"

namespace jfs::net::hadoop {
namespace {

using namespace ::hadoop::hdfs;  // NOLINT: message names
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kNotFound[] = "java.io.FileNotFoundException";

// What the client gets for `reply` to this request.
template <typename Request>
Answer AnswerFor(std::string_view method, const std::string& request, const ns::Reply& reply) {
  Plan plan = PlanOfText<Request>(method, request);
  plan.user = "carol";
  return AnswerTo(Facts(), plan, reply);
}

template <typename Request, typename Response>
Response ResponseFor(std::string_view method, const std::string& request, const ns::Reply& reply) {
  return Parsed<Response>(AnswerFor<Request>(method, request, reply));
}

IpcError ErrorFor(const Answer& answer) {
  EXPECT_TRUE(answer.error.has_value()) << "it was answered";
  return answer.error.value_or(IpcError());
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
ns::FileStatus Directory() {
  return {.type = ns::FileType::kDirectory,
          .name = "d",
          .mode = 01755,
          .owner = "alice",
          .group = "staff",
          .id = 16387,
          .children = 2,
          .has_acl = true};
}
const ns::Reply kAbsent{.value = ns::Absent{}};

TEST(AnswerTo, FileStatus) {
  const auto out = ResponseFor<GetFileInfoRequestProto, GetFileInfoResponseProto>(
      "getFileInfo", "src: '/f'", {.value = File()});
  EXPECT_EQ(out.fs().filetype(), HdfsFileStatusProto::IS_FILE);
  EXPECT_EQ(out.fs().path(), "f");
  EXPECT_EQ(out.fs().length(), 11u);
  EXPECT_EQ(out.fs().permission().perm(), 0644u);
  EXPECT_EQ(out.fs().owner(), "alice");
  EXPECT_EQ(out.fs().modification_time(), 1700000000000u);
  EXPECT_EQ(out.fs().blocksize(), 134217728u);
  EXPECT_EQ(out.fs().fileid(), 16386u);
  EXPECT_TRUE(out.fs().has_flags());
  EXPECT_EQ(out.fs().flags(), 0u);
  const auto directory = ResponseFor<GetFileLinkInfoRequestProto, GetFileLinkInfoResponseProto>(
      "getFileLinkInfo", "src: '/d'", {.value = Directory()});
  EXPECT_EQ(directory.fs().flags(), static_cast<uint32_t>(HdfsFileStatusProto::HAS_ACL));
  EXPECT_EQ(directory.fs().childrennum(), 2);
  EXPECT_EQ(directory.fs().permission().perm(), 01755u);
}

TEST(AnswerTo, MissingIsNotAlwaysAnError) {
  EXPECT_EQ(AnswerFor<GetFileInfoRequestProto>("getFileInfo", "src: '/no'", kAbsent).response, "");
  EXPECT_EQ(AnswerFor<GetLocatedFileInfoRequestProto>("getLocatedFileInfo", "src: '/no'", kAbsent)
                .response,
            "");
  EXPECT_EQ(AnswerFor<GetListingRequestProto>(
                "getListing", "src: '/no' startAfter: '' needLocation: false", kAbsent)
                .response,
            "");
  const auto size = [](const ns::Reply& reply) {
    return AnswerFor<GetPreferredBlockSizeRequestProto>("getPreferredBlockSize", "filename: '/no'",
                                                        reply);
  };
  const ns::Reply missing{.code = ns::Code::kFileNotFound, .arguments = {"/no"}};
  EXPECT_EQ(ErrorFor(size(missing)).exception_class, kNotFound);
  EXPECT_EQ(ErrorFor(size(missing)).message, "File does not exist: /no");
  EXPECT_EQ(Parsed<GetPreferredBlockSizeResponseProto>(size({.value = File()})).bsize(),
            134217728u);
}

TEST(AnswerTo, RefusalsOfTheNamespace) {
  const IpcError error = ErrorFor(
      AnswerFor<MkdirsRequestProto>("mkdirs", "src: '/x' masked { perm: 0755 } createParent: true",
                                    {.code = ns::Code::kFileNotFound, .arguments = {"/x"}}));
  EXPECT_EQ(error.exception_class, kNotFound);
  EXPECT_THAT(error.message, HasSubstr("/x"));
}

ns::BlockLocations TwoBlocks() {
  ns::BlockLocations out{.file_length = 250, .block_size = 100};
  out.blocks = {{.id = 2, .generation_stamp = 1, .bytes = 100},
                {.id = 3, .generation_stamp = 1, .bytes = 50}};
  out.first_offset = 100;
  out.last_block = out.blocks.back();
  out.last_block_complete = true;
  return out;
}

TEST(AnswerTo, ListingsAndTheirLocations) {
  ns::Listing listing{.entries = {Directory(), File()}, .remaining = 3};
  const auto page = [&] {
    return ResponseFor<GetListingRequestProto, GetListingResponseProto>(
        "getListing", "src: '/' startAfter: '' needLocation: true", {.value = listing});
  };
  ASSERT_EQ(page().dirlist().partiallisting_size(), 2);
  EXPECT_EQ(page().dirlist().partiallisting(1).path(), "f");
  EXPECT_EQ(page().dirlist().remainingentries(), 3u);
  EXPECT_FALSE(page().dirlist().partiallisting(1).has_locations());
  listing.locations = {ns::BlockLocations(), TwoBlocks()};
  EXPECT_FALSE(page().dirlist().partiallisting(0).has_locations());
  EXPECT_EQ(page().dirlist().partiallisting(1).locations().blocks(1).offset(), 200u);
  listing.remaining = UINT64_MAX;
  EXPECT_EQ(page().dirlist().remainingentries(), static_cast<uint32_t>(INT32_MAX));
  const auto located = ResponseFor<GetLocatedFileInfoRequestProto, GetLocatedFileInfoResponseProto>(
      "getLocatedFileInfo", "src: '/f'",
      {.value = ns::LocatedStatus{.status = File(), .locations = TwoBlocks()}});
  EXPECT_EQ(located.fs().locations().filelength(), 250u);
  const auto directory =
      ResponseFor<GetLocatedFileInfoRequestProto, GetLocatedFileInfoResponseProto>(
          "getLocatedFileInfo", "src: '/d'",
          {.value = ns::LocatedStatus{.status = Directory(), .locations = std::nullopt}});
  EXPECT_TRUE(directory.has_fs());
  EXPECT_FALSE(directory.fs().has_locations());
}

TEST(AnswerTo, BlockLocations) {
  const auto answer = [](const ns::BlockLocations& in) {
    return ResponseFor<GetBlockLocationsRequestProto, GetBlockLocationsResponseProto>(
        "getBlockLocations", "src: '/f' offset: 0 length: 1", {.value = in});
  };
  ns::BlockLocations in = TwoBlocks();
  EXPECT_EQ(answer(in).locations().blocks(0).offset(), 100u);
  EXPECT_EQ(answer(in).locations().blocks(1).offset(), 200u);
  EXPECT_EQ(answer(in).locations().blocks(1).b().poolid(), "BP-1");
  EXPECT_TRUE(answer(in).locations().blocks(1).has_blocktoken());
  EXPECT_TRUE(answer(in).locations().islastblockcomplete());
  EXPECT_EQ(answer(in).locations().lastblock().offset(), 200u);
  // An empty file.
  EXPECT_FALSE(answer({}).locations().islastblockcomplete());
  EXPECT_FALSE(answer({}).locations().has_lastblock());
  // Being written: the length does not count the last block.
  in.under_construction = true;
  in.last_block_complete = false;
  in.file_length = 200;
  EXPECT_FALSE(answer(in).locations().islastblockcomplete());
  EXPECT_EQ(answer(in).locations().lastblock().offset(), 200u);
}

TEST(AnswerTo, BatchedListing) {
  std::string request = "startAfter: '' needLocation: false";
  for (int i = 0; i < 12; ++i) request += " paths: '/d" + std::to_string(i) + "'";
  const Plan plan = PlanOfText<GetBatchedListingRequestProto>("getBatchedListing", request);
  const ns::Reply page{.value = ns::Listing{.entries = {File()}, .remaining = 0}};
  std::vector<ns::Reply> replies(10, page);
  replies[1] = kAbsent;
  replies[2] = {.code = ns::Code::kParentNotDirectory, .arguments = {"/d2"}};
  auto out = Parsed<GetBatchedListingResponseProto>(AnswerToAll(Facts(), plan, replies));
  ASSERT_EQ(out.listings_size(), 10);
  EXPECT_EQ(out.listings(0).partiallisting(0).path(), "f");
  EXPECT_EQ(out.listings(1).exception().classname(), kNotFound);
  EXPECT_EQ(out.listings(1).exception().message(), "Path /d1 does not exist");
  EXPECT_EQ(out.listings(2).exception().classname(),
            "org.apache.hadoop.fs.ParentNotDirectoryException");
  EXPECT_EQ(out.listings(9).parentidx(), 9u);
  ASSERT_TRUE(out.hasmore());

  // The rest, from the cursor.
  GetBatchedListingRequestProto next;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(request, &next));
  next.set_startafter(out.startafter());
  Plan rest = PlanOf("getBatchedListing", next);
  ASSERT_EQ(std::get<Reads>(rest.action).queries.size(), 2u);
  EXPECT_EQ(std::get<ns::GetListing>(std::get<Reads>(rest.action).queries[0]).path, "/d10");
  // A directory with more entries than a page ends the answer.
  const ns::Reply part{.value = ns::Listing{.entries = {File()}, .remaining = 7}};
  out = Parsed<GetBatchedListingResponseProto>(AnswerToAll(Facts(), rest, {part, page}));
  ASSERT_EQ(out.listings_size(), 1);
  EXPECT_EQ(out.listings(0).parentidx(), 10u);
  ASSERT_TRUE(out.hasmore());
  next.set_startafter(out.startafter());
  rest = PlanOf("getBatchedListing", next);
  EXPECT_EQ(std::get<ns::GetListing>(std::get<Reads>(rest.action).queries[0]).start_after, "f");
  out = Parsed<GetBatchedListingResponseProto>(AnswerToAll(Facts(), rest, {page, page}));
  EXPECT_FALSE(out.hasmore());
  EXPECT_EQ(out.startafter(), "");
  // No paths.
  const Plan none = PlanOfText<GetBatchedListingRequestProto>("getBatchedListing",
                                                              "startAfter: '' needLocation: false");
  EXPECT_FALSE(Parsed<GetBatchedListingResponseProto>(AnswerToAll(Facts(), none, {})).hasmore());
}

TEST(AnswerTo, SumsAndQuotas) {
  const auto summary = [](const ns::ContentSummary& in) {
    return ResponseFor<GetContentSummaryRequestProto, GetContentSummaryResponseProto>(
               "getContentSummary", "path: '/d'", {.value = in})
        .summary();
  };
  const auto out =
      summary({.length = 1, .files = 2, .directories = 3, .space_consumed = 4, .name_quota = 5});
  EXPECT_EQ(out.length(), 1u);
  EXPECT_EQ(out.filecount(), 2u);
  EXPECT_EQ(out.directorycount(), 3u);
  EXPECT_EQ(out.spaceconsumed(), 4u);
  EXPECT_EQ(out.quota(), 5u);
  EXPECT_EQ(out.spacequota(), UINT64_MAX);
  EXPECT_EQ(out.erasurecodingpolicy(), "");
  EXPECT_EQ(summary({.files = 1}).erasurecodingpolicy(), "Replicated");
  const auto usage = ResponseFor<GetQuotaUsageRequestProto, GetQuotaUsageResponseProto>(
      "getQuotaUsage", "path: '/d'",
      {.value =
           ns::QuotaUsage{.names = 7, .space_consumed = 8, .name_quota = -1, .space_quota = 9}});
  EXPECT_EQ(usage.usage().fileanddirectorycount(), 7u);
  EXPECT_EQ(usage.usage().quota(), UINT64_MAX);
  EXPECT_EQ(usage.usage().spaceconsumed(), 8u);
  EXPECT_EQ(usage.usage().spacequota(), 9u);
}

TEST(AnswerTo, Truths) {
  for (const bool value : {false, true}) {
    const ns::Reply reply{.value = ns::Truth{value}};
    const auto truth = [&]<typename Request, typename Response>(std::pair<Request, Response>,
                                                                std::string_view method,
                                                                const std::string& request) {
      EXPECT_EQ((ResponseFor<Request, Response>(method, request, reply).result()), value) << method;
    };
    truth(std::pair<MkdirsRequestProto, MkdirsResponseProto>(), "mkdirs",
          "src: '/d' masked { perm: 0 } createParent: true");
    truth(std::pair<DeleteRequestProto, DeleteResponseProto>(), "delete",
          "src: '/d' recursive: true");
    truth(std::pair<RenameRequestProto, RenameResponseProto>(), "rename", "src: '/d' dst: '/e'");
    truth(std::pair<CompleteRequestProto, CompleteResponseProto>(), "complete",
          "src: '/d' clientName: 'c'");
    truth(std::pair<TruncateRequestProto, TruncateResponseProto>(), "truncate",
          "src: '/d' newLength: 1 clientName: 'c'");
    truth(std::pair<SetReplicationRequestProto, SetReplicationResponseProto>(), "setReplication",
          "src: '/d' replication: 1");
    truth(std::pair<RecoverLeaseRequestProto, RecoverLeaseResponseProto>(), "recoverLease",
          "src: '/d' clientName: 'c'");
    truth(std::pair<IsFileClosedRequestProto, IsFileClosedResponseProto>(), "isFileClosed",
          "src: '/d'");
    truth(std::pair<SetSafeModeRequestProto, SetSafeModeResponseProto>(), "setSafeMode",
          "action: SAFEMODE_GET");
  }
}

TEST(AnswerTo, BlocksOfWriters) {
  const ns::Block block{.id = 5, .generation_stamp = 6, .bytes = 0};
  const auto added = ResponseFor<AddBlockRequestProto, AddBlockResponseProto>(
      "addBlock", "src: '/f' clientName: 'c'", {.value = block});
  EXPECT_EQ(added.block().b().blockid(), 5u);
  EXPECT_EQ(added.block().b().poolid(), "BP-1");
  // What the client passed as the file's last block is named with its pool.
  const IpcError mismatch = ErrorFor(AnswerFor<AddBlockRequestProto>(
      "addBlock", "src: '/f' clientName: 'c'",
      {.code = ns::Code::kPreviousBlockMismatch, .arguments = {"/f", "blk_5_6", "null"}}));
  EXPECT_EQ(mismatch.message,
            "Cannot allocate block in /f: passed 'previous' block BP-1:blk_5_6 does not match "
            "actual last block in file null");
  // In safe mode HDFS names the block that is not abandoned.
  ns::Reply safe_mode{.code = ns::Code::kSafeMode,
                      .arguments = {"abandon block blk_5_6 for file/f"}};
  const auto abandon = [&](const std::string& pool) {
    return ErrorFor(AnswerFor<AbandonBlockRequestProto>(
                        "abandonBlock",
                        "b { poolId: '" + pool +
                            "' blockId: 5 generationStamp: 6 } src: '/f' holder: 'c'",
                        safe_mode))
        .message;
  };
  EXPECT_TRUE(abandon("BP-1").starts_with("Cannot abandon block BP-1:blk_5_6 for file/f. "));
  EXPECT_TRUE(abandon("BP-1").ends_with(" turn safe mode off. NamenodeHostName:emr-header-1"));
  safe_mode.arguments = {"abandon block blk_0_0 for file/f"};
  EXPECT_TRUE(abandon("BP-2").starts_with("Cannot abandon block BP-2:blk_5_6 for file/f. "));

  const std::string update =
      "block { poolId: 'BP-1' blockId: 5 generationStamp: 6 numBytes: 10 } clientName: 'c'";
  const auto updated =
      ResponseFor<UpdateBlockForPipelineRequestProto, UpdateBlockForPipelineResponseProto>(
          "updateBlockForPipeline", update, {.value = ns::Block{.id = 5, .generation_stamp = 7}});
  EXPECT_EQ(updated.block().b().generationstamp(), 7u);
  EXPECT_EQ(updated.block().b().numbytes(), 10u);
  EXPECT_EQ(updated.block().offset(), UINT64_MAX);
  EXPECT_FALSE(ErrorFor(AnswerFor<UpdateBlockForPipelineRequestProto>(
                            "updateBlockForPipeline", update,
                            {.code = ns::Code::kFileNotFound, .arguments = {"/x"}}))
                   .message.starts_with("BP-1:"));

  ns::AppendPoint point{.last_block = block, .offset = 300, .status = File()};
  auto append = [&] {
    return ResponseFor<AppendRequestProto, AppendResponseProto>(
        "append", "src: '/f' clientName: 'c'", {.value = point});
  };
  EXPECT_EQ(append().block().offset(), 300u);
  EXPECT_EQ(append().stat().length(), 11u);
  point.last_block = std::nullopt;
  EXPECT_FALSE(append().has_block());
  EXPECT_TRUE(append().has_stat());
}

TEST(AnswerTo, AccessControlLists) {
  const auto out =
      ResponseFor<GetAclStatusRequestProto, GetAclStatusResponseProto>(
          "getAclStatus", "src: '/d'",
          {.value =
               ns::AclStatus{.owner = "alice",
                             .group = "staff",
                             .mode = 01770,
                             .entries = {{ns::AclScope::kAccess, ns::AclType::kUser, "bob", 5},
                                         {ns::AclScope::kDefault, ns::AclType::kMask, "", 7}}}})
          .result();
  EXPECT_EQ(out.owner(), "alice");
  EXPECT_TRUE(out.sticky());
  EXPECT_EQ(out.permission().perm(), 01770u);
  ASSERT_EQ(out.entries_size(), 2);
  EXPECT_EQ(out.entries(0).name(), "bob");
  EXPECT_EQ(out.entries(0).permissions(), AclEntryProto::READ_EXECUTE);
  EXPECT_EQ(out.entries(1).scope(), AclEntryProto::DEFAULT);
  EXPECT_EQ(out.entries(1).type(), AclEntryProto::MASK);
  EXPECT_FALSE(out.entries(1).has_name());
}

TEST(AnswerTo, ExtendedAttributes) {
  const ns::Reply reply{.value =
                            ns::XAttrs{.xattrs = {{{ns::XAttrNamespace::kTrusted, "a"}, "v"}}}};
  const auto got =
      ResponseFor<GetXAttrsRequestProto, GetXAttrsResponseProto>("getXAttrs", "src: '/f'", reply);
  ASSERT_EQ(got.xattrs_size(), 1);
  EXPECT_EQ(got.xattrs(0).namespace_(), XAttrProto::TRUSTED);
  EXPECT_EQ(got.xattrs(0).value(), "v");
  const auto listed = ResponseFor<ListXAttrsRequestProto, ListXAttrsResponseProto>(
      "listXAttrs", "src: '/f'", reply);
  EXPECT_EQ(listed.xattrs(0).name(), "a");
  // As HDFS, whose Go client relies on it.
  EXPECT_EQ(listed.xattrs(0).value(), "v");
}

TEST(AnswerTo, OpenFiles) {
  const ns::Reply reply{
      .value = ns::OpenFileList{.files = {{16390, "/f", "c1", "10.0.0.1"}}, .more = true}};
  const auto out = ResponseFor<ListOpenFilesRequestProto, ListOpenFilesResponseProto>(
      "listOpenFiles", "id: 0 types: ALL_OPEN_FILES path: '/'", reply);
  ASSERT_EQ(out.entries_size(), 1);
  EXPECT_EQ(out.entries(0).id(), 16390);
  EXPECT_EQ(out.entries(0).clientname(), "c1");
  EXPECT_EQ(out.entries(0).clientmachine(), "10.0.0.1");
  EXPECT_TRUE(out.hasmore());
  EXPECT_THAT(out.types(), ElementsAre(ALL_OPEN_FILES));
  const auto none = Parsed<ListOpenFilesResponseProto>(AnswerLocally(
      Facts(),
      PlanOfText<ListOpenFilesRequestProto>("listOpenFiles", "id: 0 types: BLOCKING_DECOMMISSION"),
      {}));
  EXPECT_EQ(none.entries_size(), 0);
}

TEST(AnswerTo, PositionsAreWhatMsyncAndTheEditLogsNumberAreAbout) {
  const ns::Reply refused{.code = ns::Code::kPermissionDenied,
                          .arguments = {},
                          .value = {},
                          .position = ns::Position::Of(1, 9)};
  EXPECT_FALSE(AnswerFor<MsyncRequestProto>("msync", "", refused).error.has_value());
  EXPECT_EQ((ResponseFor<GetCurrentEditLogTxidRequestProto, GetCurrentEditLogTxidResponseProto>(
                 "getCurrentEditLogTxid", "", refused)
                 .txid()),
            static_cast<int64_t>(ns::Position::Of(1, 9).packed));
}

TEST(AnswerTo, SafeModeAndSavingInIt) {
  EXPECT_TRUE((ResponseFor<SetSafeModeRequestProto, SetSafeModeResponseProto>(
                   "setSafeMode", "action: SAFEMODE_ENTER", {})
                   .result()));
  EXPECT_FALSE((ResponseFor<SetSafeModeRequestProto, SetSafeModeResponseProto>(
                    "setSafeMode", "action: SAFEMODE_LEAVE", {})
                    .result()));
  EXPECT_TRUE((ResponseFor<SaveNamespaceRequestProto, SaveNamespaceResponseProto>(
                   "saveNamespace", "", {.value = ns::Truth{true}})
                   .saved()));
  const IpcError off = ErrorFor(
      AnswerFor<SaveNamespaceRequestProto>("saveNamespace", "", {.value = ns::Truth{false}}));
  EXPECT_EQ(off.message, "Safe mode should be turned ON in order to create namespace image.");
  // A master that does not lead says what it knows.
  const Plan get = PlanOfText<SetSafeModeRequestProto>("setSafeMode", "action: SAFEMODE_GET");
  EXPECT_TRUE(
      Parsed<SetSafeModeResponseProto>(AnswerLocally(Facts(), get, {.safe_mode = true})).result());
}

// ---- What is not there answers as in HDFS: the words are those of a NameNode 3.5.0 ----

TEST(AnswerTo, SnapshotsOfDirectoriesThatAreNotSnapshottable) {
  struct Row {
    ns::Reply reply;
    std::string exception_class, message;
  };
  const std::string not_directory = "org.apache.hadoop.fs.PathIsNotDirectoryException";
  const std::string snapshot = "org.apache.hadoop.hdfs.protocol.SnapshotException";
  const std::string access = "org.apache.hadoop.security.AccessControlException";
  ns::FileStatus carols = Directory(), carols_file = File();
  carols.owner = carols_file.owner = "carol";

  const Row owners[] = {
      {kAbsent, kNotFound, "Directory/File does not exist /p"},
      {{.value = Directory()},
       access,
       "Permission denied. user=carol is not the owner of inode=/p"},
      {{.value = carols_file}, not_directory, "`/p': Is not a directory"},
      {{.value = carols}, snapshot, "Directory is not a snapshottable directory: /p"}};
  for (const Row& row : owners) {
    for (const Answer& answer :
         {AnswerFor<CreateSnapshotRequestProto>("createSnapshot", "snapshotRoot: '/p'", row.reply),
          AnswerFor<DeleteSnapshotRequestProto>("deleteSnapshot",
                                                "snapshotRoot: '/p' snapshotName: 's'", row.reply),
          AnswerFor<RenameSnapshotRequestProto>(
              "renameSnapshot", "snapshotRoot: '/p' snapshotOldName: 's' snapshotNewName: 't'",
              row.reply)}) {
      EXPECT_EQ(ErrorFor(answer).exception_class, row.exception_class);
      EXPECT_EQ(ErrorFor(answer).message, row.message);
    }
  }
  EXPECT_TRUE(
      PlanOfText<CreateSnapshotRequestProto>("createSnapshot", "snapshotRoot: '/p'").needs_caller);
  EXPECT_EQ(
      ErrorFor(AnswerFor<CreateSnapshotRequestProto>(
                   "createSnapshot", "snapshotRoot: '/p' snapshotName: 'a:b'", {.value = carols}))
          .message,
      "Invalid path name Invalid snapshot name: a:b");
  EXPECT_EQ(ErrorIn(PlanOfText<DeleteSnapshotRequestProto>("deleteSnapshot",
                                                           "snapshotRoot: '/p' snapshotName: ''"))
                .message,
            "The snapshot name is null or empty.");
  EXPECT_EQ(
      ErrorIn(PlanOfText<RenameSnapshotRequestProto>(
                  "renameSnapshot", "snapshotRoot: '/p' snapshotOldName: 's' snapshotNewName: ''"))
          .message,
      "The new snapshot name is null or empty.");

  const Row listings[] = {
      {kAbsent, kNotFound, "Directory does not exist: /p"},
      {{.value = File()}, not_directory, "`/p': Is not a directory"},
      {{.value = Directory()}, snapshot, "Directory is not a snapshottable directory: /p"}};
  for (const Row& row : listings) {
    const IpcError error = ErrorFor(AnswerFor<GetSnapshotListingRequestProto>(
        "getSnapshotListing", "snapshotRoot: '/p'", row.reply));
    EXPECT_EQ(error.exception_class, row.exception_class);
    EXPECT_EQ(error.message, row.message);
  }
  const auto allow = [](const ns::Reply& reply) {
    return AnswerFor<AllowSnapshotRequestProto>("allowSnapshot", "snapshotRoot: '/p'", reply);
  };
  const auto disallow = [](const ns::Reply& reply) {
    return AnswerFor<DisallowSnapshotRequestProto>("disallowSnapshot", "snapshotRoot: '/p'", reply);
  };
  EXPECT_EQ(ErrorFor(allow(kAbsent)).message, "Directory does not exist: /p");
  EXPECT_EQ(ErrorFor(disallow({.value = File()})).message, "`/p': Is not a directory");
  EXPECT_EQ(ErrorFor(allow({.value = Directory()})).message,
            "Snapshots are not supported: /p cannot be made snapshottable.");
  EXPECT_FALSE(disallow({.value = Directory()}).error.has_value());

  const std::string range = "snapshotRoot: '/p' fromSnapshot: '' toSnapshot: ''";
  EXPECT_EQ(ErrorFor(AnswerFor<GetSnapshotDiffReportRequestProto>("getSnapshotDiffReport", range,
                                                                  {.value = Directory()}))
                .message,
            "The path /p is neither snapshottable nor under a snapshot root!");
  EXPECT_EQ(ErrorFor(AnswerFor<GetSnapshotDiffReportListingRequestProto>(
                         "getSnapshotDiffReportListing", range, {.value = File()}))
                .message,
            "/p (is not a directory)");
}

TEST(AnswerTo, LinksZonesPoliciesCodes) {
  const auto link = [](const ns::Reply& reply) {
    return ErrorFor(AnswerFor<GetLinkTargetRequestProto>("getLinkTarget", "path: '/p'", reply));
  };
  EXPECT_EQ(link(kAbsent).message, "File does not exist: /p");
  EXPECT_EQ(link({.value = File()}).message, "Path /p is not a symbolic link");

  // Readable, missing, not readable.
  const ns::Reply missing{.code = ns::Code::kAccessTargetNotFound, .arguments = {"/p"}};
  const ns::Reply denied{.code = ns::Code::kPermissionDenied, .arguments = {}};
  for (const ns::Reply& reply : {ns::Reply(), missing}) {
    EXPECT_FALSE(
        AnswerFor<GetEZForPathRequestProto>("getEZForPath", "src: '/p'", reply).error.has_value());
    EXPECT_EQ((ResponseFor<GetEnclosingRootRequestProto, GetEnclosingRootResponseProto>(
                   "getEnclosingRoot", "filename: '/p'", reply)
                   .enclosingrootpath()),
              "/");
  }
  EXPECT_TRUE(
      AnswerFor<GetEZForPathRequestProto>("getEZForPath", "src: '/p'", denied).error.has_value());
  EXPECT_TRUE(AnswerFor<GetEnclosingRootRequestProto>("getEnclosingRoot", "filename: '/p'", denied)
                  .error.has_value());

  const auto policy = [](const ns::Reply& reply) {
    return AnswerFor<GetStoragePolicyRequestProto>("getStoragePolicy", "path: '/p'", reply);
  };
  EXPECT_EQ(ErrorFor(policy({.code = ns::Code::kFileNotFound, .arguments = {"/p"}})).message,
            "File/Directory does not exist: /p");
  const auto coding = [](const std::string& path) {
    return AnswerFor<GetErasureCodingPolicyRequestProto>(
        "getErasureCodingPolicy", "src: '" + path + "'",
        {.code = ns::Code::kAccessTargetNotFound, .arguments = {path}});
  };
  EXPECT_EQ(ErrorFor(coding("/p")).message, "Path not found: /p");
  EXPECT_EQ(coding("/p/.snapshot").response, "");
  EXPECT_EQ(Parsed<GetStoragePolicyResponseProto>(policy({.value = File()})).storagepolicy().name(),
            "HOT");

  const auto unset = [](const ns::Reply& reply) {
    return ErrorFor(AnswerFor<UnsetErasureCodingPolicyRequestProto>("unsetErasureCodingPolicy",
                                                                    "src: '/p'", reply));
  };
  EXPECT_EQ(unset(kAbsent).message, "Path not found: /p");
  EXPECT_EQ(unset({.value = File()}).message, "Cannot unset an erasure coding policy on a file /p");
  EXPECT_EQ(unset({.value = Directory()}).exception_class,
            "org.apache.hadoop.hdfs.protocol.NoECPolicySetException");
  EXPECT_EQ(unset({.value = Directory()}).message, "No erasure coding policy explicitly set on /p");
}

// The bytes that a NameNode 3.5.0 sent.
TEST(AnswerLocally, BytesAsRecordedFromANameNode) {
  const auto hex = [](const Answer& answer) {
    std::string out;
    for (const char c : answer.response) {
      constexpr char kDigits[] = "0123456789abcdef";
      out += kDigits[static_cast<uint8_t>(c) >> 4];
      out += kDigits[static_cast<uint8_t>(c) & 15];
    }
    return out;
  };
  const auto locally = [&](std::string_view method, const std::string& request = "") {
    return hex(AnswerLocally(Facts(), Translate(Facts(), kClientProtocol, 1, method, request), {}));
  };
  EXPECT_EQ(
      locally("getStoragePolicies"),
      "0a1e0801120850524f56494445441a04080508012204080508012a04080508010a0c08021204434f4c441a0208"
      "030a1a080512045741524d1a04080108032204080108032a04080108030a0f08071203484f541a0208012a0208"
      "030a1d080a12074f4e455f5353441a04080208012204080208012a04080208010a17080c1207414c4c5f535344"
      "1a020802220208012a0208010a1a080e120a414c4c5f4e5644494d4d1a020806220208012a0208010a1e080f12"
      "0c4c415a595f504552534953541a0408040801220208012a020801");
  EXPECT_EQ(locally("getFsReplicatedBlockStats"), "08001000180020002800300038004000");
  EXPECT_EQ(locally("getFsECBlockGroupStats"), "0800100018002000280030003800");
  EXPECT_EQ(locally("upgradeStatus"), "0801");
  EXPECT_EQ(locally("listCorruptFileBlocks", "\x0a\x01/"), "0a03120130");
  EXPECT_EQ(locally("listCorruptFileBlocks",
                    "\x0a\x01/\x12\x01"
                    "7"),
            "0a03120137");
  EXPECT_EQ(locally("rollingUpgrade", "\x08\x03"), "");
  EXPECT_EQ(locally("getECTopologyResultForPolicies"),
            "0a260a224e6f206572617375726520636f64696e6720706f6c69637920697320676976656e2e1001");
  EXPECT_EQ(locally("listReencryptionStatus", std::string("\x08\0", 2)), "1000");
  EXPECT_EQ(locally("getDelegationToken", "\x0a\x01r"), "");
  EXPECT_EQ(locally("getSlowDatanodeReport"), "");
}

TEST(AnswerLocally, ServerDefaultsAsRecordedFromANameNode) {
  const auto out = Parsed<GetServerDefaultsResponseProto>(
      AnswerLocally(Facts(), PlanOf("getServerDefaults", GetServerDefaultsRequestProto()), {}));
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
  const Plan state = PlanOf("getHAServiceState", HAServiceStateRequestProto());
  const Plan status = Translate(Facts(), kHaServiceProtocol, 1, "getServiceStatus", "");
  for (const auto& [role, want] : cases) {
    EXPECT_EQ(
        Parsed<HAServiceStateResponseProto>(AnswerLocally(Facts(), state, {.role = role})).state(),
        want);
    const auto full = Parsed<::hadoop::common::GetServiceStatusResponseProto>(
        AnswerLocally(Facts(), status, {.role = role}));
    EXPECT_EQ(full.state(), want);
    EXPECT_EQ(full.readytobecomeactive(), role != LocalState::Role::kStarting);
  }
}

TEST(AnswerLocally, VersionRequestNamesTheCluster) {
  const Plan plan = Translate(Facts(), kNamenodeProtocol, 1, "versionRequest", "");
  EXPECT_EQ(plan.superuser_operation, "");
  const auto out = Parsed<VersionResponseProto>(AnswerLocally(Facts(), plan, {}));
  EXPECT_EQ(out.info().blockpoolid(), "BP-1");
  EXPECT_EQ(out.info().storageinfo().clusterid(), "CID-7");
}

TEST(Answers, OfTheServicesOwnDeeds) {
  EXPECT_EQ(LeasesRenewedAnswer().response, "");
  EXPECT_EQ(GroupsRefreshedAnswer().response, "");
  const auto groups =
      Parsed<::hadoop::common::GetGroupsForUserResponseProto>(GroupsAnswer({"staff", "wheel"}));
  EXPECT_THAT(groups.groups(), ElementsAre("staff", "wheel"));
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
