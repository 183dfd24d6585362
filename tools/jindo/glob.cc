#include "tools/jindo/glob.h"

#include <fnmatch.h>

#include <optional>

#include "core/base/concat.h"

namespace jfs::tools {

bool HasWildcards(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (std::string_view("*?[{").find(text[i]) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

std::vector<std::string> ExpandBraces(std::string_view text) {
  std::optional<size_t> open;
  std::vector<size_t> cuts;  // the commas of the first pair of braces, then its end
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      ++i;
    } else if (c == '{') {
      if (depth++ == 0) open = i;
    } else if (c == ',' && depth == 1) {
      cuts.push_back(i);
    } else if (c == '}' && depth > 0 && --depth == 0) {
      cuts.push_back(i);
      break;
    }
  }
  if (!open.has_value() || depth != 0) return {std::string(text)};
  std::vector<std::string> out;
  size_t from = *open + 1;
  for (const size_t cut : cuts) {
    const std::string one =
        Concat(text.substr(0, *open), text.substr(from, cut - from), text.substr(cuts.back() + 1));
    for (std::string& expanded : ExpandBraces(one)) out.push_back(std::move(expanded));
    from = cut + 1;
  }
  return out;
}

bool MatchesWildcards(std::string_view pattern, std::string_view name) {
  return fnmatch(std::string(pattern).c_str(), std::string(name).c_str(), 0) == 0;
}

std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

}  // namespace jfs::tools
