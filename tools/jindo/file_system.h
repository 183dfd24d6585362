#ifndef TOOLS_JINDO_FILE_SYSTEM_H_
#define TOOLS_JINDO_FILE_SYSTEM_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/hadoop/ipc_client.h"
#include "net/hadoop/proto/acl.pb.h"
#include "net/hadoop/proto/client_namenode.pb.h"
#include "net/hadoop/proto/xattr.pb.h"
#include "tools/jindo/answer.h"

// The calls of ClientProtocol that the command line makes.
namespace jfs::tools {

using FileStatus = ::hadoop::hdfs::HdfsFileStatusProto;
using Summary = ::hadoop::hdfs::ContentSummaryProto;
using QuotaUsage = ::hadoop::hdfs::QuotaUsageProto;
using ServerDefaults = ::hadoop::hdfs::FsServerDefaultsProto;
using AclEntry = ::hadoop::hdfs::AclEntryProto;
using AclStatus = ::hadoop::hdfs::AclStatusProto;
using ExtendedAttribute = ::hadoop::hdfs::XAttrProto;

// Carries one call and its answer.
class CallChannel {
 public:
  virtual ~CallChannel() = default;
  // The serialized response of `method`, or the server's refusal, or that there was no answer.
  virtual Answer<std::string> Call(std::string_view method,
                                   const google::protobuf::MessageLite& request) = 0;
  // Who holds the leases of files that are created.
  virtual std::string client_name() const = 0;
};

// To real masters, through `client`, which outlives it.
class IpcChannel : public CallChannel {
 public:
  explicit IpcChannel(net::hadoop::IpcClient* client) : client_(client) {}
  Answer<std::string> Call(std::string_view method,
                           const google::protobuf::MessageLite& request) override;
  std::string client_name() const override;

 private:
  net::hadoop::IpcClient* client_;
};

// Typed calls. Paths are absolute, without scheme. One thread at a time, as the channel.
class FileSystem {
 public:
  static constexpr uint64_t kUnchanged = ~uint64_t{0};  // a time that SetTimes leaves as it is

  explicit FileSystem(CallChannel* channel) : channel_(channel) {}

  // Nothing there is not a failure: the answer is then empty.
  Answer<std::optional<FileStatus>> GetFileInfo(const std::string& path);
  // One page of a directory in the order of names, behind `start_after`; *remaining says how many
  // follow it. Empty if the directory does not exist. A file lists itself, with an empty name.
  Answer<std::optional<std::vector<FileStatus>>> ListPage(const std::string& path,
                                                          const std::string& start_after,
                                                          uint32_t* remaining);
  Answer<Summary> GetContentSummary(const std::string& path);
  Answer<QuotaUsage> GetQuotaUsage(const std::string& path);
  // Bytes: capacity, used, remaining, and counts of blocks.
  Answer<::hadoop::hdfs::GetFsStatsResponseProto> GetStats();
  Answer<ServerDefaults> GetServerDefaults();
  // How many replicas each block of a file has.
  Answer<std::vector<uint32_t>> GetReplicasOfBlocks(const std::string& path, uint64_t length);
  // `action`: bits of read (4), write (2), execute (1). A refusal is an AccessControlException.
  Outcome CheckAccess(const std::string& path, uint32_t action);

  // Makes missing parents too. `mode` is what remains of `unmasked` under the umask; the server
  // takes the latter where a default ACL decides.
  Answer<bool> Mkdirs(const std::string& path, uint32_t mode, uint32_t unmasked);
  struct NewFile {
    uint32_t mode = 0644;
    uint32_t unmasked = 0666;
    uint32_t replication = 0;  // 0: what the server has for a default
    uint64_t block_size = 0;   // bytes; 0: the same
  };
  // An empty, closed file in the place of whatever file is there.
  Outcome CreateEmpty(const std::string& path, const NewFile& file);
  Answer<bool> Rename(const std::string& source, const std::string& target);
  // Refuses where something is; `to_trash` lets the server report refusals as for the trash.
  Outcome RenameStrictly(const std::string& source, const std::string& target, bool to_trash);
  Answer<bool> Delete(const std::string& path, bool recursive);
  Answer<bool> Truncate(const std::string& path, uint64_t length);
  Outcome Concat(const std::string& target, const std::vector<std::string>& sources);

  Outcome SetPermission(const std::string& path, uint32_t mode);
  // An empty name leaves that one as it is.
  Outcome SetOwner(const std::string& path, const std::string& owner, const std::string& group);
  Answer<bool> SetReplication(const std::string& path, uint32_t replication);
  // Milliseconds since 1970, or kUnchanged.
  Outcome SetTimes(const std::string& path, uint64_t mtime, uint64_t atime);

  Answer<AclStatus> GetAclStatus(const std::string& path);
  Outcome ModifyAclEntries(const std::string& path, const std::vector<AclEntry>& entries);
  Outcome RemoveAclEntries(const std::string& path, const std::vector<AclEntry>& entries);
  Outcome RemoveDefaultAcl(const std::string& path);
  Outcome RemoveAcl(const std::string& path);
  Outcome SetAcl(const std::string& path, const std::vector<AclEntry>& entries);

  // All attributes if none is named; else those, all of which must be there.
  Answer<std::vector<ExtendedAttribute>> GetAttributes(const std::string& path,
                                                       const std::vector<ExtendedAttribute>& named);
  Outcome SetAttribute(const std::string& path, const ExtendedAttribute& attribute);
  Outcome RemoveAttribute(const std::string& path, const ExtendedAttribute& attribute);

  // An empty name lets the server choose one. The path of the snapshot.
  Answer<std::string> CreateSnapshot(const std::string& root, const std::string& name);
  Outcome DeleteSnapshot(const std::string& root, const std::string& name);
  Outcome RenameSnapshot(const std::string& root, const std::string& old_name,
                         const std::string& new_name);

 private:
  template <typename Response>
  Answer<Response> Call(std::string_view method, const google::protobuf::MessageLite& request);
  template <typename Response>
  Outcome Do(std::string_view method, const google::protobuf::MessageLite& request);
  CallChannel* channel_;
};

// The failure of a call that has one, else nothing.
std::optional<Failure> FailureOf(const net::hadoop::IpcClient::Result& result);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_FILE_SYSTEM_H_
