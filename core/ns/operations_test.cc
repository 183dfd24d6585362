#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "core/ns/error_text.h"
#include "core/ns/test_world.h"

// One row per rule of the protocol: who does what to which tree, what is answered, and the tree
// afterwards, which a refused call must not have touched.
namespace jfs::ns {
namespace {

struct OperationCase {
  std::string name;
  std::string before;
  Caller caller;
  Operation operation;
  // "" for no value, "true", "false", "status", or the message that a client sees.
  std::string want;
  std::string after;
};

std::string Outcome(const Reply& reply) {
  if (reply.code != Code::kOk) return TextOf(reply.code, reply.arguments).message;
  if (const auto* truth = std::get_if<Truth>(&reply.value)) return truth->value ? "true" : "false";
  return std::holds_alternative<FileStatus>(reply.value) ? "status" : "";
}

class OperationTest : public testing::TestWithParam<OperationCase> {};

TEST_P(OperationTest, OutcomeAndTree) {
  const OperationCase& c = GetParam();
  TestWorld world;
  world.Make(c.before);
  const kv::MemoryStore::Map before = world.TreeRows();
  const std::string tree = world.Tree();
  const Reply reply = world.Run(c.operation, c.caller);
  EXPECT_EQ(Outcome(reply), c.want);
  EXPECT_EQ(world.Tree(), c.after);
  // What is left behind by a refused call is in `after`.
  if (reply.code != Code::kOk && c.after == tree) {
    EXPECT_EQ(world.TreeRows(), before);
  }
  EXPECT_EQ(world.Findings(), "");
}

std::vector<OperationCase> Cases() {
  const Caller root = Superuser();
  const Caller alice = User("alice");
  const std::string open_tree = "/=0777,root,supergroup ";
  const std::string denied_root =
      "Permission denied: user=alice, access=WRITE, inode=\"/\":root:supergroup:drwxr-xr-x";
  return {
      {"MkdirsMakesParents", "", root, Mkdirs{"/a/b"}, "true", "/a/ /a/b/"},
      {"MkdirsExisting", "/a/", alice, Mkdirs{"/a", 0700}, "true", "/a/"},
      {"MkdirsOverFile", "/f", root, Mkdirs{"/f"}, "Path is not a directory: /f", "/f"},
      {"MkdirsThroughFile", "/f", root, Mkdirs{"/f/d"}, "/f (is not a directory)", "/f"},
      {"MkdirsDenied", "", alice, Mkdirs{"/a"}, denied_root, ""},
      {"MkdirsNoParent", "", root, Mkdirs{"/a/b", 0755, false},
       "Parent directory doesn't exist: /a", ""},
      {"MkdirsBadName", "", root, Mkdirs{"/a:b"}, "Invalid path name Invalid file name: /a:b", ""},
      {"MkdirsEmptyName", "", root, Mkdirs{"/a//b"}, "Invalid path name Invalid file name: /a//b",
       ""},
      {"MkdirsRelative", "", root, Mkdirs{"a"}, "Invalid path name Invalid file name: a", ""},
      {"MkdirsTrailingSlash", "", root, Mkdirs{"/a/"}, "true", "/a/"},
      {"MkdirsRoot", "", alice, Mkdirs{"/"}, "true", ""},
      {"MkdirsLongName", "", root, Mkdirs{"/a/" + std::string(256, 'n') + "/c"},
       "The maximum path component name limit of " + std::string(256, 'n') +
           " in directory /a is exceeded: limit=255 length=256",
       "/a/"},
      {"MkdirsLongPath", "", root, Mkdirs{"/" + std::string(8000, 'n')},
       "mkdirs: Pathname too long.  Limit 8000 characters, 1000 levels.", ""},
      {"MkdirsSnapshotName", "", root, Mkdirs{"/a/.snapshot"}, "\".snapshot\" is a reserved name.",
       "/a/"},
      {"MkdirsNoTraverse", "/p/=0700,root,root /p/q/=0777,root,root", alice, Mkdirs{"/p/q/r"},
       "Permission denied: user=alice, access=EXECUTE, inode=\"/p\":root:root:drwx------",
       "/p/ /p/q/"},
      {"MkdirsOwnerClassFirst", "/p/=0077,alice,users", alice, Mkdirs{"/p/q"},
       "Permission denied: user=alice, access=EXECUTE, inode=\"/p\":alice:users:d---rwxrwx", "/p/"},

      {"CreateNew", "", root, Create{.path = "/a/f", .client_name = "w"}, "status", "/a/ /a/f"},
      {"CreateOverDirectory", "/a/", root, Create{.path = "/a", .client_name = "w"},
       "/a already exists as a directory", "/a/"},
      {"CreateExisting", "/f", root, Create{.path = "/f", .client_name = "w"},
       "/f for client 10.0.0.1 already exists", "/f"},
      {"CreateOverwrite", "/f", root, Create{.path = "/f", .client_name = "w", .flags = 3},
       "status", "/f"},
      {"CreateOverwriteDenied", open_tree + "/f=0644,root,root", alice,
       Create{.path = "/f", .client_name = "w", .flags = 3},
       "Permission denied: user=alice, access=WRITE, inode=\"/f\":root:root:-rw-r--r--", "/f"},
      {"OverwriteMissing", "", root, Create{.path = "/f", .client_name = "w", .flags = 2},
       "Can't overwrite non-existent /f", ""},
      {"CreateNoParent", "", root,
       Create{.path = "/a/f", .client_name = "w", .create_parent = false},
       "Parent directory doesn't exist: /a", ""},
      {"CreateSmallBlocks", "", root, Create{.path = "/f", .client_name = "w", .block_size = 16},
       "Specified block size 16 is less than configured minimum value "
       "dfs.namenode.fs-limits.min-block-size=1048576",
       ""},
      {"CreateManyReplicas", "", root, Create{.path = "/f", .client_name = "w", .replication = 513},
       "Requested replication factor of 513 exceeds maximum of 512 for /f, clientName=10.0.0.1",
       ""},
      {"ImportOtherOwner", open_tree, alice, ImportFile{.path = "/f", .user = "bob"},
       "User alice is not a super user (non-super user cannot change owner).", ""},
      {"ImportOtherGroup", open_tree, alice, ImportFile{.path = "/f", .group = "staff"},
       "User alice does not belong to staff", ""},
      {"ImportExisting", "/f", root, ImportFile{.path = "/f"},
       "/f for client 10.0.0.1 already exists", "/f"},

      {"DeleteFile", "/f", root, Delete{"/f", false}, "true", ""},
      {"DeleteMissing", "", root, Delete{"/f", false}, "false", ""},
      {"DeleteFull", "/a/b/", root, Delete{"/a", false},
       "`/a is non empty': Directory is not empty", "/a/ /a/b/"},
      {"DeleteTree", "/a/b/f /c/", root, Delete{"/a", true}, "true", "/c/"},
      {"DeleteRoot", "/a/", root, Delete{"/", true}, "false", "/a/"},
      {"DeleteThroughFile", "/f", root, Delete{"/f/x", false}, "/f (is not a directory)", "/f"},
      {"DeleteSticky", "/t/=1777,root,root /t/f=0666,bob,users", alice, Delete{"/t/f", false},
       "Permission denied by sticky bit: user=alice, path=\"/t/f\":bob:users:-rw-rw-rw-, "
       "parent=\"/t\":root:root:drwxrwxrwt",
       "/t/ /t/f"},
      {"DeleteOwnInSticky", "/t/=1777,root,root /t/f=0666,alice,users", alice,
       Delete{"/t/f", false}, "true", "/t/"},
      {"DeleteTreeWithForeignDirectory",
       open_tree + "/a/=0777,alice,users /a/b/=0755,bob,users /a/b/f", alice, Delete{"/a", true},
       "Permission denied: user=alice, access=ALL, inode=\"/a/b\":bob:users:drwxr-xr-x",
       "/a/ /a/b/ /a/b/f"},
      {"DeleteTreeWithForeignEmptyDirectory",
       open_tree + "/a/=0777,alice,users /a/b/=0755,bob,users", alice, Delete{"/a", true}, "true",
       ""},

      {"RenameFile", "/a", root, Rename{"/a", "/b"}, "true", "/b"},
      {"RenameIntoDirectory", "/a /d/", root, Rename{"/a", "/d"}, "true", "/d/ /d/a"},
      {"RenameMissing", "", root, Rename{"/a", "/b"}, "false", ""},
      {"RenameRoot", "/a/", root, Rename{"/", "/a"}, "false", "/a/"},
      {"RenameUnderItself", "/a/b/", root, Rename{"/a", "/a/b/c"}, "false", "/a/ /a/b/"},
      {"RenameOntoFile", "/a /b", root, Rename{"/a", "/b"}, "false", "/a /b"},
      {"RenameFileOntoItself", "/a", root, Rename{"/a", "/a"}, "true", "/a"},
      {"RenameDirectoryOntoItself", "/a/", root, Rename{"/a", "/a"}, "false", "/a/"},
      {"RenameNoParent", "/a", root, Rename{"/a", "/b/c"}, "false", "/a"},
      {"RenameParentIsFile", "/a /b", root, Rename{"/a", "/b/c"}, "/b (is not a directory)",
       "/a /b"},
      {"RenameSimilarName", "/a/ /ab/", root, Rename{"/a", "/ab/c"}, "true", "/ab/ /ab/c/"},
      {"RenameDenied", "/a", alice, Rename{"/a", "/b"}, denied_root, "/a"},

      {"Rename2Missing", "", root, Rename2{"/a", "/b"}, "rename source /a is not found.", ""},
      {"Rename2Root", "/a/", root, Rename2{"/", "/b"}, "rename source cannot be the root", "/a/"},
      {"Rename2Same", "/a", root, Rename2{"/a", "/a"},
       "The source /a and destination /a are the same", "/a"},
      {"Rename2UnderItself", "/a/", root, Rename2{"/a", "/a/b"},
       "Rename destination /a/b is a directory or file under source /a", "/a/"},
      {"Rename2ToRoot", "/a/", root, Rename2{"/a", "/", true},
       "rename destination cannot be the root", "/a/"},
      {"Rename2Types", "/a /d/", root, Rename2{"/a", "/d", true},
       "Source /a and destination /d must both be directories", "/a /d/"},
      {"Rename2Exists", "/a /b", root, Rename2{"/a", "/b"}, "rename destination /b already exists",
       "/a /b"},
      {"Rename2Overwrite", "/a=0644,alice,users,10 /b=0644,bob,users,20", root,
       Rename2{"/a", "/b", true}, "", "/b"},
      {"Rename2OverwriteAcross", "/d/a=0644,alice,users,10 /e/b=0644,bob,users,20", root,
       Rename2{"/d/a", "/e/b", true}, "", "/d/ /e/ /e/b"},
      {"Rename2OverEmptyDirectory", "/d/x /e/", root, Rename2{"/d", "/e", true}, "", "/e/ /e/x"},
      {"Rename2OverFullDirectory", "/d/ /e/x", root, Rename2{"/d", "/e", true},
       "rename destination directory is not empty: /e", "/d/ /e/ /e/x"},
      {"Rename2NoParent", "/a", root, Rename2{"/a", "/b/c"},
       "rename destination parent /b/c not found.", "/a"},

      {"SetTimesMissing", "", root, SetTimes{"/a", WallMillis(1)},
       "File/Directory /a does not exist.", ""},
      {"SetTimesDenied", "/a", alice, SetTimes{"/a", WallMillis(1)},
       "Permission denied: user=alice, access=WRITE, inode=\"/a\":root:supergroup:-rw-r--r--",
       "/a"},
      {"SetPermissionMissing", "", root, SetPermission{"/a", 0}, "Directory/File does not exist /a",
       ""},
      {"SetPermissionNotOwner", "/a", alice, SetPermission{"/a", 0},
       "Permission denied. user=alice is not the owner of inode=/a", "/a"},
      {"SetOwnerByOwner", "/a=0644,alice,users", alice, SetOwner{"/a", "bob", std::nullopt},
       "User alice is not a super user (non-super user cannot change owner).", "/a"},
      {"SetGroupNotMember", "/a=0644,alice,users", alice, SetOwner{"/a", std::nullopt, "staff"},
       "User alice does not belong to staff", "/a"},

      // Recorded from a NameNode 3.5.0. The first inode that a case makes is 16386.
      {"ByInodeId", "/d/ /d/f", root, Delete{"/.reserved/.inodes/16387", false}, "true", "/d/"},
      {"BelowAnInodeId", "/d/ /d/f", root, Delete{"/.reserved/.inodes/+16386/f", false}, "true",
       "/d/"},
      {"RootByInodeId", "", root, Delete{"/.reserved/.inodes/16385", true}, "false", ""},
      {"NoSuchInodeId", "", root, Delete{"/.reserved/.inodes/77/x", true},
       "File for given inode path does not exist: /.reserved/.inodes/77/x", ""},
      {"NoInodeId", "", root, Delete{"/.reserved/.inodes/x", true},
       "Invalid inode path: /.reserved/.inodes/x", ""},
      {"InodeIdTooBig", "", root, Delete{"/.reserved/.inodes/9223372036854775808", true},
       "Invalid inode path: /.reserved/.inodes/9223372036854775808", ""},
      {"DirectoryOfAnInodeId", "/d/ /d/f", root, Delete{"/.reserved/.inodes/16387/..", false},
       "`/d is non empty': Directory is not empty", "/d/ /d/f"},
      {"FileByInodeIdOnTheWay", "/d/ /d/f", alice, Mkdirs{"/.reserved/.inodes/16387/x"},
       "/d/f (is not a directory)", "/d/ /d/f"},
      {"MkdirsOnAFileNamesThePathAsSent", "/d/ /d/f", root, Mkdirs{"/.reserved/.inodes/16387/"},
       "Path is not a directory: /.reserved/.inodes/16387/", "/d/ /d/f"},
      {"RawBySuperuser", "", root, Mkdirs{"/.reserved/raw/x"}, "true", "/x/"},
      {"RawByAnyone", "/x/", alice, Delete{"/.reserved/raw/x", true},
       "Access denied for user alice. Superuser privilege is required for operation delete", "/x/"},
      {"RawOnlyOnce", "", root, Delete{"/.reserved/raw/.reserved/raw/x", true}, "false", ""},
      {"DeleteReserved", "", root, Delete{"/.reserved", true}, "Invalid path name /.reserved", ""},
      {"CreateReserved", "", root, Create{.path = "/.reserved/x", .client_name = "w"},
       "Invalid path name /.reserved/x", ""},
      {"RenameToReserved", "/f", root, Rename{"/f", "/.reserved"},
       "Invalid path name Cannot rename to or from /.reserved", "/f"},
      {"RenameInsideReserved", "/f", root, Rename{"/f", "/.reserved/x"}, "false", "/f"},
      {"RenameWalksTheSourceFirst", "/f", root, Rename{"/f/x", "/a:b"}, "/f (is not a directory)",
       "/f"},
      {"SnapshotsAreReadOnly", "", root, Mkdirs{"/.snapshot/s"},
       "Modification on a read-only snapshot is disallowed", ""},
      {"SnapshotsOfNoRootAreNotThere", "/d/", root, Delete{"/d/.snapshot/s", true}, "false", "/d/"},
      {"EmptyPath", "", root, Mkdirs{""}, "Can not create a Path from an empty string", ""},
      {"SetSpaceQuotaByAnyone", "", alice, SetQuota{"/", 13, 1},
       "Access denied for user alice. Superuser privilege is required for operation setSpaceQuota",
       ""},
      {"ClearQuotaByAnyone", "", alice, SetQuota{"/", SetQuota::kReset},
       "Access denied for user alice. Superuser privilege is required for operation clearQuota",
       ""},
      {"ConcatByReservedPath", "/f", root, Concat{"/f", {"/.reserved/raw/f"}},
       "Concat operation doesn't support .reserved relative path : /.reserved/raw/f", "/f"},
  };
}

INSTANTIATE_TEST_SUITE_P(All, OperationTest, testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.name; });

FileStatus StatOf(const TestWorld& world, const std::string& path) {
  return std::get<FileStatus>(world.Ask(GetFileInfo{path}).value);
}

TEST(IdsTest, FirstLineageLooksLikeHdfs) {
  TestWorld world;
  EXPECT_EQ(StatOf(world, "/").id, 16385u);
  world.Make("/d/ /d/f=0644,alice,users,1");
  EXPECT_EQ(StatOf(world, "/d").id, 16386u);
  const Reply reply = world.Ask(GetBlockLocations{"/d/f"});
  const Block block = *std::get<BlockLocations>(reply.value).last_block;
  EXPECT_EQ(block.id, 1073741825u);
  EXPECT_EQ(block.generation_stamp, 1001u);
}

TEST(ModesTest, InBetweenAndGroups) {
  TestWorld world;
  world.Make("/p/=0750,bob,staff");
  world.Run(Mkdirs{"/p/a/b", 01400});
  EXPECT_EQ(StatOf(world, "/p/a").mode, 0700);
  EXPECT_EQ(StatOf(world, "/p/a/b").mode, 01400);
  EXPECT_EQ(StatOf(world, "/p/a/b").group, "staff");
  EXPECT_EQ(StatOf(world, "/p/a/b").owner, "root");
  world.Run(Create{.path = "/p/x/f", .mode = 0600, .client_name = "w"});
  EXPECT_EQ(StatOf(world, "/p/x").mode, 0750);
  EXPECT_EQ(StatOf(world, "/p/x/f").mode, 0600);
}

TEST(WriteTest, BlocksOfALongFile) {
  TestWorld world;
  world.Run(Create{.path = "/f", .client_name = "w", .replication = 2});
  const InodeId id = StatOf(world, "/f").id;
  std::optional<Block> last;
  for (int i = 0; i < 20; ++i) {
    AddBlock add{"/f", "w", id, last, 1};
    if (i == 10) world.Run(Mkdirs{"/d"});
    // The file goes on being written where it was moved to.
    if (i == 10) {
      EXPECT_EQ(Outcome(world.Run(Rename{"/f", "/d/g"})), "true");
    }
    const Reply reply = world.Run(add);
    ASSERT_EQ(Outcome(reply), "");
    EXPECT_EQ(world.Run(add).value, reply.value) << "a retry gets the same block";
    last = std::get<Block>(reply.value);
    last->bytes = 100;
    EXPECT_EQ(world.Findings(), "");
    if (i % 5 == 0) world.Reopen();
  }
  EXPECT_EQ(StatOf(world, "/d/g").length, 1900u);
  Block wrong = *last;
  wrong.generation_stamp = 1;
  EXPECT_EQ(world.Run(Complete{"/f", "w", id, wrong}).code, Code::kCommitStampMismatch);
  EXPECT_EQ(Outcome(world.Run(Complete{"/f", "w", id, std::nullopt})), "false");
  EXPECT_EQ(Outcome(world.Run(Complete{"/f", "w", id, last})), "true");
  EXPECT_EQ(Outcome(world.Run(Complete{"/d/g", "w", id, last})), "true") << "a retry";
  const auto summary = std::get<ContentSummary>(world.Ask(GetContentSummary{"/"}).value);
  EXPECT_EQ(summary, (ContentSummary{2000, 1, 2, 4000, INT64_MAX, -1}));
  const auto range = std::get<BlockLocations>(world.Ask(GetBlockLocations{"/d/g", 950, 100}).value);
  EXPECT_EQ(range.blocks.size(), 2u);
  EXPECT_EQ(range.first_offset, 900u);
  EXPECT_EQ(range.file_length, 2000u);
  EXPECT_EQ(Outcome(world.Run(Delete{"/d/g", false})), "true");
  EXPECT_GT(world.FinishAllDeletes(3), 3);
  EXPECT_EQ(world.Findings(), "");
}

TEST(WriteTest, LeaseRefusals) {
  TestWorld world;
  world.Run(Create{.path = "/f", .client_name = "a"});
  world.Make("/g /d/");
  EXPECT_EQ(Outcome(world.Run(AddBlock{"/f", "a", 0, std::nullopt, 0})),
            "File /f could only be written to 0 of the 1 minReplication nodes. There are 0 "
            "datanode(s) running and 0 node(s) are excluded in this operation.");
  EXPECT_EQ(Outcome(world.Run(AddBlock{"/f", "b", 0, std::nullopt, 1})),
            "Client (=b) is not the lease owner (=a: /f (inode 0) Holder b does not have any open "
            "files.");
  EXPECT_EQ(Outcome(world.Run(AddBlock{"/g", "a", 0, std::nullopt, 1})),
            "File is not open for writing: /g (inode 0) [Lease.  Holder: a, pending creates: 1]");
  EXPECT_EQ(world.Run(AddBlock{"/d", "a", 0, std::nullopt, 1}).code, Code::kLeaseNotFile);
  EXPECT_EQ(world.Run(AddBlock{"/h", "a", 99, std::nullopt, 1}).code, Code::kLeaseFileNotFound);
  EXPECT_EQ(Outcome(world.Run(Create{.path = "/f", .client_name = "b"})),
            "Failed to CREATE_FILE /f for b on 10.0.0.1 because this file lease is currently owned "
            "by a on 10.0.0.1");
  EXPECT_EQ(Outcome(world.Run(Create{.path = "/f", .client_name = "a"})),
            "Failed to CREATE_FILE /f for a on 10.0.0.1 because a is already the current lease "
            "holder.");
}

TEST(DeleteTest, IdsUnderADeletedDirectoryFailAtOnce) {
  TestWorld world;
  world.Run(Create{.path = "/d/e/f", .client_name = "a"});
  const InodeId id = StatOf(world, "/d/e/f").id;
  world.Run(Delete{"/d", true});
  EXPECT_TRUE(world.ns().deletes_pending());
  EXPECT_EQ(world.ns().totals(1).files, 0u);
  EXPECT_EQ(world.ns().totals(1).directories, 1u);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Outcome(world.Run(AddBlock{"/d/e/f", "a", id, std::nullopt, 1})),
              "File does not exist: /d/e/f (inode " + std::to_string(id) +
                  ") Holder a does not have any open files.");
    EXPECT_EQ(world.Findings(), "");
    world.Reopen();
  }
  // The entry e, the directory d, the entry f, the directory e.
  EXPECT_EQ(world.FinishAllDeletes(1), 4);
  EXPECT_EQ(world.Findings(), "");
}

TEST(ListingTest, Pages) {
  TestWorld world;
  for (int i = 0; i < 25; ++i) world.Make("/d/f" + std::to_string(100 + i));
  std::string after;
  uint64_t seen = 0;
  for (;;) {
    const auto page = std::get<Listing>(world.Ask(GetListing{"/d", after, 10}).value);
    seen += page.entries.size();
    EXPECT_EQ(page.remaining, 25 - seen);
    if (page.remaining == 0) break;
    after = page.entries.back().name;
  }
  EXPECT_EQ(seen, 25u);
  EXPECT_EQ(world.Ask(GetListing{"/missing"}).value, Value(Absent{}));
  const auto one = std::get<Listing>(world.Ask(GetListing{"/d/f100"}).value);
  EXPECT_EQ(one.entries.size(), 1u);
  EXPECT_EQ(one.entries[0].name, "");
}

TEST(ReadTest, FilesInTheWay) {
  TestWorld world;
  world.Make("/f");
  EXPECT_EQ(world.Ask(GetFileInfo{"/f/x"}).value, Value(Absent{}));
  EXPECT_EQ(Outcome(world.Ask(GetFileInfo{"/f/x"}, User("alice"))), "/f (is not a directory)");
  EXPECT_EQ(Outcome(world.Ask(GetBlockLocations{"/x"})), "File does not exist: /x");
  EXPECT_EQ(Outcome(world.Ask(GetBlockLocations{"/"})), "Path is not a file: /");
  EXPECT_EQ(Outcome(world.Ask(GetContentSummary{"/x"})), "File does not exist: /x");
}

TEST(ContentSummaryTest, PermissionsCount) {
  TestWorld world;
  world.Make("/a/ /a/b/=0700,bob,users /a/b/f=0644,bob,users,5 /a/c/");
  EXPECT_EQ(
      Outcome(world.Ask(GetContentSummary{"/a"}, User("alice"))),
      "Permission denied: user=alice, access=READ_EXECUTE, inode=\"/a/b\":bob:users:drwx------");
  const Reply bob = world.Ask(GetContentSummary{"/a"}, User("bob"));
  EXPECT_EQ(bob.value, Value(ContentSummary{5, 1, 3, 5}));
  world.Run(SetPermission{"/a/b", 0755});
  EXPECT_EQ(world.Ask(GetContentSummary{"/a"}, User("alice")).value, bob.value);
}

}  // namespace
}  // namespace jfs::ns
