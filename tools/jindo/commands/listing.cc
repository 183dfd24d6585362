#include "tools/jindo/commands/listing.h"

#include <algorithm>
#include <numeric>

#include "core/base/concat.h"
#include "tools/jindo/commands/command.h"
#include "tools/jindo/commands/find_expression.h"
#include "tools/jindo/commands/human_size.h"
#include "tools/jindo/commands/java_text.h"
#include "tools/jindo/commands/status_format.h"

namespace jfs::tools {
namespace {

class ListCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    ArgumentFormat format(0, ArgumentFormat::kAny,
                          {"C", "d", "h", "q", "R", "r", "t", "S", "u", "e"});
    if (Outcome misuse = format.Parse(arguments)) return misuse;
    paths_only_ = format.Has("C");
    into_directories_ = !format.Has("d");
    recursive_ = format.Has("R") && into_directories_;
    human_ = format.Has("h");
    hide_unprintable_ = format.Has("q");
    reverse_ = format.Has("r");
    by_time_ = format.Has("t");
    by_size_ = !by_time_ && format.Has("S");
    access_time_ = format.Has("u");
    erasure_coding_ = format.Has("e");
    if (arguments->empty()) arguments->emplace_back(".");
    return std::nullopt;
  }

  Outcome ProcessNamed(Item* item) override {
    if (erasure_coding_) {
      if (const auto summary = item->fs->GetContentSummary(item->where()); !summary.ok()) {
        return summary.failure();
      }
    }
    // What the command line names is entered without -R too.
    if (into_directories_ && item->is_directory()) return Descend(*item);
    return Command::ProcessNamed(item);
  }

  // The number of items is printed first, and with an order of their own all are needed too.
  bool sorted() const override { return !recursive_ || by_time_ || by_size_ || reverse_; }
  // Columns are as wide as the widest of a hundred.
  size_t group_size() const override { return paths_only_ ? 1 : 100; }
  bool only_reads() const override { return true; }

  Outcome ProcessGroup(const Item* directory, std::vector<Item>* items) override {
    if (directory != nullptr && !recursive_ && !items->empty()) {
      if (!paths_only_) out() << "Found " << items->size() << " items\n";
      Order(items);
    }
    if (!paths_only_) {
      if (Outcome failed = Widen(*items)) return failed;
    }
    return Command::ProcessGroup(directory, items);
  }

  Outcome ProcessItem(Item* item) override {
    if (paths_only_) {
      out() << item->shown << '\n';
      return std::nullopt;
    }
    const FileStatus& status = *item->status;
    const bool acl = (status.flags() & FileStatus::HAS_ACL) != 0;
    std::string line = Concat(item->is_directory() ? "d" : "-",
                              FormatMode(status.permission().perm()), acl ? "+" : " ");
    line += PadLeft(item->is_file() ? std::to_string(status.block_replication()) : "-",
                    replication_width_) +
            " ";
    line += owner_width_ > 0 ? PadRight(status.owner(), owner_width_) + " " : status.owner();
    line += group_width_ > 0 ? PadRight(status.group(), group_width_) + " " : status.group();
    if (erasure_coding_) {
      const auto summary = item->fs->GetContentSummary(item->where());
      if (!summary.ok()) return summary.failure();
      const std::string& policy = summary->erasurecodingpolicy();
      line += policy_width_ > 0 ? PadRight(policy, policy_width_) + " " : policy;
    }
    line += PadLeft(FormatSize(static_cast<int64_t>(status.length()), human_), length_width_);
    out() << line << ' ' << FormatMinutes(TimeOf(status)) << ' '
          << (hide_unprintable_ ? WithoutUnprintable(item->shown) : item->shown) << '\n';
    return std::nullopt;
  }

 private:
  uint64_t TimeOf(const FileStatus& status) const {
    return access_time_ ? status.access_time() : status.modification_time();
  }

  // Of equal items the order of paths remains.
  void Order(std::vector<Item>* items) const {
    if (by_time_ || by_size_) {
      std::stable_sort(items->begin(), items->end(), [&](const Item& a, const Item& b) {
        const uint64_t left = by_time_ ? TimeOf(*a.status) : a.status->length();
        const uint64_t right = by_time_ ? TimeOf(*b.status) : b.status->length();
        return reverse_ ? left < right : left > right;
      });
    } else if (reverse_) {
      std::reverse(items->begin(), items->end());
    }
  }

  // Columns never shrink, so that listings of one command fit each other as far as they can.
  Outcome Widen(const std::vector<Item>& items) {
    policy_width_ = 0;
    for (const Item& item : items) {
      const FileStatus& status = *item.status;
      replication_width_ =
          std::max(replication_width_, std::to_string(status.block_replication()).size());
      length_width_ = std::max(length_width_, std::to_string(status.length()).size());
      owner_width_ = std::max(owner_width_, JavaLength(status.owner()));
      group_width_ = std::max(group_width_, JavaLength(status.group()));
      if (!erasure_coding_) continue;
      const auto summary = item.fs->GetContentSummary(item.where());
      if (!summary.ok()) return summary.failure();
      policy_width_ = std::max(policy_width_, JavaLength(summary->erasurecodingpolicy()));
    }
    return std::nullopt;
  }

  bool paths_only_ = false, into_directories_ = true, human_ = false, hide_unprintable_ = false;
  bool reverse_ = false, by_time_ = false, by_size_ = false, access_time_ = false;
  bool erasure_coding_ = false;
  size_t replication_width_ = 3, length_width_ = 10, owner_width_ = 0, group_width_ = 0;
  size_t policy_width_ = 0;
};

class FindFilesCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    recursive_ = true;
    // -L and -H are about symbolic links, which there are none of.
    ArgumentFormat format(1, ArgumentFormat::kAny, {"L", "H"});
    if (Outcome misuse = format.LetUnknownPass().Parse(arguments)) return misuse;
    const auto first = std::find_if(arguments->begin(), arguments->end(),
                                    [](const std::string& word) { return word.starts_with('-'); });
    const Arguments words(first, arguments->end());
    arguments->erase(first, arguments->end());
    if (arguments->empty()) arguments->emplace_back(".");
    Answer<FindExpression> expression = FindExpression::Parse(words);
    if (!expression.ok()) return expression.failure();
    expression_.emplace(*std::move(expression));
    return std::nullopt;
  }
  bool only_reads() const override { return true; }
  Outcome ProcessItem(Item* item) override {
    expression_->Apply(item->path.Name(), item->shown, [&](std::string_view text) {
      out().write(text.data(), static_cast<std::streamsize>(text.size()));
    });
    return std::nullopt;
  }

 private:
  std::optional<FindExpression> expression_;
};

class StatCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    ArgumentFormat format(1, ArgumentFormat::kAny, {"R"});
    if (Outcome misuse = format.Parse(arguments)) return misuse;
    recursive_ = format.Has("R");
    if (arguments->front().find('%') != std::string::npos) {
      format_ = arguments->front();
      arguments->erase(arguments->begin());
    }
    return format.Parse(arguments);  // a path must remain
  }
  bool only_reads() const override { return true; }
  Outcome ProcessItem(Item* item) override {
    out() << FormatStat(format_, *item->status, item->path.Name()) << '\n';
    return std::nullopt;
  }

 private:
  std::string format_ = "%y";
};

class TestCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    ArgumentFormat format(1, 1, {"e", "d", "f", "s", "z", "w", "r"});
    if (Outcome misuse = format.Parse(arguments)) return misuse;
    if (format.found().empty()) return Misuse("No test flag given");
    if (format.found().size() > 1) return Misuse("Only one test flag is allowed");
    question_ = format.found().begin()->front();
    return std::nullopt;
  }
  Outcome ProcessMissing(Item*) override {
    exit_code_ = 1;
    return std::nullopt;
  }
  Outcome ProcessItem(Item* item) override {
    const Answer<bool> so = Ask(item);
    if (!so.ok()) return so.failure();
    if (!*so) exit_code_ = 1;
    return std::nullopt;
  }

 private:
  Answer<bool> Ask(Item* item) {
    switch (question_) {
      case 'd':
        return item->is_directory();
      case 'f':
        return item->is_file();
      case 's':
        return item->status->length() > 0;
      case 'z':
        return item->status->length() == 0;
      case 'r':
      case 'w': {
        constexpr uint32_t kRead = 4;
        constexpr uint32_t kWrite = 2;
        const Outcome refused =
            item->fs->CheckAccess(item->where(), question_ == 'r' ? kRead : kWrite);
        if (!refused.has_value()) return true;
        if (IsNotFound(*refused) ||
            refused->exception_class == "org.apache.hadoop.security.AccessControlException") {
          return false;
        }
        return *refused;
      }
      default:
        return true;
    }
  }
  char question_ = 'e';
};

}  // namespace

std::unique_ptr<Command> MakeList(std::string name, Session* session) {
  return std::make_unique<ListCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeFind(std::string name, Session* session) {
  return std::make_unique<FindFilesCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeStat(std::string name, Session* session) {
  return std::make_unique<StatCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeTest(std::string name, Session* session) {
  return std::make_unique<TestCommand>(std::move(name), session);
}

}  // namespace jfs::tools
