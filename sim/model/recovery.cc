#include <memory>
#include <type_traits>

#include "core/base/check.h"
#include "sim/model/execution.h"

// What shows of a recovery from a mirror. Of the rows themselves nothing is known here: the tree
// that must come back is given.
namespace jfs::sim::model {
namespace {

constexpr char kLoaded[] = "end";  // the cursor behind the last row
constexpr int kLineageShift = 48;

}  // namespace

std::optional<Outcome> ReferenceNamespace::AnswerUnderRecovery(const ns::Command& command) const {
  if (state_.recovery == Recovery::kNone) return std::nullopt;
  return std::visit(
      [this](const auto& call) -> std::optional<Outcome> {
        using Call = std::decay_t<decltype(call)>;
        if constexpr (std::is_same_v<Call, ns::BeginRecovery> ||
                      std::is_same_v<Call, ns::LoadRows> ||
                      std::is_same_v<Call, ns::FinishRecovery> ||
                      std::is_same_v<Call, ns::ClaimRecovered> ||
                      std::is_same_v<Call, ns::SetLimits>) {
          return std::nullopt;
        } else {
          Outcome outcome;
          outcome.sequence = state_.sequence;
          // The master's own housekeeping rests.
          constexpr bool kHousekeeping =
              std::is_same_v<Call, ns::Advance> || std::is_same_v<Call, ns::FinishDeletes> ||
              std::is_same_v<Call, ns::ReleaseLease> || std::is_same_v<Call, ns::SetAccessTime> ||
              std::is_same_v<Call, ns::MirrorProgress>;
          if (!kHousekeeping) {
            outcome.refusal = IOException(
                "ErrorCode : 25021 , ErrorMsg: Namespace is under recovery mode, and is "
                "read-only.");
          }
          return outcome;
        }
      },
      command.operation);
}

void ReferenceNamespace::ExpectRecovered(const ReferenceNamespace& lost, uint64_t version) {
  const auto at = lost.versions_.find(version);
  CHECK(at != lost.versions_.end()) << "version " << version << " is forgotten or still to come";
  state_.expected = std::make_shared<const Version>(at->second);
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::BeginRecovery& call) {
  if (state_.recovery != Recovery::kNone && state_.source == call) return std::monostate{};
  if (state_.recovery != Recovery::kNone || state_.sequence != 0 || !state_.trees.empty() ||
      state_.mirror_decided) {
    throw WithAnyMessage(IOException(""));
  }
  state_.recovery = Recovery::kLoading;
  state_.source = call;
  return std::monostate{};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::LoadRows& call) {
  if (state_.recovery == Recovery::kNone) throw WithAnyMessage(IOException(""));
  const bool next = state_.recovery == Recovery::kLoading && state_.cursor == call.from;
  if (next) state_.cursor = call.to;
  return std::monostate{};
}

ns::Value ReferenceNamespace::Execution::operator()(const ns::FinishRecovery& call) {
  if (state_.recovery == Recovery::kNone) throw WithAnyMessage(IOException(""));
  if (state_.recovery != Recovery::kLoading) return std::monostate{};
  if (!call.ok) {
    state_.recovery = Recovery::kFailed;
    return std::monostate{};
  }
  if (state_.cursor != kLoaded) throw WithAnyMessage(IOException(""));
  CHECK(state_.expected != nullptr) << "nobody has said what is being recovered";
  const Version& lost = *state_.expected;
  Count count;
  for (const auto& [id, tree] : lost.trees) {
    const Count one = CountAll(tree.root);
    count.directories += one.directories;
    count.files += one.files;
    count.bytes += one.bytes;
  }
  const ns::BeginRecovery& source = state_.source;
  if (count.directories != source.directories || count.files != source.files ||
      count.bytes != source.bytes) {
    state_.recovery = Recovery::kFailed;
    return std::monostate{};
  }
  state_.trees = lost.trees;
  state_.leases = lost.leases;
  state_.next_lease = lost.next_lease;
  state_.least_wall = source.wall.value;
  state_.sequence = source.last;
  state_.lineage = source.lineage;
  state_.recovery = Recovery::kFinished;
  return std::monostate{};
}

// Whatever is made from here on has numbers of its own.
ns::Value ReferenceNamespace::Execution::operator()(const ns::ClaimRecovered& call) {
  if (state_.recovery == Recovery::kNone && state_.lineage == call.lineage) {
    return std::monostate{};
  }
  if (state_.recovery != Recovery::kFinished || call.lineage != state_.lineage + 1) {
    throw WithAnyMessage(IOException(""));
  }
  state_.lineage = call.lineage;
  const uint64_t lineage = uint64_t{call.lineage - 1u} << kLineageShift;
  state_.next = FirstIds{};
  state_.next.inode |= lineage;
  state_.next.block |= lineage;
  state_.next.generation_stamp |= lineage;
  state_.recovery = Recovery::kNone;
  state_.source = {};
  state_.cursor.clear();
  state_.expected = nullptr;
  state_.mirror_decided = true;
  return std::monostate{};
}

}  // namespace jfs::sim::model
