#include "core/node/calls.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/ns/codec.h"

namespace jfs::node {
namespace {

ClientReply::Outcome OutcomeOf(const raft::ProposalOutcome& outcome) {
  if (outcome.fate == raft::ProposalOutcome::Fate::kUnknown) return ClientReply::Outcome::kUnknown;
  switch (outcome.reason) {
    case raft::ProposalOutcome::Reason::kBusy:
    case raft::ProposalOutcome::Reason::kTransferring:
      return ClientReply::Outcome::kBusy;
    case raft::ProposalOutcome::Reason::kDiskLow:
      return ClientReply::Outcome::kDiskLow;
    case raft::ProposalOutcome::Reason::kNone:
    case raft::ProposalOutcome::Reason::kNotLeader:
    case raft::ProposalOutcome::Reason::kOverwritten:
      return ClientReply::Outcome::kNotLeader;
  }
  return ClientReply::Outcome::kUnknown;
}

}  // namespace

void Calls::Add(const ClientCommand& call, Output* out) {
  const uint64_t number = next_number_++;
  std::string encoded = ns::EncodeCommand(call.command);
  if (encoded.size() > limits_.command_bytes) {
    out->replies.push_back(
        ClientReply{.call = call.call, .outcome = ClientReply::Outcome::kTooLarge});
    return;
  }
  waiting_.push_back(Waiting{number, call.call, std::move(encoded)});
}

void Calls::AddInternal(ns::Operation operation, ns::NamespaceId ns) {
  ns::Command command;
  command.ns = ns;
  command.caller = self_;
  command.operation = std::move(operation);
  waiting_.push_back(Waiting{next_number_++, CallHandle{}, ns::EncodeCommand(command)});
}

uint64_t Calls::decided_through() const {
  uint64_t undecided = next_number_;
  if (!waiting_.empty()) undecided = std::min(undecided, waiting_.front().number);
  if (!proposed_.empty()) undecided = std::min(undecided, proposed_.begin()->second.first);
  if (!committed_.empty()) {
    undecided = std::min(undecided, committed_.begin()->second.proposed.first);
  }
  return undecided - 1;
}

Calls::Proposal Calls::NextProposal(WallMillis wall, uint64_t elapsed_millis) {
  CHECK(!waiting_.empty());
  std::vector<std::string> commands;
  Proposed proposed{.first = waiting_.front().number};
  uint64_t bytes = 0;
  while (!waiting_.empty() && commands.size() < limits_.commands &&
         (commands.empty() || bytes + waiting_.front().encoded.size() <= limits_.bytes)) {
    bytes += waiting_.front().encoded.size();
    proposed.calls.push_back(waiting_.front().call);
    commands.push_back(std::move(waiting_.front().encoded));
    waiting_.pop_front();
  }
  ++last_id_;
  proposed_.emplace(last_id_, std::move(proposed));
  return Proposal{last_id_, SharedBytes(ns::EncodeCommandBatch(wall, elapsed_millis, commands))};
}

void Calls::OnOutcome(const raft::ProposalOutcome& outcome, NodeId leader, Output* out) {
  const auto at = proposed_.find(outcome.id);
  CHECK(at != proposed_.end()) << "second outcome of proposal " << outcome.id;
  Proposed proposed = std::move(at->second);
  proposed_.erase(at);
  if (outcome.fate == raft::ProposalOutcome::Fate::kCommitted) {
    committed_[outcome.first] = Committed{outcome.term, std::move(proposed)};
    return;
  }
  for (const CallHandle call : proposed.calls) {
    if (call == CallHandle{}) continue;
    out->replies.push_back(
        ClientReply{.call = call, .outcome = OutcomeOf(outcome), .leader = leader});
  }
}

void Calls::OnApplied(raft::Position at, std::vector<ns::Reply> replies, Output* out) {
  const auto found = committed_.find(at.index);
  if (found == committed_.end()) return;
  const Committed committed = std::move(found->second);
  committed_.erase(found);
  CHECK_EQ(committed.term, at.term);
  CHECK_EQ(committed.proposed.calls.size(), replies.size());
  for (size_t i = 0; i < replies.size(); ++i) {
    if (committed.proposed.calls[i] == CallHandle{}) continue;
    out->replies.push_back(ClientReply{.call = committed.proposed.calls[i],
                                       .outcome = ClientReply::Outcome::kReply,
                                       .reply = std::move(replies[i]),
                                       .at = at,
                                       .ordinal = static_cast<uint32_t>(i)});
  }
}

void Calls::OnInstalled(raft::Position at, Output* out) {
  while (!committed_.empty() && committed_.begin()->first <= at.index) {
    for (const CallHandle call : committed_.begin()->second.proposed.calls) {
      if (call == CallHandle{}) continue;
      out->replies.push_back(ClientReply{.call = call, .outcome = ClientReply::Outcome::kUnknown});
    }
    committed_.erase(committed_.begin());
  }
}

void Calls::RefuseWaiting(ClientReply::Outcome outcome, NodeId leader, Output* out) {
  for (const Waiting& waiting : waiting_) {
    if (waiting.call == CallHandle{}) continue;
    out->replies.push_back(ClientReply{.call = waiting.call, .outcome = outcome, .leader = leader});
  }
  waiting_.clear();
}

}  // namespace jfs::node
