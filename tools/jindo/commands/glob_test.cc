#include "tools/jindo/commands/glob.h"

#include <gtest/gtest.h>

#include <string_view>

namespace jfs::tools {
namespace {

struct MatchCase {
  std::string_view name, pattern, fits, fits_not;
  bool wildcard = true;
};
constexpr MatchCase kMatchCases[] = {
    {"Plain", "abc", "abc", "abd", false},
    {"Star", "a*c", "abbc", "abb"},
    {"StarOfNothing", "a*", "a", "b"},
    {"StarDot", "*x", ".hiddenx", "x.hidden"},
    {"Question", "a?c", "aüc", "ac"},
    {"Class", "[abc]x", "bx", "dx"},
    {"Range", "[a-c]x", "bx", "dx"},
    {"RangeAndMore", "[a-cx-]", "-", "d"},
    {"Negated", "[^a-c]x", "dx", "ax"},
    {"NegatedBang", "[!a-c]x", "dx", "ax"},
    {"BracketInClass", "[]a]", "]", "b"},
    {"Alternatives", "{ab,c}d", "abd", "bd"},
    {"NestedAlternatives", "{a,b{c,d}}e", "bde", "be"},
    {"EmptyAlternative", "a{,b}c", "ac", "abbc"},
    {"StarInAlternative", "{a*,b}c", "axxc", "bxc"},
    {"EscapedStar", "a\\*", "a*", "ab", false},
    {"EscapedBrace", "\\{a,b\\}", "{a,b}", "a", false},
    {"CloseAlone", "a}", "a}", "a", false},
    {"RegexCharacters", "a.b+(c)|$^", "a.b+(c)|$^", "axb", false},
};
struct MatchTest : testing::TestWithParam<MatchCase> {};
TEST_P(MatchTest, FitsOneAndNotTheOther) {
  const MatchCase& c = GetParam();
  const Answer<GlobPattern> pattern = GlobPattern::Parse(c.pattern);
  ASSERT_TRUE(pattern.ok()) << pattern.failure().message;
  EXPECT_TRUE(pattern->Matches(c.fits));
  EXPECT_FALSE(pattern->Matches(c.fits_not));
  EXPECT_EQ(pattern->has_wildcard(), c.wildcard);
}
INSTANTIATE_TEST_SUITE_P(All, MatchTest, testing::ValuesIn(kMatchCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Glob, SaysWhatIsLeftOpen) {
  EXPECT_EQ(GlobPattern::Parse("a[b").failure().message,
            "Illegal file pattern: error parsing regexp: Unclosed character class at pos 3: `a[b`");
  EXPECT_EQ(GlobPattern::Parse("{a,b").failure().message,
            "Illegal file pattern: error parsing regexp: Unclosed group at pos 4: `{a,b`");
  EXPECT_EQ(
      GlobPattern::Parse("a\\").failure().message,
      "Illegal file pattern: error parsing regexp: Missing escaped character at pos 2: `a\\`");
}

struct BraceCase {
  std::string_view name, pattern;
  std::vector<std::string> want;
};
TEST(Glob, ExpandsBracesAcrossNames) {
  const BraceCase cases[] = {
      {"None", "/a/b", {"/a/b"}},
      {"WithinAName", "/{a,b}/c", {"/{a,b}/c"}},
      {"Across", "/{a/b,c}/d", {"/a/b/d", "/c/d"}},
      {"Nested", "/{a/{x,y},c}", {"/a/{x,y}", "/c"}},
      {"NestedAcross", "/{a/{x/1,y},c}", {"/a/x/1", "/a/y", "/c"}},
      {"Several", "{/a,/b}{/c,/d}", {"/a/c", "/a/d", "/b/c", "/b/d"}},
      {"Unbalanced", "/{a/b", {"/{a/b"}},
      {"Escaped", "/\\{a/b,c\\}", {"/\\{a/b,c\\}"}},
  };
  for (const BraceCase& c : cases) {
    EXPECT_EQ(*ExpandBraces(std::string(c.pattern)), c.want) << c.name;
  }
  EXPECT_EQ(ExpandBraces("a\\").failure().message,
            "Illegal file pattern: An escaped character does not present for glob a\\ at 2");
}

TEST(Glob, TakesBackslashesOut) {
  EXPECT_EQ(Unescape("a\\*b\\\\c"), "a*b\\c");
  EXPECT_EQ(Unescape("a\\"), "a\\");
}

}  // namespace
}  // namespace jfs::tools
