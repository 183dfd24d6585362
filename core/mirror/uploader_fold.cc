// The data table, and what the journal and the data table need no longer.

#include <algorithm>
#include <span>
#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"
#include "core/mirror/journal.h"
#include "core/mirror/uploader_impl.h"
#include "core/ots/error.h"

namespace jfs::mirror {
namespace {

using Kind = ots::Outcome::Kind;

// A batch of which some rows were throttled: a moment, since the others went through.
constexpr Duration kThrottledPause = 50 * kMillisecond;
// Between looks for journal rows to delete; the journal is short anyway.
constexpr Duration kTrimPause = 5 * kSecond;
// What an append may be held up by a deletion at most.
constexpr Duration kDeletionDeadline = 2 * kSecond;
// Between pages of one round over the data table, which nobody is in a hurry for.
constexpr Duration kSweepPagePause = kSecond;

}  // namespace

// ---- Folding ----

// A fold that lands late or twice is refused by the position of what is there, its own included;
// one that does not land is given out again, and the checkpoint waits for it.
void Uploader::Impl::AdvanceFold() {
  // Beyond half of the memory nothing waits for its successor.
  const bool full = fold_->bytes() > limits_.memory_bytes / 2;
  const Micros due = full ? now_ : fold_->due();
  if (due == kNever) return;
  if (due > now_) return WakeAt(due);
  // The touch that is due by then says whose the fence is.
  if (!Confirmed()) return;
  if (!fold_backoff_.Ready(now_)) return WakeAt(fold_backoff_.until());
  while (fold_calls_ < fold_window_) {
    std::optional<FoldBuffer::Batch> batch =
        fold_->Take(full ? kNever : now_, limits_.fold_rows, limits_.fold_bytes);
    if (!batch.has_value()) break;
    const ots::TableChanges changes{.table = std::string(kDataTable),
                                    .rows = std::move(batch->changes)};
    ots::CallOptions options;
    options.repeatable = true;
    options.deadline = limits_.call_deadline;
    UnderWay& call = Send(Purpose::kFold, ots::BatchWriteRow(std::span(&changes, 1)), options);
    call.batch = batch->number;
    call.rows = batch->rows.size();
    ++fold_calls_;
  }
  if (fold_->due() > now_ && fold_->due() != kNever) WakeAt(fold_->due());
}

void Uploader::Impl::FoldEnded(const UnderWay& call, const ots::Outcome& outcome) {
  --fold_calls_;
  ++status_.fold_calls;
  std::vector<bool> done(call.rows, false);
  std::string problem = outcome.problem;
  if (outcome.kind == Kind::kDone) {
    const absl::StatusOr<std::vector<std::vector<ots::RowResult>>> tables =
        ots::ReadBatchWriteRow(outcome.body);
    if (!tables.ok()) {
      problem = std::string(ToStd(tables.status().message()));
    } else if (tables->size() != 1 || tables->front().size() != call.rows) {
      problem = "BatchWriteRow: the answer is not about the rows that were sent";
    } else {
      for (size_t i = 0; i < call.rows; ++i) {
        const ots::RowResult& row = tables->front()[i];
        // The position that is there is this one or a newer one: nothing to be done.
        done[i] = !row.has_value() || ots::Is(*row, ots::ErrorCode::kConditionCheckFail) ||
                  mutations_.Has(Mutation::kA04PartialBatchIgnored);
        if (!done[i]) problem = FormatError(*row);
      }
    }
  }
  const auto folded = static_cast<uint64_t>(std::count(done.begin(), done.end(), true));
  fold_->Ended(call.batch, done);
  status_.folded_rows += folded;
  if (folded == call.rows) {
    fold_window_ = std::min(fold_window_ + 1, limits_.fold_calls);
    fold_backoff_.Succeeded();
    return Succeeded();
  }
  // Less at once, as long as the service does not take what it gets.
  fold_window_ = std::max(fold_window_ / 2, 1u);
  if (folded > 0) {
    fold_backoff_.Succeeded();
    fold_backoff_.Rest(now_, kThrottledPause);
  } else {
    fold_backoff_.Failed(now_);
  }
  Failed("folding into the data table", problem);
}

// ---- Reading the journal back ----

void Uploader::Impl::AdvanceReading() {
  const RunEnd added = fold_->added();
  if (reading_ || damage_.has_value() || added.last >= fence_.last) return;
  // Not before there is room for a good piece.
  if (fold_->bytes() > limits_.memory_bytes / 2) return;
  if (!read_backoff_.Ready(now_)) return WakeAt(read_backoff_.until());
  if (!reader_.has_value() || reader_->after() != added.last) {
    reader_.emplace(added.last, added.chain, kMaxRunBytes);
  }
  const uint64_t room = limits_.memory_bytes - fold_->bytes();
  const auto rows = static_cast<uint32_t>(std::clamp<uint64_t>(room / limits_.run_bytes, 1, 1000));
  reading_ = true;
  Send(Purpose::kReadJournal, reader_->NextPage(fence_.last, rows), /*repeatable=*/true);
}

void Uploader::Impl::JournalRead(const ots::Outcome& outcome) {
  reading_ = false;
  if (outcome.kind != Kind::kDone) {
    read_backoff_.Failed(now_);
    return Failed("reading the journal", outcome.problem);
  }
  std::vector<JournalRun> runs;
  const absl::Status status = reader_->Take(outcome.body, &runs);
  if (status.code() == absl::StatusCode::kUnavailable) {
    read_backoff_.Failed(now_);
    return Failed("reading the journal", ToStd(status.message()));
  }
  if (!status.ok()) return Damaged(ToStd(status.message()));
  read_backoff_.Succeeded();
  Succeeded();
  for (const JournalRun& run : runs) {
    fold_->Add(run.lineage, run.rows, {.last = run.last, .chain = run.chain}, now_);
  }
  const RunEnd added = fold_->added();
  if (added.last == fence_.last && added.chain != fence_.chain) {
    Damaged(Concat("up to sequence ", fence_.last, " its chain is not the fence's"));
  }
}

// Or a newer leader has the fence, has folded what is missed here, and has deleted it: a change of
// the fence will tell.
void Uploader::Impl::Damaged(std::string_view problem) {
  damage_ = Concat("The mirror's journal is damaged, so the mirror cannot be completed: ", problem,
                   ". The fence: ", FormatFence(fence_), ". ", WaysOut(StillClaims()));
  damaged_at_ = now_;
}

// ---- What is not needed any more ----

void Uploader::Impl::AdvanceTrim() {
  if (deletion_.has_value() && !fence_busy_) {
    ots::CallOptions options;
    options.repeatable = true;
    options.deadline = std::min(limits_.call_deadline, kDeletionDeadline);
    Send(Purpose::kTrim, *std::exchange(deletion_, std::nullopt), options);
    deleting_ = true;
  }
  if (trimming_ || trimmed_to_ >= fence_.checkpoint) return;
  if (!trim_backoff_.Ready(now_)) return WakeAt(trim_backoff_.until());
  trimming_ = true;
  trimming_to_ = fence_.checkpoint;
  Send(Purpose::kTrim, trim_.Start(trimming_to_), /*repeatable=*/true);
}

void Uploader::Impl::TrimEnded(const ots::Outcome& outcome) {
  if (std::optional<ots::Request> next = trim_.Ended(outcome)) {
    // Appends hold the partition's lock almost always while there is much to append: deleting takes
    // turns with them.
    if (how_ == AtomicWrites::kTransaction) {
      deletion_ = std::move(next);
      return;
    }
    return Send(Purpose::kTrim, *std::move(next), /*repeatable=*/true);
  }
  trimming_ = deleting_ = false;
  if (!trim_.problem().empty()) {
    trim_backoff_.Failed(now_);
    return Failed("deleting folded journal rows", trim_.problem());
  }
  Succeeded();
  trim_backoff_.Succeeded();
  if (trim_.more()) return;
  trimmed_to_ = trimming_to_;
  trim_backoff_.Rest(now_, kTrimPause);
}

void Uploader::Impl::AdvanceTombstones() {
  if (sweeping_ || !Confirmed()) return;
  if (!sweep_backoff_.Ready(now_)) return WakeAt(sweep_backoff_.until());
  sweeping_ = true;
  Send(Purpose::kTombstones, tombstones_.Start(fence_.checkpoint), /*repeatable=*/true);
}

void Uploader::Impl::TombstonesEnded(const ots::Outcome& outcome) {
  if (std::optional<ots::Request> next = tombstones_.Ended(outcome)) {
    return Send(Purpose::kTombstones, *std::move(next), /*repeatable=*/true);
  }
  sweeping_ = false;
  status_.tombstones_removed += tombstones_.removed();
  if (!tombstones_.problem().empty()) {
    sweep_backoff_.Failed(now_);
    return Failed("removing old tombstones", tombstones_.problem());
  }
  Succeeded();
  sweep_backoff_.Succeeded();
  sweep_backoff_.Rest(now_,
                      tombstones_.round_done() ? limits_.tombstone_interval : kSweepPagePause);
}

}  // namespace jfs::mirror
