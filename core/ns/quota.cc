#include "core/ns/quota.h"

#include <cstdint>
#include <string>

namespace jfs::ns {
namespace {

// Whether `used` plus what is added passes the limit. Unsigned sums would wrap for numbers that a
// client may well send.
bool Exceeds(int64_t quota, uint64_t used, int64_t added) {
  if (quota < 0 || added <= 0) return false;
  const auto limit = static_cast<uint64_t>(quota);
  const auto more = static_cast<uint64_t>(added);
  return more > limit || used > limit - more;
}

// Whether all namespaces together would take more space than can be counted: sums must not wrap, or
// a quota is none.
bool PassesAllNumbers(const State& state, int64_t more) {
  int64_t all = more;
  for (const auto& [id, record] : state.namespaces) {
    const Directory* const root = state.tree.Find(record.root);
    if (root != nullptr) all = SaturatingAdd(all, SpaceOf(root->totals.space, 1));
  }
  return all == INT64_MAX;
}

}  // namespace

std::optional<Reply> CheckQuota(const State& state, const Directory* from,
                                const QuotaChange& change, const Directory* common) {
  if (change.space > 0 && PassesAllNumbers(state, change.space)) {
    return Refuse(Code::kSpaceUncountable, {});
  }
  if (state.tree.quotas() == 0) return std::nullopt;
  const uint64_t off = state.mutations.Has(Mutation::kN04QuotaOffByOne) ? 1 : 0;
  size_t left = state.tree.size();  // a planted cycle must not hang us
  for (const Directory* at = from; at != nullptr && at != common && left > 0;
       at = at->parent, --left) {
    const DirectoryFeatures& limits = at->features();
    if (!limits.has_quota()) continue;
    const uint64_t names = at->totals.directories + at->totals.files - change.freed_names;
    if (Exceeds(limits.name_quota, names + off, change.names)) {
      return Refuse(Code::kNameQuotaExceeded,
                    {state.tree.PathOf(at), std::to_string(limits.name_quota),
                     std::to_string(names + static_cast<uint64_t>(change.names))});
    }
    const uint64_t space = at->totals.space - change.freed_space;
    if (Exceeds(limits.space_quota, space + off, change.space)) {
      return Refuse(Code::kSpaceQuotaExceeded,
                    {state.tree.PathOf(at), std::to_string(limits.space_quota),
                     std::to_string(space + static_cast<uint64_t>(change.space))});
    }
    if (state.mutations.Has(Mutation::kN05NearestQuotaOnly)) break;
  }
  return std::nullopt;
}

Usage UsageOf(const Resolved& at) {
  if (at.is_file()) {
    const FileRecord& file = at.file->record.file;
    return {1, file.charged_bytes() * file.replication};
  }
  if (!at.is_directory()) return {};
  const RecursiveTotals& totals = at.directory()->totals;
  return {totals.directories + totals.files, totals.space};
}

int64_t SaturatingAdd(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a < 0 ? INT64_MIN : INT64_MAX;
}

int64_t SpaceOf(uint64_t bytes, uint32_t replication) {
  constexpr auto kLargest = static_cast<uint64_t>(INT64_MAX);
  if (replication != 0 && bytes > kLargest / replication) return INT64_MAX;
  return static_cast<int64_t>(bytes * replication);
}

int64_t ShownNameQuota(const Directory& directory) {
  const int64_t quota = directory.features().name_quota;
  return quota < 0 && directory.root_of != 0 ? INT64_MAX : quota;
}

int64_t ShownSpaceQuota(const Directory& directory) { return directory.features().space_quota; }

}  // namespace jfs::ns
