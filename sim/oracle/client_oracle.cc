#include "sim/oracle/client_oracle.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "sim/model/text.h"
#include "sim/oracle/reply_match.h"
#include "sim/oracle/violation.h"

namespace jfs::sim {

void ClientOracle::Complete(uint64_t floor, const node::ClientReply& reply) {
  const uint64_t index = reply.at.index.value;
  if (index < floor) {
    Violate("real-time-order", absl::StrCat("answered from index ", index, ", but an operation at ",
                                            floor, " had completed before the call began"));
  }
  completed_ = std::max(completed_, index);
}

void ClientOracle::WriteCompleted(uint64_t floor, const ns::CallId& call,
                                  const node::ClientReply& reply) {
  const uint64_t index = reply.at.index.value;
  if (index == 0 || index > history_->last()) {
    Violate("acknowledged-write",
            absl::StrCat("acknowledged at index ", index, ", which nobody has committed"));
  }
  const CommittedHistory::Entry& entry = history_->at(index);
  if (entry.term != reply.at.term || reply.ordinal >= entry.commands.size()) {
    Violate("acknowledged-write",
            absl::StrCat("acknowledged at ", index, " of term ", reply.at.term.value, " place ",
                         reply.ordinal, "; committed there: term ", entry.term.value, " with ",
                         entry.commands.size(), " commands"));
  }
  const CommittedHistory::Command& command = entry.commands[reply.ordinal];
  if (!(command.command.call == call)) {
    Violate("acknowledged-write", absl::StrCat("acknowledged at ", index, " place ", reply.ordinal,
                                               ", where another call stands"));
  }
  if (!(command.reply == reply.reply)) {
    Violate("reply", absl::StrCat("index ", index, ": ", model::TextOf(command.command.operation),
                                  ": the client was answered ", AnswerText(reply.reply),
                                  ", the entry gives ", AnswerText(command.reply)));
  }
  ++writes_;
  // A write stands behind everything completed before it began, not beside it.
  Complete(floor + 1, reply);
}

void ClientOracle::ReadAnswered(const ns::ReadRequest& request, const node::ClientReply& reply) {
  const uint64_t index = reply.at.index.value;
  if (index > history_->last()) {
    Violate("reply",
            absl::StrCat("a read was answered from index ", index, ", which nobody has committed"));
  }
  if (index < history_->last()) probes_->Hit(Probe::kOldReads);
  const std::string difference = DifferenceOf(reply.reply, history_->Read(index, request));
  if (!difference.empty()) {
    Violate("reply",
            absl::StrCat(model::TextOf(request.query), " at index ", index, ": ", difference));
  }
}

void ClientOracle::ReadCompleted(uint64_t floor, const node::ClientReply& reply) {
  ++reads_;
  Complete(floor, reply);
}

}  // namespace jfs::sim
