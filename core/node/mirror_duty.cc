#include "core/node/mirror_duty.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/ns/keys.h"
#include "core/outbox/outbox_row.h"

namespace jfs::node {
namespace {

// The rows that wait for the mirror, read from the state.
class StateOutbox : public mirror::OutboxReader {
 public:
  explicit StateOutbox(const kv::View* store) : store_(*store) {}

  absl::Status Read(uint64_t first, uint64_t max_bytes, std::vector<std::string>* rows) override {
    // A row is filed under its last sequence, which is the first that is not smaller than `first`.
    const auto row =
        store_.Scan(ns::OutboxKey(first), ns::EndOf(ns::PrefixOf(ns::Prefix::kOutbox)));
    uint64_t bytes = 0;
    for (; row->Valid() && bytes <= max_bytes; row->Next()) {
      bytes += row->value().size();
      rows->emplace_back(row->value());
    }
    return row->status();
  }

 private:
  const kv::View& store_;
};

std::string ClusterText(ClusterId cluster) {
  return absl::StrCat(absl::Hex(cluster.value, absl::kZeroPad16));
}

Event::Severity SeverityOf(mirror::Note::Severity severity) {
  switch (severity) {
    case mirror::Note::Severity::kInfo:
      return Event::Severity::kInfo;
    case mirror::Note::Severity::kWarning:
      return Event::Severity::kWarning;
    case mirror::Note::Severity::kError:
      return Event::Severity::kError;
  }
  return Event::Severity::kError;
}

// What is proposed and does not come about is proposed again.
constexpr Duration kProposeAgain = 5 * kSecond;

// What a leader knows of the fence that an earlier one has sealed: enough to load from.
mirror::Fence SealedFence(const ns::RecoveryRecord& record) {
  mirror::Fence fence;
  fence.state = mirror::FenceState::kSealed;
  fence.cluster = record.source.cluster;
  fence.lineage = record.source.lineage;
  fence.last = record.source.last;
  fence.chain = record.source.chain;
  fence.checkpoint = record.source.checkpoint;
  fence.checkpoint_chain = record.source.checkpoint_chain;
  fence.carried.wall = record.source.wall;
  fence.carried.next_lease = record.source.next_lease;
  fence.carried.next_namespace = record.source.next_namespace;
  fence.carried.directories = record.source.directories;
  fence.carried.files = record.source.files;
  fence.carried.bytes = record.source.bytes;
  return fence;
}

ns::BeginRecovery BeginFrom(const mirror::Fence& fence) {
  ns::BeginRecovery begin;
  begin.cluster = fence.cluster;
  begin.lineage = static_cast<uint16_t>(fence.lineage);
  begin.last = fence.last;
  begin.chain = fence.chain;
  begin.checkpoint = fence.checkpoint;
  begin.checkpoint_chain = fence.checkpoint_chain;
  begin.wall = fence.carried.wall;
  begin.next_lease = fence.carried.next_lease;
  begin.next_namespace = fence.carried.next_namespace;
  begin.directories = fence.carried.directories;
  begin.files = fence.carried.files;
  begin.bytes = fence.carried.bytes;
  return begin;
}

}  // namespace

MirrorSetting MirrorConfig::setting() const {
  return {upload, recovery, upload || recovery ? DestinationOf(instance, endpoint) : 0};
}

absl::Status CheckMirrorConfig(const ns::Namespace& state, const MirrorConfig& config) {
  const ns::RecoveryRecord& recovery = state.recovery();
  if (recovery.state != ns::RecoveryState::kNone) return absl::OkStatus();
  const bool empty = state.position().sequence() == 0;
  if (config.recovery && !empty) {
    return absl::FailedPreconditionError(
        "...recovery.mode is true, but this master already has a namespace: a recovery begins on "
        "empty masters. To go on with what is here, set recovery.mode to false; to recover, give "
        "all masters an empty namespace.meta-dir");
  }
  const ns::MirrorState mirror = state.mirror().record.state;
  const bool kept = mirror == ns::MirrorState::kOn || mirror == ns::MirrorState::kStale;
  if (kept && !config.upload) {
    return absl::FailedPreconditionError(
        "...async.ots.enabled is false, but this cluster keeps a mirror in Tablestore, and a "
        "single mistyped file must not end it. Set it to true again; or, to give the mirror up "
        "for good, start with true and run 'jindo jfs -metaDisable'. A master that was away when "
        "that was done is started with true once, to hear of it");
  }
  return absl::OkStatus();
}

MirrorDuty::MirrorDuty(const MirrorConfig& config, NodeId self, std::vector<NodeId> members,
                       JobTokens* tokens, Mutations mutations)
    : config_(config),
      self_(self),
      members_(std::move(members)),
      tokens_(tokens),
      mutations_(mutations) {}

void MirrorDuty::OnSetting(NodeId from, const MirrorSetting& setting, Micros now) {
  // Whoever does not lead yet hears it again once it does.
  if (agreement_.has_value()) agreement_->Hear(from, setting, now);
}

void MirrorDuty::OnAnswer(TablestoreAnswered answer) {
  const auto at = calls_under_way_.find(answer.token);
  // Of a machine that ended with its term.
  if (at == calls_under_way_.end()) return;
  ended_.push_back(mirror::CallEnded{at->second, std::move(answer.outcome)});
  calls_under_way_.erase(at);
}

void MirrorDuty::EndTerm() {
  agreement_.reset();
  uploader_.reset();
  loader_.reset();
  recount_.reset();
  recounted_ = false;
  admitted_ = false;
  calls_under_way_.clear();
  ended_.clear();
  proposed_ = false;
  progress_proposed_ = failure_proposed_ = Micros();
  deadline_ = kNever;
  problem_.clear();
}

void MirrorDuty::BeginTerm(const Turn& turn) {
  if (agreement_.has_value() && term_ == turn.term) return;
  EndTerm();
  term_ = turn.term;
  agreement_.emplace(members_, turn.now);
}

bool MirrorDuty::MayPropose(Micros now) {
  if (proposed_ && now < last_proposed_ + kSecond) {
    deadline_ = std::min(deadline_, last_proposed_ + kSecond);
    return false;
  }
  proposed_ = true;
  last_proposed_ = now;
  return true;
}

void MirrorDuty::SetProblem(std::string problem, Output* out) {
  if (problem == problem_) return;
  problem_ = std::move(problem);
  if (!problem_.empty()) {
    out->events.push_back(Event{Event::Severity::kWarning, absl::StrCat("mirror: ", problem_)});
  }
}

absl::StatusOr<bool> MirrorDuty::Step(const Turn& turn, Calls* calls, Output* out) {
  BeginTerm(turn);
  deadline_ = kNever;
  const ns::MirrorRecord& record = turn.state->mirror().record;
  const ns::RecoveryState recovery = turn.state->recovery().state;
  if (recovery != ns::RecoveryState::kNone || record.state == ns::MirrorState::kUndecided) {
    return Decide(turn, calls, out);
  }
  if (record.state != ns::MirrorState::kOn) {
    if (uploader_ != nullptr) EndTerm();
    return true;
  }
  mirror::Writer writer;
  writer.cluster = ClusterText(turn.cluster);
  writer.lineage = turn.state->position().lineage();
  writer.term = turn.term.value;
  absl::Status status = Upload(turn, writer, {record.last, record.chain}, calls, out);
  if (!status.ok()) return status;
  return true;
}

// As long as it is open what this cluster is. False: nothing else may be done yet.
absl::StatusOr<bool> MirrorDuty::Decide(const Turn& turn, Calls* calls, Output* out) {
  const ns::RecoveryRecord& recovery = turn.state->recovery();
  const bool fresh = recovery.state == ns::RecoveryState::kNone;
  if (fresh && turn.state->position().sequence() != 0) {
    // Made by a version that did not ask.
    if (MayPropose(turn.now)) calls->AddInternal(ns::SetMirror{.on = false});
    return false;
  }
  agreement_->Hear(self_, config_.setting(), turn.now);
  const MirrorAgreement::Verdict verdict = agreement_->Judge(turn.now, fresh);
  if (!verdict.agreed) {
    SetProblem(verdict.problem, out);
    deadline_ = turn.now + kSecond;
    return false;
  }
  const MirrorSetting& setting = verdict.setting;
  mirror::Writer writer;
  writer.cluster = ClusterText(turn.cluster);
  writer.term = turn.term.value;
  switch (recovery.state) {
    case ns::RecoveryState::kFailed:
      SetProblem(absl::StrCat("the recovery has failed: ", recovery.failure), out);
      return false;
    case ns::RecoveryState::kLoading:
      if (!setting.recovery) {
        SetProblem(
            "the recovery is not finished, and ...recovery.mode is false: set it to true again on "
            "all masters until -metaStatus says state=FINISH",
            out);
        return false;
      }
      SetProblem("", out);
      if (absl::Status status = Recover(turn, calls, out); !status.ok()) return status;
      return false;
    case ns::RecoveryState::kFinished: {
      if (setting.recovery) {
        SetProblem("", out);
        return false;
      }
      writer.claim =
          mirror::Recovered{recovery.source.lineage, recovery.source.last, recovery.source.chain};
      writer.lineage = recovery.source.lineage + 1;
      writer.claim_only = !setting.upload;
      if (absl::Status status =
              Upload(turn, writer, {recovery.source.last, recovery.source.chain}, calls, out);
          !status.ok()) {
        return status;
      }
      if (admitted_ && MayPropose(turn.now)) {
        calls->AddInternal(ns::ClaimRecovered{.lineage = static_cast<uint16_t>(writer.lineage),
                                              .mirror_on = setting.upload,
                                              .outbox_bytes = config_.outbox_bytes});
      }
      return false;
    }
    case ns::RecoveryState::kNone:
      break;
  }
  if (setting.recovery) {
    SetProblem("", out);
    if (absl::Status status = Recover(turn, calls, out); !status.ok()) return status;
    return false;
  }
  if (!setting.upload) {
    SetProblem("", out);
    if (MayPropose(turn.now)) calls->AddInternal(ns::SetMirror{.on = false});
    return false;
  }
  // The mirror is reached, and taken hold of, before anything depends on it: one that never worked
  // would be found out when it is needed.
  if (absl::Status status = Upload(turn, writer, {}, calls, out); !status.ok()) return status;
  if (admitted_ && MayPropose(turn.now)) {
    calls->AddInternal(ns::SetMirror{.on = true, .outbox_bytes = config_.outbox_bytes});
  }
  return false;
}

absl::Status MirrorDuty::Upload(const Turn& turn, const mirror::Writer& writer,
                                mirror::OutboxEnd end, Calls* calls, Output* out) {
  const bool begins = uploader_ == nullptr;
  if (begins) {
    uploader_ = std::make_unique<mirror::Uploader>(config_.upload_limits, writer, mutations_);
  }
  const bool news = begins || !ended_.empty() || end.last != stepped_to_.last;
  if (news || turn.now >= machine_deadline_) {
    StateOutbox outbox(turn.store);
    mirror::UploadOutput uploaded = uploader_->Step(turn.now, end, &outbox, ended_);
    ended_.clear();
    stepped_to_ = end;
    machine_deadline_ = uploaded.next_deadline;
    if (!uploaded.fatal.ok()) return uploaded.fatal;
    admitted_ = admitted_ || uploaded.admitted;
    if (uploaded.progress.has_value()) {
      calls->AddInternal(ns::MirrorProgress{*uploaded.progress});
      progress_proposed_ = turn.now;
    }
    Carry(std::move(uploaded.calls), uploaded.notes, out);
  }
  const mirror::UploadStatus status = uploader_->status();
  // Nobody hears of a proposal that was dropped, and the uploader says everything once.
  const ns::MirrorRecord& record = turn.state->mirror().record;
  if (record.state == ns::MirrorState::kOn && status.mirrored > record.mirrored) {
    if (turn.now >= progress_proposed_ + kProposeAgain) {
      calls->AddInternal(ns::MirrorProgress{status.mirrored});
      progress_proposed_ = turn.now;
    }
    deadline_ = std::min(deadline_, progress_proposed_ + kProposeAgain);
  }
  SetProblem(status.problem, out);
  deadline_ = std::min(deadline_, machine_deadline_);
  return absl::OkStatus();
}

absl::Status MirrorDuty::Recover(const Turn& turn, Calls* calls, Output* out) {
  const ns::RecoveryRecord& record = turn.state->recovery();
  const bool begun = record.state == ns::RecoveryState::kLoading;
  if (begun && record.cursor == ns::kRecoveryEnd) return Verify(turn, calls);
  const bool begins = loader_ == nullptr;
  if (begins) {
    std::optional<mirror::Fence> sealed;
    if (begun) sealed = SealedFence(record);
    loader_ = std::make_unique<mirror::Loader>(config_.load_limits, ClusterText(turn.cluster),
                                               std::move(sealed), mutations_);
  }
  // That the seal is replicated moves no cursor, and is what the loader waits for to begin.
  const bool news =
      begins || !ended_.empty() || record.cursor != loaded_cursor_ || begun != loaded_begun_;
  if (news || turn.now >= machine_deadline_) {
    mirror::LoadOutput loaded = loader_->Step(turn.now, record.cursor, begun, ended_);
    ended_.clear();
    loaded_cursor_ = record.cursor;
    loaded_begun_ = begun;
    machine_deadline_ = loaded.next_deadline;
    Propose(loaded, calls);
    if (loaded.failed.has_value()) failure_proposed_ = turn.now;
    Carry(std::move(loaded.calls), loaded.notes, out);
  }
  const mirror::LoadStatus status = loader_->status();
  if (begun && status.phase == mirror::LoadPhase::kFailed) {
    // A loader fails once, and the proposal that says so may be dropped.
    if (turn.now >= failure_proposed_ + kProposeAgain) {
      calls->AddInternal(ns::FinishRecovery{.ok = false, .reason = status.failure});
      failure_proposed_ = turn.now;
    }
    deadline_ = std::min(deadline_, failure_proposed_ + kProposeAgain);
  }
  deadline_ = std::min(deadline_, machine_deadline_);
  return absl::OkStatus();
}

void MirrorDuty::Propose(const mirror::LoadOutput& loaded, Calls* calls) {
  if (loaded.sealed.has_value()) calls->AddInternal(BeginFrom(*loaded.sealed));
  for (const mirror::Chunk& chunk : loaded.chunks) {
    ns::LoadRows load;
    load.from = chunk.from;
    load.to = chunk.to;
    for (const mirror::LoadedRow& row : chunk.rows) load.rows.push_back({row.key, row.value});
    calls->AddInternal(std::move(load));
  }
  if (loaded.failed.has_value()) {
    calls->AddInternal(ns::FinishRecovery{.ok = false, .reason = *loaded.failed});
  }
}

// Counts everything again before the recovery may be called finished, a slice with each turn.
absl::Status MirrorDuty::Verify(const Turn& turn, Calls* calls) {
  if (recount_ == nullptr) recount_ = std::make_unique<ns::Recount>();
  if (!recounted_) {
    absl::StatusOr<bool> done = recount_->Step(*turn.store, config_.recount_rows_per_step);
    if (!done.ok()) return done.status();
    recounted_ = *done;
    deadline_ = turn.now;
    if (!recounted_) return absl::OkStatus();
  }
  if (MayPropose(turn.now)) {
    // The totals are compared with the mirror's own where this is applied.
    calls->AddInternal(
        ns::FinishRecovery{.ok = recount_->problem().empty(), .reason = recount_->problem()});
  }
  return absl::OkStatus();
}

void MirrorDuty::Carry(std::vector<mirror::Call> calls, const std::vector<mirror::Note>& notes,
                       Output* out) {
  for (const mirror::Note& note : notes) {
    out->events.push_back(Event{SeverityOf(note.severity), absl::StrCat("mirror: ", note.text)});
  }
  for (mirror::Call& call : calls) {
    const JobToken token = tokens_->Next();
    calls_under_way_.emplace(token, call.token);
    out->tablestore.push_back(CallTablestore{token, std::move(call.request), call.options});
  }
}

MirrorStatus MirrorDuty::status(const ns::Namespace& state) const {
  MirrorStatus status;
  status.outbox = state.mirror();
  status.recovery = state.recovery();
  status.problem = problem_;
  if (uploader_ != nullptr) {
    status.upload = uploader_->status();
    status.synced = status.outbox.record.state == ns::MirrorState::kOn &&
                    status.upload->phase == mirror::UploadPhase::kRunning &&
                    status.upload->mirrored >= state.position().sequence();
  }
  if (loader_ != nullptr) status.load = loader_->status();
  return status;
}

}  // namespace jfs::node
