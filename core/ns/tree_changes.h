#ifndef CORE_NS_TREE_CHANGES_H_
#define CORE_NS_TREE_CHANGES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "core/ns/directory_tree.h"
#include "core/ns/records.h"
#include "core/ns/request.h"
#include "core/ns/resolve.h"
#include "core/ns/rows.h"
#include "core/ns/state.h"

// The elementary changes that operations are made of. Each keeps rows, memory, counts and totals
// together and marks the transaction changed. Every check comes before the first of them.
namespace jfs::ns {

// Makes the missing directories of the first `depth` names and adds them to at->directories. All
// get `mode` but the last name of the path, which gets `last_mode`; where the directory above has a
// default ACL, that and `unmasked` decide (acl.h). They belong to `owner` and the group of the
// directory above. A limit or quota that one of them would exceed is a refusal; those made before
// it stay, as on HDFS. (No other change here can refuse.)
std::optional<Reply> MakeDirectories(Transaction* tx, Resolved* at, size_t depth, uint16_t mode,
                                     uint16_t last_mode, std::optional<uint16_t> unmasked,
                                     const std::string& owner);

// Adds a file, and its lease if it is open. REQUIRES: `parent` has no entry of that name.
void AddFile(Transaction* tx, Directory* parent, std::string_view name, const FileRecord& file);
// Rewrites a file's entry in place, and its lease if that changes; directory times are the
// caller's.
void UpdateFile(Transaction* tx, Directory* parent, std::string_view name, const EntryRow& old,
                const FileRecord& file);
// Whether a removed inode leaves the counts and totals of its directory. kN03 and kN18 plant the
// case where it does not.
enum class Counted : bool { kNo = false, kYes = true };
// Whether a removed file takes its blocks with it, or they belong to another one now.
enum class Blocks : bool { kRemoved = false, kMoved = true };
// Removes a file, its lease, and puts the rows of its blocks and extended attributes up for
// FinishDeletes.
void RemoveFile(Transaction* tx, Directory* parent, std::string_view name, const EntryRow& old,
                Counted counted = Counted::kYes, Blocks blocks = Blocks::kRemoved);
// Removes a directory that is no root; what it contains is unreachable at once and removed by
// FinishDeletes.
void RemoveDirectory(Transaction* tx, Directory* directory, Counted counted = Counted::kYes);

// Moves one entry. REQUIRES: there is nothing of that name in `to`.
void MoveFile(Transaction* tx, Directory* from, std::string_view from_name, const EntryRow& old,
              Directory* to, std::string_view to_name);
void MoveDirectory(Transaction* tx, Directory* directory, Directory* to, std::string_view to_name);

// Sets block `index` of a file that is about to be written back: in the record, or in its own row,
// of which `old_hash` is the hash (0: it is new).
// REQUIRES: index < file->block_count.
void SetBlock(Transaction* tx, FileRecord* file, uint64_t index, const Block& block,
              uint64_t old_hash);

// Takes the last block off a file that is about to be written back. `row_hash` is its row's, if it
// has one.
void DropLastBlock(Transaction* tx, FileRecord* file, uint64_t bytes, uint64_t row_hash);

// Removes at most `max_rows` rows of unlinked inodes, in order of their ids.
absl::Status RemoveUnlinked(Transaction* tx, uint64_t max_rows);

}  // namespace jfs::ns

#endif  // CORE_NS_TREE_CHANGES_H_
