#ifndef CORE_NODE_NODE_IMPL_H_
#define CORE_NODE_NODE_IMPL_H_

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/node/applied_row.h"
#include "core/node/calls.h"
#include "core/node/file_leases.h"
#include "core/node/mirror_duty.h"
#include "core/node/node.h"
#include "core/node/snapshot_receiver.h"
#include "core/node/snapshot_sender.h"

// The inside of Node, shared by the files that implement it by subject: node.cc (turns, inputs),
// node_start.cc (recovery), node_log.cc (Raft's orders to log, peers and calls), node_apply.cc
// (applying, reads, flushing, the leader's own commands), node_leases.cc (who writes and reads
// files, as the leader sees it), node_mirror.cc (the mirror), node_snapshot.cc (both sides of
// snapshots).
namespace jfs::node {

class Node::Impl {
 public:
  Impl(Config config, kv::StateStore* store, Micros now, uint64_t seed);

  Output Start(Micros now);
  Output Step(Micros now, WallMillis wall, std::span<const Input> inputs);
  bool LeaseValid(Micros now) const;
  bool serving() const;
  NodeStatus status() const;
  MirrorStatus mirror_status() const;
  const ns::Namespace* state() const { return namespace_.get(); }
  const raft::Entry* entry(raft::LogIndex index) const;

 private:
  // node.cc
  void Take(const Input& input);
  void TakeClientCommand(ClientCommand call);
  void TakePeerPayload(const PeerPayload& payload);
  void FinishTurn();
  void Fail(absl::Status status);
  void Say(Event::Severity severity, std::string text);
  void NoteRaftChanges();
  Micros NextDeadline() const;

  // node_start.cc
  void OnRecovery(log::RecoveryOutput output);
  void BeginRunning();
  absl::Status OpenNamespace();

  // node_log.cc
  void StepRaft(raft::Input input);
  void TakeRaftOutput(raft::Output output);
  void Persist(const raft::Persist& order);
  void ReleaseHeld();
  void OnLog(log::LogOutput output);
  void SendRaft(const raft::Message& message);
  void OnReadOutcome(const raft::ReadOutcome& outcome);

  // node_apply.cc
  void ApplyCommitted();
  bool ReadsReady() const;
  void ServeReads();
  void ProposeWaiting();
  void LeaderDuties();
  Micros FinishDeletesDue() const;
  void MaybeFlush();
  void OnStateFlushed(const StateFlushed& flushed);

  // node_leases.cc
  FileLeases& LeasesOfTerm();
  // Both: false if the call must wait until it is known what became of its client's lease.
  bool JudgeLease(ns::Command* command);
  template <typename Op>
  bool JudgeLeaseAt(ns::NamespaceId ns, Op* op);
  void ReleaseDueLeases();
  void NoteAccess(const ns::ReadRequest& request, const ns::Reply& reply);

  // node_mirror.cc
  bool InRecovery() const;
  // Whether it is still to be decided what this cluster does about a mirror.
  bool MirrorOpen() const;
  absl::Status CheckMirror() const;
  bool MirrorDuties(const raft::Standing& raft);
  void TellMirrorSetting();
  Micros TellDue() const;

  // node_snapshot.cc
  void BeginSnapshot(NodeId to);
  void OnSnapshotOffer(NodeId from, const SnapshotOffer& offer);
  void OnStagedInstalled(const StagedInstalled& installed);
  void MaybeInstall();
  void SweepSenders();
  // The transfer of that number to `to`, or null: it may have ended.
  SnapshotSender* FindSender(uint64_t transfer, NodeId to);

  struct WaitingRead {
    CallHandle call;
    ns::ReadRequest request;
    bool by_lease = false;
    std::vector<std::string> renew;  // not empty: no read, but these holders are alive
  };
  // A batch given to the log: what to tell Raft when it is durable.
  struct PendingPersist {
    uint64_t log_token = 0;
    std::optional<raft::Durable> durable;  // unset: the node's own batch
  };
  // A proposal of the leader's own, which is not made again while it may be under way.
  class AskedOnce {
   public:
    bool MayAsk(raft::Term term, Micros now) {
      if (term_ == term && now < at_ + kSecond) return false;
      term_ = term;
      at_ = now;
      return true;
    }

   private:
    raft::Term term_;
    Micros at_;
  };
  struct HeldMessages {
    raft::PersistToken after;
    std::vector<raft::Message> messages;
  };

  Config config_;
  kv::StateStore* store_;
  uint64_t seed_;
  Phase phase_ = Phase::kRecovering;
  Micros now_;
  WallMillis wall_;
  Output out_;

  std::unique_ptr<log::Recovery> recovery_;
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<raft::Raft> raft_;
  std::unique_ptr<ns::Namespace> namespace_;
  Incarnation incarnation_;
  std::string damage_;              // as the log's recovery found it
  bool log_damaged_ = false;        // and has not been told yet that it is repaired
  bool disk_low_at_start_ = false;  // said before there was a peer to tell

  // Raft is stepped by one input at a time; what its output brings about at once waits here.
  std::deque<raft::Input> raft_inputs_;
  bool stepping_raft_ = false;

  // Persistence.
  uint64_t last_log_token_ = 0;
  std::deque<PendingPersist> pending_persists_;
  raft::PersistToken durable_token_;
  std::deque<HeldMessages> held_;
  std::string last_hard_state_;  // encoded; what a reset of the log writes again
  Micros raft_deadline_ = kNever;
  Micros last_append_;

  // Applying.
  raft::Position applied_;
  raft::LogIndex commit_end_;  // first index not known to be committed
  raft::LogIndex log_end_at_start_;
  AppliedRow applied_row_;
  kv::WriteBatch apply_batch_;  // between turns only its memory matters

  // Calls.
  Calls calls_;
  std::vector<WaitingRead> new_reads_;  // of this turn
  raft::ReadId last_read_id_;
  std::map<raft::ReadId, std::vector<WaitingRead>> asked_reads_;
  std::multimap<raft::LogIndex, WaitingRead> ready_reads_;

  // The leader's own commands.
  raft::Term stamped_term_;  // of the last batch stamped
  Micros last_stamp_;
  Micros last_finish_deletes_;
  AskedOnce limits_asked_;
  AskedOnce namespaces_asked_;
  raft::LogIndex finish_deletes_at_;  // applied when it was proposed last
  bool was_leader_ = false;
  bool was_ready_ = false;  // leader, and may propose by itself
  NodeId last_leader_;
  bool last_recovering_ = false;

  // The leader's view of who still writes.
  FileLeases leases_;
  raft::Term leases_term_;          // in which they were begun
  std::set<ns::InodeId> accessed_;  // files whose access time has been proposed of late
  Micros accessed_since_;

  // The mirror.
  MirrorDuty mirror_duty_;
  NodeId told_;  // the leader that was told last how this master is configured
  Micros last_told_;

  // Flushing.
  std::optional<JobToken> flush_job_;
  raft::Position state_durable_;
  uint64_t log_bytes_at_flush_ = 0;

  // Snapshots.
  JobTokens job_tokens_;
  uint64_t last_transfer_ = 0;
  std::vector<std::unique_ptr<SnapshotSender>> senders_;
  SnapshotReceiver receiver_;
  std::optional<JobToken> install_job_;

  bool draining_ = false;
  Micros drain_started_;

  // Counters for status().
  uint64_t snapshots_sent_ = 0, snapshots_installed_ = 0;
  uint64_t commands_applied_ = 0, leader_reads_ = 0;
  uint64_t entries_persisted_ = 0, log_batches_ = 0;
};

}  // namespace jfs::node

#endif  // CORE_NODE_NODE_IMPL_H_
