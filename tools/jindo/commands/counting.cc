#include "tools/jindo/commands/counting.h"

#include <cmath>
#include <optional>

#include "absl/strings/str_format.h"

#include "core/base/concat.h"
#include "tools/jindo/commands/count_format.h"
#include "tools/jindo/commands/human_size.h"
#include "tools/jindo/commands/text_table.h"

namespace jfs::tools {
namespace {

class CountCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    ArgumentFormat format(1, ArgumentFormat::kAny, {"q", "h", "v", "u", "x", "e", "s"});
    if (Outcome misuse = format.WithValue("t").Parse(arguments)) return misuse;
    quota_ = format.Has("q");
    human_ = format.Has("h");
    usage_only_ = format.Has("u");
    without_snapshots_ = format.Has("x");
    policy_ = format.Has("e");
    snapshots_ = format.Has("s");
    if (quota_ || usage_only_) {
      if (const std::optional<std::string> types = format.ValueOf("t"); types.has_value()) {
        const Answer<std::vector<StorageType>> parsed = ParseStorageTypes(*types);
        if (!parsed.ok()) return parsed.failure();
        types_ = *parsed;
      }
      if (without_snapshots_) {
        out() << "q or u option is given, the -x option is ignored.\n";
        without_snapshots_ = false;
      }
    }
    if (format.Has("v")) {
      out() << (types_.has_value() ? TypeQuotaHeader(*types_)
                : usage_only_      ? QuotaHeader()
                                   : (quota_ ? QuotaHeader() : "") + SummaryHeader())
            << (policy_ ? PolicyHeader() : "") << (snapshots_ ? SnapshotHeader() : "")
            << "PATHNAME\n";
    }
    return std::nullopt;
  }

  Outcome ProcessItem(Item* item) override {
    std::string line;
    if (usage_only_ || types_.has_value()) {
      const Answer<QuotaUsage> usage = item->fs->GetQuotaUsage(item->where());
      if (!usage.ok()) return usage.failure();
      line = types_.has_value() ? FormatTypeQuotas(*usage, *types_, human_)
                                : FormatQuotas(QuotasOf(*usage), human_);
    }
    if (line.empty() || policy_ || snapshots_) {
      const Answer<Summary> summary = item->fs->GetContentSummary(item->where());
      if (!summary.ok()) return summary.failure();
      if (line.empty()) {
        if (quota_) line = FormatQuotas(QuotasOf(*summary), human_);
        line += FormatSummary(*summary, human_, without_snapshots_);
      }
      if (policy_) line += FormatPolicy(*summary);
      if (snapshots_) line += FormatSnapshots(*summary, human_);
    }
    out() << line << item->shown << '\n';
    return std::nullopt;
  }

 private:
  bool quota_ = false, human_ = false, usage_only_ = false, without_snapshots_ = false;
  bool policy_ = false, snapshots_ = false;
  std::optional<std::vector<StorageType>> types_;
};

class DiskUsageCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    ArgumentFormat format(0, ArgumentFormat::kAny, {"h", "s", "v", "x"});
    if (Outcome misuse = format.Parse(arguments)) return misuse;
    human_ = format.Has("h");
    summary_ = format.Has("s");
    header_ = format.Has("v");
    without_snapshots_ = format.Has("x");
    if (arguments->empty()) arguments->emplace_back(".");
    return std::nullopt;
  }
  Outcome ProcessItems(std::vector<Item> items) override {
    if (header_) {
      table_.AddRow({"SIZE", "DISK_SPACE_CONSUMED_WITH_ALL_REPLICAS", "FULL_PATH_NAME"});
    }
    if (Outcome misuse = Command::ProcessItems(std::move(items))) return misuse;
    if (rows_ > 0) out() << table_.Format();
    return std::nullopt;
  }
  Outcome ProcessNamed(Item* item) override {
    // One level deep, unless only sums are wanted.
    if (!summary_ && item->is_directory()) return Descend(*item);
    return Command::ProcessNamed(item);
  }
  Outcome ProcessItem(Item* item) override {
    const Answer<Summary> summary = item->fs->GetContentSummary(item->where());
    if (!summary.ok()) return summary.failure();
    auto length = static_cast<int64_t>(summary->length());
    auto space = static_cast<int64_t>(summary->spaceconsumed());
    if (without_snapshots_) {
      length -= static_cast<int64_t>(summary->snapshotlength());
      space -= static_cast<int64_t>(summary->snapshotspaceconsumed());
    }
    table_.AddRow({FormatSize(length, human_), FormatSize(space, human_), item->shown});
    ++rows_;
    return std::nullopt;
  }

 private:
  bool human_ = false, summary_ = false, header_ = false, without_snapshots_ = false;
  TextTable table_ = TextTable({false, false, false});
  size_t rows_ = 0;
};

class DiskFreeCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments* arguments) override {
    ArgumentFormat format(0, ArgumentFormat::kAny, {"h"});
    if (Outcome misuse = format.Parse(arguments)) return misuse;
    human_ = format.Has("h");
    if (arguments->empty()) arguments->emplace_back("/");
    return std::nullopt;
  }
  Outcome ProcessItems(std::vector<Item> items) override {
    table_.AddRow({"Filesystem", "Size", "Used", "Available", "Use%"});
    if (Outcome misuse = Command::ProcessItems(std::move(items))) return misuse;
    if (rows_ > 0) out() << table_.Format();
    return std::nullopt;
  }
  Outcome ProcessItem(Item* item) override {
    const auto stats = item->fs->GetStats();
    if (!stats.ok()) return stats.failure();
    HadoopPath name = item->path;
    name.path.clear();
    const auto size = [&](uint64_t bytes) {
      return FormatSize(static_cast<int64_t>(bytes), human_);
    };
    table_.AddRow({name.ToString(), size(stats->capacity()), size(stats->used()),
                   size(stats->remaining()), FormatPercent(stats->used(), stats->capacity())});
    ++rows_;
    return std::nullopt;
  }

 private:
  bool human_ = false;
  TextTable table_ = TextTable({false, true, true, true, true});
  size_t rows_ = 0;
};

}  // namespace

std::unique_ptr<Command> MakeCount(std::string name, Session* session) {
  return std::make_unique<CountCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeDiskUsage(std::string name, Session* session) {
  return std::make_unique<DiskUsageCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeDiskFree(std::string name, Session* session) {
  return std::make_unique<DiskFreeCommand>(std::move(name), session);
}

}  // namespace jfs::tools
