#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "core/base/random.h"
#include "core/kv/overlay.h"
#include "core/ns/codec.h"
#include "core/ns/error_text.h"
#include "core/ns/keys.h"
#include "core/ns/test_world.h"
#include "core/outbox/outbox_row.h"

namespace jfs::ns {
namespace {

// Names from a small set, so that commands meet each other; some paths are odd on purpose.
// Directories are mostly called a and b, files c, d and e, so that paths lead somewhere.
enum class Meant { kAny, kDirectory, kFile };

char RandomName(Random* random, Meant meant) {
  if (random->Chance(1, 12)) meant = Meant::kAny;
  const uint64_t first = meant == Meant::kFile ? 2 : 0;
  const uint64_t names = meant == Meant::kDirectory ? 2 : 5;
  return static_cast<char>('a' + random->Between(first, names - 1));
}

std::string RandomPath(Random* random, Meant meant = Meant::kAny) {
  std::string path;
  const uint64_t depth = random->Chance(1, 4) ? random->Below(5) : random->Between(1, 3);
  for (uint64_t i = 0; i < depth; ++i) {
    path.push_back('/');
    path.push_back(RandomName(random, i + 1 < depth ? Meant::kDirectory : meant));
  }
  if (path.empty()) path = "/";
  if (random->Chance(1, 40)) path.push_back('/');
  if (random->Chance(1, 60)) path += "/.snapshot";
  if (random->Chance(1, 60)) path += ":";
  return path;
}

Caller RandomCaller(Random* random) {
  switch (random->Below(4)) {
    case 0:
      return User("alice", {"users", "staff"});
    case 1:
      return User("bob");
    default:
      return Superuser();
  }
}

uint16_t RandomMode(Random* random) {
  return random->Chance(2, 3) ? 0777 : static_cast<uint16_t>(random->Below(02000));
}

std::vector<AclEntry> RandomAcl(Random* random) {
  std::vector<AclEntry> entries;
  if (random->Chance(1, 3)) {
    entries = random->Chance(1, 2) ? AclOf("user::rwx,group::r-x,other::r-x")
                                   : AclOf("default:group::rwx,user::rwx,group::-wx,other::---");
  }
  for (uint64_t left = random->Below(4); left > 0; --left) {
    AclEntry& entry = entries.emplace_back();
    entry.scope = random->Chance(2, 3) ? AclScope::kAccess : AclScope::kDefault;
    entry.type = static_cast<AclType>(random->Below(4));
    const bool base = random->Chance(1, 3) || entry.type >= AclType::kMask;
    if (!base || random->Chance(1, 30)) entry.name = random->Chance(1, 2) ? "alice" : "staff";
    entry.permission = static_cast<uint8_t>(random->Below(8));
  }
  return entries;
}

std::optional<uint16_t> RandomUnmasked(Random* random) {
  if (random->Chance(1, 2)) return std::nullopt;
  return RandomMode(random);
}

XAttrName RandomXAttrName(Random* random) {
  XAttrName name;
  if (random->Chance(1, 4)) name.space = static_cast<XAttrNamespace>(random->Below(5));
  name.name = std::string(1, static_cast<char>('a' + random->Below(3)));
  if (name.space == XAttrNamespace::kSecurity) name.name = "hdfs.unreadable.by.superuser";
  return name;
}

struct Writer {
  InodeId file = 0;
  std::string path, client;
  std::optional<Block> last;
};

// What earlier commands left, so that later ones find something.
struct Known {
  std::vector<Writer> writers;
  std::vector<std::string> paths;  // made lately

  std::string Path(Random* random) const {
    if (paths.empty() || random->Chance(1, 2)) return RandomPath(random);
    return paths[random->Below(paths.size())];
  }
};

// The calls of somebody who writes, or would like to.
Operation RandomWriting(Random* random, Known* known) {
  const std::string path = known->Path(random);
  Writer writer;
  writer.path = path;
  writer.client = random->Chance(1, 2) ? "w1" : "w2";
  if (!known->writers.empty() && random->Chance(4, 5)) {
    writer = known->writers[random->Below(known->writers.size())];
  }
  const uint64_t bytes = random->Chance(1, 2) ? 0 : random->Below(1000);
  Block last = writer.last.value_or(Block{1, 1, 0});
  last.bytes = bytes;
  const LeaseId lease = random->Below(12);
  switch (random->Below(12)) {
    case 0:
    case 1:
      return Append{path, writer.client, random->Chance(1, 3), lease};
    case 2:
      return AbandonBlock{last, writer.path, writer.client, writer.file};
    case 3:
    case 4: {
      Fsync sync{writer.path, writer.client, writer.file, std::nullopt};
      if (random->Chance(2, 3)) sync.last_block_length = bytes;
      return sync;
    }
    case 5:
      return UpdateBlockForPipeline{last, writer.client};
    case 6: {
      Block newer = last;
      newer.generation_stamp += random->Below(4);
      return UpdatePipeline{writer.client, last, newer};
    }
    case 7:
      return RecoverLease{writer.path, "w3"};
    case 8:
      return ReleaseLease{writer.client, lease};
    case 9:
    case 10:
      return Truncate{path, random->Below(3) * 500, writer.client, lease};
    default:
      return SetReplication{path, static_cast<uint32_t>(random->Below(5))};
  }
}

Operation RandomOperation(Random* random, Known* known) {
  const std::string path = known->Path(random);
  const std::string other = RandomPath(random);
  if (random->Chance(1, 4)) return RandomWriting(random, known);
  switch (random->Below(23)) {
    case 0:
    case 1: {
      Mkdirs mkdirs;
      mkdirs.path = RandomPath(random, Meant::kDirectory);
      mkdirs.mode = RandomMode(random);
      mkdirs.create_parent = random->Chance(3, 4);
      mkdirs.unmasked = RandomUnmasked(random);
      return mkdirs;
    }
    case 2:
    case 3: {
      Create create;
      create.path = RandomPath(random, Meant::kFile);
      create.mode = RandomMode(random);
      create.client_name = random->Chance(1, 2) ? "w1" : "w2";
      create.flags = static_cast<uint32_t>(random->Between(1, 3));
      create.create_parent = random->Chance(3, 4);
      create.replication = static_cast<uint32_t>(random->Between(1, 3));
      create.block_size = 1 << 20;
      create.unmasked = RandomUnmasked(random);
      return create;
    }
    case 4:
    case 5:
    case 6: {
      AddBlock add;
      add.path = path;
      add.client_name = "w1";
      add.live_data_servers = random->Chance(9, 10) ? 1 : 0;
      if (!known->writers.empty()) {
        Writer& writer = known->writers[random->Below(known->writers.size())];
        add.path = writer.path;
        add.client_name = writer.client;
        if (random->Chance(3, 4)) add.file_id = writer.file;
        add.previous = writer.last;
        if (add.previous) add.previous->bytes = random->Below(1000);
      }
      return add;
    }
    case 7: {
      Complete complete;
      complete.path = path;
      complete.client_name = "w1";
      if (!known->writers.empty()) {
        Writer& writer = known->writers[random->Below(known->writers.size())];
        complete.path = writer.path;
        complete.client_name = writer.client;
        if (random->Chance(3, 4)) complete.file_id = writer.file;
        complete.last = writer.last;
        if (complete.last) complete.last->bytes = random->Below(1000);
      }
      return complete;
    }
    case 8:
      return Delete{path, random->Chance(2, 3)};
    case 9:
      return Rename{path, other};
    case 10:
    case 11:
      return Rename2{path, other, random->Chance(1, 2), random->Chance(1, 4)};
    case 12:
      return SetPermission{path, RandomMode(random)};
    case 13: {
      SetOwner set;
      set.path = path;
      if (random->Chance(1, 2)) set.user = random->Chance(1, 2) ? "alice" : "bob";
      if (random->Chance(1, 2)) set.group = random->Chance(1, 2) ? "users" : "staff";
      return set;
    }
    case 14: {
      SetQuota quota{RandomPath(random, Meant::kDirectory)};
      // One of the root in force for long would refuse everything.
      const bool reset = quota.path.size() < 2 || random->Chance(1, 3);
      quota.names = reset ? SetQuota::kReset : static_cast<int64_t>(random->Below(20));
      if (random->Chance(1, 2)) quota.space = static_cast<int64_t>(random->Below(40)) * 1'000'000;
      if (reset) quota.space = SetQuota::kReset;
      return quota;
    }
    case 15: {
      const std::string directory = path.substr(0, path.rfind('/') + 1);
      Concat concat{directory + RandomName(random, Meant::kFile), {}};
      for (uint64_t i = random->Chance(1, 20) ? 0 : random->Between(1, 2); i > 0; --i) {
        concat.sources.push_back(directory + RandomName(random, Meant::kFile));
      }
      return concat;
    }
    case 16:
    case 22: {
      ImportFile import;
      import.path = RandomPath(random, Meant::kFile);
      import.block_size = 1 << 20;
      import.length = random->Below(30) * 524'288;
      import.replication = 2;
      return import;
    }
    case 18:
      if (random->Chance(1, 2)) return SetAcl{path, RandomAcl(random)};
      return ModifyAclEntries{path, RandomAcl(random)};
    case 19:
      if (random->Chance(1, 3)) return RemoveAcl{path};
      if (random->Chance(1, 3)) return RemoveDefaultAcl{path};
      {
        RemoveAclEntries remove{path, RandomAcl(random)};
        if (random->Chance(1, 2)) {
          remove.entries =
              AclOf("user:alice,user:staff,group:alice,group:staff,default:user:alice");
        }
        return remove;
      }
    case 17: {
      SetXAttr set;
      set.path = path;
      set.xattr.name = RandomXAttrName(random);
      set.xattr.value = std::string(random->Below(3), 'v');
      set.flags = static_cast<uint32_t>(random->Below(4));
      return set;
    }
    case 20:
      return RemoveXAttr{path, RandomXAttrName(random)};
    default:
      if (random->Chance(1, 2)) return FinishDeletes{static_cast<uint32_t>(random->Below(12))};
      SetTimes times;
      times.path = path;
      times.mtime = WallMillis(random->Below(1000));
      return times;
  }
}

void Note(const Operation& operation, const Reply& reply, Known* known) {
  if (reply.code != Code::kOk) return;
  // A call id that was used before is answered with that other call's reply.
  const auto* const status = std::get_if<FileStatus>(&reply.value);
  const auto* const block = std::get_if<Block>(&reply.value);
  const auto* const create = std::get_if<Create>(&operation);
  const auto* const add = std::get_if<AddBlock>(&operation);
  std::visit(
      [known](const auto& op) {
        using Op = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<Op, Mkdirs> || std::is_same_v<Op, Create> ||
                      std::is_same_v<Op, ImportFile>) {
          known->paths.push_back(op.path);
          if (known->paths.size() > 10) known->paths.erase(known->paths.begin());
        }
      },
      operation);
  if (create != nullptr && status != nullptr) {
    Writer writer;
    writer.file = status->id;
    writer.path = create->path;
    writer.client = create->client_name;
    known->writers.push_back(writer);
    if (known->writers.size() > 3) known->writers.erase(known->writers.begin());
  } else if (add != nullptr && block != nullptr) {
    for (Writer& writer : known->writers) {
      if (writer.file == add->file_id) writer.last = *block;
    }
  }
}

CommandBatch RandomBatch(Random* random, Known* known, uint64_t wall, uint64_t commands) {
  CommandBatch batch;
  batch.wall = WallMillis(wall);
  batch.elapsed_millis = random->Below(3000);
  for (uint64_t i = 0; i < commands; ++i) {
    Command command;
    command.caller = RandomCaller(random);
    if (random->Chance(3, 4)) {
      command.call.client = random->Chance(1, 2) ? "client-one" : "client-two";
      command.call.call = static_cast<int32_t>(random->Below(4000));
    }
    command.operation = RandomOperation(random, known);
    batch.commands.push_back(std::move(command));
  }
  return batch;
}

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

// A mirror as its reader sees it: made of outbox rows alone.
class Replayed {
 public:
  // Takes the rows that came since the last time. Each must fit what is there, byte for byte.
  void Take(const kv::MemoryStore& store) {
    const auto& rows = store.contents();
    for (auto at = rows.lower_bound(OutboxKey(last_.last + 1));
         at != rows.end() && at->first[0] == OutboxKey(0)[0]; ++at) {
      outbox::OutboxRow row;
      ASSERT_TRUE(outbox::DecodeOutboxRow(at->second, &row));
      ASSERT_EQ(row.first, last_.last + 1);
      ASSERT_EQ(row.previous_chain, chain_);
      for (const outbox::RowChange& change : row.changes) {
        const auto old = rows_.find(change.key);
        const bool exists = old != rows_.end();
        ASSERT_EQ(change.before, exists ? std::optional(old->second) : std::nullopt)
            << KeyText(change.key);
        if (exists) rows_.erase(old);
        if (change.after) rows_.emplace(change.key, *change.after);
      }
      chain_ = outbox::NextChain(chain_, at->second);
      last_ = std::move(row);
    }
  }

  const kv::MemoryStore::Map& rows() const { return rows_; }
  const outbox::OutboxRow& last() const { return last_; }

 private:
  kv::MemoryStore::Map rows_;
  outbox::OutboxRow last_;
  uint64_t chain_ = 0;
};

TEST(RandomCommandsTest, TheOutboxAloneGivesTheTree) {
  uint64_t reopened = 0;
  uint64_t trimmed = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(1000 + seed);
    TestWorld world(SetMirror{.on = true});
    Replayed mirror;
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
      ASSERT_NO_FATAL_FAILURE(mirror.Take(world.store()));
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
