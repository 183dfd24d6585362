#include "tools/jindo/commands/command_arguments.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "core/base/concat.h"

namespace jfs::tools {
namespace {

// Digits with at most one sign in front, within the bounds of T.
template <typename T>
std::optional<int64_t> ParseJava(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Failure NotANumber(std::string_view text) {
  return Misuse(Concat("For input string: \"", text, "\""));
}

}  // namespace

Failure Misuse(std::string message) {
  return {.exception_class = "java.lang.IllegalArgumentException",
          .message = std::move(message),
          .misuse = true};
}

ArgumentFormat& ArgumentFormat::WithValue(std::string name) {
  valued_.insert(std::move(name));
  return *this;
}

ArgumentFormat& ArgumentFormat::LetUnknownPass() {
  unknown_pass_ = true;
  return *this;
}

Outcome ArgumentFormat::Parse(Arguments* arguments) {
  size_t at = 0;
  const auto take = [&] {
    std::string word = std::move((*arguments)[at]);
    arguments->erase(arguments->begin() + static_cast<std::ptrdiff_t>(at));
    return word;
  };
  while (at < arguments->size()) {
    const std::string& word = (*arguments)[at];
    if (!word.starts_with('-') || word == "-") break;
    if (word == "--") {
      take();
      break;
    }
    const std::string name = word.substr(1);
    if (switches_.contains(name)) {
      take();
      found_.insert(name);
    } else if (valued_.contains(name)) {
      take();
      const bool value = at < arguments->size() && arguments->size() > least_ &&
                         !(*arguments)[at].starts_with('-');
      values_[name] = value ? take() : "";
    } else if (unknown_pass_) {
      ++at;
    } else {
      return Misuse(Concat("Illegal option ", word));
    }
  }
  if (arguments->size() < least_) {
    return Misuse(
        Concat("Not enough arguments: expected ", least_, " but got ", arguments->size()));
  }
  if (arguments->size() > most_) {
    return Misuse(Concat("Too many arguments: expected ", most_, " but got ", arguments->size()));
  }
  return std::nullopt;
}

std::optional<std::string> ArgumentFormat::ValueOf(const std::string& name) const {
  const auto it = values_.find(name);
  if (it == values_.end()) return std::nullopt;
  return it->second;
}

bool TakeSwitch(std::string_view name, Arguments* arguments) {
  const auto end = std::find(arguments->begin(), arguments->end(), "--");
  const auto it = std::find(arguments->begin(), end, name);
  if (it == end) return false;
  arguments->erase(it);
  return true;
}

Answer<std::optional<std::string>> TakeSwitchWithValue(std::string_view name,
                                                       Arguments* arguments) {
  const auto end = std::find(arguments->begin(), arguments->end(), "--");
  const auto it = std::find(arguments->begin(), end, name);
  if (it == end) return std::optional<std::string>();
  if (it + 1 == arguments->end()) {
    return Misuse(Concat("option ", name, " requires 1 argument."));
  }
  std::string value = std::move(*(it + 1));
  arguments->erase(it, it + 2);
  return std::optional<std::string>(std::move(value));
}

Answer<int64_t> ParseJavaLong(std::string_view text) {
  const std::optional<int64_t> value = ParseJava<int64_t>(text);
  if (!value.has_value()) return NotANumber(text);
  return *value;
}

Answer<int64_t> ParseJavaShort(std::string_view text) {
  // Java reads an int first, so there are two complaints.
  const std::optional<int64_t> value = ParseJava<int32_t>(text);
  if (!value.has_value()) return NotANumber(text);
  if (*value < std::numeric_limits<int16_t>::min() ||
      *value > std::numeric_limits<int16_t>::max()) {
    return Misuse(Concat("Value out of range. Value:\"", text, "\" Radix:10"));
  }
  return *value;
}

}  // namespace jfs::tools
