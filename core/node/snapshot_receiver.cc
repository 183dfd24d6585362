#include "core/node/snapshot_receiver.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace jfs::node {
namespace {

void Send(NodeId to, const PeerBody& body, Output* out) {
  out->send.push_back(SendPayload{to, Lane::kSnapshot, SharedBytes(EncodePeerPayload(body))});
}

}  // namespace

bool SnapshotReceiver::OnRepeatedOffer(NodeId from, const SnapshotOffer& offer, Output* out) {
  if (!active_ || from != from_ || offer.transfer != offer_.transfer || offer.term != offer_.term) {
    return false;
  }
  // The sender has lost track. Writes under way are not lost, so it may go on behind them.
  if (prepared_) SendResume(out);
  return true;
}

void SnapshotReceiver::OnOffer(NodeId from, const SnapshotOffer& offer, Output* out) {
  if (OnRepeatedOffer(from, offer, out)) return;
  // Jobs may be carried out in any order: one of the transfer before must not touch the files of
  // the next. Until they have ended nothing is staged; the sender offers again.
  active_ = false;
  if (prepare_job_.has_value() || !writes_.empty()) return;
  active_ = true;
  prepared_ = false;
  from_ = from;
  offer_ = offer;
  prepare_job_ = tokens_->Next();
  out->jobs.push_back(PrepareStaging{*prepare_job_, offer.at, offer.files});
}

bool SnapshotReceiver::OnStagingPrepared(const StagingPrepared& prepared, Output* out) {
  if (prepare_job_ != prepared.token) return false;
  prepare_job_.reset();
  if (!active_) return true;
  if (!prepared.status.ok() || prepared.have.size() != offer_.files.size()) {
    Finish(false, {}, absl::StrCat("cannot stage: ", prepared.status.ToString()), out);
    return true;
  }
  prepared_ = true;
  have_ = prepared.have;
  expected_ = prepared.have;
  if (!complete()) SendResume(out);
  return true;
}

void SnapshotReceiver::SendResume(Output* out) {
  Send(from_, SnapshotResume{offer_.transfer, expected_}, out);
}

void SnapshotReceiver::OnChunk(NodeId from, const SnapshotChunk& chunk, Output* out) {
  if (!active_ || !prepared_ || from != from_ || chunk.transfer != offer_.transfer) return;
  if (chunk.file >= offer_.files.size() || chunk.data.empty()) return;
  // Out of turn: one before it was lost, or it was sent twice. The sender asks again when nothing
  // moves.
  if (chunk.offset != expected_[chunk.file]) return;
  if (chunk.data.size() > offer_.files[chunk.file].bytes - chunk.offset) return;
  const JobToken token = tokens_->Next();
  const uint64_t end = chunk.offset + chunk.data.size();
  expected_[chunk.file] = end;
  writes_[token] = PendingWrite{chunk.file, chunk.offset};
  out->jobs.push_back(WriteStaged{token, offer_.files[chunk.file].name, chunk.offset, chunk.data});
}

bool SnapshotReceiver::OnStagedWritten(const StagedWritten& written, Output* out) {
  const auto at = writes_.find(written.token);
  if (at == writes_.end()) return false;
  const PendingWrite write = at->second;
  writes_.erase(at);
  if (!active_) return true;
  if (!written.status.ok()) {
    Finish(false, {}, absl::StrCat("cannot stage: ", written.status.ToString()), out);
    return true;
  }
  // Writes end in any order: what is there goes up to the first one still under way.
  uint64_t have = expected_[write.file];
  for (const auto& [token, pending] : writes_) {
    if (pending.file == write.file) have = std::min(have, pending.begin);
  }
  have_[write.file] = have;
  if (!complete()) Send(from_, SnapshotAck{offer_.transfer, write.file, have}, out);
  return true;
}

bool SnapshotReceiver::complete() const {
  if (!active_ || !prepared_ || !writes_.empty()) return false;
  for (size_t i = 0; i < offer_.files.size(); ++i) {
    if (have_[i] != offer_.files[i].bytes) return false;
  }
  return true;
}

void SnapshotReceiver::Finish(bool installed, raft::Position at, std::string reason, Output* out) {
  Send(from_, SnapshotDone{offer_.transfer, installed, at, std::move(reason)}, out);
  active_ = false;
  prepared_ = false;
}

}  // namespace jfs::node
