#ifndef CORE_BASE_CONCAT_H_
#define CORE_BASE_CONCAT_H_

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace jfs {

// Debian builds Abseil for C++14, where absl::string_view is a type of its own and does not convert
// from the standard one by itself.
inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }

namespace concat_internal {
inline absl::string_view Piece(std::string_view text) { return ToAbsl(text); }
inline absl::string_view Piece(const std::string& text) { return text; }
inline absl::string_view Piece(const char* text) { return text; }
template <typename T>
const T& Piece(const T& value) {
  return value;
}
}  // namespace concat_internal

// absl::StrCat that also takes std::string_view.
template <typename... Parts>
std::string Concat(const Parts&... parts) {
  return absl::StrCat(concat_internal::Piece(parts)...);
}

}  // namespace jfs

#endif  // CORE_BASE_CONCAT_H_
