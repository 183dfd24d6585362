#include "tools/jindo/commands/deleting.h"

#include <optional>
#include <string_view>

#include "core/base/concat.h"
#include "tools/jindo/commands/java_text.h"
#include "tools/jindo/commands/trash.h"

namespace jfs::tools {
namespace {

class RemoveCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    ArgumentFormat format(1, ArgumentFormat::kAny, {"f", "r", "R", "skipTrash", "safely"});
    if (Outcome misuse = format.Parse(arguments)) return misuse;
    missing_is_fine_ = format.Has("f");
    directories_ = format.Has("r") || format.Has("R");
    skip_trash_ = format.Has("skipTrash");
    safely_ = format.Has("safely");
    return std::nullopt;
  }
  Answer<std::vector<Item>> Expand(const std::string& argument) override {
    Answer<std::vector<Item>> items = Command::Expand(argument);
    if (!items.ok() && missing_is_fine_ && IsNotFound(items.failure())) {
      return std::vector<Item>();
    }
    return items;
  }
  Outcome ProcessMissing(Item* item) override {
    if (missing_is_fine_) return std::nullopt;
    return Command::ProcessMissing(item);
  }
  Outcome ProcessItem(Item* item) override {
    if (item->is_directory() && !directories_) return IsDirectory(item->shown);
    if (!skip_trash_) {
      const Answer<bool> moved = MoveToTrash(*session_, *item);
      if (!moved.ok()) {
        Failure failure = moved.failure();
        if (!IsNotFound(failure)) failure.message += ". Consider using -skipTrash option";
        return failure;
      }
      if (*moved) return std::nullopt;
    }
    if (safely_) {
      const Answer<bool> wanted = IsWanted(*item);
      if (!wanted.ok()) return wanted.failure();
      if (!*wanted) return std::nullopt;
    }
    const Answer<bool> deleted = item->fs->Delete(item->where(), directories_);
    if (!deleted.ok()) return deleted.failure();
    if (!*deleted) return InputOutputError(item->shown);
    out() << "Deleted " << item->shown << '\n';
    return std::nullopt;
  }

 private:
  // Asks on the terminal if there are many files; the end of the input is a no.
  Answer<bool> IsWanted(const Item& item) {
    const double limit = session_->Number("hadoop.shell.safely.delete.limit.num.files", 100);
    if (limit <= 0) return true;
    const Answer<Summary> summary = item.fs->GetContentSummary(item.where());
    if (!summary.ok()) return summary.failure();
    if (static_cast<double>(summary->filecount()) <= limit) return true;
    out().flush();
    while (true) {
      *session_->err << "Proceed deleting " << summary->filecount() << " files? (Y or N) "
                     << std::flush;
      std::string line;
      const bool read = static_cast<bool>(std::getline(*session_->in, line));
      const std::string answer = ToLower(line);
      if (answer == "y" || answer == "yes") return true;
      if (!read || answer == "n" || answer == "no") {
        *session_->err << "Delete aborted at user request.\n\n";
        return false;
      }
      *session_->err << "Invalid input: " << line << '\n';
    }
  }
  bool missing_is_fine_ = false, directories_ = false, skip_trash_ = false, safely_ = false;
};

class RemoveDirectoryCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    constexpr char kIgnore[] = "-ignore-fail-on-non-empty";
    ArgumentFormat format(1, ArgumentFormat::kAny, {kIgnore});
    if (Outcome misuse = format.Parse(arguments)) return misuse;
    full_is_fine_ = format.Has(kIgnore);
    return std::nullopt;
  }
  Outcome ProcessItem(Item* item) override {
    if (!item->is_directory()) return IsNotDirectory(item->shown);
    uint32_t remaining = 0;
    const auto page = item->fs->ListPage(item->where(), "", &remaining);
    if (!page.ok()) return page.failure();
    if (!page->has_value()) {
      return Failure{.exception_class = "java.io.FileNotFoundException",
                     .message = Concat("File ", item->path.ToString(), " does not exist.")};
    }
    if (!(*page)->empty()) {
      if (full_is_fine_) return std::nullopt;
      return PathFailure(item->shown, "Directory is not empty");
    }
    const Answer<bool> deleted = item->fs->Delete(item->where(), /*recursive=*/false);
    if (!deleted.ok()) return deleted.failure();
    if (!*deleted) return InputOutputError(item->shown);
    return std::nullopt;
  }

 private:
  bool full_is_fine_ = false;
};

class ExpungeCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    ArgumentFormat format(0, 2, {"immediate"});
    if (Outcome misuse = format.WithValue("fs").Parse(arguments)) return misuse;
    immediately_ = format.Has("immediate");
    where_ = format.ValueOf("fs").value_or("");
    return std::nullopt;
  }
  Outcome ProcessItems(std::vector<Item>) override {
    Session session = *session_;
    if (!where_.empty()) {
      const Answer<HadoopPath> root = HadoopPath::Parse(where_);
      if (!root.ok()) return root.failure();
      session.root = root->QualifiedBy(session_->root);
      session.root.path = "/";
    }
    const Answer<FileSystem*> fs = session.connect(session.root.authority.value_or(""));
    if (!fs.ok()) return fs.failure();
    return Expunge(session, *fs, immediately_);
  }

 private:
  bool immediately_ = false;
  std::string where_;
};

}  // namespace

std::unique_ptr<Command> MakeRemove(std::string name, Session* session) {
  return std::make_unique<RemoveCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeRemoveDirectory(std::string name, Session* session) {
  return std::make_unique<RemoveDirectoryCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeExpunge(std::string name, Session* session) {
  return std::make_unique<ExpungeCommand>(std::move(name), session);
}

}  // namespace jfs::tools
