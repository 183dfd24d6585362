#include "tools/jindo/commands/hadoop_path.h"

#include <algorithm>
#include <vector>

#include "core/base/concat.h"
#include "tools/jindo/commands/java_text.h"

namespace jfs::tools {
namespace {

Failure Misuse(std::string message) {
  return {.exception_class = "java.lang.IllegalArgumentException",
          .message = std::move(message),
          .misuse = true};
}

// What java.net.URI leaves as it is in a path; everything else of ASCII becomes %XX.
bool IsUriPathCharacter(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return std::string_view("_-!.~'()*:@&=+$,/;").find(c) != std::string_view::npos;
}

std::string UriEncoded(std::string_view path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || IsUriPathCharacter(c)) {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

}  // namespace

std::string NormalizePath(std::string_view path) {
  const bool absolute = path.starts_with('/');
  std::vector<std::string_view> names;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (name.empty() || name == ".") continue;
    if (name == ".." && !names.empty() && names.back() != "..") {
      names.pop_back();
    } else {
      names.push_back(name);
    }
  }
  std::string out = absolute ? "/" : "";
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += '/';
    out += names[i];
  }
  return out;
}

Answer<HadoopPath> HadoopPath::Parse(std::string_view text) {
  if (text.empty()) return Misuse("Can not create a Path from an empty string");
  HadoopPath out;
  std::string_view rest = text;
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos && colon < text.find('/')) {
    out.scheme = std::string(text.substr(0, colon));
    rest.remove_prefix(colon + 1);
    constexpr std::string_view kException = "java.net.URISyntaxException: ";
    if (colon == 0) {
      return Misuse(Concat(kException, "Expected scheme name at index 0: ", text));
    }
    if (rest.empty()) {
      return Misuse(
          Concat(kException, "Expected scheme-specific part at index ", colon + 1, ": ", text));
    }
    if (!rest.starts_with('/')) {
      return Misuse(Concat(kException, "Relative path in absolute URI: ", out.scheme, ":",
                           UriEncoded(NormalizePath(rest))));
    }
  }
  if (rest.starts_with("//") && rest.size() > 2) {
    rest.remove_prefix(2);
    const size_t slash = rest.find('/');
    const size_t end = slash == std::string_view::npos || slash == 0 ? rest.size() : slash;
    if (slash == 0) {
      // "///path": no authority, but a path with too many slashes.
      out.path = NormalizePath(rest);
      return out;
    }
    out.authority = std::string(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  out.path = NormalizePath(rest);
  return out;
}

std::string HadoopPath::ToString() const {
  std::string out;
  if (!scheme.empty()) out += scheme + ":";
  if (authority.has_value()) out += "//" + *authority;
  return out + path;
}

std::string_view HadoopPath::Name() const {
  return std::string_view(path).substr(path.rfind('/') + 1);
}

std::optional<HadoopPath> HadoopPath::Parent() const {
  if (path.empty() || path == "/") return std::nullopt;
  HadoopPath out = *this;
  const size_t slash = path.rfind('/');
  out.path = slash == std::string::npos ? "" : slash == 0 ? "/" : path.substr(0, slash);
  return out;
}

HadoopPath HadoopPath::Child(std::string_view name) const {
  HadoopPath out = *this;
  if (!out.path.empty() && !out.path.ends_with('/')) out.path += '/';
  out.path += name;
  return out;
}

HadoopPath HadoopPath::QualifiedBy(const HadoopPath& working_directory) const {
  HadoopPath out = *this;
  if (!absolute()) out.path = NormalizePath(Concat(working_directory.path, "/", path));
  if (out.path.empty()) out.path = "/";
  if (out.scheme.empty()) out.scheme = working_directory.scheme;
  if (!out.authority.has_value()) out.authority = working_directory.authority;
  return out;
}

std::u16string HadoopPath::SortKey() const { return ToUtf16(UriEncoded(path)); }

Outcome CheckName(const HadoopPath& qualified) {
  std::vector<std::string_view> names;
  std::string_view rest = qualified.path;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const size_t slash = rest.find('/');
    names.push_back(rest.substr(0, slash));
    rest.remove_prefix(std::min(rest.size(), slash));
  }
  // Below /.reserved/.inodes HDFS knows ".." as a name.
  const bool inodes = names.size() > 3 && names[0] == ".reserved" && names[1] == ".inodes";
  for (const std::string_view name : names) {
    if (name.find(':') != std::string_view::npos || (name == ".." && !inodes)) {
      return Misuse(Concat("Pathname ", qualified.path, " from ", qualified.ToString(),
                           " is not a valid DFS filename."));
    }
  }
  return std::nullopt;
}

TypedPath SplitTypedPath(std::string_view text) {
  size_t start = 0;
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos && colon > 0 && text.find('/') == colon + 1) {
    start = colon + 1;
  }
  if (text.substr(start).starts_with("//") && text.size() - start > 2) {
    const size_t slash = text.find('/', start + 2);
    start = slash == std::string_view::npos ? text.size() : slash;
  }
  return {.prefix = std::string(text.substr(0, start)), .path = std::string(text.substr(start))};
}

}  // namespace jfs::tools
