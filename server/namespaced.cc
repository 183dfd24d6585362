#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <iterator>
#include <memory>
#include <string>

#include "core/base/check.h"
#include "net/event_loop.h"
#include "server/config.h"
#include "server/log_sink.h"
#include "server/master.h"
#include "spdlog/spdlog.h"

// The namespace service: one master. Exit codes: 0 ended on request, 1 could not start or gave up,
// 2 wrong configuration.
namespace jfs::server {
namespace {

constexpr int kEndSignals[] = {SIGTERM, SIGINT};
constexpr int kFailed = 1;
constexpr int kMisconfigured = 2;

void LogAndAbort(const CheckFailure& failure) {
  spdlog::critical("{}:{}: CHECK failed: {}", failure.file, failure.line, failure.message);
  spdlog::default_logger()->flush();
  std::abort();
}

std::string MachineName() {
  char name[256] = {};
  if (gethostname(name, sizeof(name) - 1) != 0) return "localhost";
  return name;
}

void SetUpLog(const Config& config) {
  auto logger =
      std::make_shared<spdlog::logger>("namespaced", std::make_shared<LogSink>(STDERR_FILENO));
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ " + std::to_string(config.self.value) + " %v");
  logger->set_level(spdlog::level::from_str(config.log_level));
  spdlog::set_default_logger(logger);
}

// From now on a signal ends the process at once, as if it had never been handled: what is left to
// do is only to let go of everything, and may take long on a slow disk.
void StopHandlingSignals() {
  sigset_t ours;
  sigemptyset(&ours);
  for (const int signal_number : kEndSignals) sigaddset(&ours, signal_number);
  pthread_sigmask(SIG_UNBLOCK, &ours, nullptr);
}

int Serve(const Config& config) {
  absl::StatusOr<std::unique_ptr<net::EventLoop>> loop = net::EventLoop::Create();
  if (!loop.ok()) {
    spdlog::critical("cannot start: {}", loop.status().ToString());
    return kFailed;
  }
  // Before any other thread, so that all inherit the mask.
  std::unique_ptr<Master> master;
  if (absl::Status status = (*loop)->HandleSignals({std::begin(kEndSignals), std::end(kEndSignals)},
                                                   [&](int) {
                                                     if (master != nullptr) master->Drain();
                                                   });
      !status.ok()) {
    spdlog::critical("cannot start: {}", status.ToString());
    return kFailed;
  }
  absl::StatusOr<std::unique_ptr<Master>> created = Master::Create(config, loop->get());
  if (!created.ok()) {
    spdlog::critical("cannot start: {}", created.status().ToString());
    return kFailed;
  }
  master = *std::move(created);
  spdlog::info("master {} of {} listens for clients on port {}", config.self.value,
               config.masters.size(), config.rpc_port);
  (*loop)->Run();
  StopHandlingSignals();
  const absl::Status fatal = master->fatal();
  master.reset();
  if (!fatal.ok()) {
    spdlog::critical("ended: {}", fatal.ToString());
    return kFailed;
  }
  spdlog::info("ended");
  return 0;
}

int Run(const Config& config) {
  signal(SIGPIPE, SIG_IGN);
  SetUpLog(config);
  SetCheckFailureHandler(&LogAndAbort);
  const int code = Serve(config);
  // Writes what is left of the log, as far as somebody takes it.
  spdlog::shutdown();
  return code;
}

}  // namespace
}  // namespace jfs::server

int main(int argc, char** argv) {
  using jfs::server::CommandLine;
  absl::StatusOr<CommandLine> command_line = jfs::server::ParseCommandLine(argc, argv);
  if (!command_line.ok()) {
    std::fprintf(stderr, "namespaced: %s\n", std::string(command_line.status().message()).c_str());
    return jfs::server::kMisconfigured;
  }
  if (command_line->action == CommandLine::Action::kPrint) {
    std::fputs(command_line->text.c_str(), stdout);
    return 0;
  }
  absl::StatusOr<jfs::server::Config> config =
      jfs::server::LoadConfig(*command_line, jfs::server::MachineName());
  if (!config.ok()) {
    std::fprintf(stderr, "namespaced: %s\n", std::string(config.status().message()).c_str());
    return jfs::server::kMisconfigured;
  }
  if (command_line->action == CommandLine::Action::kCheck) {
    std::puts("the configuration is fine");
    return 0;
  }
  return jfs::server::Run(*config);
}
