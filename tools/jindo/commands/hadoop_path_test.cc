#include "tools/jindo/commands/hadoop_path.h"

#include <gtest/gtest.h>

#include <string_view>

#include "tools/jindo/commands/java_text.h"

namespace jfs::tools {
namespace {

struct ParseCase {
  std::string_view name, text, want;
};
constexpr ParseCase kParseCases[] = {
    {"Absolute", "/a/b", "/a/b"},
    {"Slashes", "//a", "//a"},
    {"ManySlashes", "/a//b///c/", "/a/b/c"},
    {"Dots", "/a/./b/../c", "/a/c"},
    {"DotsAtRoot", "/../a", "/../a"},
    {"Root", "/", "/"},
    {"Relative", "a/b", "a/b"},
    {"RelativeUp", "../b", "../b"},
    {"Dot", ".", ""},
    {"Scheme", "jfs://test/a", "jfs://test/a"},
    {"SchemeOnly", "jfs://test", "jfs://test"},
    {"NoAuthority", "jfs:///a", "jfs:/a"},
    {"Port", "jfs://host:8101/a", "jfs://host:8101/a"},
    {"ColonBehindSlash", "/a:b", "/a:b"},
    {"Empty", "", "Can not create a Path from an empty string"},
    {"SchemeRelative", "a:b", "java.net.URISyntaxException: Relative path in absolute URI: a:b"},
    {"SchemeAlone",
     "a:", "java.net.URISyntaxException: Expected scheme-specific part at index 2: a:"},
    {"NoScheme", ":a", "java.net.URISyntaxException: Expected scheme name at index 0: :a"},
};
struct ParseTest : testing::TestWithParam<ParseCase> {};
TEST_P(ParseTest, TextOrComplaint) {
  const Answer<HadoopPath> path = HadoopPath::Parse(GetParam().text);
  EXPECT_EQ(path.ok() ? path->ToString() : path.failure().message, GetParam().want);
  EXPECT_TRUE(path.ok() || path.failure().misuse);
}
INSTANTIATE_TEST_SUITE_P(All, ParseTest, testing::ValuesIn(kParseCases),
                         [](const auto& info) { return std::string(info.param.name); });

HadoopPath Parsed(std::string_view text) { return *HadoopPath::Parse(text); }

TEST(HadoopPath, IsQualifiedByTheWorkingDirectory) {
  const HadoopPath home = Parsed("jfs://test/user/bob");
  EXPECT_EQ(Parsed("x").QualifiedBy(home).ToString(), "jfs://test/user/bob/x");
  EXPECT_EQ(Parsed("../x").QualifiedBy(home).ToString(), "jfs://test/user/x");
  EXPECT_EQ(Parsed(".").QualifiedBy(home).ToString(), "jfs://test/user/bob");
  EXPECT_EQ(Parsed("/x").QualifiedBy(home).ToString(), "jfs://test/x");
  EXPECT_EQ(Parsed("jfs:///x").QualifiedBy(home).ToString(), "jfs://test/x");
  // Not the root: so it is in Hadoop.
  EXPECT_EQ(Parsed("jfs://other").QualifiedBy(home).ToString(), "jfs://other/user/bob");
}

TEST(HadoopPath, HasParentsAndNames) {
  EXPECT_EQ(Parsed("/a/b").Name(), "b");
  EXPECT_EQ(Parsed("/a/b").Parent()->ToString(), "/a");
  EXPECT_EQ(Parsed("jfs://t/a").Parent()->ToString(), "jfs://t/");
  EXPECT_FALSE(Parsed("/").Parent().has_value());
  EXPECT_EQ(Parsed("/").Child("x").ToString(), "/x");
  EXPECT_EQ(Parsed("/a").Child("x:y").ToString(), "/a/x:y");
}

TEST(HadoopPath, IsOrderedAsItsUriIs) {
  // A blank is %20 there, and '%' is behind '!'.
  EXPECT_LT(Parsed("/a!b").SortKey(), Parsed("/a b").SortKey());
  EXPECT_LT(Parsed("/a b").SortKey(), Parsed("/a-b").SortKey());
  EXPECT_LT(Parsed("/Z").SortKey(), Parsed("/a").SortKey());
  // UTF-16: what is beyond 16 bits is in front of U+E000.
  EXPECT_LT(Parsed("/\U0001F600").SortKey(), Parsed("/\uE000").SortKey());
}

TEST(HadoopPath, NamesThatHdfsRefuses) {
  EXPECT_FALSE(CheckName(Parsed("jfs://t/a/b")).has_value());
  EXPECT_FALSE(CheckName(Parsed("/")).has_value());
  EXPECT_EQ(CheckName(Parsed("jfs://t/x/a:b"))->message,
            "Pathname /x/a:b from jfs://t/x/a:b is not a valid DFS filename.");
  EXPECT_TRUE(CheckName(Parsed("jfs://t/..")).has_value());
  HadoopPath inode = Parsed("/.reserved/.inodes/16386");
  inode.path += "/..";
  EXPECT_FALSE(CheckName(inode).has_value());
}

TEST(TypedPath, IsSplitWhereItsPathBegins) {
  EXPECT_EQ(SplitTypedPath("jfs://test/a/").prefix, "jfs://test");
  EXPECT_EQ(SplitTypedPath("jfs://test/a/").path, "/a/");
  EXPECT_EQ(SplitTypedPath("jfs://test").path, "");
  EXPECT_EQ(SplitTypedPath("jfs:///a").path, "/a");
  EXPECT_EQ(SplitTypedPath("a/b:c").path, "a/b:c");
}

TEST(JavaText, CountsInUtf16) {
  EXPECT_EQ(JavaLength("ü"), 1U);
  EXPECT_EQ(JavaLength("\U0001F600"), 2U);
  EXPECT_EQ(PadRight("ü", 3), "ü  ");
  EXPECT_EQ(PadLeft("ab", 4), "  ab");
  EXPECT_EQ(PadLeft("abcd", 2), "abcd");
}

TEST(JavaText, ChangesAsJavaDoes) {
  EXPECT_EQ(ToLower("ÄBc1"), "äbc1");
  EXPECT_EQ(ValidUtf8("a\xff\x41"), "a\xef\xbf\xbd\x41");
  EXPECT_EQ(WithoutUnprintable("a\tb\u200bc\ue000\u00fc"), "a?b?c?\u00fc");
}

// The order that java.util.HashMap gave these keys in.
TEST(JavaText, OrderOfHashMaps) {
  EXPECT_EQ(HashMapOrder({"user.one", "user.two", "user.three"}).size(), 3U);
  EXPECT_EQ(HashMapOrder({"b", "a"}), (std::vector<size_t>{1, 0}));
  // "Aa" and "BB" have the same hash: the order of insertion remains.
  EXPECT_EQ(HashMapOrder({"BB", "Aa"}), (std::vector<size_t>{0, 1}));
}

}  // namespace
}  // namespace jfs::tools
