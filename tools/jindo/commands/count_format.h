#ifndef TOOLS_JINDO_COMMANDS_COUNT_FORMAT_H_
#define TOOLS_JINDO_COMMANDS_COUNT_FORMAT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/jindo/answer.h"
#include "tools/jindo/file_system.h"

// The columns of -count. Each ends with a blank, so that they can be put together.
namespace jfs::tools {

using StorageType = ::hadoop::hdfs::StorageTypeProto;

// "ssd,disk" in any case; "", "all": all that can have a quota. Misuse if there is no such type.
Answer<std::vector<StorageType>> ParseStorageTypes(std::string_view text);

// Limits of a directory and what they limit. Negative: no limit.
struct Quotas {
  int64_t names = -1, names_used = 0;
  int64_t space = -1, space_used = 0;  // bytes, with all replicas
};
Quotas QuotasOf(const QuotaUsage& usage);
Quotas QuotasOf(const Summary& summary);

std::string QuotaHeader();
std::string FormatQuotas(const Quotas& quotas, bool human);
std::string TypeQuotaHeader(const std::vector<StorageType>& types);
std::string FormatTypeQuotas(const QuotaUsage& usage, const std::vector<StorageType>& types,
                             bool human);
std::string SummaryHeader();
std::string FormatSummary(const Summary& summary, bool human, bool without_snapshots);
std::string PolicyHeader();
std::string FormatPolicy(const Summary& summary);
std::string SnapshotHeader();
std::string FormatSnapshots(const Summary& summary, bool human);

// "17%"; NaN% and Infinity% where Java says so, of a file system without any space.
std::string FormatPercent(uint64_t part, uint64_t whole);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_COMMANDS_COUNT_FORMAT_H_
