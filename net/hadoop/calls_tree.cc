// Calls that change the tree: names, and what becomes of whole files and directories.

#include <iterator>
#include <vector>

#include "core/base/concat.h"
#include "net/hadoop/calls.h"

namespace jfs::net::hadoop {
namespace {

using namespace ::hadoop::hdfs;  // NOLINT: many message names of one package

void PlanMkdirs(const ServiceFacts&, const MkdirsRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  Mutate(plan,
         ns::Mkdirs{.path = in.src(),
                    .mode = ModeOf(in.masked()),
                    .create_parent = in.createparent(),
                    .unmasked = UnmaskedOf(in.has_unmasked(), in.unmasked())},
         TruthAnswer<MkdirsResponseProto>);
}

void PlanDelete(const ServiceFacts&, const DeleteRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  Mutate(plan, ns::Delete{.path = in.src(), .recursive = in.recursive()},
         TruthAnswer<DeleteResponseProto>);
}

void PlanRename(const ServiceFacts&, const RenameRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src(), in.dst()}, plan)) return;
  Mutate(plan, ns::Rename{.source = in.src(), .target = in.dst()},
         TruthAnswer<RenameResponseProto>);
}

void PlanRename2(const ServiceFacts&, const Rename2RequestProto& in, Plan* plan) {
  if (!ArePaths({in.src(), in.dst()}, plan)) return;
  Mutate(plan,
         ns::Rename2{.source = in.src(),
                     .target = in.dst(),
                     .overwrite = in.overwritedest(),
                     .to_trash = in.movetotrash()},
         EmptyAnswer<Rename2ResponseProto>);
}

void PlanConcat(const ServiceFacts&, const ConcatRequestProto& in, Plan* plan) {
  if (!ArePaths({in.trg()}, plan)) return;
  ns::Concat out{.target = in.trg(), .sources = {}};
  for (const std::string& source : in.srcs()) {
    if (!ArePaths({source}, plan)) return;
    out.sources.push_back(source);
  }
  Mutate(plan, std::move(out), EmptyAnswer<ConcatResponseProto>);
}

void PlanTruncate(const ServiceFacts&, const TruncateRequestProto& in, Plan* plan) {
  if (!ArePaths({in.src()}, plan)) return;
  const auto length = static_cast<int64_t>(in.newlength());
  if (length < 0) {
    return Refuse(plan, IllegalArgumentError(
                            Concat("Cannot truncate to a negative file size: ", length, ".")));
  }
  Mutate(
      plan,
      ns::Truncate{.path = in.src(), .new_length = in.newlength(), .client_name = in.clientname()},
      TruthAnswer<TruncateResponseProto>);
}

void PlanCreateSymlink(const ServiceFacts&, const CreateSymlinkRequestProto&, Plan* plan) {
  Refuse(plan, UnsupportedError("Symlinks not supported"));
}

constexpr MethodEntry kCalls[] = {
    {"mkdirs", Support::kServed, Category::kWrite, "", Planned<PlanMkdirs>},
    {"delete", Support::kServed, Category::kWrite, "", Planned<PlanDelete>},
    {"rename", Support::kServed, Category::kWrite, "", Planned<PlanRename>},
    {"rename2", Support::kServed, Category::kWrite, "", Planned<PlanRename2>},
    {"concat", Support::kServed, Category::kWrite, "", Planned<PlanConcat>},
    {"truncate", Support::kServed, Category::kWrite, "", Planned<PlanTruncate>},
    {"createSymlink", Support::kFeatureOff, Category::kWrite, "", Planned<PlanCreateSymlink>},
};

}  // namespace

std::span<const MethodEntry> TreeCalls() { return kCalls; }

}  // namespace jfs::net::hadoop
