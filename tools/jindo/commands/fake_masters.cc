#include "tools/jindo/commands/fake_masters.h"

#include "absl/strings/str_format.h"

#include "core/base/concat.h"

namespace jfs::tools {
namespace {

namespace hdfs = ::hadoop::hdfs;

std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}
std::string NameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }
bool IsBelow(const std::string& path, const std::string& directory) {
  return path == directory || path.starts_with(directory == "/" ? "/" : directory + "/");
}

template <typename Request>
Request Parsed(const std::string& bytes) {
  Request out;
  out.ParseFromString(bytes);
  return out;
}

}  // namespace

void FakeMasters::Add(const std::string& path, bool directory, uint64_t length) {
  FileStatus& status = tree_[path];
  status.set_filetype(directory ? FileStatus::IS_DIR : FileStatus::IS_FILE);
  status.set_path("");
  status.set_length(length);
  status.mutable_permission()->set_perm(directory ? 0755 : 0644);
  status.set_owner("root");
  status.set_group("supergroup");
  status.set_modification_time(0);
  status.set_access_time(0);
  if (!directory) status.set_block_replication(3);
}

bool FakeMasters::Has(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return tree_.contains(path);
}

FileStatus* FakeMasters::Find(const std::string& path) { return &tree_.at(path); }

void FakeMasters::Refuse(const std::string& method, const std::string& path, Failure failure) {
  refusals_[{method, path}] = std::move(failure);
}

std::vector<std::string> FakeMasters::TakeChanges() { return std::exchange(changes_, {}); }

size_t FakeMasters::listings() const {
  const std::lock_guard lock(mutex_);
  return listings_;
}

Answer<std::string> FakeMasters::Call(std::string_view method,
                                      const google::protobuf::MessageLite& request) {
  const std::lock_guard lock(mutex_);
  return Answered(method, request.SerializeAsString());
}

std::string FakeMasters::Listing(const std::string& directory, const std::string& start_after) {
  constexpr int kPage = 2;
  ++listings_;
  hdfs::GetListingResponseProto response;
  if (!tree_.contains(directory)) return response.SerializeAsString();
  auto& list = *response.mutable_dirlist();
  list.set_remainingentries(0);
  for (const auto& [path, status] : tree_) {
    if (path == "/" || ParentOf(path) != directory || NameOf(path) <= start_after) continue;
    if (list.partiallisting_size() == kPage) {
      list.set_remainingentries(list.remainingentries() + 1);
      continue;
    }
    FileStatus& entry = *list.add_partiallisting();
    entry = status;
    entry.set_path(NameOf(path));
  }
  return response.SerializeAsString();
}

void FakeMasters::Move(const std::string& from, const std::string& to) {
  std::map<std::string, FileStatus> moved;
  for (auto it = tree_.begin(); it != tree_.end();) {
    if (IsBelow(it->first, from)) {
      moved[to + it->first.substr(from.size())] = it->second;
      it = tree_.erase(it);
    } else {
      ++it;
    }
  }
  tree_.merge(moved);
}

void FakeMasters::Erase(const std::string& path) {
  std::erase_if(tree_, [&](const auto& entry) { return IsBelow(entry.first, path); });
}

Answer<std::string> FakeMasters::Answered(std::string_view method, const std::string& bytes) {
  // All these requests have their path in field 1.
  const std::string path = Parsed<hdfs::GetFileInfoRequestProto>(bytes).src();
  if (const auto it = refusals_.find({std::string(method), path}); it != refusals_.end()) {
    return it->second;
  }
  if (method == "getFileInfo") {
    hdfs::GetFileInfoResponseProto response;
    if (const auto it = tree_.find(path); it != tree_.end()) *response.mutable_fs() = it->second;
    return response.SerializeAsString();
  }
  if (method == "getListing") {
    return Listing(path, Parsed<hdfs::GetListingRequestProto>(bytes).startafter());
  }
  if (method == "getServerDefaults") {
    hdfs::GetServerDefaultsResponseProto response;
    auto& defaults = *response.mutable_serverdefaults();
    defaults.set_blocksize(128 << 20);
    defaults.set_bytesperchecksum(512);
    defaults.set_writepacketsize(65536);
    defaults.set_replication(3);
    defaults.set_filebuffersize(4096);
    defaults.set_trashinterval(trash_interval);
    return response.SerializeAsString();
  }
  if (method == "getContentSummary") {
    hdfs::GetContentSummaryResponseProto response;
    Summary& summary = *response.mutable_summary();
    uint64_t directories = 0;
    uint64_t files = 0;
    uint64_t length = 0;
    for (const auto& [entry, status] : tree_) {
      if (!IsBelow(entry, path)) continue;
      (status.filetype() == FileStatus::IS_DIR ? directories : files) += 1;
      length += status.length();
    }
    summary.set_directorycount(directories);
    summary.set_filecount(files);
    summary.set_length(length);
    summary.set_spaceconsumed(length * 3);
    summary.set_quota(~uint64_t{0});
    summary.set_spacequota(~uint64_t{0});
    return response.SerializeAsString();
  }
  if (method == "mkdirs") {
    const auto request = Parsed<hdfs::MkdirsRequestProto>(bytes);
    changes_.push_back(absl::StrFormat("mkdirs %s %o", path, request.masked().perm()));
    for (std::string made = path; !tree_.contains(made); made = ParentOf(made)) Add(made, true);
    hdfs::MkdirsResponseProto response;
    response.set_result(true);
    return response.SerializeAsString();
  }
  if (method == "create") {
    const auto request = Parsed<hdfs::CreateRequestProto>(bytes);
    changes_.push_back(absl::StrFormat("create %s %o", path, request.masked().perm()));
    Add(path, false);
    hdfs::CreateResponseProto response;
    *response.mutable_fs() = tree_[path];
    return response.SerializeAsString();
  }
  if (method == "complete") {
    hdfs::CompleteResponseProto response;
    response.set_result(true);
    return response.SerializeAsString();
  }
  if (method == "rename" || method == "rename2") {
    const std::string to = Parsed<hdfs::RenameRequestProto>(bytes).dst();
    changes_.push_back(Concat(method, " ", path, " ", to));
    Move(path, to);
    if (method == "rename2") return std::string();
    hdfs::RenameResponseProto response;
    response.set_result(true);
    return response.SerializeAsString();
  }
  if (method == "delete") {
    changes_.push_back(Concat("delete ", path));
    Erase(path);
    hdfs::DeleteResponseProto response;
    response.set_result(true);
    return response.SerializeAsString();
  }
  if (method == "setPermission") {
    const uint32_t mode = Parsed<hdfs::SetPermissionRequestProto>(bytes).permission().perm();
    changes_.push_back(absl::StrFormat("setPermission %s %o", path, mode));
    tree_[path].mutable_permission()->set_perm(mode);
    return std::string();
  }
  if (method == "setOwner") {
    const auto request = Parsed<hdfs::SetOwnerRequestProto>(bytes);
    changes_.push_back(
        Concat("setOwner ", path, " ", request.username(), ":", request.groupname()));
    return std::string();
  }
  if (method == "setTimes") {
    const auto request = Parsed<hdfs::SetTimesRequestProto>(bytes);
    changes_.push_back(Concat("setTimes ", path, " ", static_cast<int64_t>(request.mtime()), " ",
                              static_cast<int64_t>(request.atime())));
    return std::string();
  }
  if (method == "setReplication") {
    changes_.push_back(Concat("setReplication ", path, " ",
                              Parsed<hdfs::SetReplicationRequestProto>(bytes).replication()));
    hdfs::SetReplicationResponseProto response;
    response.set_result(true);
    return response.SerializeAsString();
  }
  if (method == "modifyAclEntries") {
    changes_.push_back(Concat("modifyAclEntries ", path, " ",
                              Parsed<hdfs::ModifyAclEntriesRequestProto>(bytes).aclspec_size(),
                              " entries"));
    return std::string();
  }
  return Failure{.exception_class = "java.io.IOException",
                 .message = Concat("the fake knows no ", method)};
}

}  // namespace jfs::tools
