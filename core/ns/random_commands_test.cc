#include "core/ns/random_commands.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/base/random.h"
#include "core/kv/overlay.h"
#include "core/ns/codec.h"
#include "core/ns/error_text.h"
#include "core/ns/test_mirror.h"
#include "core/ns/test_world.h"

namespace jfs::ns {
namespace {

// The first difference between two stores, for a readable failure.
std::string Difference(const kv::MemoryStore& a, const kv::MemoryStore& b) {
  if (a.contents() == b.contents()) return "";
  for (const auto& [key, value] : a.contents()) {
    const auto at = b.contents().find(key);
    if (at == b.contents().end()) return "only the first has a row of kind " + key.substr(0, 1);
    if (at->second != value) return "different rows of kind " + key.substr(0, 1);
  }
  return "only the second has some row";
}

TEST(RandomCommandsTest, StateIsCleanAndEqualHoweverItIsKept) {
  int ok = 0;
  int refused = 0;
  uint64_t changes = 0;
  uint64_t xattr_rows = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    TestWorld steady;    // never reopened
    TestWorld reopened;  // rebuilt from its rows again and again
    // Several entries share one batch, which is written late.
    kv::MemoryStore lazy_store;
    std::unique_ptr<Namespace> lazy = *Namespace::Open(lazy_store, Mutations());
    kv::WriteBatch lazy_batch;
    std::vector<Reply> lazy_replies;
    CommandBatch first;
    first.wall = WallMillis(steady.wall);
    first.commands.push_back({1, Superuser(), {}, CreateNamespace{"test"}});
    ASSERT_TRUE(
        lazy->Apply(lazy_store, 1, EncodeCommandBatch(first), &lazy_batch, &lazy_replies).ok());

    SetLimits limits;
    limits.retry_cache_millis = 60'000;
    limits.retry_cache_bytes = 20'000;
    limits.max_directory_items = 3;
    Known known;
    for (int step = 0; step < 600; ++step) {
      const uint64_t commands = random.Between(1, 4);
      CommandBatch batch = RandomBatch(&random, &known, 1'000'000 + random.Below(5000), commands);
      if (step == 0) batch.commands[0].operation = limits;
      const std::vector<Reply> replies = steady.Run(batch);
      for (size_t i = 0; i < replies.size(); ++i) {
        Note(batch.commands[i].operation, replies[i], &known);
        (replies[i].code == Code::kOk ? ok : refused)++;
      }
      if (random.Chance(1, 5)) reopened.Reopen();
      EXPECT_EQ(reopened.Run(batch), replies);
      lazy_replies.clear();
      ASSERT_TRUE(lazy->Apply(lazy_store, steady.index, EncodeCommandBatch(batch), &lazy_batch,
                              &lazy_replies)
                      .ok());
      EXPECT_EQ(lazy_replies, replies);
      if (random.Chance(1, 4)) {
        ASSERT_TRUE(lazy_store.Write(lazy_batch).ok());
        lazy_batch.Clear();
      }
      ASSERT_EQ(steady.ns().state_hash(), reopened.ns().state_hash());
      if (step % 10 == 0) {
        ASSERT_EQ(steady.Findings(), "");
        const Query query = GetContentSummary{RandomPath(&random)};
        ASSERT_EQ(steady.Ask(query), reopened.Ask(query));
        const Caller alice = User("alice");
        ASSERT_EQ(steady.Ask(query, alice), reopened.Ask(query, alice));
        const Query acl = GetAclStatus{RandomPath(&random)};
        ASSERT_EQ(steady.Ask(acl, alice), reopened.Ask(acl, alice));
        const Query xattrs = GetXAttrs{RandomPath(&random), {}};
        ASSERT_EQ(steady.Ask(xattrs), reopened.Ask(xattrs));
        ASSERT_EQ(steady.Ask(xattrs, alice), reopened.Ask(xattrs, alice));
        const Query access =
            CheckAccess{RandomPath(&random), static_cast<uint8_t>(random.Below(8))};
        ASSERT_EQ(steady.Ask(access, alice), reopened.Ask(access, alice));
      }
      ASSERT_EQ(Difference(steady.store(), reopened.store()), "");
    }
    ASSERT_TRUE(lazy_store.Write(lazy_batch).ok());
    EXPECT_EQ(Difference(steady.store(), lazy_store), "");
    steady.FinishAllDeletes(5);
    EXPECT_EQ(steady.Findings(), "");
    for (const auto& [key, value] : steady.TreeRows()) xattr_rows += key[0] == 'x' ? 1 : 0;
    changes += steady.ns().position().sequence();
  }
  // Both happen often, or the commands test nothing.
  EXPECT_GT(ok, 2000);
  EXPECT_GT(refused, 2000);
  EXPECT_GT(changes, 1500u);
  EXPECT_GT(xattr_rows, 20u);
}

TEST(RandomCommandsTest, TheOutboxAloneGivesTheTree) {
  uint64_t reopened = 0;
  uint64_t trimmed = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(1000 + seed);
    TestWorld world(SetMirror{.on = true});
    TestMirror mirror;
    Known known;
    for (int step = 0; step < 400; ++step) {
      CommandBatch batch =
          RandomBatch(&random, &known, 1'000'000 + random.Below(5000), random.Between(1, 5));
      if (random.Chance(1, 6)) {
        const uint64_t sequence = random.Below(mirror.last().last + 1);
        batch.commands.back() = {1, Superuser(), {}, MirrorProgress{sequence}};
      }
      const std::vector<Reply> replies = world.Run(batch);
      for (size_t i = 0; i < replies.size(); ++i) {
        Note(batch.commands[i].operation, replies[i], &known);
      }
      mirror.Take(world);
      ASSERT_EQ(mirror.rows(), world.TreeRows());
      const Namespace::Totals totals = world.ns().totals(1);
      ASSERT_EQ(mirror.last().last, world.ns().position().sequence());
      ASSERT_EQ(mirror.last().directories, totals.directories);
      ASSERT_EQ(mirror.last().files, totals.files);
      ASSERT_EQ(mirror.last().bytes, totals.bytes);
      const Namespace::MirrorStatus before = world.ns().mirror();
      trimmed += before.record.mirrored;
      if (random.Chance(1, 10)) {
        world.Reopen();
        ++reopened;
        const Namespace::MirrorStatus after = world.ns().mirror();
        ASSERT_EQ(after.record, before.record);
        ASSERT_EQ(after.outbox_rows, before.outbox_rows);
        ASSERT_EQ(after.outbox_bytes, before.outbox_bytes);
      }
      if (step % 20 == 0) {
        ASSERT_EQ(world.Findings(), "");
      }
    }
  }
  EXPECT_GT(reopened, 200u);
  EXPECT_GT(trimmed, 1000u);
}

TEST(RandomCommandsTest, RefusedCommandsChangeNoRowOfTheTree) {
  Random random(99);
  TestWorld world;
  Known known;
  int refused = 0;
  std::set<size_t> changing;  // kinds of operations that did something
  for (int step = 0; step < 6000; ++step) {
    const CommandBatch batch = RandomBatch(&random, &known, 1'000'000, 1);
    const kv::MemoryStore::Map before = world.TreeRows();
    const Position position = world.ns().position();
    const Reply reply = world.Run(batch)[0];
    Note(batch.commands[0].operation, reply, &known);
    if (std::holds_alternative<FinishDeletes>(batch.commands[0].operation)) continue;
    const bool changed = world.TreeRows() != before;
    if (changed) changing.insert(batch.commands[0].operation.index());
    // A remembered call answers with the position of the first time.
    EXPECT_EQ(changed, world.ns().position() != position);
    // HDFS makes directory after directory until a limit or quota is met, and takes a file from a
    // writer that is gone before it says that the file exists.
    const bool leaves =
        reply.code == Code::kReservedName || reply.code == Code::kTooManyDirectoryItems ||
        reply.code == Code::kNameQuotaExceeded || reply.code == Code::kFileExists ||
        reply.code == Code::kRecoveryStarted || reply.code == Code::kSpaceQuotaExceeded ||
        reply.code == Code::kTruncateTooLarge;
    if (reply.code != Code::kOk) {
      EXPECT_TRUE(leaves || !changed) << CodeName(reply.code);
      ++refused;
    }
  }
  EXPECT_GT(refused, 300);
  // Of the 29 kinds that are drawn; one never changes the tree.
  EXPECT_GE(changing.size(), 26u);
}

// Whether a seed leads a planted bug to something that fsck sees. Memory may disagree with the
// rows, but nothing may hang.
bool Killed(Mutation mutation, uint64_t seed) {
  Random random(seed);
  TestWorld world((Mutations(mutation)));
  Known known;
  for (int step = 0; step < 1500; ++step) {
    const CommandBatch batch = RandomBatch(&random, &known, 1'000'000, 1);
    const std::vector<Reply> replies = world.Run(batch);
    Note(batch.commands[0].operation, replies[0], &known);
    // Later deletes can take the damage with them.
    if (step % 50 == 0 && !world.Findings().empty()) return true;
  }
  return !world.Findings().empty();
}

TEST(PlantedBugTest, FsckSeesEachAtWork) {
  TestWorld cycle{Mutations(Mutation::kN01RenameCycle)};
  cycle.Make("/a/b/");
  cycle.Run(Rename2{"/a", "/a/b/c"});
  EXPECT_NE(cycle.Findings().find("are a cycle"), std::string::npos);
  cycle.Reopen();  // does not hang
  TestWorld twice{Mutations(Mutation::kN02RetryAppliedTwice)};
  for (int i = 0; i < 2; ++i) twice.Run(Mkdirs{"/a"}, Superuser(), {"client", 1});
  EXPECT_NE(twice.Findings().find("applied twice"), std::string::npos);
  TestWorld miscounts{Mutations(Mutation::kN03RenameMiscounts)};
  miscounts.Make("/a /b");
  miscounts.Run(Rename2{"/a", "/b", true});
  EXPECT_NE(miscounts.Findings().find("recounted are"), std::string::npos);
}

TEST(RandomCommandsTest, FsckSeesPlantedBugs) {
  for (const Mutation mutation : {Mutation::kN01RenameCycle, Mutation::kN02RetryAppliedTwice,
                                  Mutation::kN03RenameMiscounts}) {
    int killed = 0;
    for (uint64_t seed = 1; seed <= 10; ++seed) killed += Killed(mutation, seed) ? 1 : 0;
    EXPECT_GT(killed, 0) << "planted bug " << static_cast<int>(mutation);
  }
}

}  // namespace
}  // namespace jfs::ns
