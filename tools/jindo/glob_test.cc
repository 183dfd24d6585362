#include "tools/jindo/glob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace jfs::tools {
namespace {

using testing::ElementsAre;

TEST(Glob, FindsWildcards) {
  EXPECT_TRUE(HasWildcards("a*"));
  EXPECT_TRUE(HasWildcards("a[b]"));
  EXPECT_TRUE(HasWildcards("{a,b}"));
  EXPECT_FALSE(HasWildcards("a\\*b"));
  EXPECT_FALSE(HasWildcards("plain"));
}

TEST(Glob, ExpandsBraces) {
  EXPECT_THAT(ExpandBraces("/a{b,c}d"), ElementsAre("/abd", "/acd"));
  EXPECT_THAT(ExpandBraces("{a,b}{1,2}"), ElementsAre("a1", "a2", "b1", "b2"));
  EXPECT_THAT(ExpandBraces("{a,{b,c}x}"), ElementsAre("a", "bx", "cx"));
  EXPECT_THAT(ExpandBraces("plain"), ElementsAre("plain"));
  EXPECT_THAT(ExpandBraces("{open"), ElementsAre("{open"));
  EXPECT_THAT(ExpandBraces("\\{a,b}"), ElementsAre("\\{a,b}"));
}

TEST(Glob, Matches) {
  EXPECT_TRUE(MatchesWildcards("*.txt", "a.txt"));
  EXPECT_TRUE(MatchesWildcards("*", ".hidden"));
  EXPECT_TRUE(MatchesWildcards("a?c", "abc"));
  EXPECT_TRUE(MatchesWildcards("[a-c]x", "bx"));
  EXPECT_FALSE(MatchesWildcards("[^a]x", "ax"));
  EXPECT_FALSE(MatchesWildcards("a\\*", "ab"));
  EXPECT_TRUE(MatchesWildcards("a\\*", "a*"));
}

}  // namespace
}  // namespace jfs::tools
