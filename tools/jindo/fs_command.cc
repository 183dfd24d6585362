#include "tools/jindo/fs_command.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"

#include "core/base/concat.h"
#include "net/hadoop/ipc_client.h"
#include "tools/jindo/commands/fs_shell.h"
#include "tools/jindo/commands/read_ahead.h"
#include "tools/jindo/commands/session.h"
#include "tools/jindo/file_system.h"
#include "tools/jindo/target.h"

namespace jfs::tools {
namespace {

constexpr char kDefaultFileSystem[] = "fs.defaultFS";

constexpr std::string_view kOptions =
    "Options in front of the command:\n"
    "--masters <host:port,...>         where the masters are; default: JINDO_MASTERS\n"
    "--conf <configuration file>       configuration with jfs.namespace.server.rpc-address; "
    "default: "
    "conf/namespace.cfg\n"
    "--user <name>                     act as this user; default: HADOOP_USER_NAME, else who runs "
    "this\n"
    "--timeout <seconds>               after which a call without an answer fails; default: 60\n"
    "--parallel <connections>          that read a tree ahead of a walk; default: 4, none: 0\n"
    "-fs <jfs://namespace>             where paths without a scheme are; default: the first "
    "namespace\n"
    "-D <property=value>               of Hadoop's settings: fs.defaultFS, fs.trash.interval,\n"
    "                                  fs.permissions.umask-mode, dfs.replication, dfs.blocksize,\n"
    "                                  hadoop.shell.safely.delete.limit.num.files\n";

struct Options {
  ServiceFlags flags;
  std::map<std::string, std::string> settings;
  uint64_t parallel = 4;
};

// Takes the options from the front of *words. Otherwise says what is wrong.
std::optional<std::string> TakeOptions(std::vector<std::string>* words, Options* options) {
  const std::map<std::string, std::string*> texts = {
      {"--masters", &options->flags.masters},
      {"--conf", &options->flags.conf},
      {"-conf", &options->flags.conf},
      {"--user", &options->flags.user},
      {"-fs", &options->settings[kDefaultFileSystem]}};
  const std::map<std::string, uint64_t*> numbers = {{"--timeout", &options->flags.timeout_seconds},
                                                    {"--parallel", &options->parallel}};
  std::vector<std::string> rest = *words;
  while (!rest.empty()) {
    std::string name = rest.front();
    std::optional<std::string> value;
    if (const size_t equals = name.find('=');
        name.starts_with("--") && equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    } else if (name.starts_with("-D") && name.size() > 2) {
      value = name.substr(2);
      name = "-D";
    }
    if (!texts.contains(name) && !numbers.contains(name) && name != "-D") break;
    rest.erase(rest.begin());
    if (!value.has_value()) {
      if (rest.empty()) return Concat(name, " needs a value behind it");
      value = rest.front();
      rest.erase(rest.begin());
    }
    if (const auto text = texts.find(name); text != texts.end()) {
      *text->second = *value;
    } else if (const auto number = numbers.find(name); number != numbers.end()) {
      constexpr uint64_t kMost = 86400;
      uint64_t parsed = 0;
      if (!absl::SimpleAtoi(*value, &parsed) || parsed > kMost) {
        return Concat(name, ": '", *value, "' is not a number between 0 and ", kMost);
      }
      *number->second = parsed;
    } else if (const size_t equals = value->find('='); equals != std::string::npos) {
      options->settings[value->substr(0, equals)] = value->substr(equals + 1);
    }
  }
  // As the reader of Hadoop's generic options has it: these end them.
  if (!rest.empty() && (rest.front() == "-" || rest.front() == "--")) rest.erase(rest.begin());
  *words = std::move(rest);
  return std::nullopt;
}

// Connections by the authority of jfs://AUTHORITY/, made when first needed.
class Connections {
 public:
  explicit Connections(const Options* options)
      : options_(options), service_(FindService(options->flags)) {}

  // Where paths without a scheme are.
  std::string DefaultAuthority() const {
    if (!service_.ok() || service_->namespaces.empty()) return "test";
    return service_->namespaces.front();
  }

  Answer<FileSystem*> Find(const std::string& authority) {
    Answer<Connection*> connection = Connect(authority);
    if (!connection.ok()) return connection.failure();
    return &(*connection)->line->fs;
  }

  ReadAhead* FindReadAhead(const std::string& authority) {
    if (options_->parallel == 0) return nullptr;
    const Answer<Connection*> connection = Connect(authority);
    if (!connection.ok()) return nullptr;
    Connection* const found = *connection;
    if (found->read_ahead == nullptr) {
      // About 300 bytes an entry: some sixty megabytes at most.
      constexpr size_t kEntries = 200'000;
      found->read_ahead = std::make_unique<ReadAhead>(
          [this, found] {
            auto line = std::make_shared<Line>(ClientOptions(options_->flags, found->masters));
            return std::shared_ptr<FileSystem>(line, &line->fs);
          },
          options_->parallel, kEntries);
    }
    return found->read_ahead.get();
  }

 private:
  struct Line {
    explicit Line(net::hadoop::IpcClient::Options options)
        : client(std::move(options)), channel(&client), fs(&channel) {}
    net::hadoop::IpcClient client;
    IpcChannel channel;
    FileSystem fs;
  };
  struct Connection {
    std::vector<net::HostPort> masters;
    std::unique_ptr<Line> line;
    std::unique_ptr<ReadAhead> read_ahead;
  };

  Answer<Connection*> Connect(const std::string& authority) {
    Connection& connection = connections_[authority];
    if (connection.line != nullptr) return &connection;
    const auto failure = [](const absl::Status& status) {
      return Failure{.message = std::string(status.message())};
    };
    const absl::StatusOr<Target> target = ParseTarget(Concat("jfs://", authority, "/"), "");
    if (!target.ok()) return failure(target.status());
    if (target->master.has_value()) {
      connection.masters = {*target->master};
    } else {
      if (!service_.ok()) return failure(service_.status());
      absl::StatusOr<std::vector<net::HostPort>> masters = MastersOf(*service_, *target);
      if (!masters.ok()) return failure(masters.status());
      connection.masters = *std::move(masters);
    }
    connection.line = std::make_unique<Line>(ClientOptions(options_->flags, connection.masters));
    return &connection;
  }

  const Options* const options_;
  const absl::StatusOr<Service> service_;
  std::map<std::string, Connection> connections_;
};

uint64_t NowMillis() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                   std::chrono::system_clock::now().time_since_epoch())
                                   .count());
}

}  // namespace

int RunFs(ServiceFlags flags, const std::string& more_usage, std::vector<std::string> words) {
  constexpr int kUsageError = 255;
  Options options{.flags = std::move(flags)};
  if (const std::optional<std::string> wrong = TakeOptions(&words, &options); wrong.has_value()) {
    std::cerr << "jindo fs: " << *wrong << '\n';
    return kUsageError;
  }
  if (words == std::vector<std::string>{"--help"}) words = {"-usage"};

  std::ios::sync_with_stdio(false);
  Connections connections(&options);
  Session session;
  session.user = UserName(options.flags);
  session.root = {.scheme = "jfs", .authority = connections.DefaultAuthority(), .path = "/"};
  if (const std::string& text = options.settings[kDefaultFileSystem]; !text.empty()) {
    const Answer<HadoopPath> root = HadoopPath::Parse(text);
    if (!root.ok() || root->scheme != "jfs" || !root->authority.has_value()) {
      std::cerr << "jindo fs: '" << text << "' names no file system: jfs://NAMESPACE is wanted\n";
      return kUsageError;
    }
    session.root.authority = root->authority;
  }
  session.settings = options.settings;
  session.out = &std::cout;
  session.err = &std::cerr;
  session.in = &std::cin;
  session.connect = [&](const std::string& authority) { return connections.Find(authority); };
  session.read_ahead = [&](const std::string& authority) {
    return connections.FindReadAhead(authority);
  };
  session.now_millis = &NowMillis;
  session.sleep = [](uint64_t millis) {
    std::this_thread::sleep_for(std::chrono::milliseconds(millis));
  };
  const int code = RunFsShell(&session, Concat(kOptions, more_usage), words);
  std::cout.flush();
  return code & 0xff;
}

}  // namespace jfs::tools
