#include <algorithm>

#include "core/base/check.h"
#include "core/raft/impl.h"

// Handing leadership over: on request (dissertation 3.10), or because the own disk has become slow.
namespace jfs::raft {

const Progress* Raft::Impl::BestTransferTarget() const {
  const Progress* best = nullptr;
  for (const auto& [node, progress] : lead_->followers) {
    if (!Counts(progress)) continue;
    if (now_ >= progress.last_heard + config_.election_timeout) continue;
    if (best == nullptr || progress.match() > best->match()) best = &progress;
  }
  return best;
}

void Raft::Impl::On(const TransferLeadership& input) {
  if (role_ != Role::kLeader) return;
  NodeId to = input.to;
  if (to == NodeId{}) {
    const Progress* best = BestTransferTarget();
    if (best == nullptr) return;
    to = best->member().node;
  }
  const auto found = lead_->followers.find(to);
  if (found == lead_->followers.end() || !Counts(found->second)) return;
  StartTransfer(to);
}

void Raft::Impl::StartTransfer(NodeId to) {
  if (lead_->transfer_to == to) return;
  lead_->transfer_to = to;
  lead_->transfer_deadline = now_ + config_.election_timeout;
  lead_->timeout_now_sent = false;
}

void Raft::Impl::MaybeFinishTransfer() {
  if (lead_->transfer_to == NodeId{} || lead_->timeout_now_sent) return;
  const Progress& target = lead_->followers.at(lead_->transfer_to);
  if (!Counts(target) || target.match() < log_.last_index()) return;
  lead_->timeout_now_sent = true;
  lead_->lease_void = true;
  Send(lead_->transfer_to, TimeoutNow{});
}

void Raft::Impl::CheckTransfer() {
  if (lead_->transfer_to == NodeId{} || now_ < lead_->transfer_deadline) return;
  // It did not work out; go on. If the target was told to campaign, the lease stays void for this
  // term.
  lead_->transfer_to = NodeId{};
}

bool Raft::Impl::DiskHung() const {
  const std::optional<Micros> oldest = durability_.oldest();
  return oldest && now_ >= *oldest + config_.slow_disk;
}

void Raft::Impl::CheckDiskSpeed() {
  // Who is alone has nobody to hand over to: stepping down would only turn its clients away.
  if (majority() == 1) return;
  if (!DiskHung() || lead_->transfer_to != NodeId{}) return;
  const Progress* best = BestTransferTarget();
  const Micros oldest = *durability_.oldest();
  const bool tried = now_ >= oldest + config_.slow_disk + config_.election_timeout;
  if (best != nullptr && !tried) {
    StartTransfer(best->member().node);
    return;
  }
  // Nobody took over: at least do not keep the others from electing somebody whose disk works.
  if (now_ >= oldest + config_.election_timeout) BecomeFollower(term(), NodeId{});
}

}  // namespace jfs::raft
