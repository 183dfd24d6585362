#include "core/node/startup.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "core/node/log_conversion.h"
#include "core/raft/codec.h"

namespace jfs::node {
namespace {

raft::Term TermAt(const raft::Recovered& recovered, raft::LogIndex index) {
  if (index == recovered.base.index) return recovered.base.term;
  return recovered.entries[index - recovered.base.index - 1].term;
}

// The log goes on behind `at`; nothing in it counts.
void RestartLogAt(raft::Position at, Startup* startup) {
  startup->reset_log_to = at;
  startup->recovered.base = at;
  startup->recovered.entries.clear();
  startup->recovered.applied = at.index;
  startup->recovered.applied_term = at.term;
}

}  // namespace

absl::Status CheckMembers(const raft::Membership& membership,
                          const std::vector<NodeId>& configured) {
  if (!membership.formed()) return absl::OkStatus();
  std::vector<NodeId> members;
  for (const raft::Member& member : membership.members) members.push_back(member.node);
  if (members == configured) return absl::OkStatus();
  const auto text = [](const std::vector<NodeId>& nodes) {
    return absl::StrJoin(nodes, ", ",
                         [](std::string* out, NodeId node) { absl::StrAppend(out, node.value); });
  };
  return absl::FailedPreconditionError(absl::StrCat(
      "this directory belongs to a cluster of master", members.size() == 1 ? " " : "s ",
      text(members), ", the configuration names ", text(configured),
      "; the set of masters cannot be changed yet: start with the configuration that the cluster "
      "was made with, or on an empty directory"));
}

absl::StatusOr<Startup> DecideStartup(const log::RecoveredLog& log,
                                      const std::optional<AppliedRow>& state) {
  Startup startup;
  raft::Recovered& recovered = startup.recovered;
  if (!log.existed) {
    if (!state.has_value()) return startup;
    recovered.damaged = true;
    recovered.hard_state.term = state->at.term;
    recovered.hard_state.membership = state->membership;
    recovered.hard_state.recovering = true;
    RestartLogAt(state->at, &startup);
    startup.note = absl::StrCat("state at index ", state->at.index.value,
                                " but no log: this disk's votes are lost, so it counts as an empty "
                                "one until the other masters admit it again");
    return startup;
  }

  if (!log.hard_state.empty()) {
    std::optional<raft::HardState> hard_state = raft::DecodeHardState(log.hard_state);
    if (!hard_state.has_value()) {
      return absl::FailedPreconditionError(
          "the log is whole but its hard state (term, vote, membership) is of a form this release "
          "does not know: a later release wrote it; start that release again");
    }
    recovered.hard_state = *std::move(hard_state);
  }
  if (state.has_value() && (!recovered.hard_state.membership.formed() ||
                            recovered.hard_state.membership.as_of < state->membership.as_of)) {
    // The log is not written before the state is: an admission that the state has seen is not
    // announced to Raft again, so the hard state must not fall back behind it.
    recovered.hard_state.membership = state->membership;
  }
  recovered.damaged = log.damaged;
  recovered.base = raft::Position{raft::LogIndex(log.base.index), raft::Term(log.base.term)};
  recovered.entries.reserve(log.entries.size());
  for (const log::LogEntry& entry : log.entries) recovered.entries.push_back(FromLog(entry));
  if (log.damaged) startup.note = absl::StrCat("the log is damaged: ", log.damage);

  const raft::LogIndex last = recovered.base.index + recovered.entries.size();
  if (!state.has_value() || state->at.index < recovered.base.index) {
    if (!state.has_value() && recovered.base.index == raft::LogIndex{}) return startup;
    // Entries between the state and the log's beginning are needed and gone: this is loss, not a
    // crash. What state there is was committed, so it stays; the rest comes from the leader.
    const raft::Position stands = state.has_value() ? state->at : raft::Position{};
    startup.note =
        absl::StrCat(startup.note, startup.note.empty() ? "" : "; ", "the log begins after index ",
                     recovered.base.index.value, " but the state stands at ", stands.index.value,
                     ": what is missing is fetched from the leader");
    recovered.damaged = true;
    recovered.hard_state.recovering = true;
    RestartLogAt(stands, &startup);
    return startup;
  }

  const raft::Position at = state->at;
  recovered.applied = at.index;
  recovered.applied_term = at.term;
  if (at.index > last || TermAt(recovered, at.index) != at.term) {
    // Applied means committed, so what the log says instead was never committed. A term above the
    // log's is one that this node followed without having voted in it, or the vote would have been
    // on the disk before the entries.
    if (at.term > recovered.hard_state.term) {
      recovered.hard_state.term = at.term;
      recovered.hard_state.voted_for = NodeId{};
    }
    startup.note = absl::StrCat(startup.note, startup.note.empty() ? "" : "; ", "the state (index ",
                                at.index.value, ") is ahead of the log (index ", last.value,
                                "): the log starts again behind the state");
    RestartLogAt(at, &startup);
  }
  return startup;
}

}  // namespace jfs::node
