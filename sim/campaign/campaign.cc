#include "sim/campaign/campaign.h"

#include <algorithm>
#include <chrono>
#include <ostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "core/base/codec.h"
#include "core/base/hash.h"
#include "sim/campaign/fork_pool.h"

namespace jfs::sim {
namespace {

using Clock = std::chrono::steady_clock;

uint64_t MicrosSince(Clock::time_point start) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count());
}

// What a child says about one seed.
struct Record {
  RunResult result;
  uint64_t run_micros = 0;
};

std::string Encode(const Record& record) {
  std::string bytes;
  Encoder out(&bytes);
  const RunResult& result = record.result;
  out.Bool(result.violation.has_value());
  if (result.violation.has_value()) {
    out.Bytes(result.violation->oracle);
    out.Bytes(result.violation->text);
  }
  for (const uint64_t count : result.probes.counts()) out.U64(count);
  out.U64(result.virtual_time.value);
  out.U64(result.events);
  out.U64(result.acknowledged);
  out.U64(result.fingerprint);
  out.U64(record.run_micros);
  return bytes;
}

Record Decode(const std::string& bytes) {
  Record record;
  Decoder in(bytes);
  RunResult& result = record.result;
  if (in.Bool()) {
    std::string oracle(in.Bytes());
    std::string text(in.Bytes());
    result.violation = Violation{std::move(oracle), std::move(text)};
  }
  for (uint64_t& count : result.probes.counts()) count = in.U64();
  result.virtual_time = Micros(in.U64());
  result.events = in.U64();
  result.acknowledged = in.U64();
  result.fingerprint = in.U64();
  record.run_micros = in.U64();
  return record;
}

std::string ReplayCommand(const RunOptions& run, uint64_t seed) {
  std::string command = absl::StrCat("nssim --seed ", seed, " --trace");
  const FaultSet off = FaultSet::All().Without(run.allowed);
  if (!off.empty()) absl::StrAppend(&command, " --without \"", off.ToString(), "\"");
  return command;
}

}  // namespace

CampaignResult RunCampaign(const CampaignOptions& options, std::ostream& out) {
  CampaignResult total;
  const Clock::time_point start = Clock::now();
  uint64_t last_progress = 0;
  const uint64_t seeds = options.last_seed - options.first_seed + 1;
  ForkPool pool;
  pool.jobs = options.jobs;
  pool.work = [&](uint64_t task) {
    const Clock::time_point begin = Clock::now();
    RunOptions run = options.run;
    run.seed = options.first_seed + task;
    Record record;
    record.result = RunSeed(run, nullptr);
    record.run_micros = MicrosSince(begin);
    return Encode(record);
  };
  pool.done = [&](uint64_t task, std::optional<std::string> bytes) {
    const uint64_t seed = options.first_seed + task;
    Record record;
    if (bytes.has_value()) {
      record = Decode(*bytes);
    } else {
      record.result.violation = Violation{"process", "the simulator itself died of this seed"};
    }
    total.probes.Add(record.result.probes);
    total.virtual_micros += record.result.virtual_time.value;
    total.events += record.result.events;
    total.acknowledged += record.result.acknowledged;
    total.run_micros += record.run_micros;
    // A sum, because runs end in any order.
    total.fingerprint += HashCombine(seed, record.result.fingerprint);
    if (record.result.violation.has_value()) {
      out << "seed " << seed << " FAILED: " << record.result.violation->oracle << ": "
          << record.result.violation->text << "\n  replay: " << ReplayCommand(options.run, seed)
          << std::endl;
      total.failures.push_back(CampaignFailure{seed, *record.result.violation});
    } else {
      ++total.passed;
    }
    const uint64_t elapsed = MicrosSince(start);
    if (elapsed - last_progress >= 5'000'000) {
      last_progress = elapsed;
      const uint64_t ended = total.passed + total.failures.size();
      out << absl::StreamFormat("%d of %d seeds, %d failed, %.1f seeds/s, %d virtual hours", ended,
                                seeds, total.failures.size(),
                                static_cast<double>(ended) * 1e6 / static_cast<double>(elapsed),
                                total.virtual_micros / 3'600'000'000)
          << std::endl;
    }
  };
  pool.more = [&] {
    return options.minutes == 0 || MicrosSince(start) < options.minutes * 60'000'000;
  };
  pool.Run(seeds);
  total.wall_micros = MicrosSince(start);
  std::sort(total.failures.begin(), total.failures.end(),
            [](const auto& a, const auto& b) { return a.seed < b.seed; });
  return total;
}

int ReportCampaign(const CampaignOptions& options, const CampaignResult& result,
                   std::ostream& out) {
  const uint64_t ended = result.passed + result.failures.size();
  out << "\nWhat the runs reached:\n";
  std::vector<std::string_view> never;
  for (int i = 0; i < kProbes; ++i) {
    const auto probe = static_cast<Probe>(i);
    const std::string_view text = kProbeTexts[static_cast<size_t>(i)];
    out << absl::StreamFormat("%14d  %s\n", result.probes.count(probe), text);
    if (result.probes.count(probe) == 0) never.push_back(text);
  }
  const double run_seconds = static_cast<double>(result.run_micros) / 1e6;
  out << absl::StreamFormat(
      "\n%d runs, %d virtual seconds, %d operations acknowledged, %d events; %.1f s on the clock\n",
      ended, result.virtual_micros / kSecond, result.acknowledged, result.events,
      static_cast<double>(result.wall_micros) / 1e6);
  if (ended > 0 && run_seconds > 0) {
    out << absl::StreamFormat("simulated to real time per core %.0f : 1, %.3f s a seed\n",
                              static_cast<double>(result.virtual_micros) / 1e6 / run_seconds,
                              run_seconds / static_cast<double>(ended));
  }
  out << absl::StreamFormat("event hash of all runs: %016x\n", result.fingerprint);
  for (const std::string_view text : never) out << "never reached: " << text << "\n";
  for (const CampaignFailure& failure : result.failures) {
    out << "failed seed " << failure.seed << " (" << failure.violation.oracle
        << "): " << ReplayCommand(options.run, failure.seed) << "\n";
  }
  const bool probes_failed = !never.empty() && ended >= options.seeds_to_hit_all_probes;
  if (probes_failed) out << "a campaign of this size must reach everything\n";
  out << result.passed << " passed, " << result.failures.size() << " failed" << std::endl;
  return result.failures.empty() && !probes_failed ? 0 : 1;
}

}  // namespace jfs::sim
