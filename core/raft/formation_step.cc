#include <utility>

#include "core/raft/impl.h"

// The peer's part in formation; the rules themselves are in formation.h.
namespace jfs::raft {

void Raft::Impl::SendHello(NodeId to, bool answer) {
  Hello hello = {.answer = answer, .locked = hard_.locked, .formed = hard_.membership};
  // A lock is heard of only once it cannot be forgotten.
  SendAfterDurable(to, LogIndex{}, std::move(hello));
}

void Raft::Impl::OnHello(const Message& message, const Hello& hello) {
  if (formed()) {
    // A formed peer says Hello only in answer to one of ours from before.
    if (!hello.answer && !hello.formed.formed()) SendHello(message.from.node, /*answer=*/true);
    return;
  }
  if (hello.formed.formed()) {
    Adopt(hello.formed);
    return;
  }
  formation_.Heard(message.from, hello);
  AdvanceFormation();
  if (!hello.answer) SendHello(message.from.node, /*answer=*/true);
}

void Raft::Impl::AdvanceFormation() {
  if (!hard_.locked.formed()) {
    const std::optional<Membership> record = formation_.Lock();
    if (!record) return;
    hard_.locked = *record;
    hard_dirty_ = true;
  }
  if (formation_.Formed(hard_.locked)) Adopt(hard_.locked);
}

void Raft::Impl::Adopt(Membership record) {
  bool named = false;
  for (const Member& member : record.members) named = named || member.node == config_.self;
  if (!named) return;  // another cluster's, or another configuration: status stays kForming
  // Our own lock may be part of what makes the record formed, and FIFO order puts it on disk first.
  hard_.membership = std::move(record);
  hard_.locked = Membership{};
  // Our node with another disk: we stand on an empty one and owe what the one before had promised.
  if (!hard_.membership.Contains(self())) hard_.recovering = true;
  hard_dirty_ = true;
  role_ = Role::kFollower;
  ResetElectionTimer();
}

void Raft::Impl::FormingTimers() {
  if (now_ < hello_deadline_) return;
  hello_deadline_ = now_ + config_.heartbeat_interval;
  AdvanceFormation();
  if (formed()) return;
  for (NodeId node : config_.initial_members) {
    if (node != config_.self) SendHello(node, /*answer=*/false);
  }
}

}  // namespace jfs::raft
