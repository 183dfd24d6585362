#include "core/log/log.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "core/log/memory_disk.h"

namespace jfs::log {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Options SmallOptions() {
  Options options;
  options.identity = {NodeId(2), Incarnation(77)};
  options.segment_bytes = 8192;
  options.block_bytes = 512;
  options.spare_segments = 2;
  options.writes_in_flight = 2;
  return options;
}

LogEntry Entry(uint64_t index, uint64_t term, std::string payload) {
  LogEntry entry;
  entry.index = index;
  entry.term = term;
  entry.kind = 1;
  entry.payload = SharedBytes(std::move(payload));
  return entry;
}

// A log on a disk in memory, with the verbs the tests speak in.
class LogTest : public testing::Test {
 protected:
  // Runs a recovery to its end; the outcome is in recovered_ and status_.
  void Recover() {
    log_.reset();
    recovery_ = std::make_unique<Recovery>(options_);
    RecoveryOutput out = recovery_->Start();
    while (!out.finished) {
      disk_.Submit(std::move(out.requests));
      ASSERT_FALSE(disk_.under_way().empty());
      out = recovery_->Step(disk_.CompleteOne(0));
    }
    status_ = out.status;
    if (!status_.ok()) return;
    recovered_ = recovery_->recovered();
    log_ = recovery_->TakeLog();
  }
  void Take(LogOutput out) {
    disk_.Submit(std::move(out.requests));
    durable_.insert(durable_.end(), out.durable.begin(), out.durable.end());
    if (!out.error.ok()) error_ = out.error;
    for (LogOutput::ReadDone& read : out.reads) reads_.push_back(std::move(read));
  }
  void Run() {
    while (!disk_.under_way().empty()) Take(log_->Complete(disk_.CompleteOne(0)));
  }
  void Append(uint64_t token, uint64_t first, uint64_t count, uint64_t term, size_t bytes = 20) {
    Batch batch;
    batch.token = token;
    for (uint64_t i = 0; i < count; ++i) {
      batch.entries.push_back(
          Entry(first + i, term, std::string(bytes, static_cast<char>('a' + token % 26))));
    }
    Take(log_->Append(std::move(batch)));
  }
  std::vector<uint64_t> Indices(const std::vector<LogEntry>& entries) {
    std::vector<uint64_t> out;
    for (const LogEntry& entry : entries) out.push_back(entry.index);
    return out;
  }

  Options options_ = SmallOptions();
  MemoryDisk disk_{512};
  std::unique_ptr<Recovery> recovery_;
  RecoveredLog recovered_;
  absl::Status status_;
  std::unique_ptr<Log> log_;
  std::vector<uint64_t> durable_;
  absl::Status error_;
  std::vector<LogOutput::ReadDone> reads_;
};

TEST_F(LogTest, EmptyDiskThenAppendThenRecover) {
  Recover();
  ASSERT_TRUE(status_.ok()) << status_;
  EXPECT_FALSE(recovered_.existed);
  EXPECT_FALSE(recovered_.damaged);
  EXPECT_EQ(recovered_.identity, options_.identity);

  Batch batch;
  batch.token = 1;
  batch.hard_state = "term 1";
  batch.entries = {Entry(1, 1, "one"), Entry(2, 1, "two")};
  Take(log_->Append(batch));
  Run();
  Append(2, 3, 1, 1);
  Run();
  EXPECT_THAT(durable_, ElementsAre(1, 2));

  options_.identity.incarnation = Incarnation(78);
  Recover();
  ASSERT_TRUE(status_.ok()) << status_;
  EXPECT_TRUE(recovered_.existed);
  EXPECT_FALSE(recovered_.damaged) << recovered_.damage;
  EXPECT_FALSE(recovered_.torn_tail);
  EXPECT_EQ(recovered_.identity.incarnation, Incarnation(77));
  EXPECT_EQ(recovered_.hard_state, "term 1");
  EXPECT_THAT(Indices(recovered_.entries), ElementsAre(1, 2, 3));
  EXPECT_EQ(recovered_.entries[1], Entry(2, 1, "two"));
}

TEST_F(LogTest, NothingIsDurableBeforeTheDiskSaysSo) {
  Recover();
  Append(1, 1, 1, 1);
  while (!disk_.under_way().empty()) {
    const bool batch = log_->writes_outstanding() > 0;
    if (batch) break;
    Take(log_->Complete(disk_.CompleteOne(0)));
    EXPECT_THAT(durable_, IsEmpty());
  }
  EXPECT_EQ(log_->writes_outstanding(), 1u);
  EXPECT_THAT(durable_, IsEmpty());
  Run();
  EXPECT_THAT(durable_, ElementsAre(1));
}

TEST_F(LogTest, PlantedAckBeforeSync) {
  options_.mutations = Mutations(Mutation::kR15AckBeforeSync);
  Recover();
  Append(1, 1, 1, 1);
#ifndef JFS_RELEASE
  EXPECT_THAT(durable_, ElementsAre(1));
#endif
  Run();
  EXPECT_THAT(durable_, ElementsAre(1));
}

TEST_F(LogTest, RollsRecyclesAndReadsBack) {
  Recover();
  for (uint64_t i = 1; i <= 100; ++i) {
    Append(i, i, 1, 1, 600);
    Run();
    if (i > 20) {
      Take(log_->Compact({i - 20, 1}));
      Run();
    }
  }
  ASSERT_TRUE(error_.ok()) << error_;
  EXPECT_EQ(durable_.size(), 100u);
  EXPECT_LE(log_->bytes_kept(), 8u * 8192);
  EXPECT_LE(disk_.files().size(), 10u);
  Take(log_->ReadEntries(5, 81, 101, 1 << 20));
  Run();
  ASSERT_EQ(reads_.size(), 1u);
  ASSERT_TRUE(reads_[0].status.ok()) << reads_[0].status;
  EXPECT_EQ(reads_[0].entries.size(), 20u);
  EXPECT_EQ(reads_[0].entries.front(), Entry(81, 1, std::string(600, 'a' + 81 % 26)));
  Take(log_->ReadEntries(6, 79, 101, 1 << 20));
  ASSERT_EQ(reads_.size(), 2u);
  EXPECT_TRUE(absl::IsNotFound(reads_[1].status)) << reads_[1].status;

  Recover();
  ASSERT_TRUE(status_.ok()) << status_;
  EXPECT_FALSE(recovered_.damaged) << recovered_.damage;
  EXPECT_FALSE(recovered_.torn_tail);
  ASSERT_FALSE(recovered_.entries.empty());
  EXPECT_EQ(recovered_.entries.back().index, 100u);
  EXPECT_EQ(recovered_.entries.front().index, recovered_.base.index + 1);
  EXPECT_LE(recovered_.base.index, 80u);
}

TEST_F(LogTest, TruncateAndReset) {
  Recover();
  Append(1, 1, 5, 1);
  Run();
  Batch truncate;
  truncate.token = 2;
  truncate.truncate_from = 3;
  truncate.entries = {Entry(3, 2, "new")};
  Take(log_->Append(truncate));
  Run();
  Recover();
  EXPECT_THAT(Indices(recovered_.entries), ElementsAre(1, 2, 3));
  EXPECT_EQ(recovered_.entries.back().term, 2u);
  Batch reset;
  reset.token = 3;
  reset.reset_to = LogPosition{50, 4};
  reset.entries = {Entry(51, 4, "x")};
  Take(log_->Append(reset));
  Run();
  Append(4, 52, 2, 4);
  Run();
  Recover();
  EXPECT_FALSE(recovered_.damaged) << recovered_.damage;
  EXPECT_EQ(recovered_.base, (LogPosition{50, 4}));
  EXPECT_THAT(Indices(recovered_.entries), ElementsAre(51, 52, 53));
}

// The state turned out to be older than the log's base. Whenever the power fails meanwhile, the
// next start finds the base of before or that of the reset, and nothing in between.
TEST_F(LogTest, TheFirstBatchOfARunMayGoBackBehindTheBase) {
  Recover();
  Append(1, 1, 60, 3, 300);
  Run();
  Take(log_->Compact({50, 3}));
  Append(2, 61, 1, 3);
  Run();
  Recover();
  ASSERT_EQ(recovered_.base, (LogPosition{50, 3}));
  bool durable = false;
  for (size_t requests = 0; !durable; ++requests) {
    SCOPED_TRACE(requests);
    durable_.clear();
    Batch reset;
    reset.token = 3;
    reset.hard_state = "recovering";
    reset.reset_to = LogPosition{7, 2};
    Take(log_->Append(std::move(reset)));
    for (size_t i = 0; i < requests && !disk_.under_way().empty(); ++i) {
      Take(log_->Complete(disk_.CompleteOne(0)));
    }
    durable = !durable_.empty();
    disk_.Crash({});
    Recover();
    ASSERT_TRUE(status_.ok()) << status_;
    EXPECT_FALSE(recovered_.damaged) << recovered_.damage;
    EXPECT_EQ(recovered_.base, durable ? (LogPosition{7, 2}) : (LogPosition{50, 3}));
    EXPECT_EQ(recovered_.entries.size(), durable ? 0u : 11u);
    if (durable) {
      EXPECT_EQ(recovered_.hard_state, "recovering");
    }
  }
  Append(4, 8, 2, 4);
  Run();
  Take(log_->Compact({8, 4}));
  Append(5, 10, 1, 4);
  Run();
  Recover();
  EXPECT_FALSE(recovered_.damaged) << recovered_.damage;
  EXPECT_EQ(recovered_.base, (LogPosition{8, 4}));
  EXPECT_THAT(Indices(recovered_.entries), ElementsAre(9, 10));
}

TEST_F(LogTest, OnlyTheFirstBatchOfARunMayGoBackBehindTheBase) {
  Recover();
  Append(1, 1, 5, 3);
  Take(log_->Compact({4, 3}));
  Run();
  Recover();
  Append(2, 6, 1, 3);
  Batch reset;
  reset.token = 3;
  reset.reset_to = LogPosition{2, 3};
  EXPECT_DEATH(Take(log_->Append(std::move(reset))), "reset_to");
}

TEST_F(LogTest, BatchLargerThanASegment) {
  Recover();
  Append(1, 1, 1, 1);
  Append(2, 2, 3, 1, 20'000);
  Append(3, 5, 1, 1);
  Run();
  EXPECT_THAT(durable_, ElementsAre(1, 2, 3));
  Take(log_->ReadEntries(9, 1, 6, 1 << 20));
  Run();
  ASSERT_EQ(reads_.size(), 1u);
  EXPECT_THAT(Indices(reads_[0].entries), ElementsAre(1, 2, 3, 4, 5));
  Recover();
  EXPECT_FALSE(recovered_.damaged) << recovered_.damage;
  EXPECT_THAT(Indices(recovered_.entries), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(recovered_.entries[1].payload.size(), 20'000u);
  Append(4, 6, 1, 1);
  Take(log_->Compact({5, 1}));
  Run();
  for (const auto& [name, bytes] : disk_.files()) EXPECT_EQ(bytes.size(), 8192u) << name;
}

TEST_F(LogTest, AnyDiskErrorIsFinal) {
  Recover();
  Append(1, 1, 1, 1);
  Run();
  Append(2, 2, 1, 1);
  Append(3, 3, 1, 1);
  ASSERT_EQ(log_->writes_outstanding(), 2u);
  Take(log_->Complete(disk_.FailOne(0, DiskError::kIo)));
  EXPECT_TRUE(absl::IsUnavailable(error_)) << error_;
  EXPECT_THAT(std::string(error_.message()), HasSubstr("segment-0000000000000001 at offset"));
  Run();
  Append(4, 4, 1, 1);
  Run();
  EXPECT_THAT(durable_, ElementsAre(1));
}

TEST_F(LogTest, IdleCoversTheLastBatch) {
  Recover();
  EXPECT_FALSE(log_->watermark_behind());
  Append(1, 1, 1, 1);
  EXPECT_FALSE(log_->watermark_behind());
  Run();
  EXPECT_TRUE(log_->watermark_behind());
  Take(log_->Idle());
  Run();
  EXPECT_FALSE(log_->watermark_behind());
  LogOutput nothing = log_->Idle();
  EXPECT_THAT(nothing.requests, IsEmpty());
  // The batch vanishes without a trace, as if its write had been lost; the empty one behind it
  // still knows of it.
  disk_.files()["segment-0000000000000001"].replace(1024, 512, 512, '\0');
  Recover();
  EXPECT_TRUE(recovered_.damaged);
  EXPECT_THAT(recovered_.damage, HasSubstr("segment-0000000000000001 at offset 1024"));
  EXPECT_THAT(recovered_.damage, HasSubstr("index 1 "));
}

}  // namespace
}  // namespace jfs::log
