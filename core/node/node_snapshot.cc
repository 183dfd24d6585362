#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/node/node_impl.h"

namespace jfs::node {

void Node::Impl::BeginSnapshot(NodeId to) {
  // Raft asks again while a transfer is under way if the follower came back with another disk: what
  // the old one had is gone with it. Raft must not hear how that transfer ended, it would take it
  // for the new one's end.
  for (size_t i = 0; i < senders_.size();) {
    if (senders_[i]->to() != to) {
      ++i;
      continue;
    }
    senders_[i]->Abandon("the follower came back with another disk");
    senders_[i]->Finish(&out_);
    senders_.erase(senders_.begin() + static_cast<ptrdiff_t>(i));
  }
  const SnapshotTransferOptions options{
      .chunk_bytes = config_.snapshot_chunk_bytes,
      .chunks_in_flight = config_.snapshot_chunks_in_flight,
      .retry = config_.snapshot_retry,
      .timeout = config_.snapshot_timeout,
  };
  ++last_transfer_;
  Say(Event::Severity::kInfo,
      absl::StrCat("master ", to.value,
                   " needs entries that are gone: sending a snapshot (transfer ", last_transfer_,
                   ")"));
  senders_.push_back(std::make_unique<SnapshotSender>(options, to, raft_->status().term,
                                                      last_transfer_, &job_tokens_));
  senders_.back()->Start(now_, &out_);
}

SnapshotSender* Node::Impl::FindSender(uint64_t transfer, NodeId to) {
  for (auto& sender : senders_) {
    if (sender->transfer() == transfer && sender->to() == to) return sender.get();
  }
  return nullptr;
}

void Node::Impl::SweepSenders() {
  for (auto& sender : senders_) sender->Tick(now_, &out_);
  for (size_t i = 0; i < senders_.size();) {
    if (!senders_[i]->over().has_value()) {
      ++i;
      continue;
    }
    const std::unique_ptr<SnapshotSender> ended = std::move(senders_[i]);
    senders_.erase(senders_.begin() + static_cast<ptrdiff_t>(i));
    const raft::SnapshotSent over = *ended->over();
    ended->Finish(&out_);
    if (over.ok) ++snapshots_sent_;
    Say(over.ok ? Event::Severity::kInfo : Event::Severity::kWarning,
        absl::StrCat("snapshot for master ", over.to.value,
                     over.ok ? absl::StrCat(" installed at index ", over.at.index.value)
                             : absl::StrCat(" given up: ", ended->reason())));
    StepRaft(over);
  }
}

void Node::Impl::OnSnapshotOffer(NodeId from, const SnapshotOffer& offer) {
  if (phase_ == Phase::kInstalling) {
    // Without a sign of life the sender would give up and begin with a newer snapshot; one other
    // than what is being installed is offered again.
    receiver_.OnRepeatedOffer(from, offer, &out_);
    return;
  }
  // Raft must have heard of the snapshot's term first, or its own would be behind its own state.
  if (raft_->status().term < offer.at.term) return;
  if (offer.at.index <= applied_.index) {
    out_.send.push_back(SendPayload{
        from, Lane::kSnapshot,
        SharedBytes(EncodePeerPayload(SnapshotDone{offer.transfer, true, applied_, ""}))});
    return;
  }
  receiver_.OnOffer(from, offer, &out_);
}

void Node::Impl::MaybeInstall() {
  if (phase_ != Phase::kRunning || !receiver_.complete()) return;
  if (receiver_.at().index <= applied_.index) {
    receiver_.Finish(true, applied_, "", &out_);
    return;
  }
  Say(Event::Severity::kInfo,
      absl::StrCat("installing a snapshot at index ", receiver_.at().index.value));
  phase_ = Phase::kInstalling;
  namespace_.reset();
  // A flush of the state that is about to go proves nothing about the one that comes.
  flush_job_.reset();
  install_job_ = job_tokens_.Next();
  out_.jobs.push_back(InstallStaged{*install_job_});
}

void Node::Impl::OnStagedInstalled(const StagedInstalled& installed) {
  if (install_job_ != installed.token) return;
  install_job_.reset();
  phase_ = Phase::kRunning;
  if (!installed.status.ok() && installed.store != nullptr) {
    Fail(installed.status);
    return;
  }
  if (!installed.status.ok()) {
    // The state is what it was.
    if (absl::Status status = OpenNamespace(); !status.ok()) {
      Fail(std::move(status));
      return;
    }
    receiver_.Finish(false, applied_, std::string(installed.status.message()), &out_);
    return;
  }
  CHECK(installed.store != nullptr);
  store_ = installed.store;
  const raft::Position expected = receiver_.at();
  absl::StatusOr<std::optional<AppliedRow>> row = ReadAppliedRow(*store_);
  if (!row.ok() || !row->has_value() || (*row)->at != expected) {
    Fail(absl::DataLossError(absl::StrCat("the installed snapshot does not stand at index ",
                                          expected.index.value,
                                          " as announced: ", row.status().ToString())));
    return;
  }
  applied_row_ = **row;
  applied_ = applied_row_.at;
  state_durable_ = applied_;
  commit_end_ = std::max(commit_end_, applied_.index + 1);
  if (absl::Status status = OpenNamespace(); !status.ok()) {
    Fail(std::move(status));
    return;
  }
  ++snapshots_installed_;
  calls_.OnInstalled(applied_, &out_);
  StepRaft(raft::SnapshotInstalled{applied_, applied_row_.membership});
  if (phase_ == Phase::kStopped) return;
  log_bytes_at_flush_ = log_->bytes_kept();
  receiver_.Finish(true, applied_, "", &out_);
}

}  // namespace jfs::node
