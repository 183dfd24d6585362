#include "tools/jindo/commands/count_format.h"

#include <cmath>

#include "absl/strings/str_format.h"

#include "core/base/concat.h"
#include "tools/jindo/commands/command_arguments.h"
#include "tools/jindo/commands/human_size.h"
#include "tools/jindo/commands/java_text.h"

namespace jfs::tools {
namespace {

namespace hdfs = ::hadoop::hdfs;

struct Limit {
  std::string limit = "none";
  std::string left = "inf";
};

Limit LimitOf(int64_t limit, int64_t used, bool human) {
  return {.limit = FormatSize(limit, human), .left = FormatSize(limit - used, human)};
}

}  // namespace

Answer<std::vector<StorageType>> ParseStorageTypes(std::string_view text) {
  std::vector<StorageType> out;
  if (text.empty() || ToLower(text) == "all") {
    return std::vector<StorageType>{hdfs::SSD, hdfs::DISK, hdfs::ARCHIVE, hdfs::PROVIDED,
                                    hdfs::NVDIMM};
  }
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string name = ToUpperAscii(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    StorageType type = hdfs::DISK;
    if (!hdfs::StorageTypeProto_Parse(name, &type)) {
      return Misuse(Concat("No enum constant org.apache.hadoop.fs.StorageType.", name));
    }
    out.push_back(type);
  }
  return out;
}

Quotas QuotasOf(const QuotaUsage& usage) {
  return {.names = static_cast<int64_t>(usage.quota()),
          .names_used = static_cast<int64_t>(usage.fileanddirectorycount()),
          .space = static_cast<int64_t>(usage.spacequota()),
          .space_used = static_cast<int64_t>(usage.spaceconsumed())};
}

Quotas QuotasOf(const Summary& summary) {
  return {.names = static_cast<int64_t>(summary.quota()),
          .names_used = static_cast<int64_t>(summary.filecount() + summary.directorycount()),
          .space = static_cast<int64_t>(summary.spacequota()),
          .space_used = static_cast<int64_t>(summary.spaceconsumed())};
}

std::string QuotaHeader() {
  return absl::StrFormat("%12s %15s %15s %15s ", "QUOTA", "REM_QUOTA", "SPACE_QUOTA",
                         "REM_SPACE_QUOTA");
}

std::string FormatQuotas(const Quotas& quotas, bool human) {
  Limit names;
  Limit space;
  // Of names 0 is no limit, of bytes it is one.
  if (quotas.names > 0) names = LimitOf(quotas.names, quotas.names_used, human);
  if (quotas.space >= 0) space = LimitOf(quotas.space, quotas.space_used, human);
  return absl::StrFormat("%12s %15s %15s %15s ", names.limit, names.left, space.limit, space.left);
}

std::string TypeQuotaHeader(const std::vector<StorageType>& types) {
  std::string out;
  for (const StorageType type : types) {
    const std::string& name = hdfs::StorageTypeProto_Name(type);
    out += absl::StrFormat("%14s %18s ", name + "_QUOTA", "REM_" + name + "_QUOTA");
  }
  return out;
}

std::string FormatTypeQuotas(const QuotaUsage& usage, const std::vector<StorageType>& types,
                             bool human) {
  std::string out;
  for (const StorageType type : types) {
    Limit limit;
    for (const auto& info : usage.typequotainfos().typequotainfo()) {
      const auto quota = static_cast<int64_t>(info.quota());
      if (info.type() != type || quota < 0) continue;
      limit = LimitOf(quota, static_cast<int64_t>(info.consumed()), human);
    }
    out += absl::StrFormat("%14s %18s ", limit.limit, limit.left);
  }
  return out;
}

std::string SummaryHeader() {
  return absl::StrFormat("%12s %12s %18s ", "DIR_COUNT", "FILE_COUNT", "CONTENT_SIZE");
}

std::string FormatSummary(const Summary& summary, bool human, bool without_snapshots) {
  const auto number = [&](uint64_t all, uint64_t in_snapshots) {
    return FormatSize(static_cast<int64_t>(without_snapshots ? all - in_snapshots : all), human);
  };
  return absl::StrFormat("%12s %12s %18s ",
                         number(summary.directorycount(), summary.snapshotdirectorycount()),
                         number(summary.filecount(), summary.snapshotfilecount()),
                         number(summary.length(), summary.snapshotlength()));
}

std::string PolicyHeader() { return absl::StrFormat("%20s ", "ERASURECODING_POLICY"); }

std::string FormatPolicy(const Summary& summary) {
  const std::string& policy = summary.erasurecodingpolicy();
  return absl::StrFormat("%20s ", policy == "Replicated" ? policy : "EC:" + policy);
}

std::string SnapshotHeader() {
  return absl::StrFormat("%18s %24s %24s %28s ", "SNAPSHOT_LENGTH", "SNAPSHOT_FILE_COUNT",
                         "SNAPSHOT_DIR_COUNT", "SNAPSHOT_SPACE_CONSUMED");
}

std::string FormatSnapshots(const Summary& summary, bool human) {
  const auto number = [&](uint64_t n) { return FormatSize(static_cast<int64_t>(n), human); };
  return absl::StrFormat(
      "%18s %24s %24s %28s ", number(summary.snapshotlength()), number(summary.snapshotfilecount()),
      number(summary.snapshotdirectorycount()), number(summary.snapshotspaceconsumed()));
}

std::string FormatPercent(uint64_t part, uint64_t whole) {
  if (whole == 0) return part == 0 ? "NaN%" : "Infinity%";
  const double percent = static_cast<double>(part) / static_cast<double>(whole) * 100;
  return absl::StrFormat("%.0f%%", std::floor(percent + 0.5));
}

}  // namespace jfs::tools
