#include "core/ns/recovery.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/random.h"
#include "core/ns/codec.h"
#include "core/ns/error_text.h"
#include "core/ns/keys.h"
#include "core/ns/namespace.h"
#include "core/ns/records.h"
#include "core/ns/test_mirror.h"
#include "core/ns/test_world.h"
#include "core/outbox/outbox_row.h"

namespace jfs::ns {
namespace {

InodeId IdOf(const TestWorld& world, const std::string& path) {
  return std::get<FileStatus>(world.Ask(GetFileInfo{path}).value).id;
}

// A mirror of what `text` makes, all of it folded.
TestMirror MirrorOf(const std::string& text) {
  TestWorld world(SetMirror{.on = true});
  world.Make(text);
  TestMirror mirror;
  mirror.Take(world);
  mirror.Checkpoint();
  return mirror;
}

LoadRows AllOf(const TestMirror& mirror) {
  LoadRows chunk;
  chunk.to = kRecoveryEnd;
  for (const auto& [key, value] : mirror.rows()) chunk.rows.push_back({key, value});
  return chunk;
}

constexpr char kReadOnly[] =
    "ErrorCode : 25021 , ErrorMsg: Namespace is under recovery mode, and is read-only.";

std::string ErrorOf(const Reply& reply) {
  if (reply.code == Code::kOk) return "";
  const ErrorText text = TextOf(reply.code, reply.arguments);
  return text.java_class + ": " + text.message;
}

// ---- Beginning ----

TEST(BeginRecoveryTest, OnlyInAStoreWhereNothingHasHappened) {
  const BeginRecovery begin = MirrorOf("/d/").Source(1);
  TestWorld used;
  EXPECT_EQ(ErrorOf(used.Run(begin)),
            "java.io.IOException: No recovery from a mirror: this store is not empty, it has 1 "
            "namespaces and 1 changes");
  EXPECT_EQ(used.ns().recovery(), RecoveryRecord());
  for (const bool on : {false, true}) {
    TestWorld decided{TestWorld::Empty{}};
    decided.Run(SetMirror{.on = on});
    EXPECT_EQ(decided.Run(begin).code, Code::kRecoveryNotPossible);
  }
  TestWorld given_up{TestWorld::Empty{}};
  given_up.Run(DisableMirror{});
  EXPECT_EQ(given_up.Run(begin).code, Code::kRecoveryNotPossible);
  // Limits, safe mode and remembered refusals are of the cluster, not of a tree.
  TestWorld empty{TestWorld::Empty{}};
  empty.Run(SetLimits{});
  empty.Run(SetSafeMode{true}, Superuser(), {"client", 1});
  EXPECT_EQ(empty.Run(begin).code, Code::kOk);
  EXPECT_EQ(empty.ns().recovery().state, RecoveryState::kLoading);
  EXPECT_EQ(empty.Findings(), "");
}

TEST(BeginRecoveryTest, TheSameOnceMoreChangesNothingAndAnotherIsRefused) {
  const TestMirror mirror = MirrorOf("/d/");
  TestWorld world{TestWorld::Empty{}};
  world.Run(mirror.Source(1));
  world.Run(LoadRows{"", "1", {}});
  const RecoveryRecord before = world.ns().recovery();
  EXPECT_EQ(world.Run(mirror.Source(1)).code, Code::kOk);
  EXPECT_EQ(world.ns().recovery(), before);
  EXPECT_EQ(ErrorOf(world.Run(mirror.Source(2))),
            "java.io.IOException: No recovery from a mirror: this store is being recovered "
            "already, from sequence 2 of lineage 1 of cluster lost");
  EXPECT_EQ(world.ns().recovery(), before);
}

TEST(BeginRecoveryTest, WhatNoMirrorCanBe) {
  const BeginRecovery good = MirrorOf("/d/").Source(1);
  const std::vector<std::function<void(BeginRecovery*)>> bad = {
      [](BeginRecovery* begin) { begin->lineage = 0; },
      [](BeginRecovery* begin) { begin->lineage = 32768; },
      [](BeginRecovery* begin) { begin->last = uint64_t{1} << 48; },
      [](BeginRecovery* begin) { begin->checkpoint = begin->last + 1; },
      [](BeginRecovery* begin) { begin->next_lease = 0; },
      [](BeginRecovery* begin) { begin->next_namespace = 0; },
  };
  for (const auto& change : bad) {
    TestWorld world{TestWorld::Empty{}};
    BeginRecovery begin = good;
    change(&begin);
    EXPECT_EQ(world.Run(begin).code, Code::kRecoveryNotPossible);
    EXPECT_EQ(world.ns().recovery().state, RecoveryState::kNone);
  }
}

TEST(BeginRecoveryTest, OlderVersionsMayNotOpenTheStore) {
  for (const bool schema_row_first : {false, true}) {
    TestWorld world{TestWorld::Empty{}};
    if (schema_row_first) world.Run(Advance{});
    world.Run(MirrorOf("/d/").Source(1));
    SchemaRecord schema;
    ASSERT_TRUE(DecodeRecord(world.store().contents().at(MetaKey(MetaRow::kSchema)), &schema));
    EXPECT_EQ(schema.version, SchemaRecord::kVersion);
    EXPECT_EQ(schema.feature_level, SchemaRecord::kRecoveryFeatureLevel);
    world.Reopen();
    EXPECT_EQ(world.Findings(), "");
  }
  TestWorld ordinary;
  SchemaRecord schema;
  ASSERT_TRUE(DecodeRecord(ordinary.store().contents().at(MetaKey(MetaRow::kSchema)), &schema));
  EXPECT_EQ(schema.feature_level, SchemaRecord::kFirstFeatureLevel);
}

// ---- Read-only ----

TEST(RecoveryModeTest, EveryMutationIsRefusedAndNoneRemembered) {
  const TestMirror mirror = MirrorOf("/d/ /d/f");
  TestWorld world{TestWorld::Empty{}};
  world.Run(mirror.Source(1));
  const std::vector<Operation> refused = {
      Mkdirs{"/new"},
      Create{.path = "/new", .client_name = "w"},
      Append{"/d/f", "w"},
      Delete{"no path at all", true},
      Rename{"/d", "/e"},
      Rename2{"/d", "/e"},
      SetPermission{"/d", 0700},
      SetOwner{"/d", "alice", std::nullopt},
      SetTimes{"/d", WallMillis(1), std::nullopt},
      SetReplication{"/d/f", 2},
      SetQuota{"/d", 1, 1},
      SetXAttr{"/d", {{XAttrNamespace::kUser, "a"}, "1"}},
      ImportFile{.path = "/i"},
      RecoverLease{"/d/f", "w"},
      SetSafeMode{true},
      SetMirror{.on = true},
      DisableMirror{},
      CreateNamespace{"other"},
  };
  const std::vector<Operation> idle = {Advance{}, FinishDeletes{10}, ReleaseLease{"w", 1},
                                       SetAccessTime{"/d/f", 16387}, MirrorProgress{1}};
  int32_t call = 0;
  const auto check = [&] {
    const kv::MemoryStore::Map before = world.TreeRows();
    for (const Operation& operation : refused) {
      for (const Caller& caller : {Superuser(), User("alice")}) {
        const Reply reply = world.Run(operation, caller, {"client", ++call});
        EXPECT_EQ(ErrorOf(reply), std::string("java.io.IOException: ") + kReadOnly)
            << static_cast<int>(OperationNumber(operation));
        EXPECT_EQ(reply.position, world.ns().position());
      }
    }
    for (const Operation& operation : idle)
      EXPECT_EQ(world.Run(operation), Reply{.position = world.ns().position()});
    EXPECT_EQ(world.ns().retry_cache().rows, 0u);
    EXPECT_EQ(world.TreeRows(), before);
    EXPECT_FALSE(world.ns().safe_mode());
    EXPECT_FALSE(world.ns().deletes_pending());
    EXPECT_EQ(world.ns().mirror().record.state, MirrorState::kUndecided);
  };
  check();
  world.Run(AllOf(mirror));
  check();
  world.Run(FinishRecovery{true, ""});
  ASSERT_EQ(world.ns().recovery().state, RecoveryState::kFinished);
  check();
  // Now that it ends, the same call is a new one.
  world.Run(ClaimRecovered{2, false});
  EXPECT_EQ(world.Run(Mkdirs{"/new"}, Superuser(), {"client", 1}).code, Code::kOk);

  TestWorld failed{TestWorld::Empty{}};
  failed.Run(mirror.Source(1));
  failed.Run(FinishRecovery{false, "no reason"});
  EXPECT_EQ(failed.Run(Mkdirs{"/new"}).code, Code::kRecoveryMode);
}

TEST(RecoveryModeTest, LimitsCanBeSet) {
  TestWorld world{TestWorld::Empty{}};
  world.Run(MirrorOf("/d/").Source(1));
  SetLimits limits;
  limits.max_path_depth = 7;
  EXPECT_EQ(world.Run(limits).code, Code::kOk);
  EXPECT_EQ(world.ns().limits().max_path_depth, 7u);
}

TEST(RecoveryModeTest, ReadsWaitUntilAllIsThere) {
  const TestMirror mirror = MirrorOf("/d/ /d/f");
  TestWorld world{TestWorld::Empty{}};
  world.Run(mirror.Source(1));
  LoadRows chunk = AllOf(mirror);
  chunk.to = "half";
  const std::vector<LoadRows::Row> rows = std::exchange(chunk.rows, {});
  chunk.rows.assign(rows.begin(), rows.begin() + 2);
  world.Run(chunk);
  // Two directories with two rows each, and one file.
  const std::string loading =
      "org.apache.hadoop.ipc.RetriableException: The namespace is being loaded from its mirror, "
      "40% so far. Try again later.";
  for (const bool reopened : {false, true}) {
    if (reopened) world.Reopen();
    EXPECT_EQ(ErrorOf(world.Ask(GetFileInfo{"/d"})), loading);
    EXPECT_EQ(ErrorOf(world.Ask(GetListing{"/"})), loading);
    EXPECT_EQ(ErrorOf(world.Ask(GetSafeMode{})), loading);
    EXPECT_EQ(world.Findings(), "");
    EXPECT_FALSE(world.ns().has_namespaces());
  }
  chunk.from = "half";
  chunk.to = kRecoveryEnd;
  chunk.rows = rows;
  world.Run(chunk);
  EXPECT_NE(ErrorOf(world.Ask(GetFileInfo{"/d"})).find(" 99% "), std::string::npos);
  world.Run(FinishRecovery{true, ""});
  for (const bool reopened : {false, true}) {
    if (reopened) world.Reopen();
    EXPECT_EQ(world.Tree(), "/d/ /d/f");
    EXPECT_EQ(world.ns().position(), Position::Of(1, mirror.last().last));
    EXPECT_EQ(world.Findings(), "");
  }
}

// ---- Loading ----

TEST(LoadRowsTest, OnlyWhereTheCursorStands) {
  const TestMirror mirror = MirrorOf("/d/ /d/f");
  TestWorld world{TestWorld::Empty{}};
  LoadRows chunk = AllOf(mirror);
  EXPECT_EQ(world.Run(chunk).code, Code::kRecoveryNotPossible);
  world.Run(mirror.Source(1));
  chunk.from = "elsewhere";
  EXPECT_EQ(world.Run(chunk).code, Code::kOk);
  EXPECT_EQ(world.ns().recovery().cursor, "");
  EXPECT_TRUE(world.TreeRows().empty());
  chunk.from = "";
  chunk.to = "some";
  world.Run(chunk);
  EXPECT_EQ(world.ns().recovery().cursor, "some");
  EXPECT_EQ(world.ns().recovery().rows, chunk.rows.size());
  EXPECT_EQ(world.TreeRows(), mirror.rows());
  // Given out again, by a leader who did not know.
  const uint64_t hash = world.ns().state_hash();
  for (LoadRows::Row& row : chunk.rows) row.value.reset();
  world.Run(chunk);
  EXPECT_EQ(world.ns().state_hash(), hash);
  // What comes later counts.
  world.Run(LoadRows{"some", "more", chunk.rows});
  EXPECT_TRUE(world.TreeRows().empty());
  EXPECT_EQ(world.Findings(), "");
  world.Run(LoadRows{"more", kRecoveryEnd, AllOf(mirror).rows});
  world.Run(FinishRecovery{true, ""});
  EXPECT_EQ(world.Tree(), "/d/ /d/f");
  // And nothing any more once it has finished.
  world.Run(LoadRows{kRecoveryEnd, kRecoveryEnd, chunk.rows});
  EXPECT_EQ(world.TreeRows(), mirror.rows());
  EXPECT_EQ(world.Findings(), "");
}

std::string PlaceOf(const TestWorld& world, InodeId file) {
  const auto at = world.store().contents().find(FilePlaceKey(file));
  FilePlaceRecord place;
  if (at == world.store().contents().end() || !DecodeRecord(at->second, &place)) return "nowhere";
  return std::to_string(place.directory) + "/" + place.name;
}

// Each step is one change: "5=A" puts file A at name 5, "5-" removes what is there.
struct PlaceCase {
  std::string_view name;
  std::vector<std::string> steps;
  std::string a, b;  // where the files' rows then say they are
};

class PlacesTest : public testing::TestWithParam<PlaceCase> {};

TEST_P(PlacesTest, FollowTheEntries) {
  TestWorld world{TestWorld::Empty{}};
  world.Run(MirrorOf("/d/").Source(1));
  LoadRows chunk;
  chunk.to = "1";
  for (const std::string& step : GetParam().steps) {
    LoadRows::Row row;
    row.key = EntryKey(16385, step.substr(0, 1));
    if (step[1] == '=') {
      EntryRecord record;
      record.file.id = step[2] == 'A' ? 20001 : 20002;
      if (step[2] == 'D') record = {.type = FileType::kDirectory, .directory = 20003};
      row.value = EncodeRecord(record);
    }
    chunk.rows.push_back(row);
  }
  world.Run(chunk);
  ASSERT_EQ(world.ns().recovery().state, RecoveryState::kLoading) << world.ns().recovery().failure;
  const auto text = [](const std::string& at) { return at.empty() ? "nowhere" : "16385/" + at; };
  EXPECT_EQ(PlaceOf(world, 20001), text(GetParam().a));
  EXPECT_EQ(PlaceOf(world, 20002), text(GetParam().b));
  EXPECT_EQ(world.Findings(), "");  // the state hash
}

std::vector<PlaceCase> PlaceCases() {
  return {
      {"Put", {"1=A"}, "1", ""},
      {"PutTwice", {"1=A", "1=A"}, "1", ""},
      {"PutAndGone", {"1=A", "1-"}, "", ""},
      {"NeverThere", {"1-"}, "", ""},
      {"RenamedGoneFirst", {"2=A", "2-", "1=A"}, "1", ""},
      {"RenamedComesFirst", {"2=A", "1=A", "2-"}, "1", ""},
      {"Replaced", {"1=A", "1=B"}, "", "1"},
      {"ReplacedByRename", {"1=A", "2=B", "1=B", "2-"}, "", "1"},
      {"ReplacedByRenameGoneFirst", {"2=A", "1=B", "1-", "2=B"}, "", "2"},
      {"Exchanged", {"1=A", "2=B", "1=B", "2=A"}, "2", "1"},
      {"ADirectoryInstead", {"1=A", "1=D"}, "", ""},
      {"AFileInstead", {"1=D", "1=A"}, "1", ""},
      // The data table is ahead of what the journal then says again.
      {"OldPlaceAfterTheNew", {"2=A", "1=A", "1-", "2=A"}, "2", ""},
      {"OldPlaceAfterTheNewLeftLater", {"1=A", "2=A", "1=A", "2-"}, "1", ""},
  };
}

INSTANTIATE_TEST_SUITE_P(All, PlacesTest, testing::ValuesIn(PlaceCases()),
                         [](const auto& info) { return std::string(info.param.name); });

struct BadRow {
  std::string_view name;
  LoadRows::Row row;
  std::string_view failure;
};

class BadRowTest : public testing::TestWithParam<BadRow> {};

TEST_P(BadRowTest, MakesTheRecoveryFailAndIsNamed) {
  const TestMirror mirror = MirrorOf("/d/ /d/f");
  TestWorld world{TestWorld::Empty{}};
  world.Run(mirror.Source(1));
  LoadRows chunk = AllOf(mirror);
  chunk.rows.push_back(GetParam().row);
  EXPECT_EQ(world.Run(chunk).code, Code::kOk);
  for (const bool reopened : {false, true}) {
    if (reopened) world.Reopen();
    EXPECT_EQ(world.ns().recovery().state, RecoveryState::kFailed);
    EXPECT_EQ(world.ns().recovery().failure, GetParam().failure);
    EXPECT_TRUE(world.TreeRows().empty());  // none of the chunk
    EXPECT_EQ(world.Ask(GetFileInfo{"/d"}).code, Code::kRecoveryFailed);
    EXPECT_EQ(world.Findings(), "");
  }
  // For good.
  world.Run(AllOf(mirror));
  world.Run(FinishRecovery{true, ""});
  world.Run(mirror.Source(1));
  EXPECT_EQ(world.Run(ClaimRecovered{2, true}).code, Code::kRecoveryNotPossible);
  EXPECT_EQ(world.ns().recovery().state, RecoveryState::kFailed);
  EXPECT_TRUE(world.TreeRows().empty());
}

std::vector<BadRow> BadRows() {
  const InodeId later = uint64_t{1} << 48 | 16385;
  EntryRecord file;
  file.file.id = 20000;
  EntryRecord of_later = file;
  of_later.file.id = later;
  EntryRecord block_of_later = file;
  block_of_later.file.block_count = 1;
  block_of_later.file.inline_blocks = {Block{later, 1001, 0}};
  return {
      {"NoKey", {"", "v"}, "row (empty key) of the mirror has no key"},
      {"Meta", {"m\x01", "v"}, "row m:01 of the mirror is of a kind that is not mirrored"},
      {"MetaGone",
       {"m\x01", std::nullopt},
       "row m:01 of the mirror is of a kind that is not mirrored"},
      {"FilePlace",
       {FilePlaceKey(20000), "v"},
       "row f:0000000000004e20 of the mirror is of a kind that is not mirrored"},
      {"Outbox",
       {OutboxKey(1), "v"},
       "row u:0000000000000001 of the mirror is of a kind that is not mirrored"},
      {"Remembered",
       {RetryKey(1, 0), "v"},
       "row r:000000000000000100000000 of the mirror is of a kind that is not mirrored"},
      {"OfSomebodyElse", {"Zx", "v"}, "row Z:78 of the mirror is of a kind that is not mirrored"},
      {"EntryValue",
       {EntryKey(16385, "x"), "garbage"},
       "row e:16385/x of the mirror has a value that cannot be decoded"},
      {"EntryKeyWithoutName",
       {EntryKey(16385, ""), EncodeRecord(file)},
       "row e:0000000000004001 of the mirror has a key that cannot be decoded"},
      {"DirectoryKey",
       {"d", std::nullopt},
       "row d: of the mirror has a key that cannot be decoded"},
      {"DirectoryValue",
       {DirectoryKey(16385), ""},
       "row d:0000000000004001 of the mirror has a value that cannot be decoded"},
      {"BlockValue",
       {BlockKey(20000, 9), "garbage"},
       "row b:0000000000004e2000000009 of the mirror has a value that cannot be decoded"},
      {"NamespaceValue",
       {NamespaceKey(1), "garbage"},
       "row n:00000001 of the mirror has a value that cannot be decoded"},
      {"OpenFileValue",
       {OpenFileKey(20000), "garbage"},
       "row o:0000000000004e20 of the mirror has a value that cannot be decoded"},
      {"PendingDeleteValue",
       {PendingDeleteKey(20000), "garbage"},
       "row g:0000000000004e20 of the mirror has a value that cannot be decoded"},
      {"XAttrValue",
       {XAttrKey(20000, {XAttrNamespace::kUser, "a"}), "garbage"},
       "row x:0000000000004e200061 of the mirror has a value that cannot be decoded"},
      {"FileOfALaterLineage",
       {EntryKey(16385, "x"), EncodeRecord(of_later)},
       "row e:16385/x of the mirror names id 281474976727041, which lineage 1 cannot have given"},
      {"BlockOfALaterLineage",
       {EntryKey(16385, "x"), EncodeRecord(block_of_later)},
       "row e:16385/x of the mirror names id 281474976727041, which lineage 1 cannot have given"},
      {"DirectoryOfALaterLineage",
       {DirectoryKey(later), std::nullopt},
       "row d:0001000000004001 of the mirror names id 281474976727041, which lineage 1 cannot have "
       "given"},
  };
}

INSTANTIATE_TEST_SUITE_P(All, BadRowTest, testing::ValuesIn(BadRows()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(LoadRowsTest, ALongReasonIsCut) {
  TestWorld world{TestWorld::Empty{}};
  world.Run(MirrorOf("/d/").Source(1));
  world.Run(LoadRows{"", "1", {{EntryKey(16385, std::string(100'000, 'n')), "garbage"}}});
  EXPECT_LT(world.ns().recovery().failure.size(), 1100u);
  EXPECT_EQ(world.ns().recovery().state, RecoveryState::kFailed);
}

// ---- The end ----

TEST(FinishRecoveryTest, NotBeforeTheEndAndNotWithoutABeginning) {
  const TestMirror mirror = MirrorOf("/d/");
  TestWorld world{TestWorld::Empty{}};
  EXPECT_EQ(world.Run(FinishRecovery{true, ""}).code, Code::kRecoveryNotPossible);
  EXPECT_EQ(world.Run(FinishRecovery{false, "why"}).code, Code::kRecoveryNotPossible);
  EXPECT_EQ(world.ns().recovery().state, RecoveryState::kNone);
  world.Run(mirror.Source(1));
  LoadRows chunk = AllOf(mirror);
  chunk.to = "nearly";
  world.Run(chunk);
  EXPECT_EQ(world.Run(FinishRecovery{true, ""}).code, Code::kRecoveryNotPossible);
  EXPECT_EQ(world.ns().recovery().state, RecoveryState::kLoading);
  world.Run(LoadRows{"nearly", kRecoveryEnd, {}});
  EXPECT_EQ(world.Run(FinishRecovery{true, ""}).code, Code::kOk);
  EXPECT_EQ(world.ns().recovery().state, RecoveryState::kFinished);
  // What another leader thought of it no longer counts.
  EXPECT_EQ(world.Run(FinishRecovery{false, "late"}).code, Code::kOk);
  EXPECT_EQ(world.ns().recovery().state, RecoveryState::kFinished);
  EXPECT_EQ(world.ns().recovery().failure, "");
}

TEST(FinishRecoveryTest, TheLeaderMayHaveFoundSomething) {
  TestWorld world{TestWorld::Empty{}};
  world.Run(MirrorOf("/d/").Source(1));
  world.Run(FinishRecovery{false, "the chain breaks at 7"});
  EXPECT_EQ(world.ns().recovery().state, RecoveryState::kFailed);
  EXPECT_EQ(ErrorOf(world.Ask(GetFileInfo{"/"})),
            "java.io.IOException: The namespace could not be recovered from its mirror: the chain "
            "breaks at 7");
}

struct WrongEnd {
  std::string_view name;
  std::function<void(BeginRecovery*, LoadRows*)> change;
  std::string failure;
};

class WrongEndTest : public testing::TestWithParam<WrongEnd> {};

TEST_P(WrongEndTest, NamesTheDifference) {
  TestWorld lost(SetMirror{.on = true});
  lost.Make("/d/ /d/f=0644,alice,users,700");
  lost.Run(Create{.path = "/open", .client_name = "writer"});
  TestMirror mirror;
  mirror.Take(lost);
  BeginRecovery begin = mirror.Source(1);
  LoadRows chunk = AllOf(mirror);
  GetParam().change(&begin, &chunk);
  TestWorld world{TestWorld::Empty{}};
  world.Run(begin);
  world.Run(chunk);
  ASSERT_EQ(world.ns().recovery().state, RecoveryState::kLoading);
  EXPECT_EQ(world.Run(FinishRecovery{true, ""}).code, Code::kOk);
  for (const bool reopened : {false, true}) {
    if (reopened) world.Reopen();
    EXPECT_EQ(world.ns().recovery().state, RecoveryState::kFailed);
    EXPECT_EQ(world.ns().recovery().failure, GetParam().failure);
    EXPECT_EQ(world.ns().position(), Position::Of(1, 0));
    EXPECT_FALSE(world.ns().has_namespaces());  // nothing stays in memory
    EXPECT_EQ(world.Ask(GetFileInfo{"/d"}).code, Code::kRecoveryFailed);
    EXPECT_EQ(world.Findings(), "");
  }
}

std::vector<WrongEnd> WrongEnds() {
  return {
      {"OneDirectoryMore", [](BeginRecovery* begin, LoadRows*) { ++begin->directories; },
       "directories 2, expected 3"},
      {"OneFileLess", [](BeginRecovery* begin, LoadRows*) { --begin->files; },
       "files 2, expected 1"},
      {"OneByteMore", [](BeginRecovery* begin, LoadRows*) { ++begin->bytes; },
       "bytes 700, expected 701"},
      {"Nothing", [](BeginRecovery*, LoadRows* chunk) { chunk->rows.clear(); },
       "directories 0, expected 2; files 0, expected 2; bytes 0, expected 700"},
      {"NoRoot",
       [](BeginRecovery*, LoadRows* chunk) {
         chunk->rows.push_back({DirectoryKey(16385), std::nullopt});
       },
       "namespace test has root directory 16385, which has no row"},
      {"RootInADirectory",
       [](BeginRecovery*, LoadRows* chunk) {
         DirectoryRecord record;
         record.parent = 16386;
         record.name = "root";
         chunk->rows.push_back({DirectoryKey(16385), EncodeRecord(record)});
       },
       "the root directory 16385 of namespace test is something else as well"},
      {"RootUnlinked",
       [](BeginRecovery*, LoadRows* chunk) {
         chunk->rows.push_back(
             {PendingDeleteKey(16385), EncodeRecord(PendingDeleteRecord{true, ""})});
       },
       "the root directory 16385 of namespace test is something else as well"},
      {"NamespaceTwice",
       [](BeginRecovery* begin, LoadRows* chunk) {
         begin->next_namespace = 3;
         NamespaceRecord record;
         record.name = "test";
         record.root = 16386;
         chunk->rows.push_back({NamespaceKey(2), EncodeRecord(record)});
         chunk->rows.push_back({DirectoryKey(16386), EncodeRecord(DirectoryRecord{})});
       },
       "two namespaces are called test"},
      {"NamespaceIdStillToBeGiven",
       [](BeginRecovery* begin, LoadRows*) { begin->next_namespace = 1; },
       "namespace 1 is not below the next id 1"},
      {"LeaseStillToBeGiven", [](BeginRecovery* begin, LoadRows*) { begin->next_lease = 1; },
       "lease 1 of writer is not below the next one 1"},
  };
}

INSTANTIATE_TEST_SUITE_P(All, WrongEndTest, testing::ValuesIn(WrongEnds()),
                         [](const auto& info) { return std::string(info.param.name); });

// ---- The claim ----

TEST(ClaimRecoveredTest, TheNextLineageGoesOn) {
  TestWorld lost(SetMirror{.on = true});
  lost.Make("/d/ /d/f=0644,alice,users,700");
  lost.Run(Create{.path = "/open", .client_name = "writer"});
  TestMirror mirror;
  mirror.Take(lost);
  TestWorld world{TestWorld::Empty{}};
  world.wall = 500;  // a clock behind that of the lost cluster
  world.Run(mirror.Source(1));
  EXPECT_EQ(world.Run(ClaimRecovered{2, true}).code, Code::kRecoveryNotPossible);
  world.Run(AllOf(mirror));
  EXPECT_EQ(world.Run(ClaimRecovered{2, true}).code, Code::kRecoveryNotPossible);
  world.Run(FinishRecovery{true, ""});
  for (const uint16_t lineage : {0, 1, 3}) {
    EXPECT_EQ(world.Run(ClaimRecovered{lineage, true}).code, Code::kRecoveryNotPossible);
  }
  EXPECT_EQ(world.Run(ClaimRecovered{2, true, 5'000'000}).code, Code::kOk);
  EXPECT_EQ(world.ns().recovery(), RecoveryRecord());
  EXPECT_EQ(world.ns().position(), Position::Of(2, mirror.last().last));
  const MirrorRecord expected = {MirrorState::kOn, 5'000'000, mirror.last().last,
                                 mirror.last().last, mirror.chain()};
  EXPECT_EQ(world.ns().mirror().record, expected);
  EXPECT_EQ(world.Findings(), "");
  world.Reopen();
  EXPECT_EQ(world.ns().mirror().record, expected);
  EXPECT_EQ(world.ns().recovery(), RecoveryRecord());
  // A leader that did not hear of it.
  EXPECT_EQ(world.Run(ClaimRecovered{2, false}).code, Code::kOk);
  EXPECT_EQ(world.ns().mirror().record, expected);
  EXPECT_EQ(world.Run(mirror.Source(1)).code, Code::kRecoveryNotPossible);

  const Reply made = world.Run(Mkdirs{"/new"});
  EXPECT_EQ(made.position, Position::Of(2, mirror.last().last + 1));
  EXPECT_EQ(IdOf(world, "/new"), uint64_t{1} << 48 | 16385);
  EXPECT_EQ(std::get<FileStatus>(world.Ask(GetFileInfo{"/new"}).value).mtime, mirror.last().wall);
  mirror.Take(world);  // dies if sequence or chain did not go on
  EXPECT_EQ(mirror.last().last, made.position.sequence());
  EXPECT_EQ(mirror.rows(), world.TreeRows());
  // The writer goes on, under its lease.
  const std::vector<Namespace::LeaseInfo> leases = world.ns().leases();
  ASSERT_EQ(leases.size(), 1u);
  EXPECT_EQ(leases[0].lease, 1u);
  const Reply block =
      world.Run(AddBlock{.path = "/open", .client_name = "writer", .live_data_servers = 1});
  ASSERT_EQ(block.code, Code::kOk);
  EXPECT_EQ(std::get<Block>(block.value).id >> 48, 1u);
  EXPECT_EQ(std::get<Block>(block.value).generation_stamp >> 48, 1u);
  EXPECT_EQ(world.Findings(), "");
}

TEST(ClaimRecoveredTest, WithoutAMirror) {
  const TestMirror mirror = MirrorOf("/d/");
  TestWorld world{TestWorld::Empty{}};
  world.Run(mirror.Source(6));
  world.Run(AllOf(mirror));
  world.Run(FinishRecovery{true, ""});
  EXPECT_EQ(world.Run(ClaimRecovered{7, false}).code, Code::kOk);
  EXPECT_EQ(world.ns().mirror().record, MirrorRecord{.state = MirrorState::kOff});
  world.Make("/d/f");
  EXPECT_EQ(world.ns().position(), Position::Of(7, mirror.last().last + 1));
  EXPECT_EQ(world.ns().mirror().outbox_rows, 0u);
  EXPECT_EQ(world.Findings(), "");
}

TEST(ClaimRecoveredTest, AMirrorOfNothing) {
  TestWorld world{TestWorld::Empty{}};
  world.Run(TestMirror().Source(1));
  world.Run(LoadRows{"", kRecoveryEnd, {}});
  world.Run(FinishRecovery{true, ""});
  ASSERT_EQ(world.ns().recovery().state, RecoveryState::kFinished);
  EXPECT_EQ(world.Run(ClaimRecovered{2, true}).code, Code::kOk);
  world.Run(CreateNamespace{"test"});
  TestMirror mirror;
  mirror.Take(world);
  EXPECT_EQ(mirror.rows(), world.TreeRows());
  EXPECT_EQ(mirror.last().last, 1u);
  EXPECT_EQ(world.Findings(), "");
}

// Nothing of a recovery depends on how its commands are put into entries.
TEST(ClaimRecoveredTest, AllInOneEntryWithTheFirstMutation) {
  TestMirror mirror = MirrorOf("/d/ /d/f");
  CommandBatch batch;
  batch.wall = WallMillis(2'000'000);
  for (const Operation& operation : std::vector<Operation>{
           mirror.Source(1), AllOf(mirror), Mkdirs{"/too early"}, FinishRecovery{true, ""},
           ClaimRecovered{2, true}, Mkdirs{"/new"}, Delete{"/d/f"}}) {
    batch.commands.push_back({1, Superuser(), {}, operation});
  }
  TestWorld world{TestWorld::Empty{}};
  const std::vector<Reply> replies = world.Run(batch);
  EXPECT_EQ(replies[2].code, Code::kRecoveryMode);
  EXPECT_EQ(replies[6].value, Value(Truth{true}));
  EXPECT_EQ(world.Tree(), "/d/ /new/");
  const uint64_t last = mirror.last().last;
  mirror.Take(world);
  EXPECT_EQ(mirror.last().last, last + 2);
  EXPECT_EQ(mirror.rows(), world.TreeRows());
  EXPECT_EQ(world.Findings(), "");
}

// The same for a mirror that is decided on together with the first mutation.
TEST(SetMirrorTest, InOneEntryWithTheFirstMutation) {
  CommandBatch batch;
  batch.wall = WallMillis(2'000'000);
  for (const Operation& operation :
       std::vector<Operation>{SetMirror{.on = true}, CreateNamespace{"test"}, Mkdirs{"/d"}}) {
    batch.commands.push_back({1, Superuser(), {}, operation});
  }
  TestWorld world{TestWorld::Empty{}};
  world.Run(batch);
  TestMirror mirror;
  mirror.Take(world);
  EXPECT_EQ(mirror.last().last, 2u);
  EXPECT_EQ(mirror.rows(), world.TreeRows());
}

}  // namespace
}  // namespace jfs::ns
