#ifndef TOOLS_JINDO_COMMANDS_ATTRIBUTE_VALUE_H_
#define TOOLS_JINDO_COMMANDS_ATTRIBUTE_VALUE_H_

#include <optional>
#include <string>
#include <string_view>

#include "tools/jindo/answer.h"
#include "tools/jindo/file_system.h"

// Extended attributes as text: names as "user.origin", values as "text", 0x6869 or 0saGk=.
namespace jfs::tools {

enum class ValueEncoding : uint8_t { kText, kHex, kBase64 };

// "text", "hex" and "base64" in any case.
std::optional<ValueEncoding> ParseValueEncoding(std::string_view text);

// Bytes of what was typed: text in double quotes or without, 0x and hexadecimal digits, 0s and
// base64, of which what is no digit is ignored. Fails on what is no hexadecimal number.
Answer<std::string> DecodeAttributeValue(std::string_view text);
std::string EncodeAttributeValue(std::string_view bytes, ValueEncoding encoding);

// The name's namespace may be in any case. Misuse if it is none of the five, or nothing follows it.
Answer<ExtendedAttribute> ParseAttributeName(std::string_view text);
std::string FormatAttributeName(const ExtendedAttribute& attribute);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_ATTRIBUTE_VALUE_H_
