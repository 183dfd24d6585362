#include "tools/jindo/target.h"

#include <cctype>
#include <utility>
#include <vector>

#include "core/base/concat.h"

namespace jfs::tools {
namespace {

// Names of a path without the empty and the "." ones; ".." takes one back. In a relative path a
// ".." may remain in front.
std::vector<std::string_view> NamesOf(std::string_view path, bool absolute) {
  std::vector<std::string_view> names;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (name.empty() || name == ".") continue;
    if (name == ".." && !names.empty() && names.back() != "..") {
      names.pop_back();
    } else if (name != ".." || !absolute) {
      names.push_back(name);
    }
  }
  return names;
}

std::string Join(const std::vector<std::string_view>& names) {
  std::string out;
  for (const std::string_view name : names) {
    if (!out.empty()) out += '/';
    out += name;
  }
  return out;
}

bool IsScheme(std::string_view text) {
  if (text.empty() || !std::isalpha(static_cast<unsigned char>(text[0]))) return false;
  for (const char c : text) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '+' && c != '-' && c != '.')
      return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<Target> ParseTarget(std::string_view text, std::string_view user) {
  if (text.empty()) return absl::InvalidArgumentError("Can not create a Path from an empty string");
  Target out;
  std::string prefix;
  if (const size_t colon = text.find("://");
      colon != std::string_view::npos && IsScheme(text.substr(0, colon))) {
    const std::string_view scheme = text.substr(0, colon);
    if (scheme != "jfs")
      return absl::InvalidArgumentError(Concat("No FileSystem for scheme \"", scheme, "\""));
    std::string_view rest = text.substr(colon + 3);
    const std::string_view authority = rest.substr(0, rest.find('/'));
    rest.remove_prefix(authority.size());
    if (authority.find(':') != std::string_view::npos) {
      const absl::StatusOr<net::HostPort> master = net::ParseHostPort(authority);
      if (!master.ok()) return master.status();
      out.master = *master;
    } else {
      out.namespace_name = std::string(authority);
    }
    prefix = Concat("jfs://", authority);
    text = rest.empty() ? std::string_view("/") : rest;
  }
  if (text[0] == '/') {
    out.path = "/" + Join(NamesOf(text, /*absolute=*/true));
    out.shown = prefix + out.path;
    return out;
  }
  const std::string relative = Join(NamesOf(text, /*absolute=*/false));
  out.shown = relative.empty() ? "." : relative;
  out.path = "/" + Join(NamesOf(Concat("user/", user, "/", relative), /*absolute=*/true));
  return out;
}

std::string ChildOf(std::string_view directory, std::string_view name) {
  if (directory == ".") return std::string(name);
  if (directory.ends_with('/')) return Concat(directory, name);
  return Concat(directory, "/", name);
}

std::string ParentOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string_view::npos ? "/" : std::string(path.substr(0, slash));
}

std::string_view NameOf(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace jfs::tools
