#include "tools/jindo/ask_masters.h"

#include <poll.h>

#include "absl/status/statusor.h"

namespace jfs::tools {

absl::Status ProbeMaster(const net::HostPort& master, Duration patience) {
  const absl::StatusOr<std::vector<net::Endpoint>> endpoints = net::Resolve(master);
  if (!endpoints.ok()) return endpoints.status();
  absl::Status out = absl::UnavailableError("has no address");
  for (const net::Endpoint& endpoint : *endpoints) {
    const absl::StatusOr<net::UniqueFd> fd = net::StartConnect(endpoint);
    if (!fd.ok()) {
      out = fd.status();
      continue;
    }
    pollfd waits = {.fd = fd->get(), .events = POLLOUT, .revents = 0};
    const int ready = poll(&waits, 1, static_cast<int>(patience / kMillisecond));
    out = ready > 0 ? net::ConnectOutcome(fd->get())
                    : absl::DeadlineExceededError("no connection in time");
    if (out.ok()) return out;
  }
  return out;
}

std::vector<StatusAnswer> AskStatus(const ServiceFlags& flags, const Service& service) {
  return AskAll<::jfs::jindo::MetaStatusResponseProto>(
      flags, service.masters, "metaStatus", ::jfs::jindo::MetaStatusRequestProto(), kAskPatience);
}

}  // namespace jfs::tools
