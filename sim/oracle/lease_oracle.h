#ifndef SIM_ORACLE_LEASE_ORACLE_H_
#define SIM_ORACLE_LEASE_ORACLE_H_

#include <map>
#include <string>

#include "core/base/time.h"
#include "core/ns/request.h"
#include "sim/world/fault.h"

namespace jfs::sim {

// What the leases of writers promise, judged by the simulator's own time: whoever is told that his
// renewal was heard keeps his files for the hard limit, whatever clocks run how fast, whoever
// leads; and what nobody renews is closed in the end. Violations are thrown.
class LeaseOracle {
 public:
  // `hard` is the limit that the masters are configured with, `clock_error` by how much at most one
  // of their clocks is wrong about a duration, as a fraction of it.
  LeaseOracle(Duration hard, Ratio clock_error) : hard_(hard), clock_error_(clock_error) {}

  // A leader has made the answer that `holder`'s renewal, which arrived `at` that time, was heard,
  // or that he has a file open; the answer need not arrive.
  void Renewed(const std::string& holder, Micros at);
  // `release` has been seen to be committed for the first time. `effective`: the lease was still
  // that holder's.
  void Released(const ns::ReleaseLease& release, bool effective, Micros now);

 private:
  Duration hard_;
  Ratio clock_error_;
  std::map<std::string, Micros> renewed_;
};

}  // namespace jfs::sim

#endif  // SIM_ORACLE_LEASE_ORACLE_H_
