#include "core/mirror/loader.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/status/statusor.h"

#include "core/base/check.h"
#include "core/base/concat.h"
#include "core/mirror/backoff.h"
#include "core/mirror/data_reader.h"
#include "core/mirror/fence_watch.h"
#include "core/mirror/journal_reader.h"
#include "core/mirror/load_cursor.h"
#include "core/mirror/tables.h"
#include "core/ots/error.h"
#include "core/ots/requests.h"

namespace jfs::mirror {
namespace {

constexpr std::string_view kAfterDamage =
    ". What contradicts itself is not loaded: restore the tables jfs_journal and jfs_data from a "
    "backup of the instance, then start the recovery again, with an empty namespace.meta-dir on "
    "every master";

std::string Writer(const Fence& fence) {
  return Concat("cluster ", fence.cluster, " (lineage ", fence.lineage, ", term ", fence.term, ")");
}

// Whether two fences describe one seal. Claiming a mirror changes its state and then its lineage;
// how often the row was changed before does not matter to what is loaded, and is not replicated.
bool SameSeal(const Fence& a, const Fence& b) {
  return a.state == b.state && a.cluster == b.cluster && a.lineage == b.lineage &&
         a.last == b.last && a.chain == b.chain && a.carried == b.carried &&
         a.checkpoint == b.checkpoint && a.checkpoint_chain == b.checkpoint_chain;
}

// Calls of one kind: at most one under way, and pauses that grow while they do not help.
class Lane {
 public:
  explicit Lane(const LoadLimits& limits) : backoff_(limits.retry_first, limits.retry_longest) {}

  bool under_way() const { return token_.has_value(); }
  bool Is(CallToken token) const { return token_ == token; }
  // When the next call may begin.
  Micros next() const { return backoff_.until(); }
  Micros begun() const { return begun_; }

  void Begin(CallToken token, Micros now) {
    token_ = token;
    begun_ = now;
  }
  // The call has ended, or what comes of it no longer matters.
  void End() { token_.reset(); }
  // The next call may begin `pause` after `from`.
  void Helped(Micros from, Duration pause = 0) {
    backoff_.Succeeded();
    backoff_.Rest(from, pause);
  }
  void DidNotHelp(Micros now) { backoff_.Failed(now); }

 private:
  Backoff backoff_;
  std::optional<CallToken> token_;
  Micros begun_;
};

}  // namespace

class Loader::Impl {
 public:
  Impl(LoadLimits limits, std::string cluster, std::optional<Fence> sealed, Mutations mutations)
      : limits_(limits),
        cluster_(std::move(cluster)),
        mutations_(mutations),
        watch_(limits.quiet_time),
        fence_lane_(limits),
        page_lane_(limits),
        sealed_(std::move(sealed)) {
    CHECK_GT(limits_.chunks_ahead, 0u);
    CHECK_GT(limits_.chunk_rows, 0u);
  }

  LoadOutput Step(Micros now, const std::string& cursor, bool sealed_replicated,
                  std::span<const CallEnded> ended) {
    now_ = now;
    out_ = {};
    for (const CallEnded& end : ended) OnEnded(end);
    if (!failed_.has_value()) FollowCursor(cursor, sealed_replicated);
    if (!failed_.has_value() && !loaded_) {
      if (sealed_.has_value() && !sealed_replicated) GiveSeal();
      if (data_.has_value() || journal_.has_value()) GiveChunks();
      CallFence();
      CallPage();
      SetDeadline(sealed_replicated);
    }
    out_.failed = failed_;
    return std::exchange(out_, {});
  }

  LoadStatus status() const {
    LoadStatus status;
    status.phase = Phase();
    status.problem = problem_;
    status.failure = failed_.value_or("");
    status.rows = rows_given_;
    if (status.phase == LoadPhase::kWaiting) {
      status.waiting_for = Concat(Writer(*watch_.fence()), "; its mirror has not changed for ",
                                  watch_.quiet() / kSecond, " s; it is sealed after ",
                                  limits_.quiet_time / kSecond, " s");
    }
    return status;
  }

 private:
  LoadPhase Phase() const {
    if (failed_.has_value()) return LoadPhase::kFailed;
    if (loaded_) return LoadPhase::kLoaded;
    if (journal_.has_value()) return LoadPhase::kLoadingJournal;
    if (sealed_.has_value()) return LoadPhase::kLoadingData;
    if (may_seal_) return LoadPhase::kSealing;
    return watch_.fence().has_value() ? LoadPhase::kWaiting : LoadPhase::kLooking;
  }

  void Say(Note::Severity severity, std::string text) {
    out_.notes.push_back({severity, std::move(text)});
  }

  // ---- What calls brought ----

  void OnEnded(const CallEnded& end) {
    if (failed_.has_value()) return;
    if (fence_lane_.Is(end.token)) {
      fence_lane_.End();
      if (std::exchange(seal_under_way_, false)) {
        OnSealed(end.outcome);
      } else {
        OnLook(end.outcome);
      }
    } else if (page_lane_.Is(end.token)) {
      page_lane_.End();
      OnPage(end.outcome);
    }
  }

  void Trouble(Lane* lane, std::string problem) {
    lane->DidNotHelp(now_);
    if (problem_.empty()) {
      Say(Note::Severity::kWarning, Concat("the mirror cannot be read, trying again: ", problem));
    }
    problem_ = std::move(problem);
  }
  void NoTrouble() {
    if (problem_.empty()) return;
    Say(Note::Severity::kInfo, "the mirror can be read again");
    problem_.clear();
  }

  void Fail(std::string why) {
    Say(Note::Severity::kError, Concat("the recovery has failed: ", why));
    failed_ = std::move(why);
    data_.reset();
    journal_.reset();
    given_.clear();
  }

  // What was read makes no sense. That is damage only if the mirror is still sealed: somebody may
  // have claimed it, and be writing.
  void Suspect(std::string why) {
    if (suspicion_.empty()) suspicion_ = std::move(why);
  }
  void Suspect(const absl::Status& why) { Suspect(std::string(ToStd(why.message()))); }

  void OnLook(const ots::Outcome& outcome) {
    std::optional<ots::Row> row;
    if (outcome.kind == ots::Outcome::Kind::kDone) {
      absl::StatusOr<std::optional<ots::Row>> read = ots::ReadGetRow(outcome.body);
      if (!read.ok()) return Trouble(&fence_lane_, std::string(ToStd(read.status().message())));
      row = *std::move(read);
    } else if (!ots::Is(outcome.error, ots::ErrorCode::kObjectNotExist)) {
      return Trouble(&fence_lane_, outcome.problem);
    }
    NoTrouble();
    fence_lane_.Helped(fence_lane_.begun(), limits_.look_interval);
    if (!row.has_value()) {
      return Fail(
          sealed_.has_value()
              ? Concat("the mirror is gone: table ", kJournalTable,
                       " has no fence any more, which ", "was: ", FormatFence(*sealed_),
                       kAfterDamage)
              : Concat(
                    "there is no mirror in this instance: table ", kJournalTable,
                    outcome.kind == ots::Outcome::Kind::kDone ? " has no fence" : " does not exist",
                    ". Check namespace.ots.instance and namespace.ots.endpoint, then start ",
                    "again, with an empty namespace.meta-dir on every master"));
    }
    absl::StatusOr<Fence> fence = DecodeFence(*row);
    if (!fence.ok()) {
      return Fail(absl::IsFailedPrecondition(fence.status())
                      ? Concat(ToStd(fence.status().message()),
                               ". Recover with the version of this software that wrote it")
                      : Concat("table ", kJournalTable, ": ", ToStd(fence.status().message()),
                               kAfterDamage));
    }
    if (sealed_.has_value()) return OnConfirmed(*fence);
    if (fence->state == FenceState::kSealed) return HoldSealed(*std::move(fence));
    OnOpen(*fence);
  }

  void OnOpen(const Fence& fence) {
    const bool new_writer = !watch_.fence().has_value() ||
                            watch_.fence()->cluster != fence.cluster ||
                            watch_.fence()->lineage != fence.lineage;
    may_seal_ = watch_.Saw(fence, fence_lane_.begun(), now_) ||
                mutations_.Has(Mutation::kA07SealsLivingWriter);
    if (may_seal_) {
      fence_lane_.Helped(now_);
    } else if (new_writer) {
      Say(Note::Severity::kInfo,
          Concat("the mirror is open for ", Writer(fence),
                 fence.cluster == cluster_ ? ", which is this one" : "",
                 ": waiting until it has stayed unchanged for ", limits_.quiet_time / kSecond,
                 " s before it is sealed. If that cluster is to live, end this recovery"));
    }
  }

  // The mirror was sealed when loading began; is it still?
  void OnConfirmed(const Fence& fence) {
    if (!SameSeal(fence, *sealed_)) {
      return Fail(Concat(
          "the mirror has been claimed by cluster ", fence.cluster,
          " while it was loaded here: it "
          "was ",
          FormatFence(*sealed_), ", and is ", FormatFence(fence),
          ". What is loaded may be a mixture of the two. Start the recovery again, with an empty "
          "namespace.meta-dir on every master, once no other cluster uses this mirror"));
    }
    if (!suspicion_.empty())
      return Fail(Concat("the mirror is damaged: ", suspicion_, kAfterDamage));
    confirmed_ = AllRead();
  }

  void OnSealed(const ots::Outcome& outcome) {
    if (outcome.kind == ots::Outcome::Kind::kDone) {
      NoTrouble();
      return HoldSealed(seal_);
    }
    // Whatever became of it, and whoever was faster: the fence says.
    may_seal_ = false;
    if (ots::Is(outcome.error, ots::ErrorCode::kConditionCheckFail)) {
      fence_lane_.Helped(now_);
    } else {
      Trouble(&fence_lane_, outcome.problem);
    }
  }

  void HoldSealed(Fence fence) {
    may_seal_ = false;
    Say(Note::Severity::kInfo, Concat("the mirror is sealed: ", FormatFence(fence)));
    sealed_ = std::move(fence);
  }

  void OnPage(const ots::Outcome& outcome) {
    if (outcome.kind != ots::Outcome::Kind::kDone) {
      if (!ots::Is(outcome.error, ots::ErrorCode::kObjectNotExist)) {
        return Trouble(&page_lane_, outcome.problem);
      }
      return Suspect(
          Concat("table ", data_.has_value() ? kDataTable : kJournalTable, " does not exist"));
    }
    absl::StatusOr<ots::RangePage> page = ots::ReadGetRange(outcome.body);
    if (!page.ok()) return Trouble(&page_lane_, std::string(ToStd(page.status().message())));
    NoTrouble();
    page_lane_.Helped(now_);
    const absl::Status added = data_.has_value() ? data_->Add(*page) : journal_->Add(*page);
    if (!added.ok()) Suspect(added);
  }

  // ---- Chunks ----

  void FollowCursor(const std::string& cursor, bool sealed_replicated) {
    if (!sealed_.has_value() || !sealed_replicated) {
      CHECK(cursor.empty()) << "rows were loaded before the seal was replicated";
      return;
    }
    if (loaded_ || cursor == cursor_) return;
    const auto at = std::find_if(given_.begin(), given_.end(),
                                 [&](const Chunk& chunk) { return chunk.to == cursor; });
    if (at == given_.end()) return StartAt(cursor);
    given_.erase(given_.begin(), at + 1);
    given_at_ = now_;
    cursor_ = cursor;
    loaded_ = cursor == kEnd;
    if (loaded_) Say(Note::Severity::kInfo, "all of the mirror is loaded");
  }

  // The beginning, or somebody else gave out chunks: reading starts where the cursor stands.
  void StartAt(const std::string& cursor) {
    const std::optional<LoadPlace> place = DecodeCursor(cursor);
    CHECK(place.has_value()) << "a replicated cursor of " << cursor.size() << " bytes is none";
    cursor_ = cursor;
    given_.clear();
    data_.reset();
    journal_.reset();
    // What is under way was begun for other reads than these.
    page_lane_.End();
    fence_lane_.End();
    confirmed_ = false;
    end_given_ = false;
    if (const auto* data = std::get_if<DataPlace>(&*place)) {
      data_.emplace(limits_, *sealed_, *data, mutations_);
    } else if (const auto* journal = std::get_if<JournalPlace>(&*place)) {
      journal_.emplace(limits_, *sealed_, *journal, mutations_);
    } else {
      loaded_ = true;
    }
    if (!loaded_) {
      Say(Note::Severity::kInfo,
          Concat("loading the mirror from ", LoadedPermille(cursor, *sealed_) / 10, " % on"));
    }
  }

  // All of the mirror has been read, and all chunks but the last one given out.
  bool AllRead() const { return journal_.has_value() && journal_->finished(); }

  void GiveSeal() {
    if (seal_given_at_.has_value() && now_ < *seal_given_at_ + limits_.give_again) return;
    seal_given_at_ = now_;
    out_.sealed = sealed_;
  }

  void GiveChunks() {
    if (!given_.empty() && now_ >= given_at_ + limits_.give_again) {
      out_.chunks.assign(given_.begin(), given_.end());
      given_at_ = now_;
    }
    while (given_.size() < limits_.chunks_ahead && suspicion_.empty()) {
      std::optional<Chunk> chunk = NextChunk();
      if (!chunk.has_value()) break;
      if (given_.empty()) given_at_ = now_;
      rows_given_ += chunk->rows.size();
      out_.chunks.push_back(*chunk);
      given_.push_back(*std::move(chunk));
    }
  }

  std::optional<Chunk> NextChunk() {
    if (data_.has_value()) {
      if (std::optional<Chunk> chunk = data_->Take()) return chunk;
      if (!data_->finished()) return std::nullopt;
      data_.reset();
      journal_.emplace(limits_, *sealed_, JournalStart(*sealed_), mutations_);
    }
    absl::StatusOr<std::optional<Chunk>> chunk = journal_->Take();
    if (!chunk.ok()) {
      Suspect(chunk.status());
      return std::nullopt;
    }
    if (chunk->has_value()) return *std::move(chunk);
    if (!AllRead() || !confirmed_ || end_given_) return std::nullopt;
    end_given_ = true;
    return Chunk{.from = EncodeCursor(journal_->place()), .to = kEnd, .rows = {}};
  }

  // ---- Calls ----

  bool WantsFence() const {
    return !sealed_.has_value() || !suspicion_.empty() || (AllRead() && !confirmed_);
  }

  void CallFence() {
    if (!WantsFence() || fence_lane_.under_way()) return;
    // Only waiting has time: what is read is confirmed at once.
    const bool waits = !sealed_.has_value() || !problem_.empty();
    if (waits && now_ < fence_lane_.next()) return;
    if (may_seal_) {
      seal_ = *watch_.fence();
      seal_.state = FenceState::kSealed;
      ++seal_.revision;
      ots::RowChange change = ChangeFence(seal_);
      if (mutations_.Has(Mutation::kA08SealUnconditional)) change.condition = {};
      seal_under_way_ = true;
      return Start(&fence_lane_, ots::WriteRow(kJournalTable, change));
    }
    Start(&fence_lane_, ots::GetRow(kJournalTable, FenceKey()));
  }

  void CallPage() {
    if (page_lane_.under_way() || !suspicion_.empty() || now_ < page_lane_.next()) return;
    std::optional<ots::RangeRequest> range;
    if (data_.has_value()) range = data_->NextPage();
    if (journal_.has_value()) range = journal_->NextPage();
    if (range.has_value()) Start(&page_lane_, ots::GetRange(*range));
  }

  void Start(Lane* lane, ots::Request request) {
    ++last_token_;
    lane->Begin(last_token_, now_);
    // Reads, and a seal that is a compare-and-set: an attempt that lands late changes nothing.
    ots::CallOptions options;
    options.repeatable = true;
    options.deadline = limits_.call_deadline;
    options.attempt_timeout = std::min(options.attempt_timeout, limits_.call_deadline);
    out_.calls.push_back({last_token_, std::move(request), options});
  }

  void SetDeadline(bool sealed_replicated) {
    const auto until = [&](Micros time) {
      out_.next_deadline = std::min(out_.next_deadline, std::max(time, now_));
    };
    if (WantsFence() && !fence_lane_.under_way()) until(fence_lane_.next());
    if (!page_lane_.under_way() && page_lane_.next() > now_) until(page_lane_.next());
    if (!given_.empty()) until(given_at_ + limits_.give_again);
    if (seal_given_at_.has_value() && !sealed_replicated) {
      until(*seal_given_at_ + limits_.give_again);
    }
  }

  const LoadLimits limits_;
  const std::string cluster_;
  const Mutations mutations_;
  Micros now_;
  LoadOutput out_;  // of this step

  FenceWatch watch_;
  Lane fence_lane_;
  Lane page_lane_;
  CallToken last_token_;
  bool may_seal_ = false;  // the fence as watched has been quiet for long enough
  Fence seal_;             // being written
  bool seal_under_way_ = false;

  std::optional<Fence> sealed_;
  std::optional<Micros> seal_given_at_;
  std::optional<DataReader> data_;        // while the data table is read
  std::optional<JournalReader> journal_;  // afterwards
  std::string suspicion_;                 // what made no sense, until the fence has been looked at
  bool confirmed_ = false;                // all is read, and the mirror was sealed still
  bool end_given_ = false;

  std::optional<std::string> cursor_;  // the replicated one; unset before reading starts
  std::deque<Chunk> given_;            // given out and not loaded
  Micros given_at_;                    // when the last of them moved, or all were given out
  uint64_t rows_given_ = 0;
  bool loaded_ = false;
  std::optional<std::string> failed_;
  std::string problem_;
};

Loader::Loader(LoadLimits limits, std::string cluster, std::optional<Fence> sealed,
               Mutations mutations)
    : impl_(std::make_unique<Impl>(limits, std::move(cluster), std::move(sealed), mutations)) {}
Loader::~Loader() = default;

LoadOutput Loader::Step(Micros now, const std::string& cursor, bool sealed_replicated,
                        std::span<const CallEnded> ended) {
  return impl_->Step(now, cursor, sealed_replicated, ended);
}

LoadStatus Loader::status() const { return impl_->status(); }

}  // namespace jfs::mirror
