#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/node/node_impl.h"
#include "core/node/snapshot_wire.h"

namespace jfs::node {

// By what is replicated, and before anything is by the configuration.
bool Node::Impl::InRecovery() const {
  if (namespace_->recovery().state != ns::RecoveryState::kNone) return true;
  return config_.mirror.recovery && namespace_->position().sequence() == 0;
}

// A state that was flushed long ago may know a mirror that has been given up since: only what is in
// the log as well is what this master knew when it ended.
absl::Status Node::Impl::CheckMirror() const {
  if (applied_.index < log_end_at_start_) return absl::OkStatus();
  return CheckMirrorConfig(*namespace_, config_.mirror);
}

bool Node::Impl::MirrorOpen() const {
  return namespace_->recovery().state != ns::RecoveryState::kNone ||
         namespace_->mirror().record.state == ns::MirrorState::kUndecided;
}

// True if namespaces may be made and changed.
bool Node::Impl::MirrorDuties(const raft::Standing& raft) {
  const MirrorDuty::Turn turn{.now = now_,
                              .term = raft.term,
                              .cluster = raft_->membership().cluster,
                              .state = namespace_.get(),
                              .store = store_};
  absl::StatusOr<bool> decided = mirror_duty_.Step(turn, &calls_, &out_);
  if (!decided.ok()) {
    Fail(absl::Status(
        decided.status().code(),
        absl::StrCat("cannot read the state for the mirror: ", decided.status().message())));
    return false;
  }
  return *decided;
}

Micros Node::Impl::TellDue() const {
  const NodeId leader = raft_->standing().leader;
  if (leader == NodeId{} || leader == config_.raft.self || !MirrorOpen()) return kNever;
  return leader == told_ ? last_told_ + kSecond : now_;
}

void Node::Impl::TellMirrorSetting() {
  if (phase_ != Phase::kRunning || now_ < TellDue()) return;
  told_ = raft_->standing().leader;
  last_told_ = now_;
  out_.send.push_back(
      SendPayload{told_, Lane::kControl, SharedBytes(EncodePeerPayload(config_.mirror.setting()))});
}

MirrorStatus Node::Impl::mirror_status() const {
  if (namespace_ == nullptr) return {};
  return mirror_duty_.status(*namespace_);
}

}  // namespace jfs::node
