#include "tools/jindo/commands/attribute_value.h"

#include "absl/strings/escaping.h"

#include "core/base/concat.h"
#include "tools/jindo/commands/command_arguments.h"
#include "tools/jindo/commands/java_text.h"

namespace jfs::tools {
namespace {

std::optional<uint32_t> HexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint32_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint32_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<uint32_t>(c - 'A' + 10);
  return std::nullopt;
}

Failure NotHex(std::string_view why) {
  return {.exception_class = "java.io.IOException",
          .message = Concat("org.apache.commons.codec.DecoderException: ", why)};
}

Answer<std::string> DecodeHex(std::string_view text) {
  if (JavaLength(text) % 2 != 0) return NotHex("Odd number of characters.");
  std::string out;
  uint32_t value = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::optional<uint32_t> digit = HexDigit(text[i]);
    if (!digit.has_value()) {
      std::string character;
      AppendUtf8(DecodeUtf8(text.substr(i))[0], &character);
      return NotHex(Concat("Illegal hexadecimal character ", character, " at index ", i));
    }
    value = value << 4 | *digit;
    if (i % 2 == 1) out += static_cast<char>(value & 0xff);
  }
  return out;
}

// Both alphabets; bits that do not make a byte are dropped.
std::string DecodeBase64(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    uint32_t digit = 0;
    if (c >= 'A' && c <= 'Z') {
      digit = static_cast<uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      digit = static_cast<uint32_t>(c - 'a' + 26);
    } else if (c >= '0' && c <= '9') {
      digit = static_cast<uint32_t>(c - '0' + 52);
    } else if (c == '+' || c == '-') {
      digit = 62;
    } else if (c == '/' || c == '_') {
      digit = 63;
    } else if (c == '=') {
      break;
    } else {
      continue;
    }
    bits = bits << 6 | digit;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  return out;
}

}  // namespace

std::optional<ValueEncoding> ParseValueEncoding(std::string_view text) {
  const std::string upper = ToUpperAscii(text);
  if (upper == "TEXT") return ValueEncoding::kText;
  if (upper == "HEX") return ValueEncoding::kHex;
  if (upper == "BASE64") return ValueEncoding::kBase64;
  return std::nullopt;
}

Answer<std::string> DecodeAttributeValue(std::string_view text) {
  if (text.size() >= 2) {
    if (text.front() == '"' && text.back() == '"') {
      return std::string(text.substr(1, text.size() - 2));
    }
    if (text.starts_with("0x") || text.starts_with("0X")) return DecodeHex(text.substr(2));
    if (text.starts_with("0s") || text.starts_with("0S")) return DecodeBase64(text.substr(2));
  }
  return std::string(text);
}

std::string EncodeAttributeValue(std::string_view bytes, ValueEncoding encoding) {
  switch (encoding) {
    case ValueEncoding::kHex:
      return Concat("0x", absl::BytesToHexString(ToAbsl(bytes)));
    case ValueEncoding::kBase64:
      return Concat("0s", absl::Base64Escape(ToAbsl(bytes)));
    case ValueEncoding::kText:
      break;
  }
  return Concat("\"", ValidUtf8(bytes), "\"");
}

Answer<ExtendedAttribute> ParseAttributeName(std::string_view text) {
  const Failure no_prefix = Misuse(
      "An XAttr name must be prefixed with user/trusted/security/system/raw, followed by a '.'");
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot < 3) return no_prefix;
  if (dot + 1 == text.size()) return Misuse("XAttr name cannot be empty.");
  ExtendedAttribute out;
  ExtendedAttribute::XAttrNamespaceProto name_space = ExtendedAttribute::USER;
  if (!ExtendedAttribute::XAttrNamespaceProto_Parse(ToUpperAscii(text.substr(0, dot)),
                                                    &name_space)) {
    return no_prefix;
  }
  out.set_namespace_(name_space);
  out.set_name(std::string(text.substr(dot + 1)));
  return out;
}

std::string FormatAttributeName(const ExtendedAttribute& attribute) {
  return Concat(ToLower(ExtendedAttribute::XAttrNamespaceProto_Name(attribute.namespace_())), ".",
                attribute.name());
}

}  // namespace jfs::tools
