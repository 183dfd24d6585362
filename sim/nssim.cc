// nssim: the simulator on the command line. See --help and docs/architecture.md.
#include <malloc.h>

#include <cstdint>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include <CLI/CLI.hpp>

#include "sim/campaign/campaign.h"
#include "sim/campaign/mutants.h"
#include "sim/cluster/process.h"
#include "sim/run/run.h"

namespace jfs::sim {
namespace {

// "7" or "1..5000".
bool ParseSeeds(const std::string& text, uint64_t* first, uint64_t* last) {
  const std::vector<std::string> ends = absl::StrSplit(text, "..");
  if (ends.size() > 2 || !absl::SimpleAtoi(ends.front(), first)) return false;
  *last = *first;
  if (ends.size() == 2 && !absl::SimpleAtoi(ends.back(), last)) return false;
  return *first <= *last;
}

// Names of faults, separated by spaces or commas.
bool ParseFaults(const std::string& text, FaultSet* faults) {
  const std::vector<std::string> names =
      absl::StrSplit(text, absl::ByAnyChar(" ,"), absl::SkipEmpty());
  for (const std::string& name : names) {
    const std::optional<FaultKind> kind = FaultByName(name);
    if (!kind.has_value()) {
      std::cerr << "nssim: no fault is called '" << name
                << "'; there are: " << FaultSet::All().ToString() << "\n";
      return false;
    }
    faults->Add(*kind);
  }
  return true;
}

int ReplayOne(const RunOptions& options, bool trace) {
  const RunResult result = RunSeed(options, trace ? &std::cout : nullptr);
  std::cout << absl::StreamFormat(
      "seed %d: event hash %016x, %d events, %.3f virtual seconds, %d operations acknowledged, "
      "%d mutations\n",
      options.seed, result.fingerprint, result.events,
      static_cast<double>(result.virtual_time.value) / 1e6, result.acknowledged, result.mutations);
  std::cout << "  " << result.config << "\n";
  if (!result.violation.has_value()) {
    std::cout << "1 passed, 0 failed" << std::endl;
    return 0;
  }
  std::cout << "FAILED: " << result.violation->oracle << ": " << result.violation->text << "\n"
            << "0 passed, 1 failed" << std::endl;
  return 1;
}

int Main(int argc, char** argv) {
  CLI::App app{
      "Runs whole clusters of masters in a virtual world that breaks networks, disks, clocks and "
      "processes, and checks what they answered. Equal seed, equal run.\n"
      "  nssim --seed 7 --trace        one run, with everything that happens\n"
      "  nssim --seeds 1..5000         a campaign\n"
      "  nssim mutants                 which planted bugs does it find, and how fast"};
  uint64_t seed = 1;
  std::string seeds;
  bool trace = false;
  std::string without;
  std::string mutation;
  bool core_checks_off = false;
  CampaignOptions campaign;
  auto* seed_option = app.add_option("--seed", seed, "replay this seed");
  auto* seeds_option = app.add_option("--seeds", seeds, "run these seeds: A..B");
  seed_option->excludes(seeds_option);
  app.add_flag("--trace", trace, "with --seed: print every event of interest");
  app.add_option("--without", without, "faults that must not occur, by name");
  app.add_option("--mutation", mutation, "plant this bug (see docs/mutants.md), e.g. R03");
  app.add_flag("--core-checks-off", core_checks_off,
               "core's invariants off; a failed CHECK only ends the process it is in");
  bool destroy_unformed = false;
  app.add_flag("--destroy-unformed", destroy_unformed,
               "disks may be lost before the cluster has formed");
  app.add_option("--minutes", campaign.minutes, "begin no new seed after so many minutes");
  app.add_option("--jobs", campaign.jobs, "processes at a time")->check(CLI::Range(1, 256));

  MutantOptions mutants;
  std::string only;
  auto* mutants_command = app.add_subcommand("mutants", "run every planted bug");
  mutants_command->add_option("--only", only, "these alone: R03,N01");
  mutants_command->add_option("--jobs", mutants.jobs, "processes at a time")
      ->check(CLI::Range(1, 256));
  mutants_command->add_option("--bases", mutants.bases, "seed bases per bug");
  mutants_command->add_option("--seeds-per-base", mutants.seeds_per_base,
                              "seeds before a bug counts as survivor");
  mutants_command->add_option("--control-seeds", mutants.control_seeds,
                              "seeds of the two controls");
  CLI11_PARSE(app, argc, argv);

  InstallCheckHandler();
  if (mutants_command->parsed()) {
    mutants.only = absl::StrSplit(only, ',', absl::SkipEmpty());
    return RunMutants(mutants, std::cout);
  }
  FaultSet off;
  if (!ParseFaults(without, &off)) return 2;
  RunOptions run;
  run.allowed = FaultSet::All().Without(off);
  run.core_checks = !core_checks_off;
  run.destroy_unformed = destroy_unformed;
  if (!mutation.empty()) {
    const Mutant* mutant = FindMutant(mutation);
    if (mutant == nullptr) {
      std::cerr << "nssim: no planted bug is called '" << mutation << "'\n";
      return 2;
    }
    run.mutations = Mutations(mutant->mutation);
  }
  if (seeds.empty()) {
    run.seed = seed;
    return ReplayOne(run, trace);
  }
  if (!ParseSeeds(seeds, &campaign.first_seed, &campaign.last_seed)) {
    std::cerr << "nssim: --seeds wants A..B, for example 1..5000, not '" << seeds << "'\n";
    return 2;
  }
  campaign.run = run;
  const CampaignResult result = RunCampaign(campaign, std::cout);
  return ReportCampaign(campaign, result, std::cout);
}

}  // namespace
}  // namespace jfs::sim

int main(int argc, char** argv) {
  // Seeds come and go with all their disks and stores: what one frees, the next one wants again.
  // Handing it back to the kernel in between costs a tenth of the time.
  constexpr int kKept = 256 << 20;  // bytes
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, kKept);
  mallopt(M_TOP_PAD, 16 << 20);
  return jfs::sim::Main(argc, argv);
}
