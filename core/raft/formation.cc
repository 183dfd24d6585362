#include "core/raft/formation.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/codec.h"
#include "core/base/hash.h"

namespace jfs::raft {

Membership MakeRecord(std::vector<Member> members) {
  std::sort(members.begin(), members.end(),
            [](const Member& a, const Member& b) { return a.node < b.node; });
  std::string bytes;
  Encoder encoder(&bytes);
  for (const Member& member : members) {
    encoder.U64(member.node.value);
    encoder.U64(member.incarnation.value);
  }
  // Zero means "not formed".
  const uint64_t id = std::max<uint64_t>(Hash64(bytes), 1);
  return {.cluster = ClusterId(id), .members = std::move(members)};
}

Formation::Formation(Member self, std::vector<NodeId> initial_members)
    : self_(self), initial_members_(std::move(initial_members)) {}

void Formation::Heard(const Member& from, const Hello& hello) {
  if (!std::binary_search(initial_members_.begin(), initial_members_.end(), from.node)) return;
  peers_[from.node] = {.incarnation = from.incarnation, .locked = hello.locked};
}

std::optional<Membership> Formation::Lock() const {
  for (const auto& [node, peer] : peers_) {
    if (peer.locked.formed() && peer.locked.Contains(self_)) return peer.locked;
  }
  std::vector<Member> members;
  for (NodeId node : initial_members_) {
    if (node == self_.node) {
      members.push_back(self_);
      continue;
    }
    const auto peer = peers_.find(node);
    if (peer == peers_.end()) return std::nullopt;
    // A lock that names our node with another disk: the one before was lost. Let them form and
    // admit us.
    if (peer->second.locked.formed()) return std::nullopt;
    members.push_back({.node = node, .incarnation = peer->second.incarnation});
  }
  return MakeRecord(std::move(members));
}

bool Formation::Formed(const Membership& locked) const {
  size_t locks = 0;
  for (const Member& member : locked.members) {
    if (member == self_) {
      ++locks;
      continue;
    }
    const auto peer = peers_.find(member.node);
    if (peer == peers_.end()) return false;
    if (peer->second.incarnation != member.incarnation) continue;
    if (peer->second.locked != locked) return false;
    ++locks;
  }
  return locks >= locked.majority();
}

}  // namespace jfs::raft
