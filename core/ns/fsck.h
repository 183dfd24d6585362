#ifndef CORE_NS_FSCK_H_
#define CORE_NS_FSCK_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "core/kv/view.h"

namespace jfs::ns {

// Recounts everything from the rows alone, using nothing of Namespace's memory or bookkeeping:
// every inode reachable from exactly one root or waiting to be deleted, no cycle, every directory
// has its own row with the counts of what it holds, ids below the allocators, blocks not shared,
// pending deletes and open files consistent, retry rows in order and within limits, the state hash.
// Of a tree that is not yet loaded completely (recovery_record.h) only that its rows can be
// decoded. Returns one line per finding, at most 1000; empty is clean. A status is a read error.
absl::StatusOr<std::vector<std::string>> Fsck(const kv::View& view);

}  // namespace jfs::ns

#endif  // CORE_NS_FSCK_H_
