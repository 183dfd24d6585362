// Every kind of damage to a mirror is named, and nothing is loaded to the end.

#include <functional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "core/base/concat.h"
#include "core/mirror/fence.h"
#include "core/mirror/journal.h"
#include "core/mirror/loader.h"
#include "core/mirror/tables.h"
#include "tests/mirror/recovering_cluster.h"
#include "tests/mirror/virtual_service.h"
#include "tests/mirror/written_mirror.h"

namespace jfs::mirror {
namespace {

using testing::HasSubstr;

constexpr Duration kLong = 3600 * kSecond;

// A mirror with data, and behind the checkpoint runs of one and of several parts.
struct Damaged {
  VirtualService* service;
  const History& history;
  Fence fence;

  // The journal rows, in order.
  std::vector<JournalRow> Journal() {
    std::vector<JournalRow> rows;
    for (const ots::Row& row : service->ReadAll(kJournalTable, FenceKey())) {
      if (row.primary_key == FenceKey()) continue;
      const absl::StatusOr<JournalRow> decoded = DecodeJournalRow(row);
      EXPECT_TRUE(decoded.ok());
      rows.push_back(*decoded);
    }
    return rows;
  }
  void Put(const JournalRow& row) { ForceRow(kJournalTable, EncodeJournalRow(row), service); }
  void Delete(const JournalRow& row) {
    DeleteRow(kJournalTable, JournalKey(row.first, row.part), service);
  }
  // A run of these entries in the place of whatever began there.
  void PutRun(size_t begin, size_t end,
              const std::function<void(std::vector<std::string>*)>& spoil) {
    std::vector<std::string> rows;
    for (size_t i = begin; i < end; ++i) rows.push_back(history.entries()[i].bytes);
    JournalRow row{.first = history.entries()[begin].row.first,
                   .last = history.entries()[end - 1].row.last,
                   .parts = 1,
                   .lineage = fence.lineage};
    spoil(&rows);
    row.bytes = PackRun(rows);
    Put(row);
  }
  // The first entry that is not folded.
  size_t FirstInJournal() { return history.PlaceOf(fence.checkpoint); }
  // Everything behind the checkpoint as one run, spoilt.
  void OneRun(const std::function<void(std::vector<std::string>*)>& spoil) {
    for (const JournalRow& row : Journal()) Delete(row);
    PutRun(FirstInJournal(), history.entries().size(), spoil);
  }
  ots::Row DataRowAt(size_t i) {
    const std::vector<ots::Row> rows = service->ReadAll(kDataTable, DataKey(""));
    EXPECT_GT(rows.size(), i);
    return rows[i];
  }
};

ots::Cell* CellOf(ots::Row* row, std::string_view name) {
  for (ots::Cell& cell : row->cells) {
    cell.timestamp.reset();
    if (cell.name == name) return &cell;
  }
  ADD_FAILURE() << "no cell " << name;
  return &row->cells.front();
}

ots::Row WithoutTimes(ots::Row row) {
  for (ots::Cell& cell : row.cells) cell.timestamp.reset();
  return row;
}

outbox::OutboxRow Decoded(const std::string& bytes) {
  outbox::OutboxRow row;
  EXPECT_TRUE(outbox::DecodeOutboxRow(bytes, &row));
  return row;
}

struct DamageCase {
  const char* name;
  std::function<void(Damaged*)> spoil;
  std::vector<const char*> said;  // parts of the message
};

const DamageCase kDamages[] = {
    {"NoJournalTable",
     [](Damaged* d) { d->service->Do(ots::DeleteTable(kJournalTable)); },
     {"there is no mirror", "jfs_journal does not exist", "namespace.ots.instance"}},
    {"NoFence",
     [](Damaged* d) { DeleteRow(kJournalTable, FenceKey(), d->service); },
     {"there is no mirror", "has no fence", "namespace.ots.instance"}},
    {"NoDataTable",
     [](Damaged* d) { d->service->Do(ots::DeleteTable(kDataTable)); },
     {"damaged", "table jfs_data does not exist", "backup"}},
    {"FenceOfAnotherVersion",
     [](Damaged* d) {
       ots::Row row = CreateFence(d->fence).row;
       CellOf(&row, "version")->value = ots::Value::Integer(77);
       ForceRow(kJournalTable, row, d->service);
     },
     {"version 77", "Recover with the version"}},
    {"FenceWithoutChain",
     [](Damaged* d) {
       ots::Row row = CreateFence(d->fence).row;
       std::erase_if(row.cells, [](const ots::Cell& cell) { return cell.name == "chain"; });
       ForceRow(kJournalTable, row, d->service);
     },
     {"fence", "chain", "backup"}},
    {"FenceSaysMore",
     [](Damaged* d) {
       ++d->fence.last;
       ForceFence(d->fence, d->service);
     },
     {"the journal ends at sequence", "jfs_journal", "backup"}},
    {"FenceHasAnotherChain",
     [](Damaged* d) {
       d->fence.chain ^= 1;
       ForceFence(d->fence, d->service);
     },
     {"the chain is", "the fence says"}},
    {"FenceHasAnotherCheckpointChain",
     [](Damaged* d) {
       d->fence.checkpoint_chain ^= 1;
       ForceFence(d->fence, d->service);
     },
     {"its chain begins with"}},
    {"FenceHasOtherTotals",
     [](Damaged* d) {
       ++d->fence.carried.files;
       ForceFence(d->fence, d->service);
     },
     {"files", "and the fence"}},
    {"CheckpointInsideARun",
     [](Damaged* d) {
       const History::Entry& entry = d->history.entries()[d->FirstInJournal()];
       d->OneRun([](std::vector<std::string>*) {});
       d->fence.checkpoint = entry.row.last;
       d->fence.checkpoint_chain = entry.chain;
       ForceFence(d->fence, d->service);
     },
     {"is missing"}},
    {"NothingInTheJournalButTheChainDiffers",
     [](Damaged* d) {
       d->fence.checkpoint = d->fence.last;
       ForceFence(d->fence, d->service);
     },
     {"the chain at sequence", "the fence says"}},
    {"FirstJournalRowMissing",
     [](Damaged* d) { d->Delete(d->Journal().front()); },
     {"is missing", "jfs_journal"}},
    {"JournalRowInTheMiddleMissing",
     [](Damaged* d) {
       const std::vector<JournalRow> rows = d->Journal();
       d->Delete(rows[rows.size() / 2]);
     },
     {"is missing", "jfs_journal"}},
    {"LastJournalRowMissing",
     [](Damaged* d) { d->Delete(d->Journal().back()); },
     {"is missing", "jfs_journal"}},
    {"OutboxRowMissing",
     [](Damaged* d) { d->OneRun([](auto* rows) { rows->erase(rows->begin() + 3); }); },
     {"outbox row", "the one before it ended with"}},
    {"OutboxRowTwice",
     [](Damaged* d) { d->OneRun([](auto* rows) { rows->insert(rows->begin() + 3, (*rows)[2]); }); },
     {"outbox row", "the one before it ended with"}},
    {"OutboxRowChanged",
     [](Damaged* d) {
       d->OneRun([](auto* rows) {
         outbox::OutboxRow row = Decoded((*rows)[3]);
         row.changes[0].after = "something else";
         (*rows)[3] = outbox::EncodeOutboxRow(row);
       });
     },
     {"outbox row", "its chain begins with"}},
    {"LastOutboxRowChanged",
     [](Damaged* d) {
       d->OneRun([](auto* rows) {
         outbox::OutboxRow row = Decoded(rows->back());
         row.changes[0].after = "something else";
         rows->back() = outbox::EncodeOutboxRow(row);
       });
     },
     {"the chain is", "the fence says"}},
    {"GarbageInARun",
     [](Damaged* d) { d->OneRun([](auto* rows) { (*rows)[2] = "garbage"; }); },
     {"has no outbox row as its row 3"}},
    {"EmptyRun",
     [](Damaged* d) { d->OneRun([](auto* rows) { rows->clear(); }); },
     {"ends before sequence"}},
    {"RunThatIsNoFrame",
     [](Damaged* d) {
       JournalRow row = d->Journal().front();
       row.parts = 1;
       row.part = 0;
       row.bytes = "this is no zstd frame";
       d->Put(row);
     },
     {"the run that begins with row (first", "damaged"}},
    {"RunWithAByteChanged",
     [](Damaged* d) {
       JournalRow row = d->Journal().front();
       row.bytes[row.bytes.size() / 2] ^= 4;
       d->Put(row);
     },
     {"the run that begins with row (first"}},
    {"RunThatSaysItGoesFurther",
     [](Damaged* d) {
       const std::vector<JournalRow> rows = d->Journal();
       JournalRow row = rows.front();
       if (row.parts > 1) {
         for (JournalRow part : rows) {
           if (part.first != row.first) break;
           ++part.last;
           d->Put(part);
         }
         return;
       }
       ++row.last;
       d->Put(row);
     },
     {"the run's last sequence is"}},
    {"PartsOfTwoRuns",
     [](Damaged* d) {
       for (JournalRow row : d->Journal()) {
         if (row.part != 1) continue;
         ++row.last;
         d->Put(row);
         return;
       }
       FAIL() << "no run of several parts";
     },
     {"is of another run"}},
    {"RunOfALineageThatIsStillToCome",
     [](Damaged* d) {
       for (JournalRow row : d->Journal()) {
         ++row.lineage;
         d->Put(row);
       }
     },
     {"says: lineage", "which the fence contradicts"}},
    {"DataRowOfAnotherMirror",
     [](Damaged* d) {
       d->service->Do(ots::WriteRow(
           kDataTable, FoldRow({.key = "stranger",
                                .value = "x",
                                .position = PositionOf(d->fence.lineage, d->fence.last + 1)})));
     },
     {"beyond the mirror's end", "belongs to another mirror"}},
    {"DataRowWithoutPosition",
     [](Damaged* d) {
       ots::Row row = WithoutTimes(d->DataRowAt(4));
       std::erase_if(row.cells, [](const ots::Cell& cell) { return cell.name == "position"; });
       ForceRow(kDataTable, row, d->service);
     },
     {"jfs_data", "position"}},
    {"DataRowUnderAnotherHash",
     [](Damaged* d) {
       ots::Row row = WithoutTimes(d->DataRowAt(4));
       row.primary_key[0].value = ots::Value::Integer(4711);
       ForceRow(kDataTable, row, d->service);
     },
     {"jfs_data", "hash", "4711"}},
};

struct DamagedMirror : testing::TestWithParam<DamageCase> {};
TEST_P(DamagedMirror, IsRefusedWithTheReason) {
  // Different runs and pages, and with the mirror sealed already, or not.
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(Concat("seed ", seed));
    History history(seed);
    history.GrowMany(60);
    ots_mock::EngineOptions pages;
    pages.max_scanned_rows = 5 + 100 * (seed % 2);
    VirtualService service(pages, seed);
    Damaged damaged{.service = &service,
                    .history = history,
                    .fence = WriteMirror(history, {.seed = seed, .folded_runs = 5}, &service)};
    if (seed % 3 == 0) damaged.fence.state = FenceState::kSealed;
    // Nothing behind the end, so that "the last row" is one of the mirror.
    DeleteRow(kJournalTable, JournalKey(history.last() + 1, 0), &service);
    damaged.fence.parts = 0;
    ForceFence(damaged.fence, &service);
    // And no parts that were left over, which may be missing.
    for (const JournalRow& row : damaged.Journal()) {
      if (row.bytes == "of a run that was given up") damaged.Delete(row);
    }
    GetParam().spoil(&damaged);

    LoadLimits limits;
    limits.chunk_rows = 7;
    RecoveringCluster cluster({.limits = limits, .seed = seed}, &service);
    cluster.Start();
    cluster.RunFor(kLong);
    EXPECT_NE(cluster.cursor(), Loader::kEnd);
    ASSERT_TRUE(cluster.failed().has_value());
    EXPECT_EQ(cluster.status().phase, LoadPhase::kFailed);
    EXPECT_EQ(cluster.status().failure, *cluster.failed());
    for (const char* part : GetParam().said) EXPECT_THAT(*cluster.failed(), HasSubstr(part));
    EXPECT_THAT(*cluster.failed(), testing::Not(HasSubstr("claimed")));
  }
}
INSTANTIATE_TEST_SUITE_P(All, DamagedMirror, testing::ValuesIn(kDamages),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(DamagedMirrorTest, ARunLongerThanAllowedIsNotUnpacked) {
  History history(3, 2000);
  history.Grow(800);
  VirtualService service;
  WriteMirror(history, {.folded_runs = 0, .part_bytes = 1'000'000}, &service);
  LoadLimits limits;
  limits.max_run_bytes = 5000;
  RecoveringCluster cluster({.limits = limits}, &service);
  cluster.Start();
  cluster.RunFor(kLong);
  ASSERT_TRUE(cluster.failed().has_value());
  EXPECT_THAT(*cluster.failed(), HasSubstr("5000"));
}

}  // namespace
}  // namespace jfs::mirror
