#ifndef TOOLS_JINDO_SERVICE_H_
#define TOOLS_JINDO_SERVICE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "net/hadoop/ipc_client.h"
#include "net/socket.h"
#include "tools/jindo/target.h"

// Which masters a command talks to, and as whom.
namespace jfs::tools {

// What the user said about it, by flags and environment.
struct ServiceFlags {
  std::string masters;                           // --masters: host:port,host:port,…
  std::string conf;                              // --conf
  std::string environment;                       // JINDO_MASTERS
  std::string user;                              // --user
  std::string home_conf = "conf/namespace.cfg";  // read if nothing else is said and it exists
  uint64_t timeout_seconds = 60;                 // a call without an answer for this long fails
};

struct Service {
  std::vector<net::HostPort> masters;              // client addresses
  std::vector<std::string> namespaces;             // empty: not known (no configuration was read)
  std::map<std::string, uint16_t> namespace_port;  // of further namespaces
  std::string source;                              // where the addresses come from, for messages
};

// --masters, else --conf, else JINDO_MASTERS, else conf/namespace.cfg. Errors say what was tried
// and what to give.
absl::StatusOr<Service> FindService(const ServiceFlags& flags);

// Client addresses for a target: its own host:port, or those of its namespace. NotFound if the
// configuration knows no namespace of that name.
absl::StatusOr<std::vector<net::HostPort>> MastersOf(const Service& service, const Target& target);

// "host:port,host:port".
absl::StatusOr<std::vector<net::HostPort>> ParseAddresses(std::string_view text);

// --user, else HADOOP_USER_NAME, else the login name of this process.
std::string UserName(const ServiceFlags& flags);

net::hadoop::IpcClient::Options ClientOptions(const ServiceFlags& flags,
                                              std::vector<net::HostPort> masters);

}  // namespace jfs::tools

#endif  // TOOLS_JINDO_SERVICE_H_
