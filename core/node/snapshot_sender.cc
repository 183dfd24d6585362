#include "core/node/snapshot_sender.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace jfs::node {
namespace {

void Send(NodeId to, const PeerBody& body, Output* out) {
  out->send.push_back(SendPayload{to, Lane::kSnapshot, SharedBytes(EncodePeerPayload(body))});
}

}  // namespace

SnapshotSender::SnapshotSender(SnapshotTransferOptions options, NodeId to, raft::Term term,
                               uint64_t transfer, JobTokens* tokens)
    : options_(options), to_(to), term_(term), transfer_(transfer), tokens_(tokens) {}

void SnapshotSender::Start(Micros now, Output* out) {
  last_heard_ = now;
  last_progress_ = now;
  checkpoint_job_ = tokens_->Next();
  out->jobs.push_back(TakeCheckpoint{*checkpoint_job_, transfer_});
}

bool SnapshotSender::OnCheckpointTaken(Micros now, const CheckpointTaken& taken, Output* out) {
  if (checkpoint_job_ != taken.token) return false;
  checkpoint_job_.reset();
  checkpoint_taken_ = true;
  if (!taken.status.ok()) {
    End(false, {}, absl::StrCat("checkpoint failed: ", taken.status.ToString()));
    return true;
  }
  at_ = taken.at;
  files_ = taken.files;
  read_up_to_.assign(files_.size(), 0);
  acknowledged_.assign(files_.size(), 0);
  last_progress_ = now;
  Offer(now, out);
  return true;
}

void SnapshotSender::Offer(Micros now, Output* out) {
  last_heard_ = now;
  flowing_ = false;
  Send(to_, SnapshotOffer{transfer_, term_, at_, files_}, out);
}

void SnapshotSender::OnResume(Micros now, const SnapshotResume& resume, Output* out) {
  if (over_.has_value() || !checkpoint_taken_ || resume.have.size() != files_.size()) return;
  last_heard_ = now;
  bool whole = true;
  for (size_t i = 0; i < files_.size(); ++i) {
    if (resume.have[i] > files_[i].bytes) return;  // not an answer to our offer
    whole = whole && resume.have[i] == files_[i].bytes;
  }
  // Whoever has everything is installing it, which takes as long as reading the whole state.
  if (whole || resume.have != acknowledged_) last_progress_ = now;
  acknowledged_ = resume.have;
  read_up_to_ = resume.have;
  // Whatever was under way belongs to the time before: late answers are for nobody.
  reads_.clear();
  outstanding_.clear();
  next_file_ = 0;
  flowing_ = true;
  Pump(out);
}

void SnapshotSender::Pump(Output* out) {
  while (flowing_ && outstanding_.size() < options_.chunks_in_flight &&
         next_file_ < files_.size()) {
    const uint64_t from = read_up_to_[next_file_];
    const uint64_t left = files_[next_file_].bytes - from;
    if (left == 0) {
      ++next_file_;
      continue;
    }
    const uint64_t bytes = std::min(left, options_.chunk_bytes);
    const JobToken token = tokens_->Next();
    reads_[token] = PendingRead{next_file_, from, bytes};
    read_up_to_[next_file_] = from + bytes;
    outstanding_.push_back(ChunkEnd{next_file_, from + bytes});
    out->jobs.push_back(ReadCheckpoint{token, transfer_, files_[next_file_].name, from, bytes});
  }
}

bool SnapshotSender::OnCheckpointRead(Micros now, const CheckpointRead& read, Output* out) {
  const auto at = reads_.find(read.token);
  if (at == reads_.end()) return false;
  PendingRead& pending = at->second;
  if (over_.has_value()) {
    reads_.erase(at);
    return true;
  }
  if (!read.status.ok() || read.data.size() != pending.bytes) {
    End(false, {},
        absl::StrCat("cannot read ", files_[pending.file].name, " of the checkpoint at offset ",
                     pending.offset, ": ", read.status.ToString()));
    return true;
  }
  pending.data = read.data;
  last_heard_ = std::max(last_heard_, now);
  // Reads end in any order, but the follower takes chunks only in theirs.
  while (!reads_.empty() && reads_.begin()->second.data.has_value()) {
    const PendingRead& next = reads_.begin()->second;
    Send(to_, SnapshotChunk{transfer_, next.file, next.offset, *next.data}, out);
    reads_.erase(reads_.begin());
  }
  return true;
}

void SnapshotSender::OnAck(Micros now, const SnapshotAck& ack, Output* out) {
  if (over_.has_value() || ack.file >= files_.size() || ack.have > files_[ack.file].bytes) return;
  last_heard_ = now;
  if (ack.have > acknowledged_[ack.file]) {
    acknowledged_[ack.file] = ack.have;
    last_progress_ = now;
    // The follower's writes end in any order, so one answer may be about several chunks.
    std::erase_if(outstanding_, [&](const ChunkEnd& chunk) {
      return chunk.file == ack.file && chunk.end <= ack.have;
    });
  }
  Pump(out);
}

void SnapshotSender::OnDone(const SnapshotDone& done) {
  if (over_.has_value()) return;
  End(done.installed, done.at, done.reason);
}

void SnapshotSender::Tick(Micros now, Output* out) {
  // How long the own disk takes for a checkpoint says nothing about the follower.
  if (over_.has_value() || !checkpoint_taken_) return;
  if (now >= last_progress_ + options_.timeout) {
    End(false, {}, "no progress");
    return;
  }
  if (now >= last_heard_ + options_.retry) Offer(now, out);
}

void SnapshotSender::Abandon(std::string reason) {
  if (!over_.has_value()) End(false, {}, std::move(reason));
}

void SnapshotSender::End(bool ok, raft::Position at, std::string reason) {
  over_ = raft::SnapshotSent{to_, ok, at};
  reason_ = std::move(reason);
  flowing_ = false;
}

void SnapshotSender::Finish(Output* out) {
  // A checkpoint still being taken is dropped as well: the driver carries jobs on one checkpoint
  // out in order.
  out->jobs.push_back(DropCheckpoint{transfer_});
}

Micros SnapshotSender::next_deadline() const {
  if (over_.has_value() || !checkpoint_taken_) return kNever;
  return std::min(last_progress_ + options_.timeout, last_heard_ + options_.retry);
}

uint64_t SnapshotSender::bytes_total() const {
  uint64_t sum = 0;
  for (const SnapshotFile& file : files_) sum += file.bytes;
  return sum;
}

uint64_t SnapshotSender::bytes_acknowledged() const {
  uint64_t sum = 0;
  for (const uint64_t bytes : acknowledged_) sum += bytes;
  return sum;
}

}  // namespace jfs::node
