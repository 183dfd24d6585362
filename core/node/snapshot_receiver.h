#ifndef CORE_NODE_SNAPSHOT_RECEIVER_H_
#define CORE_NODE_SNAPSHOT_RECEIVER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/node/io.h"
#include "core/node/snapshot_sender.h"
#include "core/node/snapshot_wire.h"

namespace jfs::node {

// The follower's side of a snapshot: stages chunks in order, resumes where an earlier attempt at
// the same snapshot ended, and says when everything is there. Heeds one transfer at a time, the
// latest offered. Memory: none to speak of; a chunk is handed on as it comes.
class SnapshotReceiver {
 public:
  explicit SnapshotReceiver(JobTokens* tokens) : tokens_(tokens) {}

  // REQUIRES: the offer is newer than the state, and no installation is going on.
  void OnOffer(NodeId from, const SnapshotOffer& offer, Output* out);
  // Answers an offer of the transfer under way, also during its installation; false if it is of
  // another.
  bool OnRepeatedOffer(NodeId from, const SnapshotOffer& offer, Output* out);
  void OnChunk(NodeId from, const SnapshotChunk& chunk, Output* out);
  bool OnStagingPrepared(const StagingPrepared& prepared, Output* out);
  bool OnStagedWritten(const StagedWritten& written, Output* out);

  // Everything is staged and nothing is being written: install it.
  bool complete() const;
  // Tells the sender how it ended and forgets the transfer.
  void Finish(bool installed, raft::Position at, std::string reason, Output* out);

  bool active() const { return active_; }
  raft::Position at() const { return offer_.at; }

 private:
  void SendResume(Output* out);

  JobTokens* tokens_;
  bool active_ = false;
  NodeId from_;
  SnapshotOffer offer_;
  bool prepared_ = false;
  std::optional<JobToken> prepare_job_;
  std::vector<uint64_t> have_;      // per file: written
  std::vector<uint64_t> expected_;  // per file: handed to be written
  struct PendingWrite {
    uint32_t file = 0;
    uint64_t begin = 0;
  };
  std::map<JobToken, PendingWrite> writes_;
};

}  // namespace jfs::node

#endif  // CORE_NODE_SNAPSHOT_RECEIVER_H_
