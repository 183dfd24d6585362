// Calls about snapshots. There are none: no directory can be made snapshottable, so every call
// about a snapshot answers what HDFS answers about a directory that was not.

#include <iterator>

#include "core/base/concat.h"
#include "net/hadoop/calls.h"

namespace jfs::net::hadoop {
namespace {

using namespace ::hadoop::hdfs;  // NOLINT: many message names of one package

constexpr char kSnapshotException[] = "org.apache.hadoop.hdfs.protocol.SnapshotException";

IpcError NotSnapshottable(const std::string& path) {
  return {.exception_class = kSnapshotException,
          .message = Concat("Directory is not a snapshottable directory: ", path)};
}

// What HDFS says of a root of snapshots that is no directory; nothing if it is one.
std::optional<IpcError> NotADirectory(const std::string& path, const ns::Reply& reply) {
  if (std::holds_alternative<ns::Absent>(reply.value)) {
    return NotFoundError(Concat("Directory does not exist: ", path));
  }
  if (Get<ns::FileStatus>(reply).type == ns::FileType::kDirectory) return std::nullopt;
  return IpcError{.exception_class = "org.apache.hadoop.fs.PathIsNotDirectoryException",
                  .message = Concat("`", path, "': Is not a directory")};
}

// The same for a call that only the directory's owner may make.
std::optional<IpcError> NotTheOwners(const Plan& plan, const ns::Reply& reply) {
  if (std::holds_alternative<ns::Absent>(reply.value)) {
    return NotFoundError(Concat("Directory/File does not exist ", plan.subject));
  }
  if (!plan.superuser && Get<ns::FileStatus>(reply).owner != plan.user) {
    return AccessError(
        Concat("Permission denied. user=", plan.user, " is not the owner of inode=", plan.subject));
  }
  return NotADirectory(plan.subject, reply);
}

void AskAbout(const std::string& path, decltype(Plan::answer) answer, Plan* plan) {
  if (!ArePaths({path}, plan)) return;
  plan->subject = path;
  Ask(plan, ns::GetFileInfo{.path = path}, answer);
}

Answer AllowAnswer(const ServiceFacts&, const Plan& plan, const ns::Reply& reply) {
  if (auto error = NotADirectory(plan.subject, reply); error.has_value()) {
    return Failed(*std::move(error));
  }
  return Failed(UnsupportedError(
      Concat("Snapshots are not supported: ", plan.subject, " cannot be made snapshottable.")));
}

void PlanAllowSnapshot(const ServiceFacts&, const AllowSnapshotRequestProto& in, Plan* plan) {
  AskAbout(in.snapshotroot(), AllowAnswer, plan);
}

Answer DisallowAnswer(const ServiceFacts&, const Plan& plan, const ns::Reply& reply) {
  if (auto error = NotADirectory(plan.subject, reply); error.has_value()) {
    return Failed(*std::move(error));
  }
  return Serialized(DisallowSnapshotResponseProto());
}

void PlanDisallowSnapshot(const ServiceFacts&, const DisallowSnapshotRequestProto& in, Plan* plan) {
  AskAbout(in.snapshotroot(), DisallowAnswer, plan);
}

// Of the calls that change a snapshot.
Answer OwnersAnswer(const ServiceFacts&, const Plan& plan, const ns::Reply& reply) {
  if (auto error = NotTheOwners(plan, reply); error.has_value()) return Failed(*std::move(error));
  return Failed(NotSnapshottable(plan.subject));
}

// createSnapshot looks at the name between the owner and the directory.
Answer BadNameAnswer(const ServiceFacts&, const Plan& plan, const ns::Reply& reply) {
  auto error = NotTheOwners(plan, reply);
  const bool owner_first =
      error.has_value() && !error->exception_class.ends_with("PathIsNotDirectoryException");
  if (owner_first) return Failed(*std::move(error));
  return Failed(InvalidPathError(Concat("Invalid snapshot name: ", plan.subjects.at(0))));
}

bool IsSnapshotName(const std::string& name) {
  return name != "." && name != ".." && name.find_first_of("/:") == std::string::npos;
}

void PlanCreateSnapshot(const ServiceFacts&, const CreateSnapshotRequestProto& in, Plan* plan) {
  if (!ArePaths({in.snapshotname()}, plan)) return;
  plan->subjects = {in.snapshotname()};
  AskAbout(in.snapshotroot(), IsSnapshotName(in.snapshotname()) ? OwnersAnswer : BadNameAnswer,
           plan);
  plan->needs_caller = true;
}

void PlanDeleteSnapshot(const ServiceFacts&, const DeleteSnapshotRequestProto& in, Plan* plan) {
  if (in.snapshotname().empty()) {
    return Refuse(plan, IoError("The snapshot name is null or empty."));
  }
  AskAbout(in.snapshotroot(), OwnersAnswer, plan);
  plan->needs_caller = true;
}

void PlanRenameSnapshot(const ServiceFacts&, const RenameSnapshotRequestProto& in, Plan* plan) {
  if (in.snapshotnewname().empty()) {
    return Refuse(plan, IoError("The new snapshot name is null or empty."));
  }
  AskAbout(in.snapshotroot(), OwnersAnswer, plan);
  plan->needs_caller = true;
}

void PlanGetSnapshottableDirListing(const ServiceFacts&,
                                    const GetSnapshottableDirListingRequestProto&, Plan* plan) {
  AnswerWith(plan, EmptyLocally<GetSnapshottableDirListingResponseProto>);
}

Answer SnapshotListingAnswer(const ServiceFacts&, const Plan& plan, const ns::Reply& reply) {
  if (auto error = NotADirectory(plan.subject, reply); error.has_value()) {
    return Failed(*std::move(error));
  }
  return Failed(NotSnapshottable(plan.subject));
}

void PlanGetSnapshotListing(const ServiceFacts&, const GetSnapshotListingRequestProto& in,
                            Plan* plan) {
  AskAbout(in.snapshotroot(), SnapshotListingAnswer, plan);
}

Answer DiffAnswer(const ServiceFacts&, const Plan& plan, const ns::Reply& reply) {
  const auto* status = std::get_if<ns::FileStatus>(&reply.value);
  if (status != nullptr && status->type == ns::FileType::kFile) {
    return Failed(AccessError(Concat(plan.subject, " (is not a directory)")));
  }
  return Failed({.exception_class = kSnapshotException,
                 .message = Concat("The path ", plan.subject,
                                   " is neither snapshottable nor under a snapshot root!")});
}

// Of both calls: a report in one piece, and one in pages.
template <typename Request>
void PlanDiff(const ServiceFacts&, const Request& in, Plan* plan) {
  AskAbout(in.snapshotroot(), DiffAnswer, plan);
}

constexpr MethodEntry kCalls[] = {
    {"allowSnapshot", Support::kRefused, Category::kWrite, "allowSnapshot",
     Planned<PlanAllowSnapshot>},
    {"disallowSnapshot", Support::kFeatureOff, Category::kWrite, "disallowSnapshot",
     Planned<PlanDisallowSnapshot>},
    {"createSnapshot", Support::kFeatureOff, Category::kWrite, "", Planned<PlanCreateSnapshot>},
    {"deleteSnapshot", Support::kFeatureOff, Category::kWrite, "", Planned<PlanDeleteSnapshot>},
    {"renameSnapshot", Support::kFeatureOff, Category::kWrite, "", Planned<PlanRenameSnapshot>},
    {"getSnapshottableDirListing", Support::kFeatureOff, Category::kRead, "",
     Planned<PlanGetSnapshottableDirListing>},
    {"getSnapshotListing", Support::kFeatureOff, Category::kRead, "",
     Planned<PlanGetSnapshotListing>},
    {"getSnapshotDiffReport", Support::kFeatureOff, Category::kRead, "",
     Planned<PlanDiff<GetSnapshotDiffReportRequestProto>>},
    {"getSnapshotDiffReportListing", Support::kFeatureOff, Category::kRead, "",
     Planned<PlanDiff<GetSnapshotDiffReportListingRequestProto>>},
};

}  // namespace

std::span<const MethodEntry> SnapshotCalls() { return kCalls; }

}  // namespace jfs::net::hadoop
