#include "core/mirror/uploader.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"
#include "core/mirror/uploader_impl.h"

namespace jfs::mirror {
namespace {

// A service that is away is mentioned once in a while, not with every call.
constexpr Duration kWarningPause = 60 * kSecond;

}  // namespace

Uploader::Impl::Impl(const UploadLimits& limits, Writer writer, Mutations mutations)
    : limits_(limits),
      writer_(std::move(writer)),
      mutations_(mutations),
      fence_backoff_(limits.retry_first, std::min(limits.retry_longest, limits.touch_interval)),
      fold_window_(limits.fold_calls),
      fold_backoff_(limits.retry_first, limits.retry_longest),
      read_backoff_(limits.retry_first, limits.retry_longest),
      trim_backoff_(limits.retry_first, limits.retry_longest),
      tombstones_(limits.late_landing_bound),
      sweep_backoff_(limits.retry_first, limits.retry_longest) {
  CHECK_GE(limits.fold_rows, 1u);
  CHECK_LE(limits.fold_rows, ots::kMaxBatchWriteRows);
  CHECK_LE(limits.part_bytes, ots::kMaxAttributeBytes);
  CHECK_GE(limits.fold_calls, 1u);
  // Taking a sealed mirror changes the fence's one row: nothing about the instance matters to it.
  if (writer_.claim_only) phase_ = UploadPhase::kTakingOver;
}

UploadOutput Uploader::Impl::Step(Micros now, OutboxEnd end, OutboxReader* outbox,
                                  std::span<const CallEnded> ended) {
  now_ = now;
  end_ = end;
  outbox_ = outbox;
  out_ = UploadOutput();
  for (const CallEnded& call : ended) Ended(call);
  if (!stopped() && out_.fatal.ok()) Advance();
  return std::move(out_);
}

UploadStatus Uploader::Impl::status() const {
  UploadStatus status = status_;
  status.phase = phase_;
  status.mirrored = fence_.last;
  status.folded = fence_.checkpoint;
  return status;
}

void Uploader::Impl::Ended(const CallEnded& ended) {
  // Calls from before the fence was taken once more belong to nothing any more.
  const auto found = under_way_.find(ended.token.value);
  if (found == under_way_.end()) return;
  const UnderWay call = found->second;
  under_way_.erase(found);
  // What holds a lock is brought to its end also by a writer that has been refused.
  if (stopped() && call.purpose != Purpose::kWriteFence) return;
  switch (call.purpose) {
    case Purpose::kPrepare:
      return PreparationEnded(ended.outcome);
    case Purpose::kReadFence:
      return FenceRead(ended.outcome, call.since);
    case Purpose::kTakeFence:
      return TakeFenceEnded(ended.outcome, call.since);
    case Purpose::kWriteFence:
      return WriteEnded(ended.outcome, call.since);
    case Purpose::kFold:
      return FoldEnded(call, ended.outcome);
    case Purpose::kReadJournal:
      return JournalRead(ended.outcome);
    case Purpose::kTrim:
      return TrimEnded(ended.outcome);
    case Purpose::kTombstones:
      return TombstonesEnded(ended.outcome);
  }
}

void Uploader::Impl::Advance() {
  switch (phase_) {
    case UploadPhase::kPreparing:
      Prepare();
      break;
    case UploadPhase::kTakingOver:
      TakeOverFence();
      break;
    case UploadPhase::kRunning:
      AdvanceFence();
      // The fence may have gone on with what was in the outbox, or turned out to be another's.
      if (phase_ != UploadPhase::kRunning) break;
      AdvanceReading();
      AdvanceFold();
      AdvanceTrim();
      AdvanceTombstones();
      ReportProgress();
      break;
    case UploadPhase::kRefused:
    case UploadPhase::kClaimed:
      break;
  }
}

void Uploader::Impl::ReportProgress() {
  if (fence_.last <= progress_) return;
  const Micros due = progress_at_ + limits_.progress_interval;
  if (now_ < due) return WakeAt(due);
  progress_ = fence_.last;
  progress_at_ = now_;
  out_.progress = progress_;
}

// ---- Preparation ----

void Uploader::Impl::Prepare() {
  if (preparation_.has_value()) return;
  if (!fence_backoff_.Ready(now_)) return WakeAt(fence_backoff_.until());
  const bool new_store = end_.last == 0 && !writer_.claim.has_value();
  preparation_.emplace(new_store, Concat("trial of ", writer_.cluster),
                       writer_.term << 16 | (++preparations_ & 0xffff));
  ots::Request first = preparation_->Start();
  Send(Purpose::kPrepare, std::move(first), preparation_->repeatable());
}

void Uploader::Impl::PreparationEnded(const ots::Outcome& outcome) {
  if (std::optional<ots::Request> next = preparation_->Ended(outcome)) {
    return Send(Purpose::kPrepare, *std::move(next), preparation_->repeatable());
  }
  const Preparation::Result result = *preparation_->result();
  const std::string problem = preparation_->problem();
  how_ = preparation_->how();
  preparation_.reset();
  switch (result) {
    case Preparation::Result::kReady:
      Succeeded();
      fence_backoff_.Succeeded();
      phase_ = UploadPhase::kTakingOver;
      return;
    case Preparation::Result::kFailed:
      fence_backoff_.Failed(now_);
      return Failed("looking at the Tablestore instance", problem);
    case Preparation::Result::kRefused:
      return Refuse(problem, Note::Severity::kError);
  }
}

// ---- Small things ----

void Uploader::Impl::Send(Purpose purpose, ots::Request request, bool repeatable) {
  ots::CallOptions options;
  options.repeatable = repeatable;
  options.deadline = limits_.call_deadline;
  Send(purpose, std::move(request), options);
}

Uploader::Impl::UnderWay& Uploader::Impl::Send(Purpose purpose, ots::Request request,
                                               const ots::CallOptions& options) {
  const uint64_t token = next_token_++;
  out_.calls.push_back(
      {.token = CallToken(token), .request = std::move(request), .options = options});
  UnderWay& call = under_way_[token];
  call.purpose = purpose;
  call.since = now_;
  return call;
}

void Uploader::Impl::WakeAt(Micros at) { out_.next_deadline = std::min(out_.next_deadline, at); }

void Uploader::Impl::Succeeded() {
  status_.problem.clear();
  status_.last_success = now_;
}

void Uploader::Impl::Failed(std::string_view doing, std::string_view problem) {
  ++status_.failures;
  status_.problem = Concat(doing, ": ", problem);
  if (last_warning_.has_value() && now_ < *last_warning_ + kWarningPause) return;
  last_warning_ = now_;
  AddNote(Note::Severity::kWarning, Concat(status_.problem, "; it will be tried again"));
}

void Uploader::Impl::Refuse(const std::string& problem, Note::Severity severity) {
  phase_ = UploadPhase::kRefused;
  status_.problem = problem;
  AddNote(severity, problem);
}

void Uploader::Impl::AddNote(Note::Severity severity, std::string text) {
  out_.notes.push_back({.severity = severity, .text = std::move(text)});
}

// ---- The public class ----

Uploader::Uploader(UploadLimits limits, Writer writer, Mutations mutations)
    : impl_(std::make_unique<Impl>(limits, std::move(writer), mutations)) {}
Uploader::~Uploader() = default;

UploadOutput Uploader::Step(Micros now, OutboxEnd end, OutboxReader* outbox,
                            std::span<const CallEnded> ended) {
  return impl_->Step(now, end, outbox, ended);
}

UploadStatus Uploader::status() const { return impl_->status(); }

}  // namespace jfs::mirror
