#include "tools/jindo/commands/find_expression.h"

#include <gtest/gtest.h>

#include <string>

namespace jfs::tools {
namespace {

struct ExpressionCase {
  std::string name;
  Arguments words;
  std::string want;  // as DebugString has it, or the complaint
};
const ExpressionCase kExpressionCases[] = {
    {"Nothing", {}, "print"},
    {"Name", {"-name", "f*"}, "and(name(f*),print)"},
    {"NameAndPrint", {"-iname", "F*", "-print"}, "and(iname(F*),print)"},
    {"Three", {"-name", "a", "-name", "b", "-print0"}, "and(and(name(a),name(b)),print0)"},
    {"Explicit", {"-name", "a", "-a", "-name", "b"}, "and(and(name(a),name(b)),print)"},
    {"And", {"-name", "a", "-and", "-print"}, "and(name(a),print)"},
    {"Group", {"(", "-name", "a", ")"}, "and(name(a),print)"},
    {"GroupInFront", {"(", "-name", "a", ")", "-name", "b"}, "and(and(name(a),name(b)),print)"},
    {"GroupBehindIsForgotten", {"-name", "a", "(", "-name", "b", ")"}, "and(name(a),print)"},
    {"Unknown", {"-o"}, "Unexpected argument: -o"},
    {"Path", {"-print", "/x"}, "Unexpected argument: /x"},
    {"NoPattern", {"-name"}, "-name needs a pattern behind it"},
    {"NothingToJoin", {"-a"}, "-a stands between two expressions"},
    {"BadPattern",
     {"-name", "[a"},
     "error parsing regexp: Unclosed character class at pos 2: `[a`"},
};
struct ExpressionTest : testing::TestWithParam<ExpressionCase> {};
TEST_P(ExpressionTest, TreeOrComplaint) {
  const Answer<FindExpression> expression = FindExpression::Parse(GetParam().words);
  EXPECT_EQ(expression.ok() ? expression->DebugString() : expression.failure().message,
            GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(All, ExpressionTest, testing::ValuesIn(kExpressionCases),
                         [](const auto& info) { return info.param.name; });

TEST(FindExpression, PrintsWhatFits) {
  std::string printed;
  const auto print = [&](std::string_view text) { printed += text; };
  const Answer<FindExpression> expression =
      FindExpression::Parse({"-print0", "-iname", "A*", "-print"});
  ASSERT_TRUE(expression.ok());
  expression->Apply("abc", "/x/abc", print);
  expression->Apply("b", "/x/b", print);
  EXPECT_EQ(printed, std::string("/x/abc\0/x/abc\n/x/b\0", 19));
}

}  // namespace
}  // namespace jfs::tools
