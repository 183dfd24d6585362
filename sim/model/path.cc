#include "sim/model/path.h"

#include "absl/strings/str_cat.h"

#include "sim/model/refusal.h"

namespace jfs::sim::model {

Names Split(const std::string& path) {
  if (path.empty() || path[0] != '/') {
    throw Refusal{"java.lang.AssertionError",
                  absl::StrCat("Absolute path required, but got '", path, "'")};
  }
  Names names;
  std::string name;
  for (const char c : path) {
    if (c != '/') {
      name += c;
      continue;
    }
    if (!name.empty()) names.push_back(name);
    name.clear();
  }
  if (!name.empty()) names.push_back(name);
  return names;
}

void CheckNewPath(const std::string& path, const std::string& call, const ns::SetLimits& limits) {
  const Refusal too_long =
      IOException(absl::StrCat(call, ": Pathname too long.  Limit ", limits.max_path_characters,
                               " characters, ", limits.max_path_depth, " levels."));
  if (Characters(path) > limits.max_path_characters) throw too_long;
  // create gives the exception the path alone, the others a sentence.
  const Refusal invalid = InvalidPath(
      absl::StrCat("Invalid path name ", call == "create" ? "" : "Invalid file name: ", path));
  if (path.empty() || path[0] != '/') throw invalid;  // it has no levels
  const Names names = Split(path);
  if (names.size() > limits.max_path_depth) throw too_long;
  for (const std::string& name : names) {
    if (name == "." || name == ".." || name.find(':') != std::string::npos) throw invalid;
  }
  // "A name must not be empty": only slashes at the end are forgiven.
  const size_t end = path.find_last_not_of('/');
  if (end != std::string::npos && path.substr(0, end).find("//") != std::string_view::npos) {
    throw invalid;
  }
}

uint64_t Characters(const std::string& utf8) {
  uint64_t units = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 || byte >= 0xC0) ++units;  // the first byte of a character
    if (byte >= 0xF0) ++units;                 // beyond the basic plane: two units
  }
  return units;
}

}  // namespace jfs::sim::model
