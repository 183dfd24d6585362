#include <algorithm>

#include "core/base/check.h"
#include "core/raft/impl.h"

// Elections: dissertation 3.4 (votes), 3.6.1 (up-to-date check), 9.6 (pre-vote), 6.4.1 and 4.2.3 (a
// node that hears from a leader takes part in no election).
namespace jfs::raft {

void Raft::Impl::ResetElectionTimer() {
  const Duration jitter = random_.Below(config_.election_timeout);
  election_deadline_ = now_ + config_.election_timeout + jitter;
}

void Raft::Impl::BecomeFollower(Term term, NodeId leader) {
  CHECK_GE(term, hard_.term);
  const bool lost_leadership = role_ == Role::kLeader;
  if (term > hard_.term) {
    hard_.term = term;
    hard_.voted_for = NodeId{};
    hard_dirty_ = true;
  } else if (config_.mutations.Has(Mutation::kR02VoteForgotten) && role_ != Role::kFollower) {
    hard_.voted_for = NodeId{};
    hard_dirty_ = true;
  }
  if (lost_leadership) {
    FailReads();
    lead_.reset();
  }
  if (role_ != Role::kFollower || lost_leadership) ResetElectionTimer();
  role_ = Role::kFollower;
  votes_.clear();
  if (leader_ != leader) {
    leader_ = leader;
    // What agreed with one leader's log need not agree with the next one's, except what is
    // committed.
    matched_ = commit_;
  }
}

bool Raft::Impl::Sticky() const {
  if (role_ == Role::kLeader) return true;
  // Counted from the start of the process too: the run before may have promised something to a
  // leader.
  return now_ < leader_heard_ + config_.election_timeout;
}

bool Raft::Impl::UpToDate(const Position& candidate) const {
  const Position mine = log_.last();
  if (config_.mutations.Has(Mutation::kR04IndexBeforeTerm)) {
    if (candidate.index != mine.index) return candidate.index > mine.index;
    return candidate.term >= mine.term;
  }
  // 3.6.1: the later term wins, then the longer log.
  if (candidate.term != mine.term) return candidate.term > mine.term;
  return candidate.index >= mine.index;
}

Position Raft::Impl::KnownCommitted() const {
  return {.index = commit_, .term = log_.term(commit_)};
}

void Raft::Impl::BecomePreCandidate() {
  if (role_ == Role::kLeader) {
    BecomeFollower(term(), NodeId{});
  }
  role_ = Role::kPreCandidate;
  leader_ = NodeId{};
  matched_ = commit_;
  ResetElectionTimer();
  RequestVotes(/*pre_vote=*/true, /*transfer=*/false);
  votes_[config_.self] = {.from = self(), .granted = true};
  CountVotes();
}

void Raft::Impl::BecomeCandidate(bool transfer) {
  role_ = Role::kCandidate;
  leader_ = NodeId{};
  matched_ = commit_;
  ++hard_.term;
  hard_.voted_for = config_.self;
  hard_dirty_ = true;
  campaign_transfer_ = transfer;
  campaign_token_ = PersistToken{};
  ResetElectionTimer();
  RequestVotes(/*pre_vote=*/false, transfer);
  if (config_.mutations.Has(Mutation::kR07UnpersistedTail)) {
    votes_[config_.self] = {.from = self(), .granted = true};
    CountVotes();
  }
}

void Raft::Impl::RequestVotes(bool pre_vote, bool transfer) {
  votes_.clear();
  votes_counted_twice_ = 0;
  const VoteRequest request = {.pre_vote = pre_vote,
                               .transfer = transfer,
                               .last_index = log_.last_index(),
                               .last_term = log_.last_term()};
  for (const Member& member : hard_.membership.members) {
    if (member.node == config_.self) continue;
    if (pre_vote) {
      SendInTerm(member.node, term() + 1, request);
    } else if (config_.mutations.Has(Mutation::kR07UnpersistedTail)) {
      Send(member.node, request);
    } else {
      // The own vote, and every entry the request boasts of, are on disk before anybody can answer:
      // after a crash this node could otherwise vote again in the term, or collect the votes with a
      // shorter log.
      SendAfterDurable(member.node, log_.last_index(), request);
    }
  }
}

void Raft::Impl::VoteForSelfDurable() {
  if (campaign_token_ == PersistToken{}) return;
  if (durability_.TokenFor(LogIndex{}) != PersistToken{}) return;
  votes_[config_.self] = {.from = self(), .granted = true};
  CountVotes();
}

void Raft::Impl::OnVoteRequest(const Message& message, const VoteRequest& request) {
  // A node that lost promises must not make new ones; and while a leader may hold a lease, whoever
  // campaigns is not even told a term (4.2.3), unless that leader itself asked for it.
  if (hard_.recovering) return;
  // Its own term is no exception: another message may have lifted this node there after it heard
  // that leader, and its vote would end the lease as well. (A pre-vote of the own term is refused.)
  const bool could_grant = message.term > term() || (message.term == term() && !request.pre_vote);
  if (Sticky() && !request.transfer && could_grant) return;
  const Position last = {.index = request.last_index, .term = request.last_term};
  if (request.pre_vote) {
    const bool granted = message.term > term() && UpToDate(last);
    VoteReply reply = {.pre_vote = true, .granted = granted, .commit = KnownCommitted()};
    // A grant carries the term it is for; a refusal carries our own, so that whoever is behind
    // catches up.
    SendInTerm(message.from.node, granted ? message.term : term(), reply);
    return;
  }
  if (message.term < term()) {
    Send(message.from.node, VoteReply{.commit = KnownCommitted()});
    return;
  }
  if (message.term > term()) BecomeFollower(message.term, NodeId{});
  const NodeId candidate = message.from.node;
  const bool free = hard_.voted_for == NodeId{} && leader_ == NodeId{};
  const bool granted = (free || hard_.voted_for == candidate) && UpToDate(last);
  VoteReply reply = {.granted = granted, .commit = KnownCommitted()};
  if (!granted) {
    Send(candidate, reply);
    return;
  }
  if (hard_.voted_for != candidate) {
    hard_.voted_for = candidate;
    hard_dirty_ = true;
  }
  ResetElectionTimer();
  if (config_.mutations.Has(Mutation::kR01VoteNotDurable)) {
    Send(candidate, reply);
  } else {
    SendAfterDurable(candidate, LogIndex{}, reply);
  }
}

void Raft::Impl::OnVoteReply(const Message& message, const VoteReply& reply) {
  if (log_.Has(reply.commit)) AdvanceCommit(reply.commit.index);
  const bool pre_vote_as_vote = config_.mutations.Has(Mutation::kR06PreVoteLeaks) &&
                                role_ == Role::kCandidate && reply.granted;
  if (reply.pre_vote && !pre_vote_as_vote) {
    if (role_ != Role::kPreCandidate) return;
    // A grant answers the question for exactly this term; a later one asked again.
    if (reply.granted && message.term != term() + 1) return;
  } else {
    if (role_ != Role::kCandidate || message.term != term()) return;
  }
  if (reply.granted) ++votes_counted_twice_;
  votes_[message.from.node] = {.from = message.from, .granted = reply.granted};
  CountVotes();
}

void Raft::Impl::CountVotes() {
  size_t granted = 0;
  for (const auto& [node, vote] : votes_) {
    // Only disks that the committed membership names have votes.
    if (vote.granted && CountsNow(vote.from)) ++granted;
  }
  if (config_.mutations.Has(Mutation::kR05VoteCountedTwice)) {
    granted = votes_counted_twice_ + (votes_.contains(config_.self) ? 1 : 0);
  }
  if (granted < majority()) return;
  if (role_ == Role::kPreCandidate) {
    BecomeCandidate(/*transfer=*/false);
  } else {
    BecomeLeader();
  }
}

void Raft::Impl::OnTimeoutNow(const Message& message) {
  if (role_ != Role::kFollower || hard_.recovering) return;
  if (leader_ != NodeId{} && leader_ != message.from.node) return;
  // 3.10: no pre-vote, and voters need not wait for the leader's silence: the leader itself wants
  // this.
  BecomeCandidate(/*transfer=*/true);
}

void Raft::Impl::BecomeLeader() {
  role_ = Role::kLeader;
  leader_ = config_.self;
  votes_.clear();
  // Not emplace(): to clang 14 a nested struct with initialised members is not yet default
  // constructible where the optional is declared.
  lead_ = Leadership{};
  lead_->since = now_;
  lead_->heartbeat_deadline = now_;
  lead_->first_index = log_.last_index() + 1;
  for (const Member& member : hard_.membership.members) {
    if (member.node == config_.self) continue;
    Progress progress(member, log_.last_index() + 1);
    progress.last_heard = now_;
    lead_->followers.emplace(member.node, progress);
  }
  // 6.4 and 3.6.2: entries of earlier terms, and what reads may see, are settled by an entry of our
  // own.
  Append({.term = term(), .index = log_.last_index() + 1, .kind = EntryKind::kNoop});
}

}  // namespace jfs::raft
