#include "tools/jindo/service.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"

#include "core/base/concat.h"
#include "server/config.h"

namespace jfs::tools {
namespace {

std::vector<std::string> SplitAtCommas(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) out.emplace_back(part);
  }
  return out;
}

absl::StatusOr<uint16_t> PortOf(const server::Setting& setting, std::string_view key) {
  uint32_t port = 0;
  if (!absl::SimpleAtoi(setting.value, &port) || port == 0 || port > 65535) {
    return absl::InvalidArgumentError(
        Concat(setting.source, ": ", key, ": '", setting.value, "' is not a port"));
  }
  return static_cast<uint16_t>(port);
}

absl::StatusOr<Service> FromConfiguration(const std::string& file, std::string_view content) {
  const absl::StatusOr<server::Settings> settings = server::ParseFile(file, content);
  if (!settings.ok()) return settings.status();
  Service out{.source = file};
  const auto get = [&](std::string_view key) -> const server::Setting* {
    const auto it = settings->find(key);
    return it == settings->end() ? nullptr : &it->second;
  };
  if (const server::Setting* names = get("jfs.namespaces"))
    out.namespaces = SplitAtCommas(names->value);
  if (out.namespaces.empty()) out.namespaces = {"test"};
  for (const std::string& name : out.namespaces) {
    const std::string key = Concat("jfs.namespaces.", name, ".rpc.port");
    if (const server::Setting* setting = get(key)) {
      const absl::StatusOr<uint16_t> port = PortOf(*setting, key);
      if (!port.ok()) return port.status();
      out.namespace_port[name] = *port;
    }
  }
  if (const server::Setting* addresses = get("jfs.namespace.server.rpc-address")) {
    auto masters = ParseAddresses(addresses->value);
    if (!masters.ok()) {
      return absl::InvalidArgumentError(
          Concat(addresses->source,
                 ": jfs.namespace.server.rpc-address: ", ToStd(masters.status().message())));
    }
    out.masters = *std::move(masters);
    return out;
  }
  const server::Setting* type = get("namespace.backend.type");
  if (type != nullptr && type->value == "raft") {
    return absl::InvalidArgumentError(Concat(file,
                                             ": jfs.namespace.server.rpc-address is missing: it "
                                             "says where clients find the masters. Set it, or "
                                             "give --masters host:port,…"));
  }
  // One master alone: the file describes the one on this machine.
  net::HostPort own{.host = "127.0.0.1", .port = 8101};
  if (const server::Setting* host = get("namespace.bind-host");
      host != nullptr && !host->value.empty()) {
    own.host = host->value;
  }
  if (const server::Setting* setting = get("namespace.rpc.port")) {
    const absl::StatusOr<uint16_t> port = PortOf(*setting, "namespace.rpc.port");
    if (!port.ok()) return port.status();
    own.port = *port;
  }
  out.masters = {own};
  return out;
}

}  // namespace

absl::StatusOr<std::vector<net::HostPort>> ParseAddresses(std::string_view text) {
  std::vector<net::HostPort> out;
  for (const std::string& part : SplitAtCommas(text)) {
    const absl::StatusOr<net::HostPort> address = net::ParseHostPort(part);
    if (!address.ok()) return address.status();
    out.push_back(*address);
  }
  if (out.empty()) return absl::InvalidArgumentError("no address: host:port,host:port,… is wanted");
  return out;
}

absl::StatusOr<Service> FindService(const ServiceFlags& flags) {
  const auto from_addresses = [](std::string_view text,
                                 std::string_view source) -> absl::StatusOr<Service> {
    auto masters = ParseAddresses(text);
    if (!masters.ok()) {
      return absl::InvalidArgumentError(Concat(source, ": ", ToStd(masters.status().message())));
    }
    return Service{.masters = *std::move(masters), .source = std::string(source)};
  };
  if (!flags.masters.empty()) return from_addresses(flags.masters, "--masters");
  if (!flags.conf.empty()) {
    const absl::StatusOr<std::string> content = server::ReadConfigFile(flags.conf);
    if (!content.ok()) {
      return absl::NotFoundError(Concat(
          "--conf ", flags.conf, ": the file cannot be read: ", ToStd(content.status().message())));
    }
    return FromConfiguration(flags.conf, *content);
  }
  if (!flags.environment.empty()) return from_addresses(flags.environment, "JINDO_MASTERS");
  const absl::StatusOr<std::string> at_home = server::ReadConfigFile(flags.home_conf);
  if (at_home.ok()) return FromConfiguration(flags.home_conf, *at_home);
  if (!absl::IsNotFound(at_home.status())) return at_home.status();
  return absl::InvalidArgumentError(
      Concat("no masters are known: give --masters host:port,host:port,… or --conf FILE, set "
             "JINDO_MASTERS, or run where ",
             flags.home_conf, " is"));
}

absl::StatusOr<std::vector<net::HostPort>> MastersOf(const Service& service, const Target& target) {
  if (target.master.has_value()) return std::vector<net::HostPort>{*target.master};
  const std::string& name = target.namespace_name;
  if (name.empty() || service.namespaces.empty()) return service.masters;
  if (std::find(service.namespaces.begin(), service.namespaces.end(), name) ==
      service.namespaces.end()) {
    return absl::NotFoundError(
        Concat("there is no namespace '", name, "': ", service.source,
               " has jfs.namespaces=", absl::StrJoin(service.namespaces, ",")));
  }
  std::vector<net::HostPort> out = service.masters;
  if (const auto port = service.namespace_port.find(name);
      port != service.namespace_port.end() && name != service.namespaces.front()) {
    for (net::HostPort& master : out) master.port = port->second;
  }
  return out;
}

std::string UserName(const ServiceFlags& flags) {
  if (!flags.user.empty()) return flags.user;
  if (const char* name = std::getenv("HADOOP_USER_NAME"); name != nullptr && *name != '\0')
    return name;
  if (const passwd* entry = getpwuid(geteuid()); entry != nullptr) return entry->pw_name;
  return std::to_string(geteuid());
}

net::hadoop::IpcClient::Options ClientOptions(const ServiceFlags& flags,
                                              std::vector<net::HostPort> masters) {
  return {.addresses = std::move(masters),
          .user = UserName(flags),
          // An election takes about a second: a client that pauses for longer finds its end late.
          .backoff_max = 200 * kMillisecond,
          .give_up_after = flags.timeout_seconds * kSecond};
}

}  // namespace jfs::tools
