#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/raft/codec.h"
#include "core/raft/impl.h"

// Whose disk counts, and how one that lost its promises comes to count again. The argument for its
// safety is in docs/decisions/0006-admission.md.
namespace jfs::raft {

bool Raft::Impl::CountsNow(const Member& member) const {
  if (!hard_.membership.Contains(member)) return false;
  // An admission in the log that is not yet committed may already be so for others: from there on
  // only the disk it names can count, and that one only once this node knows.
  for (const PendingAdmission& pending : pending_admissions_) {
    const Member& admitted = pending.admission.member;
    if (admitted.node == member.node && admitted != member) return false;
  }
  return true;
}

bool Raft::Impl::Counts(const Progress& progress) const {
  return progress.session() == 0 && CountsNow(progress.member());
}

bool Raft::Impl::AcceptIdentity(Progress& progress, const Member& from, uint64_t session) {
  if (from == progress.member()) {
    if (session == progress.session()) return true;
    if (session == 0) {
      // From before it lost what it had acknowledged, unless it has been admitted since.
      if (!progress.admission_committed) {
        // By an entry of an earlier leader, say, which was committed here before its session was
        // known. One of our own will tell; without it nothing of the node would ever count again.
        MaybeProposeAdmission(progress);
        return false;
      }
      progress.SetSession(0);
      return true;
    }
    if (session == progress.asked_session()) {
      // An answer from before it learned of its admission, overtaken by one from after.
      progress.SetSession(session);
      return true;
    }
  }
  // Another disk of the same node, or another run that asks. Messages of the one before may be
  // under way for long after it has ended; were each believed, the two would take the node from
  // each other again and again, with an admission each time. So it has to wait until the present
  // one is silent.
  if (now_ < progress.last_heard + config_.election_timeout) return false;
  progress.Replace(from, session, log_.last_index() + 1);
  return true;
}

void Raft::Impl::MaybeProposeAdmission(Progress& progress) {
  if (progress.session() == 0 || lead_->transfer_to != NodeId{}) return;
  if (progress.admission_index != LogIndex{}) {
    // Under way; or committed, and the follower got it inside a snapshot, where it cannot see it.
    if (!progress.admission_committed || progress.match() < progress.admission_index) return;
    if (now_ < progress.admission_proposed_at + config_.election_timeout) return;
  }
  const Admission admission = {.member = progress.member(), .session = progress.session()};
  const LogIndex index = log_.last_index() + 1;
  Append({.term = term(),
          .index = index,
          .kind = EntryKind::kAdmit,
          .payload = SharedBytes(EncodeAdmission(admission))});
  progress.admission_index = index;
  progress.admission_proposed_at = now_;
  progress.admission_committed = false;
}

void Raft::Impl::AdmissionCommitted(LogIndex index, const Admission& admission) {
  const Member& admitted = admission.member;
  if (index > hard_.membership.as_of) {
    for (Member& member : hard_.membership.members) {
      if (member.node == admitted.node) member.incarnation = admitted.incarnation;
    }
    hard_.membership.as_of = index;
    hard_.membership.as_of_term = log_.term(index);
    hard_dirty_ = true;
  }
  if (admitted == self() && hard_.recovering && admission.session == session_) {
    admitted_at_ = index;
  }
  if (lead_) {
    const auto found = lead_->followers.find(admitted.node);
    if (found != lead_->followers.end()) {
      Progress& progress = found->second;
      if (progress.member() == admitted && progress.asked_session() == admission.session) {
        progress.admission_committed = true;
      }
    }
  }
  if (!hard_.membership.Contains(self()) && !hard_.recovering) {
    // Another disk took this node's place: whatever this one promised or will promise is void.
    hard_.recovering = true;
    BecomeFollower(term(), role_ == Role::kLeader ? NodeId{} : leader_);
  }
}

void Raft::Impl::MaybeLeaveRecovering() {
  if (!hard_.recovering || admitted_at_ == LogIndex{}) return;
  if (durability_.durable_index() < admitted_at_) return;
  if (!hard_.membership.Contains(self())) return;
  // The vote of this term may have been given and lost. The term's leader is known, so recording it
  // as the vote takes nothing from anybody.
  if (leader_ == NodeId{}) return;
  if (hard_.voted_for == NodeId{}) hard_.voted_for = leader_;
  hard_.recovering = false;
  hard_dirty_ = true;
  admitted_at_ = LogIndex{};
  ResetElectionTimer();
}

}  // namespace jfs::raft
