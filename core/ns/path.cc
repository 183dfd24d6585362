#include "core/ns/path.h"

namespace jfs::ns {

std::optional<Path> Path::Parse(std::string_view raw) {
  if (raw.empty() || raw[0] != '/') return std::nullopt;
  Path path;
  path.text_.clear();
  size_t at = 0;
  while (at < raw.size()) {
    size_t end = raw.find('/', at);
    if (end == std::string_view::npos) end = raw.size();
    if (end > at) {
      path.text_.push_back('/');
      path.names_.emplace_back(static_cast<uint32_t>(path.text_.size()),
                               static_cast<uint32_t>(end - at));
      path.text_.append(raw.substr(at, end - at));
    }
    at = end + 1;
  }
  if (path.names_.empty()) path.text_ = "/";
  return path;
}

std::string Path::Prefix(size_t names) const {
  if (names == 0) return "/";
  const auto [start, length] = names_[names - 1];
  return text_.substr(0, start + length);
}

Path Path::Child(std::string_view name) const {
  Path child = *this;
  if (child.names_.empty()) child.text_.clear();
  child.text_.push_back('/');
  child.names_.emplace_back(static_cast<uint32_t>(child.text_.size()),
                            static_cast<uint32_t>(name.size()));
  child.text_.append(name);
  return child;
}

bool Path::IsUnder(const Path& other) const {
  if (depth() <= other.depth()) return false;
  return Prefix(other.depth()) == other.text_;
}

bool IsValidNewPath(std::string_view raw) {
  if (raw.empty() || raw[0] != '/') return false;
  // Any number of slashes at the end is forgiven, as HDFS does; doubled ones inside are not.
  while (raw.size() > 1 && raw.back() == '/') raw.remove_suffix(1);
  // Below an inode's id it is a way to its directory, which NFS asks for.
  constexpr std::string_view kByInodeId = "/.reserved/.inodes/";
  const bool by_id = raw.substr(0, kByInodeId.size()) == kByInodeId &&
                     raw.find('/', kByInodeId.size()) != std::string_view::npos;
  size_t at = 1;
  while (at < raw.size()) {
    size_t end = raw.find('/', at);
    if (end == std::string_view::npos) end = raw.size();
    const std::string_view name = raw.substr(at, end - at);
    if (name.empty() || name == "." || (name == ".." && !by_id)) return false;
    if (name.find(':') != std::string_view::npos) return false;
    at = end + 1;
  }
  return true;
}

size_t Utf16Length(std::string_view utf8) {
  size_t units = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) == 0x80) continue;  // continues a character
    units += byte >= 0xf0 ? 2 : 1;        // beyond the basic plane: a surrogate pair
  }
  return units;
}

}  // namespace jfs::ns
