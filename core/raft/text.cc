#include "core/raft/text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "core/base/overload.h"
#include "core/raft/codec.h"

namespace jfs::raft {
namespace {

std::string Num(auto strong) { return absl::StrCat(strong.value); }

std::string Entries(const std::vector<Entry>& entries) {
  return absl::StrJoin(entries, " ", [](std::string* out, const Entry& entry) {
    absl::StrAppend(out, ToText(entry));
  });
}

std::string Session(uint64_t session) {
  // The number is a hash of the seed; that there is one is what matters.
  return session == 0 ? "" : " asks-admission";
}

std::string BodyText(const Body& body) {
  return std::visit(
      Overload{
          [](const Hello& b) {
            return absl::StrCat(
                "hello", b.answer ? " answer" : "",
                b.locked.formed() ? absl::StrCat(" locked ", ToText(b.locked)) : "",
                b.formed.formed() ? absl::StrCat(" formed ", ToText(b.formed)) : "");
          },
          [](const VoteRequest& b) {
            return absl::StrCat(b.pre_vote ? "pre-vote-request" : "vote-request", " last ",
                                ToText(Position{.index = b.last_index, .term = b.last_term}),
                                b.transfer ? " by transfer" : "");
          },
          [](const VoteReply& b) {
            return absl::StrCat(b.pre_vote ? "pre-vote-reply" : "vote-reply",
                                b.granted ? " granted" : " refused", " commit ", ToText(b.commit));
          },
          [](const AppendRequest& b) {
            return absl::StrCat(
                "append after ",
                ToText(Position{.index = b.previous_index, .term = b.previous_term}), " commit ",
                Num(b.commit), " round ", b.round, b.entries.empty() ? "" : ": ",
                Entries(b.entries));
          },
          [](const AppendReply& b) {
            std::string text = b.accepted ? "append-reply match " : "append-reply refused hint ";
            if (b.busy) text = "append-reply busy behind ";
            absl::StrAppend(&text, Num(b.match));
            if (!b.accepted) absl::StrAppend(&text, "@", Num(b.match_term));
            return absl::StrCat(text, " round ", b.round, b.disk_low ? " disk-low" : "",
                                Session(b.admission_session));
          },
          [](const Heartbeat& b) {
            return absl::StrCat("heartbeat commit ", Num(b.commit), " round ", b.round);
          },
          [](const HeartbeatReply& b) {
            return absl::StrCat("heartbeat-reply round ", b.round, b.disk_low ? " disk-low" : "",
                                Session(b.admission_session));
          },
          [](const TimeoutNow&) { return std::string("timeout-now"); },
      },
      body);
}

std::string PersistText(const Persist& persist) {
  std::string text = absl::StrCat("persist #", Num(persist.token));
  if (persist.hard_state) absl::StrAppend(&text, " {", ToText(*persist.hard_state), "}");
  if (persist.reset_to) absl::StrAppend(&text, " reset-to ", ToText(*persist.reset_to));
  if (persist.truncate_from) absl::StrAppend(&text, " truncate-from ", Num(*persist.truncate_from));
  if (!persist.entries.empty()) absl::StrAppend(&text, " append ", Entries(persist.entries));
  return text;
}

std::string OutcomeText(const ProposalOutcome& outcome) {
  using Reason = ProposalOutcome::Reason;
  const std::string id = absl::StrCat("proposal ", Num(outcome.id));
  switch (outcome.fate) {
    case ProposalOutcome::Fate::kCommitted:
      return absl::StrCat(id, " committed at ",
                          ToText(Position{.index = outcome.first, .term = outcome.term}));
    case ProposalOutcome::Fate::kUnknown:
      return absl::StrCat(id, " unknown");
    case ProposalOutcome::Fate::kDropped:
      break;
  }
  const char* why = "";
  switch (outcome.reason) {
    case Reason::kNone:
      break;
    case Reason::kNotLeader:
      why = ": not leader";
      break;
    case Reason::kBusy:
      why = ": busy";
      break;
    case Reason::kDiskLow:
      why = ": disk low";
      break;
    case Reason::kTransferring:
      why = ": transferring";
      break;
    case Reason::kOverwritten:
      why = ": overwritten";
      break;
  }
  return absl::StrCat(id, " dropped", why);
}

}  // namespace

std::string ToText(Role role) {
  switch (role) {
    case Role::kForming:
      return "forming";
    case Role::kFollower:
      return "follower";
    case Role::kPreCandidate:
      return "pre-candidate";
    case Role::kCandidate:
      return "candidate";
    case Role::kLeader:
      return "leader";
  }
  return "?";
}

std::string ToText(const Position& position) {
  return absl::StrCat(Num(position.index), "@", Num(position.term));
}

std::string ToText(const Entry& entry) {
  const std::string at = ToText(Position{.index = entry.index, .term = entry.term});
  if (entry.kind == EntryKind::kNoop) return absl::StrCat(at, ":noop");
  if (entry.kind == EntryKind::kCommand) return at;
  const std::optional<Admission> admission = DecodeAdmission(entry.payload.view());
  if (!admission) return absl::StrCat(at, ":admit ?");
  return absl::StrCat(at, ":admit ", Num(admission->member.node), "/",
                      Num(admission->member.incarnation));
}

std::string ToText(const Membership& membership) {
  std::string text = absl::StrJoin(membership.members, " ", [](std::string* out, const Member& m) {
    absl::StrAppend(out, Num(m.node), "/", Num(m.incarnation));
  });
  if (membership.as_of != LogIndex{}) {
    absl::StrAppend(&text, " as-of ",
                    ToText(Position{.index = membership.as_of, .term = membership.as_of_term}));
  }
  return text;
}

std::string ToText(const HardState& state) {
  std::string text = absl::StrCat("term ", Num(state.term));
  if (state.voted_for != NodeId{}) absl::StrAppend(&text, " voted ", Num(state.voted_for));
  if (state.membership.formed()) absl::StrAppend(&text, " members ", ToText(state.membership));
  if (state.locked.formed()) absl::StrAppend(&text, " locked ", ToText(state.locked));
  if (state.recovering) absl::StrAppend(&text, " recovering");
  return text;
}

std::string ToText(const Message& message) {
  return absl::StrCat(Num(message.from.node), "->", Num(message.to), " term ", Num(message.term),
                      " ", BodyText(message.body));
}

std::string ToText(const Input& input) {
  return std::visit(
      Overload{
          [](const Tick&) { return std::string("tick"); },
          [](const Received& in) { return absl::StrCat("received ", ToText(in.message)); },
          [](const Proposed& in) {
            return absl::StrCat("proposed ", Num(in.id), " commands ", in.commands.size());
          },
          [](const Durable& in) {
            return absl::StrCat("durable #", Num(in.token), " last ",
                                ToText(Position{.index = in.last, .term = in.term}));
          },
          [](const Applied& in) { return absl::StrCat("applied ", Num(in.index)); },
          [](const ReadRequested& in) {
            const bool lease = in.kind == ReadRequested::Kind::kLease;
            return absl::StrCat("read ", Num(in.id), lease ? " by lease" : " confirmed");
          },
          [](const StateDurable& in) { return absl::StrCat("state durable ", ToText(in.through)); },
          [](const SnapshotSent& in) {
            return absl::StrCat("snapshot to ", Num(in.to), in.ok ? " installed " : " failed ",
                                ToText(in.at));
          },
          [](const SnapshotInstalled& in) {
            return absl::StrCat("snapshot installed ", ToText(in.at));
          },
          [](const LogRead& in) {
            return absl::StrCat("log read for ", Num(in.for_follower), ": ", Entries(in.entries));
          },
          [](const DiskSpace& in) {
            return std::string(in.low ? "disk space low" : "disk space ok");
          },
          [](const TransferLeadership& in) { return absl::StrCat("transfer to ", Num(in.to)); },
      },
      input);
}

std::string ToText(const Output& output) {
  std::string text;
  const auto line = [&text](const auto&... parts) { absl::StrAppend(&text, parts..., "\n"); };
  if (output.persist) line(PersistText(*output.persist));
  for (const Message& message : output.send) line(ToText(message));
  for (const Message& message : output.after_durable) {
    if (output.after == PersistToken{}) {
      line(ToText(message));
    } else {
      line(ToText(message), " (after #", Num(output.after), ")");
    }
  }
  if (!output.committed.empty()) {
    line("committed ", Num(output.committed.first), "..", Num(output.committed.end - 1));
  }
  for (const ProposalOutcome& outcome : output.proposals) line(OutcomeText(outcome));
  for (const ReadOutcome& read : output.reads) {
    if (read.ready) {
      line("read ", Num(read.id), " at ", Num(read.index), read.by_lease ? " by lease" : "");
    } else {
      line("read ", Num(read.id), " refused");
    }
  }
  for (const SendSnapshot& order : output.send_snapshots) line("send snapshot to ", Num(order.to));
  for (const ReadLog& order : output.read_log) {
    line("read log ", Num(order.range.first), "..", Num(order.range.end - 1), " for ",
         Num(order.for_follower));
  }
  if (output.compact_below != LogIndex{}) line("compact below ", Num(output.compact_below));
  return text;
}

}  // namespace jfs::raft
