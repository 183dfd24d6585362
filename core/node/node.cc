#include "core/node/node.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/base/overload.h"
#include "core/node/node_impl.h"

namespace jfs::node {

Node::Node(Config config, kv::StateStore* store, Micros now, uint64_t seed)
    : impl_(std::make_unique<Impl>(std::move(config), store, now, seed)) {}
Node::~Node() = default;
Output Node::Start(Micros now) { return impl_->Start(now); }
Output Node::Step(Micros now, WallMillis wall, std::span<const Input> inputs) {
  return impl_->Step(now, wall, inputs);
}
bool Node::LeaseValid(Micros now) const { return impl_->LeaseValid(now); }
bool Node::serving() const { return impl_->serving(); }
NodeStatus Node::status() const { return impl_->status(); }
MirrorStatus Node::mirror_status() const { return impl_->mirror_status(); }
const ns::Namespace* Node::state() const { return impl_->state(); }
const raft::Entry* Node::entry(raft::LogIndex index) const { return impl_->entry(index); }

Node::Impl::Impl(Config config, kv::StateStore* store, Micros now, uint64_t seed)
    : config_(std::move(config)),
      store_(store),
      seed_(seed),
      now_(now),
      calls_(BatchLimits{config_.batch_bytes, config_.batch_commands, config_.max_command_bytes},
             config_.self),
      leases_(config_.file_leases, config_.mutations),
      mirror_duty_(config_.mirror, config_.raft.self, config_.raft.initial_members, &job_tokens_,
                   config_.mutations),
      receiver_(&job_tokens_) {
  config_.raft.mutations = config_.mutations;
  config_.log.mutations = config_.mutations;
}

Output Node::Impl::Step(Micros now, WallMillis wall, std::span<const Input> inputs) {
  CHECK_GE(now, now_) << "the driver's clock went back";
  now_ = now;
  wall_ = wall;
  for (const Input& input : inputs) {
    if (phase_ == Phase::kStopped) break;
    Take(input);
  }
  if (phase_ == Phase::kRunning || phase_ == Phase::kInstalling) FinishTurn();
  Output out = std::exchange(out_, Output());
  if (!out.fatal.ok()) {
    // What this node promised stands on its disk; nothing that might rest on more may leave any
    // more.
    out.send.clear();
    out.replies.clear();
    out.jobs.clear();
    out.tablestore.clear();
    out.disk.clear();
    return out;
  }
  out.next_deadline = NextDeadline();
  return out;
}

void Node::Impl::Take(const Input& input) {
  // Until the log is read there is no peer and no state to do anything with.
  if (phase_ == Phase::kRecovering) {
    std::visit(Overload{
                   [&](const DiskDone& done) { OnRecovery(recovery_->Step(done.completion)); },
                   [&](const ClientCommand& call) {
                     out_.replies.push_back(ClientReply{
                         .call = call.call, .outcome = ClientReply::Outcome::kNotLeader});
                   },
                   [&](const ClientRead& read) {
                     out_.replies.push_back(ClientReply{
                         .call = read.call, .outcome = ClientReply::Outcome::kNotLeader});
                   },
                   [&](const RenewLeases& renew) {
                     out_.replies.push_back(ClientReply{
                         .call = renew.call, .outcome = ClientReply::Outcome::kNotLeader});
                   },
                   [&](const Drain&) { out_.drained = true; },
                   [&](const DiskSpace& space) { disk_low_at_start_ = space.low; },
                   [](const auto&) {},
               },
               input);
    return;
  }
  std::visit(
      Overload{
          [&](const Tick&) { StepRaft(raft::Tick{}); },
          [&](const PeerPayload& payload) { TakePeerPayload(payload); },
          [&](const DiskDone& done) { OnLog(log_->Complete(done.completion)); },
          [&](const ClientCommand& call) { TakeClientCommand(call); },
          [&](const ClientRead& read) {
            new_reads_.push_back(WaitingRead{.call = read.call, .request = read.request});
          },
          [&](const RenewLeases& renew) {
            new_reads_.push_back(WaitingRead{.call = renew.call, .renew = renew.holders});
          },
          [&](const StateFlushed& flushed) { OnStateFlushed(flushed); },
          [&](const CheckpointTaken& taken) {
            for (auto& sender : senders_) {
              if (sender->OnCheckpointTaken(now_, taken, &out_)) break;
            }
          },
          [&](const CheckpointRead& read) {
            for (auto& sender : senders_) {
              if (sender->OnCheckpointRead(now_, read, &out_)) break;
            }
          },
          [&](const StagingPrepared& prepared) { receiver_.OnStagingPrepared(prepared, &out_); },
          [&](const StagedWritten& written) { receiver_.OnStagedWritten(written, &out_); },
          [&](const StagedInstalled& installed) { OnStagedInstalled(installed); },
          [&](const TablestoreAnswered& answered) { mirror_duty_.OnAnswer(answered); },
          [&](const DiskSpace& space) { StepRaft(raft::DiskSpace{space.low}); },
          [&](const Drain&) {
            if (!draining_) drain_started_ = now_;
            draining_ = true;
            StepRaft(raft::TransferLeadership{NodeId{}});
          },
          [&](const TransferLeadership& transfer) {
            StepRaft(raft::TransferLeadership{transfer.to});
          },
      },
      input);
}

void Node::Impl::TakeClientCommand(ClientCommand call) {
  const raft::Standing raft = raft_->standing();
  ClientReply refusal{.call = call.call, .leader = raft.leader};
  if (raft.role != raft::Role::kLeader) {
    refusal.outcome = ClientReply::Outcome::kNotLeader;
  } else if (raft.ready && phase_ == Phase::kRunning && InRecovery()) {
    refusal.reply.code = ns::Code::kRecoveryMode;
    refusal.reply.position = namespace_->position();
  } else if (!raft.ready || phase_ != Phase::kRunning || call.command.ns == 0 ||
             !namespace_->has_namespaces()) {
    refusal.outcome = ClientReply::Outcome::kNotReady;
  } else if (!JudgeLease(&call.command)) {
    refusal.outcome = ClientReply::Outcome::kNotReady;
  } else {
    calls_.Add(call, &out_);
    return;
  }
  out_.replies.push_back(std::move(refusal));
}

void Node::Impl::TakePeerPayload(const PeerPayload& payload) {
  absl::StatusOr<PeerBody> body = DecodePeerPayload(payload.payload);
  if (!body.ok()) {
    Say(Event::Severity::kWarning, absl::StrCat("ignored a payload of master ", payload.from.value,
                                                ": ", body.status().message()));
    return;
  }
  std::visit(Overload{
                 [&](raft::Message& message) {
                   if (message.from.node != payload.from || message.to != config_.raft.self) return;
                   StepRaft(raft::Received{std::move(message)});
                 },
                 [&](const SnapshotOffer& offer) { OnSnapshotOffer(payload.from, offer); },
                 [&](const SnapshotResume& resume) {
                   SnapshotSender* sender = FindSender(resume.transfer, payload.from);
                   if (sender != nullptr) sender->OnResume(now_, resume, &out_);
                 },
                 [&](const SnapshotChunk& chunk) { receiver_.OnChunk(payload.from, chunk, &out_); },
                 [&](const SnapshotAck& ack) {
                   SnapshotSender* sender = FindSender(ack.transfer, payload.from);
                   if (sender != nullptr) sender->OnAck(now_, ack, &out_);
                 },
                 [&](const SnapshotDone& done) {
                   SnapshotSender* sender = FindSender(done.transfer, payload.from);
                   if (sender != nullptr) sender->OnDone(done);
                 },
                 [&](const MirrorSetting& setting) {
                   mirror_duty_.OnSetting(payload.from, setting, now_);
                 },
             },
             *body);
}

// What came in during the turn is proposed together, then everything committed is applied and
// answered.
void Node::Impl::FinishTurn() {
  ProposeWaiting();
  if (!new_reads_.empty()) {
    ++last_read_id_;
    asked_reads_.emplace(last_read_id_, std::exchange(new_reads_, {}));
    StepRaft(raft::ReadRequested{last_read_id_, raft::ReadRequested::Kind::kLease});
  }
  if (now_ >= raft_deadline_) StepRaft(raft::Tick{});
  if (phase_ == Phase::kRunning) {
    ApplyCommitted();
    ServeReads();
    LeaderDuties();
    TellMirrorSetting();
    ProposeWaiting();
    MaybeFlush();
  }
  if (phase_ == Phase::kStopped) return;
  if (log_->watermark_behind() && now_ >= last_append_ + config_.idle_watermark_delay) {
    last_append_ = now_;
    OnLog(log_->Idle());
  }
  SweepSenders();
  MaybeInstall();
  NoteRaftChanges();
  if (draining_) {
    const bool alone = config_.raft.initial_members.size() == 1;
    const bool late = now_ >= drain_started_ + 2 * config_.raft.election_timeout;
    out_.drained = !was_leader_ || alone || late;
  }
}

void Node::Impl::Fail(absl::Status status) {
  if (phase_ == Phase::kStopped) return;
  phase_ = Phase::kStopped;
  Say(Event::Severity::kError, absl::StrCat("stopping: ", status.ToString()));
  out_.fatal = std::move(status);
}

void Node::Impl::Say(Event::Severity severity, std::string text) {
  out_.events.push_back(Event{severity, std::move(text)});
}

void Node::Impl::NoteRaftChanges() {
  const raft::Standing raft = raft_->standing();
  const bool leader = raft.role == raft::Role::kLeader;
  if (leader != was_leader_) {
    Say(Event::Severity::kInfo,
        absl::StrCat(leader ? "became leader of term " : "is no longer leader, term ",
                     raft.term.value));
    for (auto& sender : senders_) {
      if (!leader) sender->Abandon("leadership lost");
    }
    if (!leader) mirror_duty_.EndTerm();
  }
  if (raft.leader != last_leader_ && !leader && raft.leader != NodeId{}) {
    Say(Event::Severity::kInfo,
        absl::StrCat("follows master ", raft.leader.value, " in term ", raft.term.value));
  }
  if (raft.recovering != last_recovering_) {
    Say(raft.recovering ? Event::Severity::kWarning : Event::Severity::kInfo,
        raft.recovering ? "recovering: no vote and no acknowledgement counts until the other "
                          "masters admit this disk again"
                        : "this disk counts again");
  }
  was_leader_ = leader;
  was_ready_ = leader && raft.ready;
  last_leader_ = raft.leader;
  last_recovering_ = raft.recovering;
}

Micros Node::Impl::NextDeadline() const {
  if (phase_ == Phase::kRecovering || phase_ == Phase::kStopped) return kNever;
  Micros next = raft_deadline_;
  if (log_->watermark_behind()) next = std::min(next, last_append_ + config_.idle_watermark_delay);
  for (const auto& sender : senders_) next = std::min(next, sender->next_deadline());
  if (phase_ == Phase::kRunning) {
    if (applied_.index + 1 < commit_end_ || ReadsReady()) return now_;
    next = std::min(next, TellDue());
    // A leader that is not ready waits for others: their messages end the wait, not the clock.
    if (was_ready_) {
      next = std::min(next, mirror_duty_.next_deadline());
      if (namespace_->anything_can_expire()) {
        next = std::min(next, last_stamp_ + config_.advance_interval);
      }
      if (namespace_->deletes_pending()) next = std::min(next, FinishDeletesDue());
      if (namespace_->has_open_files() && leases_term_ == raft_->standing().term) {
        next = std::min(next, leases_.next_look());
      }
    }
  }
  return std::max(next, now_);
}

bool Node::Impl::LeaseValid(Micros now) const {
  return raft_ != nullptr && phase_ == Phase::kRunning && raft_->LeaseValid(now);
}

const raft::Entry* Node::Impl::entry(raft::LogIndex index) const {
  return raft_ == nullptr ? nullptr : raft_->entry(index);
}

bool Node::Impl::serving() const {
  // A node that runs has both a Raft peer and a namespace.
  return phase_ == Phase::kRunning && raft_->standing().ready && namespace_->has_namespaces();
}

NodeStatus Node::Impl::status() const {
  NodeStatus status;
  status.phase = phase_;
  status.incarnation = incarnation_;
  status.damage = damage_;
  if (raft_ == nullptr) return status;
  status.raft = raft_->status();
  status.applied_term = applied_.term;
  status.state_durable = state_durable_;
  status.log_bytes = log_->bytes_kept();
  status.snapshots_sent = snapshots_sent_;
  status.snapshots_installed = snapshots_installed_;
  status.commands_applied = commands_applied_;
  status.leader_reads = leader_reads_;
  status.entries_persisted = entries_persisted_;
  status.log_batches = log_batches_;
  status.batches_not_durable = pending_persists_.size();
  if (namespace_ != nullptr) {
    status.position = namespace_->position();
    status.state_hash = namespace_->state_hash();
    status.serving = serving();
  }
  return status;
}

}  // namespace jfs::node
