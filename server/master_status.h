#ifndef SERVER_MASTER_STATUS_H_
#define SERVER_MASTER_STATUS_H_

#include "core/node/node.h"
#include "net/jindo/proto/jindo.pb.h"
#include "net/peer_transport.h"
#include "server/config.h"
#include "server/mirror_status.h"

namespace jfs::server {

// What `jindo jfs -metaStatus` prints, as this master knows it: itself in full, the others as far
// as it hears of them. `peers` is null with one master.
void DescribeMasters(const Config& config, const node::NodeStatus& status,
                     const net::PeerTransport* peers, const MirrorFacts& mirror,
                     ::jfs::jindo::MetaStatusResponseProto* out);

}  // namespace jfs::server

#endif  // SERVER_MASTER_STATUS_H_
