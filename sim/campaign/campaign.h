#ifndef SIM_CAMPAIGN_CAMPAIGN_H_
#define SIM_CAMPAIGN_CAMPAIGN_H_

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "sim/run/run.h"
#include "sim/run/run_config.h"
#include "sim/world/probes.h"

namespace jfs::sim {

struct CampaignOptions {
  uint64_t first_seed = 1;
  uint64_t last_seed = 1;
  RunOptions run;  // without seed
  int jobs = 1;
  uint64_t minutes = 0;  // no new seed after so long; 0: no limit
  // Unhit probes fail a campaign of at least so many seeds.
  uint64_t seeds_to_hit_all_probes = 1000;
};

struct CampaignFailure {
  uint64_t seed = 0;
  Violation violation;
};

struct CampaignResult {
  uint64_t passed = 0;
  std::vector<CampaignFailure> failures;  // by seed
  Probes probes;
  uint64_t virtual_micros = 0, wall_micros = 0, run_micros = 0;  // run: summed over all jobs
  uint64_t events = 0, acknowledged = 0;
  // Of all runs' event hashes, in whatever order they ended: the same for the same seeds, jobs or
  // no jobs, whichever compiler built the program.
  uint64_t fingerprint = 0;
};

// Runs the seeds, telling `out` how it goes and each failure as it comes.
CampaignResult RunCampaign(const CampaignOptions& options, std::ostream& out);

// The table of probes, the failing seeds with the command that replays each, and the last line `N
// passed, N failed`. The exit code: 0 if nothing failed.
int ReportCampaign(const CampaignOptions& options, const CampaignResult& result, std::ostream& out);

}  // namespace jfs::sim

#endif  // SIM_CAMPAIGN_CAMPAIGN_H_
