#include "server/config_keys.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace jfs::server {
namespace {

constexpr std::string_view kNamespacePrefix = "jfs.namespaces.";
constexpr std::string_view kNamespaceFields[] = {"oss.uri", "rpc.port"};

constexpr KeyInfo kKeys[] = {
    {"namespace.backend.type", "rocksdb",
     "rocksdb: one master alone; raft: the masters of initial-conf"},
    {"namespace.backend.raft.initial-conf", "",
     "the masters, the same on all of them: "
     "emr-header-1:8103:0,emr-header-2:8103:0,emr-header-3:8103:0"},
    {"namespace.backend.raft.hostname", "",
     "this master's entry in initial-conf: host, or host:port where hosts repeat; default: this "
     "machine's name"},
    {"namespace.backend.raft.election-timeout-ms", "1000",
     "how long followers wait for a leader before they elect another"},
    {"namespace.backend.raft.heartbeat-ms", "100", "how often a leader shows that it is there"},
    {"jfs.namespace.server.rpc-address", "",
     "client addresses of the masters in the order of initial-conf: emr-header-1:8101,…"},
    {"namespace.bind-host", "", "address that the own ports listen on; default: all"},
    {"namespace.rpc.port", "8101", "client port of the first namespace"},
    {"namespace.http.port", "8104", "port of /status, /metrics and /health"},
    {"namespace.meta-dir", "", "local directory of the log and the state (needed)"},
    {"jfs.namespaces", "test", "names of the namespaces, with commas"},
    {"namespace.log.segment-bytes", "67108864", "size of one segment of the log"},
    {"namespace.log.writer", "auto",
     "how the log is written: io_uring; thread (better where other programs keep all processors "
     "busy); auto: io_uring where the kernel allows it"},
    {"namespace.log.level", "info", "trace, debug, info, warn or error"},
    {"namespace.disk.reserve-bytes", "1073741824",
     "with less free space than this, writes are refused"},
    {"namespace.retry-cache.bytes", "268435456",
     "memory for remembering calls, the same on all masters"},
    {"dfs.permissions.superusergroup", "supergroup", "members of this group may do everything"},
    {"hadoop.user.group.static.mapping.overrides", "",
     "groups of users instead of the system's: alice=staff,users;bob=staff"},
    {"dfs.namenode.fs-limits.min-block-size", "1048576",
     "smallest block size of a new file; 0: any"},
    {"dfs.namenode.lease-hard-limit-sec", "1200",
     "seconds after which the file of a writer that fell silent is closed; from 60 on another one "
     "may take it over"},
    {"dfs.blocksize", "134217728", "default block size told to clients"},
    {"dfs.replication", "1", "default replication told to clients"},
    {"fs.trash.interval", "0", "minutes before the trash is emptied, told to clients; 0: no trash"},
    {"namespace.ots.instance", "", "Tablestore instance of the mirror: emr-jfs"},
    {"namespace.ots.endpoint", "",
     "where it is: http://emr-jfs.cn-hangzhou.vpc.tablestore.aliyuncs.com"},
    {"namespace.ots.accessKey", "", "id of the access key for it"},
    {"namespace.ots.accessSecret", "", "secret of the access key for it"},
    {"namespace.ots.seal-after-ms", "30000",
     "a recovery takes the mirror from its writer after so long without a sign of life; a living "
     "one gives one every 10000"},
    {"namespace.ots.outbox-bytes", "1073741824",
     "what waits for the mirror at most; with more the mirror is given up as stale. The same on "
     "all masters"},
    {"namespace.backend.raft.async.ots.enabled", "false",
     "keep a copy of the namespace in Tablestore; decided when the cluster is first started"},
    {"namespace.backend.rocksdb.async.ots.enabled", "false",
     "the same for namespace.backend.type=rocksdb"},
    {"namespace.backend.raft.recovery.mode", "false",
     "start from the copy in Tablestore, read-only, with an empty meta-dir on every master"},
    {"namespace.backend.rocksdb.recovery.mode", "false",
     "the same for namespace.backend.type=rocksdb"},
};

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row[b.size()];
}

}  // namespace

std::span<const KeyInfo> FixedKeys() { return kKeys; }

NamespaceKey ParseNamespaceKey(std::string_view key) {
  if (!key.starts_with(kNamespacePrefix)) return {};
  key.remove_prefix(kNamespacePrefix.size());
  for (const std::string_view field : kNamespaceFields) {
    if (key.size() <= field.size() + 1 || !key.ends_with(field)) continue;
    const std::string_view name = key.substr(0, key.size() - field.size() - 1);
    if (key[name.size()] == '.' && !name.empty())
      return {.name = std::string(name), .field = field};
  }
  return {};
}

bool IsKnownKey(std::string_view key) {
  return std::any_of(std::begin(kKeys), std::end(kKeys),
                     [&](const KeyInfo& info) { return info.name == key; }) ||
         !ParseNamespaceKey(key).name.empty();
}

std::string NearestKey(std::string_view key) {
  if (key.size() > 200) return "";
  std::string_view best;
  size_t best_distance = key.size() / 3 + 1;
  for (const KeyInfo& info : kKeys) {
    const size_t distance = EditDistance(key, info.name);
    if (distance < best_distance) {
      best_distance = distance;
      best = info.name;
    }
  }
  return std::string(best);
}

std::string ShownKey(std::string_view key) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  };
  constexpr size_t kLongest = 100;
  const bool shown = key.size() <= kLongest && std::all_of(key.begin(), key.end(), fits);
  // A word without a dot is no key, but a short one is no secret either.
  if (shown && (key.find('.') != std::string_view::npos || key.size() < 4)) return std::string(key);
  return "what stands before '='";
}

}  // namespace jfs::server
