#include <getopt.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

#include "bench/closed_loop.h"
#include "net/hadoop/ipc_client.h"
#include "net/hadoop/ipc_message.h"
#include "net/hadoop/proto/client_namenode.pb.h"

// Drives a group of masters with closed-loop clients and prints one line of JSON. Exit codes: 0
// measured, 1 the run failed, 2 wrong options.
namespace jfs::bench {
namespace {

constexpr char kUsage[] =
    "usage: ipc_load --addresses HOST:PORT[,...] [--operation mkdirs|getFileInfo] [--clients N]\n"
    "                [--seconds S] [--warm-up S] [--root /PATH] [--parents N]\n"
    "\n"
    "Keeps N connections to the leader busy with one call each and prints what came of it as "
    "JSON.\n"
    "The parents /PATH/000, /PATH/001, ... are made first; mkdirs needs a root that is new.\n";

struct Arguments {
  std::vector<net::HostPort> addresses;
  LoadOptions load;
};

bool ParseSeconds(const char* text, Duration* out) {
  double seconds = 0;
  if (!absl::SimpleAtod(text, &seconds) || seconds < 0 || seconds > 3600) return false;
  *out = static_cast<Duration>(seconds * 1e6);
  return true;
}

bool ParseArguments(int argc, char** argv, Arguments* out) {
  static constexpr option kOptions[] = {{"addresses", required_argument, nullptr, 'a'},
                                        {"operation", required_argument, nullptr, 'o'},
                                        {"clients", required_argument, nullptr, 'c'},
                                        {"seconds", required_argument, nullptr, 's'},
                                        {"warm-up", required_argument, nullptr, 'w'},
                                        {"root", required_argument, nullptr, 'r'},
                                        {"parents", required_argument, nullptr, 'p'},
                                        {"help", no_argument, nullptr, 'h'},
                                        {}};
  for (int chosen = 0; (chosen = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    bool good = true;
    switch (chosen) {
      case 'a':
        for (const std::string& text : std::vector<std::string>(absl::StrSplit(optarg, ','))) {
          const absl::StatusOr<net::HostPort> address = net::ParseHostPort(text);
          if (!address.ok()) {
            std::fprintf(stderr, "ipc_load: %s\n", address.status().ToString().c_str());
            return false;
          }
          out->addresses.push_back(*address);
        }
        break;
      case 'o': {
        const std::string name = optarg;
        good = name == "mkdirs" || name == "getFileInfo";
        out->load.operation = name == "mkdirs" ? Operation::kMkdirs : Operation::kGetFileInfo;
        break;
      }
      case 'c':
        good = absl::SimpleAtoi(optarg, &out->load.clients) && out->load.clients > 0 &&
               out->load.clients <= 4096;
        break;
      case 's':
        good = ParseSeconds(optarg, &out->load.measured) && out->load.measured > 0;
        break;
      case 'w':
        good = ParseSeconds(optarg, &out->load.warm_up);
        break;
      case 'r':
        out->load.root = optarg;
        good = out->load.root.size() > 1 && out->load.root.front() == '/';
        break;
      case 'p':
        good = absl::SimpleAtoi(optarg, &out->load.parents) && out->load.parents > 0 &&
               out->load.parents <= CallTemplate::kMaxParents;
        break;
      case 'h':
        std::fputs(kUsage, stdout);
        std::exit(0);
      default:
        return false;
    }
    if (!good) {
      std::fprintf(stderr, "ipc_load: '%s' will not do\n", optarg);
      return false;
    }
  }
  if (out->addresses.empty()) std::fprintf(stderr, "ipc_load: --addresses is needed\n");
  return !out->addresses.empty() && optind == argc;
}

std::string User() {
  const passwd* entry = getpwuid(geteuid());
  return entry == nullptr ? "root" : entry->pw_name;
}

// Makes the parents through whichever master leads, and says which that is.
absl::StatusOr<net::HostPort> Prepare(const Arguments& arguments) {
  net::hadoop::IpcClient client({.addresses = arguments.addresses,
                                 .user = arguments.load.user,
                                 .give_up_after = 20 * kSecond});
  for (uint32_t i = 0; i < arguments.load.parents; ++i) {
    ::hadoop::hdfs::MkdirsRequestProto mkdirs;
    mkdirs.set_src(absl::StrFormat("%s/%03d", arguments.load.root, i));
    mkdirs.mutable_masked()->set_perm(0755);
    mkdirs.set_createparent(true);
    const net::hadoop::IpcClient::Result result =
        client.Call(net::hadoop::kClientProtocol, "mkdirs", mkdirs);
    if (!result.status.ok()) return result.status;
    if (result.error.has_value()) return absl::FailedPreconditionError(result.error->message);
  }
  return client.current();
}

uint32_t Percentile(const std::vector<uint32_t>& sorted, double part) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<size_t>(part * static_cast<double>(sorted.size() - 1))];
}

int Run(int argc, char** argv) {
  Arguments arguments{.load = {.user = User(), .root = "/bench"}};
  if (!ParseArguments(argc, argv, &arguments)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const absl::StatusOr<net::HostPort> leader = Prepare(arguments);
  if (!leader.ok()) {
    std::fprintf(stderr, "ipc_load: cannot make the parents: %s\n",
                 leader.status().ToString().c_str());
    return 1;
  }
  arguments.load.server = *leader;
  const absl::StatusOr<LoadResult> result = RunLoad(arguments.load);
  if (!result.ok()) {
    std::fprintf(stderr, "ipc_load: %s\n", result.status().ToString().c_str());
    return 1;
  }
  const double total = static_cast<double>(std::max<uint64_t>(result->total_operations, 1));
  std::printf(
      "{\"leader\": \"%s\", \"operations\": %llu, \"total_operations\": %llu, \"seconds\": %.3f, "
      "\"per_second\": %.1f, \"p50_us\": %u, \"p99_us\": %u, \"max_us\": %u, "
      "\"generator_cpu_us\": %.2f}\n",
      leader->ToString().c_str(), static_cast<unsigned long long>(result->operations),
      static_cast<unsigned long long>(result->total_operations), result->seconds,
      static_cast<double>(result->operations) / result->seconds, Percentile(result->micros, 0.5),
      Percentile(result->micros, 0.99), Percentile(result->micros, 1),
      result->generator_cpu_seconds * 1e6 / total);
  return 0;
}

}  // namespace
}  // namespace jfs::bench

int main(int argc, char** argv) { return jfs::bench::Run(argc, argv); }
