#ifndef CORE_LOG_VERDICT_H_
#define CORE_LOG_VERDICT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/log/segment_header.h"
#include "core/log/segment_scan.h"

// The judgement over a scanned log: which batches stand, and whether what is missing behind them
// was torn (never durable) or has rotted (was durable). Pure; the rule is explained in
// docs/formats/log.md.
namespace jfs::log {

// One segment that is not void, in the order of epochs.
struct ChainSegment {
  uint64_t epoch = 0;
  std::string file;
  // Unset: the header is gone. `reason` then says how; the blocks are unknown.
  std::optional<SegmentHeader> header;
  std::string reason;
  std::optional<SegmentScan> scan;  // set if header is
  bool missing = false;             // no file at all: `file` is only the name it would have
};

// A batch that stands.
struct StandingBatch {
  size_t segment = 0;  // index into the chain
  size_t batch = 0;    // index into its scan's batches
};

struct Verdict {
  // Linked by sequence and checksum, beginning in the oldest segment that the last one needs.
  // Empty: nothing stands.
  std::vector<StandingBatch> standing;
  bool torn = false;
  bool rot = false;
  // If rot: where it was found, for people.
  std::string file;
  uint64_t offset = 0;
  std::string what;
  // If rot: the whole batch with the highest sequence anywhere in the chain. Its hard state and
  // base are newer than those of the last standing one.
  std::optional<StandingBatch> newest;
  // The highest sequence that some block or header behind it proves to have been durable.
  uint64_t watermark = 0;
};

Verdict JudgeChain(const std::vector<ChainSegment>& chain);

}  // namespace jfs::log

#endif  // CORE_LOG_VERDICT_H_
