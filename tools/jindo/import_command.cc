#include "tools/jindo/import_command.h"

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"

#include "core/base/concat.h"
#include "net/event_loop.h"
#include "net/hadoop/ipc_client.h"
#include "tools/jindo/ack_log.h"
#include "tools/jindo/batch_channel.h"
#include "tools/jindo/import_plan.h"
#include "tools/jindo/importer.h"
#include "tools/jindo/target.h"
#include "tools/jindo/walker.h"

namespace jfs::tools {
namespace {

using net::EventLoop;

constexpr std::string_view kCommand = "import";
constexpr int kUsageError = 255;

// Set by SIGINT and SIGTERM: the import then ends in order, with its log and its summary.
std::atomic<bool> interrupted = false;
void OnSignal(int) { interrupted.store(true, std::memory_order_relaxed); }

void Complain(std::string_view text) {
  std::cout.flush();
  std::cerr << kCommand << ": " << text << std::endl;
}

// Names of users or groups by number, looked up once each. A number that has no name stands for
// itself.
class NameCache {
 public:
  explicit NameCache(std::optional<std::string> (*look_up)(uint32_t)) : look_up_(look_up) {}
  std::string operator()(uint32_t id) {
    const auto it = names_.find(id);
    if (it != names_.end()) return it->second;
    return names_[id] = look_up_(id).value_or(std::to_string(id));
  }

 private:
  std::optional<std::string> (*look_up_)(uint32_t);
  std::map<uint32_t, std::string> names_;
};

std::optional<std::string> UserOf(uint32_t uid) {
  const passwd* const entry = getpwuid(uid);
  return entry == nullptr ? std::nullopt : std::optional<std::string>(entry->pw_name);
}
std::optional<std::string> GroupOf(uint32_t gid) {
  const group* const entry = getgrgid(gid);
  return entry == nullptr ? std::nullopt : std::optional<std::string>(entry->gr_name);
}

// Counts entries ahead of the import, for the progress bar.
class Census : public WalkVisitor {
 public:
  explicit Census(const std::atomic<bool>* stop) : stop_(stop) {}
  void EnterDirectory(const LocalEntry&) override { ++found_; }
  void LeaveDirectory() override {}
  void File(const LocalEntry&) override { ++found_; }
  void Skip(const std::string&, std::string_view) override {}
  void Trouble(const std::string&, const absl::Status&) override {}
  bool Stopped() override { return stop_->load(std::memory_order_relaxed); }
  uint64_t found() const { return found_; }

 private:
  const std::atomic<bool>* const stop_;
  uint64_t found_ = 0;
};

// Shows how far the import is, from a thread of its own: a bar on a terminal, else a line now and
// then.
class Progress {
 public:
  Progress(const std::string& source, const WalkOptions& walk, const ImportLedger* ledger,
           bool quiet)
      : ledger_(ledger), terminal_(isatty(STDERR_FILENO) != 0), begun_(EventLoop::Now()) {
    if (quiet) return;
    if (terminal_) {
      census_thread_ = std::thread([this, source, walk] {
        Census census(&ended_);
        if (Walk(source, walk, &census).ok() && !ended_) total_ = census.found();
      });
    }
    thread_ = std::thread([this] { Run(); });
  }
  ~Progress() { End(); }
  void End() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      wake_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
    if (census_thread_.joinable()) census_thread_.join();
  }

 private:
  void Run() {
    const auto pause = std::chrono::milliseconds(terminal_ ? 200 : 2000);
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, pause, [this] { return ended_.load(); })) Show();
    if (terminal_) std::cerr << "\r\033[K" << std::flush;
  }
  void Show() {
    const ImportLedger::Totals totals = ledger_->totals();
    const uint64_t done = totals.directories + totals.files;
    const double seconds = static_cast<double>(EventLoop::Now() - begun_) / kSecond;
    const std::string text = absl::StrFormat("%u entries, %.0f/s, %.1f s", done,
                                             static_cast<double>(done) / seconds, seconds);
    if (!terminal_) {
      std::cerr << kCommand << ": " << text << std::endl;
      return;
    }
    std::string bar;
    if (const uint64_t total = total_; total > 0) {
      constexpr uint64_t kWidth = 40;
      const uint64_t full = std::min(kWidth, done * kWidth / total);
      bar =
          absl::StrFormat("[%s%s] %3u%% ", std::string(full, '='), std::string(kWidth - full, ' '),
                          std::min(uint64_t{100}, done * 100 / total));
    }
    std::cerr << "\r\033[K" << bar << text << std::flush;
  }

  const ImportLedger* const ledger_;
  const bool terminal_;
  const Micros begun_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> ended_ = false;
  std::atomic<uint64_t> total_ = 0;
  std::thread thread_, census_thread_;
};

// Every level of the tree that is being walked holds a descriptor.
void RaiseDescriptorLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Compares what the service counts with what was acknowledged. False: they differ, or it cannot be
// found out.
bool CompareCounts(FileSystem* fs, const std::string& path, const ImportLedger::Totals& totals) {
  const auto summary = fs->GetContentSummary(path);
  if (!summary.ok()) {
    Complain(Concat("counts cannot be compared: ", summary.failure().message));
    return false;
  }
  std::cout << absl::StrFormat(
      "counts: %u directories, %u files, %u bytes in the namespace; %u, %u, %u acknowledged: ",
      summary->directorycount(), summary->filecount(), summary->length(), totals.directories,
      totals.files, totals.bytes);
  const bool equal = summary->directorycount() == totals.directories &&
                     summary->filecount() == totals.files && summary->length() == totals.bytes;
  std::cout << (equal ? "equal" : "DIFFERENT") << std::endl;
  return equal;
}

}  // namespace

int ImportTree(const ServiceFlags& flags, const ImportCommandOptions& options) {
  const absl::StatusOr<Service> service = FindService(flags);
  const std::string user = UserName(flags);
  const absl::StatusOr<Target> target = ParseTarget(options.destination, user);
  if (!service.ok() || !target.ok()) {
    Complain(ToStd((service.ok() ? target.status() : service.status()).message()));
    return kUsageError;
  }
  const absl::StatusOr<std::vector<net::HostPort>> masters = MastersOf(*service, *target);
  if (!masters.ok()) {
    Complain(ToStd(masters.status().message()));
    return kUsageError;
  }

  net::hadoop::IpcClient client(ClientOptions(flags, *masters));
  IpcChannel channel(&client);
  FileSystem fs(&channel);
  const auto before = fs.GetFileInfo(target->path);
  if (!before.ok()) {
    Complain(before.failure().message);
    return 1;
  }
  if (before->has_value() && (*before)->filetype() != FileStatus::IS_DIR) {
    Complain(Concat("`", target->shown, "': Is not a directory"));
    return 1;
  }

  std::unique_ptr<AckLogWriter> log;
  if (!options.log.empty()) {
    auto created =
        AckLogWriter::Create(options.log, Concat("import of ", EscapePath(options.source), " to ",
                                                 EscapePath(target->path), " as ", user));
    if (!created.ok()) {
      Complain(ToStd(created.status().message()));
      return 1;
    }
    log = *std::move(created);
  }
  std::ofstream skipped;
  if (!options.skipped.empty()) {
    skipped.open(options.skipped, std::ios::trunc);
    if (!skipped) {
      Complain(Concat(options.skipped, ": cannot be written"));
      return 1;
    }
  }

  RaiseDescriptorLimit();
  struct sigaction action = {};
  action.sa_handler = &OnSignal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);

  NameCache users(&UserOf), groups(&GroupOf);
  ImportOptions import = {.destination = target->path,
                          .keep_owner = options.keep_owner,
                          .replication = options.replication,
                          .block_size = options.block_size,
                          .user_name = [&](uint32_t id) { return users(id); },
                          .group_name = [&](uint32_t id) { return groups(id); }};
  std::map<std::string, uint64_t> reasons;
  ImportPlan plan(std::move(import), size_t{options.parallel} * options.in_flight * options.batch,
                  [&](const std::string& path, std::string_view reason, bool is_skip) {
                    if (is_skip) ++reasons[std::string(reason)];
                    if (skipped.is_open()) skipped << reason << '\t' << EscapePath(path) << '\n';
                    if (!is_skip) Complain(Concat(options.source, "/", path, ": ", reason));
                  });
  ImportLedger ledger(log.get());
  std::vector<std::unique_ptr<IpcBatchChannel>> channels;
  for (uint32_t i = 0; i < options.parallel; ++i) {
    channels.push_back(std::make_unique<IpcBatchChannel>(ClientOptions(flags, *masters)));
  }
  const WalkOptions walk = {.one_file_system = options.one_file_system};
  const Micros begun = EventLoop::Now();
  absl::Status walked;
  {
    Progress progress(options.source, walk, &ledger, options.quiet);
    std::vector<std::thread> senders;
    senders.reserve(channels.size());
    for (const auto& channel : channels) {
      senders.emplace_back([&, channel = channel.get()] {
        SendPlanned({.batch = options.batch, .in_flight = options.in_flight}, channel, &plan,
                    &ledger, interrupted);
      });
    }
    walked = Walk(options.source, walk, &plan);
    plan.WalkEnded();
    for (std::thread& sender : senders) sender.join();
  }
  const double seconds = static_cast<double>(EventLoop::Now() - begun) / kSecond;

  bool fine = walked.ok();
  if (!walked.ok()) Complain(ToStd(walked.message()));
  if (log != nullptr) {
    if (const absl::Status synced = log->Sync(); !synced.ok()) {
      Complain(ToStd(synced.message()));
      fine = false;
    }
  }
  if (skipped.is_open()) {
    skipped.close();
    if (!skipped) {
      Complain(Concat(options.skipped, ": cannot be written"));
      fine = false;
    }
  }
  const ImportLedger::Totals totals = ledger.totals();
  const WalkCounts counts = plan.counts();
  uint64_t failovers = 0;
  for (const auto& channel : channels) failovers += channel->failovers();
  const uint64_t entries = totals.directories + totals.files;
  std::cout << absl::StrFormat(
      "imported: %u directories, %u files, %u bytes in %.1f s, %.0f entries/s\n",
      totals.directories, totals.files, totals.bytes, seconds,
      seconds > 0 ? static_cast<double>(entries) / seconds : 0.0);
  std::cout << absl::StrFormat("operations: %u acknowledged, %u refused, %u without an answer\n",
                               totals.acknowledged, totals.refused, totals.unknown);
  std::cout << absl::StrFormat(
      "largest gap between acknowledgements: %u ms, ended %.1f s after the start; %u fail-overs\n",
      totals.largest_gap / kMillisecond,
      totals.largest_gap == 0 ? 0.0 : static_cast<double>(totals.largest_gap_end - begun) / kSecond,
      failovers);
  std::cout << absl::StrFormat(
      "skipped: %u entries that HDFS cannot hold, %u that could not be read\n", counts.skipped,
      counts.unreadable);
  for (const auto& [reason, count] : reasons) std::cout << "  " << count << " " << reason << '\n';
  if (totals.refused > 0) Complain(Concat("first refusal: ", totals.first_refusal));
  if (!totals.trouble.ok()) Complain(Concat("given up: ", ToStd(totals.trouble.message())));
  fine = fine && totals.refused == 0 && totals.unknown == 0 && totals.trouble.ok() &&
         counts.unreadable == 0;
  if (before->has_value()) {
    std::cout << "counts: not compared, " << target->shown << " was there before\n";
  } else if (entries > 0) {
    fine = CompareCounts(&fs, target->path, totals) && fine;
  }
  std::cout.flush();
  return fine ? 0 : 1;
}

}  // namespace jfs::tools
