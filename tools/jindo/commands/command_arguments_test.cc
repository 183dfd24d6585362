#include "tools/jindo/commands/command_arguments.h"

#include <gtest/gtest.h>

namespace jfs::tools {
namespace {

struct Parsed {
  Outcome outcome;
  Arguments rest;
  std::set<std::string> found;
};
Parsed Parse(ArgumentFormat format, Arguments arguments) {
  Parsed out;
  out.outcome = format.Parse(&arguments);
  out.rest = arguments;
  out.found = format.found();
  return out;
}

TEST(ArgumentFormat, TakesSwitchesFromTheFront) {
  const Parsed parsed =
      Parse({1, ArgumentFormat::kAny, {"R", "skipTrash"}}, {"-skipTrash", "-R", "a", "-R"});
  EXPECT_FALSE(parsed.outcome.has_value());
  EXPECT_EQ(parsed.rest, (Arguments{"a", "-R"}));
  EXPECT_EQ(parsed.found, (std::set<std::string>{"R", "skipTrash"}));
}

TEST(ArgumentFormat, EndsAtTwoDashesAndAtOne) {
  EXPECT_EQ(Parse({0, 9, {"R"}}, {"--", "-R"}).rest, (Arguments{"-R"}));
  EXPECT_EQ(Parse({0, 9, {"R"}}, {"-", "-R"}).rest, (Arguments{"-", "-R"}));
}

TEST(ArgumentFormat, Complains) {
  EXPECT_EQ(Parse({0, 9, {"R"}}, {"-x"}).outcome->message, "Illegal option -x");
  EXPECT_EQ(Parse({2, 9, {}}, {"a"}).outcome->message,
            "Not enough arguments: expected 2 but got 1");
  EXPECT_EQ(Parse({0, 1, {}}, {"a", "b"}).outcome->message,
            "Too many arguments: expected 1 but got 2");
  EXPECT_TRUE(Parse({0, 1, {}}, {"a", "b"}).outcome->misuse);
}

TEST(ArgumentFormat, LetsUnknownOnesPass) {
  ArgumentFormat format(2, 9, {"R"});
  format.LetUnknownPass();
  Arguments arguments = {"-t", "-R", "a"};
  EXPECT_FALSE(format.Parse(&arguments).has_value());
  EXPECT_EQ(arguments, (Arguments{"-t", "a"}));
  EXPECT_TRUE(format.Has("R"));
}

TEST(ArgumentFormat, ValueIsTheNextWordUnlessThatIsNeeded) {
  const auto value = [](Arguments arguments) {
    ArgumentFormat format(1, 9, {"q"});
    format.WithValue("t");
    EXPECT_FALSE(format.Parse(&arguments).has_value());
    return format.ValueOf("t").value_or("none");
  };
  EXPECT_EQ(value({"-t", "ssd", "/a"}), "ssd");
  EXPECT_EQ(value({"-t", "/a"}), "");
  EXPECT_EQ(value({"-t", "-q", "/a"}), "");
  EXPECT_EQ(value({"/a"}), "none");
}

TEST(TakeSwitch, FromAnywhereInFrontOfTwoDashes) {
  Arguments arguments = {"a", "-R", "--", "-d"};
  EXPECT_TRUE(TakeSwitch("-R", &arguments));
  EXPECT_FALSE(TakeSwitch("-R", &arguments));
  EXPECT_FALSE(TakeSwitch("-d", &arguments));
  EXPECT_EQ(arguments, (Arguments{"a", "--", "-d"}));
  arguments = {"a", "-n", "-v", "b"};
  EXPECT_EQ(**TakeSwitchWithValue("-n", &arguments), "-v");
  EXPECT_EQ(arguments, (Arguments{"a", "b"}));
  arguments = {"a", "-n"};
  EXPECT_EQ(TakeSwitchWithValue("-n", &arguments).failure().message,
            "option -n requires 1 argument.");
}

TEST(ParseJavaNumbers, AsJavaDoes) {
  EXPECT_EQ(*ParseJavaLong("+12"), 12);
  EXPECT_EQ(*ParseJavaLong("-12"), -12);
  EXPECT_EQ(ParseJavaLong("").failure().message, "For input string: \"\"");
  EXPECT_EQ(ParseJavaLong("+-1").failure().message, "For input string: \"+-1\"");
  EXPECT_EQ(ParseJavaLong("99999999999999999999").failure().message,
            "For input string: \"99999999999999999999\"");
  EXPECT_EQ(*ParseJavaShort("32767"), 32767);
  EXPECT_EQ(ParseJavaShort("40000").failure().message,
            "Value out of range. Value:\"40000\" Radix:10");
  EXPECT_EQ(ParseJavaShort("1x").failure().message, "For input string: \"1x\"");
}

}  // namespace
}  // namespace jfs::tools
