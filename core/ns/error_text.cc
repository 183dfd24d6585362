#include "core/ns/error_text.h"

#include <cstddef>
#include <string_view>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"

namespace jfs::ns {
namespace {

constexpr std::string_view kIoException = "java.io.IOException";
constexpr std::string_view kFileNotFoundException = "java.io.FileNotFoundException";
constexpr std::string_view kAccessControl = "org.apache.hadoop.security.AccessControlException";
constexpr std::string_view kFileAlreadyExists = "org.apache.hadoop.fs.FileAlreadyExistsException";
constexpr std::string_view kParentNotDirectoryException =
    "org.apache.hadoop.fs.ParentNotDirectoryException";
constexpr std::string_view kAlreadyBeingCreatedException =
    "org.apache.hadoop.hdfs.protocol.AlreadyBeingCreatedException";
constexpr std::string_view kLeaseExpired =
    "org.apache.hadoop.hdfs.server.namenode.LeaseExpiredException";

struct Template {
  std::string_view java_class;
  std::string_view text;  // {N} is argument N; {lease} stands for arguments 0 to 3, see LeaseText
};

Template TemplateOf(Code code) {
  switch (code) {
    case Code::kOk:
      break;
    case Code::kFileNotFound:
      return {kFileNotFoundException, "File does not exist: {0}"};
    case Code::kInvalidPath:
      return {"org.apache.hadoop.fs.InvalidPathException", "Invalid file name: {0}"};
    case Code::kPathTooLong:
      return {kIoException, "{0}: Pathname too long.  Limit {1} characters, {2} levels."};
    case Code::kNameTooLong:
      return {"org.apache.hadoop.hdfs.protocol.FSLimitException$PathComponentTooLongException",
              "The maximum path component name limit of {0} in directory {1} is exceeded: "
              "limit={2} length={3}"};
    case Code::kTooManyDirectoryItems:
      return {"org.apache.hadoop.hdfs.protocol.FSLimitException$MaxDirectoryItemsExceededException",
              "The directory item limit of {0} is exceeded: limit={1} items={2}"};
    case Code::kParentNotDirectory:
      return {kParentNotDirectoryException, "{0} (is not a directory)"};
    case Code::kAncestorNotDirectory:
      return {kAccessControl, "{0} (is not a directory)"};
    case Code::kPathNotDirectory:
      return {kFileAlreadyExists, "Path is not a directory: {0}"};
    case Code::kParentNotFound:
      return {kFileNotFoundException, "Parent directory doesn't exist: {0}"};
    case Code::kPermissionDenied:
      return {kAccessControl, "Permission denied: user={0}, access={1}, inode=\"{2}\":{3}:{4}:{5}"};
    case Code::kStickyBitDenied:
      return {kAccessControl,
              "Permission denied by sticky bit: user={0}, path=\"{1}\":{2}:{3}:{4}, "
              "parent=\"{5}\":{6}:{7}:{8}"};
    case Code::kNotOwner:
      return {kAccessControl, "Permission denied. user={0} is not the owner of inode={1}"};
    case Code::kOwnerChangeDenied:
      return {kAccessControl, "User {0} is not a super user (non-super user cannot change owner)."};
    case Code::kNotInGroup:
      return {kAccessControl, "User {0} does not belong to {1}"};
    case Code::kSuperuserRequired:
      return {kAccessControl, "Access denied for user {0}. Superuser privilege is required"};
    case Code::kExistsAsDirectory:
      return {kFileAlreadyExists, "{0} already exists as a directory"};
    case Code::kOverwriteNotFound:
      return {kFileNotFoundException, "Can't overwrite non-existent {0}"};
    case Code::kBlockSizeTooSmall:
      return {kIoException,
              "Specified block size {0} is less than configured minimum value "
              "dfs.namenode.fs-limits.min-block-size={1}"};
    case Code::kReplicationTooLarge:
      return {kIoException,
              "Requested replication factor of {0} exceeds maximum of {1} for {2}, clientName={3}"};
    case Code::kReplicationTooSmall:
      return {kIoException,
              "Requested replication factor of {0} is less than the required minimum of {1} for "
              "{2}, clientName={3}"};
    case Code::kFileExists:
      return {kFileAlreadyExists, "{0} for client {1} already exists"};
    case Code::kAlreadyBeingCreated:
      return {kAlreadyBeingCreatedException,
              "Failed to CREATE_FILE {0} for {1} on {2} because this file lease is currently owned "
              "by {3} on {4}"};
    case Code::kAlreadyLeaseHolder:
      return {kAlreadyBeingCreatedException,
              "Failed to CREATE_FILE {0} for {1} on {2} because {1} is already the current lease "
              "holder."};
    case Code::kLeaseFileNotFound:
      return {kFileNotFoundException, "File does not exist: {lease}"};
    case Code::kLeaseNotFile:
      return {kLeaseExpired, "INode is not a regular file: {lease}"};
    case Code::kLeaseFileClosed:
      return {kLeaseExpired, "File is not open for writing: {lease}"};
    case Code::kLeaseNotOwner:
      return {kLeaseExpired, "Client (={2}) is not the lease owner (={4}: {lease}"};
    case Code::kPreviousBlockMismatch:
      return {kIoException,
              "Cannot allocate block in {0}: passed 'previous' block {1} does not match actual "
              "last block in file {2}"};
    case Code::kRetriedBlockHasBytes:
      return {kIoException,
              "Request looked like a retry to allocate block {0} but it already contains {1} "
              "bytes"};
    case Code::kTooManyBlocks:
      return {kIoException,
              "File has reached the limit on maximum number of blocks "
              "(dfs.namenode.fs-limits.max-blocks-per-file): {0} >= {1}"};
    case Code::kNoDataServers:
      return {kIoException,
              "File {0} could only be written to 0 of the 1 minReplication nodes. There are 0 "
              "datanode(s) running and 0 node(s) are excluded in this operation."};
    case Code::kCommitBlockMismatch:
      return {kIoException, "Trying to commit inconsistent block: id = {0}, expected id = {1}"};
    case Code::kCommitStampMismatch:
      return {kIoException, "Commit block with mismatching GS. NN has {0}, client submits {1}"};
    case Code::kDirectoryNotEmpty:
      return {"org.apache.hadoop.fs.PathIsNotEmptyDirectoryException", "{0} is non empty"};
    case Code::kRenameSourceNotFound:
      return {kFileNotFoundException, "rename source {0} is not found."};
    case Code::kRenameSourceRoot:
      return {kIoException, "rename source cannot be the root"};
    case Code::kRenameSamePath:
      return {kFileAlreadyExists, "The source {0} and destination {1} are the same"};
    case Code::kRenameUnderSource:
      return {kIoException, "Rename destination {0} is a directory or file under source {1}"};
    case Code::kRenameTargetRoot:
      return {kIoException, "rename destination cannot be the root"};
    case Code::kRenameTypeMismatch:
      return {kIoException, "Source {0} and destination {1} must both be directories"};
    case Code::kRenameTargetExists:
      return {kFileAlreadyExists, "rename destination {0} already exists"};
    case Code::kRenameTargetNotEmpty:
      return {kIoException, "rename destination directory is not empty: {0}"};
    case Code::kRenameParentNotFound:
      return {kFileNotFoundException, "rename destination parent {0} not found."};
    case Code::kAttributeTargetNotFound:
      return {kFileNotFoundException, "Directory/File does not exist {0}"};
    case Code::kTimesTargetNotFound:
      return {kFileNotFoundException, "File/Directory {0} does not exist."};
    case Code::kNotAFile:
      return {kFileNotFoundException, "Path is not a file: {0}"};
    case Code::kReservedName:
      return {"org.apache.hadoop.HadoopIllegalArgumentException", "\"{0}\" is a reserved name."};
    case Code::kReservedPath:
      return {"java.lang.UnsupportedOperationException",
              "{0}: paths under /.reserved are not supported yet"};
    case Code::kNoSuchNamespace:
      return {kIoException, "Namespace {0} does not exist on this cluster."};
  }
  return {};
}

std::string_view Argument(const std::vector<std::string>& arguments, size_t i) {
  return i < arguments.size() ? std::string_view(arguments[i]) : std::string_view();
}

// Arguments: path, inode id as the client gave it, holder, number of files that the holder has
// open.
std::string LeaseText(const std::vector<std::string>& arguments) {
  const std::string holder(Argument(arguments, 2));
  const std::string pending(Argument(arguments, 3));
  std::string text(Argument(arguments, 0));
  text.append(" (inode ").append(Argument(arguments, 1)).append(") ");
  if (pending.empty() || pending == "0") {
    absl::StrAppend(&text, "Holder ", holder, " does not have any open files.");
  } else {
    absl::StrAppend(&text, "[Lease.  Holder: ", holder, ", pending creates: ", pending, "]");
  }
  return text;
}

}  // namespace

ErrorText TextOf(Code code, const std::vector<std::string>& arguments) {
  CHECK(code != Code::kOk);
  const Template shape = TemplateOf(code);
  if (shape.java_class.empty()) {
    return {std::string(kIoException), absl::StrCat("Refused with ", CodeName(code))};
  }
  ErrorText out{std::string(shape.java_class), ""};
  std::string_view text = shape.text;
  while (!text.empty()) {
    const size_t open = text.find('{');
    out.message.append(text.substr(0, open));
    if (open == std::string_view::npos) break;
    const size_t close = text.find('}', open);
    CHECK(close != std::string_view::npos);
    const std::string_view name = text.substr(open + 1, close - open - 1);
    if (name == "lease") {
      out.message.append(LeaseText(arguments));
    } else {
      CHECK_EQ(name.size(), 1u);
      out.message.append(Argument(arguments, static_cast<size_t>(name[0] - '0')));
    }
    text.remove_prefix(close + 1);
  }
  return out;
}

std::string CodeName(Code code) {
  switch (code) {
    case Code::kOk:
      return "kOk";
#define JFS_NS_CODE(name, number) \
  case Code::name:                \
    return #name;
#include "core/ns/codes.inc"
#undef JFS_NS_CODE
  }
  return absl::StrCat("code ", static_cast<int>(code));
}

bool IsKnownCode(uint64_t number) {
  switch (number) {
    case 0:
      return true;
#define JFS_NS_CODE(name, number) case number:
#include "core/ns/codes.inc"
#undef JFS_NS_CODE
      return true;
    default:
      return false;
  }
}

}  // namespace jfs::ns
