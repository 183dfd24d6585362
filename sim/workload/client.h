#ifndef SIM_WORKLOAD_CLIENT_H_
#define SIM_WORKLOAD_CLIENT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/identity.h"
#include "core/base/time.h"
#include "sim/cluster/cluster.h"
#include "sim/workload/call_source.h"
#include "sim/world/probes.h"
#include "sim/world/world.h"

namespace jfs::sim {

// One client, one call at a time, in the manner of Hadoop's client with several NameNodes: it
// follows the hint of a standby or goes to the next master, repeats a call whose fate it does not
// know under the same call id, and gives up in the end.
class Client {
 public:
  Client(World* world, Probes* probes, Cluster* cluster, int number,
         std::unique_ptr<CallSource> source);

  // Also after Stop.
  void Start();
  // No new call begins; the one under way is finished or given up.
  void Stop() { stopped_ = true; }
  bool stopped() const { return stopped_; }
  bool idle() const { return !busy_; }

  uint64_t acknowledged() const { return acknowledged_; }
  uint64_t writes_acknowledged() const { return writes_acknowledged_; }

 private:
  void Begin();
  void Try();
  void Answer(uint64_t attempt, const node::ClientReply* reply);
  void TimeOut(uint64_t attempt);
  void TryLater(NodeId where, bool fail_over);
  void Finish(const node::ClientReply* reply);
  NodeId Next(NodeId after) const;
  Duration Draw(uint64_t what, Duration low, Duration high) const;

  World* world_;
  Probes* probes_;
  Cluster* cluster_;
  int number_;
  std::unique_ptr<CallSource> source_;

  bool stopped_ = false;
  bool busy_ = false;
  uint64_t calls_ = 0;
  uint64_t attempts_ = 0;  // of all calls
  Call call_;
  uint64_t floor_ = 0;
  Micros began_;
  NodeId target_;
  uint64_t acknowledged_ = 0, writes_acknowledged_ = 0;
};

}  // namespace jfs::sim

#endif  // SIM_WORKLOAD_CLIENT_H_
