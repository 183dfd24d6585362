#ifndef SIM_CLUSTER_CLUSTER_H_
#define SIM_CLUSTER_CLUSTER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/functional/any_invocable.h"

#include "core/base/identity.h"
#include "core/node/io.h"
#include "core/ns/request.h"
#include "sim/cluster/disk_promises.h"
#include "sim/cluster/process.h"
#include "sim/network/network.h"
#include "sim/oracle/client_oracle.h"
#include "sim/oracle/committed_history.h"
#include "sim/oracle/lease_oracle.h"
#include "sim/oracle/raft_oracle.h"
#include "sim/run/run_config.h"
#include "sim/tablestore/tablestore.h"
#include "sim/workload/call_source.h"
#include "sim/world/probes.h"
#include "sim/world/world.h"

namespace jfs::sim {

// All masters of one cluster, the network between them and to the clients, and the oracles that
// look on after every step.
class Cluster : public NetworkHost, public ProcessHost {
 public:
  // Null: the connection broke, or nobody listens. Not called at all if request or answer was lost.
  using Answer = absl::AnyInvocable<void(const node::ClientReply*) &&>;

  // `generation` counts the clusters of a run, all of which know the same Tablestore.
  Cluster(World* world, Probes* probes, const RunConfig& config, uint64_t generation,
          Tablestore* tablestore);
  ~Cluster() override;

  void StartAll();
  // A client's call to `to`; `identity` names this attempt.
  void Submit(NodeId to, Call call, Identity identity, Answer answer);

  const std::vector<NodeId>& nodes() const { return nodes_; }
  Process& process(NodeId node) { return *processes_[node.value - 1]; }
  const Process& process(NodeId node) const { return *processes_[node.value - 1]; }
  Network& network() { return network_; }
  CommittedHistory& history() { return history_; }
  const CommittedHistory& history() const { return history_; }
  ClientOracle& clients() { return clients_; }
  // The node's disk is new: it may know nothing.
  void ForgetDisk(NodeId node);
  const RunConfig& config() const { return config_; }

  // Kills the process and starts it again later, unless it has been left down for good.
  void Crash(NodeId node, Duration restart_after);
  void StartIfDown(NodeId node);
  // While starts are held nothing is started, whoever asks.
  void HoldStarts(bool hold) { starts_held_ = hold; }
  // The node stays as it is for ever.
  void LeaveDown(NodeId node) { left_down_.at(node.value - 1) = true; }
  // A fault of the disk hit this node: it may stop by itself until ExcuseOver(). Calls nest.
  void Excuse(NodeId node) { ++excuses_.at(node.value - 1); }
  void ExcuseOver(NodeId node) { --excuses_.at(node.value - 1); }
  // Clients reach `node` again only then.
  void CutClients(NodeId node, Micros until) { clients_cut_.at(node.value - 1) = until; }
  // From now on what a disk holds and what it had promised are two things: quorum durability is no
  // longer verified by what the disks hold. `node` is the one whose disk it is, until Repaired().
  void NoteDestroyed(NodeId node);
  void Repaired() { victim_.reset(); }
  // The one node whose disk may have lost something.
  std::optional<NodeId> victim() const { return victim_; }

  // The greatest sequence that a leader has called mirrored, by its status or by what it
  // replicated: a recovery must not lose it.
  uint64_t mirrored() const { return mirrored_; }

  uint64_t process_check_failures() const { return check_failures_; }

  // NetworkHost
  bool Listening(NodeId node) const override;
  node::PeerHello Hello(NodeId from, NodeId to, node::Lane lane) const override;
  void Deliver(NodeId from, NodeId to, SharedBytes payload) override;
  // ProcessHost
  void SendToPeer(NodeId from, node::SendPayload payload) override;
  void Stepped(NodeId node, const node::Node& state, const node::Output& output) override;
  void CallTablestore(NodeId node, uint64_t run, node::CallTablestore call) override;
  void Answered(NodeId node, uint64_t run, node::ClientReply reply) override;
  bool MayForget(NodeId node) const override { return promises_.OthersHold(node); }
  void Died(NodeId node, Death death) override;

 private:
  struct Pending {
    Call call;
    Identity identity;
    Answer answer;
    Micros arrived;
  };
  using PendingKey = std::tuple<NodeId, uint64_t, node::CallHandle>;

  void Arrive(NodeId to, Call call, Identity identity, Answer answer);
  void CheckDurable(const node::ClientReply& reply);
  // Shows what has been committed since to the oracle of file leases.
  void SeeReleases();
  // What the log asks for when it can make nothing of its files.
  void OperatorMovesLogAway(NodeId node, const absl::Status& verdict);
  void DropPending(NodeId node);
  void SeeMirror(const node::Node& state);

  World* world_;
  Probes* probes_;
  RunConfig config_;
  const uint64_t generation_;
  Tablestore* tablestore_;
  uint64_t mirrored_ = 0;
  std::vector<NodeId> nodes_;
  Network network_;
  CommittedHistory history_;
  ClientOracle clients_;
  RaftOracle raft_oracle_;
  LeaseOracle file_leases_;
  uint64_t releases_seen_ = 0;  // of all entries, how many
  DiskPromises promises_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<int> excuses_;
  std::vector<bool> left_down_;
  bool starts_held_ = false;
  std::vector<Micros> clients_cut_;
  bool destroyed_ = false;
  std::optional<NodeId> victim_;
  uint64_t last_handle_ = 0;
  uint64_t acknowledged_ = 0;
  uint64_t check_failures_ = 0;
  std::map<PendingKey, Pending> pending_;
};

}  // namespace jfs::sim

#endif  // SIM_CLUSTER_CLUSTER_H_
