#ifndef SERVER_CONFIG_H_
#define SERVER_CONFIG_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "core/base/identity.h"
#include "core/base/time.h"
#include "net/socket.h"
#include "server/mirror_config.h"

// What a master is told by its configuration file and command line. Keys and meanings:
// docs/operations.md.
//
// Every error names where the setting stands (file and line, or the flag), its key, what is wrong,
// and the way out.
namespace jfs::server {

enum class Backend : uint8_t {
  kRocksDb,  // one master alone
  kRaft,     // the masters of initial-conf
};

struct NamespaceConfig {
  std::string name;
  std::string oss_uri;  // where blocks are kept; empty: nowhere yet
  uint16_t rpc_port = 0;
};

struct Config {
  Backend backend = Backend::kRocksDb;

  // Masters in the order of initial-conf; NodeId is the place in it, from 1. One entry with
  // kRocksDb.
  std::vector<net::HostPort> masters;
  NodeId self = NodeId(1);
  // Client addresses of the masters in the same order; empty if not configured.
  std::vector<net::HostPort> rpc_addresses;

  std::string bind_host;  // that all ports listen on; empty: all addresses
  uint16_t rpc_port = 0;
  uint16_t http_port = 0;
  std::string meta_dir;
  std::vector<NamespaceConfig> namespaces;  // at least one; the first is served on rpc_port

  std::string superuser_group;
  // User -> groups, instead of what the system says; the first group is the primary one.
  std::map<std::string, std::vector<std::string>> static_groups;

  uint64_t log_segment_bytes = 0;
  std::string log_writer;           // auto, io_uring, thread
  uint64_t disk_reserve_bytes = 0;  // less free space than this, and writes are refused
  uint64_t retry_cache_bytes = 0;
  uint64_t min_block_size = 0;
  Duration lease_hard_limit = 0;  // microseconds
  uint64_t default_block_size = 0;
  uint32_t default_replication = 0;
  uint64_t trash_interval_minutes = 0;
  Duration election_timeout = 0;  // microseconds
  Duration heartbeat_interval = 0;
  std::string log_level;  // trace, debug, info, warn, error

  MirrorConfig mirror;

  uint16_t peer_port() const { return masters[self.value - 1].port; }
  // What people know a master by: its entry of initial-conf. One master alone (kRocksDb), which no
  // other one calls, is known by its client address.
  net::HostPort shown_address(NodeId master) const;
  // Hash over the masters, whatever their order: equal on masters that may talk to each other.
  uint64_t configuration_hash() const;
};

// One setting and where it was made, in words for messages: "conf/namespace.cfg:12" or "command
// line".
struct Setting {
  std::string value;
  std::string source;
};
using Settings = std::map<std::string, Setting, std::less<>>;

// The text of a configuration file. NotFound if there is none; InvalidArgument if it is too large
// to be one; else Unavailable, for instance of a directory. Never a part of it.
absl::StatusOr<std::string> ReadConfigFile(const std::string& path);

// Reads `key=value` lines. '#' begins a comment line; blanks around key and value do not count; the
// value may hold '='. Errors: a line without '=', a key given twice, a key that does not exist
// (with the nearest one that does). What stands on a line that is not understood is not repeated:
// it may be a secret, and errors end up in logs.
absl::StatusOr<Settings> ParseFile(std::string_view file_name, std::string_view content);

// Checks everything and fills in what was not said. `machine_name` is this machine's host name,
// which finds the own entry in initial-conf where raft.hostname is not set.
absl::StatusOr<Config> Interpret(const Settings& settings, std::string_view machine_name);

struct CommandLine {
  enum class Action : uint8_t { kRun, kCheck, kPrint };
  Action action = Action::kRun;
  std::string text;  // kPrint: help, to standard output
  std::string config_file;
  bool config_file_given = false;
  Settings settings;
};
// Every key is also a flag, as in --namespace.rpc.port=8101. --conf FILE names the file,
// --check-config only checks.
absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv);

inline constexpr char kDefaultConfigFile[] = "conf/namespace.cfg";

// Command line over file. A missing file is an error if it was named; the default one may be
// missing if there are flags.
absl::StatusOr<Config> LoadConfig(const CommandLine& command_line, std::string_view machine_name);

}  // namespace jfs::server

#endif  // SERVER_CONFIG_H_
