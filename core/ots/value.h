#ifndef CORE_OTS_VALUE_H_
#define CORE_OTS_VALUE_H_

#include <bit>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace jfs::ots {

// What a key column or a cell holds. The numbers are PlainBuffer's on the wire.
enum class ValueType : uint8_t {
  kInteger = 0,
  kDouble = 1,
  kBoolean = 2,
  kString = 3,
  kBlob = 7,
  kInfMin = 9,          // below every key; in keys of GetRange only
  kInfMax = 10,         // above every key; in keys of GetRange only
  kAutoIncrement = 11,  // in keys of writes: the service chooses
};

// "INTEGER", "STRING", ... as the service's messages have them.
std::string_view ValueTypeName(ValueType type);

// A value with its type. Two are equal if type and bits are: doubles are compared as bits here.
class Value {
 public:
  // The integer 0.
  Value() = default;
  static Value Integer(int64_t number) { return Value(ValueType::kInteger, number); }
  static Value Double(double number) {
    return Value(ValueType::kDouble, std::bit_cast<int64_t>(number));
  }
  static Value Boolean(bool truth) { return Value(ValueType::kBoolean, truth ? 1 : 0); }
  static Value String(std::string text) { return Value(ValueType::kString, std::move(text)); }
  static Value Blob(std::string bytes) { return Value(ValueType::kBlob, std::move(bytes)); }
  static Value InfMin() { return Value(ValueType::kInfMin, 0); }
  static Value InfMax() { return Value(ValueType::kInfMax, 0); }
  static Value AutoIncrement() { return Value(ValueType::kAutoIncrement, 0); }

  ValueType type() const { return type_; }
  bool is(ValueType type) const { return type_ == type; }
  // REQUIRES: the type is the one named.
  int64_t integer() const { return number_; }
  double real() const { return std::bit_cast<double>(number_); }
  bool boolean() const { return number_ != 0; }
  const std::string& bytes() const { return bytes_; }  // kString, kBlob

  // Bytes that the service counts for limits and capacity: 8 for numbers, 1 for a boolean, the
  // length of strings and blobs, 0 for the rest.
  uint64_t counted_bytes() const;

  friend bool operator==(const Value&, const Value&) = default;

 private:
  Value(ValueType type, int64_t number) : type_(type), number_(number) {}
  Value(ValueType type, std::string bytes) : type_(type), bytes_(std::move(bytes)) {}

  ValueType type_ = ValueType::kInteger;
  int64_t number_ = 0;
  std::string bytes_;
};

// The order of values: integers and doubles by number, booleans false first, strings and blobs by
// unsigned bytes. INF_MIN is below everything and INF_MAX above. Unordered if the types differ
// otherwise, for NaN, and for two placeholders of auto-increment.
std::partial_ordering Compare(const Value& a, const Value& b);

// For messages and traces: 5, 1.5, true, "text" with escapes, x'00ff', INF_MIN.
std::string FormatValue(const Value& value);

}  // namespace jfs::ots

#endif  // CORE_OTS_VALUE_H_
