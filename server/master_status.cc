#include "server/master_status.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace jfs::server {
namespace {

using MasterProto = ::jfs::jindo::MasterStatusProto;

void AddField(MasterProto* master, const std::string& name, const std::string& value) {
  MasterProto::Field* field = master->add_fields();
  field->set_name(name);
  field->set_value(value);
}
void AddField(MasterProto* master, const std::string& name, uint64_t value) {
  AddField(master, name, absl::StrCat(value));
}

std::string RoleName(const node::NodeStatus& status) {
  if (status.phase == node::Phase::kRecovering) return "STARTING";
  if (status.phase == node::Phase::kStopped) return "STOPPED";
  if (status.raft.recovering) return "LEARNER";
  switch (status.raft.role) {
    case raft::Role::kForming:
      return "STARTING";
    case raft::Role::kFollower:
      return "FOLLOWER";
    case raft::Role::kPreCandidate:
    case raft::Role::kCandidate:
      return "CANDIDATE";
    case raft::Role::kLeader:
      return "LEADER";
  }
  return "UNKNOWN";
}

void DescribeSelf(const node::NodeStatus& status, const MirrorFacts& mirror, MasterProto* master) {
  master->set_role(RoleName(status));
  // First, because users know them from there.
  const MirrorFields mirror_fields = DescribeMirror(mirror);
  for (const auto& [name, value] : mirror_fields) AddField(master, name, value);
  // A mirror that is wanted and is not there has no fields, but is worth a word.
  if (!mirror_fields.empty() || mirror.upload) {
    AddField(master, "explain", ExplainMirror(mirror));
  }
  if (status.phase == node::Phase::kInstalling) AddField(master, "installing", 1);
  AddField(master, "term", status.raft.term.value);
  AddField(master, "commit", status.raft.commit.value);
  AddField(master, "applied", status.raft.applied.value);
  AddField(master, "position",
           absl::StrCat(status.position.lineage(), ":", status.position.sequence()));
  AddField(master, "serving", status.serving ? 1 : 0);
  AddField(master, "cluster",
           absl::StrCat(absl::Hex(status.raft.membership.cluster.value, absl::kZeroPad16)));
  AddField(master, "log_bytes", status.log_bytes);
  AddField(master, "state_durable", status.state_durable.index.value);
  if (status.raft.disk_low) AddField(master, "disk_low", 1);
  if (!status.damage.empty()) AddField(master, "damage", status.damage);
}

bool Connected(const net::PeerTransport* peers, NodeId node) {
  return peers != nullptr && peers->stats(node, node::Lane::kControl).connected;
}

void DescribeOther(const node::NodeStatus& status, const net::PeerTransport* peers, NodeId node,
                   MasterProto* master) {
  const bool led_by_it = status.raft.leader == node;
  master->set_role(led_by_it ? "LEADER" : Connected(peers, node) ? "FOLLOWER" : "UNREACHABLE");
  for (const raft::FollowerStatus& follower : status.raft.followers) {
    if (follower.node != node) continue;
    if (!follower.counts && Connected(peers, node)) master->set_role("LEARNER");
    AddField(master, "match", follower.match.value);
    AddField(master, "behind", status.raft.last_index.value - follower.match.value);
    if (follower.snapshotting) AddField(master, "snapshot", 1);
  }
}

}  // namespace

void DescribeMasters(const Config& config, const node::NodeStatus& status,
                     const net::PeerTransport* peers, const MirrorFacts& mirror,
                     ::jfs::jindo::MetaStatusResponseProto* out) {
  out->set_answeredby(static_cast<uint32_t>(config.self.value));
  for (size_t i = 0; i < config.masters.size(); ++i) {
    MasterProto* master = out->add_masters();
    const NodeId node(i + 1);
    master->set_node(static_cast<uint32_t>(node.value));
    master->set_address(config.shown_address(node).ToString());
    if (node == config.self) {
      DescribeSelf(status, mirror, master);
    } else {
      DescribeOther(status, peers, node, master);
    }
  }
}

}  // namespace jfs::server
