#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/base/concat.h"
#include "ots_mock/server/server.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

// A Tablestore of one's own, for tests and demonstrations. Exit codes: 0 ended on request, 1 could
// not start or gave up, 2 wrong command line.
namespace jfs::ots_mock {
namespace {

constexpr int kFailed = 1;
constexpr int kMisconfigured = 2;

int64_t WallClock() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

struct CommandLine {
  std::string listen = "127.0.0.1:8087";
  std::string control;
  std::string directory;
  std::string instance = "mock-inst";
  std::string access_key_id = "mock-key";
  std::string secret_file;
  std::string log_level = "info";
  std::vector<std::string> faults;
  ServerOptions options;
};

int Complain(const absl::Status& status) {
  std::fprintf(stderr, "ots_mock: %s\n", std::string(status.message()).c_str());
  return kMisconfigured;
}

// The secret comes from a file or the environment: a command line is everybody's to read.
absl::StatusOr<std::string> ReadSecret(const std::string& file) {
  std::string secret;
  if (!file.empty()) {
    std::ifstream in(file);
    if (!in.is_open() || !std::getline(in, secret)) {
      return absl::InvalidArgumentError(Concat("--secret-file: cannot read a line from ", file));
    }
  } else if (const char* const value = std::getenv("OTS_MOCK_SECRET"); value != nullptr) {
    secret = value;
  }
  if (secret.empty()) {
    return absl::InvalidArgumentError(
        "the secret of the access key is missing: name a file with --secret-file, or set "
        "OTS_MOCK_SECRET");
  }
  return secret;
}

int Run(CommandLine& line) {
  ServerOptions& options = line.options;
  absl::StatusOr<net::HostPort> listen = net::ParseHostPort(line.listen);
  if (!listen.ok()) return Complain(listen.status());
  options.listen = *listen;
  if (!line.control.empty()) {
    absl::StatusOr<net::HostPort> control = net::ParseHostPort(line.control);
    if (!control.ok()) return Complain(control.status());
    options.control = *control;
  }
  for (const std::string& text : line.faults) {
    absl::StatusOr<FaultRule> rule = ParseFaultRule(text);
    if (!rule.ok()) return Complain(rule.status());
    options.faults.push_back(*rule);
  }
  absl::StatusOr<std::string> secret = ReadSecret(line.secret_file);
  if (!secret.ok()) return Complain(secret.status());
  options.directory = line.directory;
  options.accounts = {{line.instance, line.access_key_id, *secret}};
  options.wall_clock = &WallClock;

  auto logger = spdlog::stderr_logger_mt("ots_mock");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l ots_mock %v");
  logger->set_level(spdlog::level::from_str(line.log_level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(logger);

  // Before any other thread, so that all inherit the mask and sigwait gets the signal.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(options);
  if (!server.ok()) {
    spdlog::critical("cannot start: {}", server.status().ToString());
    return kFailed;
  }
  spdlog::info("instance {} on {}:{}, data in {}", line.instance, options.listen.host,
               (*server)->port(), line.directory);
  if (options.control.has_value()) {
    spdlog::info("faults are changed on {}:{}", options.control->host, (*server)->control_port());
  }
  timespec second = {.tv_sec = 1, .tv_nsec = 0};
  while (sigtimedwait(&signals, nullptr, &second) < 0) {
    if (absl::Status health = (*server)->health(); !health.ok()) {
      spdlog::critical("ended: {}", health.ToString());
      return kFailed;
    }
  }
  spdlog::info("ends");
  (*server)->Stop();
  return 0;
}

}  // namespace
}  // namespace jfs::ots_mock

int main(int argc, char** argv) {
  jfs::ots_mock::CommandLine line;
  CLI::App app("A Tablestore of one's own: one instance, durable in a local directory.");
  app.add_option("--listen", line.listen, "HOST:PORT of the service")->capture_default_str();
  app.add_option("--control", line.control,
                 "HOST:PORT where faults are changed at run time; without it they cannot be");
  app.add_option("--data", line.directory, "Directory of the data, made if missing")->required();
  app.add_option("--instance", line.instance, "Name of the instance")->capture_default_str();
  app.add_option("--access-key", line.access_key_id, "Id of the access key")->capture_default_str();
  app.add_option("--secret-file", line.secret_file,
                 "File whose first line is the access key's secret [else from OTS_MOCK_SECRET]");
  app.add_option("--fault", line.faults,
                 "KIND[:KEY=VALUE,...], may be repeated. Kinds: throttle, delay, late-apply, "
                 "fail-before, fail-after, drop-request, drop-reply, partial-batch, outage. Keys: "
                 "operation, percent, count, ms, code");
  app.add_option("--fault-seed", line.options.fault_seed, "Which requests the faults hit")
      ->capture_default_str();
  app.add_flag("--sync", line.options.sync,
               "Writes survive the end of the machine too, not only that of the process");
  app.add_flag("!--no-transactions", line.options.engine.transactions_on_every_table,
               "Local transactions only on tables created with them");
  app.add_flag("!--no-atomic-batches", line.options.engine.honours_atomic_batches,
               "is_atomic of BatchWriteRow is ignored");
  app.add_option("--threads", line.options.threads, "Connections served at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 4096));
  app.add_option("--keep-alive", line.options.keep_alive_seconds,
                 "Seconds that an idle connection stays")
      ->capture_default_str()
      ->check(CLI::Range(1, 3600));
  app.add_option("--log-level", line.log_level, "How much is logged")
      ->capture_default_str()
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error", "critical", "off"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "ots_mock: %s; --help lists the options\n", error.what());
    return jfs::ots_mock::kMisconfigured;
  }
  return jfs::ots_mock::Run(line);
}
