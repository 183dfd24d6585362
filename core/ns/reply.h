#ifndef CORE_NS_REPLY_H_
#define CORE_NS_REPLY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/time.h"
#include "core/ns/request.h"

namespace jfs::ns {

// Where a reply stands in the history of namespace mutations: lineage (16 bits) is the generation
// of the cluster on its mirror, sequence (48 bits) counts mutations and goes on across recovery.
// Travels as one number in `stateId`.
struct Position {
  uint64_t packed = 0;
  static constexpr Position Of(uint16_t lineage, uint64_t sequence) {
    return Position{uint64_t{lineage} << 48 | sequence};
  }
  constexpr uint16_t lineage() const { return static_cast<uint16_t>(packed >> 48); }
  constexpr uint64_t sequence() const { return packed & ((uint64_t{1} << 48) - 1); }
  friend constexpr auto operator<=>(const Position&, const Position&) = default;
};

// Outcome of a call. The numbers are in retry rows and between nodes: never reused. The text that a
// Hadoop client sees is made from the code and `arguments` at the edge (error_text.h).
enum class Code : uint8_t {
  kOk = 0,
// One code per HDFS exception and message template.
#define JFS_NS_CODE(name, number, java_class, text) name = number,
#include "core/ns/codes.inc"
#undef JFS_NS_CODE
};

enum class FileType : uint8_t { kDirectory = 1, kFile = 2 };

// Mirrors HdfsFileStatusProto; `name` is empty except for a listing's entries.
struct FileStatus {
  FileType type = FileType::kFile;
  std::string name;
  uint64_t length = 0;
  uint16_t mode = 0;
  std::string owner, group;
  WallMillis mtime, atime;
  uint32_t replication = 0;  // 0 for directories
  uint64_t block_size = 0;   // 0 for directories
  InodeId id = 0;
  uint64_t children = 0;
  bool has_acl = false;
  friend bool operator==(const FileStatus&, const FileStatus&) = default;
};

struct BlockLocations {
  uint64_t file_length = 0;
  uint64_t block_size = 0;
  bool under_construction = false;
  std::vector<Block> blocks;  // those of the range asked for
  uint64_t first_offset = 0;  // of the first of them in the file
  std::optional<Block> last_block;
  bool last_block_complete = false;
  InodeId file_id = 0;
  WallMillis atime;
  friend bool operator==(const BlockLocations&, const BlockLocations&) = default;
};

struct Listing {
  std::vector<FileStatus> entries;
  uint64_t remaining = 0;
  // If they were asked for, one per entry; those of directories are empty.
  std::vector<BlockLocations> locations = {};
  friend bool operator==(const Listing&, const Listing&) = default;
};

struct ContentSummary {
  uint64_t length = 0, files = 0, directories = 0, space_consumed = 0;
  int64_t name_quota = -1, space_quota = -1;  // -1: none
  friend bool operator==(const ContentSummary&, const ContentSummary&) = default;
};

struct QuotaUsage {
  uint64_t names = 0;  // files and directories, itself included
  uint64_t space_consumed = 0;
  int64_t name_quota = -1, space_quota = -1;  // -1: none
  friend bool operator==(const QuotaUsage&, const QuotaUsage&) = default;
};

struct LocatedStatus {
  FileStatus status;
  std::optional<BlockLocations> locations;  // of a file
  friend bool operator==(const LocatedStatus&, const LocatedStatus&) = default;
};

// Where an append goes on: in the last block, if it is not full, at its offset in the file.
struct AppendPoint {
  std::optional<Block> last_block;
  uint64_t offset = 0;
  FileStatus status;
  friend bool operator==(const AppendPoint&, const AppendPoint&) = default;
};

// Of "/.snapshot" owner and group are empty, and there is no mode.
struct AclStatus {
  std::string owner, group;
  uint16_t mode = 0;              // with an access ACL its group bits are the mask
  std::vector<AclEntry> entries;  // without owner, mask and others of the access ACL
  friend bool operator==(const AclStatus&, const AclStatus&) = default;
};

struct XAttrs {
  std::vector<XAttr> xattrs;  // by name
  friend bool operator==(const XAttrs&, const XAttrs&) = default;
};

struct OpenFileList {
  struct File {
    InodeId id = 0;
    std::string path, holder, holder_address;
    friend bool operator==(const File&, const File&) = default;
  };
  std::vector<File> files;
  bool more = false;
  friend bool operator==(const OpenFileList&, const OpenFileList&) = default;
};

// A call that is answered with true or false.
struct Truth {
  bool value = false;
  friend bool operator==(const Truth&, const Truth&) = default;
};
// "No such file" where HDFS answers without a status or listing instead of an exception.
struct Absent {
  friend bool operator==(const Absent&, const Absent&) = default;
};
struct NewNamespace {
  NamespaceId id = 0;
  friend bool operator==(const NewNamespace&, const NewNamespace&) = default;
};

using Value = std::variant<std::monostate, Truth, Absent, FileStatus, Listing, ContentSummary,
                           BlockLocations, Block, NewNamespace, AppendPoint, LocatedStatus,
                           QuotaUsage, AclStatus, XAttrs, OpenFileList>;

struct Reply {
  Code code = Code::kOk;
  std::vector<std::string> arguments;  // of the message template of `code`
  Value value;                         // for kOk
  // The last mutation that this reply reflects.
  Position position;
  friend bool operator==(const Reply&, const Reply&) = default;
};

}  // namespace jfs::ns

#endif  // CORE_NS_REPLY_H_
