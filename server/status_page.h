#ifndef SERVER_STATUS_PAGE_H_
#define SERVER_STATUS_PAGE_H_

#include <memory>
#include <vector>

#include "core/node/node.h"
#include "core/ns/namespace.h"
#include "net/client_service.h"
#include "net/hadoop/ipc_server.h"
#include "net/http/status_server.h"
#include "net/peer_transport.h"
#include "server/config.h"
#include "server/mirror_status.h"

namespace jfs::server {

// Everything the HTTP port shows of a master at one moment.
struct StatusSources {
  const Config& config;
  const node::NodeStatus& node;
  const ns::Namespace* state = nullptr;       // null while starting or installing
  const net::PeerTransport* peers = nullptr;  // null with one master
  const net::hadoop::IpcServer* clients = nullptr;
  const net::ClientService* service = nullptr;
  const MirrorFacts* mirror = nullptr;
  uint64_t steps = 0;
};

// Healthy: the master runs, its disk counts, and it leads or knows who does.
std::shared_ptr<const net::StatusSnapshot> DescribeStatus(const StatusSources& sources);

}  // namespace jfs::server

#endif  // SERVER_STATUS_PAGE_H_
