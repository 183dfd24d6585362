#include "core/raft/durability.h"

#include "gtest/gtest.h"

namespace jfs::raft {
namespace {

Position At(uint64_t index, uint64_t term) {
  return {.index = LogIndex(index), .term = Term(term)};
}

TEST(DurabilityTest, CompletionCoversAllOrdersBefore) {
  Durability disk(LogIndex(4));
  disk.Issue(Micros(10), false, LogIndex(5), At(6, 1));
  const PersistToken second = disk.Issue(Micros(11), false, LogIndex(7), At(9, 1));
  EXPECT_EQ(disk.durable_index(), LogIndex(4));
  EXPECT_EQ(disk.oldest(), Micros(10));
  disk.Completed(second, At(9, 1));
  EXPECT_EQ(disk.durable_index(), LogIndex(9));
  EXPECT_FALSE(disk.oldest().has_value());
}

TEST(DurabilityTest, PromiseWaitsForTheOrderThatHoldsIt) {
  Durability disk(LogIndex(4));
  const PersistToken five = disk.Issue(Micros(1), false, LogIndex(5), At(5, 1));
  const PersistToken six = disk.Issue(Micros(1), false, LogIndex(6), At(6, 1));
  EXPECT_EQ(disk.TokenFor(LogIndex(4)), PersistToken{});
  EXPECT_EQ(disk.TokenFor(LogIndex(5)), five);
  EXPECT_EQ(disk.TokenFor(LogIndex(6)), six);
  const PersistToken vote = disk.Issue(Micros(1), true, LogIndex{}, {});
  EXPECT_EQ(disk.TokenFor(LogIndex(4)), vote) << "any promise waits for the term it is made in";
  disk.Completed(vote, {});
  EXPECT_EQ(disk.TokenFor(LogIndex(6)), PersistToken{});
}

// Index 8 is written in term 2, rewritten in term 3, and rewritten with the entry of term 2 again.
// The first write's completion says the same words as the last one's, and means nothing any more.
TEST(DurabilityTest, RewrittenIndexIsNotVouchedForByAnOlderWrite) {
  Durability disk(LogIndex(7));
  const PersistToken first = disk.Issue(Micros(1), false, LogIndex(8), At(8, 2));
  disk.Truncated(LogIndex(8));
  const PersistToken second = disk.Issue(Micros(2), false, LogIndex(8), At(8, 3));
  disk.Truncated(LogIndex(8));
  const PersistToken third = disk.Issue(Micros(3), false, LogIndex(8), At(8, 2));
  disk.Completed(first, At(8, 2));
  EXPECT_EQ(disk.durable_index(), LogIndex(7));
  disk.Completed(second, At(8, 3));
  EXPECT_EQ(disk.durable_index(), LogIndex(7));
  disk.Completed(third, At(8, 2));
  EXPECT_EQ(disk.durable_index(), LogIndex(8));
}

TEST(DurabilityTest, TruncationTakesDurableEntriesBack) {
  Durability disk(LogIndex(9));
  disk.Truncated(LogIndex(6));
  EXPECT_EQ(disk.durable_index(), LogIndex(5));
  disk.CoveredThrough(LogIndex(7));
  EXPECT_EQ(disk.durable_index(), LogIndex(7));
  disk.Reset(LogIndex(3));
  EXPECT_EQ(disk.durable_index(), LogIndex(3));
}

}  // namespace
}  // namespace jfs::raft
