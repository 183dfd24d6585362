#include "tools/jindo/shell.h"

#include <utility>

#include "core/base/concat.h"
#include "tools/jindo/format.h"
#include "tools/jindo/glob.h"

namespace jfs::tools {
namespace {

constexpr std::string_view kNoSuchFile = "No such file or directory";
constexpr std::string_view kFileExists = "File exists";
constexpr std::string_view kIsDirectory = "Is a directory";
constexpr std::string_view kIsNotDirectory = "Is not a directory";
constexpr std::string_view kInputOutputError = "Input/output error";

bool IsDirectory(const FileStatus& status) { return status.filetype() == FileStatus::IS_DIR; }

}  // namespace

Shell::Shell(std::string user, Connect connect, std::ostream* out, std::ostream* err)
    : user_(std::move(user)), connect_(std::move(connect)), out_(*out), err_(*err) {}

void Shell::Begin(std::string_view command) {
  command_ = std::string(command);
  exit_code_ = 0;
}

void Shell::Complain(std::string_view shown, std::string_view text) {
  out_.flush();
  err_ << command_ << ": `" << shown << "': " << text << std::endl;
  exit_code_ = 1;
}

void Shell::Complain(const Failure& failure, const std::string& shown) {
  if (failure.exception_class == "java.io.FileNotFoundException")
    return Complain(shown, kNoSuchFile);
  out_.flush();
  err_ << command_ << ": " << failure.message << std::endl;
  exit_code_ = 1;
}

std::optional<Shell::Item> Shell::Resolve(const std::string& argument) {
  const absl::StatusOr<Target> target = ParseTarget(argument, user_);
  absl::StatusOr<FileSystem*> fs = target.ok() ? connect_(*target) : target.status();
  if (!fs.ok()) {
    Complain(Failure{.message = std::string(fs.status().message())}, argument);
    return std::nullopt;
  }
  return Item{.fs = *fs, .path = target->path, .shown = target->shown};
}

std::optional<std::vector<Shell::Item>> Shell::Expand(const std::string& argument) {
  std::vector<Item> out;
  const std::vector<std::string> alternatives =
      HasWildcards(argument) ? ExpandBraces(argument) : std::vector<std::string>{argument};
  bool pattern = alternatives.size() > 1;
  for (const std::string& alternative : alternatives) {
    const std::optional<Item> whole = Resolve(alternative);
    if (!whole.has_value()) return std::nullopt;
    if (!HasWildcards(whole->path)) {
      Item item = *whole;
      if (argument.find('\\') != std::string::npos) {
        item.path = Unescape(item.path);
        item.shown = Unescape(item.shown);
      }
      auto status = item.fs->GetFileInfo(item.path);
      if (!status.ok()) {
        Complain(status.failure(), item.shown);
        return std::nullopt;
      }
      item.status = *status;
      if (pattern && !item.status.has_value()) continue;
      out.push_back(std::move(item));
      continue;
    }
    pattern = true;
    // Level by level: names with wildcards are looked up in listings, others are just appended.
    const size_t prefix =
        whole->shown.size() >= whole->path.size() && whole->shown.ends_with(whole->path)
            ? whole->shown.size() - whole->path.size()
            : 0;
    std::vector<Item> level = {
        Item{.fs = whole->fs, .path = "/", .shown = whole->shown.substr(0, prefix) + "/"}};
    std::string_view rest = std::string_view(whole->path).substr(1);
    while (!rest.empty()) {
      const size_t slash = rest.find('/');
      const std::string_view name = rest.substr(0, slash);
      rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
      std::vector<Item> next;
      for (const Item& item : level) {
        if (!HasWildcards(name)) {
          const std::string plain = Unescape(name);
          next.push_back({.fs = item.fs,
                          .path = ChildOf(item.path, plain),
                          .shown = ChildOf(item.shown, plain)});
          continue;
        }
        if (item.status.has_value() && !IsDirectory(*item.status)) continue;
        const bool listed = List(item, [&](std::vector<Item> children) {
          for (Item& child : children) {
            if (!child.status->path().empty() && MatchesWildcards(name, child.status->path())) {
              next.push_back(std::move(child));
            }
          }
        });
        if (!listed) return std::nullopt;
      }
      level = std::move(next);
    }
    for (Item& item : level) {
      if (!item.status.has_value()) {
        auto status = item.fs->GetFileInfo(item.path);
        if (!status.ok()) {
          Complain(status.failure(), item.shown);
          return std::nullopt;
        }
        item.status = *status;
      }
      if (item.status.has_value()) out.push_back(std::move(item));
    }
  }
  // A pattern that fits nothing is reported as it was typed.
  if (out.empty()) out.push_back({.shown = argument});
  return out;
}

void Shell::ForEach(const Arguments& arguments, const std::function<void(const Item&)>& visit) {
  for (const std::string& argument : arguments) {
    const std::optional<std::vector<Item>> items = Expand(argument);
    if (!items.has_value()) continue;
    for (const Item& item : *items) {
      if (item.status.has_value()) {
        visit(item);
      } else {
        Complain(item.shown, kNoSuchFile);
      }
    }
  }
}

bool Shell::List(const Item& directory, const std::function<void(std::vector<Item>)>& visit) {
  std::string start_after;
  uint32_t remaining = 1;
  while (remaining > 0) {
    const auto page = directory.fs->ListPage(directory.path, start_after, &remaining);
    if (!page.ok()) {
      Complain(page.failure(), directory.shown);
      return false;
    }
    if (!page->has_value()) return true;  // gone meanwhile, or never there: as an empty one
    std::vector<Item> items;
    for (const FileStatus& status : **page) {
      items.push_back({.fs = directory.fs,
                       .path = ChildOf(directory.path, status.path()),
                       .shown = ChildOf(directory.shown, status.path()),
                       .status = status});
      start_after = status.path();
    }
    visit(std::move(items));
  }
  return true;
}

void Shell::ListDirectory(const Item& directory, const LsOptions& options, ListingFormat* format) {
  // The number of items comes first, and columns are as wide as the widest of them: so a directory
  // is read before it is printed, as Hadoop's shell does.
  std::vector<Item> items;
  const bool listed = List(directory, [&](std::vector<Item> page) {
    for (Item& item : page) items.push_back(std::move(item));
  });
  if (!listed) return;
  if (!options.recursive && !options.paths_only && !items.empty()) {
    out_ << "Found " << items.size() << " items\n";
  }
  for (const Item& item : items) format->Widen(*item.status);
  for (const Item& item : items) {
    out_ << (options.paths_only ? item.shown : format->Line(*item.status, item.shown)) << '\n';
    if (options.recursive && IsDirectory(*item.status)) ListDirectory(item, options, format);
  }
}

int Shell::Ls(const LsOptions& options, Arguments paths) {
  Begin("ls");
  if (paths.empty()) paths.emplace_back(".");
  ListingFormat format(options.human);
  ForEach(paths, [&](const Item& item) {
    if (IsDirectory(*item.status) && !options.directory_itself)
      return ListDirectory(item, options, &format);
    format.Widen(*item.status);
    out_ << (options.paths_only ? item.shown : format.Line(*item.status, item.shown)) << '\n';
  });
  return exit_code_;
}

int Shell::Count(const CountOptions& options, const Arguments& paths) {
  Begin("count");
  const CountFormat format = {.human = options.human, .quota = options.quota};
  if (options.header) out_ << FormatCountHeader(format) << '\n';
  ForEach(paths, [&](const Item& item) {
    const auto summary = item.fs->GetContentSummary(item.path);
    if (!summary.ok()) return Complain(summary.failure(), item.shown);
    out_ << FormatCount(format, *summary, item.shown) << '\n';
  });
  return exit_code_;
}

int Shell::Mkdir(bool parents, const Arguments& paths) {
  Begin("mkdir");
  constexpr uint32_t kMode = 0755;  // 0777 under Hadoop's default umask 022
  for (const std::string& argument : paths) {
    const std::optional<std::vector<Item>> items = Expand(argument);
    if (!items.has_value()) continue;
    for (Item item : *items) {
      if (item.status.has_value()) {
        if (!IsDirectory(*item.status)) {
          Complain(item.shown, kIsNotDirectory);
        } else if (!parents) {
          Complain(item.shown, kFileExists);
        }
        continue;
      }
      if (item.fs == nullptr) {  // a pattern that fits nothing is a name like another
        const std::optional<Item> plain = Resolve(argument);
        if (!plain.has_value()) continue;
        item = *plain;
      }
      if (!parents) {
        const auto parent = item.fs->GetFileInfo(ParentOf(item.path));
        if (!parent.ok()) {
          Complain(parent.failure(), item.shown);
          continue;
        }
        if (!parent->has_value()) {
          const size_t slash = item.shown.rfind('/');
          Complain(slash == std::string::npos || slash == 0 ? ParentOf(item.path)
                                                            : item.shown.substr(0, slash),
                   kNoSuchFile);
          continue;
        }
      }
      const auto made = item.fs->Mkdirs(item.path, kMode);
      if (!made.ok()) {
        Complain(made.failure(), item.shown);
      } else if (!*made) {
        Complain(item.shown, kInputOutputError);
      }
    }
  }
  return exit_code_;
}

int Shell::Touchz(const Arguments& paths) {
  Begin("touchz");
  constexpr uint32_t kMode = 0644;
  for (const std::string& argument : paths) {
    const std::optional<std::vector<Item>> items = Expand(argument);
    if (!items.has_value()) continue;
    for (Item item : *items) {
      if (item.fs == nullptr) {
        const std::optional<Item> plain = Resolve(argument);
        if (!plain.has_value()) continue;
        item = *plain;
      }
      if (item.status.has_value()) {
        if (IsDirectory(*item.status)) {
          Complain(item.shown, kIsDirectory);
          continue;
        }
        if (item.status->length() != 0) {
          Complain(item.shown, "Not a zero-length file");
          continue;
        }
      } else {
        const auto parent = item.fs->GetFileInfo(ParentOf(item.path));
        if (!parent.ok()) {
          Complain(parent.failure(), item.shown);
          continue;
        }
        if (!parent->has_value()) {
          Complain(item.shown, kNoSuchFile);
          continue;
        }
      }
      const auto created = item.fs->CreateEmpty(item.path, kMode);
      if (!created.ok()) Complain(created.failure(), item.shown);
    }
  }
  return exit_code_;
}

int Shell::Mv(const Arguments& paths) {
  Begin("mv");
  const std::optional<Item> named = Resolve(paths.back());
  if (!named.has_value()) return exit_code_;
  Item target = *named;
  const auto status = target.fs->GetFileInfo(target.path);
  if (!status.ok()) {
    Complain(status.failure(), target.shown);
    return exit_code_;
  }
  target.status = *status;
  // The target is looked at before any source is.
  const bool into = target.status.has_value() && IsDirectory(*target.status);
  std::string_view wrong_target;
  if (paths.size() > 2 && !into) {
    wrong_target = target.status.has_value() ? kIsNotDirectory : kNoSuchFile;
  } else if (target.status.has_value() && !into) {
    wrong_target = kFileExists;
  } else if (!target.status.has_value()) {
    const auto parent = target.fs->GetFileInfo(ParentOf(target.path));
    if (!parent.ok()) {
      Complain(parent.failure(), target.shown);
      return exit_code_;
    }
    if (!parent->has_value()) wrong_target = kNoSuchFile;
  }
  if (!wrong_target.empty()) {
    Complain(target.shown, wrong_target);
    return exit_code_;
  }
  ForEach(Arguments(paths.begin(), paths.end() - 1), [&](const Item& source) {
    Item at = target;
    if (into) {
      at.path = ChildOf(target.path, NameOf(source.path));
      at.shown = ChildOf(target.shown, NameOf(source.path));
    }
    if (source.fs != target.fs) return Complain(source.shown, "Does not match target filesystem");
    if (IsDirectory(*source.status)) {
      const std::string both = Concat(source.shown, "' to `", at.shown);
      if (at.path == source.path) return Complain(both, "are identical");
      if (at.path.starts_with(ChildOf(source.path, ""))) {
        return Complain(both, "is a subdirectory of itself");
      }
    }
    if (into) {
      const auto there = at.fs->GetFileInfo(at.path);
      if (!there.ok()) return Complain(there.failure(), at.shown);
      if (there->has_value()) return Complain(at.shown, kFileExists);
    }
    const auto renamed = source.fs->Rename(source.path, at.path);
    if (!renamed.ok()) return Complain(renamed.failure(), source.shown);
    // The call says no more than that.
    if (!*renamed) Complain(source.shown, kInputOutputError);
  });
  return exit_code_;
}

int Shell::Rm(const RmOptions& options, const Arguments& paths) {
  Begin("rm");
  for (const std::string& argument : paths) {
    const std::optional<std::vector<Item>> items = Expand(argument);
    if (!items.has_value()) continue;
    for (const Item& item : *items) {
      if (!item.status.has_value()) {
        if (!options.force) Complain(item.shown, kNoSuchFile);
        continue;
      }
      if (IsDirectory(*item.status) && !options.recursive) {
        Complain(item.shown, kIsDirectory);
        continue;
      }
      if (!options.skip_trash) {
        const auto interval = item.fs->TrashIntervalMinutes();
        if (!interval.ok()) {
          Complain(interval.failure(), item.shown);
          continue;
        }
        if (*interval > 0) {
          Complain(item.shown,
                   "fs.trash.interval is set, and moving to the trash is not supported yet; with "
                   "-skipTrash it "
                   "is deleted at once");
          continue;
        }
      }
      const auto deleted = item.fs->Delete(item.path, options.recursive);
      if (!deleted.ok()) {
        Complain(deleted.failure(), item.shown);
      } else if (!*deleted) {
        Complain(item.shown, kInputOutputError);
      } else {
        out_ << "Deleted " << item.shown << '\n';
      }
    }
  }
  return exit_code_;
}

int Shell::Stat(std::string_view format, const Arguments& paths) {
  Begin("stat");
  ForEach(paths, [&](const Item& item) {
    out_ << FormatStat(format, *item.status, NameOf(item.path)) << '\n';
  });
  return exit_code_;
}

int Shell::Test(char what, const std::string& path) {
  Begin("test");
  const std::optional<Item> item = Resolve(path);
  if (!item.has_value()) return exit_code_;
  const auto answer = item->fs->GetFileInfo(item->path);
  if (!answer.ok()) {
    Complain(answer.failure(), item->shown);
    return exit_code_;
  }
  if (!answer->has_value()) return 1;
  const FileStatus& status = **answer;
  switch (what) {
    case 'd':
      return IsDirectory(status) ? 0 : 1;
    case 'e':
      return 0;
    case 'f':
      return IsDirectory(status) ? 1 : 0;
    case 's':
      return status.length() > 0 ? 0 : 1;
    case 'z':
      return status.length() == 0 ? 0 : 1;
    default:
      return 1;
  }
}

}  // namespace jfs::tools
