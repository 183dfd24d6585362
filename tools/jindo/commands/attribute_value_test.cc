#include "tools/jindo/commands/attribute_value.h"

#include <gtest/gtest.h>

#include <string>

namespace jfs::tools {
namespace {

struct ValueCase {
  std::string name, text, want;
};
const ValueCase kValueCases[] = {
    {"Text", "some text", "some text"},
    {"Quoted", "\"some text\"", "some text"},
    {"OneQuote", "\"", "\""},
    {"Hex", "0x00ff41", std::string("\x00\xff\x41", 3)},
    {"HexUpper", "0X4142", "AB"},
    {"HexOdd", "0x4", "org.apache.commons.codec.DecoderException: Odd number of characters."},
    {"HexWrong", "0x4g",
     "org.apache.commons.codec.DecoderException: Illegal hexadecimal character g at index 1"},
    {"Base64", "0sSGVsbG8=", "Hello"},
    {"Base64Unpadded", "0sSGVsbG8", "Hello"},
    {"Base64Noise", "0s~SGVs:bG8", "Hello"},
    {"Base64UrlSafe", "0s_-8", "\xff\xef"},
    {"Empty", "", ""},
};
struct ValueTest : testing::TestWithParam<ValueCase> {};
TEST_P(ValueTest, BytesOrComplaint) {
  const Answer<std::string> bytes = DecodeAttributeValue(GetParam().text);
  EXPECT_EQ(bytes.ok() ? *bytes : bytes.failure().message, GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(All, ValueTest, testing::ValuesIn(kValueCases),
                         [](const auto& info) { return info.param.name; });

TEST(AttributeValue, Encodings) {
  EXPECT_EQ(EncodeAttributeValue("Hi", ValueEncoding::kText), "\"Hi\"");
  EXPECT_EQ(EncodeAttributeValue("\xff", ValueEncoding::kText), "\"\xef\xbf\xbd\"");
  EXPECT_EQ(EncodeAttributeValue("Hi", ValueEncoding::kHex), "0x4869");
  EXPECT_EQ(EncodeAttributeValue("Hi", ValueEncoding::kBase64), "0sSGk=");
  EXPECT_EQ(ParseValueEncoding("hEx"), ValueEncoding::kHex);
  EXPECT_EQ(ParseValueEncoding("octal"), std::nullopt);
}

TEST(AttributeName, HasANamespace) {
  const Answer<ExtendedAttribute> attribute = ParseAttributeName("USER.a.b");
  ASSERT_TRUE(attribute.ok());
  EXPECT_EQ(attribute->namespace_(), ExtendedAttribute::USER);
  EXPECT_EQ(attribute->name(), "a.b");
  EXPECT_EQ(FormatAttributeName(*attribute), "user.a.b");
  for (const char* text : {"nonsense", "us.a", ".a", "other.a"}) {
    EXPECT_EQ(ParseAttributeName(text).failure().message,
              "An XAttr name must be prefixed with user/trusted/security/system/raw, followed by "
              "a '.'");
  }
  EXPECT_EQ(ParseAttributeName("user.").failure().message, "XAttr name cannot be empty.");
}

}  // namespace
}  // namespace jfs::tools
