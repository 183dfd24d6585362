#ifndef SIM_RUN_GENERATION_H_
#define SIM_RUN_GENERATION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/cluster/cluster.h"
#include "sim/cluster/nemesis.h"
#include "sim/oracle/search_checker.h"
#include "sim/run/run_config.h"
#include "sim/tablestore/tablestore.h"
#include "sim/workload/client.h"
#include "sim/world/probes.h"
#include "sim/world/world.h"

namespace jfs::sim {

// One cluster of a run with its clients and what breaks it. A run has several, one after the other
// or two at once, that have nothing in common but the world, Tablestore, and what is in it.
class Generation {
 public:
  // `mirror`: how all its masters are configured. `history` (may be null): where clients of a
  // search check note what they do.
  Generation(World* world, Probes* probes, const RunConfig& config, uint64_t number,
             const node::MirrorConfig& mirror, Tablestore* tablestore,
             std::vector<SearchOperation>* history);

  uint64_t number() const { return number_; }
  Cluster& cluster() { return cluster_; }
  const Cluster& cluster() const { return cluster_; }
  Nemesis& nemesis() { return nemesis_; }
  const std::vector<std::unique_ptr<Client>>& clients() const { return clients_; }

  void Start();
  void StartClients();
  void StopClients();
  void StopSearching();

  // All its machines are gone for good.
  void Destroy();
  // All its machines stand still, for now, and no client reaches them.
  void FallAsleep();
  void WakeUp();
  // All masters end and start again with another configuration, `odd` of them (1 to n; 0: none)
  // with that of before until Reconfigure is called again.
  void Reconfigure(const node::MirrorConfig& mirror, uint64_t odd = 0);

  uint64_t acknowledged() const;
  uint64_t writes_acknowledged() const;
  // Lets the operator end safe mode where whoever asked for it has been stopped.
  void EndSafeMode();
  // All healed nodes have applied everything there is, none still has work that nobody asked for,
  // and the mirror, if it is kept, has everything.
  bool AtRest(const std::vector<NodeId>& healed);
  bool DeletesPending(const std::vector<NodeId>& healed) const;
  // Changes as long as the mirror goes on catching up.
  uint64_t MirrorProgress() const;
  // It is decided whether there is a mirror, and no recovery goes on.
  bool Settled() const;
  std::string StatusTable() const;

 private:
  const RunConfig config_;
  const uint64_t number_;
  Cluster cluster_;
  Nemesis nemesis_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<Client*> search_clients_;
  std::unique_ptr<Client> operator_;
};

}  // namespace jfs::sim

#endif  // SIM_RUN_GENERATION_H_
