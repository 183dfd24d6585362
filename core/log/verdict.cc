#include "core/log/verdict.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"

namespace jfs::log {
namespace {

// A place in the chain: everything that begins there or later lies behind it.
struct Place {
  size_t segment = 0;
  uint32_t block = 1;
};

// Consecutive batches without a gap: [first, last] as indices into Judge::batches_.
struct Run {
  size_t first = 0;
  size_t last = 0;
};

struct Finding {
  bool rot = false;
  bool traces = false;  // something was written behind the break
  std::string file;
  uint64_t offset = 0;
  std::string what;
};

class Judge {
 public:
  explicit Judge(const std::vector<ChainSegment>& chain) : chain_(chain) {}

  Verdict Run() {
    CollectBatches();
    CollectRuns();
    Decide();
    return std::move(verdict_);
  }

 private:
  const ScannedBatch& At(size_t i) const {
    const StandingBatch& where = batches_[i];
    return chain_[where.segment].scan->batches()[where.batch];
  }
  Place EndOf(size_t i) const { return {batches_[i].segment, At(i).first_block + At(i).blocks}; }

  // A segment opened by a recovery says where the log was cut: batches of earlier segments behind
  // the cut are void.
  bool IsVoid(size_t segment, uint64_t sequence) const {
    for (size_t later = segment + 1; later < chain_.size(); ++later) {
      const std::optional<SegmentHeader>& header = chain_[later].header;
      if (header && header->kind == SegmentHeader::Kind::kRecovered &&
          sequence > header->cut.sequence)
        return true;
    }
    return false;
  }

  void CollectBatches() {
    for (size_t segment = 0; segment < chain_.size(); ++segment) {
      if (!chain_[segment].scan) continue;
      const std::vector<ScannedBatch>& batches = chain_[segment].scan->batches();
      for (size_t i = 0; i < batches.size(); ++i) {
        if (!IsVoid(segment, batches[i].sequence)) batches_.push_back({segment, i});
      }
    }
  }

  bool Linked(size_t before, size_t after) const {
    return At(after).sequence == At(before).sequence + 1 &&
           At(after).record.previous_crc == At(before).crc;
  }

  void CollectRuns() {
    for (size_t i = 0; i < batches_.size(); ++i) {
      if (i > 0 && Linked(i - 1, i)) {
        runs_.back().last = i;
      } else {
        runs_.push_back({i, i});
      }
    }
  }

  // A run stands if it reaches back to the beginning of the oldest segment that its last batch
  // needs.
  bool ReachesBack(const struct Run& run) const {
    const uint64_t oldest = At(run.last).record.oldest_epoch;
    const StandingBatch& first = batches_[run.first];
    const uint64_t epoch = chain_[first.segment].epoch;
    return epoch < oldest || (epoch == oldest && At(run.first).first_block == 1);
  }

  // From the newest run backwards: what lies behind each one is judged, and the first that stands
  // is the log.
  void Decide() {
    std::vector<Finding> findings;
    size_t next = runs_.size();
    for (;;) {
      const struct Run* run = next > 0 ? &runs_[next - 1] : nullptr;
      findings.push_back(JudgeBreak(run));
      if (run == nullptr) break;
      if (ReachesBack(*run)) {
        AddStanding(*run);
        break;
      }
      --next;
    }
    // The one nearest to what stands names the place.
    for (const Finding& finding : findings) {
      verdict_.torn |= finding.traces;
      if (!finding.rot) continue;
      verdict_.rot = true;
      verdict_.file = finding.file;
      verdict_.offset = finding.offset;
      verdict_.what = finding.what;
    }
    if (verdict_.rot) FindNewest();
    verdict_.watermark = WatermarkBehind(Place{0, 0});
  }

  void AddStanding(const struct Run& run) {
    const uint64_t oldest = At(run.last).record.oldest_epoch;
    for (size_t i = run.first; i <= run.last; ++i) {
      if (chain_[batches_[i].segment].epoch >= oldest) verdict_.standing.push_back(batches_[i]);
    }
  }

  void FindNewest() {
    uint64_t best = 0;
    for (size_t i = 0; i < batches_.size(); ++i) {
      if (At(i).sequence <= best) continue;
      best = At(i).sequence;
      verdict_.newest = batches_[i];
    }
  }

  // The first segment that a recovery has not declared void and that this chain needs.
  Place Beginning() const {
    if (runs_.empty()) return Place{0, 1};
    const uint64_t oldest = At(runs_.front().last).record.oldest_epoch;
    size_t segment = 0;
    while (segment + 1 < chain_.size() && chain_[segment].epoch < oldest) ++segment;
    return Place{segment, 1};
  }

  // What was to follow `run` (nullptr: the beginning of the log) and is not there.
  Finding JudgeBreak(const struct Run* run) const {
    if (chain_.empty()) return Finding();
    const Place place = run != nullptr ? EndOf(run->last) : Beginning();
    if (const Finding gone = JudgeHeaders(place); gone.rot) return gone;
    const std::optional<uint64_t> expected =
        run != nullptr ? At(run->last).sequence + 1 : FirstSequence(place);
    // The block that went bad is the best place to name, so it comes before what only the later
    // ones prove.
    for (const Place& start : PossibleStarts(place)) {
      const Finding bad = JudgeExtent(start, expected.value_or(LooseSequenceAt(start)));
      if (bad.rot) return bad;
    }
    if (const Finding stray = JudgeStrays(place); stray.rot) return stray;
    // The predecessor was given up, which happens only after a batch in here was durable.
    if (!expected) return Rot(place, "the first batch of the oldest segment is gone");
    if (WatermarkBehind(place) >= *expected) {
      return Rot(place, absl::StrCat("batch ", *expected,
                                     " is gone, but a later block proves that it was durable"));
    }
    Finding finding;
    finding.traces = AnythingBehind(place);
    return finding;
  }

  // The sequence of the first batch of the segment at `place`, if its header says so.
  std::optional<uint64_t> FirstSequence(const Place& place) const {
    const SegmentHeader& header = *chain_[place.segment].header;
    if (header.kind != SegmentHeader::Kind::kRecovered) return std::nullopt;
    return header.cut.sequence + 1;
  }

  // The sequence that what is left of a batch starting at `start` bears; 0 if nothing is left.
  uint64_t LooseSequenceAt(const Place& start) const {
    for (const LooseBlock& loose : chain_[start.segment].scan->loose()) {
      if (loose.number >= loose.part && loose.number - loose.part == start.block)
        return loose.sequence;
    }
    return 0;
  }

  Finding Rot(const Place& place, std::string what) const {
    Finding finding;
    const ChainSegment& segment = chain_[place.segment];
    finding.rot = true;
    finding.file = segment.file;
    finding.offset = segment.header ? uint64_t{place.block} * segment.header->block_bytes : 0;
    finding.what = std::move(what);
    return finding;
  }

  // A live segment without its header, at or behind the break, held what is missing.
  Finding JudgeHeaders(const Place& place) const {
    for (size_t segment = place.segment; segment < chain_.size(); ++segment) {
      if (!chain_[segment].header) return Rot(Place{segment, 0}, chain_[segment].reason);
    }
    return Finding();
  }

  // The missing batch began right behind the last good one, or at the start of one of the segments
  // after it.
  std::vector<Place> PossibleStarts(const Place& place) const {
    std::vector<Place> starts = {place};
    for (size_t segment = place.segment + 1; segment < chain_.size(); ++segment) {
      starts.push_back(Place{segment, 1});
      const SegmentScan& scan = *chain_[segment].scan;
      if (!scan.batches().empty() || !scan.loose().empty()) break;
    }
    return starts;
  }

  // How far the batch `expected`, if it began at `start`, went: what is left of its blocks says so;
  // else it ended where the next one begins; else nothing is known beyond its first block.
  uint32_t EndOfExtent(const Place& start, uint64_t expected) const {
    const SegmentScan& scan = *chain_[start.segment].scan;
    uint64_t next_start = scan.end_block();
    bool bounded = false;
    for (const LooseBlock& loose : scan.loose()) {
      if (loose.number < start.block) continue;
      const uint64_t first = loose.number >= loose.part ? loose.number - loose.part : 0;
      if (loose.sequence == expected && first == start.block) {
        return static_cast<uint32_t>(std::min<uint64_t>(first + loose.parts, scan.end_block()));
      }
      if (loose.sequence > expected && first > start.block) {
        next_start = std::min(next_start, first);
        bounded = true;
      }
    }
    for (const ScannedBatch& batch : scan.batches()) {
      if (batch.first_block < start.block || batch.sequence <= expected) continue;
      next_start = std::min<uint64_t>(next_start, batch.first_block);
      bounded = true;
    }
    if (bounded) return static_cast<uint32_t>(next_start);
    return std::min(start.block + 1, scan.end_block());
  }

  Finding JudgeExtent(const Place& start, uint64_t expected) const {
    const SegmentScan& scan = *chain_[start.segment].scan;
    const uint32_t end = EndOfExtent(start, expected);
    for (uint32_t block = start.block; block < end; ++block) {
      const BlockKind kind = scan.kind(block);
      if (kind == BlockKind::kBad) {
        return Rot(Place{start.segment, block}, "a block is neither new, nor old, nor zero");
      }
      if (kind == BlockKind::kAbsent)
        return Rot(Place{start.segment, block}, "the file is too short");
    }
    return Finding();
  }

  // A block of the present that lies at a wrong place is the proof of a misdirected write.
  Finding JudgeStrays(const Place& place) const {
    for (size_t segment = place.segment; segment < chain_.size(); ++segment) {
      const SegmentScan& scan = *chain_[segment].scan;
      const uint32_t from = segment == place.segment ? place.block : scan.first_block();
      for (uint32_t block = from; block < scan.end_block(); ++block) {
        if (scan.kind(block) == BlockKind::kStray) {
          return Rot(Place{segment, block}, "a block was written here that belongs elsewhere");
        }
      }
    }
    return Finding();
  }

  // The highest sequence that anything behind `place` proves to have been durable.
  uint64_t WatermarkBehind(const Place& place) const {
    uint64_t watermark = 0;
    for (size_t segment = place.segment; segment < chain_.size(); ++segment) {
      const ChainSegment& one = chain_[segment];
      if (!one.header) continue;
      // A recovery's segment gets its header only after its first batch is durable.
      const bool whole_segment = segment > place.segment || place.block <= 1;
      if (whole_segment && one.header->kind == SegmentHeader::Kind::kRecovered) {
        watermark = std::max(watermark, one.header->cut.sequence + 1);
      }
      const uint32_t from = segment == place.segment ? place.block : 0;
      for (const LooseBlock& loose : one.scan->loose()) {
        if (loose.number < from || IsVoid(segment, loose.sequence)) continue;
        watermark = std::max(watermark, loose.watermark);
      }
      for (const ScannedBatch& batch : one.scan->batches()) {
        if (batch.first_block < from || IsVoid(segment, batch.sequence)) continue;
        watermark = std::max(watermark, batch.watermark);
      }
    }
    return watermark;
  }

  bool AnythingBehind(const Place& place) const {
    for (size_t segment = place.segment; segment < chain_.size(); ++segment) {
      const SegmentScan& scan = *chain_[segment].scan;
      const uint32_t from = segment == place.segment ? place.block : 0;
      for (const LooseBlock& loose : scan.loose()) {
        if (loose.number >= from && !IsVoid(segment, loose.sequence)) return true;
      }
      for (const ScannedBatch& batch : scan.batches()) {
        if (batch.first_block >= from && !IsVoid(segment, batch.sequence)) return true;
      }
    }
    return false;
  }

  const std::vector<ChainSegment>& chain_;
  std::vector<StandingBatch> batches_;
  std::vector<struct Run> runs_;
  Verdict verdict_;
};

}  // namespace

Verdict JudgeChain(const std::vector<ChainSegment>& chain) { return Judge(chain).Run(); }

}  // namespace jfs::log
