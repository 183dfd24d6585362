#ifndef SIM_RUN_RUN_H_
#define SIM_RUN_RUN_H_

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "core/base/time.h"
#include "sim/oracle/violation.h"
#include "sim/run/run_config.h"
#include "sim/world/probes.h"

namespace jfs::sim {

// What came of one seed.
struct RunResult {
  std::optional<Violation> violation;
  uint64_t fingerprint = 0;
  Probes probes;
  Micros virtual_time;
  uint64_t events = 0;
  uint64_t acknowledged = 0;
  uint64_t mutations = 0;
  // With core's checks as crashes: processes that one of them ended.
  uint64_t check_failures = 0;
  std::string config;
};

// One run from beginning to end: faults and oracles until enough happened, then a healed majority
// that has to make progress and come to rest. Equal options give equal results. REQUIRES:
// InstallCheckHandler() was called.
RunResult RunSeed(const RunOptions& options, std::ostream* trace);

}  // namespace jfs::sim

#endif  // SIM_RUN_RUN_H_
