#ifndef CORE_NS_QUOTA_H_
#define CORE_NS_QUOTA_H_

#include <cstdint>
#include <optional>

#include "core/ns/directory_tree.h"
#include "core/ns/reply.h"
#include "core/ns/resolve.h"
#include "core/ns/state.h"

// Limits on how many names a directory and everything below it may have, and how much space they
// may take (hdfs-client-protocol 3, setQuota).
namespace jfs::ns {

// What a change adds to a directory and all above it. Only what grows can exceed a quota: a tree
// that is over its quota already may be changed within.
struct QuotaChange {
  int64_t names = 0;  // files and directories
  int64_t space = 0;  // charged bytes times replication
  // What the change frees before, so that it is not in use any more when the rest is added.
  uint64_t freed_names = 0, freed_space = 0;
};

// Refuses a change that a quota of `from` or of a directory above it does not allow, nearest first.
// `common` and those above it are exempt: they had before what is now moved below them.
std::optional<Reply> CheckQuota(const State& state, const Directory* from,
                                const QuotaChange& change, const Directory* common = nullptr);

// What an inode and everything below it uses of quotas; nothing for one that does not exist.
struct Usage {
  uint64_t names = 0, space = 0;
};
Usage UsageOf(const Resolved& at);

// The sum; the largest or smallest number where that is too big to be one.
int64_t SaturatingAdd(int64_t a, int64_t b);
// Bytes times copies; the largest number where that is too big to be one.
int64_t SpaceOf(uint64_t bytes, uint32_t replication);

// As clients see them: -1 is none, and a root without one of its own has the largest there is.
int64_t ShownNameQuota(const Directory& directory);
int64_t ShownSpaceQuota(const Directory& directory);

}  // namespace jfs::ns

#endif  // CORE_NS_QUOTA_H_
