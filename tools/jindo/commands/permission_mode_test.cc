#include "tools/jindo/commands/permission_mode.h"

#include <gtest/gtest.h>

#include <string>

namespace jfs::tools {
namespace {

struct ModeCase {
  std::string_view name, text;
  uint32_t before, want;
  bool directory = false;
};
constexpr ModeCase kModeCases[] = {
    {"Octal", "640", 0777, 0640},
    {"OctalOfFour", "0640", 01777, 0640},
    {"OctalSticky", "1755", 0, 01755},
    {"OctalClearsSticky", "755", 01777, 0755},
    {"OctalPlus", "+755", 0, 0755},
    {"OctalBlanks", " 755 ", 0, 0755},
    {"Add", "u+x", 0640, 0740},
    {"AddAll", "+x", 0640, 0751},
    {"AddA", "a+r", 0, 0444},
    {"Remove", "go-w", 0666, 0644},
    {"Assign", "u=rw", 0777, 0677},
    {"Several", "u+x,g-r,o=rw", 0640, 0706},
    {"LastOneCounts", "u+x,u+w", 0400, 0600},
    {"LastOperationCounts", "u+-x", 0700, 0600},
    {"StickyAdd", "+t", 0755, 01755},
    {"StickyRemove", "-t", 01755, 0755},
    {"StickyOfOthersOnly", "u+t", 0755, 0755},
    {"AssignClearsSticky", "o=r", 01755, 0754},
    {"BigXOfFile", "a+X", 0644, 0644},
    {"BigXOfExecutable", "a+X", 0744, 0755},
    {"BigXOfDirectory", "a+X", 0644, 0755, true},
    {"CommaAtTheEnd", "u+x,", 0600, 0700},
    {"BlankBehindComma", "u+x, g+x", 0600, 0710},
};
struct ModeTest : testing::TestWithParam<ModeCase> {};
TEST_P(ModeTest, Changes) {
  const ModeCase& c = GetParam();
  const std::optional<PermissionChange> change = PermissionChange::Parse(c.text);
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->ApplyTo(c.before, c.directory), c.want);
}
INSTANTIATE_TEST_SUITE_P(All, ModeTest, testing::ValuesIn(kModeCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(PermissionChange, RefusesWhatIsNoMode) {
  for (const char* text :
       {"", "abc", "u+q", "77777", "2755", "64", "888", "u", "u+", "u+x g+x", "u+x;g+x", "x"}) {
    EXPECT_FALSE(PermissionChange::Parse(text).has_value()) << text;
  }
}

TEST(PermissionChange, Umasks) {
  EXPECT_EQ(PermissionChange::ParseUmask("022"), 022U);
  EXPECT_EQ(PermissionChange::ParseUmask("77"), 077U);
  EXPECT_EQ(PermissionChange::ParseUmask("u=rwx,g=rx,o="), 027U);
  EXPECT_EQ(PermissionChange::ParseUmask("a=rwx"), 0U);
  EXPECT_EQ(PermissionChange::ParseUmask("nonsense"), std::nullopt);
  EXPECT_EQ(PermissionChange::ParseUmask(""), std::nullopt);
}

}  // namespace
}  // namespace jfs::tools
