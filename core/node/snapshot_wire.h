#ifndef CORE_NODE_SNAPSHOT_WIRE_H_
#define CORE_NODE_SNAPSHOT_WIRE_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

#include "core/base/bytes.h"
#include "core/node/io.h"
#include "core/node/mirror_setting.h"
#include "core/raft/message.h"

// What travels between masters inside a frame: Raft messages, the transfer of snapshots, and what a
// master is configured to do about the mirror. Format:
// docs/formats/peer.md.
namespace jfs::node {

// Leader to follower: here is a snapshot. Repeated until answered; the follower answers each time.
struct SnapshotOffer {
  uint64_t transfer =
      0;            // the leader's number of this transfer; a follower heeds only its latest offer
  raft::Term term;  // the leader's
  raft::Position at;
  std::vector<SnapshotFile> files;
};

// Follower to leader: go on from here. One number per file of the offer: the bytes already there.
struct SnapshotResume {
  uint64_t transfer = 0;
  std::vector<uint64_t> have;
};

struct SnapshotChunk {
  uint64_t transfer = 0;
  uint32_t file = 0;    // index into the offer's files
  uint64_t offset = 0;  // consecutive within a file
  SharedBytes data;
};

// Follower to leader: the file is there up to here.
struct SnapshotAck {
  uint64_t transfer = 0;
  uint32_t file = 0;
  uint64_t have = 0;
};

// Follower to leader: the transfer is over.
struct SnapshotDone {
  uint64_t transfer = 0;
  bool installed = false;
  raft::Position at;   // where the follower's state stands now
  std::string reason;  // if not installed, for the leader's log
};

using PeerBody = std::variant<raft::Message, SnapshotOffer, SnapshotResume, SnapshotChunk,
                              SnapshotAck, SnapshotDone, MirrorSetting>;

std::string EncodePeerPayload(const PeerBody& body);
// Entries and chunks of the result share `payload`'s bytes.
absl::StatusOr<PeerBody> DecodePeerPayload(const SharedBytes& payload);

}  // namespace jfs::node

#endif  // CORE_NODE_SNAPSHOT_WIRE_H_
