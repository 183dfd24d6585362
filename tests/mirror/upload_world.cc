#include "tests/mirror/upload_world.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/concat.h"
#include "core/mirror/journal.h"

namespace jfs::mirror {
namespace {

constexpr Duration kMinute = 60 * kSecond;
// Of an attempt, by a fault.
constexpr Duration kLongestDelay = 30 * kSecond;
constexpr uint64_t kRunBytes = uint64_t{1} << 30;

std::string Show(const Rows& rows) {
  std::string out;
  for (const auto& [key, value] : rows) {
    out +=
        Concat(" ", key.size() > 40 ? key.substr(key.size() - 8) : key, "=", value.substr(0, 12));
  }
  return out;
}

}  // namespace

UploadWorldOptions UploadWorldOptions::Swarm(uint64_t seed, Mutations mutations) {
  UploadWorldOptions options;
  options.seed = seed;
  options.mutations = mutations;
  Random random(Mix64(seed));
  options.keys = random.Chance(1, 3) ? 8 : random.Between(20, 80);
  options.engine.honours_atomic_batches = random.Chance(1, 2);
  options.engine.transaction_lifetime_millis = random.Between(2, 60) * 1000;
  options.engine.max_scanned_rows = random.Chance(1, 2) ? 7 : 5000;
  UploadLimits& limits = options.limits;
  limits.run_bytes = random.Between(200, 4000);
  limits.part_bytes = random.Chance(1, 2) ? 90 : 1'900'000;
  limits.fold_delay = random.Chance(1, 2) ? 0 : random.Between(1, 2000) * kMillisecond;
  limits.fold_rows = static_cast<uint32_t>(random.Between(1, 20));
  limits.fold_bytes = random.Between(500, 10'000);
  limits.fold_calls = static_cast<uint32_t>(random.Between(1, 8));
  limits.memory_bytes = random.Chance(1, 2) ? random.Between(0, 3000) : 1 << 20;
  limits.call_deadline = random.Chance(1, 3) ? random.Between(50, 1000) * kMillisecond
                                             : random.Between(2, 30) * kSecond;
  // Six touches, an attempt that was made at the end of a call, and the longest that one floats:
  // what is delayed may land late on top.
  limits.touch_interval = random.Between(1, 10) * kSecond;
  limits.late_landing_bound = 6 * limits.touch_interval + limits.call_deadline + 2 * kLongestDelay;
  limits.tombstone_interval = random.Between(5, 20) * kSecond;
  return options;
}

UploadWorld::UploadWorld(const UploadWorldOptions& options)
    : options_(options),
      service_(options.engine, options.seed),
      history_(Mix64(options.seed + 2), options.keys),
      random_(Mix64(options.seed + 3)) {}

class UploadWorld::Reader : public OutboxReader {
 public:
  Reader(const History& history, size_t entries, uint64_t trimmed)
      : history_(history), entries_(entries), trimmed_(trimmed) {}
  absl::Status Read(uint64_t first, uint64_t max_bytes, std::vector<std::string>* rows) override {
    uint64_t bytes = 0;
    for (size_t i = 0; i < entries_; ++i) {
      const History::Entry& entry = history_.entries()[i];
      if (entry.row.first < first || entry.row.last <= trimmed_) continue;
      bytes += entry.bytes.size();
      if (!rows->empty() && bytes > max_bytes) break;
      rows->push_back(entry.bytes);
    }
    return absl::OkStatus();
  }

 private:
  const History& history_;
  const size_t entries_;
  const uint64_t trimmed_;
};

Leader* UploadWorld::Elect(Writer writer) {
  ++counts_.leaders;
  UploadLimits limits = options_.limits;
  // Masters need not agree on how runs are cut.
  limits.run_bytes = random_.Between(limits.run_bytes / 4 + 1, limits.run_bytes);
  limits.part_bytes = random_.Between(limits.part_bytes / 2, limits.part_bytes);
  leaders_.push_back(
      std::make_unique<Leader>(leaders_.size(), limits, std::move(writer), options_.mutations));
  Leader* const leader = leaders_.back().get();
  leader->trimmed_ = replicated_;
  service_.At(service_.now(), [this, leader] { Step(leader); });
  return leader;
}

void UploadWorld::Depose(Leader* leader) {
  leader->frozen_ = history_.entries().size();
  leader->trimmed_ = replicated_;
}

void UploadWorld::Pause(Leader* leader, Duration duration) {
  leader->paused_until_ = service_.now() + duration;
  service_.At(leader->paused_until_, [this, leader] { Step(leader); });
}

void UploadWorld::Grow(uint64_t changes) {
  history_.Grow(changes);
  if (!leaders_.empty()) Step(leader());
}

void UploadWorld::Step(Leader* leader) {
  if (leader->dead_ || service_.now() < leader->paused_until_) return;
  const size_t entries = leader->frozen_.value_or(history_.entries().size());
  const OutboxEnd end = entries == 0 ? OutboxEnd{}
                                     : OutboxEnd{.last = history_.entries()[entries - 1].row.last,
                                                 .chain = history_.entries()[entries - 1].chain};
  Reader reader(history_, entries, leader->frozen_.has_value() ? leader->trimmed_ : replicated_);
  const std::vector<CallEnded> ended = std::exchange(leader->ended_, {});
  UploadOutput out = leader->uploader_->Step(service_.now(), end, &reader, ended);
  if (!out.fatal.ok()) Note(Concat("fatal: ", out.fatal.ToString()));
  for (const mirror::Note& note : out.notes) leader->notes_.push_back(note.text);
  leader->admitted_ |= out.admitted;
  admitted_ |= out.admitted;
  if (out.progress.has_value()) {
    ++counts_.progress_reports;
    const std::optional<Fence> now = fence();
    if (!now.has_value() || now->last < *out.progress) {
      Note(Concat("progress ", *out.progress,
                  " is beyond the fence: ", now.has_value() ? FormatFence(*now) : "there is none"));
    }
    // What a deposed leader proposes, nobody agrees on.
    if (!leader->frozen_.has_value()) replicated_ = std::max(replicated_, *out.progress);
  }
  for (Call& call : out.calls) {
    ++leader->calls_;
    if (call.request.operation == ots::Operation::kGetRange) ++counts_.journal_reads;
    if (call.request.operation == ots::Operation::kCommitTransaction) ++counts_.transactions;
    if (leader->frozen_.has_value()) ++counts_.stale_writers;
    service_.Call(call.request, call.options,
                  [this, leader, token = call.token](const ots::Outcome& outcome) {
                    leader->ended_.push_back({token, outcome});
                    Step(leader);
                  });
  }
  if (out.next_deadline == kNever) return;
  // Busy waiting would be one wake-up at the same instant after the other.
  if (out.next_deadline <= service_.now()) {
    Note(Concat("leader ", leader->number_, " wants to be woken at once"));
    return;
  }
  const uint64_t wake = ++leader->wake_;
  service_.At(out.next_deadline, [this, leader, wake] {
    if (leader->wake_ == wake) Step(leader);
  });
}

std::optional<Fence> UploadWorld::fence() {
  const ots::Request request = ots::GetRow(kJournalTable, FenceKey());
  if (service_.Try(request).has_value()) return std::nullopt;
  const auto row = ots::ReadGetRow(service_.Do(request));
  CHECK(row.ok());
  if (!row->has_value()) return std::nullopt;
  const absl::StatusOr<Fence> fence = DecodeFence(**row);
  CHECK(fence.ok()) << fence.status().ToString();
  return *fence;
}

std::vector<DataRow> UploadWorld::data() {
  std::vector<DataRow> rows;
  for (const ots::Row& row : service_.ReadAll(kDataTable, DataKey(""))) {
    absl::StatusOr<DataRow> decoded = DecodeDataRow(row);
    CHECK(decoded.ok()) << decoded.status().ToString();
    rows.push_back(*std::move(decoded));
  }
  return rows;
}

size_t UploadWorld::journal_rows() {
  return service_.ReadAll(kJournalTable, JournalKey(0, 0)).size() - 1;
}

std::string UploadWorld::Check() {
  ++counts_.checks;
  if (!violation_.empty()) return violation_;
  const std::optional<Fence> now = fence();
  if (!now.has_value()) return seen_.has_value() ? "the fence is gone" : "";
  if (seen_.has_value()) {
    const bool back = now->revision < seen_->revision || now->last < seen_->last ||
                      now->checkpoint < seen_->checkpoint || now->term < seen_->term ||
                      now->lineage < seen_->lineage;
    if (back) {
      Note(Concat("the fence went back from ", FormatFence(*seen_), " to ", FormatFence(*now)));
    }
  }
  seen_ = now;
  if (violation_.empty()) Note(CheckRows(*now));
  return violation_;
}

// What a stranger would do with docs/formats/mirror.md in hand.
std::string UploadWorld::CheckRows(const Fence& fence) {
  if (fence.last > history_.last()) return "the mirror is ahead of the history";
  const size_t place = history_.PlaceOf(fence.last);
  const uint64_t chain = place == 0 ? 0 : history_.entries()[place - 1].chain;
  if (fence.chain != chain) return Concat("chain of the fence: ", FormatFence(fence));
  if (place > 0) {
    const outbox::OutboxRow& end = history_.entries()[place - 1].row;
    if (fence.carried.wall != end.wall || fence.carried.files != end.files ||
        fence.carried.directories != end.directories || fence.carried.bytes != end.bytes ||
        fence.carried.next_lease != end.next_lease) {
      return Concat("what the fence carries: ", FormatFence(fence));
    }
  }
  Rows rows;
  for (const DataRow& row : data()) {
    if (row.position > PositionOf(fence.lineage, fence.last)) {
      return Concat("a data row is ahead of the fence: ", row.key);
    }
    if (row.value.has_value()) rows.emplace(row.key, *row.value);
  }
  uint64_t at = fence.checkpoint;
  uint64_t at_chain = fence.checkpoint_chain;
  std::string packed;
  for (const ots::Row& stored : service_.ReadAll(kJournalTable, JournalKey(0, 0))) {
    if (stored.primary_key == FenceKey()) continue;
    // Rows of the trial lie in a partition of their own.
    if (stored.primary_key.front() != JournalPartition()) continue;
    const absl::StatusOr<JournalRow> row = DecodeJournalRow(stored);
    if (!row.ok()) return row.status().ToString();
    if (row->first <= at || row->first > fence.last) continue;
    if (row->first != at + 1) return Concat("a gap in the journal before ", row->first);
    packed += row->bytes;
    if (row->part + 1 < row->parts) continue;
    const auto run = UnpackRun(packed, kRunBytes);
    if (!run.ok()) return run.status().ToString();
    packed.clear();
    std::vector<outbox::OutboxRow> entries;
    const absl::Status status = DecodeRun(*run, row->first, &at_chain, &entries);
    if (!status.ok()) return status.ToString();
    if (entries.back().last != row->last) return "a run that ends elsewhere";
    at = row->last;
    for (const outbox::OutboxRow& entry : entries) {
      for (const outbox::RowChange& change : entry.changes) {
        if (change.after.has_value()) {
          rows[change.key] = *change.after;
        } else {
          rows.erase(change.key);
        }
      }
    }
  }
  if (at != fence.last) return Concat("the journal ends at ", at, ": ", FormatFence(fence));
  if (at_chain != fence.chain) return Concat("the journal's chain: ", FormatFence(fence));
  const Rows want = place == 0 ? Rows() : history_.entries()[place - 1].state;
  if (rows != want) {
    return Concat("at ", fence.last, " (folded to ", fence.checkpoint, ") the mirror has",
                  Show(rows), " and should have", Show(want));
  }
  return "";
}

// At the end of a quiet time: everything is folded and nothing superfluous is left.
std::string UploadWorld::CheckComplete(Leader* leader) {
  const std::optional<Fence> now = fence();
  if (!now.has_value()) return "no fence at the end";
  const UploadStatus status = leader->status();
  if (now->last != history_.last() || now->checkpoint != history_.last()) {
    return Concat("not complete at the end: ", FormatFence(*now), ", history ", history_.last(),
                  ", phase ", static_cast<int>(status.phase), ": ", status.problem);
  }
  if (status.mirrored != now->last || status.folded != now->last || !status.problem.empty()) {
    return Concat("status at the end: ", status.mirrored, " ", status.folded, " ", status.problem);
  }
  if (replicated_ != now->last) return Concat("progress at the end: ", replicated_);
  if (journal_rows() > 0) {
    for (const ots::Row& row : service_.ReadAll(kJournalTable, JournalKey(0, 0))) {
      if (row.primary_key.front() == JournalPartition() && row.primary_key != FenceKey()) {
        return Concat("left in the journal: ", FormatKey(row.primary_key));
      }
    }
  }
  const Rows want = history_.state();
  Rows rows;
  for (const DataRow& row : data()) {
    if (!row.value.has_value()) return Concat("a tombstone is left: ", row.key);
    rows.emplace(row.key, *row.value);
  }
  if (rows != want) {
    return Concat("the data table has", Show(rows), " and should have", Show(want));
  }
  return "";
}

// Some kinds of faults, each more or less often: faults must also occur alone.
void UploadWorld::AddFaults() {
  using ots_mock::FaultKind;
  for (const FaultKind kind :
       {FaultKind::kThrottle, FaultKind::kDelay, FaultKind::kLateApply, FaultKind::kFailBefore,
        FaultKind::kFailAfter, FaultKind::kDropRequest, FaultKind::kDropReply,
        FaultKind::kPartialBatch}) {
    const bool on = random_.Chance(1, 2);
    const auto percent = static_cast<uint32_t>(random_.Between(1, 25));
    const Duration longest = random_.Between(20, kLongestDelay / kMillisecond) * kMillisecond;
    if (!on) continue;
    service_.faults().Add(
        {.kind = kind, .percent = percent, .delay = 10 * kMillisecond, .longest_delay = longest});
  }
}

void UploadWorld::LetLeadersChange() {
  Leader* const old = leader();
  if (random_.Chance(1, 3)) {
    Kill(old);
  } else {
    // Goes on, perhaps after having slept while everything else did not.
    Depose(old);
    if (random_.Chance(1, 2)) Pause(old, random_.Between(1, 400) * kSecond);
    const Duration rest = random_.Between(1, 500) * kSecond;
    service_.At(service_.now() + rest, [this, old] { Kill(old); });
  }
  Depose(old);
  Elect();
}

std::string UploadWorld::Swarm() {
  AddFaults();
  Elect();
  const int rounds = static_cast<int>(random_.Between(20, 60));
  for (int i = 0; i < rounds && violation_.empty(); ++i) {
    const uint64_t entries = random_.Below(8);
    const Duration pause = random_.Between(1, 400) * kMillisecond;
    for (uint64_t e = 0; e < entries; ++e) {
      // A store decides that it has a mirror once it may write one, and before its first mutation.
      if (admitted_) Grow(random_.Between(1, 6));
      RunFor(pause);
    }
    if (random_.Chance(1, 12)) RunFor(random_.Between(1, 90) * kSecond);
    // In the middle of whatever is under way, sometimes one right after the other.
    while (random_.Chance(1, 6)) {
      LetLeadersChange();
      RunFor(random_.Below(300) * kMillisecond);
    }
    Check();
  }
  counts_.faults = service_.faults().hits();
  service_.faults().Clear();
  for (int i = 0; i < 12 && violation_.empty(); ++i) {
    RunFor(kMinute);
    Check();
  }
  if (violation_.empty()) Note(CheckComplete(leader()));
  for (const std::unique_ptr<Leader>& one : leaders_) {
    const UploadStatus status = one->status();
    counts_.appends += status.appends;
    counts_.tombstones_removed += status.tombstones_removed;
    if (status.phase != UploadPhase::kRefused) continue;
    ++counts_.superseded;
    if (status.problem.find("A newer leader") == std::string::npos) Note(status.problem);
  }
  return violation_;
}

}  // namespace jfs::mirror
