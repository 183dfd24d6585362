#ifndef CORE_NS_REQUEST_H_
#define CORE_NS_REQUEST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/time.h"
#include "core/ns/acl_entry.h"
#include "core/ns/xattr.h"

// What a caller can ask of a namespace. Field meanings are those of HDFS's ClientProtocol; paths
// are as the client sent them and are checked by the namespace.
namespace jfs::ns {

// Which of the cluster's namespaces; numbers are given by CreateNamespace in order, from 1.
using NamespaceId = uint32_t;
using InodeId = uint64_t;
using BlockId = uint64_t;
// Names one lease for ever: a holder that closes its last file and opens another gets a new one. 0
// is none.
using LeaseId = uint64_t;

// Who asks, resolved by the leader before the command is replicated: nothing in it may be looked up
// at apply.
struct Caller {
  std::string user;
  std::vector<std::string> groups;  // the first is the primary one
  bool superuser = false;
  std::string address;  // of the client, for messages
};

// Names one call of one client for ever: a retry carries the same. An empty client id or a negative
// call id means that the caller does not want its call remembered.
struct CallId {
  std::string client;  // 16 bytes or empty
  int32_t call = -1;
  bool remembered() const { return !client.empty() && call >= 0; }
  friend auto operator<=>(const CallId&, const CallId&) = default;
};

struct Block {
  BlockId id = 0;
  uint64_t generation_stamp = 0;
  uint64_t bytes = 0;
  friend bool operator==(const Block&, const Block&) = default;
};

// ---- Mutating calls of ClientProtocol ----

struct Mkdirs {
  std::string path;
  uint16_t mode = 0755;  // after the client's umask
  bool create_parent = true;
  // Before the client's umask: counts where the parent has a default ACL, which then takes the
  // umask's place.
  std::optional<uint16_t> unmasked = std::nullopt;
};

struct Create {
  static constexpr uint32_t kCreate = 1, kOverwrite = 2, kAppend = 4;
  std::string path;
  uint16_t mode = 0644;
  std::string client_name;  // the lease holder
  uint32_t flags = kCreate;
  bool create_parent = true;
  uint32_t replication = 3;
  uint64_t block_size = 128 << 20;
  std::optional<uint16_t> unmasked = std::nullopt;  // as for Mkdirs
  // The leader's verdict, not the client's word: the lease that it found past its soft limit where
  // the path leads to an open file. Apply acts on it only if that is still the file's lease.
  LeaseId expired_lease = 0;
};

// Opens a closed file for writing at its end.
struct Append {
  std::string path;
  std::string client_name;
  bool new_block = false;  // go on in a new block even where the last one is not full
  LeaseId expired_lease = 0;
};

struct AddBlock {
  std::string path;
  std::string client_name;
  InodeId file_id = 0;             // 0: by path
  std::optional<Block> previous;   // the file's last block with its final length
  uint32_t live_data_servers = 0;  // as the leader knows them; 0 is refused as HDFS does
};

struct Complete {
  std::string path;
  std::string client_name;
  InodeId file_id = 0;
  std::optional<Block> last;
};

// Takes the last block back, if it is this one.
struct AbandonBlock {
  Block block;
  std::string path;
  std::string client_name;
  InodeId file_id = 0;
};

// Records how much of the block being written is safe.
struct Fsync {
  std::string path;
  std::string client_name;
  InodeId file_id = 0;
  std::optional<uint64_t> last_block_length;
};

// A pipeline lost a data server: the block goes on under a new generation stamp.
struct UpdateBlockForPipeline {
  Block block;
  std::string client_name;
};
struct UpdatePipeline {
  std::string client_name;
  Block old_block, new_block;
};

// Closes the file whoever writes it, or starts what is needed to close it.
struct RecoverLease {
  std::string path;
  std::string client_name;
};

struct Truncate {
  std::string path;
  uint64_t new_length = 0;
  std::string client_name;
  LeaseId expired_lease = 0;
};

struct Concat {
  std::string target;
  std::vector<std::string> sources;
};

struct SetReplication {
  std::string path;
  uint32_t replication = 1;
};

struct SetQuota {
  static constexpr int64_t kUnchanged = INT64_MAX, kReset = -1;
  std::string path;
  int64_t names = kUnchanged;  // files and directories, the directory itself included
  int64_t space = kUnchanged;  // bytes times replication
};

struct ModifyAclEntries {
  std::string path;
  std::vector<AclEntry> entries;
};
struct RemoveAclEntries {
  std::string path;
  std::vector<AclEntry> entries;  // permissions do not matter
};
struct RemoveDefaultAcl {
  std::string path;
};
struct RemoveAcl {
  std::string path;
};
struct SetAcl {
  std::string path;
  std::vector<AclEntry> entries;
};

struct SetXAttr {
  static constexpr uint32_t kCreate = 1, kReplace = 2;
  std::string path;
  XAttr xattr;
  uint32_t flags = kCreate | kReplace;
};
struct RemoveXAttr {
  std::string path;
  XAttrName name;
};

// Refuses all changes of the tree until it is left again. Superuser only.
struct SetSafeMode {
  bool on = false;
};

struct Delete {
  std::string path;
  bool recursive = false;
};

// The old call: answers false where rename2 throws.
struct Rename {
  std::string source;
  std::string target;
};

struct Rename2 {
  std::string source;
  std::string target;
  bool overwrite = false;
  bool to_trash = false;
};

struct SetTimes {
  std::string path;
  std::optional<WallMillis> mtime;  // unset: unchanged
  std::optional<WallMillis> atime;
};

struct SetPermission {
  std::string path;
  uint16_t mode = 0;
};

struct SetOwner {
  std::string path;
  std::optional<std::string> user;  // unset: unchanged
  std::optional<std::string> group;
};

// ---- Mutating calls of the jindo protocol ----

// Creates a closed file, missing parents included, with everything known about it: import and
// tests. Superuser only for an owner other than the caller. Refuses an existing path.
struct ImportFile {
  std::string path;
  uint16_t mode = 0644;
  std::string user, group;  // empty: as for Create
  WallMillis mtime, atime;
  uint32_t replication = 1;
  uint64_t block_size = 128 << 20;
  uint64_t length = 0;  // split into blocks of block_size
};

// Makes the namespace if no one of that name exists; answers its id. Proposed by the leader from
// its configuration.
struct CreateNamespace {
  std::string name;
};

// ---- Commands that the leader proposes by itself ----

// Carries time forward while something can expire. Nothing else.
struct Advance {};

// Removes the next rows of unlinked subtrees, at most `max_rows`.
struct FinishDeletes {
  uint32_t max_rows = 1000;
};

// The leader found the lease past its hard limit: all files that its holder has open are closed, or
// wait for the recovery of their last block. Nothing if it is no longer the holder's lease.
struct ReleaseLease {
  std::string holder;
  LeaseId lease = 0;
};

// A read that is to be seen in the file's access time. Nothing if `path` no longer leads to that
// file.
struct SetAccessTime {
  std::string path;
  InodeId file_id = 0;
};

// Replicated limits and settings; every Apply after it uses them.
struct SetLimits {
  uint64_t retry_cache_bytes = uint64_t{256} << 20;
  uint64_t retry_cache_millis = 10 * 60 * 1000;
  uint32_t max_name_bytes = 255;
  uint32_t max_path_characters = 8000;
  uint32_t max_path_depth = 1000;
  uint64_t max_directory_items = 1048576;
  uint64_t max_blocks_per_file = 10000;
  uint64_t min_block_size = 1 << 20;
  uint32_t min_replication = 1, max_replication = 512;
  uint64_t access_time_precision_millis = 3600000;
  friend bool operator==(const SetLimits&, const SetLimits&) = default;
};

// Whether this store has a mirror is decided by the first of these, before anything is changed; a
// later one can only change the cap of the outbox.
struct SetMirror {
  bool on = false;
  uint64_t outbox_bytes = uint64_t{1} << 30;
};

// The mirror has all mutations up to this one.
struct MirrorProgress {
  uint64_t sequence = 0;
};

// ---- Recovery from a mirror, proposed by the leader (docs/formats/state.md, "Recovery") ----

// This store is to become what a sealed mirror says. Only for a store in which nothing has happened
// yet; the same once more changes nothing. From here to ClaimRecovered the tree is read-only.
struct BeginRecovery {
  std::string cluster;  // that wrote the mirror, for people
  // The position at which the mirror is sealed, and the chain over all outbox rows up to there.
  uint16_t lineage = 0;
  uint64_t last = 0;
  uint64_t chain = 0;
  // Up to where the mirror's data table is complete; from there on its journal is read.
  uint64_t checkpoint = 0;
  uint64_t checkpoint_chain = 0;
  // As of `last`: what the rows do not say, and what a recount of them must give. Over all
  // namespaces; a root counts as a directory.
  WallMillis wall;
  LeaseId next_lease = 1;
  NamespaceId next_namespace = 1;
  uint64_t directories = 0, files = 0, bytes = 0;
  friend bool operator==(const BeginRecovery&, const BeginRecovery&) = default;
};

// Mirrored rows as they are to be, in this order. Applied only where the recovery's cursor is
// `from`, which then is `to`: repeated or late, it does nothing. A row that can be none of a tree's
// makes the recovery fail, and none of the chunk is loaded.
struct LoadRows {
  struct Row {
    std::string key;
    std::optional<std::string> value;  // unset: the row is to go
    friend bool operator==(const Row&, const Row&) = default;
  };
  std::string from, to;
  std::vector<Row> rows;
};

// The end of loading. `ok`: everything is loaded (else it does nothing), and the leader has
// recounted it; the tree is served from here on, if its totals are those of BeginRecovery. Not
// `ok`: the recovery has failed, for the reason given, and stays so.
struct FinishRecovery {
  bool ok = false;
  std::string reason;
};

// The mirror is this cluster's now: the store goes on as its next lineage, with a mirror to be kept
// or without one.
struct ClaimRecovered {
  uint16_t lineage = 0;  // the loaded one, plus one
  bool mirror_on = false;
  uint64_t outbox_bytes = uint64_t{1} << 30;
};

// ---- Administration ----

// Gives the mirror up for good; what it has stays as it is. Superuser only.
struct DisableMirror {};

using Operation =
    std::variant<Mkdirs, Create, AddBlock, Complete, Delete, Rename, Rename2, SetTimes,
                 SetPermission, SetOwner, ImportFile, CreateNamespace, Advance, FinishDeletes,
                 SetLimits, Append, AbandonBlock, Fsync, UpdateBlockForPipeline, UpdatePipeline,
                 RecoverLease, Truncate, Concat, SetReplication, SetQuota, ModifyAclEntries,
                 RemoveAclEntries, RemoveDefaultAcl, RemoveAcl, SetAcl, SetXAttr, RemoveXAttr,
                 SetSafeMode, ReleaseLease, SetAccessTime, SetMirror, MirrorProgress, DisableMirror,
                 BeginRecovery, LoadRows, FinishRecovery, ClaimRecovered>;

// One mutating call as it is replicated.
struct Command {
  NamespaceId ns = 1;
  Caller caller;
  CallId call;
  Operation operation;
};

// The payload of one kCommand entry: commands in order, stamped once by the leader.
struct CommandBatch {
  // The leader's wall clock; Apply never lets time go back.
  WallMillis wall;
  // Monotonic milliseconds since the leader's previous batch of this term, 0 for the first; Apply
  // caps it at 10 s and adds it to log time, so log time never outruns real time.
  uint64_t elapsed_millis = 0;
  std::vector<Command> commands;
};

// ---- Reads ----

struct GetFileInfo {
  // kFile and kInode: it is refused if there is none, and a superuser too is told of a file on the
  // way. Else there may be nothing.
  enum class Wanted : uint8_t { kAnything, kInode, kFile };
  std::string path;
  Wanted wanted = Wanted::kAnything;
};
struct GetListing {
  std::string path;
  std::string start_after;
  uint32_t limit = 1000;
  // With each file's blocks; a page then also ends where blocks times replication pass `limit`.
  bool need_locations = false;
};
struct GetContentSummary {
  std::string path;
};
struct GetBlockLocations {
  std::string path;
  uint64_t offset = 0;
  uint64_t length = UINT64_MAX;
};

// GetFileInfo with the file's blocks.
struct GetLocatedFileInfo {
  std::string path;
};
struct GetQuotaUsage {
  std::string path;
};
struct IsFileClosed {
  std::string path;
};
// Whether the caller may do that, in the bits of a mode's class: 4 read, 2 write, 1 execute.
struct CheckAccess {
  std::string path;
  uint8_t access = 0;
};
struct GetAclStatus {
  std::string path;
};
struct GetXAttrs {
  std::string path;
  std::vector<XAttrName> names;  // none: all that the caller may see
};
// All that the caller may see. As on HDFS the values are in the answer, although clients show the
// names alone.
struct ListXAttrs {
  std::string path;
};
// Files being written, in the order of their ids. Superuser only.
struct ListOpenFiles {
  InodeId start_after = 0;
  std::string below = "/";
  uint32_t limit = 1000;
};
struct GetSafeMode {};

using Query = std::variant<GetFileInfo, GetListing, GetContentSummary, GetBlockLocations,
                           GetLocatedFileInfo, GetQuotaUsage, IsFileClosed, CheckAccess,
                           GetAclStatus, GetXAttrs, ListXAttrs, ListOpenFiles, GetSafeMode>;

struct ReadRequest {
  NamespaceId ns = 1;
  Caller caller;
  Query query;
};

}  // namespace jfs::ns

#endif  // CORE_NS_REQUEST_H_
