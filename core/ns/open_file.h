#ifndef CORE_NS_OPEN_FILE_H_
#define CORE_NS_OPEN_FILE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "core/ns/operations.h"
#include "core/ns/permission.h"
#include "core/ns/reply.h"
#include "core/ns/request.h"
#include "core/ns/resolve.h"
#include "core/ns/rows.h"
#include "core/ns/state.h"

// Files being written: finding the one that a writer means, its blocks, and what becomes of it when
// its lease is taken away.
namespace jfs::ns {

// Where a file's entry is, and what it says.
struct FileAt {
  std::string path;  // where it is now; as given if there is nothing
  Directory* parent = nullptr;
  std::string name;
  std::optional<EntryRow> file;
  bool is_directory = false;
};

// The file that a writer means: by id if it gives one, because the file may have been renamed
// meanwhile; nobody's rights on the way to it are looked at then. `operation` is HDFS's name of the
// call. `refused` is set for a path that cannot be walked.
absl::StatusOr<FileAt> FindFile(Transaction* tx, const CallContext& call, const std::string& path,
                                InodeId id, const char* operation, std::optional<Reply>* refused);

// The open file of that id, wherever its namespace; unset if none of that id is open and live.
absl::StatusOr<std::optional<FileAt>> FindOpenFile(Transaction* tx, InodeId id);

// The file that a walk has ended at. REQUIRES: at.is_file().
FileAt FileOf(Resolved at);

// The file at `path` for a call that needs `access` to it: refused if there is none.
absl::StatusOr<FileAt> FindExistingFile(Transaction* tx, const CallContext& call,
                                        const std::string& path, const char* operation,
                                        Access access, std::optional<Reply>* refused);

// HDFS's checkLease: the file is there, open, and written by this client.
std::optional<Reply> CheckLease(Transaction* tx, const FileAt& at, InodeId given_id,
                                const std::string& client);

struct StoredBlock {
  Block block;
  uint64_t row_hash = 0;
};
// Block `back` places before the end (1: the last); unset if there are fewer.
absl::StatusOr<std::optional<StoredBlock>> BlockFromEnd(Transaction* tx, const FileRecord& file,
                                                        uint64_t back);

// Id and generation stamp are the same, or both are missing.
bool SameBlock(const std::optional<Block>& given, const std::optional<StoredBlock>& stored);

std::string BlockText(const Block& block);

// The last block is finished and has that many bytes.
void CommitLastBlock(Transaction* tx, FileRecord* file, const StoredBlock& last, uint64_t bytes);
// Appends a block that is being written; `block.bytes` of it are known.
void AddOpenBlock(Transaction* tx, FileRecord* file, const Block& block);

// Makes the file one that `client` writes. Blocks are the caller's.
void Open(FileRecord* file, const std::string& client, const std::string& address);
// Nobody writes it any more; it is as of now.
void Close(FileRecord* file, WallMillis now);

// The holder of files whose last block waits for data servers while nobody writes them.
inline constexpr char kRecoveryHolder[] = "HDFS_NameNode";

// Takes the file away from its writer: closes it, without a last block of which nothing is known;
// or, where data servers have to agree on the last block's length first, leaves it to
// `recovery_holder` (empty: as it is). Answers whether it is closed now. Writes the entry.
absl::StatusOr<bool> ReleaseFromWriter(Transaction* tx, const FileAt& at,
                                       const std::string& recovery_holder);

// Before a call that opens an existing file, or would make one in its place: somebody may be
// writing it. Refuses unless its lease is past the soft limit by the leader's verdict (`expired`)
// and the file could be closed. `call_name` is HDFS's word for the call. *at is brought up to date.
absl::StatusOr<std::optional<Reply>> TakeFromWriter(Transaction* tx, const Caller& caller,
                                                    const char* call_name,
                                                    const std::string& client, LeaseId expired,
                                                    FileAt* at);

}  // namespace jfs::ns

#endif  // CORE_NS_OPEN_FILE_H_
