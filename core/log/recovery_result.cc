#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/log/recovery.h"
#include "core/log/replay.h"

// From the verdict to what the caller gets: entries, hard state, base, and where the log goes on.
namespace jfs::log {

const ScannedBatch& Recovery::Impl::At(const StandingBatch& where) const {
  return chain_[where.segment].scan->batches()[where.batch];
}

void Recovery::Impl::SetDamage(std::string text) {
  if (!recovered_.damaged) recovered_.damage = std::move(text);
  recovered_.damaged = true;
}

void Recovery::Impl::Judge() {
  start_.options = options_;
  start_.options.identity.incarnation = incarnation_;
  const Verdict verdict = JudgeChain(chain_);
  ReplayStanding(verdict);
  TakePositions(verdict);
  CheckContiguous();
  const uint64_t last =
      recovered_.entries.empty() ? recovered_.base.index : recovered_.entries.back().index;
  if (verdict.rot) {
    SetDamage(absl::StrCat(verdict.file, " at offset ", verdict.offset, ": ", verdict.what,
                           "; entries from index ", last + 1, " on may be lost"));
  } else if (!beyond_.empty()) {
    SetDamage(absl::StrCat(beyond_, "; entries from index ", last + 1, " on may be lost"));
  } else if (chain_.empty() && had_log_) {
    SetDamage(
        "no segment is left in the log directory, but spare files show that there was a log; "
        "entries from index 1 "
        "on may be lost");
  }
  recovered_.torn_tail = verdict.torn && !recovered_.damaged;
  recovered_.existed = !chain_.empty() || had_log_;
  recovered_.identity = start_.options.identity;
  start_.next_index = last + 1;
  start_.base = recovered_.base;
  start_.hard_state = recovered_.hard_state;
  start_.damage = recovered_.damage;
  start_.watermark = std::min(verdict.watermark, start_.cut.sequence);
  PlanRewrites(verdict);
  SortSegments(verdict);
  if (!recovered_.existed) ForgetUnfinishedStart();
  chain_.clear();
}

// The number of the first spare tells whether there was ever a log (SortFile). So an unfinished
// first start must not count: the next one uses number 1 again, and creates it anew unless it is
// ready.
void Recovery::Impl::ForgetUnfinishedStart() {
  std::vector<UnusedFile>& unused = start_.unused;
  unused.erase(std::remove_if(unused.begin(), unused.end(),
                              [](const UnusedFile& file) {
                                return !file.reusable && ParseSpareFileName(file.file).has_value();
                              }),
               unused.end());
  start_.next_spare_number = unused.empty() ? 1 : 2;
}

void Recovery::Impl::ReplayStanding(const Verdict& verdict) {
  Replay replay;
  for (const StandingBatch& where : verdict.standing) {
    const ScannedBatch& batch = At(where);
    if (!replay.Apply(batch.record.operations)) {
      SetDamage(absl::StrCat(chain_[where.segment].file, ": batch ", batch.sequence,
                             " does not follow from the ones before it"));
      replay = Replay();
      start_.index.Clear();
      break;
    }
    if (const std::optional<uint64_t> changed = replay.changed_from()) {
      start_.index.Truncate(*changed);
      // Whatever is now at or above the changed index was written by this batch.
      if (!replay.entries().empty() && replay.entries().back().index >= *changed) {
        const uint64_t first = std::max(*changed, replay.entries().front().index);
        start_.index.Add({first, replay.entries().back().index, chain_[where.segment].epoch,
                          batch.first_block, batch.blocks, batch.sequence});
      }
    }
    start_.cut = {chain_[where.segment].epoch, batch.sequence, batch.crc};
  }
  recovered_.entries = replay.TakeEntries();
}

void Recovery::Impl::TakePositions(const Verdict& verdict) {
  if (!verdict.standing.empty()) {
    const BatchRecord& last = At(verdict.standing.back()).record;
    recovered_.hard_state = last.hard_state;
    recovered_.base = last.base;
    if (!last.damage.empty()) SetDamage(last.damage);
  }
  if (verdict.newest) {
    // Entries behind the damage are gone, but the newest hard state is what was promised, and the
    // newest base is a fact about the state.
    const BatchRecord& newest = At(*verdict.newest).record;
    recovered_.hard_state = newest.hard_state;
    if (newest.base.index > recovered_.base.index) recovered_.base = newest.base;
    if (!newest.damage.empty()) SetDamage(newest.damage);
  }
}

void Recovery::Impl::CheckContiguous() {
  std::vector<LogEntry>& entries = recovered_.entries;
  const uint64_t base = recovered_.base.index;
  const auto keep = std::partition_point(
      entries.begin(), entries.end(), [&](const LogEntry& entry) { return entry.index <= base; });
  entries.erase(entries.begin(), keep);
  start_.index.DropThrough(base);
  if (entries.empty() || entries.front().index == base + 1) return;
  SetDamage(absl::StrCat("the log begins with entry ", entries.front().index,
                         ", but the state below it ends with ", base));
  entries.clear();
  start_.index.Clear();
}

void Recovery::Impl::PlanRewrites(const Verdict& verdict) {
  // A process that was killed may have left these batches in a cache only: readable now and gone
  // after a power failure. Whatever is told as recovered must be durable, so they are written
  // again, byte for byte.
  for (const StandingBatch& where : verdict.standing) {
    const ScannedBatch& batch = At(where);
    if (batch.sequence <= verdict.watermark) continue;
    const ChainSegment& segment = chain_[where.segment];
    const uint64_t block_bytes = segment.header->block_bytes;
    const uint64_t unit = std::max<uint64_t>(block_bytes, options_.block_bytes);
    const uint64_t offset = batch.first_block * block_bytes / unit * unit;
    const uint64_t end =
        ((uint64_t{batch.first_block} + batch.blocks) * block_bytes + unit - 1) / unit * unit;
    if (!rewrites_.empty() && rewrites_.back().file == segment.file &&
        offset <= rewrites_.back().end) {
      rewrites_.back().end = std::max(rewrites_.back().end, end);
    } else {
      rewrites_.push_back({segment.file, offset, end});
    }
  }
}

void Recovery::Impl::SortSegments(const Verdict& verdict) {
  const size_t none = chain_.size();
  const size_t first = verdict.standing.empty() ? none : verdict.standing.front().segment;
  const size_t last = verdict.standing.empty() ? none : verdict.standing.back().segment;
  for (size_t i = 0; i < chain_.size(); ++i) {
    const ChainSegment& segment = chain_[i];
    if (segment.missing) continue;
    const bool whole = segment.scan && !segment.scan->damaged_blocks() &&
                       chain_file_bytes_[i] == segment.header->segment_bytes;
    const bool reusable = whole && segment.header->segment_bytes == options_.segment_bytes &&
                          segment.header->block_bytes == options_.block_bytes;
    // Segments between the standing ones that hold none of their batches stay, too: order is all
    // that matters.
    if (segment.header && i >= first && i <= last) {
      LiveSegment live;
      live.epoch = segment.epoch;
      live.file = segment.file;
      live.block_bytes = segment.header->block_bytes;
      live.blocks = segment.header->blocks();
      live.used = live.blocks;
      live.reusable = reusable;
      start_.live.push_back(std::move(live));
    } else {
      start_.unused.push_back({segment.file, reusable && !recovered_.damaged});
    }
  }
}

}  // namespace jfs::log
