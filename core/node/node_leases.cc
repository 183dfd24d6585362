#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/overload.h"
#include "core/node/node_impl.h"

namespace jfs::node {

FileLeases& Node::Impl::LeasesOfTerm() {
  const raft::Term term = raft_->standing().term;
  if (leases_term_ != term) {
    leases_term_ = term;
    leases_.Begin(now_);
  }
  return leases_;
}

// A call that opens a file shows that its client is alive. And if the path leads to a file that
// somebody else writes, the call carries whether that writer still counts.
template <typename Op>
bool Node::Impl::JudgeLeaseAt(ns::NamespaceId ns, Op* op) {
  op->expired_lease = 0;  // the leader's word, never a client's
  FileLeases& leases = LeasesOfTerm();
  // A release that is under way would take the new file along.
  if (!leases.RenewOpener(op->client_name, now_)) return false;
  if (!leases.AnyPastSoftLimit(now_)) return true;
  const absl::StatusOr<std::optional<ns::Namespace::LeaseInfo>> lease =
      namespace_->LeaseAt(*store_, ns, op->path);
  if (!lease.ok()) {
    Fail(absl::Status(lease.status().code(),
                      absl::StrCat("cannot read the state: ", lease.status().message())));
    return false;
  }
  if (lease->has_value() && (*lease)->holder != op->client_name) {
    op->expired_lease = leases.Judge(**lease, calls_.next_number(), now_);
  }
  return true;
}

bool Node::Impl::JudgeLease(ns::Command* command) {
  return std::visit(
      Overload{
          [&](ns::Create& op) { return JudgeLeaseAt(command->ns, &op); },
          [&](ns::Append& op) { return JudgeLeaseAt(command->ns, &op); },
          [&](ns::Truncate& op) { return JudgeLeaseAt(command->ns, &op); },
          // It is given the file, if nobody else may have it.
          [&](ns::RecoverLease& op) { return LeasesOfTerm().RenewOpener(op.client_name, now_); },
          [](const auto&) { return true; },
      },
      command->operation);
}

void Node::Impl::ReleaseDueLeases() {
  // Names that renew without anything open are forgotten in time as well.
  if (!namespace_->has_open_files() && leases_.knows_nobody()) return;
  FileLeases& leases = LeasesOfTerm();
  if (now_ < leases.next_look()) return;
  // In safe mode nothing is closed; the time goes on all the same.
  const bool may_release = !namespace_->safe_mode();
  for (ns::ReleaseLease& release :
       leases.Due(namespace_->leases(), may_release, calls_.decided_through(), calls_.next_number(),
                  now_)) {
    Say(Event::Severity::kInfo,
        absl::StrCat("the lease of ", release.holder, " has expired: its files are closed"));
    calls_.AddInternal(std::move(release));
  }
}

// The one write that a read can cause. It is not waited for, and where it is lost the next reader
// brings it about.
void Node::Impl::NoteAccess(const ns::ReadRequest& request, const ns::Reply& reply) {
  const auto* const query = std::get_if<ns::GetBlockLocations>(&request.query);
  const auto* const found = std::get_if<ns::BlockLocations>(&reply.value);
  if (query == nullptr || found == nullptr) return;
  const uint64_t precision = namespace_->limits().access_time_precision_millis;
  if (precision == 0 || wall_.value <= found->atime.value + precision) return;
  const raft::Standing raft = raft_->standing();
  if (raft.role != raft::Role::kLeader || !raft.ready || namespace_->safe_mode()) return;
  // Read through more slashes than a command may have.
  if (query->path.size() > config_.max_command_bytes / 2) return;
  // A file that many read at once is proposed once.
  if (now_ >= accessed_since_ + kSecond) {
    accessed_.clear();
    accessed_since_ = now_;
  }
  if (!accessed_.insert(found->file_id).second) return;
  calls_.AddInternal(ns::SetAccessTime{query->path, found->file_id}, request.ns);
}

}  // namespace jfs::node
