#include "server/config.h"

#include <errno.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"

#include "core/base/check.h"
#include "core/base/concat.h"
#include "core/base/hash.h"
#include "core/raft/raft.h"
#include "server/config_keys.h"
#include "server/config_reader.h"
#include "server/mirror_config.h"

namespace jfs::server {
namespace {

constexpr size_t kMaxFileBytes = 1 << 20;

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const size_t from = text.find_first_not_of(kBlank);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

// Copies, so that what is iterated over may be a temporary.
std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> out;
  while (true) {
    const size_t at = text.find(separator);
    out.emplace_back(Trim(text.substr(0, at)));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

bool ValidNamespaceName(std::string_view name) {
  return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

constexpr char kType[] = "namespace.backend.type";
constexpr char kInitialConf[] = "namespace.backend.raft.initial-conf";
constexpr char kHostname[] = "namespace.backend.raft.hostname";
constexpr char kRpcAddress[] = "jfs.namespace.server.rpc-address";
constexpr char kRpcPort[] = "namespace.rpc.port";
constexpr char kHttpPort[] = "namespace.http.port";
constexpr char kMetaDir[] = "namespace.meta-dir";
constexpr char kNamespaces[] = "jfs.namespaces";
constexpr char kStaticGroups[] = "hadoop.user.group.static.mapping.overrides";

absl::Status ReadMasters(const ConfigReader& reader, Config* out) {
  const std::string text = reader.Text(kInitialConf);
  if (text.empty()) {
    return reader.Error(kInitialConf,
                        "is needed with namespace.backend.type=raft: list all masters, e.g. "
                        "emr-header-1:8103:0,emr-header-2:8103:0,emr-header-3:8103:0");
  }
  for (std::string_view entry : Split(text, ',')) {
    const std::string_view whole = entry;
    // The third part is a replica number of the original, where it is always 0.
    const std::string_view after_host =
        entry.starts_with('[') ? entry.substr(entry.rfind(']') + 1) : entry;
    if (std::count(after_host.begin(), after_host.end(), ':') >= 2) {
      if (!entry.ends_with(":0")) {
        return reader.Error(kInitialConf, Concat("'", whole, "' must be host:port or host:port:0"));
      }
      entry.remove_suffix(2);
    }
    absl::StatusOr<net::HostPort> parsed = net::ParseHostPort(entry);
    if (!parsed.ok()) return reader.Error(kInitialConf, ToStd(parsed.status().message()));
    if (parsed->port == 0) return reader.Error(kInitialConf, Concat("'", whole, "' has port 0"));
    if (std::find(out->masters.begin(), out->masters.end(), *parsed) != out->masters.end()) {
      return reader.Error(kInitialConf, Concat(parsed->ToString(), " is there twice"));
    }
    out->masters.push_back(std::move(*parsed));
  }
  return absl::OkStatus();
}

absl::Status FindSelf(const ConfigReader& reader, std::string_view machine_name, Config* out) {
  const bool given = reader.Has(kHostname);
  const std::string wanted = given ? reader.Text(kHostname) : std::string(machine_name);
  std::vector<size_t> matches;
  for (size_t i = 0; i < out->masters.size(); ++i) {
    if (wanted == out->masters[i].host || wanted == out->masters[i].ToString())
      matches.push_back(i);
  }
  if (matches.size() == 1) {
    out->self = NodeId(matches[0] + 1);
    return absl::OkStatus();
  }
  std::string entries;
  for (const net::HostPort& master : out->masters) {
    entries += (entries.empty() ? "" : ", ") + master.ToString();
  }
  if (!given) {
    return reader.Error(kHostname,
                        Concat("is not set, and this machine's name '", wanted, "' is in ",
                               matches.empty() ? "no" : "more than one", " entry of ", kInitialConf,
                               " (", entries, "): set it to this master's entry"));
  }
  if (matches.empty()) {
    return reader.Error(
        kHostname, Concat("'", wanted, "' is no entry of ", kInitialConf, ": it has ", entries));
  }
  return reader.Error(kHostname, Concat("'", wanted, "' fits more than one entry of ", kInitialConf,
                                        " (", entries, "): give host:port"));
}

absl::Status ReadRpcAddresses(const ConfigReader& reader, Config* out) {
  if (reader.Text(kRpcAddress).empty()) return absl::OkStatus();
  for (const std::string_view entry : Split(reader.Text(kRpcAddress), ',')) {
    absl::StatusOr<net::HostPort> parsed = net::ParseHostPort(entry);
    if (!parsed.ok()) return reader.Error(kRpcAddress, ToStd(parsed.status().message()));
    out->rpc_addresses.push_back(std::move(*parsed));
  }
  if (out->backend == Backend::kRaft) {
    if (out->rpc_addresses.size() != out->masters.size()) {
      return reader.Error(kRpcAddress, Concat("has ", out->rpc_addresses.size(), " entries, ",
                                              kInitialConf, " has ", out->masters.size(),
                                              ": give one client address for each master"));
    }
    for (size_t i = 0; i < out->masters.size(); ++i) {
      if (out->rpc_addresses[i].host != out->masters[i].host) {
        return reader.Error(
            kRpcAddress, Concat("entry ", i + 1, " is for ", out->rpc_addresses[i].host, ", entry ",
                                i + 1, " of ", kInitialConf, " for ", out->masters[i].host,
                                ": give both in the same order"));
      }
    }
  } else if (out->rpc_addresses.size() != 1) {
    return reader.Error(
        kRpcAddress,
        Concat("has ", out->rpc_addresses.size(),
               " entries, but with namespace.backend.type=rocksdb there is one master"));
  }
  return absl::OkStatus();
}

absl::Status ReadPorts(const ConfigReader& reader, Config* out) {
  JFS_RETURN_IF_ERROR(reader.Port(kRpcPort, &out->rpc_port));
  JFS_RETURN_IF_ERROR(reader.Port(kHttpPort, &out->http_port));
  if (!out->rpc_addresses.empty()) {
    const net::HostPort& own = out->rpc_addresses[out->self.value - 1];
    if (reader.Has(kRpcPort) && out->rpc_port != own.port) {
      return reader.Error(kRpcPort,
                          Concat(out->rpc_port, " contradicts this master's entry ", own.ToString(),
                                 " in ", kRpcAddress, ": leave one out or make them equal"));
    }
    out->rpc_port = own.port;
  }
  return absl::OkStatus();
}

absl::Status ReadNamespaces(const ConfigReader& reader, const Settings& settings, Config* out) {
  for (const std::string_view name : Split(reader.Text(kNamespaces), ',')) {
    if (!ValidNamespaceName(name)) {
      return reader.Error(
          kNamespaces, Concat("'", name, "' is not a name: up to 63 letters, digits, '-' and '_'"));
    }
    for (const NamespaceConfig& other : out->namespaces) {
      if (other.name == name)
        return reader.Error(kNamespaces, Concat("'", name, "' is there twice"));
    }
    NamespaceConfig ns{.name = std::string(name)};
    const std::string prefix = Concat("jfs.namespaces.", name, ".");
    ns.oss_uri = reader.Text(prefix + "oss.uri");
    const std::string port_key = prefix + "rpc.port";
    const bool first = out->namespaces.empty();
    if (reader.Has(port_key)) {
      JFS_RETURN_IF_ERROR(reader.Port(port_key, &ns.rpc_port));
      if (first && ns.rpc_port != out->rpc_port) {
        return reader.Error(port_key,
                            Concat(ns.rpc_port, " contradicts ", kRpcPort, " ", out->rpc_port,
                                   ", on which the first namespace is served: leave it out"));
      }
    } else if (first) {
      ns.rpc_port = out->rpc_port;
    } else {
      return reader.Error(kNamespaces,
                          Concat("namespace '", name, "' has no client port: set ", port_key,
                                 ", because stock clients do not send a namespace's name"));
    }
    out->namespaces.push_back(std::move(ns));
  }
  for (const auto& [key, setting] : settings) {
    const NamespaceKey parsed = ParseNamespaceKey(key);
    if (parsed.name.empty()) continue;
    if (std::none_of(out->namespaces.begin(), out->namespaces.end(),
                     [&](const NamespaceConfig& ns) { return ns.name == parsed.name; })) {
      return reader.Error(key,
                          Concat("there is no namespace '", parsed.name, "' in ", kNamespaces, "=",
                                 reader.Text(kNamespaces), ": add it there or remove this line"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPortsDiffer(const ConfigReader& reader, const Config& config) {
  std::map<uint16_t, std::string> used;
  const auto claim = [&](uint16_t port, std::string_view key) -> absl::Status {
    if (port == 0) return absl::OkStatus();  // the kernel chooses
    const auto [it, inserted] = used.emplace(port, key);
    if (inserted) return absl::OkStatus();
    return reader.Error(
        key, Concat("port ", port, " is also that of ", it->second, ": give each its own"));
  };
  if (config.backend == Backend::kRaft)
    JFS_RETURN_IF_ERROR(claim(config.peer_port(), kInitialConf));
  for (size_t i = 0; i < config.namespaces.size(); ++i) {
    const std::string key =
        i == 0 ? kRpcPort : Concat("jfs.namespaces.", config.namespaces[i].name, ".rpc.port");
    JFS_RETURN_IF_ERROR(claim(config.namespaces[i].rpc_port, key));
  }
  return claim(config.http_port, kHttpPort);
}

absl::Status ReadStaticGroups(const ConfigReader& reader, Config* out) {
  const std::string text = reader.Text(kStaticGroups);
  if (text.empty()) return absl::OkStatus();
  for (const std::string_view entry : Split(text, ';')) {
    if (entry.empty()) continue;
    const size_t equals = entry.find('=');
    const std::string_view user = Trim(entry.substr(0, equals));
    if (equals == std::string_view::npos || user.empty()) {
      return reader.Error(kStaticGroups,
                          Concat("'", entry, "' is not user=group,group: separate users by ';'"));
    }
    std::vector<std::string> groups;
    for (const std::string_view group : Split(entry.substr(equals + 1), ',')) {
      if (!group.empty()) groups.emplace_back(group);
    }
    if (!out->static_groups.emplace(user, std::move(groups)).second) {
      return reader.Error(kStaticGroups, Concat("user '", user, "' is there twice"));
    }
  }
  return absl::OkStatus();
}

absl::Status ReadNumbers(const ConfigReader& reader, Config* out) {
  constexpr uint64_t kAny = uint64_t{1} << 50;
  JFS_RETURN_IF_ERROR(reader.Number("namespace.log.segment-bytes", 1 << 20, uint64_t{4} << 30,
                                    &out->log_segment_bytes));
  if (out->log_segment_bytes % 4096 != 0) {
    return reader.Error("namespace.log.segment-bytes",
                        Concat(out->log_segment_bytes, " is not a multiple of 4096"));
  }
  JFS_RETURN_IF_ERROR(
      reader.Number("namespace.disk.reserve-bytes", 0, kAny, &out->disk_reserve_bytes));
  // The log takes a segment at a time, while the state that it is kept for is written beside it.
  if (out->disk_reserve_bytes != 0 && out->disk_reserve_bytes < 2 * out->log_segment_bytes) {
    return reader.Error(
        "namespace.disk.reserve-bytes",
        Concat(out->disk_reserve_bytes, " does not cover two segments of the log (",
               out->log_segment_bytes,
               " bytes each, namespace.log.segment-bytes): raise it, or set it to 0 to do without "
               "a reserve"));
  }
  JFS_RETURN_IF_ERROR(
      reader.Number("namespace.retry-cache.bytes", 1 << 20, kAny, &out->retry_cache_bytes));
  JFS_RETURN_IF_ERROR(
      reader.Number("dfs.namenode.fs-limits.min-block-size", 0, kAny, &out->min_block_size));
  uint64_t lease = 0;
  constexpr uint64_t kSoftLimitSeconds = 60, kYearSeconds = 366 * 24 * 3600;
  JFS_RETURN_IF_ERROR(
      reader.Number("dfs.namenode.lease-hard-limit-sec", kSoftLimitSeconds, kYearSeconds, &lease));
  out->lease_hard_limit = lease * kSecond;
  JFS_RETURN_IF_ERROR(reader.Number("dfs.blocksize", 1, kAny, &out->default_block_size));
  JFS_RETURN_IF_ERROR(reader.Number("fs.trash.interval", 0, kAny, &out->trash_interval_minutes));
  uint64_t replication = 0, election = 0, heartbeat = 0;
  JFS_RETURN_IF_ERROR(reader.Number("dfs.replication", 1, 512, &replication));
  out->default_replication = static_cast<uint32_t>(replication);
  constexpr char kElection[] = "namespace.backend.raft.election-timeout-ms";
  constexpr char kHeartbeat[] = "namespace.backend.raft.heartbeat-ms";
  // Less would break the promise that the leader's lease stands on.
  constexpr uint64_t kLeastElection = raft::kLeasePromise / kMillisecond;
  JFS_RETURN_IF_ERROR(reader.Number(kElection, kLeastElection, 600'000, &election));
  JFS_RETURN_IF_ERROR(reader.Number(kHeartbeat, 1, 60'000, &heartbeat));
  if (heartbeat * 3 > election) {
    return reader.Error(
        reader.Has(kHeartbeat) ? kHeartbeat : kElection,
        Concat("the election timeout (", election, " ms) must be at least three heartbeats (",
               heartbeat, " ms each), or one that comes late deposes the leader"));
  }
  out->election_timeout = election * kMillisecond;
  out->heartbeat_interval = heartbeat * kMillisecond;
  if (out->default_block_size < out->min_block_size) {
    return reader.Error("dfs.blocksize",
                        Concat(out->default_block_size, " is less than ",
                               "dfs.namenode.fs-limits.min-block-size ", out->min_block_size));
  }
  return absl::OkStatus();
}

}  // namespace

uint64_t Config::configuration_hash() const {
  std::vector<std::string> sorted;
  for (const net::HostPort& master : masters) sorted.push_back(master.ToString());
  std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (const std::string& master : sorted) text += master + ",";
  return Hash64(text);
}

net::HostPort Config::shown_address(NodeId master) const {
  const net::HostPort& entry = masters[master.value - 1];
  return backend == Backend::kRaft ? entry : net::HostPort{.host = entry.host, .port = rpc_port};
}

absl::StatusOr<std::string> ReadConfigFile(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return absl::ErrnoToStatus(errno, Concat("cannot open ", path));
  const auto close = absl::MakeCleanup([file] { std::fclose(file); });
  std::string out;
  std::string buffer(64 << 10, '\0');
  while (true) {
    errno = 0;
    const size_t got = std::fread(buffer.data(), 1, buffer.size(), file);
    out.append(buffer, 0, got);
    if (out.size() > kMaxFileBytes) {
      return absl::InvalidArgumentError(
          Concat(path, ": is larger than ", kMaxFileBytes, " bytes: not a configuration file"));
    }
    if (got == buffer.size()) continue;
    if (std::ferror(file) != 0) {
      const absl::Status why = absl::ErrnoToStatus(errno, "read");
      return absl::UnavailableError(Concat("cannot read ", path, ": ", ToStd(why.message())));
    }
    return out;
  }
}

absl::StatusOr<Settings> ParseFile(std::string_view file_name, std::string_view content) {
  Settings out;
  if (content.size() > kMaxFileBytes) {
    return absl::InvalidArgumentError(
        Concat(file_name, ": is larger than ", kMaxFileBytes, " bytes: not a configuration file"));
  }
  int number = 0;
  while (!content.empty()) {
    const size_t end = content.find('\n');
    const std::string_view line = Trim(content.substr(0, end));
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const std::string source = Concat(file_name, ":", number);
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
      const std::string nearest = NearestKey(line.substr(0, line.find_first_of(": \t")));
      return absl::InvalidArgumentError(
          Concat(source, ": this line is not key=value; comments begin with '#'",
                 nearest.empty() ? "" : Concat(". Did you mean ", nearest, "=…?")));
    }
    const std::string_view key = Trim(line.substr(0, equals));
    const std::string_view value = Trim(line.substr(equals + 1));
    if (!IsKnownKey(key)) {
      const std::string nearest = NearestKey(key.substr(0, key.find_first_of(": \t")));
      return absl::InvalidArgumentError(Concat(
          source, ": ", ShownKey(key), ": there is no such key",
          nearest.empty() ? "; --help lists them all" : Concat("; did you mean ", nearest, "?")));
    }
    const auto [it, inserted] = out.emplace(key, Setting{std::string(value), source});
    if (!inserted) {
      return absl::InvalidArgumentError(Concat(source, ": ", key, ": is set already at ",
                                               it->second.source, ": remove one of the two"));
    }
  }
  return out;
}

absl::StatusOr<Config> Interpret(const Settings& settings, std::string_view machine_name) {
  const ConfigReader reader(settings);
  for (const auto& [key, setting] : settings) {
    if (!IsKnownKey(key)) return reader.Error(key, "there is no such key");
  }
  Config out;
  const std::string type = reader.Text(kType);
  if (type == "raft") {
    out.backend = Backend::kRaft;
  } else if (type == "rocksdb") {
    out.backend = Backend::kRocksDb;
  } else if (type == "ots") {
    return reader.Error(kType, "ots is not supported yet: use raft or rocksdb");
  } else {
    return reader.Error(kType, Concat("'", type, "' is none of rocksdb, raft and ots"));
  }
  if (out.backend == Backend::kRaft) {
    JFS_RETURN_IF_ERROR(ReadMasters(reader, &out));
    JFS_RETURN_IF_ERROR(FindSelf(reader, machine_name, &out));
  } else {
    for (const char* key : {kInitialConf, kHostname}) {
      if (reader.Has(key)) {
        return reader.Error(
            key,
            "contradicts namespace.backend.type=rocksdb, which is one master alone: set "
            "namespace.backend.type=raft or remove this key");
      }
    }
    out.masters = {
        {.host = std::string(machine_name.empty() ? "localhost" : machine_name), .port = 0}};
  }
  JFS_RETURN_IF_ERROR(ReadRpcAddresses(reader, &out));
  if (out.backend == Backend::kRocksDb && !out.rpc_addresses.empty()) {
    out.masters[0].host = out.rpc_addresses[0].host;
  }
  JFS_RETURN_IF_ERROR(ReadPorts(reader, &out));
  JFS_RETURN_IF_ERROR(ReadNamespaces(reader, settings, &out));
  JFS_RETURN_IF_ERROR(CheckPortsDiffer(reader, out));
  out.bind_host = reader.Text("namespace.bind-host");
  out.meta_dir = reader.Text(kMetaDir);
  if (out.meta_dir.empty()) {
    return reader.Error(kMetaDir, "is needed: name a local directory for the log and the state");
  }
  JFS_RETURN_IF_ERROR(ReadNumbers(reader, &out));
  absl::StatusOr<MirrorConfig> mirror = ReadMirrorConfig(reader, type);
  if (!mirror.ok()) return mirror.status();
  out.mirror = *std::move(mirror);
  JFS_RETURN_IF_ERROR(ReadStaticGroups(reader, &out));
  out.superuser_group = reader.Text("dfs.permissions.superusergroup");
  out.log_writer = reader.Text("namespace.log.writer");
  const std::set<std::string_view> writers = {"auto", "io_uring", "thread"};
  if (!writers.contains(out.log_writer)) {
    return reader.Error("namespace.log.writer",
                        Concat("'", out.log_writer, "' is none of auto, io_uring and thread"));
  }
  out.log_level = reader.Text("namespace.log.level");
  const std::set<std::string_view> levels = {"trace", "debug", "info", "warn", "error"};
  if (!levels.contains(out.log_level)) {
    return reader.Error(
        "namespace.log.level",
        Concat("'", out.log_level, "' is none of trace, debug, info, warn and error"));
  }
  return out;
}

absl::StatusOr<Config> LoadConfig(const CommandLine& command_line, std::string_view machine_name) {
  Settings settings;
  const absl::StatusOr<std::string> content = ReadConfigFile(command_line.config_file);
  if (content.ok()) {
    absl::StatusOr<Settings> parsed = ParseFile(command_line.config_file, *content);
    if (!parsed.ok()) return parsed.status();
    settings = std::move(*parsed);
  } else if (!absl::IsNotFound(content.status())) {
    return content.status();
  } else if (command_line.config_file_given || command_line.settings.empty()) {
    return absl::NotFoundError(Concat("cannot open the configuration file ",
                                      command_line.config_file,
                                      ": name it with --conf FILE, or give its keys as flags"));
  }
  for (const auto& [key, setting] : command_line.settings) settings.insert_or_assign(key, setting);
  return Interpret(settings, machine_name);
}

}  // namespace jfs::server
