#include "core/raft/log_view.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace jfs::raft {
namespace {

Entry Make(uint64_t index, uint64_t term, size_t size = 10) {
  return {.term = Term(term),
          .index = LogIndex(index),
          .kind = EntryKind::kCommand,
          .payload = SharedBytes(std::string(size, 'x'))};
}

// Base 3 of term 1; then terms 1 1 2 2 2 5.
LogView Sample() {
  std::vector<Entry> entries;
  const uint64_t terms[] = {1, 1, 2, 2, 2, 5};
  for (uint64_t i = 0; i < 6; ++i) entries.push_back(Make(4 + i, terms[i]));
  return LogView({.index = LogIndex(3), .term = Term(1)}, entries);
}

TEST(LogViewTest, KnowsTermsDownToTheBase) {
  const LogView log = Sample();
  EXPECT_EQ(log.first_index(), LogIndex(4));
  EXPECT_EQ(log.last(), (Position{.index = LogIndex(9), .term = Term(5)}));
  EXPECT_EQ(log.term(LogIndex(3)), Term(1));
  EXPECT_EQ(log.term(LogIndex(6)), Term(2));
  EXPECT_TRUE(log.Has({.index = LogIndex(9), .term = Term(5)}));
  EXPECT_FALSE(log.Has({.index = LogIndex(9), .term = Term(2)}));
  EXPECT_FALSE(log.Has({.index = LogIndex(10), .term = Term(5)}));
  EXPECT_FALSE(log.Has({.index = LogIndex(2), .term = Term(1)}));
  EXPECT_TRUE(log.TermsOrdered());
}

TEST(LogViewTest, SkipsWholeTerms) {
  const LogView log = Sample();
  const auto find = [&](uint64_t index, uint64_t term) {
    return log.LastWithTermAtMost(LogIndex(index), Term(term));
  };
  EXPECT_EQ(find(9, 5), (Position{.index = LogIndex(9), .term = Term(5)}));
  EXPECT_EQ(find(9, 4), (Position{.index = LogIndex(8), .term = Term(2)}));
  EXPECT_EQ(find(7, 2), (Position{.index = LogIndex(7), .term = Term(2)}));
  EXPECT_EQ(find(9, 1), (Position{.index = LogIndex(5), .term = Term(1)}));
  EXPECT_EQ(find(9, 0), (Position{.index = LogIndex(3), .term = Term(1)})) << "nothing above base";
}

TEST(LogViewTest, TruncatesAndAppends) {
  LogView log = Sample();
  log.TruncateFrom(LogIndex(7));
  EXPECT_EQ(log.last(), (Position{.index = LogIndex(6), .term = Term(2)}));
  log.Append(Make(7, 6));
  EXPECT_EQ(log.term(LogIndex(7)), Term(6));
  EXPECT_EQ(log.at(LogIndex(7))->term, Term(6));
  log.TruncateFrom(LogIndex(4));
  EXPECT_EQ(log.last(), log.base());
  log.TruncateFrom(LogIndex(5));
  EXPECT_EQ(log.last(), log.base());
}

TEST(LogViewTest, CompactsWithinARunOfOneTerm) {
  LogView log = Sample();
  log.CompactThrough(LogIndex(7));
  EXPECT_EQ(log.base(), (Position{.index = LogIndex(7), .term = Term(2)}));
  EXPECT_EQ(log.term(LogIndex(8)), Term(2));
  EXPECT_EQ(log.at(LogIndex(7)), nullptr);
  EXPECT_NE(log.at(LogIndex(8)), nullptr);
  EXPECT_EQ(log.bytes(LogIndex(7), LogIndex(9)), 2 * 74u);
  log.CompactThrough(LogIndex(9));
  EXPECT_EQ(log.last(), (Position{.index = LogIndex(9), .term = Term(5)}));
  log.Append(Make(10, 5));
  EXPECT_EQ(log.at(LogIndex(10))->index, LogIndex(10));
}

TEST(LogViewTest, EvictsOldestFirstAndKeepsTerms) {
  LogView log = Sample();
  EXPECT_EQ(log.cached_bytes(), 6 * 74u);
  log.Evict(LogIndex(7), 3 * 74);
  EXPECT_EQ(log.cached_first(), LogIndex(7));
  EXPECT_EQ(log.at(LogIndex(6)), nullptr);
  EXPECT_EQ(log.term(LogIndex(6)), Term(2));
  log.Evict(LogIndex(7), 0);
  EXPECT_EQ(log.cached_first(), LogIndex(8)) << "not beyond what may be given up";
  log.TruncateFrom(LogIndex(6));
  EXPECT_EQ(log.cached_first(), LogIndex(6));
  EXPECT_EQ(log.cached_bytes(), 0u);
  log.Append(Make(6, 7));
  EXPECT_EQ(log.at(LogIndex(6))->term, Term(7));
}

TEST(LogViewTest, ResetForgetsEverything) {
  LogView log = Sample();
  log.Reset({.index = LogIndex(20), .term = Term(8)});
  EXPECT_EQ(log.last(), (Position{.index = LogIndex(20), .term = Term(8)}));
  EXPECT_EQ(log.bytes(LogIndex(20), LogIndex(20)), 0u);
}

}  // namespace
}  // namespace jfs::raft
