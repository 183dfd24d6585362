#include "core/ots/value.h"

#include <charconv>

#include "absl/strings/escaping.h"

#include "core/base/concat.h"

namespace jfs::ots {

std::string_view ValueTypeName(ValueType type) {
  switch (type) {
    case ValueType::kInteger:
      return "INTEGER";
    case ValueType::kDouble:
      return "DOUBLE";
    case ValueType::kBoolean:
      return "BOOLEAN";
    case ValueType::kString:
      return "STRING";
    case ValueType::kBlob:
      return "BLOB";
    case ValueType::kInfMin:
      return "INF_MIN";
    case ValueType::kInfMax:
      return "INF_MAX";
    case ValueType::kAutoIncrement:
      return "AUTO_INCREMENT";
  }
  return "UNKNOWN";
}

uint64_t Value::counted_bytes() const {
  switch (type_) {
    case ValueType::kInteger:
    case ValueType::kDouble:
      return 8;
    case ValueType::kBoolean:
      return 1;
    case ValueType::kString:
    case ValueType::kBlob:
      return bytes_.size();
    default:
      return 0;
  }
}

std::partial_ordering Compare(const Value& a, const Value& b) {
  const auto infinite = [](const Value& v) {
    return v.is(ValueType::kInfMin) ? -1 : v.is(ValueType::kInfMax) ? 1 : 0;
  };
  const int from = infinite(a);
  const int to = infinite(b);
  if (from != 0 || to != 0) return from <=> to;
  if (a.type() != b.type()) return std::partial_ordering::unordered;
  switch (a.type()) {
    case ValueType::kInteger:
      return a.integer() <=> b.integer();
    case ValueType::kDouble:
      return a.real() <=> b.real();
    case ValueType::kBoolean:
      return a.boolean() <=> b.boolean();
    case ValueType::kString:
    case ValueType::kBlob:
      return a.bytes().compare(b.bytes()) <=> 0;
    default:
      return std::partial_ordering::unordered;
  }
}

std::string FormatValue(const Value& value) {
  switch (value.type()) {
    case ValueType::kInteger:
      return Concat(value.integer());
    case ValueType::kDouble: {
      char text[32];
      const std::to_chars_result end = std::to_chars(text, text + sizeof text, value.real());
      return end.ec == std::errc() ? std::string(text, end.ptr) : "?";
    }
    case ValueType::kBoolean:
      return value.boolean() ? "true" : "false";
    case ValueType::kString:
      return Concat("\"", absl::CHexEscape(value.bytes()), "\"");
    case ValueType::kBlob:
      return Concat("x'", absl::BytesToHexString(value.bytes()), "'");
    default:
      return std::string(ValueTypeName(value.type()));
  }
}

}  // namespace jfs::ots
