#include "tools/jindo/mirror_comparison.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "core/base/hash.h"
#include "core/kv/memory_store.h"
#include "core/mirror/fence.h"
#include "core/mirror/journal.h"
#include "core/mirror/tables.h"
#include "core/ots/requests.h"
#include "core/outbox/outbox_row.h"
#include "ots_mock/engine/engine.h"

namespace jfs::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr uint64_t kLineage = 3;
constexpr WallMillis kNow(1'700'000'000'000);

// Masters and their mirror, both as simple as can be; the mirror is in a real engine.
class Masters : public MirrorSources {
 public:
  Masters() {
    auto opened = ots_mock::Engine::Open({}, &store_);
    EXPECT_TRUE(opened.ok());
    engine_ = *std::move(opened);
    fence.lineage = kLineage;
  }
  void MakeTables() {
    for (const ots::TableDefinition& table : mirror::TableDefinitions()) {
      Do(ots::CreateTable(table));
    }
    WriteFence();
  }

  // The masters.
  using Changes = std::map<std::string, std::optional<std::string>>;
  void Mutate(const Changes& changes) {
    outbox::OutboxRow row;
    row.first = row.last = ++last_;
    row.previous_chain = chain_;
    for (const auto& [key, after] : changes) {
      outbox::RowChange change{.key = key, .before = {}, .after = after};
      if (const auto at = rows.find(key); at != rows.end()) change.before = at->second;
      row.changes.push_back(change);
      if (after.has_value()) {
        rows[key] = *after;
      } else {
        rows.erase(key);
      }
    }
    const std::string bytes = outbox::EncodeOutboxRow(row);
    chain_ = outbox::NextChain(chain_, bytes);
    outbox_.push_back(bytes);
    changes_.push_back(changes);
  }

  // The mirror.
  void Append() {
    if (outbox_.empty()) return;
    mirror::JournalRow run{.first = fence.last + 1, .last = last_, .lineage = kLineage};
    run.bytes = mirror::PackRun(outbox_);
    Put(mirror::kJournalTable, mirror::EncodeJournalRow(run));
    runs_.push_back(run.first);
    fence.last = last_;
    fence.chain = chain_;
    outbox_.clear();
    WriteFence();
  }
  void Fold() {
    for (; fence.checkpoint < fence.last; ++fence.checkpoint) {
      for (const auto& [key, after] : changes_[fence.checkpoint]) {
        Do(ots::WriteRow(
            mirror::kDataTable,
            mirror::FoldRow({.key = key,
                             .value = after,
                             .position = mirror::PositionOf(kLineage, fence.checkpoint + 1)})));
      }
    }
    fence.checkpoint_chain = fence.chain;
    WriteFence();
  }
  void ClearJournal() {
    for (const uint64_t first : runs_) {
      ots::RowChange change;
      change.kind = ots::RowChange::Kind::kDelete;
      change.row.primary_key = mirror::JournalKey(first, 0);
      Do(ots::WriteRow(mirror::kJournalTable, change));
    }
    runs_.clear();
  }
  void DeleteByHand(const std::string& key) {
    ots::RowChange change;
    change.kind = ots::RowChange::Kind::kDelete;
    change.row.primary_key = mirror::DataKey(key);
    Do(ots::WriteRow(mirror::kDataTable, change));
  }
  void PutByHand(const std::string& key, const std::string& value) {
    ots::Row row = mirror::FoldRow({.key = key, .value = value, .position = 1}).row;
    Put(mirror::kDataTable, row);
  }

  // MirrorSources
  absl::StatusOr<std::string> Ask(const ots::Request& request) override {
    if (before_ask) before_ask(request);
    const ots::Answer answer = Execute(request);
    if (!answer.error.has_value()) return answer.body;
    if (answer.error->code == "OTSObjectNotExist") return absl::NotFoundError("no such table");
    return absl::UnavailableError(ots::FormatError(*answer.error));
  }
  absl::StatusOr<Page> Rows(const std::string& start_after) override {
    if (before_page) before_page();
    Page page;
    page.set_position(lineage << 48 | last_);
    auto at = rows.upper_bound(start_after);
    for (int n = 0; n < 2 && at != rows.end(); ++n, ++at) {
      auto* row = page.add_rows();
      row->set_key(at->first);
      row->set_valuehash(Hash64(at->second));
      row->set_valuebytes(at->second.size());
    }
    page.set_more(at != rows.end());
    return page;
  }
  Duration Pause(Duration pause) override {
    passed_ += pause;
    if (pause > 0 && during_pause) during_pause();
    return passed_;
  }

  mirror::Fence fence;
  std::map<std::string, std::string> rows;
  uint64_t lineage = kLineage;
  std::function<void(const ots::Request&)> before_ask;
  std::function<void()> before_page, during_pause;

 private:
  ots::Answer Execute(const ots::Request& request) {
    auto answer = engine_->Execute(request, kNow);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return *std::move(answer);
  }
  void Do(const ots::Request& request) {
    const ots::Answer answer = Execute(request);
    EXPECT_FALSE(answer.error.has_value()) << ots::FormatError(*answer.error);
  }
  void Put(std::string_view table, const ots::Row& row) {
    ots::RowChange change;
    change.row = row;
    Do(ots::WriteRow(table, change));
  }
  void WriteFence() { Put(mirror::kJournalTable, mirror::CreateFence(fence).row); }

  kv::MemoryStore store_;
  std::unique_ptr<ots_mock::Engine> engine_;
  uint64_t last_ = 0, chain_ = 0;
  std::vector<std::string> outbox_;
  std::vector<Changes> changes_;
  std::vector<uint64_t> runs_;
  Duration passed_ = 0;
};

class MirrorComparisonTest : public testing::Test {
 protected:
  MirrorComparisonTest() {
    masters_.MakeTables();
    for (const char* key : {"a", "b", "c", "d", "e"}) masters_.Mutate({{key, "1"}});
    masters_.Append();
    masters_.Fold();
  }
  // "missing a at 6".
  absl::StatusOr<MirrorComparison> Compare() {
    differences_.clear();
    return CompareMirror({}, &masters_, [this](const MirrorDifference& difference) {
      static constexpr const char* kNames[] = {"missing", "extra", "different"};
      differences_.push_back(std::string(kNames[static_cast<int>(difference.kind)]) + " " +
                             difference.key);
    });
  }

  Masters masters_;
  std::vector<std::string> differences_;
};

TEST_F(MirrorComparisonTest, EqualWhereEverythingIsFolded) {
  const auto result = Compare();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->equal());
  EXPECT_EQ(result->rows, 5u);
  EXPECT_EQ(result->first_position, kLineage << 48 | 5);
  EXPECT_THAT(differences_, IsEmpty());
}

TEST_F(MirrorComparisonTest, EqualWhereTheJournalIsAhead) {
  masters_.Mutate({{"b", std::nullopt}, {"f", "1"}});
  masters_.Mutate({{"c", "2"}});
  masters_.Append();
  const auto result = Compare();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->equal());
  EXPECT_THAT(differences_, IsEmpty());
}

TEST_F(MirrorComparisonTest, NamesWhatDiffers) {
  masters_.DeleteByHand("b");
  masters_.PutByHand("c", "other");
  masters_.PutByHand("cc", "nobody's");
  masters_.PutByHand("z", "nobody's");
  const auto result = Compare();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(differences_, ElementsAre("missing b", "different c", "extra cc", "extra z"));
  EXPECT_EQ(result->missing, 1u);
  EXPECT_EQ(result->extra, 2u);
  EXPECT_EQ(result->different, 1u);
}

TEST_F(MirrorComparisonTest, BothMayGoOnMeanwhile) {
  int n = 0;
  masters_.before_page = [&] {
    // Behind and in front of what has been shown already; some of it mirrored later.
    ++n;
    masters_.Mutate({{"a", std::to_string(n)}, {"e", std::to_string(n)}});
    masters_.Mutate({{"d", n % 2 == 0 ? std::optional<std::string>("x") : std::nullopt}});
    if (n == 2) masters_.Append();
  };
  masters_.during_pause = [&] {
    masters_.Append();
    masters_.Fold();
  };
  const auto result = Compare();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(differences_, IsEmpty());
  EXPECT_LT(result->first_position, result->last_position);
  EXPECT_GE(n, 3);
}

TEST_F(MirrorComparisonTest, TheJournalMayBeClearedMeanwhile) {
  int asked = 0;
  masters_.before_ask = [&](const ots::Request& request) {
    // Between the fence and the table: what the image needs is gone before it is read.
    if (request.operation != ots::Operation::kGetRange || ++asked != 1) return;
    masters_.Mutate({{"a", "2"}});
    masters_.Append();
    masters_.Fold();
    masters_.ClearJournal();
  };
  const auto result = Compare();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_GE(asked, 2);
  EXPECT_THAT(differences_, IsEmpty());
}

TEST_F(MirrorComparisonTest, AHoleInTheJournalIsDamage) {
  masters_.Mutate({{"a", "2"}});
  masters_.Append();
  masters_.ClearJournal();
  const auto result = Compare();
  EXPECT_TRUE(absl::IsDataLoss(result.status())) << result.status();
}

TEST_F(MirrorComparisonTest, AMirrorThatStaysBehindCannotBeCompared) {
  masters_.Mutate({{"a", "2"}});
  const auto result = Compare();
  EXPECT_TRUE(absl::IsUnavailable(result.status())) << result.status();
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("stays at 3:5"));
}

TEST_F(MirrorComparisonTest, SomebodyElsesMirrorIsNamed) {
  masters_.lineage = 2;
  const auto result = Compare();
  EXPECT_TRUE(absl::IsFailedPrecondition(result.status())) << result.status();
}

TEST(MirrorComparison, WithoutAMirrorThereIsNothingToCompare) {
  Masters masters;
  const auto result = CompareMirror({}, &masters, [](const MirrorDifference&) {});
  EXPECT_TRUE(absl::IsNotFound(result.status())) << result.status();
}

}  // namespace
}  // namespace jfs::tools
