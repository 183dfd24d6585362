#include "core/node/calls.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/overload.h"
#include "core/ns/codec.h"

namespace jfs::node {
namespace {

size_t AclBytes(const std::vector<ns::AclEntry>& entries) {
  size_t bytes = 0;
  for (const ns::AclEntry& entry : entries) bytes += entry.name.size() + 4;
  return bytes;
}

// What the command will take in an entry: its strings, and a little for the rest.
uint64_t ChargedBytes(const ns::Command& command) {
  const uint64_t operation = std::visit(
      Overload{
          [](const ns::Create& op) { return op.path.size() + op.client_name.size(); },
          [](const ns::AddBlock& op) { return op.path.size() + op.client_name.size(); },
          [](const ns::Complete& op) { return op.path.size() + op.client_name.size(); },
          [](const ns::Rename& op) { return op.source.size() + op.target.size(); },
          [](const ns::Rename2& op) { return op.source.size() + op.target.size(); },
          [](const ns::SetOwner& op) {
            return op.path.size() + op.user.value_or("").size() + op.group.value_or("").size();
          },
          [](const ns::ImportFile& op) {
            return op.path.size() + op.user.size() + op.group.size();
          },
          [](const ns::CreateNamespace& op) { return op.name.size(); },
          [](const ns::Advance&) { return size_t{0}; },
          [](const ns::FinishDeletes&) { return size_t{0}; },
          [](const ns::SetLimits&) { return size_t{0}; },
          [](const ns::UpdateBlockForPipeline& op) { return op.client_name.size(); },
          [](const ns::UpdatePipeline& op) { return op.client_name.size(); },
          [](const ns::ReleaseLease& op) { return op.holder.size(); },
          [](const ns::SetSafeMode&) { return size_t{0}; },
          [](const ns::SetMirror&) { return size_t{0}; },
          [](const ns::MirrorProgress&) { return size_t{0}; },
          [](const ns::DisableMirror&) { return size_t{0}; },
          [](const ns::Concat& op) {
            size_t bytes = op.target.size();
            for (const std::string& source : op.sources) bytes += source.size() + 1;
            return bytes;
          },
          [](const ns::SetXAttr& op) {
            return op.path.size() + op.xattr.name.name.size() + op.xattr.value.size();
          },
          [](const ns::ModifyAclEntries& op) { return op.path.size() + AclBytes(op.entries); },
          [](const ns::RemoveAclEntries& op) { return op.path.size() + AclBytes(op.entries); },
          [](const ns::SetAcl& op) { return op.path.size() + AclBytes(op.entries); },
          [](const auto& op) { return op.path.size(); },
      },
      command.operation);
  uint64_t caller = command.caller.user.size() + command.caller.address.size();
  for (const std::string& group : command.caller.groups) caller += group.size() + 1;
  return operation + caller + command.call.client.size() + 64;
}

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

void Calls::Add(ClientCommand call, Output* out) {
  const uint64_t bytes = ChargedBytes(call.command);
  if (bytes > limits_.command_bytes) {
    out->replies.push_back(
        ClientReply{.call = call.call, .outcome = ClientReply::Outcome::kTooLarge});
    return;
  }
  waiting_.push_back(Waiting{call.call, std::move(call.command), bytes});
}

void Calls::AddInternal(ns::Operation operation, ns::NamespaceId ns) {
  ns::Command command;
  command.ns = ns;
  command.caller = self_;
  command.operation = std::move(operation);
  const uint64_t bytes = ChargedBytes(command);
  waiting_.push_back(Waiting{CallHandle{}, std::move(command), bytes});
}

Calls::Proposal Calls::NextProposal(WallMillis wall, uint64_t elapsed_millis) {
  CHECK(!waiting_.empty());
  ns::CommandBatch batch;
  batch.wall = wall;
  batch.elapsed_millis = elapsed_millis;
  std::vector<CallHandle> calls;
  uint64_t bytes = 0;
  while (!waiting_.empty() && batch.commands.size() < limits_.commands &&
         (batch.commands.empty() || bytes + waiting_.front().bytes <= limits_.bytes)) {
    bytes += waiting_.front().bytes;
    calls.push_back(waiting_.front().call);
    batch.commands.push_back(std::move(waiting_.front().command));
    waiting_.pop_front();
  }
  ++last_id_;
  proposed_.emplace(last_id_, std::move(calls));
  return Proposal{last_id_, SharedBytes(ns::EncodeCommandBatch(batch))};
}

void Calls::OnOutcome(const raft::ProposalOutcome& outcome, NodeId leader, Output* out) {
  const auto at = proposed_.find(outcome.id);
  CHECK(at != proposed_.end()) << "second outcome of proposal " << outcome.id;
  std::vector<CallHandle> calls = std::move(at->second);
  proposed_.erase(at);
  if (outcome.fate == raft::ProposalOutcome::Fate::kCommitted) {
    committed_[outcome.first] = Committed{outcome.term, std::move(calls)};
    return;
  }
  for (const CallHandle call : calls) {
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
  CHECK_EQ(committed.calls.size(), replies.size());
  for (size_t i = 0; i < replies.size(); ++i) {
    if (committed.calls[i] == CallHandle{}) continue;
    out->replies.push_back(ClientReply{.call = committed.calls[i],
                                       .outcome = ClientReply::Outcome::kReply,
                                       .reply = std::move(replies[i]),
                                       .at = at,
                                       .ordinal = static_cast<uint32_t>(i)});
  }
}

void Calls::OnInstalled(raft::Position at, Output* out) {
  while (!committed_.empty() && committed_.begin()->first <= at.index) {
    for (const CallHandle call : committed_.begin()->second.calls) {
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
