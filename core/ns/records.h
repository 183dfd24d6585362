#ifndef CORE_NS_RECORDS_H_
#define CORE_NS_RECORDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "core/ns/reply.h"
#include "core/ns/request.h"

// The values of the namespace's rows (docs/formats/state.md). Each starts with a version byte.
// Encode gives the one encoding of a record; Decode accepts nothing else and returns false for all
// other bytes.
namespace jfs::ns {

// A file keeps this many blocks in its entry; the others have rows of their own, so that a long
// file is not rewritten for each of its blocks.
inline constexpr uint64_t kInlineBlocks = 8;

struct FileRecord {
  InodeId id = 0;
  uint16_t mode = 0;
  std::string owner, group;
  WallMillis mtime, atime;
  uint32_t replication = 0;
  uint64_t block_size = 0;
  uint64_t length = 0;  // sum of its blocks' bytes as far as they are known
  uint64_t block_count = 0;
  std::vector<Block> inline_blocks;  // the first min(block_count, kInlineBlocks)
  bool open = false;                 // being written by `holder`
  std::string holder, holder_address;
  // Set: the last block is still being written, and so many of its bytes are known.
  std::optional<uint64_t> open_block_bytes;
  // Waits for data servers to agree on the last block; the holder is a name of the master's own.
  bool recovering = false;
  // Set while a truncation waits for that: so many bytes of the last block are to stay.
  std::optional<uint64_t> truncated_block_bytes;
  std::vector<AclEntry> acl;  // in order; without owner, mask and others
  uint32_t xattr_count = 0;   // rows of its own

  // What the file is charged with per replica: a block being written counts as a full one.
  uint64_t charged_bytes() const {
    return open_block_bytes ? length - *open_block_bytes + block_size : length;
  }
  friend bool operator==(const FileRecord&, const FileRecord&) = default;
};

// What (directory, name) leads to.
struct EntryRecord {
  FileType type = FileType::kFile;
  InodeId directory = 0;  // for a directory, whose attributes are in its own row
  FileRecord file;        // for a file
  friend bool operator==(const EntryRecord&, const EntryRecord&) = default;
};

// What a directory holds itself, without what is below its subdirectories.
struct DirectCounts {
  uint64_t directories = 0, files = 0;
  uint64_t bytes = 0;  // of the files
  uint64_t space = 0;  // charged bytes times replication
  friend bool operator==(const DirectCounts&, const DirectCounts&) = default;
};

// What only few directories have.
struct DirectoryFeatures {
  std::vector<AclEntry> acl;  // in order; without owner, mask and others of the access ACL
  int64_t name_quota = -1, space_quota = -1;  // -1: none
  uint32_t xattr_count = 0;                   // rows of its own
  bool none() const { return *this == DirectoryFeatures{}; }
  bool has_quota() const { return name_quota >= 0 || space_quota >= 0; }
  friend bool operator==(const DirectoryFeatures&, const DirectoryFeatures&) = default;
};

struct DirectoryRecord {
  InodeId parent = 0;  // 0 for a root
  std::string name;    // empty for a root
  uint16_t mode = 0;
  std::string owner, group;
  WallMillis mtime, atime;
  DirectCounts counts;
  DirectoryFeatures features;
  friend bool operator==(const DirectoryRecord&, const DirectoryRecord&) = default;
};

struct NamespaceRecord {
  std::string name;
  InodeId root = 0;
};

// By this a file is found whose id is all that is known. Directories are all in memory.
struct FilePlaceRecord {
  InodeId directory = 0;
  std::string name;
};

struct OpenFileRecord {
  InodeId directory = 0;
  std::string name;
  std::string holder;
  LeaseId lease = 0;  // the holder's
};

struct PendingDeleteRecord {
  bool directory = false;  // else a file with rows of blocks or attributes
  std::string cursor;      // entries up to this name are gone already
};

struct SchemaRecord {
  static constexpr uint8_t kVersion = 3;
  // Of what rows and commands there may be. A store begins with the first, the same on masters of
  // all versions, and rises with the command that makes it something older versions must not touch.
  static constexpr uint64_t kFirstFeatureLevel = 1;
  static constexpr uint64_t kRecoveryFeatureLevel = 2;
  static constexpr uint64_t kKnownFeatureLevel = kRecoveryFeatureLevel;
  uint8_t version = kVersion;
  uint64_t feature_level = kFirstFeatureLevel;
};

struct CountersRecord {
  uint16_t lineage = 1;
  uint64_t sequence = 0;
  // The next id without its lineage. HDFS's own starting points.
  uint64_t next_inode = 16385;
  uint64_t next_block = (uint64_t{1} << 30) + 1;
  uint64_t next_stamp = 1001;
  LeaseId next_lease = 1;
  NamespaceId next_namespace = 1;
  WallMillis wall;
  uint64_t log_time_millis = 0;
  bool safe_mode = false;
  friend bool operator==(const CountersRecord&, const CountersRecord&) = default;
};

struct RetryRecord {
  CallId call;
  // Who asked, and the operation's number: another call under the same id is no retry.
  std::string user;
  uint8_t operation = 0;
  uint64_t log_time_millis = 0;  // when it was applied
  Reply reply;
};

std::string EncodeRecord(const EntryRecord& record);
std::string EncodeRecord(const DirectoryRecord& record);
std::string EncodeRecord(const Block& record);
std::string EncodeRecord(const NamespaceRecord& record);
std::string EncodeRecord(const FilePlaceRecord& record);
std::string EncodeRecord(const OpenFileRecord& record);
std::string EncodeRecord(const PendingDeleteRecord& record);
std::string EncodeRecord(const SchemaRecord& record);
std::string EncodeRecord(const CountersRecord& record);
std::string EncodeRecord(const SetLimits& record);
std::string EncodeRecord(const RetryRecord& record);
// The value of an extended attribute's row; its name is in the key.
std::string EncodeXAttrValue(const std::string& value);

bool DecodeRecord(std::string_view bytes, EntryRecord* record);
bool DecodeRecord(std::string_view bytes, DirectoryRecord* record);
bool DecodeRecord(std::string_view bytes, Block* record);
bool DecodeRecord(std::string_view bytes, NamespaceRecord* record);
bool DecodeRecord(std::string_view bytes, FilePlaceRecord* record);
bool DecodeRecord(std::string_view bytes, OpenFileRecord* record);
bool DecodeRecord(std::string_view bytes, PendingDeleteRecord* record);
// Accepts every schema version: the caller tells an unknown one from damage.
bool DecodeRecord(std::string_view bytes, SchemaRecord* record);
bool DecodeRecord(std::string_view bytes, CountersRecord* record);
bool DecodeRecord(std::string_view bytes, SetLimits* record);
bool DecodeRecord(std::string_view bytes, RetryRecord* record);
bool DecodeXAttrValue(std::string_view bytes, std::string* value);

// What a retry row counts towards the replicated byte limit: its bytes, and a fixed amount for
// being indexed in memory.
inline constexpr uint64_t kRetryRowOverheadBytes = 64;
inline uint64_t RetryRowBytes(std::string_view key, std::string_view value) {
  return key.size() + value.size() + kRetryRowOverheadBytes;
}

// What a row of that key and value adds to the state hash.
uint64_t RowHash(std::string_view key, std::string_view value);

}  // namespace jfs::ns

#endif  // CORE_NS_RECORDS_H_
