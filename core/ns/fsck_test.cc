#include "core/ns/fsck.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/codec.h"
#include "core/ns/keys.h"
#include "core/ns/records.h"
#include "core/ns/test_mirror.h"
#include "core/ns/test_world.h"

namespace jfs::ns {
namespace {

InodeId IdOf(const TestWorld& world, const std::string& path) {
  return std::get<FileStatus>(world.Ask(GetFileInfo{path}).value).id;
}

XAttrName UserName(std::string name) { return {XAttrNamespace::kUser, std::move(name)}; }

// Damages the ACL of /d.
std::function<void(TestWorld&, kv::WriteBatch*)> ChangeAcl(
    const std::function<void(std::vector<AclEntry>*)>& change) {
  return [change](TestWorld& w, kv::WriteBatch* b) {
    const std::string key = DirectoryKey(IdOf(w, "/d"));
    DirectoryRecord record;
    EXPECT_TRUE(DecodeRecord(w.store().contents().at(key), &record));
    change(&record.features.acl);
    b->Put(key, EncodeRecord(record));
  };
}

template <typename Record>
Record Load(TestWorld& world, const std::string& key) {
  Record record;
  EXPECT_TRUE(DecodeRecord(world.store().contents().at(key), &record)) << KeyText(key);
  return record;
}

struct Corruption {
  std::string name;
  std::function<void(TestWorld&, kv::WriteBatch*)> damage;
  std::string finding;  // part of one line
};

class FsckTest : public testing::TestWithParam<Corruption> {};

TEST_P(FsckTest, NamesIt) {
  TestWorld world;
  world.Make("/d/ /d/e/ /d/f=0644,alice,users,5000 /big=0644,alice,users,2000000000 /gone/x");
  world.Run(Create{.path = "/d/open", .client_name = "writer"}, Superuser(), {"client", 1});
  world.Run(SetXAttr{"/d/f", {{XAttrNamespace::kUser, "a"}, "1"}});
  world.Run(ModifyAclEntries{"/d", AclOf("user:bob:rwx,default:user:bob:rwx")});
  world.Run(Delete{"/gone", true});
  ASSERT_EQ(world.Findings(), "");
  kv::WriteBatch batch;
  GetParam().damage(world, &batch);
  ASSERT_FALSE(batch.empty());
  ASSERT_TRUE(world.store().Write(batch).ok());
  EXPECT_NE(world.Findings().find(GetParam().finding), std::string::npos) << world.Findings();
}

std::vector<Corruption> Corruptions() {
  return {
      {"EntryLost",
       [](TestWorld& w, kv::WriteBatch* b) { b->Delete(EntryKey(IdOf(w, "/d"), "f")); },
       "says it has 1 directories, 2 files"},
      {"DirectoryRowLost",
       [](TestWorld& w, kv::WriteBatch* b) { b->Delete(DirectoryKey(IdOf(w, "/d/e"))); },
       "which has no row"},
      {"DirectoryEntryLost",
       [](TestWorld& w, kv::WriteBatch* b) { b->Delete(EntryKey(IdOf(w, "/d"), "e")); },
       "has 0 entries instead of one"},
      {"DirectoryTwice",
       [](TestWorld& w, kv::WriteBatch* b) {
         const std::string key = EntryKey(IdOf(w, "/d"), "e");
         b->Put(EntryKey(16385, "again"), w.store().contents().at(key));
       },
       "has 2 entries instead of one"},
      {"Cycle",
       [](TestWorld& w, kv::WriteBatch* b) {
         const std::string key = DirectoryKey(IdOf(w, "/d"));
         auto record = Load<DirectoryRecord>(w, key);
         record.parent = IdOf(w, "/d/e");
         b->Put(key, EncodeRecord(record));
       },
       "are a cycle"},
      {"FileTwice",
       [](TestWorld& w, kv::WriteBatch* b) {
         const std::string key = EntryKey(IdOf(w, "/d"), "f");
         b->Put(EntryKey(16385, "copy"), w.store().contents().at(key));
       },
       "has two entries"},
      {"BlockShared",
       [](TestWorld& w, kv::WriteBatch* b) {
         auto record = Load<EntryRecord>(w, EntryKey(IdOf(w, "/d"), "f"));
         record.file.id = 17000;
         b->Put(EntryKey(16385, "copy"), EncodeRecord(record));
       },
       "is in file"},
      {"WrongCount",
       [](TestWorld& w, kv::WriteBatch* b) {
         const std::string key = DirectoryKey(IdOf(w, "/d"));
         auto record = Load<DirectoryRecord>(w, key);
         record.counts.bytes += 1;
         b->Put(key, EncodeRecord(record));
       },
       "recounted are"},
      {"LengthIsNotItsBlocks",
       [](TestWorld& w, kv::WriteBatch* b) {
         const std::string key = EntryKey(IdOf(w, "/d"), "f");
         auto record = Load<EntryRecord>(w, key);
         record.file.inline_blocks[0].bytes = 1;
         b->Put(key, EncodeRecord(record));
       },
       "its blocks have"},
      {"BlockRowLost",
       [](TestWorld& w, kv::WriteBatch* b) { b->Delete(BlockKey(IdOf(w, "/big"), 9)); },
       "has a row for block 10 but not for all before it"},
      {"BlockRowsWithoutFile",
       [](TestWorld& w, kv::WriteBatch* b) {
         b->Delete(EntryKey(16385, "big"));
         (void)w;
       },
       "has block rows but neither"},
      {"PlaceLost",
       [](TestWorld& w, kv::WriteBatch* b) { b->Delete(FilePlaceKey(IdOf(w, "/d/f"))); },
       "has no row that says where its entry is"},
      {"PlaceOfTheOldName",
       [](TestWorld& w, kv::WriteBatch* b) {
         b->Put(FilePlaceKey(IdOf(w, "/d/f")), EncodeRecord(FilePlaceRecord{IdOf(w, "/d"), "old"}));
       },
       "/old, but its entry is"},
      {"PlaceOfNothing",
       [](TestWorld&, kv::WriteBatch* b) {
         b->Put(FilePlaceKey(16000), EncodeRecord(FilePlaceRecord{16385, "x"}));
       },
       "is said to be 16385/x, where it has no entry"},
      {"LeaseLost",
       [](TestWorld& w, kv::WriteBatch* b) { b->Delete(OpenFileKey(IdOf(w, "/d/open"))); },
       "is open without a lease row"},
      {"LeaseOfClosedFile",
       [](TestWorld& w, kv::WriteBatch* b) {
         b->Put(OpenFileKey(IdOf(w, "/d/f")), EncodeRecord(OpenFileRecord{1, "f", "x"}));
       },
       "is closed but has a lease row"},
      {"LeaseOfNothing",
       [](TestWorld&, kv::WriteBatch* b) {
         b->Put(OpenFileKey(16386), EncodeRecord(OpenFileRecord{1, "f", "x"}));
       },
       "which has no entry"},
      {"PendingDeleteOfLiveDirectory",
       [](TestWorld& w, kv::WriteBatch* b) {
         b->Put(PendingDeleteKey(IdOf(w, "/d")), EncodeRecord(PendingDeleteRecord{true, ""}));
       },
       "waits to be deleted but has an entry"},
      {"AllocatorTooLow",
       [](TestWorld& w, kv::WriteBatch* b) {
         auto record = Load<CountersRecord>(w, MetaKey(MetaRow::kCounters));
         record.next_inode = 16387;
         record.next_block = 1 << 30;
         b->Put(MetaKey(MetaRow::kCounters), EncodeRecord(record));
       },
       "is not below the next inode id"},
      {"CallRememberedTwice",
       [](TestWorld& w, kv::WriteBatch* b) {
         const auto& rows = w.store().contents();
         b->Put(RetryKey(999, 0), rows.lower_bound(PrefixOf(Prefix::kRetry))->second);
       },
       "applied twice"},
      {"AttributeLost",
       [](TestWorld& w, kv::WriteBatch* b) { b->Delete(XAttrKey(IdOf(w, "/d/f"), UserName("a"))); },
       "has 0 rows of extended attributes instead of 1"},
      {"AttributeTooMany",
       [](TestWorld& w, kv::WriteBatch* b) {
         b->Put(XAttrKey(IdOf(w, "/d"), UserName("b")), EncodeXAttrValue("2"));
       },
       "has 1 rows of extended attributes instead of 0"},
      {"AttributeOfNothing",
       [](TestWorld&, kv::WriteBatch* b) {
         b->Put(XAttrKey(17000, UserName("b")), EncodeXAttrValue("2"));
       },
       "has 1 extended attributes but is nowhere"},
      {"AclOutOfOrder",
       ChangeAcl([](std::vector<AclEntry>* acl) { std::swap(acl->front(), acl->back()); }),
       "is not in order"},
      {"AclEntryTwice",
       ChangeAcl([](std::vector<AclEntry>* acl) { acl->insert(acl->begin(), acl->front()); }),
       "is not in order"},
      {"AclWithoutGroup",
       ChangeAcl([](std::vector<AclEntry>* acl) { acl->erase(acl->begin() + 1); }),
       "has not just the group's entry beside the named ones"},
      {"AclKeepsTheMask", ChangeAcl([](std::vector<AclEntry>* acl) {
         acl->insert(acl->begin() + 2, {AclScope::kAccess, AclType::kMask, "", 7});
       }),
       "has not just the group's entry beside the named ones"},
      {"AclWithoutDefaultMask", ChangeAcl([](std::vector<AclEntry>* acl) {
         std::erase_if(*acl, [](const AclEntry& e) { return e.type == AclType::kMask; });
       }),
       "lacks a default mask"},
      {"AclWithoutDefaultOthers", ChangeAcl([](std::vector<AclEntry>* acl) { acl->pop_back(); }),
       "lacks a default entry that must be there"},
      {"AclWithNamedMask", ChangeAcl([](std::vector<AclEntry>* acl) {
         for (AclEntry& entry : *acl) {
           if (entry.type == AclType::kMask) entry.name = "x";
         }
       }),
       "has a mask with a name"},
      {"AclTooLong", ChangeAcl([](std::vector<AclEntry>* acl) {
         for (int i = 0; i < 28; ++i) {
           acl->insert(acl->begin(), {AclScope::kAccess, AclType::kUser, std::to_string(i), 7});
         }
       }),
       "is too long"},
      {"DefaultAclOfFile",
       [](TestWorld& w, kv::WriteBatch* b) {
         const std::string key = EntryKey(IdOf(w, "/d"), "f");
         auto record = Load<EntryRecord>(w, key);
         record.file.acl = AclOf("default:user::rwx,default:group::r-x,default:other::---");
         b->Put(key, EncodeRecord(record));
       },
       "has default entries"},
      {"Undecodable",
       [](TestWorld& w, kv::WriteBatch* b) { b->Put(DirectoryKey(IdOf(w, "/d")), "\x01"); },
       "cannot be decoded"},
      {"UnknownPrefix", [](TestWorld&, kv::WriteBatch* b) { b->Put("z1", "?"); },
       "cannot be decoded"},
      {"OnlyTheHash",
       [](TestWorld& w, kv::WriteBatch* b) {
         const std::string key = EntryKey(IdOf(w, "/d"), "f");
         auto record = Load<EntryRecord>(w, key);
         record.file.mtime = WallMillis(record.file.mtime.value + 1);
         b->Put(key, EncodeRecord(record));
       },
       "the stored state hash is"},
  };
}

INSTANTIATE_TEST_SUITE_P(All, FsckTest, testing::ValuesIn(Corruptions()),
                         [](const auto& info) { return info.param.name; });

// ---- A store that is recovered from a mirror ----

struct RecoveredCase {
  std::string name;
  RecoveryState state = RecoveryState::kFinished;
  std::function<void(TestWorld&, kv::WriteBatch*)> damage;
  std::string finding;  // part of one line; empty: there is none
};

class FsckRecoveredTest : public testing::TestWithParam<RecoveredCase> {};

TEST_P(FsckRecoveredTest, NamesIt) {
  TestWorld lost(SetMirror{.on = true});
  lost.Make("/d/ /d/e/ /d/f=0644,alice,users,5000");
  TestMirror mirror;
  mirror.Take(lost);
  TestWorld world{TestWorld::Empty{}};
  LoadRows all;
  all.to = kRecoveryEnd;
  for (const auto& [key, value] : mirror.rows()) all.rows.push_back({key, value});
  world.Run(mirror.Source(1));
  world.Run(all);
  if (GetParam().state == RecoveryState::kFinished) world.Run(FinishRecovery{true, ""});
  if (GetParam().state == RecoveryState::kFailed) world.Run(FinishRecovery{false, "no reason"});
  ASSERT_EQ(world.ns().recovery().state, GetParam().state);
  ASSERT_EQ(world.Findings(), "");
  // The hash follows the damage, or it would be the only finding.
  kv::WriteBatch batch;
  GetParam().damage(world, &batch);
  uint64_t hash = world.ns().state_hash();
  for (const kv::WriteBatch::Change& change : batch.changes()) {
    const auto old = world.store().contents().find(change.key);
    if (old != world.store().contents().end()) hash -= RowHash(old->first, old->second);
    if (change.value) hash += RowHash(change.key, *change.value);
  }
  std::string bytes;
  Encoder(&bytes).U64(hash);
  batch.Put(MetaKey(MetaRow::kStateHash), bytes);
  ASSERT_TRUE(world.store().Write(batch).ok());
  const std::string findings = world.Findings();
  if (GetParam().finding.empty()) {
    EXPECT_EQ(findings, "");
  } else {
    EXPECT_NE(findings.find(GetParam().finding), std::string::npos) << findings;
  }
}

template <typename Record>
std::function<void(TestWorld&, kv::WriteBatch*)> ChangeMeta(
    MetaRow row, const std::function<void(Record*)>& change) {
  return [row, change](TestWorld& w, kv::WriteBatch* b) {
    auto record = Load<Record>(w, MetaKey(row));
    change(&record);
    b->Put(MetaKey(row), EncodeRecord(record));
  };
}

std::vector<RecoveredCase> RecoveredCases() {
  using enum RecoveryState;
  const auto lose_entry = [](TestWorld&, kv::WriteBatch* b) { b->Delete(EntryKey(16386, "f")); };
  const auto put_garbage = [](TestWorld&, kv::WriteBatch* b) {
    b->Put(EntryKey(16386, "f"), "garbage");
  };
  const auto other_total = ChangeMeta<RecoveryRecord>(
      MetaRow::kRecovery, [](RecoveryRecord* record) { ++record->source.bytes; });
  const auto own_mirror = [](TestWorld&, kv::WriteBatch* b) {
    b->Put(MetaKey(MetaRow::kMirror), EncodeRecord(MirrorRecord{.state = MirrorState::kOff}));
  };
  const auto own_change = ChangeMeta<CountersRecord>(
      MetaRow::kCounters, [](CountersRecord* record) { ++record->sequence; });
  const auto other_lineage = ChangeMeta<CountersRecord>(
      MetaRow::kCounters, [](CountersRecord* record) { ++record->lineage; });
  const auto later_id = [](TestWorld& w, kv::WriteBatch* b) {
    auto record = Load<EntryRecord>(w, EntryKey(16386, "f"));
    record.file.inline_blocks[0].generation_stamp = uint64_t{1} << 48;
    b->Put(EntryKey(16386, "f"), EncodeRecord(record));
  };
  const auto no_record = [](TestWorld&, kv::WriteBatch* b) {
    b->Put(MetaKey(MetaRow::kRecovery), "garbage");
  };
  return {
      {"HalfATreeIsNotChecked", kLoading, lose_entry, ""},
      {"NorOneThatFailed", kFailed, lose_entry, ""},
      {"ButTheWholeOne", kFinished, lose_entry, "says it has 1 directories, 1 files"},
      {"GarbageWhileLoading", kLoading, put_garbage, "row e:16386/f cannot be decoded"},
      {"GarbageOfAFailure", kFailed, put_garbage, "row e:16386/f cannot be decoded"},
      {"TotalsOfTheMirror", kFinished, other_total, "bytes 5000, expected 5001"},
      {"TotalsWhileLoading", kLoading, other_total, ""},
      {"MirrorWhileLoading", kLoading, own_mirror, "before the recovered one is claimed"},
      {"MirrorOfItsOwn", kFinished, own_mirror, "before the recovered one is claimed"},
      {"ChangeWhileLoading", kLoading, own_change, "before all rows are loaded"},
      {"ChangeOfItsOwn", kFinished, own_change, "the mirror was at"},
      {"OtherLineage", kFinished, other_lineage, "of lineage 2, the mirror was at"},
      {"IdOfALaterLineage", kFinished, later_id, "is not below the next one 281474976710656"},
      {"RecordLost", kLoading, no_record, "row m:05 cannot be decoded"},
  };
}

INSTANTIATE_TEST_SUITE_P(All, FsckRecoveredTest, testing::ValuesIn(RecoveredCases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace jfs::ns
