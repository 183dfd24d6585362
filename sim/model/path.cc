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

Place PlaceOf(const Tree& root, const std::string& path) {
  const Names asked = Split(path);
  if (asked.size() < 2 || asked[0] != ".reserved") return {asked};
  if (asked[1] == "raw") {
    // The second /.reserved is where the original stops.
    if (asked == Names{".reserved", "raw", ".reserved"}) return {asked, true};
    return {Names(asked.begin() + 2, asked.end()), true};
  }
  if (asked[1] != ".inodes" || asked.size() == 2) return {asked};
  const std::string& number = asked[2];
  const bool sign = !number.empty() && (number[0] == '+' || number[0] == '-');
  const std::string digits = number.substr(sign ? 1 : 0);
  constexpr size_t kMostDigits = 19;  // of a Java long; the few above the largest are no ids either
  size_t zeros = digits.find_first_not_of('0');
  if (zeros == std::string::npos) zeros = digits.size();
  const bool valid = !digits.empty() && digits.size() - zeros <= kMostDigits &&
                     digits.find_first_not_of("0123456789") == std::string::npos;
  const uint64_t id = valid ? std::stoull("0" + digits.substr(zeros)) : 0;
  const bool fits = id < uint64_t{1} << 63 || (number[0] == '-' && id == uint64_t{1} << 63);
  if (!valid || !fits) throw FileNotFound("Invalid inode path: " + Join(asked));
  Names names;
  if (number[0] == '-' || id == 0 || !FindById(root, id, &names)) {
    throw FileNotFound("File for given inode path does not exist: " + Join(asked));
  }
  if (asked.size() > 3 && asked[3] == "..") {
    // Whatever follows is not looked at.
    if (!names.empty()) names.pop_back();
    return {names};
  }
  names.insert(names.end(), asked.begin() + 3, asked.end());
  return {names};
}

void CheckLength(const std::string& path, const std::string& call, const ns::SetLimits& limits) {
  if (path.empty()) throw JavaIllegalArgument("Can not create a Path from an empty string");
  const bool levels = path[0] == '/' && Split(path).size() > limits.max_path_depth;
  if (Characters(path) <= limits.max_path_characters && !levels) return;
  throw IOException(absl::StrCat(call, ": Pathname too long.  Limit ", limits.max_path_characters,
                                 " characters, ", limits.max_path_depth, " levels."));
}

namespace {

bool IsNewPath(const std::string& path) {
  if (path.empty() || path[0] != '/') return false;
  const Names names = Split(path);
  const bool by_id = names.size() > 3 && path.substr(0, 19) == "/.reserved/.inodes/";
  for (const std::string& name : names) {
    if (name == "." || name.find(':') != std::string::npos) return false;
    if (name == ".." && !by_id) return false;
  }
  // "A name must not be empty": only slashes at the end are forgiven.
  const size_t end = path.find_last_not_of('/');
  return end == std::string::npos || path.substr(0, end).find("//") == std::string::npos;
}

}  // namespace

void CheckNewPath(const std::string& path) {
  if (!IsNewPath(path)) {
    throw InvalidPath(absl::StrCat("Invalid path name Invalid file name: ", path));
  }
}

void CheckCreatable(const std::string& path) {
  const auto begins = [&](const std::string& with) { return path.substr(0, with.size()) == with; };
  const bool elsewhere = begins("/.reserved/raw") || begins("/.reserved/.inodes");
  if (IsNewPath(path) && path != "/.reserved" && (!begins("/.reserved/") || elsewhere)) return;
  throw InvalidPath(absl::StrCat("Invalid path name ", path));
}

void CheckIsNotReserved(const std::string& path) {
  if (path == "/.reserved") throw InvalidPath("Invalid path name /.reserved");
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
