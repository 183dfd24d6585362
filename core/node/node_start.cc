#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/node/node_impl.h"
#include "core/node/startup.h"
#include "core/raft/codec.h"

namespace jfs::node {

Output Node::Impl::Start(Micros now) {
  CHECK(recovery_ == nullptr && phase_ == Phase::kRecovering) << "started twice";
  CHECK_GE(now, now_);
  now_ = now;
  recovery_ = std::make_unique<log::Recovery>(config_.log);
  OnRecovery(recovery_->Start());
  Output out = std::exchange(out_, Output());
  out.next_deadline = NextDeadline();
  return out;
}

void Node::Impl::OnRecovery(log::RecoveryOutput output) {
  for (log::DiskRequest& request : output.requests) out_.disk.push_back(std::move(request));
  if (!output.finished) return;
  if (!output.status.ok()) {
    Fail(std::move(output.status));
    return;
  }
  BeginRunning();
}

void Node::Impl::BeginRunning() {
  absl::StatusOr<std::optional<AppliedRow>> row = ReadAppliedRow(*store_);
  if (!row.ok()) {
    Fail(row.status());
    return;
  }
  const log::RecoveredLog& recovered = recovery_->recovered();
  absl::StatusOr<Startup> startup = DecideStartup(recovered, *row);
  if (!startup.ok()) {
    Fail(startup.status());
    return;
  }
  if (absl::Status status =
          CheckMembers(startup->recovered.hard_state.membership, config_.raft.initial_members);
      !status.ok()) {
    Fail(std::move(status));
    return;
  }
  incarnation_ = recovered.identity.incarnation;
  damage_ = recovered.damage;
  log_damaged_ = recovered.damaged;
  if (!startup->note.empty()) Say(Event::Severity::kWarning, startup->note);
  if (recovered.torn_tail) {
    Say(Event::Severity::kInfo, "cut a torn batch off the end of the log");
  }
  log_ = recovery_->TakeLog();
  recovery_.reset();

  if (row->has_value()) applied_row_ = **row;
  applied_ = applied_row_.at;
  commit_end_ = applied_.index + 1;
  state_durable_ = applied_;
  last_hard_state_ = raft::EncodeHardState(startup->recovered.hard_state);
  phase_ = Phase::kRunning;
  log_end_at_start_ = startup->recovered.base.index + startup->recovered.entries.size();
  if (absl::Status status = OpenNamespace(); !status.ok()) {
    Fail(std::move(status));
    return;
  }

  Say(Event::Severity::kInfo,
      absl::StrCat("recovered: log ", startup->recovered.base.index.value, "..",
                   startup->recovered.base.index.value + startup->recovered.entries.size(),
                   ", state at ", applied_.index.value, ", term ",
                   startup->recovered.hard_state.term.value));
  const std::optional<raft::Position> reset = startup->reset_log_to;
  config_.raft.incarnation = incarnation_;
  raft_ = std::make_unique<raft::Raft>(config_.raft, std::move(startup->recovered), now_,
                                       Mix64(seed_ ^ incarnation_.value));
  if (reset.has_value()) {
    log::Batch batch;
    batch.token = ++last_log_token_;
    batch.hard_state = last_hard_state_;
    batch.reset_to = log::LogPosition{reset->index.value, reset->term.value};
    pending_persists_.push_back(PendingPersist{batch.token, std::nullopt});
    OnLog(log_->Append(std::move(batch)));
  }
  log_bytes_at_flush_ = log_->bytes_kept();
  if (disk_low_at_start_) StepRaft(raft::DiskSpace{true});
  StepRaft(raft::Tick{});
}

absl::Status Node::Impl::OpenNamespace() {
  absl::StatusOr<std::unique_ptr<ns::Namespace>> opened =
      ns::Namespace::Open(*store_, config_.mutations);
  if (!opened.ok()) return opened.status();
  namespace_ = *std::move(opened);
  if (absl::Status status = CheckMirror(); !status.ok()) return status;
  if (config_.mirror.upload && namespace_->mirror().record.state == ns::MirrorState::kOff) {
    Say(Event::Severity::kWarning,
        "...async.ots.enabled has no effect: this cluster has no mirror, as was decided when it "
        "was set up or with jindo jfs -metaDisable; filling one from an existing namespace (jindo "
        "jfs -metaBackfill) is not supported yet");
  }
  return absl::OkStatus();
}

}  // namespace jfs::node
