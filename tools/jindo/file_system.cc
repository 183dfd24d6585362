#include "tools/jindo/file_system.h"

#include "absl/strings/escaping.h"

#include "core/base/concat.h"

namespace jfs::tools {

namespace hdfs = ::hadoop::hdfs;

std::optional<Failure> FailureOf(const net::hadoop::IpcClient::Result& result) {
  if (!result.status.ok()) return Failure{.message = std::string(result.status.message())};
  if (!result.error.has_value()) return std::nullopt;
  const std::string& message = result.error->message;
  return Failure{.exception_class = result.error->exception_class,
                 .message = message.substr(0, message.find('\n'))};
}

Answer<std::string> IpcChannel::Call(std::string_view method,
                                     const google::protobuf::MessageLite& request) {
  net::hadoop::IpcClient::Result result =
      client_->Call(net::hadoop::kClientProtocol, method, request);
  if (std::optional<Failure> failure = FailureOf(result)) return *std::move(failure);
  return std::move(result.response);
}

std::string IpcChannel::client_name() const {
  return jfs::Concat("jindo_", absl::BytesToHexString(client_->client_id()));
}

template <typename Response>
Answer<Response> FileSystem::Call(std::string_view method,
                                  const google::protobuf::MessageLite& request) {
  const Answer<std::string> bytes = channel_->Call(method, request);
  if (!bytes.ok()) return bytes.failure();
  Response response;
  if (!response.ParseFromString(*bytes)) {
    return Failure{
        .message = jfs::Concat("the answer to ", method, " is not what Hadoop's protocol says")};
  }
  return response;
}

template <typename Response>
Outcome FileSystem::Do(std::string_view method, const google::protobuf::MessageLite& request) {
  const Answer<Response> response = Call<Response>(method, request);
  if (!response.ok()) return response.failure();
  return std::nullopt;
}

Answer<std::optional<FileStatus>> FileSystem::GetFileInfo(const std::string& path) {
  hdfs::GetFileInfoRequestProto request;
  request.set_src(path);
  auto response = Call<hdfs::GetFileInfoResponseProto>("getFileInfo", request);
  if (!response.ok()) return response.failure();
  if (!response->has_fs()) return std::optional<FileStatus>();
  return std::optional<FileStatus>(std::move(*response->mutable_fs()));
}

Answer<std::optional<std::vector<FileStatus>>> FileSystem::ListPage(const std::string& path,
                                                                    const std::string& start_after,
                                                                    uint32_t* remaining) {
  hdfs::GetListingRequestProto request;
  request.set_src(path);
  request.set_startafter(start_after);
  request.set_needlocation(false);
  auto response = Call<hdfs::GetListingResponseProto>("getListing", request);
  if (!response.ok()) return response.failure();
  *remaining = 0;
  if (!response->has_dirlist()) return std::optional<std::vector<FileStatus>>();
  auto& page = *response->mutable_dirlist()->mutable_partiallisting();
  *remaining = response->dirlist().remainingentries();
  if (page.empty() && *remaining > 0) {
    return Failure{.message = "a page of the listing is empty although more follows"};
  }
  return std::optional(std::vector<FileStatus>(std::make_move_iterator(page.begin()),
                                               std::make_move_iterator(page.end())));
}

Answer<Summary> FileSystem::GetContentSummary(const std::string& path) {
  hdfs::GetContentSummaryRequestProto request;
  request.set_path(path);
  const auto response = Call<hdfs::GetContentSummaryResponseProto>("getContentSummary", request);
  if (!response.ok()) return response.failure();
  return response->summary();
}

Answer<QuotaUsage> FileSystem::GetQuotaUsage(const std::string& path) {
  hdfs::GetQuotaUsageRequestProto request;
  request.set_path(path);
  const auto response = Call<hdfs::GetQuotaUsageResponseProto>("getQuotaUsage", request);
  if (!response.ok()) return response.failure();
  return response->usage();
}

Answer<hdfs::GetFsStatsResponseProto> FileSystem::GetStats() {
  return Call<hdfs::GetFsStatsResponseProto>("getFsStats", hdfs::GetFsStatusRequestProto());
}

Answer<ServerDefaults> FileSystem::GetServerDefaults() {
  const auto response = Call<hdfs::GetServerDefaultsResponseProto>(
      "getServerDefaults", hdfs::GetServerDefaultsRequestProto());
  if (!response.ok()) return response.failure();
  return response->serverdefaults();
}

Answer<std::vector<uint32_t>> FileSystem::GetReplicasOfBlocks(const std::string& path,
                                                              uint64_t length) {
  hdfs::GetBlockLocationsRequestProto request;
  request.set_src(path);
  request.set_offset(0);
  request.set_length(length);
  const auto response = Call<hdfs::GetBlockLocationsResponseProto>("getBlockLocations", request);
  if (!response.ok()) return response.failure();
  std::vector<uint32_t> out;
  for (const auto& block : response->locations().blocks()) {
    out.push_back(static_cast<uint32_t>(block.locs_size()));
  }
  return out;
}

Outcome FileSystem::CheckAccess(const std::string& path, uint32_t action) {
  hdfs::CheckAccessRequestProto request;
  request.set_path(path);
  request.set_mode(static_cast<AclEntry::FsActionProto>(action));
  return Do<hdfs::CheckAccessResponseProto>("checkAccess", request);
}

Answer<bool> FileSystem::Mkdirs(const std::string& path, uint32_t mode, uint32_t unmasked) {
  hdfs::MkdirsRequestProto request;
  request.set_src(path);
  request.mutable_masked()->set_perm(mode);
  request.mutable_unmasked()->set_perm(unmasked);
  request.set_createparent(true);  // as Hadoop's shell: it has looked for the parent itself
  const auto response = Call<hdfs::MkdirsResponseProto>("mkdirs", request);
  if (!response.ok()) return response.failure();
  return response->result();
}

Outcome FileSystem::CreateEmpty(const std::string& path, const NewFile& file) {
  hdfs::CreateRequestProto create;
  create.set_src(path);
  create.mutable_masked()->set_perm(file.mode);
  create.mutable_unmasked()->set_perm(file.unmasked);
  create.set_clientname(channel_->client_name());
  create.set_createflag(hdfs::CREATE | hdfs::OVERWRITE);
  create.set_createparent(true);
  create.set_replication(file.replication);
  create.set_blocksize(file.block_size);
  if (file.replication == 0 || file.block_size == 0) {
    const Answer<ServerDefaults> defaults = GetServerDefaults();
    if (!defaults.ok()) return defaults.failure();
    if (file.replication == 0) create.set_replication(defaults->replication());
    if (file.block_size == 0) create.set_blocksize(defaults->blocksize());
  }
  const auto created = Call<hdfs::CreateResponseProto>("create", create);
  if (!created.ok()) return created.failure();
  hdfs::CompleteRequestProto complete;
  complete.set_src(path);
  complete.set_clientname(create.clientname());
  complete.set_fileid(created->fs().fileid());
  const auto completed = Call<hdfs::CompleteResponseProto>("complete", complete);
  if (!completed.ok()) return completed.failure();
  if (!completed->result()) {
    return Failure{.message = jfs::Concat("Unable to close file ", path)};
  }
  return std::nullopt;
}

Answer<bool> FileSystem::Rename(const std::string& source, const std::string& target) {
  hdfs::RenameRequestProto request;
  request.set_src(source);
  request.set_dst(target);
  const auto response = Call<hdfs::RenameResponseProto>("rename", request);
  if (!response.ok()) return response.failure();
  return response->result();
}

Outcome FileSystem::RenameStrictly(const std::string& source, const std::string& target,
                                   bool to_trash) {
  hdfs::Rename2RequestProto request;
  request.set_src(source);
  request.set_dst(target);
  request.set_overwritedest(false);
  request.set_movetotrash(to_trash);
  return Do<hdfs::Rename2ResponseProto>("rename2", request);
}

Answer<bool> FileSystem::Delete(const std::string& path, bool recursive) {
  hdfs::DeleteRequestProto request;
  request.set_src(path);
  request.set_recursive(recursive);
  const auto response = Call<hdfs::DeleteResponseProto>("delete", request);
  if (!response.ok()) return response.failure();
  return response->result();
}

Answer<bool> FileSystem::Truncate(const std::string& path, uint64_t length) {
  hdfs::TruncateRequestProto request;
  request.set_src(path);
  request.set_newlength(length);
  request.set_clientname(channel_->client_name());
  const auto response = Call<hdfs::TruncateResponseProto>("truncate", request);
  if (!response.ok()) return response.failure();
  return response->result();
}

Outcome FileSystem::Concat(const std::string& target, const std::vector<std::string>& sources) {
  hdfs::ConcatRequestProto request;
  request.set_trg(target);
  for (const std::string& source : sources) request.add_srcs(source);
  return Do<hdfs::ConcatResponseProto>("concat", request);
}

Outcome FileSystem::SetPermission(const std::string& path, uint32_t mode) {
  hdfs::SetPermissionRequestProto request;
  request.set_src(path);
  request.mutable_permission()->set_perm(mode);
  return Do<hdfs::SetPermissionResponseProto>("setPermission", request);
}

Outcome FileSystem::SetOwner(const std::string& path, const std::string& owner,
                             const std::string& group) {
  hdfs::SetOwnerRequestProto request;
  request.set_src(path);
  if (!owner.empty()) request.set_username(owner);
  if (!group.empty()) request.set_groupname(group);
  return Do<hdfs::SetOwnerResponseProto>("setOwner", request);
}

Answer<bool> FileSystem::SetReplication(const std::string& path, uint32_t replication) {
  hdfs::SetReplicationRequestProto request;
  request.set_src(path);
  request.set_replication(replication);
  const auto response = Call<hdfs::SetReplicationResponseProto>("setReplication", request);
  if (!response.ok()) return response.failure();
  return response->result();
}

Outcome FileSystem::SetTimes(const std::string& path, uint64_t mtime, uint64_t atime) {
  hdfs::SetTimesRequestProto request;
  request.set_src(path);
  request.set_mtime(mtime);
  request.set_atime(atime);
  return Do<hdfs::SetTimesResponseProto>("setTimes", request);
}

Answer<AclStatus> FileSystem::GetAclStatus(const std::string& path) {
  hdfs::GetAclStatusRequestProto request;
  request.set_src(path);
  const auto response = Call<hdfs::GetAclStatusResponseProto>("getAclStatus", request);
  if (!response.ok()) return response.failure();
  return response->result();
}

namespace {

template <typename Request>
Request AclRequest(const std::string& path, const std::vector<AclEntry>& entries) {
  Request request;
  request.set_src(path);
  for (const AclEntry& entry : entries) *request.add_aclspec() = entry;
  return request;
}

}  // namespace

Outcome FileSystem::ModifyAclEntries(const std::string& path,
                                     const std::vector<AclEntry>& entries) {
  return Do<hdfs::ModifyAclEntriesResponseProto>(
      "modifyAclEntries", AclRequest<hdfs::ModifyAclEntriesRequestProto>(path, entries));
}

Outcome FileSystem::RemoveAclEntries(const std::string& path,
                                     const std::vector<AclEntry>& entries) {
  return Do<hdfs::RemoveAclEntriesResponseProto>(
      "removeAclEntries", AclRequest<hdfs::RemoveAclEntriesRequestProto>(path, entries));
}

Outcome FileSystem::RemoveDefaultAcl(const std::string& path) {
  hdfs::RemoveDefaultAclRequestProto request;
  request.set_src(path);
  return Do<hdfs::RemoveDefaultAclResponseProto>("removeDefaultAcl", request);
}

Outcome FileSystem::RemoveAcl(const std::string& path) {
  hdfs::RemoveAclRequestProto request;
  request.set_src(path);
  return Do<hdfs::RemoveAclResponseProto>("removeAcl", request);
}

Outcome FileSystem::SetAcl(const std::string& path, const std::vector<AclEntry>& entries) {
  return Do<hdfs::SetAclResponseProto>("setAcl",
                                       AclRequest<hdfs::SetAclRequestProto>(path, entries));
}

Answer<std::vector<ExtendedAttribute>> FileSystem::GetAttributes(
    const std::string& path, const std::vector<ExtendedAttribute>& named) {
  hdfs::GetXAttrsRequestProto request;
  request.set_src(path);
  for (const ExtendedAttribute& attribute : named) *request.add_xattrs() = attribute;
  const auto response = Call<hdfs::GetXAttrsResponseProto>("getXAttrs", request);
  if (!response.ok()) return response.failure();
  return std::vector<ExtendedAttribute>(response->xattrs().begin(), response->xattrs().end());
}

Outcome FileSystem::SetAttribute(const std::string& path, const ExtendedAttribute& attribute) {
  hdfs::SetXAttrRequestProto request;
  request.set_src(path);
  *request.mutable_xattr() = attribute;
  request.set_flag(hdfs::XATTR_CREATE | hdfs::XATTR_REPLACE);
  return Do<hdfs::SetXAttrResponseProto>("setXAttr", request);
}

Outcome FileSystem::RemoveAttribute(const std::string& path, const ExtendedAttribute& attribute) {
  hdfs::RemoveXAttrRequestProto request;
  request.set_src(path);
  *request.mutable_xattr() = attribute;
  return Do<hdfs::RemoveXAttrResponseProto>("removeXAttr", request);
}

Answer<std::string> FileSystem::CreateSnapshot(const std::string& root, const std::string& name) {
  hdfs::CreateSnapshotRequestProto request;
  request.set_snapshotroot(root);
  if (!name.empty()) request.set_snapshotname(name);
  const auto response = Call<hdfs::CreateSnapshotResponseProto>("createSnapshot", request);
  if (!response.ok()) return response.failure();
  return response->snapshotpath();
}

Outcome FileSystem::DeleteSnapshot(const std::string& root, const std::string& name) {
  hdfs::DeleteSnapshotRequestProto request;
  request.set_snapshotroot(root);
  request.set_snapshotname(name);
  return Do<hdfs::DeleteSnapshotResponseProto>("deleteSnapshot", request);
}

Outcome FileSystem::RenameSnapshot(const std::string& root, const std::string& old_name,
                                   const std::string& new_name) {
  hdfs::RenameSnapshotRequestProto request;
  request.set_snapshotroot(root);
  request.set_snapshotoldname(old_name);
  request.set_snapshotnewname(new_name);
  return Do<hdfs::RenameSnapshotResponseProto>("renameSnapshot", request);
}

}  // namespace jfs::tools
