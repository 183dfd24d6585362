#ifndef SIM_RUN_RUN_CONFIG_H_
#define SIM_RUN_RUN_CONFIG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/mutation.h"
#include "core/base/time.h"
#include "core/node/node.h"
#include "sim/disk/virtual_disk.h"
#include "sim/network/network.h"
#include "sim/state/state_device.h"
#include "sim/tablestore/tablestore.h"
#include "sim/world/fault.h"

namespace jfs::sim {

// What is asked of a run from outside; everything else follows from the seed.
struct RunOptions {
  uint64_t seed = 1;
  // Fault kinds that may occur if the seed wants them.
  FaultSet allowed = FaultSet::All();
  Mutations mutations;
  // False: core's own invariants are off, and a failed CHECK kills only the process it is in: which
  // oracles outside see a planted bug by themselves?
  bool core_checks = true;
  // Destroying faults from the first moment on, not only once the cluster has formed.
  bool destroy_unformed = false;
};

// Everything that distinguishes one run from another, drawn from the seed: which faults occur, how
// often, and how the nodes are configured. Each fault kind is off in about half of the seeds.
struct RunConfig {
  RunOptions options;
  FaultSet faults;
  int nodes = 3;
  node::Config node;                        // without identity
  std::vector<Duration> election_timeouts;  // see ProcessOptions
  NetworkOptions network;
  DiskOptions disk;
  StateOptions state;
  Duration turn_high = 200;
  Duration reply_high = 100;

  // Time between rounds of the nemesis, and how likely each kind is to strike a node in a round.
  Duration nemesis_interval = 500 * kMillisecond;
  Ratio nemesis_rate{1, 40};
  Ratio send_crash{1, 1000};

  // What the cluster is told about the mirror. Not `upload`: there is no Tablestore in this run.
  bool upload = false;
  // How often all masters are lost for good and another cluster recovers.
  int losses = 0;
  TablestoreOptions tablestore;
  // How long another cluster is in danger while it recovers, and then has at most to finish.
  Duration recovery_danger = 30 * kSecond;
  Duration recovery_bound = 600 * kSecond;
  Duration later_safety_time = 20 * kSecond;

  int clients = 4;
  Duration think_high = 300 * kMillisecond;
  Duration client_timeout = 2 * kSecond;
  Duration client_patience = 20 * kSecond;
  uint32_t read_percent = 40;
  bool search_history = false;  // small histories checked by search too

  // At least this long, and until so many operations were acknowledged.
  Duration safety_time = 60 * kSecond;
  uint64_t operations = 300;
  Duration longest_safety_time = 240 * kSecond;
  // What a healed majority is given to make progress, and then to come to rest.
  Duration progress_bound = 60 * kSecond;
  Duration rest_bound = 60 * kSecond;

  // One line for people.
  std::string ToString() const;
};

RunConfig DrawConfig(const RunOptions& options);

}  // namespace jfs::sim

#endif  // SIM_RUN_RUN_CONFIG_H_
