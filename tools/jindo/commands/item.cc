#include "tools/jindo/commands/item.h"

#include <algorithm>
#include <utility>

#include "core/base/concat.h"
#include "tools/jindo/commands/command_arguments.h"
#include "tools/jindo/commands/glob.h"

namespace jfs::tools {
namespace {

constexpr std::string_view kNotFoundClass = "org.apache.hadoop.fs.PathNotFoundException";
constexpr std::string_view kFileNotFoundClass = "java.io.FileNotFoundException";

Failure NoFileSystem(std::string_view scheme) {
  return {.exception_class = "org.apache.hadoop.fs.UnsupportedFileSystemException",
          .message = Concat("No FileSystem for scheme \"", scheme, "\"")};
}

// `path` as it was typed.
Answer<FileSystem*> FileSystemOf(const Session& session, const HadoopPath& path) {
  // "//x/y": Java calls the scheme that is not there so.
  if (path.scheme.empty() && path.authority.has_value()) return NoFileSystem("null");
  const HadoopPath qualified = path.QualifiedBy(session.root);
  if (qualified.scheme != session.root.scheme) {
    return NoFileSystem(qualified.scheme);
  }
  return session.connect(qualified.authority.value_or(""));
}

// An item under a text that was typed or made from one, without asking whether it exists.
Answer<Item> ItemOf(const Session& session, std::string text) {
  const Answer<HadoopPath> path = HadoopPath::Parse(text);
  if (!path.ok()) return path.failure();
  Item out;
  out.path = path->QualifiedBy(session.Home());
  out.shown = std::move(text);
  const Answer<FileSystem*> fs = FileSystemOf(session, *path);
  if (!fs.ok()) return fs.failure();
  out.fs = *fs;
  return out;
}

Answer<std::optional<FileStatus>> StatusOf(FileSystem* fs, const HadoopPath& path) {
  if (Outcome wrong = CheckName(path)) return *wrong;
  auto status = fs->GetFileInfo(path.path);
  if (!status.ok() && IsNotFound(status.failure())) return std::optional<FileStatus>();
  return status;
}

// All of a directory. Of a file the file itself, with an empty name; of nothing, nothing.
Answer<Page> ListAll(FileSystem* fs, const HadoopPath& path) {
  if (Outcome wrong = CheckName(path)) return *wrong;
  ReadAhead::Directory directory = ReadAhead::Open(nullptr, fs, path.path);
  Page out;
  while (!directory.done()) {
    Answer<std::optional<Page>> page = directory.Next();
    if (!page.ok()) {
      if (IsNotFound(page.failure())) return Page();
      return page.failure();
    }
    if (!page->has_value()) return Page();
    std::move((*page)->begin(), (*page)->end(), std::back_inserter(out));
  }
  return out;
}

struct Candidate {
  HadoopPath path;
  std::optional<FileStatus> status;
};

// Follows the names of a pattern without braces across '/', level by level.
Outcome Follow(FileSystem* fs, const HadoopPath& pattern, bool* saw_wildcard,
               std::vector<Candidate>* out) {
  std::vector<std::string> names;
  std::string_view rest = pattern.path;
  while (!rest.empty()) {
    const size_t slash = rest.find('/');
    if (slash != 0) names.emplace_back(rest.substr(0, slash));
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  }
  HadoopPath root = pattern;
  root.path = "/";
  std::vector<Candidate> level = {{.path = root, .status = std::nullopt}};
  for (size_t i = 0; i < names.size(); ++i) {
    const bool last = i + 1 == names.size();
    const Answer<GlobPattern> glob = GlobPattern::Parse(names[i]);
    if (!glob.ok()) return glob.failure();
    if (glob->has_wildcard()) *saw_wildcard = true;
    if (level.empty() && *saw_wildcard) break;
    std::vector<Candidate> next;
    const std::string plain = Unescape(names[i]);
    if (!glob->has_wildcard()) {
      // A name is parsed like a path here, which is where Hadoop's shell refuses a ':'.
      const Answer<HadoopPath> name = HadoopPath::Parse(plain);
      if (!name.ok()) return name.failure();
    }
    for (Candidate& candidate : level) {
      if (!glob->has_wildcard()) {
        Candidate child = {.path = candidate.path.Child(plain), .status = std::nullopt};
        if (last) {
          Answer<std::optional<FileStatus>> status = StatusOf(fs, child.path);
          if (!status.ok()) return status.failure();
          if (!status->has_value()) continue;
          child.status = *std::move(status);
        }
        next.push_back(std::move(child));
        continue;
      }
      Answer<Page> children = ListAll(fs, candidate.path);
      if (!children.ok()) return children.failure();
      for (FileStatus& child : *children) {
        if (child.path().empty()) continue;  // a file lists itself
        if (!last && child.filetype() != FileStatus::IS_DIR) continue;
        if (!glob->Matches(child.path())) continue;
        HadoopPath path = candidate.path.Child(child.path());
        next.push_back({.path = std::move(path), .status = std::move(child)});
      }
    }
    level = std::move(next);
  }
  for (Candidate& candidate : level) {
    if (!candidate.status.has_value()) {
      Answer<std::optional<FileStatus>> status = StatusOf(fs, candidate.path);
      if (!status.ok()) return status.failure();
      if (!status->has_value()) continue;
      candidate.status = *std::move(status);
    }
    out->push_back(std::move(candidate));
  }
  return std::nullopt;
}

// How a path is written relative to the home directory: "x/y", "../bob", ".".
std::string RelativeTo(const std::string& home, const std::string& path, bool directory) {
  if (home == path) return ".";
  const std::string from = home.ends_with('/') ? home : home + "/";
  const std::string to = directory && !path.ends_with('/') ? path + "/" : path;
  size_t common = 0;  // behind the last '/' that both have in common
  for (size_t i = 0; i < std::min(from.size(), to.size()) && from[i] == to[i]; ++i) {
    if (from[i] == '/') common = i + 1;
  }
  std::string out = common < path.size() ? path.substr(common) : "";
  for (size_t i = common; i < from.size(); ++i) {
    if (from[i] == '/') out.insert(0, out.empty() ? ".." : "../");
  }
  return out;
}

std::string Message(std::string_view shown, std::string_view text) {
  return Concat("`", shown, "': ", text);
}

void SortByPath(std::vector<Item>* items) {
  std::vector<std::pair<std::u16string, size_t>> keys;
  for (size_t i = 0; i < items->size(); ++i) keys.emplace_back((*items)[i].path.SortKey(), i);
  std::sort(keys.begin(), keys.end());
  std::vector<Item> sorted;
  sorted.reserve(items->size());
  for (const auto& [key, i] : keys) sorted.push_back(std::move((*items)[i]));
  *items = std::move(sorted);
}

}  // namespace

bool IsNotFound(const Failure& failure) {
  return failure.exception_class == kFileNotFoundClass || failure.exception_class == kNotFoundClass;
}

Failure PathFailure(std::string_view shown, std::string_view text) {
  return {.exception_class = "org.apache.hadoop.fs.PathIOException",
          .message = Message(shown, text)};
}

Failure NotFound(std::string_view shown, std::string_view full_path) {
  std::string message = Message(shown, "No such file or directory");
  if (!full_path.empty() && full_path != shown) message += Concat(": `", full_path, "'");
  return {.exception_class = std::string(kNotFoundClass), .message = std::move(message)};
}

Failure FileExists(std::string_view shown) { return PathFailure(shown, "File exists"); }
Failure IsDirectory(std::string_view shown) { return PathFailure(shown, "Is a directory"); }
Failure IsNotDirectory(std::string_view shown) { return PathFailure(shown, "Is not a directory"); }
Failure InputOutputError(std::string_view shown) {
  return PathFailure(shown, "Input/output error");
}

Answer<std::vector<Item>> ExpandArgument(const Session& session, const std::string& argument) {
  const Answer<HadoopPath> pattern = HadoopPath::Parse(argument);
  if (!pattern.ok()) return pattern.failure();
  const HadoopPath home = session.Home();
  const Answer<FileSystem*> fs = FileSystemOf(session, *pattern);
  if (!fs.ok()) return fs.failure();
  const Answer<std::vector<std::string>> alternatives = ExpandBraces(pattern->path);
  if (!alternatives.ok()) return alternatives.failure();

  std::vector<Candidate> found;
  bool saw_wildcard = false;
  for (const std::string& alternative : *alternatives) {
    HadoopPath one = *pattern;
    one.path = NormalizePath(alternative);
    if (Outcome failed = Follow(*fs, one.QualifiedBy(home), &saw_wildcard, &found)) return *failed;
  }
  if (found.empty()) {
    if (saw_wildcard || alternatives->size() > 1) return std::vector<Item>();
    Answer<Item> item = ItemOf(session, Unescape(argument));
    if (!item.ok()) return item.failure();
    return std::vector<Item>{*std::move(item)};
  }
  std::vector<Item> out;
  for (Candidate& candidate : found) {
    Item item;
    item.fs = *fs;
    item.path = candidate.path;
    if (!pattern->scheme.empty()) {
      item.shown =
          Concat(pattern->scheme, "://", pattern->authority.value_or(""), candidate.path.path);
    } else if (pattern->absolute()) {
      item.shown = candidate.path.path;
    } else {
      item.shown = RelativeTo(home.path, candidate.path.path,
                              candidate.status->filetype() == FileStatus::IS_DIR);
    }
    item.status = std::move(candidate.status);
    out.push_back(std::move(item));
  }
  SortByPath(&out);
  return out;
}

Answer<Item> LookUp(const Session& session, const std::string& text) {
  Answer<Item> item = ItemOf(session, text);
  if (!item.ok()) return item.failure();
  Answer<std::optional<FileStatus>> status = StatusOf(item->fs, item->path);
  if (!status.ok()) return status.failure();
  item->status = *std::move(status);
  return item;
}

Outcome Refresh(Item* item) {
  Answer<std::optional<FileStatus>> status = StatusOf(item->fs, item->path);
  if (!status.ok()) return status.failure();
  item->status = *std::move(status);
  if (!item->exists()) return NotFound(item->shown);
  return std::nullopt;
}

namespace {

std::string ShownIn(const Item& directory, std::string_view name) {
  if (directory.shown == ".") return std::string(name);
  return Concat(directory.shown, SplitTypedPath(directory.shown).path.ends_with('/') ? "" : "/",
                name);
}

}  // namespace

Item EntryOf(const Item& directory, FileStatus status) {
  Item out;
  out.fs = directory.fs;
  out.path = directory.path.Child(status.path());
  out.shown = ShownIn(directory, status.path());
  out.status = std::move(status);
  return out;
}

Answer<Item> LookUpIn(const Item& directory, std::string_view name) {
  if (!directory.exists()) return NotFound(directory.shown);
  if (!directory.is_directory()) return IsNotDirectory(directory.shown);
  Item out;
  out.fs = directory.fs;
  out.path = directory.path.Child(name);
  out.shown = ShownIn(directory, name);
  Answer<std::optional<FileStatus>> status = StatusOf(out.fs, out.path);
  if (!status.ok()) return status.failure();
  out.status = *std::move(status);
  return out;
}

bool RepresentsDirectory(const Item& item) {
  const std::string path = SplitTypedPath(item.shown).path;
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.empty() || name == "." || name == "..";
}

Answer<bool> Exists(const Item& item, const HadoopPath& path) {
  const Answer<std::optional<FileStatus>> status = StatusOf(item.fs, path);
  if (!status.ok()) return status.failure();
  return status->has_value();
}

Answer<bool> ParentExists(const Item& item) {
  if (RepresentsDirectory(item)) return Exists(item, item.path);
  return Exists(item, item.path.Parent().value_or(item.path));
}

}  // namespace jfs::tools
