// Calls that read the tree.

#include <algorithm>
#include <iterator>

#include "core/base/concat.h"
#include "core/base/crc32c.h"
#include "net/hadoop/calls.h"

namespace jfs::net::hadoop {
namespace {

using namespace ::hadoop::hdfs;  // NOLINT: many message names of one package

bool IsAbsent(const ns::Reply& reply) { return std::holds_alternative<ns::Absent>(reply.value); }

template <typename Response>
Answer StatusAnswer(const ServiceFacts&, const Plan&, const ns::Reply& reply) {
  Response out;
  if (!IsAbsent(reply)) FillStatus(Get<ns::FileStatus>(reply), out.mutable_fs());
  return Serialized(out);
}

void PlanGetFileInfo(const ServiceFacts&, const GetFileInfoRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  Ask(plan, ns::GetFileInfo{.path = in.src()}, StatusAnswer<GetFileInfoResponseProto>);
}

// There are no symbolic links, so not following the last one makes no difference.
void PlanGetFileLinkInfo(const ServiceFacts&, const GetFileLinkInfoRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  Ask(plan, ns::GetFileInfo{.path = in.src()}, StatusAnswer<GetFileLinkInfoResponseProto>);
}

Answer LocatedStatusAnswer(const ServiceFacts& facts, const Plan&, const ns::Reply& reply) {
  GetLocatedFileInfoResponseProto out;
  if (!IsAbsent(reply)) {
    const auto& in = Get<ns::LocatedStatus>(reply);
    FillStatus(in.status, out.mutable_fs());
    if (in.locations.has_value()) {
      FillLocations(facts, *in.locations, out.mutable_fs()->mutable_locations());
    }
  }
  return Serialized(out);
}

void PlanGetLocatedFileInfo(const ServiceFacts&, const GetLocatedFileInfoRequestProto& in,
                            Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  Ask(plan, ns::GetLocatedFileInfo{.path = in.src()}, LocatedStatusAnswer);
}

uint32_t Remaining(const ns::Listing& listing) {
  return static_cast<uint32_t>(std::min<uint64_t>(listing.remaining, INT32_MAX));
}

Answer ListingAnswer(const ServiceFacts& facts, const Plan&, const ns::Reply& reply) {
  GetListingResponseProto out;
  if (!IsAbsent(reply)) {
    const auto& listing = Get<ns::Listing>(reply);
    FillListing(facts, listing, out.mutable_dirlist()->mutable_partiallisting());
    out.mutable_dirlist()->set_remainingentries(Remaining(listing));
  }
  return Serialized(out);
}

void PlanGetListing(const ServiceFacts& facts, const GetListingRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  // Where to go on is any string of bytes: it need not be a name that exists.
  Ask(plan,
      ns::GetListing{.path = in.src(),
                     .start_after = in.startafter(),
                     .limit = facts.listing_limit,
                     .need_locations = in.needlocation()},
      ListingAnswer);
}

// ---- getBatchedListing ----

constexpr int kMaxBatchedPaths = 100;  // HDFS's limit of a call
// Of one answer: a client asks again for the rest, and no answer reads more pages than this.
constexpr size_t kPathsAtOnce = 10;

// A cursor belongs to the paths with which it was given.
uint32_t PathsChecksum(const GetBatchedListingRequestProto& in) {
  std::string all;
  for (const std::string& path : in.paths()) all += Concat(path.size(), ":", path);
  return Crc32c(all);
}

void PlanGetBatchedListing(const ServiceFacts& facts, const GetBatchedListingRequestProto& in,
                           Plan* plan) {
  if (in.paths_size() > kMaxBatchedPaths) {
    return Refuse(plan, {.exception_class = "java.lang.IllegalArgumentException",
                         .message = Concat("Too many source paths (", in.paths_size(), " > ",
                                           kMaxBatchedPaths, ")")});
  }
  for (const std::string& path : in.paths()) {
    if (!ArePaths({path}, plan)) return;
    plan->subjects.push_back(path);
  }
  BatchedListingKeyProto cursor;
  if (!in.startafter().empty()) {
    if (!cursor.ParseFromString(in.startafter()) || cursor.checksum() != PathsChecksum(in) ||
        cursor.pathindex() >= plan->subjects.size()) {
      return Refuse(plan, {.exception_class = "java.lang.IllegalArgumentException",
                           .message = "The cursor of this batched listing was given for other "
                                      "paths. Begin again without one."});
    }
  }
  plan->first_subject = cursor.pathindex();
  plan->subjects_checksum = PathsChecksum(in);
  Reads reads;
  for (size_t i = plan->first_subject; i < plan->subjects.size(); ++i) {
    if (reads.queries.size() == kPathsAtOnce) break;
    reads.queries.push_back(
        ns::GetListing{.path = plan->subjects[i],
                       .start_after = i == cursor.pathindex() ? cursor.startafter() : std::string(),
                       .limit = facts.listing_limit,
                       .need_locations = in.needlocation()});
  }
  plan->action = std::move(reads);
}

void FillException(const IpcError& error, RemoteExceptionProto* out) {
  out->set_classname(error.exception_class);
  out->set_message(error.message);
}

}  // namespace

Answer BatchedListingAnswer(const ServiceFacts& facts, const Plan& plan,
                            const std::vector<ns::Reply>& replies) {
  GetBatchedListingResponseProto out;
  BatchedListingKeyProto next;
  next.set_checksum(plan.subjects_checksum);
  next.set_pathindex(static_cast<uint32_t>(plan.first_subject + replies.size()));
  next.set_startafter("");
  for (size_t i = 0; i < replies.size(); ++i) {
    const auto index = static_cast<uint32_t>(plan.first_subject + i);
    BatchedDirectoryListingProto* part = out.add_listings();
    part->set_parentidx(index);
    if (replies[i].code != ns::Code::kOk) {
      FillException(ErrorOf(replies[i]), part->mutable_exception());
      continue;
    }
    if (IsAbsent(replies[i])) {
      FillException(NotFoundError(Concat("Path ", plan.subjects[index], " does not exist")),
                    part->mutable_exception());
      continue;
    }
    const auto& listing = Get<ns::Listing>(replies[i]);
    FillListing(facts, listing, part->mutable_partiallisting());
    if (listing.remaining > 0 && !listing.entries.empty()) {
      // The rest of this directory comes before the next one.
      next.set_pathindex(index);
      next.set_startafter(listing.entries.back().name);
      break;
    }
  }
  const bool more = next.pathindex() < plan.subjects.size();
  out.set_hasmore(more);
  out.set_startafter(more ? next.SerializeAsString() : std::string());
  return Serialized(out);
}

namespace {

// ---- Sums, blocks, rights ----

Answer ContentSummaryAnswer(const ServiceFacts&, const Plan&, const ns::Reply& reply) {
  const auto& in = Get<ns::ContentSummary>(reply);
  GetContentSummaryResponseProto out;
  ContentSummaryProto* summary = out.mutable_summary();
  summary->set_length(in.length);
  summary->set_filecount(in.files);
  summary->set_directorycount(in.directories);
  summary->set_quota(static_cast<uint64_t>(in.name_quota));
  summary->set_spaceconsumed(in.space_consumed);
  summary->set_spacequota(static_cast<uint64_t>(in.space_quota));
  summary->set_snapshotlength(0);
  summary->set_snapshotfilecount(0);
  summary->set_snapshotdirectorycount(0);
  summary->set_snapshotspaceconsumed(0);
  // A directory counts itself, so this is a file's own.
  summary->set_erasurecodingpolicy(in.directories == 0 ? "Replicated" : "");
  return Serialized(out);
}

void PlanGetContentSummary(const ServiceFacts&, const GetContentSummaryRequestProto& in,
                           Plan* plan) {
  if (!ArePaths({in.path()}, plan)) return;
  Ask(plan, ns::GetContentSummary{.path = in.path()}, ContentSummaryAnswer);
}

Answer QuotaUsageAnswer(const ServiceFacts&, const Plan&, const ns::Reply& reply) {
  const auto& in = Get<ns::QuotaUsage>(reply);
  GetQuotaUsageResponseProto out;
  out.mutable_usage()->set_fileanddirectorycount(in.names);
  out.mutable_usage()->set_quota(static_cast<uint64_t>(in.name_quota));
  out.mutable_usage()->set_spaceconsumed(in.space_consumed);
  out.mutable_usage()->set_spacequota(static_cast<uint64_t>(in.space_quota));
  return Serialized(out);
}

void PlanGetQuotaUsage(const ServiceFacts&, const GetQuotaUsageRequestProto& in, Plan* plan) {
  if (!ArePaths({in.path()}, plan)) return;
  Ask(plan, ns::GetQuotaUsage{.path = in.path()}, QuotaUsageAnswer);
}

Answer BlockLocationsAnswer(const ServiceFacts& facts, const Plan&, const ns::Reply& reply) {
  GetBlockLocationsResponseProto out;
  FillLocations(facts, Get<ns::BlockLocations>(reply), out.mutable_locations());
  return Serialized(out);
}

void PlanGetBlockLocations(const ServiceFacts&, const GetBlockLocationsRequestProto& in,
                           Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  const auto negative = [&](std::string_view what) {
    Refuse(plan, {.exception_class = "java.lang.IllegalArgumentException",
                  .message = Concat("Negative ", what, " is not supported. File: ", in.src())});
  };
  if (static_cast<int64_t>(in.offset()) < 0) return negative("offset");
  if (static_cast<int64_t>(in.length()) < 0) return negative("length");
  Ask(plan, ns::GetBlockLocations{.path = in.src(), .offset = in.offset(), .length = in.length()},
      BlockLocationsAnswer);
}

Answer PreferredBlockSizeAnswer(const ServiceFacts&, const Plan&, const ns::Reply& reply) {
  GetPreferredBlockSizeResponseProto out;
  out.set_bsize(Get<ns::FileStatus>(reply).block_size);
  return Serialized(out);
}

void PlanGetPreferredBlockSize(const ServiceFacts&, const GetPreferredBlockSizeRequestProto& in,
                               Plan* plan) {
  if (!ArePaths({in.filename()}, plan)) return;
  Ask(plan, ns::GetFileInfo{.path = in.filename(), .wanted = ns::GetFileInfo::Wanted::kFile},
      PreferredBlockSizeAnswer);
}

void PlanIsFileClosed(const ServiceFacts&, const IsFileClosedRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  Ask(plan, ns::IsFileClosed{.path = in.src()}, TruthAnswer<IsFileClosedResponseProto>);
}

void PlanCheckAccess(const ServiceFacts&, const CheckAccessRequestProto& in, Plan* plan) {
  if (!ArePaths({in.path()}, plan)) return;
  Ask(plan, ns::CheckAccess{.path = in.path(), .access = static_cast<uint8_t>(in.mode())},
      EmptyAnswer<CheckAccessResponseProto>);
}

Answer LinkTargetAnswer(const ServiceFacts&, const Plan& plan, const ns::Reply& reply) {
  if (IsAbsent(reply)) return Failed(NotFoundError(Concat("File does not exist: ", plan.subject)));
  return Failed(IoError(Concat("Path ", plan.subject, " is not a symbolic link")));
}

void PlanGetLinkTarget(const ServiceFacts&, const GetLinkTargetRequestProto& in, Plan* plan) {
  if (!ArePaths({in.path()}, plan)) return;
  plan->subject = in.path();
  Ask(plan, ns::GetFileInfo{.path = in.path()}, LinkTargetAnswer);
}

// Who may not read the path is refused; a missing one has the same root as any other.
Answer EnclosingRootAnswer(const ServiceFacts& facts, const Plan&, const ns::Reply& reply) {
  const bool missing = reply.code == ns::Code::kAccessTargetNotFound;
  if (reply.code != ns::Code::kOk && !missing) return Failed(ErrorOf(facts, reply));
  GetEnclosingRootResponseProto out;
  out.set_enclosingrootpath("/");
  return Serialized(out);
}

void PlanGetEnclosingRoot(const ServiceFacts&, const GetEnclosingRootRequestProto& in, Plan* plan) {
  if (!ArePaths({in.filename()}, plan)) return;
  Ask(plan, ns::CheckAccess{.path = in.filename(), .access = 4}, EnclosingRootAnswer);
  plan->answers_refusals = true;
}

constexpr MethodEntry kCalls[] = {
    {"getFileInfo", Support::kServed, Category::kRead, "", Planned<PlanGetFileInfo>},
    {"getFileLinkInfo", Support::kServed, Category::kRead, "", Planned<PlanGetFileLinkInfo>},
    {"getLocatedFileInfo", Support::kServed, Category::kRead, "", Planned<PlanGetLocatedFileInfo>},
    {"getListing", Support::kServed, Category::kRead, "", Planned<PlanGetListing>},
    {"getBatchedListing", Support::kServed, Category::kRead, "", Planned<PlanGetBatchedListing>},
    {"getContentSummary", Support::kServed, Category::kRead, "", Planned<PlanGetContentSummary>},
    {"getQuotaUsage", Support::kServed, Category::kRead, "", Planned<PlanGetQuotaUsage>},
    {"getBlockLocations", Support::kServed, Category::kRead, "", Planned<PlanGetBlockLocations>},
    {"getPreferredBlockSize", Support::kServed, Category::kRead, "",
     Planned<PlanGetPreferredBlockSize>},
    {"isFileClosed", Support::kServed, Category::kRead, "", Planned<PlanIsFileClosed>},
    {"checkAccess", Support::kServed, Category::kRead, "", Planned<PlanCheckAccess>},
    {"getLinkTarget", Support::kFeatureOff, Category::kRead, "", Planned<PlanGetLinkTarget>},
    {"getEnclosingRoot", Support::kServed, Category::kRead, "", Planned<PlanGetEnclosingRoot>},
};

}  // namespace

std::span<const MethodEntry> ReadingCalls() { return kCalls; }

}  // namespace jfs::net::hadoop
