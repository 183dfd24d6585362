#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <variant>

#include "core/ns/error_text.h"
#include "core/ns/test_world.h"

// Files being written, from opening to what becomes of them when their writer is gone; quotas and
// safe mode.
namespace jfs::ns {
namespace {

constexpr uint64_t kBlockSize = 1 << 20;

std::string Outcome(const Reply& reply) {
  if (reply.code != Code::kOk) return TextOf(reply.code, reply.arguments).message;
  if (const auto* truth = std::get_if<Truth>(&reply.value)) return truth->value ? "true" : "false";
  return "";
}

FileStatus StatusOf(const TestWorld& world, const std::string& path) {
  return std::get<FileStatus>(world.Ask(GetFileInfo{path}).value);
}

BlockLocations LocationsOf(const TestWorld& world, const std::string& path) {
  return std::get<BlockLocations>(world.Ask(GetBlockLocations{path}).value);
}

QuotaUsage UsageOf(const TestWorld& world, const std::string& path) {
  return std::get<QuotaUsage>(world.Ask(GetQuotaUsage{path}).value);
}

ImportFile File(const std::string& path, uint64_t length) {
  ImportFile file;
  file.path = path;
  file.block_size = kBlockSize;
  file.length = length;
  return file;
}

Create NewFile(const std::string& path, const std::string& client) {
  Create create;
  create.path = path;
  create.client_name = client;
  create.replication = 1;
  create.block_size = kBlockSize;
  return create;
}

class OpenFileTest : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(world_.Findings(), ""); }
  // A block for the file, of which the last one is `previous`.
  Block Add(const std::string& path, const std::string& client,
            const std::optional<Block>& previous = std::nullopt) {
    return std::get<Block>(world_.Run(AddBlock{path, client, 0, previous, 1}).value);
  }
  TestWorld world_;
};

TEST_F(OpenFileTest, AppendGoesOnInTheLastBlock) {
  world_.Run(File("/f", kBlockSize + 10));
  const Reply reply = world_.Run(Append{"/f", "w"});
  const auto& point = std::get<AppendPoint>(reply.value);
  ASSERT_TRUE(point.last_block.has_value());
  EXPECT_EQ(point.last_block->bytes, 10u);
  EXPECT_EQ(point.offset, kBlockSize);
  EXPECT_EQ(point.status.length, kBlockSize + 10);
  EXPECT_EQ(UsageOf(world_, "/").space_consumed, 2 * kBlockSize) << "charged as full";
  EXPECT_EQ(LocationsOf(world_, "/f").file_length, kBlockSize);
  EXPECT_FALSE(LocationsOf(world_, "/f").last_block_complete);
  EXPECT_EQ(world_.Ask(IsFileClosed{"/f"}).value, Value(Truth{false}));

  Block last = *point.last_block;
  last.bytes = 30;
  EXPECT_EQ(Outcome(world_.Run(Complete{"/f", "w", 0, last})), "true");
  EXPECT_EQ(StatusOf(world_, "/f").length, kBlockSize + 30);
  EXPECT_EQ(UsageOf(world_, "/").space_consumed, kBlockSize + 30);
  EXPECT_TRUE(LocationsOf(world_, "/f").last_block_complete);
}

TEST_F(OpenFileTest, AppendToAFullOrEmptyFileHasNoBlock) {
  world_.Run(File("/full", kBlockSize));
  world_.Run(File("/empty", 0));
  for (const char* path : {"/full", "/empty"}) {
    const Reply reply = world_.Run(Append{path, "w"});
    EXPECT_FALSE(std::get<AppendPoint>(reply.value).last_block.has_value()) << path;
  }
  EXPECT_EQ(Outcome(world_.Run(Complete{"/empty", "w"})), "true");
  const Block next = Add("/full", "w");
  EXPECT_EQ(LocationsOf(world_, "/full").blocks.size(), 2u);
  EXPECT_EQ(Outcome(world_.Run(AbandonBlock{next, "/full", "w"})), "");
  EXPECT_EQ(Outcome(world_.Run(AbandonBlock{next, "/full", "w"})), "") << "again does nothing";
  EXPECT_EQ(Outcome(world_.Run(Complete{"/full", "w"})), "true");
  EXPECT_EQ(StatusOf(world_, "/full").length, kBlockSize);
}

TEST_F(OpenFileTest, AppendInANewBlock) {
  world_.Run(File("/f", 10));
  const Reply reply = world_.Run(Append{"/f", "w", /*new_block=*/true});
  const Block last = *std::get<AppendPoint>(reply.value).last_block;
  Add("/f", "w", last);
  EXPECT_EQ(StatusOf(world_, "/f").length, 10u);
  EXPECT_EQ(LocationsOf(world_, "/f").blocks.size(), 2u);
}

TEST_F(OpenFileTest, AppendRefusals) {
  world_.Make("/d/ /f=0640,alice,users");
  EXPECT_EQ(Outcome(world_.Run(Append{"/x", "w"})),
            "Failed to append to non-existent file /x for client 10.0.0.1");
  EXPECT_EQ(Outcome(world_.Run(Append{"/d", "w"})),
            "Cannot append to directory /d; already exists as a directory.");
  EXPECT_EQ(Outcome(world_.Run(Append{"/f", "w"}, User("bob"))),
            "Permission denied: user=bob, access=WRITE, inode=\"/f\":alice:users:-rw-r-----");
  world_.Run(Append{"/f", "w"});
  EXPECT_EQ(Outcome(world_.Run(Append{"/f", "w"})),
            "Failed to APPEND_FILE /f for w on 10.0.0.1 because w is already the current lease "
            "holder.");
  EXPECT_EQ(Outcome(world_.Run(Append{"/f", "v"})),
            "Failed to APPEND_FILE /f for v on 10.0.0.1 because this file lease is currently owned "
            "by w on 10.0.0.1");
}

TEST_F(OpenFileTest, FsyncShowsWhatIsSafe) {
  world_.Run(NewFile("/f", "w"));
  const Block block = Add("/f", "w");
  EXPECT_EQ(Outcome(world_.Run(Fsync{"/f", "w", 0, 77})), "");
  EXPECT_EQ(StatusOf(world_, "/f").length, 77u);
  EXPECT_EQ(UsageOf(world_, "/").space_consumed, kBlockSize);
  EXPECT_EQ(Outcome(world_.Run(Fsync{"/f", "w"})), "");
  EXPECT_EQ(world_.Run(Fsync{"/f", "v", 0, 80}).code, Code::kLeaseNotOwner);
  Block last = block;
  last.bytes = 100;
  EXPECT_EQ(Outcome(world_.Run(Complete{"/f", "w", 0, last})), "true");
  EXPECT_EQ(world_.Run(Fsync{"/f", "w", 0, 80}).code, Code::kLeaseFileClosed);
}

TEST_F(OpenFileTest, PipelineUpdates) {
  world_.Run(NewFile("/f", "w"));
  const Block old = Add("/f", "w");
  EXPECT_EQ(world_.Run(UpdateBlockForPipeline{old, "v"}).code, Code::kBlockOfOtherHolder);
  EXPECT_EQ(world_.Run(UpdateBlockForPipeline{{1, 1, 0}, "w"}).code, Code::kBlockNotFound);
  Block newer = std::get<Block>(world_.Run(UpdateBlockForPipeline{old, "w"}).value);
  EXPECT_EQ(newer.id, old.id);
  EXPECT_GT(newer.generation_stamp, old.generation_stamp);
  newer.bytes = 50;
  Block invented = newer;
  invented.generation_stamp += 1000;
  EXPECT_EQ(world_.Run(UpdatePipeline{"w", old, invented}).code, Code::kPipelineMismatch);
  EXPECT_EQ(Outcome(world_.Run(UpdatePipeline{"w", old, newer})), "");
  EXPECT_EQ(StatusOf(world_, "/f").length, 50u);
  EXPECT_EQ(world_.Run(UpdatePipeline{"w", old, newer}).code, Code::kPipelineMismatch);
  EXPECT_EQ(world_.Run(Complete{"/f", "w", 0, old}).code, Code::kCommitStampMismatch);
  EXPECT_EQ(Outcome(world_.Run(Complete{"/f", "w", 0, newer})), "true");
}

TEST_F(OpenFileTest, ANewStampAloneIsAChange) {
  world_.Run(NewFile("/f", "w"));
  std::optional<Block> last;
  // In the file's entry, and in a row of its own.
  for (int i = 0; i < 10; ++i) {
    if (last) last->bytes = kBlockSize;
    last = Add("/f", "w", last);
    const Block newer = std::get<Block>(world_.Run(UpdateBlockForPipeline{*last, "w"}).value);
    const uint64_t before = world_.ns().position().sequence();
    EXPECT_EQ(Outcome(world_.Run(UpdatePipeline{"w", *last, newer})), "");
    EXPECT_EQ(world_.ns().position().sequence(), before + 1) << "block " << i;
    last = newer;
  }
}

TEST_F(OpenFileTest, LeasesAreTheHoldersAndEndWithTheLastFile) {
  world_.Run(NewFile("/a", "w"));
  world_.Run(NewFile("/b", "w"));
  ASSERT_EQ(world_.ns().leases().size(), 1u);
  const LeaseId lease = world_.ns().leases()[0].lease;
  world_.Run(Complete{"/a", "w"});
  EXPECT_EQ(world_.ns().leases()[0].lease, lease);
  world_.Reopen();
  EXPECT_EQ(world_.ns().leases()[0].lease, lease);
  world_.Run(Complete{"/b", "w"});
  EXPECT_TRUE(world_.ns().leases().empty());
  world_.Run(NewFile("/c", "w"));
  const LeaseId next = world_.ns().leases()[0].lease;
  EXPECT_GT(next, lease);
  // A verdict about the lease before does nothing.
  const Position before = world_.ns().position();
  world_.Run(ReleaseLease{"w", lease});
  EXPECT_EQ(world_.ns().position(), before);
  EXPECT_EQ(world_.Ask(IsFileClosed{"/c"}).value, Value(Truth{false}));
  world_.Run(ReleaseLease{"w", next});
  EXPECT_EQ(world_.Ask(IsFileClosed{"/c"}).value, Value(Truth{true}));
}

TEST_F(OpenFileTest, ALeaseEndsWithItsLastLiveFile) {
  world_.Run(NewFile("/d/e/x", "w"));
  const LeaseId lease = world_.ns().leases()[0].lease;
  world_.Run(Delete{"/d", true});
  EXPECT_TRUE(world_.ns().leases().empty()) << "its entry is only waiting to be removed";
  world_.Run(NewFile("/y", "w"));
  EXPECT_GT(world_.ns().leases()[0].lease, lease);
  world_.Reopen();
  world_.Run(ReleaseLease{"w", lease});
  EXPECT_EQ(world_.Ask(IsFileClosed{"/y"}).value, Value(Truth{false}));
  world_.FinishAllDeletes(1);
  world_.Run(ReleaseLease{"w", world_.ns().leases()[0].lease});
  EXPECT_EQ(world_.Ask(IsFileClosed{"/y"}).value, Value(Truth{true}));
}

TEST_F(OpenFileTest, AnotherClientTakesOverOnlyByTheLeadersVerdict) {
  world_.Run(NewFile("/f", "w"));
  const LeaseId lease = world_.ns().leases()[0].lease;
  Append append{"/f", "v", false, lease + 7};
  EXPECT_EQ(world_.Run(append).code, Code::kAlreadyBeingCreated) << "another lease";
  append.expired_lease = lease;
  EXPECT_EQ(Outcome(world_.Run(append)), "");
  EXPECT_EQ(world_.Run(Complete{"/f", "w"}).code, Code::kLeaseNotOwner);
  // Create finds the file closed by then, and in its way.
  Create create = NewFile("/f", "u");
  create.expired_lease = world_.ns().leases()[0].lease;
  EXPECT_EQ(Outcome(world_.Run(create)), "/f for client 10.0.0.1 already exists");
  EXPECT_EQ(world_.Ask(IsFileClosed{"/f"}).value, Value(Truth{true}));
}

TEST_F(OpenFileTest, RecoveryClosesOrWaits) {
  world_.Run(NewFile("/empty", "w"));
  Add("/empty", "w");
  EXPECT_EQ(Outcome(world_.Run(RecoverLease{"/empty", "v"})), "true");
  EXPECT_EQ(LocationsOf(world_, "/empty").blocks.size(), 0u) << "a block nobody heard of is gone";
  EXPECT_EQ(Outcome(world_.Run(RecoverLease{"/empty", "v"})), "true") << "closed already";

  world_.Run(NewFile("/half", "w"));
  const Block block = Add("/half", "w");
  world_.Run(Fsync{"/half", "w", 0, 5});
  EXPECT_EQ(Outcome(world_.Run(RecoverLease{"/half", "v"})), "false");
  EXPECT_EQ(Outcome(world_.Run(RecoverLease{"/half", "v"})), "false");
  EXPECT_EQ(Outcome(world_.Run(Append{"/half", "u"})),
            "Failed to APPEND_FILE /half for u on 10.0.0.1 because another recovery is in progress "
            "by v on 10.0.0.1");
  EXPECT_EQ(world_.Run(Complete{"/half", "w", 0, block}).code, Code::kLeaseNotOwner);
  EXPECT_EQ(world_.Run(Complete{"/half", "v", 0, block}).code, Code::kBlockUnderRecovery);
  EXPECT_EQ(world_.Run(AddBlock{"/half", "v", 0, block, 1}).code, Code::kBlockUnderRecovery);
  EXPECT_EQ(world_.Run(UpdateBlockForPipeline{block, "v"}).code, Code::kBlockNotWritable);
  EXPECT_EQ(Outcome(world_.Run(Delete{"/half"})), "true");
}

TEST_F(OpenFileTest, Truncate) {
  world_.Run(File("/f", 3 * kBlockSize + 7));
  EXPECT_EQ(Outcome(world_.Run(Truncate{"/f", 4 * kBlockSize, "w"})),
            "Cannot truncate to a larger file size. Current size: 3145735, truncate size: "
            "4194304.");
  EXPECT_EQ(Outcome(world_.Run(Truncate{"/f", 3 * kBlockSize + 7, "w"})), "true");
  world_.wall += 5;
  EXPECT_EQ(Outcome(world_.Run(Truncate{"/f", 2 * kBlockSize, "w"})), "true");
  EXPECT_EQ(StatusOf(world_, "/f").length, 2 * kBlockSize);
  EXPECT_EQ(StatusOf(world_, "/f").mtime.value, world_.wall);
  EXPECT_EQ(LocationsOf(world_, "/f").blocks.size(), 2u);
  // In the middle of a block only data servers can cut.
  EXPECT_EQ(Outcome(world_.Run(Truncate{"/f", kBlockSize + 1, "w"})), "false");
  EXPECT_EQ(Outcome(world_.Run(Truncate{"/f", kBlockSize + 1, "w"})), "false") << "a retry";
  EXPECT_EQ(world_.Run(Truncate{"/f", kBlockSize + 2, "w"}).code, Code::kBeingTruncated);
  EXPECT_EQ(world_.Run(Append{"/f", "v"}).code, Code::kRecoveryUnderWay);
  EXPECT_EQ(Outcome(world_.Run(Truncate{"/x", 0, "w"})), "File does not exist: /x");
  EXPECT_EQ(Outcome(world_.Run(Truncate{"/", 0, "w"})), "Path is not a file: /");
}

TEST_F(OpenFileTest, ConcatMovesBlocksAcrossTheInlineBorder) {
  world_.Run(File("/d/t", 5 * kBlockSize));
  world_.Run(File("/d/a", 12 * kBlockSize));
  world_.Run(File("/d/b", 2 * kBlockSize + 1));
  world_.wall += 9;
  EXPECT_EQ(Outcome(world_.Run(Concat{"/d/t", {"/d/a", "/d/b"}})), "");
  EXPECT_EQ(world_.Tree(), "/d/ /d/t");
  EXPECT_EQ(StatusOf(world_, "/d/t").length, 19 * kBlockSize + 1);
  EXPECT_EQ(StatusOf(world_, "/d/t").mtime.value, world_.wall);
  EXPECT_EQ(LocationsOf(world_, "/d/t").blocks.size(), 20u);
  EXPECT_FALSE(world_.ns().deletes_pending());
}

TEST_F(OpenFileTest, ConcatRefusals) {
  world_.Run(File("/d/t", 5));
  world_.Run(File("/d/a", 5));
  world_.Run(File("/d/empty", 0));
  world_.Run(File("/e/a", 5));
  world_.Run(NewFile("/d/open", "w"));
  ImportFile big = File("/d/big", 5);
  big.block_size = 2 * kBlockSize;
  world_.Run(big);
  const struct {
    Concat concat;
    const char* want;
  } cases[] = {
      {{"/d/t", {}}, "No sources given"},
      {{"/d/x", {"/d/a"}}, "File does not exist: /d/x"},
      {{"/d", {"/d/a"}}, "Path is not a file: /d"},
      {{"/d/open", {"/d/a"}}, "concat: target file /d/open is under construction"},
      {{"/d/t", {"/e/a"}}, "Source file /e/a is not in the same directory with the target /d/t"},
      {{"/d/t", {"/d/t"}}, "concat: the src file /d/t is the same with the target file /d/t"},
      {{"/d/t", {"/d/open"}},
       "concat: source file /d/open is invalid or empty or underConstruction"},
      {{"/d/t", {"/d/empty"}},
       "concat: source file /d/empty is invalid or empty or underConstruction"},
      {{"/d/t", {"/d/big"}},
       "concat: source file /d/big has preferred block size 2097152 which is greater than the "
       "target file's preferred block size 1048576"},
      {{"/d/t", {"/d/a", "/d/a"}}, "concat: at least two of the source files are the same"},
      {{"/d/t", {"/d/a", "/d/x"}}, "File does not exist: /d/x"},
  };
  for (const auto& c : cases) EXPECT_EQ(Outcome(world_.Run(c.concat)), c.want);
}

TEST_F(OpenFileTest, SetReplication) {
  world_.Run(File("/f", 100));
  EXPECT_EQ(Outcome(world_.Run(SetReplication{"/f", 3})), "true");
  EXPECT_EQ(StatusOf(world_, "/f").replication, 3u);
  EXPECT_EQ(UsageOf(world_, "/").space_consumed, 300u);
  EXPECT_EQ(Outcome(world_.Run(SetReplication{"/", 3})), "false");
  EXPECT_EQ(Outcome(world_.Run(SetReplication{"/x", 3})), "false");
  EXPECT_EQ(Outcome(world_.Run(SetReplication{"/f", 513})),
            "Requested replication factor of 513 exceeds maximum of 512 for /f");
  EXPECT_EQ(Outcome(world_.Run(SetReplication{"/f", 0xffff})),
            "Requested replication factor of -1 is less than the required minimum of 1 for /f");
}

TEST_F(OpenFileTest, NameQuota) {
  world_.Make("/q/ /q/a");
  EXPECT_EQ(Outcome(world_.Run(SetQuota{"/q", 3}, User("alice"))),
            "Access denied for user alice. Superuser privilege is required for operation setQuota");
  EXPECT_EQ(Outcome(world_.Run(SetQuota{"/q", 3})), "");
  EXPECT_EQ(Outcome(world_.Run(Mkdirs{"/q/x/y/z"})),
            "The NameSpace quota (directories and files) of directory /q is exceeded: quota=3 file "
            "count=4");
  EXPECT_EQ(world_.Tree(), "/q/ /q/a /q/x/") << "as far as it went";
  EXPECT_EQ(world_.Run(NewFile("/q/b", "w")).code, Code::kNameQuotaExceeded);
  world_.Make("/out/ /out/c /out/d/");
  EXPECT_EQ(world_.Run(Rename2{"/out/c", "/q/c"}).code, Code::kNameQuotaExceeded);
  EXPECT_EQ(Outcome(world_.Run(Rename2{"/out/c", "/q/a", true})), "") << "one for one";
  EXPECT_EQ(Outcome(world_.Run(Rename2{"/q/a", "/q/b"})), "") << "within";
  EXPECT_EQ(Outcome(world_.Run(Rename2{"/q/b", "/out/b"})), "") << "out of it";
  EXPECT_EQ(Outcome(world_.Run(Rename{"/out/d", "/q"})), "true");
  EXPECT_EQ(UsageOf(world_, "/q"), (QuotaUsage{3, 0, 3, -1}));
  EXPECT_EQ(Outcome(world_.Run(SetQuota{"/q", SetQuota::kReset})), "");
  EXPECT_EQ(UsageOf(world_, "/q"), (QuotaUsage{3, 0, -1, -1}));
  EXPECT_EQ(UsageOf(world_, "/").name_quota, INT64_MAX);
}

TEST_F(OpenFileTest, OverwriteAtTheQuotaKeepsTheFile) {
  world_.Make("/q/ /q/a");
  world_.Run(SetQuota{"/q", 2});
  Create create = NewFile("/q/a", "w");
  create.flags = Create::kCreate | Create::kOverwrite;
  EXPECT_EQ(Outcome(world_.Run(create)), "");
  world_.Run(SetQuota{"/q", 1});
  EXPECT_EQ(world_.Run(create).code, Code::kNameQuotaExceeded);
  EXPECT_EQ(world_.Tree(), "/q/ /q/a");
}

TEST_F(OpenFileTest, SpaceQuotaChargesFullBlocks) {
  world_.Make("/q/");
  world_.Run(SetQuota{"/q", SetQuota::kUnchanged, static_cast<int64_t>(2 * kBlockSize)});
  world_.Run(NewFile("/q/f", "w"));
  Block block = Add("/q/f", "w");
  block.bytes = 10;
  EXPECT_EQ(Outcome(world_.Run(SetReplication{"/q/f", 3})),
            "The DiskSpace quota of /q is exceeded: quota = 2097152 B = 2 MB but diskspace "
            "consumed = 3145728 B = 3 MB");
  // The first block gives back what it does not need when the second is added.
  Block second = Add("/q/f", "w", block);
  second.bytes = kBlockSize;
  EXPECT_EQ(Outcome(world_.Run(AddBlock{"/q/f", "w", 0, second, 1})),
            "The DiskSpace quota of /q is exceeded: quota = 2097152 B = 2 MB but diskspace "
            "consumed = 2097162 B = 2.00 MB");
  second.bytes = 20;
  EXPECT_EQ(Outcome(world_.Run(Complete{"/q/f", "w", 0, second})), "true");
  EXPECT_EQ(UsageOf(world_, "/q").space_consumed, 30u);
  world_.Run(SetQuota{"/q", SetQuota::kUnchanged, 1000});
  EXPECT_EQ(world_.Run(Append{"/q/f", "w"}).code, Code::kSpaceQuotaExceeded);
}

TEST_F(OpenFileTest, QuotaRefusals) {
  world_.Make("/f");
  EXPECT_EQ(Outcome(world_.Run(SetQuota{"/x", 3})), "Directory does not exist: /x");
  EXPECT_EQ(Outcome(world_.Run(SetQuota{"/f", 3})), "`/f': Is not a directory");
  EXPECT_EQ(Outcome(world_.Run(SetQuota{"/", -2})),
            "Illegal value for nsQuota or ssQuota : -2 and 9223372036854775807");
}

TEST_F(OpenFileTest, SafeModeRefusesChanges) {
  EXPECT_EQ(Outcome(world_.Run(SetSafeMode{true}, User("alice"))),
            "Access denied for user alice. Superuser privilege is required for operation "
            "safemode_enter");
  EXPECT_EQ(Outcome(world_.Run(SetSafeMode{true})), "true");
  world_.Reopen();
  EXPECT_EQ(world_.Ask(GetSafeMode{}).value, Value(Truth{true}));
  EXPECT_EQ(
      Outcome(world_.Run(Mkdirs{"/a"})),
      "Cannot create directory /a. Name node is in safe mode.\nIt was turned on manually. Use "
      "\"hdfs dfsadmin -safemode leave\" to turn safe mode off.");
  EXPECT_EQ(Outcome(world_.Run(SetSafeMode{false})), "false");
  EXPECT_EQ(Outcome(world_.Run(Mkdirs{"/a"})), "true");
}

TEST_F(OpenFileTest, OpenFilesAreListed) {
  world_.Run(NewFile("/d/a", "w"));
  world_.Run(NewFile("/e/b", "v"));
  const auto all = std::get<OpenFileList>(world_.Ask(ListOpenFiles{0, "/", 1}).value);
  ASSERT_EQ(all.files.size(), 1u);
  EXPECT_TRUE(all.more);
  EXPECT_EQ(all.files[0].path, "/d/a");
  EXPECT_EQ(all.files[0].holder, "w");
  const auto below = std::get<OpenFileList>(world_.Ask(ListOpenFiles{0, "/e", 10}).value);
  ASSERT_EQ(below.files.size(), 1u);
  EXPECT_EQ(below.files[0].path, "/e/b");
  EXPECT_FALSE(below.more);
}

TEST_F(OpenFileTest, AnEmptyClientNameIsANameLikeAnyOther) {
  world_.Make("/d/ /d/a=0644,,,1000 /d/b=0644,,,1000 /d/c/ /d/c/f=0644,,,1000");
  EXPECT_EQ(world_.Run(Append{"/d/a", ""}).code, Code::kOk);
  EXPECT_EQ(world_.Findings(), "");
  const Block last = *LocationsOf(world_, "/d/a").last_block;
  EXPECT_EQ(Outcome(world_.Run(Complete{"/d/a", "", 0, last})), "true");
  EXPECT_EQ(Outcome(world_.Run(Truncate{"/d/b", 10, ""})), "false");
  world_.Reopen();
  EXPECT_EQ(Outcome(world_.Run(Delete{"/d/b", false})), "true");
  EXPECT_EQ(world_.Run(Append{"/d/c/f", ""}).code, Code::kOk);
  EXPECT_EQ(Outcome(world_.Run(Delete{"/d/c", true})), "true");
  world_.FinishAllDeletes(2);
}

TEST_F(OpenFileTest, TheMastersOwnNameIsNobodyElses) {
  world_.Make("/d/=0700,alice,users");
  world_.Run(NewFile("/d/f", "w"));
  const InodeId id = StatusOf(world_, "/d/f").id;
  const Block block = std::get<Block>(world_.Run(AddBlock{"/d/f", "w", id, std::nullopt, 1}).value);
  world_.Run(ReleaseLease{"w", 1});
  const Reply abandoned =
      world_.Run(AbandonBlock{block, "/nothing", "HDFS_NameNode", id}, User("mallory"));
  EXPECT_NE(abandoned.code, Code::kOk);
  const Reply completed =
      world_.Run(Complete{"/nothing", "HDFS_NameNode", id, block}, User("mallory"));
  EXPECT_NE(completed.code, Code::kOk);
}

TEST_F(OpenFileTest, AConcatMakesNoFileOfTooManyBlocks) {
  SetLimits limits;
  limits.min_block_size = 1;
  limits.max_blocks_per_file = 10;
  world_.Run(limits);
  for (const char* path : {"/a", "/b", "/c"}) {
    world_.Run(ImportFile{.path = path, .block_size = 100, .length = path[1] == 'c' ? 400u : 600u});
  }
  EXPECT_EQ(world_.Run(Concat{"/a", {"/b"}}).code, Code::kTooManyBlocks);
  EXPECT_EQ(world_.Tree(), "/a /b /c");
  EXPECT_EQ(world_.Run(Concat{"/a", {"/c"}}).code, Code::kOk);
  EXPECT_EQ(LocationsOf(world_, "/a").file_length, 1000u);
}

TEST_F(OpenFileTest, NumbersThatDoNotFitAreRefused) {
  ImportFile wide{.path = "/wide", .replication = 65537};
  EXPECT_EQ(world_.Run(wide).code, Code::kOk);
  EXPECT_EQ(StatusOf(world_, "/wide").replication, 1u) << "as Java reads it";
  ImportFile huge{.path = "/huge", .replication = 512, .block_size = uint64_t{1} << 62};
  huge.length = uint64_t{1} << 55;
  EXPECT_EQ(world_.Run(huge).code, Code::kSpaceUncountable);
  huge.replication = 2;
  huge.length = (uint64_t{1} << 61) + 1;
  EXPECT_EQ(world_.Run(huge).code, Code::kOk);
  huge.path = "/huge2";
  EXPECT_EQ(world_.Run(huge).code, Code::kSpaceUncountable) << "together";
}

TEST_F(OpenFileTest, AccessTimeMovesOncePerPrecision) {
  world_.Run(File("/f", 1));
  const FileStatus before = StatusOf(world_, "/f");
  world_.wall += 3600000;
  world_.Run(SetAccessTime{"/f", before.id + 1});
  EXPECT_EQ(StatusOf(world_, "/f").atime, before.atime) << "another file by now";
  world_.Run(SetAccessTime{"/f", before.id});
  EXPECT_EQ(StatusOf(world_, "/f").atime.value, world_.wall);
  const Position at = world_.ns().position();
  world_.wall += 5;
  world_.Run(SetAccessTime{"/f", before.id});
  EXPECT_EQ(world_.ns().position(), at);
}

TEST_F(OpenFileTest, StickyDirectoriesBelowProtectFromRecursiveDeletes) {
  world_.Make("/d/=0777,root,root /d/t/=01777,root,root /d/t/f=0644,bob,users");
  EXPECT_EQ(Outcome(world_.Run(Delete{"/d", true}, User("alice"))),
            "Permission denied: user=alice, access=WRITE, inode=\"/\":root:supergroup:drwxr-xr-x");
  world_.Run(SetPermission{"/", 0777});
  EXPECT_EQ(Outcome(world_.Run(Delete{"/d", true}, User("alice"))),
            "Permission denied by sticky bit: user=alice, path=\"/d/t/f\":bob:users:-rw-r--r--, "
            "parent=\"/d/t\":root:root:drwxrwxrwt");
  EXPECT_EQ(Outcome(world_.Run(Delete{"/d", true}, User("bob"))), "true");
}

}  // namespace
}  // namespace jfs::ns
