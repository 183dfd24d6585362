#ifndef CORE_MIRROR_UPLOADER_IMPL_H_
#define CORE_MIRROR_UPLOADER_IMPL_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/mirror/backoff.h"
#include "core/mirror/fold_buffer.h"
#include "core/mirror/guarded_write.h"
#include "core/mirror/journal_trim.h"
#include "core/mirror/preparation.h"
#include "core/mirror/run_reader.h"
#include "core/mirror/take_over.h"
#include "core/mirror/tombstones.h"
#include "core/mirror/uploader.h"

// Inside of the uploader; nobody but its own sources includes this.
namespace jfs::mirror {

class Uploader::Impl {
 public:
  Impl(const UploadLimits& limits, Writer writer, Mutations mutations);
  UploadOutput Step(Micros now, OutboxEnd end, OutboxReader* outbox,
                    std::span<const CallEnded> ended);
  UploadStatus status() const;

 private:
  enum class Purpose : uint8_t {
    kPrepare,
    kReadFence,
    kTakeFence,
    kWriteFence,
    kFold,
    kReadJournal,
    kTrim,
    kTombstones,
  };
  struct UnderWay {
    Purpose purpose = Purpose::kPrepare;
    Micros since;
    uint64_t batch = 0;  // kFold
    size_t rows = 0;     // kFold
  };

  // The next change of the fence. Once decided it is tried as it is until it has happened, or the
  // fence is somebody else's: so a fence of the next revision is either exactly this one or lost,
  // whichever of the attempts has landed.
  struct Change {
    Fence after;
    std::optional<ots::RowChange> journal;  // together with it
    // Nobody knows what became of the last attempt: read the fence.
    bool look_first = false;
  };
  // The outbox rows that are being appended.
  struct Run {
    uint64_t first = 0;
    RunEnd end;
    std::vector<outbox::OutboxRow> rows;
    uint64_t bytes = 0;  // of the rows, encoded
    std::string packed;
    std::vector<std::string_view> parts;  // of `packed`
  };

  // uploader.cc
  void Ended(const CallEnded& ended);
  void Advance();
  void ReportProgress();
  void Prepare();
  void PreparationEnded(const ots::Outcome& outcome);
  void Send(Purpose purpose, ots::Request request, bool repeatable);
  UnderWay& Send(Purpose purpose, ots::Request request, const ots::CallOptions& options);
  void WakeAt(Micros at);
  void Succeeded();
  void Failed(std::string_view doing, std::string_view problem);
  void Refuse(const std::string& problem, Note::Severity severity);
  void AddNote(Note::Severity severity, std::string text);
  bool stopped() const {
    return phase_ == UploadPhase::kRefused || phase_ == UploadPhase::kClaimed;
  }

  // For messages: the mirror that this store was recovered from has not been claimed yet.
  bool StillClaims() const { return writer_.claim.has_value() && !admitted_; }

  // uploader_fence.cc: whose the fence is, and everything that changes it.
  void TakeOverFence();
  void ReadFence();
  void FenceRead(const ots::Outcome& outcome, Micros since);
  void Decide(const std::optional<Fence>& fence);
  void FenceTaken(Micros since);
  void TakeFenceEnded(const ots::Outcome& outcome, Micros since);
  // The chain of the own outbox at `sequence`, if it knows it.
  std::optional<uint64_t> OwnChain(uint64_t sequence);
  void AdvanceFence();
  std::optional<Change> NextChange();
  Change BeginChange() const;
  Change Touch() const;
  bool LoadRun();
  Change NextPart();
  void WriteChange();
  void WriteEnded(const ots::Outcome& outcome, Micros since);
  void ChangeHappened(Micros since);
  void RunAppended();
  // The fence was this writer's not long ago.
  bool Confirmed() const;

  // uploader_fold.cc: the data table, and what is not needed any more.
  void AdvanceFold();
  void FoldEnded(const UnderWay& call, const ots::Outcome& outcome);
  void AdvanceReading();
  void JournalRead(const ots::Outcome& outcome);
  void Damaged(std::string_view problem);
  void AdvanceTrim();
  void TrimEnded(const ots::Outcome& outcome);
  void AdvanceTombstones();
  void TombstonesEnded(const ots::Outcome& outcome);

  const UploadLimits limits_;
  const Writer writer_;
  const Mutations mutations_;

  // Of the step that is being made.
  Micros now_;
  OutboxEnd end_;
  OutboxReader* outbox_ = nullptr;
  UploadOutput out_;

  UploadPhase phase_ = UploadPhase::kPreparing;
  UploadStatus status_;
  uint64_t next_token_ = 1;
  std::map<uint64_t, UnderWay> under_way_;
  std::optional<Micros> last_warning_;
  bool admitted_ = false;
  uint64_t progress_ = 0;  // given out
  Micros progress_at_;

  std::optional<Preparation> preparation_;
  uint64_t preparations_ = 0;
  AtomicWrites how_ = AtomicWrites::kBatch;

  // While taking over: the fence that was to be written last.
  std::optional<Fence> taking_;
  Backoff fence_backoff_;
  bool fence_busy_ = false;  // a call about the fence is under way: one at a time

  // ---- While running ----
  Fence fence_;  // as it was known last
  Micros changed_at_;
  Micros confirmed_at_;
  std::optional<Change> change_;
  std::optional<GuardedWrite> guarded_;
  std::optional<Run> run_;
  Micros run_begun_;        // the latest one
  bool more_waits_ = true;  // it was at least half full, or there was none

  std::optional<FoldBuffer> fold_;
  uint32_t fold_calls_ = 0;
  uint32_t fold_window_;
  Backoff fold_backoff_;
  std::optional<RunReader> reader_;
  bool reading_ = false;
  // What is wrong with the journal, if it is not that somebody else has gone on with it.
  std::optional<std::string> damage_;
  Micros damaged_at_;
  Backoff read_backoff_;

  JournalTrim trim_;
  bool trimming_ = false;
  // In transactions mode: a deletion that waits for the partition, or has it.
  std::optional<ots::Request> deletion_;
  bool deleting_ = false;
  uint64_t trimming_to_ = 0, trimmed_to_ = 0;
  Backoff trim_backoff_;
  TombstoneSweep tombstones_;
  bool sweeping_ = false;
  Backoff sweep_backoff_;
};

}  // namespace jfs::mirror

#endif  // CORE_MIRROR_UPLOADER_IMPL_H_
