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

template <typename Response>
Answer<Response> RemoteFileSystem::Call(std::string_view method,
                                        const google::protobuf::MessageLite& request) {
  const net::hadoop::IpcClient::Result result =
      client_->Call(net::hadoop::kClientProtocol, method, request);
  if (std::optional<Failure> failure = FailureOf(result)) return *std::move(failure);
  Response response;
  if (!response.ParseFromString(result.response)) {
    return Failure{.message =
                       Concat("the answer to ", method, " is not what Hadoop's protocol says")};
  }
  return response;
}

Answer<std::optional<FileStatus>> RemoteFileSystem::GetFileInfo(const std::string& path) {
  hdfs::GetFileInfoRequestProto request;
  request.set_src(path);
  const auto response = Call<hdfs::GetFileInfoResponseProto>("getFileInfo", request);
  if (!response.ok()) return response.failure();
  if (!response->has_fs()) return std::optional<FileStatus>();
  return std::optional<FileStatus>(response->fs());
}

Answer<std::optional<std::vector<FileStatus>>> RemoteFileSystem::ListPage(
    const std::string& path, const std::string& start_after, uint32_t* remaining) {
  hdfs::GetListingRequestProto request;
  request.set_src(path);
  request.set_startafter(start_after);
  request.set_needlocation(false);
  const auto response = Call<hdfs::GetListingResponseProto>("getListing", request);
  if (!response.ok()) return response.failure();
  *remaining = 0;
  if (!response->has_dirlist()) return std::optional<std::vector<FileStatus>>();
  const auto& page = response->dirlist().partiallisting();
  *remaining = response->dirlist().remainingentries();
  if (page.empty() && *remaining > 0) {
    return Failure{.message = "a page of the listing is empty although more follows"};
  }
  return std::optional(std::vector<FileStatus>(page.begin(), page.end()));
}

Answer<Summary> RemoteFileSystem::GetContentSummary(const std::string& path) {
  hdfs::GetContentSummaryRequestProto request;
  request.set_path(path);
  const auto response = Call<hdfs::GetContentSummaryResponseProto>("getContentSummary", request);
  if (!response.ok()) return response.failure();
  return response->summary();
}

Answer<bool> RemoteFileSystem::Mkdirs(const std::string& path, uint32_t mode) {
  hdfs::MkdirsRequestProto request;
  request.set_src(path);
  request.mutable_masked()->set_perm(mode);
  request.set_createparent(true);  // as Hadoop's shell: it has looked for the parent itself
  const auto response = Call<hdfs::MkdirsResponseProto>("mkdirs", request);
  if (!response.ok()) return response.failure();
  return response->result();
}

Answer<Nothing> RemoteFileSystem::CreateEmpty(const std::string& path, uint32_t mode) {
  const auto defaults = Call<hdfs::GetServerDefaultsResponseProto>(
      "getServerDefaults", hdfs::GetServerDefaultsRequestProto());
  if (!defaults.ok()) return defaults.failure();
  hdfs::CreateRequestProto create;
  const std::string client_name = Concat("jindo_", absl::BytesToHexString(client_->client_id()));
  create.set_src(path);
  create.mutable_masked()->set_perm(mode);
  create.set_clientname(client_name);
  create.set_createflag(hdfs::CREATE | hdfs::OVERWRITE);
  create.set_createparent(true);
  create.set_replication(defaults->serverdefaults().replication());
  create.set_blocksize(defaults->serverdefaults().blocksize());
  const auto created = Call<hdfs::CreateResponseProto>("create", create);
  if (!created.ok()) return created.failure();
  hdfs::CompleteRequestProto complete;
  complete.set_src(path);
  complete.set_clientname(client_name);
  complete.set_fileid(created->fs().fileid());
  const auto completed = Call<hdfs::CompleteResponseProto>("complete", complete);
  if (!completed.ok()) return completed.failure();
  if (!completed->result()) return Failure{.message = Concat("Unable to close file ", path)};
  return Nothing();
}

Answer<bool> RemoteFileSystem::Rename(const std::string& source, const std::string& target) {
  hdfs::RenameRequestProto request;
  request.set_src(source);
  request.set_dst(target);
  const auto response = Call<hdfs::RenameResponseProto>("rename", request);
  if (!response.ok()) return response.failure();
  return response->result();
}

Answer<bool> RemoteFileSystem::Delete(const std::string& path, bool recursive) {
  hdfs::DeleteRequestProto request;
  request.set_src(path);
  request.set_recursive(recursive);
  const auto response = Call<hdfs::DeleteResponseProto>("delete", request);
  if (!response.ok()) return response.failure();
  return response->result();
}

Answer<uint64_t> RemoteFileSystem::TrashIntervalMinutes() {
  const auto response = Call<hdfs::GetServerDefaultsResponseProto>(
      "getServerDefaults", hdfs::GetServerDefaultsRequestProto());
  if (!response.ok()) return response.failure();
  return response->serverdefaults().trashinterval();
}

}  // namespace jfs::tools
