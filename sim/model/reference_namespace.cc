#include "sim/model/reference_namespace.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "sim/model/execution.h"
#include "sim/model/refusal.h"
#include "sim/model/text.h"

namespace jfs::sim::model {

ReferenceNamespace::ReferenceNamespace(FirstIds first) {
  state_.next = first;
  versions_[0] = Newest();
}

ReferenceNamespace::Version ReferenceNamespace::Newest() const {
  return {state_.trees,    state_.safe_mode, state_.sequence,
          state_.recovery, state_.leases,    state_.next_lease};
}

std::vector<Outcome> ReferenceNamespace::Apply(const ns::CommandBatch& batch) {
  constexpr uint64_t kMostPerBatch = 10'000;
  wall_ = std::max(wall_, batch.wall.value);
  log_millis_ += std::min(batch.elapsed_millis, kMostPerBatch);
  ExpireRemembered();
  std::vector<Outcome> outcomes;
  for (const ns::Command& command : batch.commands) {
    if (std::optional<Outcome> answer = AnswerUnderRecovery(command); answer.has_value()) {
      outcomes.push_back(*std::move(answer));
      continue;
    }
    const auto before = remembered_.find(command.call);
    if (command.call.remembered() && before != remembered_.end()) {
      const Remembered& first = before->second;
      if (first.operation == command.operation.index() && first.user == command.caller.user) {
        outcomes.push_back(first.outcome);
      } else {
        outcomes.emplace_back();
        outcomes.back().refusal = IOException(
            absl::StrCat("Call ", command.call.call,
                         " of this client was another call before: it is not executed"));
        outcomes.back().sequence = state_.sequence;
      }
      outcomes.back().repeated = true;
      continue;
    }
    outcomes.push_back(Execute(command));
    if (command.call.remembered()) {
      remembered_[command.call] = {outcomes.back(), log_millis_, command.operation.index(),
                                   command.caller.user};
    }
  }
  return outcomes;
}

Outcome ReferenceNamespace::Execute(const ns::Command& command) {
  Outcome outcome;
  wall_ = std::max(wall_, state_.least_wall);
  Execution execution(state_, command, wall_);
  Execution::Result result;
  try {
    outcome.value = execution.Run();
    result = execution.answered();
  } catch (const Refusal& refusal) {
    outcome.refusal = refusal;
    result = execution.refused();
  }
  if (result.changed || result.state.safe_mode != state_.safe_mode ||
      result.state.recovery != state_.recovery) {
    ++version_;
  }
  state_ = std::move(result.state);
  if (result.changed) ++state_.sequence;
  versions_[version_] = Newest();
  outcome.sequence = state_.sequence;
  return outcome;
}

void ReferenceNamespace::ExpireRemembered() {
  const auto old = [this](uint64_t log_millis) {
    return log_millis_ - log_millis >= state_.limits.retry_cache_millis;
  };
  // Nothing is older than the oldest: most batches need no walk.
  if (!old(oldest_remembered_)) return;
  oldest_remembered_ = log_millis_;
  for (auto row = remembered_.begin(); row != remembered_.end();) {
    if (old(row->second.log_millis)) {
      row = remembered_.erase(row);
      continue;
    }
    oldest_remembered_ = std::min(oldest_remembered_, row->second.log_millis);
    ++row;
  }
}

Outcome ReferenceNamespace::Read(const ns::ReadRequest& request) const {
  return Read(version_, request);
}

Outcome ReferenceNamespace::Read(uint64_t version, const ns::ReadRequest& request) const {
  const auto at = versions_.find(version);
  CHECK(at != versions_.end()) << "version " << version << " is forgotten or still to come";
  if (at->second.recovery != Recovery::kNone && at->second.recovery != Recovery::kFinished) {
    Outcome refused;
    refused.sequence = at->second.sequence;
    refused.refusal =
        WithAnyMessage(at->second.recovery == Recovery::kLoading ? Retriable("") : IOException(""));
    return refused;
  }
  const auto tree = at->second.trees.find(request.ns);
  CHECK(tree != at->second.trees.end()) << "no namespace " << request.ns;
  Outcome outcome;
  outcome.sequence = at->second.sequence;
  try {
    outcome.value = Answer(tree->second.root, at->second.safe_mode, request.caller, request.query);
  } catch (const Refusal& refusal) {
    outcome.refusal = refusal;
  }
  return outcome;
}

void ReferenceNamespace::Forget(uint64_t version) {
  versions_.erase(versions_.begin(), versions_.lower_bound(std::min(version, version_)));
}

std::string ReferenceNamespace::Dump() const {
  std::string out;
  for (const auto& [id, tree] : state_.trees) {
    const Count count = CountAll(tree.root);
    absl::StrAppend(&out, "namespace ", id, " ", Printable(tree.name),
                    " directories=", count.directories, " files=", count.files,
                    " bytes=", count.bytes, "\n", model::Dump(tree.root));
  }
  return out;
}

const Tree& ReferenceNamespace::root(ns::NamespaceId ns) const {
  const auto tree = state_.trees.find(ns);
  CHECK(tree != state_.trees.end()) << "no namespace " << ns;
  return tree->second.root;
}

}  // namespace jfs::sim::model
