#include "tools/jindo/target.h"

#include <gtest/gtest.h>

namespace jfs::tools {
namespace {

struct TargetCase {
  std::string_view name, text, namespace_name, path, shown;
};

constexpr TargetCase kCases[] = {
    {"Absolute", "/a/b", "", "/a/b", "/a/b"},
    {"Root", "/", "", "/", "/"},
    {"SlashesCollapse", "//a///b/", "", "/a/b", "/a/b"},
    {"Dots", "/a/./b/../c", "", "/a/c", "/a/c"},
    {"AboveRoot", "/../../x", "", "/x", "/x"},
    {"WithNamespace", "jfs://test/a/b", "test", "/a/b", "jfs://test/a/b"},
    {"NamespaceAlone", "jfs://test", "test", "/", "jfs://test/"},
    {"NamespaceAndSlash", "jfs://test/", "test", "/", "jfs://test/"},
    {"Relative", "d/f", "", "/user/alice/d/f", "d/f"},
    {"Home", ".", "", "/user/alice", "."},
    {"AboveHome", "../bob", "", "/user/bob", "../bob"},
    {"ColonInName", "/a:b", "", "/a:b", "/a:b"},
    {"EmptyNamespace", "jfs:///a", "", "/a", "jfs:///a"},
};
class TargetTest : public testing::TestWithParam<TargetCase> {};

TEST_P(TargetTest, Parses) {
  const TargetCase& c = GetParam();
  const auto target = ParseTarget(c.text, "alice");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->namespace_name, c.namespace_name);
  EXPECT_EQ(target->path, c.path);
  EXPECT_EQ(target->shown, c.shown);
  EXPECT_FALSE(target->master.has_value());
}
INSTANTIATE_TEST_SUITE_P(All, TargetTest, testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Target, HostAndPortNameAMaster) {
  const auto target = ParseTarget("jfs://127.0.0.1:8101/x", "alice");
  ASSERT_TRUE(target.ok()) << target.status();
  ASSERT_TRUE(target->master.has_value());
  EXPECT_EQ(target->master->ToString(), "127.0.0.1:8101");
  EXPECT_EQ(target->path, "/x");
}

TEST(Target, RefusesOtherSchemesAndNothing) {
  EXPECT_EQ(ParseTarget("hdfs://test/x", "a").status().message(),
            "No FileSystem for scheme \"hdfs\"");
  EXPECT_FALSE(ParseTarget("", "a").ok());
  EXPECT_FALSE(ParseTarget("jfs://host:port/", "a").ok());
}

TEST(Target, ParentsAndChildren) {
  EXPECT_EQ(ParentOf("/a/b"), "/a");
  EXPECT_EQ(ParentOf("/a"), "/");
  EXPECT_EQ(ParentOf("/"), "/");
  EXPECT_EQ(NameOf("/a/b"), "b");
  EXPECT_EQ(NameOf("/"), "");
  EXPECT_EQ(ChildOf("/", "a"), "/a");
  EXPECT_EQ(ChildOf("/a", "b"), "/a/b");
  EXPECT_EQ(ChildOf(".", "b"), "b");
  EXPECT_EQ(ChildOf("jfs://test/", "b"), "jfs://test/b");
}

}  // namespace
}  // namespace jfs::tools
