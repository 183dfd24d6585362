// Whose the fence is, and everything that changes it: taking over, appending, moving the
// checkpoint, touching.
//
// Every change is a PutRow of the whole row that expects the revision before. Late, it finds a
// higher revision and does nothing; twice, the second one does; not at all, nobody has promised
// anything. The journal row that goes with it is written together with it or not.

#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"
#include "core/mirror/journal.h"
#include "core/mirror/uploader_impl.h"
#include "core/ots/error.h"

namespace jfs::mirror {
namespace {

using Kind = ots::Outcome::Kind;

// How long the checkpoint may lag behind where there is nothing to append that could carry it.
constexpr Duration kCheckpointPause = kSecond;
// For so many intervals of touching after the fence was last seen to be its own a writer goes on
// folding. A writer that was stopped for hours and wakes up must look first: what it would send
// could find the tombstones gone that would have held it up.
constexpr uint64_t kConfirmedIntervals = 6;

}  // namespace

// ---- Taking over ----

void Uploader::Impl::TakeOverFence() {
  if (fence_busy_) return;
  if (!fence_backoff_.Ready(now_)) return WakeAt(fence_backoff_.until());
  ReadFence();
}

void Uploader::Impl::ReadFence() {
  fence_busy_ = true;
  Send(Purpose::kReadFence, ots::GetRow(kJournalTable, FenceKey()), /*repeatable=*/true);
}

void Uploader::Impl::FenceRead(const ots::Outcome& outcome, Micros since) {
  fence_busy_ = false;
  std::optional<Fence> fence;
  // Without the table there is no row in it.
  const bool no_table =
      outcome.kind == Kind::kRefused && ots::Is(outcome.error, ots::ErrorCode::kObjectNotExist);
  if (outcome.kind != Kind::kDone && !no_table) {
    fence_backoff_.Failed(now_);
    return Failed("reading the fence", outcome.problem);
  }
  if (!no_table) {
    const absl::StatusOr<std::optional<ots::Row>> row = ots::ReadGetRow(outcome.body);
    if (!row.ok()) {
      fence_backoff_.Failed(now_);
      return Failed("reading the fence", ToStd(row.status().message()));
    }
    if (row->has_value()) {
      absl::StatusOr<Fence> decoded = DecodeFence(**row);
      if (!decoded.ok()) {
        return Refuse(Concat("Whose the mirror is cannot be told: ",
                             ToStd(decoded.status().message()), ". ", WaysOut(StillClaims())),
                      Note::Severity::kError);
      }
      fence = *std::move(decoded);
    }
  }
  Succeeded();
  if (phase_ == UploadPhase::kRunning) {
    CHECK(change_.has_value());
    if (fence == change_->after) return ChangeHappened(since);
    if (fence == fence_) {
      // Not yet, perhaps never. Another attempt does no harm: one of the two will be refused.
      confirmed_at_ = since;
      change_->look_first = false;
      // The service answers, so this is no time for the long pauses of an outage: whoever recovers
      // from the mirror takes a writer that is silent for long for dead.
      fence_backoff_.Succeeded();
      return fence_backoff_.Failed(now_);
    }
    AddNote(Note::Severity::kWarning,
            Concat("somebody else has changed the fence: ",
                   fence.has_value() ? FormatFence(*fence) : "it is gone"));
    phase_ = UploadPhase::kTakingOver;
    taking_.reset();
  } else if (taking_.has_value() && fence == *taking_) {
    return FenceTaken(since);
  }
  Decide(fence);
}

void Uploader::Impl::Decide(const std::optional<Fence>& fence) {
  std::optional<uint64_t> own_chain;
  if (fence.has_value() && !writer_.claim_only) own_chain = OwnChain(fence->last);
  if (!out_.fatal.ok()) return;
  const TakeOver take = JudgeFence(writer_, fence, end_, own_chain, StillClaims());
  switch (take.kind) {
    case TakeOver::Kind::kRefused:
      return Refuse(take.problem, Note::Severity::kError);
    case TakeOver::Kind::kSuperseded:
      return Refuse(take.problem, Note::Severity::kInfo);
    case TakeOver::Kind::kClaimed:
      fence_ = *fence;
      phase_ = UploadPhase::kClaimed;
      out_.admitted = true;
      return;
    case TakeOver::Kind::kCreate:
    case TakeOver::Kind::kChange:
      break;
  }
  taking_ = take.after;
  fence_busy_ = true;
  const ots::RowChange change =
      take.kind == TakeOver::Kind::kCreate ? CreateFence(take.after) : ChangeFence(take.after);
  Send(Purpose::kTakeFence, ots::WriteRow(kJournalTable, change), /*repeatable=*/true);
}

std::optional<uint64_t> Uploader::Impl::OwnChain(uint64_t sequence) {
  if (sequence > end_.last) return std::nullopt;
  if (sequence == end_.last) return end_.chain;
  std::vector<std::string> rows;
  out_.fatal = outbox_->Read(sequence + 1, 1, &rows);
  outbox::OutboxRow row;
  if (!out_.fatal.ok() || rows.empty() || !outbox::DecodeOutboxRow(rows.front(), &row) ||
      row.first != sequence + 1) {
    return std::nullopt;
  }
  return row.previous_chain;
}

void Uploader::Impl::TakeFenceEnded(const ots::Outcome& outcome, Micros since) {
  fence_busy_ = false;
  if (outcome.kind == Kind::kDone) {
    Succeeded();
    return FenceTaken(since);
  }
  // Whatever it was, the fence itself says best how it is now.
  if (ots::Is(outcome.error, ots::ErrorCode::kConditionCheckFail)) return;
  fence_backoff_.Failed(now_);
  Failed("taking the fence", outcome.problem);
}

void Uploader::Impl::FenceTaken(Micros since) {
  fence_ = *std::exchange(taking_, std::nullopt);
  fence_backoff_.Succeeded();
  out_.admitted = !admitted_;
  admitted_ = true;
  AddNote(Note::Severity::kInfo, Concat("taken: ", FormatFence(fence_)));
  if (writer_.claim_only) {
    phase_ = UploadPhase::kClaimed;
    return;
  }
  phase_ = UploadPhase::kRunning;
  changed_at_ = now_;
  confirmed_at_ = since;
  change_.reset();
  guarded_.reset();
  run_.reset();
  // What an earlier hold of the fence has sent may still land: all of it is in the journal, and the
  // data table takes no row for an older one.
  under_way_.clear();
  fold_.emplace(RunEnd{fence_.checkpoint, fence_.checkpoint_chain}, fence_.last, mutations_);
  fold_calls_ = 0;
  reader_.reset();
  damage_.reset();
  reading_ = trimming_ = deleting_ = sweeping_ = false;
  deletion_.reset();
  trimmed_to_ = 0;
  sweep_backoff_.Rest(now_, limits_.tombstone_interval);
}

bool Uploader::Impl::Confirmed() const {
  return now_ < confirmed_at_ + kConfirmedIntervals * limits_.touch_interval;
}

// ---- Changing it ----

void Uploader::Impl::AdvanceFence() {
  if (fence_busy_ || deletion_.has_value() || deleting_) return;
  if (!change_.has_value()) change_ = NextChange();
  if (!change_.has_value()) return;
  if (!fence_backoff_.Ready(now_)) return WakeAt(fence_backoff_.until());
  if (change_->look_first) {
    ReadFence();
  } else {
    WriteChange();
  }
}

// A change to begin with: the checkpoint moves along with whatever is to be written.
Uploader::Impl::Change Uploader::Impl::BeginChange() const {
  Change change;
  change.after = fence_;
  ++change.after.revision;
  const RunEnd folded = fold_->folded();
  CHECK_GE(folded.last, fence_.checkpoint);
  change.after.checkpoint = folded.last;
  change.after.checkpoint_chain = folded.chain;
  return change;
}

Uploader::Impl::Change Uploader::Impl::Touch() const {
  Change touch = BeginChange();
  ++touch.after.touches;
  return touch;
}

std::optional<Uploader::Impl::Change> Uploader::Impl::NextChange() {
  if (damage_.has_value() && !run_.has_value()) return Touch();
  if (!run_.has_value() && end_.last > fence_.last) {
    const Micros due = run_begun_ + limits_.append_interval;
    if (!more_waits_ && now_ < due) {
      WakeAt(due);
      return std::nullopt;
    }
    if (!LoadRun()) return std::nullopt;
  }
  if (run_.has_value()) return NextPart();
  if (fold_->folded().last > fence_.checkpoint) {
    const Micros due = changed_at_ + kCheckpointPause;
    if (now_ >= due) return BeginChange();
    WakeAt(due);
    return std::nullopt;
  }
  const Micros due = changed_at_ + limits_.touch_interval;
  if (now_ < due) {
    WakeAt(due);
    return std::nullopt;
  }
  return Touch();
}

// Sets `run_` to what follows the fence in the outbox; false if there is nothing to be had.
bool Uploader::Impl::LoadRun() {
  std::vector<std::string> rows;
  out_.fatal = outbox_->Read(fence_.last + 1, limits_.run_bytes, &rows);
  if (!out_.fatal.ok()) return false;
  if (rows.empty()) {
    // The owner has given up the outbox, or is about to tell why.
    status_.problem = Concat("the outbox has no row of sequence ", fence_.last + 1);
    WakeAt(now_ + limits_.retry_first);
    return false;
  }
  Run run;
  run.first = fence_.last + 1;
  run.end.chain = fence_.chain;
  absl::Status status = DecodeRun(rows, run.first, &run.end.chain, &run.rows);
  if (!status.ok()) {
    out_.fatal = absl::DataLossError(
        Concat("the outbox of this store is damaged: ", ToStd(status.message())));
    return false;
  }
  run.end.last = run.rows.back().last;
  for (const std::string& row : rows) run.bytes += row.size();
  run_begun_ = now_;
  more_waits_ = run.bytes >= limits_.run_bytes / 2;
  run_ = std::move(run);
  run_->packed = PackRun(rows);
  // Views of the string where it stays.
  run_->parts = CutIntoParts(run_->packed, limits_.part_bytes);
  return true;
}

Uploader::Impl::Change Uploader::Impl::NextPart() {
  Change change = BeginChange();
  const uint64_t part = fence_.parts;
  const uint64_t parts = run_->parts.size();
  CHECK_LT(part, parts);
  change.journal.emplace();
  // Unconditional, and so over what a part of this place may have been that never came to count:
  // together with the fence's condition it is this writer's place.
  change.journal->row = EncodeJournalRow({.first = run_->first,
                                          .last = run_->end.last,
                                          .part = part,
                                          .parts = parts,
                                          .lineage = writer_.lineage,
                                          .bytes = std::string(run_->parts[part])});
  if (part + 1 < parts) {
    change.after.parts = part + 1;
    return change;
  }
  change.after.parts = 0;
  change.after.last = run_->end.last;
  change.after.chain = run_->end.chain;
  change.after.carried = CarriedOf(run_->rows.back());
  return change;
}

void Uploader::Impl::WriteChange() {
  fence_busy_ = true;
  if (!change_->journal.has_value()) {
    return Send(Purpose::kWriteFence, ots::WriteRow(kJournalTable, ChangeFence(change_->after)),
                /*repeatable=*/true);
  }
  guarded_.emplace(how_,
                   std::vector<ots::RowChange>{ChangeFence(change_->after), *change_->journal},
                   limits_.call_deadline);
  ots::Request first = *guarded_->Start();
  Send(Purpose::kWriteFence, std::move(first), guarded_->options());
}

void Uploader::Impl::WriteEnded(const ots::Outcome& outcome, Micros since) {
  using Result = GuardedWrite::Result;
  Result result = Result::kFailed;
  std::string problem = outcome.problem;
  if (guarded_.has_value()) {
    if (std::optional<ots::Request> next = guarded_->Ended(outcome)) {
      Send(Purpose::kWriteFence, *std::move(next), guarded_->options());
      return;
    }
    result = *guarded_->result();
    problem = guarded_->problem();
    const bool torn = guarded_->torn();
    guarded_.reset();
    if (torn && !stopped()) {
      return Refuse(
          Concat("Tablestore has written only a part of what it promised to write as a "
                 "whole, so this instance cannot hold a mirror, and what it holds now may "
                 "be damaged: ",
                 problem, ". Use another instance."),
          Note::Severity::kError);
    }
  } else if (outcome.kind == Kind::kDone) {
    result = Result::kDone;
  } else if (outcome.kind == Kind::kUnknown) {
    result = Result::kUnknown;
  } else if (ots::Is(outcome.error, ots::ErrorCode::kConditionCheckFail)) {
    result = Result::kRefused;
  }
  fence_busy_ = false;
  if (stopped()) return;
  if (result == Result::kUnknown && mutations_.Has(Mutation::kA02UnknownAppendCounts)) {
    result = Result::kDone;
  }
  switch (result) {
    case Result::kDone:
      Succeeded();
      return ChangeHappened(since);
    case Result::kRefused:
      // By an earlier attempt of this change, or by somebody else.
      change_->look_first = true;
      return;
    case Result::kUnknown:
      change_->look_first = true;
      return Failed("appending to the journal", problem);
    case Result::kFailed:
      fence_backoff_.Failed(now_);
      return Failed("appending to the journal", problem);
  }
}

void Uploader::Impl::ChangeHappened(Micros since) {
  CHECK_EQ(change_->after.revision, fence_.revision + 1);
  CHECK_GE(change_->after.last, fence_.last);
  const bool run_ended = change_->after.last > fence_.last;
  if (run_ended || change_->after.parts > fence_.parts) ++status_.appended_parts;
  fence_ = change_->after;
  change_.reset();
  changed_at_ = now_;
  confirmed_at_ = since;
  fence_backoff_.Succeeded();
  if (run_ended) RunAppended();
  // Nobody else had the fence when the journal was read: it is as bad as it looked.
  if (damage_.has_value() && since >= damaged_at_) Refuse(*damage_, Note::Severity::kError);
}

void Uploader::Impl::RunAppended() {
  ++status_.appends;
  status_.appended_rows += run_->rows.size();
  status_.appended_bytes += run_->packed.size();
  // Beyond what memory may hold it is read back from the journal, once there is room.
  if (fold_->added().last + 1 == run_->first && fold_->bytes() < limits_.memory_bytes) {
    fold_->Add(writer_.lineage, run_->rows, run_->end, now_ + limits_.fold_delay);
  }
  run_.reset();
}

}  // namespace jfs::mirror
