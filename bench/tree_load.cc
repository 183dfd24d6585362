#include <getopt.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

#include "net/event_loop.h"
#include "net/hadoop/ipc_client.h"
#include "net/hadoop/ipc_message.h"
#include "net/hadoop/proto/client_namenode.pb.h"
#include "net/jindo/proto/jindo.pb.h"

// What bench/namespace and tools/seed_scale.sh need of a client: fills a namespace with a tree,
// waits until one is served, and measures how long writes stand still. Speaks ClientProtocol, to
// our masters and to a NameNode alike, but for `import`, which our masters alone understand. Prints
// one line of JSON. Exit codes: 0 done, 1 it failed, 2 wrong options.
namespace jfs::bench {
namespace {

namespace hdfs = ::hadoop::hdfs;
using net::EventLoop;
using net::hadoop::IpcClient;

constexpr char kUsage[] =
    "usage: tree_load fill --addresses HOST:PORT[,...] --root /PATH --directories N --files N\n"
    "       tree_load import --addresses HOST:PORT[,...] --root /PATH --directories N --files N\n"
    "                        [--lengths BYTES,...]\n"
    "       tree_load await --addresses HOST:PORT[,...] --root /PATH [--seconds S]\n"
    "       tree_load gap --addresses HOST:PORT[,...] --root /PATH --seconds S\n"
    "\n"
    "  fill   makes the directories /PATH/d-00000, ... and in each of them its share of the "
    "files,\n"
    "         empty and closed\n"
    "  import the same by the jindo protocol's batches, in a fraction of the time; the first "
    "files\n"
    "         have the given lengths\n"
    "  await  asks for /PATH until it is there; prints how long that took\n"
    "  gap    makes directories under /PATH one after the other for so long; prints the longest\n"
    "         time that one took\n";
constexpr size_t kInFlight = 256;
constexpr char kHolder[] = "tree-load";

struct Arguments {
  std::string command;
  std::vector<net::HostPort> addresses;
  std::string root;
  uint64_t directories = 0;
  uint64_t files = 0;
  std::vector<uint64_t> lengths;
  double seconds = 60;
};

bool ParseArguments(int argc, char** argv, Arguments* out) {
  static constexpr option kOptions[] = {{"addresses", required_argument, nullptr, 'a'},
                                        {"root", required_argument, nullptr, 'r'},
                                        {"directories", required_argument, nullptr, 'd'},
                                        {"files", required_argument, nullptr, 'f'},
                                        {"lengths", required_argument, nullptr, 'l'},
                                        {"seconds", required_argument, nullptr, 's'},
                                        {"help", no_argument, nullptr, 'h'},
                                        {}};
  for (int chosen = 0; (chosen = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    bool good = true;
    switch (chosen) {
      case 'a':
        for (const std::string& text : std::vector<std::string>(absl::StrSplit(optarg, ','))) {
          const absl::StatusOr<net::HostPort> address = net::ParseHostPort(text);
          good = good && address.ok();
          if (address.ok()) out->addresses.push_back(*address);
        }
        break;
      case 'r':
        out->root = optarg;
        good = out->root.size() > 1 && out->root.front() == '/';
        break;
      case 'd':
        good = absl::SimpleAtoi(optarg, &out->directories) && out->directories > 0;
        break;
      case 'f':
        good = absl::SimpleAtoi(optarg, &out->files);
        break;
      case 'l':
        for (const std::string& text : std::vector<std::string>(absl::StrSplit(optarg, ','))) {
          good = absl::SimpleAtoi(text, &out->lengths.emplace_back()) && good;
        }
        break;
      case 's':
        good = absl::SimpleAtod(optarg, &out->seconds) && out->seconds > 0;
        break;
      case 'h':
        std::fputs(kUsage, stdout);
        std::exit(0);
      default:
        return false;
    }
    if (!good) {
      std::fprintf(stderr, "tree_load: '%s' will not do\n", optarg);
      return false;
    }
  }
  if (optind + 1 != argc) return false;
  out->command = argv[optind];
  return !out->addresses.empty() && !out->root.empty() &&
         ((out->command != "fill" && out->command != "import") || out->directories > 0);
}

std::string User() {
  const passwd* entry = getpwuid(geteuid());
  return entry == nullptr ? "root" : entry->pw_name;
}

std::string Outcome(const IpcClient::Result& result) {
  if (!result.status.ok()) return result.status.ToString();
  return result.error.has_value() ? result.error->message : "";
}

hdfs::MkdirsRequestProto MkdirsOf(std::string path) {
  hdfs::MkdirsRequestProto out;
  out.set_src(std::move(path));
  out.mutable_masked()->set_perm(0755);
  out.set_createparent(true);
  return out;
}

double Since(Micros start) { return static_cast<double>(EventLoop::Now() - start) / 1e6; }

std::string DirectoryOf(const Arguments& arguments, uint64_t number) {
  return absl::StrFormat("%s/d-%05d", arguments.root, number);
}
std::string FileOf(const Arguments& arguments, uint64_t number) {
  const uint64_t share = (arguments.files + arguments.directories - 1) / arguments.directories;
  return absl::StrFormat("%s/part-%05d", DirectoryOf(arguments, number / share), number % share);
}

// Many calls under way at a time: a file's complete leaves when its create has been answered.
class Fill {
 public:
  Fill(const Arguments& arguments, IpcClient* client)
      : arguments_(arguments),
        client_(client),
        calls_(arguments.directories + 2 * arguments.files) {}

  // Empty: all of it is there.
  std::string Run() {
    std::vector<IpcClient::Result> results;
    while (answered_ < calls_) {
      // Directories first, all of them: a file would make its own otherwise.
      const uint64_t limit = answered_ < arguments_.directories
                                 ? arguments_.directories
                                 : arguments_.directories + arguments_.files;
      while (client_->outstanding() < kInFlight && begun_ < limit) Begin(begun_++);
      results.clear();
      client_->Poll(kSecond, &results);
      for (const IpcClient::Result& result : results) {
        if (std::string error = Outcome(result); !error.empty()) return error;
        ++answered_;
        if (result.tag != kNoFile) Complete(result.tag);
      }
    }
    return "";
  }

 private:
  static constexpr uint64_t kNoFile = ~uint64_t{0};

  void Begin(uint64_t number) {
    if (number < arguments_.directories) {
      client_->Submit(net::hadoop::kClientProtocol, "mkdirs",
                      MkdirsOf(DirectoryOf(arguments_, number)), kNoFile);
      return;
    }
    const uint64_t file = number - arguments_.directories;
    hdfs::CreateRequestProto create;
    create.set_src(FileOf(arguments_, file));
    create.mutable_masked()->set_perm(0644);
    create.set_clientname(kHolder);
    create.set_createflag(hdfs::CREATE);
    create.set_createparent(true);
    create.set_replication(3);
    create.set_blocksize(128 << 20);
    client_->Submit(net::hadoop::kClientProtocol, "create", create, file);
  }

  void Complete(uint64_t file) {
    hdfs::CompleteRequestProto complete;
    complete.set_src(FileOf(arguments_, file));
    complete.set_clientname(kHolder);
    client_->Submit(net::hadoop::kClientProtocol, "complete", complete, kNoFile);
  }

  const Arguments& arguments_;
  IpcClient* const client_;
  const uint64_t calls_;
  uint64_t begun_ = 0;
  uint64_t answered_ = 0;
};

// Batches of the jindo protocol, a few under way at a time, in order: directories first.
class Import {
 public:
  Import(const Arguments& arguments, IpcClient* client) : arguments_(arguments), client_(client) {}

  // Empty: all of it is there.
  std::string Run() {
    const uint64_t operations = arguments_.directories + arguments_.files;
    uint64_t planned = 0;
    std::vector<IpcClient::Result> results;
    while (planned < operations || client_->outstanding() > 0) {
      while (planned < operations && client_->outstanding() < kBatches) {
        ::jfs::jindo::ImportBatchRequestProto batch;
        const uint64_t end = std::min(operations, planned + kBatchOperations);
        int32_t call_id = client_->ReserveCallIds(static_cast<int32_t>(end - planned));
        for (; planned < end; ++planned) {
          ::jfs::jindo::OperationProto* const operation = batch.add_operations();
          operation->set_callid(static_cast<uint32_t>(call_id++));
          Fill(planned, operation);
        }
        client_->Submit(net::hadoop::kJindoProtocol, "importBatch", batch, 0);
      }
      results.clear();
      client_->Poll(kSecond, &results);
      for (const IpcClient::Result& result : results) {
        if (std::string error = Outcome(result); !error.empty()) return error;
        ::jfs::jindo::ImportBatchResponseProto response;
        if (!response.ParseFromString(result.response)) return "the answer is no such message";
        for (const auto& one : response.results()) {
          if (one.has_exceptionclass()) return one.message();
        }
      }
    }
    return "";
  }

 private:
  static constexpr uint64_t kBatchOperations = 1000;
  static constexpr size_t kBatches = 16;
  static constexpr uint64_t kTime = 1'700'000'000'000;  // milliseconds since 1970

  void Fill(uint64_t number, ::jfs::jindo::OperationProto* out) const {
    if (number < arguments_.directories) {
      out->mutable_mkdirs()->set_path(DirectoryOf(arguments_, number));
      out->mutable_mkdirs()->set_mode(0755);
      return;
    }
    const uint64_t file = number - arguments_.directories;
    auto* const import = out->mutable_importfile();
    import->set_path(FileOf(arguments_, file));
    import->set_mode(0644);
    import->set_mtime(kTime);
    import->set_atime(kTime);
    import->set_replication(1);
    import->set_blocksize(128 << 20);
    import->set_length(file < arguments_.lengths.size() ? arguments_.lengths[file] : 0);
  }

  const Arguments& arguments_;
  IpcClient* const client_;
};

int Failed(const std::string& why) {
  std::fprintf(stderr, "tree_load: %s\n", why.c_str());
  return 1;
}

template <typename Way>
int RunFill(const Arguments& arguments, IpcClient* client) {
  const Micros start = EventLoop::Now();
  if (const std::string error = Way(arguments, client).Run(); !error.empty()) return Failed(error);
  const double seconds = Since(start);
  std::printf("{\"directories\": %llu, \"files\": %llu, \"seconds\": %.3f}\n",
              static_cast<unsigned long long>(arguments.directories),
              static_cast<unsigned long long>(arguments.files), seconds);
  return 0;
}

int RunAwait(const Arguments& arguments, IpcClient* client) {
  const Micros start = EventLoop::Now();
  hdfs::GetFileInfoRequestProto request;
  request.set_src(arguments.root);
  const IpcClient::Result result =
      client->Call(net::hadoop::kClientProtocol, "getFileInfo", request);
  if (!result.ok()) return Failed(Outcome(result));
  hdfs::GetFileInfoResponseProto response;
  if (!response.ParseFromString(result.response) || !response.has_fs()) {
    return Failed(arguments.root + " is not there");
  }
  std::printf("{\"seconds\": %.3f, \"server\": \"%s\"}\n", Since(start),
              client->current().ToString().c_str());
  return 0;
}

int RunGap(const Arguments& arguments, IpcClient* client) {
  const Micros start = EventLoop::Now();
  double longest = 0;
  uint64_t made = 0;
  while (Since(start) < arguments.seconds) {
    const Micros before = EventLoop::Now();
    const std::string error =
        Outcome(client->Call(net::hadoop::kClientProtocol, "mkdirs",
                             MkdirsOf(absl::StrFormat("%s/%d", arguments.root, made++))));
    if (!error.empty()) return Failed(error);
    longest = std::max(longest, Since(before));
  }
  std::printf("{\"directories\": %llu, \"longest_seconds\": %.3f}\n",
              static_cast<unsigned long long>(made), longest);
  return 0;
}

int Run(int argc, char** argv) {
  Arguments arguments;
  if (!ParseArguments(argc, argv, &arguments)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  IpcClient::Options options{.addresses = arguments.addresses, .user = User()};
  // What is measured is the service: the client does not wait long before it asks again.
  options.backoff_base = 10 * kMillisecond;
  options.backoff_max = 20 * kMillisecond;
  options.give_up_after = static_cast<Duration>(arguments.seconds * 1e6);
  IpcClient client(options);
  if (arguments.command == "fill") return RunFill<Fill>(arguments, &client);
  if (arguments.command == "import") return RunFill<Import>(arguments, &client);
  if (arguments.command == "await") return RunAwait(arguments, &client);
  if (arguments.command == "gap") return RunGap(arguments, &client);
  std::fputs(kUsage, stderr);
  return 2;
}

}  // namespace
}  // namespace jfs::bench

int main(int argc, char** argv) { return jfs::bench::Run(argc, argv); }
