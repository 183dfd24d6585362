#include "tools/jindo/expected_tree.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "core/base/check.h"
#include "core/base/concat.h"
#include "tools/jindo/target.h"

namespace jfs::tools {
namespace {

using ::jfs::jindo::OperationProto;
using Fate = AckRecord::Fate;

// The masters keep these bits of a mode.
constexpr uint32_t kModeBits = 01777;

const std::string& PathOf(const OperationProto& operation) {
  switch (operation.operation_case()) {
    case OperationProto::kMkdirs:
      return operation.mkdirs().path();
    case OperationProto::kImportFile:
      return operation.importfile().path();
    case OperationProto::kSetOwner:
      return operation.setowner().path();
    case OperationProto::kSetPermission:
      return operation.setpermission().path();
    case OperationProto::kSetTimes:
      return operation.settimes().path();
    default:
      break;
  }
  CHECK(false) << "the log has no operation of kind " << operation.operation_case();
  return operation.mkdirs().path();
}

// Refusals that say that something is there.
bool SaysThatItExists(std::string_view exception_class) {
  return exception_class.ends_with("FileAlreadyExistsException") ||
         exception_class.ends_with("AlreadyBeingCreatedException");
}

}  // namespace

void ExpectedTree::TouchParent(const std::string& path, const AckRecord& record) {
  if (path == "/") return;
  Entry& parent = entries_[ParentOf(path)];
  if (record.fate == Fate::kUnknown) {
    parent.perhaps_changed = true;
  } else {
    parent.changed =
        std::max(parent.changed, Place{record.result.logindex(), record.result.ordinal()});
  }
}

void ExpectedTree::Add(const AckRecord& record) {
  const OperationProto& operation = record.operation;
  const std::string& path = PathOf(operation);
  const bool creates = operation.has_mkdirs() || operation.has_importfile();
  Entry& entry = entries_[path];
  if (record.fate == Fate::kRefused) {
    if (creates && !SaysThatItExists(record.result.exceptionclass())) entry.refused = true;
    return;
  }
  if (record.fate == Fate::kUnknown) {
    entry.unknown = true;
    if (creates) TouchParent(path, record);
    return;
  }
  if (record.result.position() > end_) {
    if (creates) entry.beyond = true;
    return;
  }
  const Place place = {record.result.logindex(), record.result.ordinal()};
  entry.acknowledged = true;
  switch (operation.operation_case()) {
    case OperationProto::kMkdirs:
      // Its mode holds only if the directory was not there before, which the answer does not say.
      entry.directory.Learn(true, place);
      break;
    case OperationProto::kImportFile: {
      const OperationProto::ImportFile& in = operation.importfile();
      entry.directory.Learn(false, place);
      entry.length.Learn(in.length(), place);
      entry.block_size.Learn(in.blocksize(), place);
      entry.replication.Learn(in.replication(), place);
      entry.mode.Learn(in.mode() & kModeBits, place);
      entry.mtime.Learn(in.mtime(), place);
      entry.atime.Learn(in.atime(), place);
      if (in.has_user()) entry.owner.Learn(in.user(), place);
      if (in.has_group()) entry.group.Learn(in.group(), place);
      break;
    }
    case OperationProto::kSetOwner:
      if (operation.setowner().has_user()) entry.owner.Learn(operation.setowner().user(), place);
      if (operation.setowner().has_group()) entry.group.Learn(operation.setowner().group(), place);
      break;
    case OperationProto::kSetPermission:
      entry.mode.Learn(operation.setpermission().mode() & kModeBits, place);
      break;
    case OperationProto::kSetTimes:
      if (operation.settimes().has_mtime()) entry.mtime.Learn(operation.settimes().mtime(), place);
      if (operation.settimes().has_atime()) entry.atime.Learn(operation.settimes().atime(), place);
      break;
    default:
      CHECK(false) << "not an operation of an import";
  }
  if (creates) TouchParent(path, record);
}

bool ExpectedTree::IsChecked(const Entry& entry) {
  return entry.acknowledged || ((entry.refused || entry.beyond) && !entry.unknown);
}

bool ExpectedTree::MadeForOthers(const std::string& path) const {
  const std::string prefix = ChildOf(path, "");
  for (auto it = entries_.lower_bound(prefix);
       it != entries_.end() && it->first.starts_with(prefix); ++it) {
    if (it->second.acknowledged || it->second.unknown) return true;
  }
  return false;
}

ExpectedTree::Verdict ExpectedTree::Check(const Entry& entry,
                                          const std::optional<FileStatus>& found) {
  using Kind = Verdict::Kind;
  if (!entry.acknowledged) {
    if (!found.has_value()) return {};
    if (entry.beyond) {
      return {Kind::kBeyondPresent,
              "it was made after the position that was recovered, and is there"};
    }
    return {Kind::kRefusedPresent, "its creation was refused, and it is there"};
  }
  if (!found.has_value()) return {Kind::kMissing, "acknowledged, and not there"};
  std::vector<std::string> wrong;
  const auto compare = [&](std::string_view what, const auto& known, const auto& is) {
    if (known.value.has_value() && *known.value != is) {
      wrong.push_back(Concat(what, " is ", is, ", acknowledged was ", *known.value));
    }
  };
  const bool is_directory = found->filetype() == FileStatus::IS_DIR;
  if (entry.directory.value.has_value() && *entry.directory.value != is_directory) {
    return {Kind::kWrong, is_directory ? "it is a directory, acknowledged was a file"
                                       : "it is a file, acknowledged was a directory"};
  }
  if (entry.unknown) return {};
  compare("length", entry.length, found->length());
  compare("block size", entry.block_size, found->blocksize());
  compare("replication", entry.replication, found->block_replication());
  const uint32_t mode = found->permission().perm() & kModeBits;
  if (entry.mode.value.has_value() && *entry.mode.value != mode) {
    wrong.push_back(absl::StrFormat("mode is %o, acknowledged was %o", mode, *entry.mode.value));
  }
  compare("owner", entry.owner, found->owner());
  compare("group", entry.group, found->group());
  // A creation in a directory moves its modification time; where one came later, or may have come,
  // nothing is known.
  const bool time_is_known =
      !is_directory || (entry.changed < entry.mtime.since && !entry.perhaps_changed);
  if (time_is_known) compare("modification time", entry.mtime, found->modification_time());
  if (!is_directory) compare("access time", entry.atime, found->access_time());
  if (wrong.empty()) return {};
  return {Kind::kWrong, absl::StrJoin(wrong, "; ")};
}

}  // namespace jfs::tools
