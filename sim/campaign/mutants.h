#ifndef SIM_CAMPAIGN_MUTANTS_H_
#define SIM_CAMPAIGN_MUTANTS_H_

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/mutation.h"
#include "sim/run/run.h"
#include "sim/run/run_config.h"
#include "sim/world/fault.h"

namespace jfs::sim {

// One planted bug: its switch, and the faults without which it should stay hidden. Sources:
// docs/mutants.md.
struct Mutant {
  Mutation mutation;
  std::string_view name;  // number in docs/mutants.md, e.g. "R03"
  std::string_view what;
  std::vector<FaultKind> exposed_by;  // empty: needs no fault at all
};

const std::vector<Mutant>& Mutants();
// By name, ignoring nothing; null if there is none. The canary is found as "canary".
const Mutant* FindMutant(std::string_view name);

struct MutantOptions {
  std::vector<std::string> only;  // names; empty: all but the canary
  int jobs = 1;
  uint64_t bases = 5;
  uint64_t seeds_per_base = 1000;
  uint64_t control_seeds = 200;
  // Called in processes of their own. Tests of the table itself make up what happens.
  std::function<RunResult(const RunOptions&)> run = [](const RunOptions& one) {
    return RunSeed(one, nullptr);
  };
};

// Runs every planted bug and prints a table: seeds to the first kill in each base, the oracle that
// saw it, whether it is also seen with core's own checks off, whether it survives without the
// faults that expose it. A seed that fails without the bug as well is no kill; such seeds are
// listed at the end. Returns 0, 1 if there were such seeds, 2 if a name is unknown.
int RunMutants(const MutantOptions& options, std::ostream& out);

}  // namespace jfs::sim

#endif  // SIM_CAMPAIGN_MUTANTS_H_
