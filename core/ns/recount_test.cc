#include "core/ns/recount.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/ns/keys.h"
#include "core/ns/random_commands.h"
#include "core/ns/records.h"
#include "core/ns/test_world.h"

namespace jfs::ns {
namespace {

InodeId IdOf(const TestWorld& world, const std::string& path) {
  return std::get<FileStatus>(world.Ask(GetFileInfo{path}).value).id;
}

struct Result {
  std::string problem;
  TreeTotals totals;
  int steps = 0;
};

Result RecountOf(const kv::View& view, uint64_t max_rows) {
  Recount recount;
  Result result;
  for (bool done = false; !done;) {
    ++result.steps;
    const uint64_t before = recount.rows();
    const absl::StatusOr<bool> step = recount.Step(view, max_rows);
    EXPECT_TRUE(step.ok()) << step.status();
    EXPECT_LE(recount.rows(), before + max_rows);
    if (!step.ok()) break;
    done = *step;
  }
  result.problem = recount.problem();
  result.totals = recount.totals();
  return result;
}

TEST(RecountTest, CountsWhatIsReachable) {
  TestWorld world;
  world.Make(
      "/a/ /a/b/ /a/b/f=0644,alice,users,700 /a/g=0644,alice,users,30 /gone/x=,,,9 /gone/y/");
  world.Run(CreateNamespace{"second"});
  world.Run(Delete{"/gone", true});  // its rows are still there
  const Result all = RecountOf(world.store(), 1'000'000);
  EXPECT_EQ(all.problem, "");
  EXPECT_EQ(all.steps, 1);
  EXPECT_EQ(all.totals, (TreeTotals{4, 2, 730}));
  // In slices as small as there are.
  const Result slices = RecountOf(world.store(), 1);
  EXPECT_EQ(slices.problem, "");
  EXPECT_GT(slices.steps, 15);
  EXPECT_EQ(slices.totals, all.totals);
}

TEST(RecountTest, NothingIsEmpty) {
  const TestWorld world{TestWorld::Empty{}};
  EXPECT_EQ(RecountOf(world.store(), 5).totals, TreeTotals());
  EXPECT_EQ(RecountOf(world.store(), 5).problem, "");
}

// Against the totals that memory keeps, and fsck.
TEST(RecountTest, RandomTrees) {
  uint64_t directories = 0;
  uint64_t files = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(500 + seed);
    TestWorld world;
    Known known;
    for (int step = 0; step < 150; ++step) {
      const CommandBatch batch = RandomBatch(&random, &known, 1'000'000, random.Between(1, 4));
      const std::vector<Reply> replies = world.Run(batch);
      for (size_t i = 0; i < replies.size(); ++i) {
        Note(batch.commands[i].operation, replies[i], &known);
      }
      if (step % 10 != 0) continue;
      ASSERT_EQ(world.Findings(), "");
      const Result result = RecountOf(world.store(), random.Between(1, 30));
      ASSERT_EQ(result.problem, "");
      ASSERT_EQ(result.totals, world.ns().totals(1));
      directories += result.totals.directories;
      files += result.totals.files;
    }
  }
  EXPECT_GT(directories, 1000u);
  EXPECT_GT(files, 500u);
}

struct Damage {
  std::string name;
  std::function<void(TestWorld&, kv::WriteBatch*)> change;
  std::string problem;  // part of it
};

class RecountDamageTest : public testing::TestWithParam<Damage> {};

TEST_P(RecountDamageTest, IsNamed) {
  TestWorld world;
  world.Make("/d/ /d/e/ /d/f=0644,alice,users,5000 /z/");
  kv::WriteBatch batch;
  GetParam().change(world, &batch);
  ASSERT_FALSE(batch.empty());
  ASSERT_TRUE(world.store().Write(batch).ok());
  for (const uint64_t rows : {1, 3, 1000}) {
    const std::string problem = RecountOf(world.store(), rows).problem;
    EXPECT_NE(problem.find(GetParam().problem), std::string::npos) << problem;
  }
}

template <typename Record>
Record Load(TestWorld& world, const std::string& key) {
  Record record;
  EXPECT_TRUE(DecodeRecord(world.store().contents().at(key), &record)) << KeyText(key);
  return record;
}

void ChangeDirectory(TestWorld& world, const std::string& path, kv::WriteBatch* batch,
                     const std::function<void(DirectoryRecord*)>& change) {
  const std::string key = DirectoryKey(IdOf(world, path));
  auto record = Load<DirectoryRecord>(world, key);
  change(&record);
  batch->Put(key, EncodeRecord(record));
}

std::vector<Damage> Damages() {
  return {
      {"FileLost", [](TestWorld& w, kv::WriteBatch* b) { b->Delete(EntryKey(IdOf(w, "/d"), "f")); },
       "says it has 1 directories, 1 files"},
      {"AllEntriesLost",
       [](TestWorld& w, kv::WriteBatch* b) {
         b->Delete(EntryKey(IdOf(w, "/d"), "e"));
         b->Delete(EntryKey(IdOf(w, "/d"), "f"));
       },
       "recounted are 0, 0, 0, 0"},
      {"BytesOfAFile",
       [](TestWorld& w, kv::WriteBatch* b) {
         const std::string key = EntryKey(IdOf(w, "/d"), "f");
         auto record = Load<EntryRecord>(w, key);
         record.file.length += 1;
         b->Put(key, EncodeRecord(record));
       },
       "recounted are 1, 1, 5001"},
      {"CountsOfADirectory",
       [](TestWorld& w, kv::WriteBatch* b) {
         ChangeDirectory(w, "/z", b, [](DirectoryRecord* record) { ++record->counts.files; });
       },
       "says it has 0 directories, 1 files"},
      {"DirectoryRowLost",
       [](TestWorld& w, kv::WriteBatch* b) { b->Delete(DirectoryKey(IdOf(w, "/d/e"))); },
       "/e leads to directory"},
      {"RowOfTheLastDirectoryLost",
       [](TestWorld& w, kv::WriteBatch* b) { b->Delete(DirectoryKey(IdOf(w, "/z"))); },
       "which has no row"},
      {"ParentRowLost",
       [](TestWorld& w, kv::WriteBatch* b) { b->Delete(DirectoryKey(IdOf(w, "/d"))); },
       "end nowhere"},
      {"EntriesOfNoDirectory",
       [](TestWorld& w, kv::WriteBatch* b) {
         b->Put(EntryKey(99999, "f"), w.store().contents().at(EntryKey(IdOf(w, "/d"), "f")));
       },
       "99999/f is in a directory that has no row"},
      {"RootLost", [](TestWorld&, kv::WriteBatch* b) { b->Delete(DirectoryKey(16385)); },
       "root 16385 of a namespace has no row"},
      {"RootOfTwo",
       [](TestWorld& w, kv::WriteBatch* b) {
         b->Put(NamespaceKey(2), w.store().contents().at(NamespaceKey(1)));
       },
       "is the root of two namespaces"},
      {"RootUnlinked",
       [](TestWorld&, kv::WriteBatch* b) {
         b->Put(PendingDeleteKey(16385), EncodeRecord(PendingDeleteRecord{true, ""}));
       },
       "waits to be deleted"},
      {"Cycle",
       [](TestWorld& w, kv::WriteBatch* b) {
         const InodeId below = IdOf(w, "/d/e");
         ChangeDirectory(w, "/d", b, [&](DirectoryRecord* record) { record->parent = below; });
       },
       "are a cycle"},
      {"SaysItIsElsewhere",
       [](TestWorld& w, kv::WriteBatch* b) {
         ChangeDirectory(w, "/d/e", b, [](DirectoryRecord* record) { record->name = "other"; });
       },
       "which says that it is elsewhere"},
      // The counts are right, and so is the number of directories.
      {"OneEntryForAnother",
       [](TestWorld& w, kv::WriteBatch* b) {
         b->Put(EntryKey(16385, "z"), w.store().contents().at(EntryKey(16385, "d")));
       },
       "which says that it is elsewhere"},
      {"NoEntry",
       [](TestWorld& w, kv::WriteBatch* b) {
         b->Delete(EntryKey(16385, "z"));
         ChangeDirectory(w, "/", b, [](DirectoryRecord* record) { --record->counts.directories; });
       },
       "has no entry in directory 16385"},
      {"TwoEntriesOfOneFile",
       [](TestWorld& w, kv::WriteBatch* b) {
         const std::string& entry = w.store().contents().at(EntryKey(IdOf(w, "/d"), "f"));
         b->Put(EntryKey(IdOf(w, "/z"), "f"), entry);
         const auto counts = Load<DirectoryRecord>(w, DirectoryKey(IdOf(w, "/d"))).counts;
         ChangeDirectory(w, "/z", b, [&](DirectoryRecord* record) {
           record->counts = counts;
           record->counts.directories = 0;
         });
       },
       "two entries lead to one file"},
  };
}

INSTANTIATE_TEST_SUITE_P(All, RecountDamageTest, testing::ValuesIn(Damages()),
                         [](const auto& info) { return info.param.name; });

TEST(RecountTest, ARowThatCannotBeDecodedIsDataLoss) {
  TestWorld world;
  world.Make("/d/");
  kv::WriteBatch batch;
  batch.Put(EntryKey(16385, "x"), "garbage");
  ASSERT_TRUE(world.store().Write(batch).ok());
  Recount recount;
  EXPECT_EQ(recount.Step(world.store(), 1000).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace jfs::ns
