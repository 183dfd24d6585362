#ifndef CORE_RAFT_IMPL_H_
#define CORE_RAFT_IMPL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "core/base/random.h"
#include "core/raft/durability.h"
#include "core/raft/formation.h"
#include "core/raft/invariants.h"
#include "core/raft/io.h"
#include "core/raft/log_view.h"
#include "core/raft/progress.h"
#include "core/raft/raft.h"
#include "core/raft/rounds.h"

// Private to core/raft: one peer, its handlers grouped by file.
namespace jfs::raft {

class Raft::Impl {
 public:
  Impl(Config config, Recovered recovered, Micros now, uint64_t seed);

  Output Step(Micros now, const Input& input);
  bool LeaseValid(Micros now) const;
  const Entry* entry(LogIndex index) const { return log_.at(index); }
  Standing standing() const;
  const Membership& membership() const { return hard_.membership; }
  Status status() const;

 private:
  // ---- raft.cc: dispatch, timers, what every step ends with ----

  void On(const Tick& input);
  void On(const Received& input);
  void On(const Durable& input);
  void On(const Applied& input);
  void On(const StateDurable& input);
  void On(const SnapshotInstalled& input);
  void On(const DiskSpace& input);
  void RunTimers();
  void FinishStep();
  void IssuePersist();
  void ReleaseMemory();
  Micros NextDeadline() const;
  View view() const;

  bool formed() const { return hard_.membership.formed(); }
  bool oracle_checks() const { return config_.check_invariants; }
  Term term() const { return hard_.term; }
  size_t member_count() const { return hard_.membership.members.size(); }
  size_t majority() const { return hard_.membership.majority(); }
  Member self() const { return {.node = config_.self, .incarnation = config_.incarnation}; }

  // Leaves at once.
  void Send(NodeId to, Body body);
  void SendInTerm(NodeId to, Term term, Body body);
  // Leaves when the hard state and the entries up to `index`, as they stand after this step, are
  // durable.
  void SendAfterDurable(NodeId to, LogIndex index, Body body);

  // Appends in memory; FinishStep orders it to disk.
  void Append(Entry entry);
  void TruncateFrom(LogIndex index);
  // Learns that everything up to `index` is committed.
  void AdvanceCommit(LogIndex index);

  // ---- formation_step.cc ----

  void OnHello(const Message& message, const Hello& hello);
  void SendHello(NodeId to, bool answer);
  void AdvanceFormation();
  void Adopt(Membership record);
  void FormingTimers();

  // ---- election.cc ----

  void BecomeFollower(Term term, NodeId leader);
  void BecomePreCandidate();
  void BecomeCandidate(bool transfer);
  void BecomeLeader();
  void ResetElectionTimer();
  void OnVoteRequest(const Message& message, const VoteRequest& request);
  void OnVoteReply(const Message& message, const VoteReply& reply);
  void OnTimeoutNow(const Message& message);
  bool UpToDate(const Position& candidate) const;
  // Whether a leader was heard from so recently that its lease may still hold.
  bool Sticky() const;
  Position KnownCommitted() const;
  void RequestVotes(bool pre_vote, bool transfer);
  void CountVotes();
  void VoteForSelfDurable();

  // ---- follower.cc ----

  void OnAppendRequest(const Message& message, const AppendRequest& request);
  void OnHeartbeat(const Message& message, const Heartbeat& heartbeat);
  void HeardFromLeader(NodeId leader);
  void RefuseStale(const Message& message);
  void RefuseAppend(NodeId to, const AppendRequest& request, LogIndex below);
  bool OverBudget() const;

  // ---- replication.cc: leader ----

  void On(const SnapshotSent& input);
  void On(const LogRead& input);
  void OnAppendReply(const Message& message, const AppendReply& reply);
  void OnHeartbeatReply(const Message& message, const HeartbeatReply& reply);
  void LeaderTimers();
  void BroadcastHeartbeat();
  void SendAppends();
  void SendAppends(Progress& progress);
  void SendAppend(Progress& progress, std::vector<Entry> entries);
  void MaybeCommit();
  void CompleteRounds();
  bool DiskMajorityLow() const;
  LogIndex FollowersNeedAbove() const;

  // ---- admission.cc ----

  bool Counts(const Progress& progress) const;
  bool CountsNow(const Member& member) const;
  // Settles who answers before anything else is read from a reply; false: ignore the reply.
  bool AcceptIdentity(Progress& progress, const Member& from, uint64_t session);
  void MaybeProposeAdmission(Progress& progress);
  void AdmissionCommitted(LogIndex index, const Admission& admission);
  void MaybeLeaveRecovering();
  uint64_t admission_session() const { return hard_.recovering ? session_ : 0; }

  // ---- proposals.cc ----

  void On(const Proposed& input);
  void CommitProposals();
  void ResolveLostProposals();

  // ---- reads.cc ----

  void On(const ReadRequested& input);
  void AnswerReads();
  void FailReads();
  Micros LeaseEnd() const;
  bool OwnTermCommitted() const;

  // ---- transfer.cc ----

  void On(const TransferLeadership& input);
  void StartTransfer(NodeId to);
  void MaybeFinishTransfer();
  void CheckTransfer();
  void CheckDiskSpeed();
  bool DiskHung() const;
  const Progress* BestTransferTarget() const;

  struct Vote {
    Member from;
    bool granted = false;
  };
  struct PendingProposal {
    ProposalId id;
    Term term;
    LogIndex first;
    LogIndex last;
  };
  struct PendingRead {
    ReadId id;
    LogIndex index;      // zero: this leader's commit index is not known to be current yet
    uint64_t round = 0;  // must be confirmed by a majority
  };
  struct PendingAdmission {
    LogIndex index;
    Admission admission;
  };
  // An output message that has to wait for the hard state and the entries up to `index`.
  struct Promise {
    LogIndex index;
    Message message;
  };
  struct Leadership {
    std::map<NodeId, Progress> followers;
    Rounds rounds;
    Micros heartbeat_deadline;
    Micros since;
    LogIndex first_index;  // of the term's no-op
    NodeId transfer_to;
    Micros transfer_deadline;
    bool timeout_now_sent = false;  // in this transfer
    bool lease_void = false;        // for the rest of the term: a follower was told to campaign
    std::deque<PendingRead> reads;
  };

  const Config config_;
  const uint64_t session_;
  Random random_;
  Micros now_;

  HardState hard_;
  bool hard_dirty_ = false;
  LogView log_;
  Durability durability_;
  LogIndex commit_;
  LogIndex applied_;
  std::deque<PendingAdmission> pending_admissions_;  // in entries above commit_
  LogIndex admitted_at_;  // of the committed entry that answers this run's session

  Role role_ = Role::kForming;
  NodeId leader_;
  LogIndex matched_;  // up to here the log is known to agree with the current leader's
  Micros leader_heard_;
  Micros election_deadline_;
  bool disk_low_ = false;

  Formation formation_;
  Micros hello_deadline_;

  std::map<NodeId, Vote> votes_;
  size_t votes_counted_twice_ = 0;  // only for a planted bug
  bool campaign_transfer_ = false;
  PersistToken campaign_token_;  // order that makes the own vote durable; zero until issued

  std::optional<Leadership> lead_;
  std::deque<PendingProposal> proposals_;

  // Of the step under way.
  Output out_;
  std::vector<Promise> promises_;
  std::optional<LogIndex> truncate_from_;
  std::optional<Position> reset_to_;
  LogIndex persist_from_;  // first entry appended and not ordered to disk; zero: none
  LogIndex committed_from_;
};

}  // namespace jfs::raft

#endif  // CORE_RAFT_IMPL_H_
