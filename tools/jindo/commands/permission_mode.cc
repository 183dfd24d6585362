#include "tools/jindo/commands/permission_mode.h"

#include <algorithm>
#include <string>

namespace jfs::tools {
namespace {

constexpr std::string_view kBlank = " \t\n\v\f\r";

std::string_view TakeOf(std::string_view set, std::string_view* text) {
  const size_t end = std::min(text->find_first_not_of(set), text->size());
  const std::string_view taken = text->substr(0, end);
  text->remove_prefix(end);
  return taken;
}

std::string_view Trimmed(std::string_view text) {
  TakeOf(kBlank, &text);
  while (!text.empty() && kBlank.find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<PermissionChange> PermissionChange::ParseParts(std::string_view text,
                                                             bool letters_wanted) {
  PermissionChange out;
  std::string_view rest = text;
  for (bool first = true; first || !rest.empty(); first = false) {
    TakeOf(kBlank, &rest);
    const std::string_view classes = TakeOf("ugoa", &rest);
    const std::string_view operations = TakeOf("+=-", &rest);
    const std::string_view letters = operations.empty() ? "" : TakeOf("rwxXt", &rest);
    if (operations.empty() || (letters_wanted && letters.empty())) return std::nullopt;
    const std::string separators = std::string(TakeOf(", \t\n\v\f\r", &rest));
    Part part = {.operation = operations.back()};
    bool sticky = false;
    for (const char letter : letters) {
      if (letter == 'r') part.bits |= 4;
      if (letter == 'w') part.bits |= 2;
      if (letter == 'x') part.bits |= 1;
      if (letter == 'X') part.bits |= kExecuteIfAny;
      if (letter == 't') sticky = true;
    }
    const auto names = [&](char c) { return classes.find(c) != std::string_view::npos; };
    const bool all = !names('u') && !names('g') && !names('o');
    if (all || names('u')) out.user_ = part;
    if (all || names('g')) out.group_ = part;
    if (all || names('o')) {
      out.other_ = part;
      out.sticky_ = {.operation = part.operation, .bits = sticky ? 1U : 0U};
    }
    if (!rest.empty() && separators.find(',') == std::string::npos) return std::nullopt;
  }
  return out;
}

std::optional<uint32_t> PermissionChange::ParseUmask(std::string_view text) {
  uint32_t bits = 0;
  for (const char c : text) bits = bits << 3 | static_cast<uint32_t>(c - '0');
  const bool octal = text.find_first_not_of("01234567") == std::string_view::npos;
  if (octal && !text.empty() && text.size() <= 4) return bits & 0777;
  const std::optional<PermissionChange> remains = ParseParts(text, /*letters_wanted=*/false);
  if (!remains.has_value()) return std::nullopt;
  return ~remains->ApplyTo(0, /*directory=*/true) & 0777;
}

std::optional<PermissionChange> PermissionChange::Parse(std::string_view text) {
  std::string_view start = text;
  TakeOf(kBlank, &start);
  TakeOf("ugoa", &start);
  // Once it begins like symbols it has to go on so; "+755" does not.
  if (!TakeOf("+=-", &start).empty() && !TakeOf("rwxXt", &start).empty()) {
    return ParseParts(text, /*letters_wanted=*/true);
  }
  PermissionChange out;
  std::string_view digits = Trimmed(text);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const bool octal = digits.find_first_not_of("01234567") == std::string_view::npos;
  if (!octal || digits.size() < 3 || digits.size() > 4) return std::nullopt;
  if (digits.size() == 4 && digits[0] > '1') return std::nullopt;
  const auto digit = [&](size_t from_end) {
    return Part{.operation = '=',
                .bits = static_cast<uint32_t>(digits[digits.size() - from_end] - '0')};
  };
  out.sticky_ = digits.size() == 4 ? digit(4) : Part{.operation = '=', .bits = 0};
  out.user_ = digit(3);
  out.group_ = digit(2);
  out.other_ = digit(1);
  return out;
}

uint32_t PermissionChange::Apply(const Part& part, uint32_t bits, bool may_execute) {
  const bool conditional = (part.bits & kExecuteIfAny) != 0;
  uint32_t named = part.bits & 7;
  if (conditional) named |= 1;
  uint32_t out = named;
  if (part.operation == '+') out = bits | named;
  if (part.operation == '-') out = bits & ~named;
  if (conditional && !may_execute && (bits & 1) == 0) out &= ~1U;
  return out;
}

uint32_t PermissionChange::ApplyTo(uint32_t mode, bool directory) const {
  const bool may_execute = directory || (mode & 0111) != 0;
  return Apply(sticky_, mode >> 9 & 1, false) << 9 | Apply(user_, mode >> 6 & 7, may_execute) << 6 |
         Apply(group_, mode >> 3 & 7, may_execute) << 3 | Apply(other_, mode & 7, may_execute);
}

}  // namespace jfs::tools
