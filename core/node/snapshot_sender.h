#ifndef CORE_NODE_SNAPSHOT_SENDER_H_
#define CORE_NODE_SNAPSHOT_SENDER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/node/io.h"
#include "core/node/snapshot_wire.h"
#include "core/raft/io.h"

namespace jfs::node {

// Gives out the numbers of jobs.
class JobTokens {
 public:
  JobToken Next() {
    ++last_;
    return last_;
  }

 private:
  JobToken last_;
};

struct SnapshotTransferOptions {
  uint64_t chunk_bytes = 1 << 20;
  uint32_t chunks_in_flight = 4;
  Duration retry = 2 * kSecond;
  Duration timeout = 60 * kSecond;
};

// The leader's side of bringing one follower up to date by a snapshot: takes a checkpoint, offers
// it, and feeds chunks at the pace of the follower's acknowledgements. Every loss on the way is
// mended by offering again: the answer says what the follower has. Memory: chunks_in_flight chunks.
class SnapshotSender {
 public:
  SnapshotSender(SnapshotTransferOptions options, NodeId to, raft::Term term, uint64_t transfer,
                 JobTokens* tokens);

  void Start(Micros now, Output* out);
  // The answers to its own jobs; false if `token` is not one of them.
  bool OnCheckpointTaken(Micros now, const CheckpointTaken& taken, Output* out);
  bool OnCheckpointRead(Micros now, const CheckpointRead& read, Output* out);
  // Messages of the follower that carry this transfer's number.
  void OnResume(Micros now, const SnapshotResume& resume, Output* out);
  void OnAck(Micros now, const SnapshotAck& ack, Output* out);
  void OnDone(const SnapshotDone& done);
  void Tick(Micros now, Output* out);
  // Ends the transfer from this side, e.g. because leadership is lost.
  void Abandon(std::string reason);

  // Set when the transfer has ended; the checkpoint is then to be dropped (Finish).
  const std::optional<raft::SnapshotSent>& over() const { return over_; }
  const std::string& reason() const { return reason_; }
  void Finish(Output* out);

  NodeId to() const { return to_; }
  uint64_t transfer() const { return transfer_; }
  Micros next_deadline() const;
  uint64_t bytes_total() const;
  uint64_t bytes_acknowledged() const;

 private:
  struct PendingRead {
    uint32_t file = 0;
    uint64_t offset = 0;
    uint64_t bytes = 0;
    std::optional<SharedBytes> data;  // set: read, but one before it is not
  };

  struct ChunkEnd {
    uint32_t file = 0;
    uint64_t end = 0;
  };

  void Offer(Micros now, Output* out);
  void Pump(Output* out);
  void End(bool ok, raft::Position at, std::string reason);

  SnapshotTransferOptions options_;
  NodeId to_;
  raft::Term term_;
  uint64_t transfer_;
  JobTokens* tokens_;

  std::optional<JobToken> checkpoint_job_;
  bool checkpoint_taken_ = false;
  raft::Position at_;
  std::vector<SnapshotFile> files_;
  bool flowing_ = false;                // the follower has said where to go on
  uint32_t next_file_ = 0;              // next chunk to read
  std::vector<uint64_t> read_up_to_;    // per file
  std::vector<uint64_t> acknowledged_;  // per file
  std::vector<ChunkEnd> outstanding_;   // chunks being read or not yet acknowledged
  std::map<JobToken, PendingRead> reads_;
  Micros last_heard_, last_progress_;
  std::optional<raft::SnapshotSent> over_;
  std::string reason_;
};

}  // namespace jfs::node

#endif  // CORE_NODE_SNAPSHOT_SENDER_H_
