#ifndef CORE_LOG_LOG_START_H_
#define CORE_LOG_LOG_START_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "core/log/entry_index.h"
#include "core/log/log.h"
#include "core/log/segment_header.h"

// What Recovery hands to the Log it gives rise to.
namespace jfs::log {

// A segment that is needed.
struct LiveSegment {
  uint64_t epoch = 0;
  std::string file;
  uint32_t block_bytes = 0;
  uint32_t blocks = 0;
  uint32_t used = 1;     // blocks written so far, the header included
  bool reusable = true;  // fit for another life once it is no longer needed
  uint32_t reads = 0;    // under way: it must not be given back meanwhile
};

struct UnusedFile {
  std::string file;
  bool reusable = false;
};

struct LogStart {
  Options options;  // with the identity found
  uint64_t next_epoch = 1;
  uint64_t next_spare_number = 1;
  CutPoint cut;
  uint64_t watermark = 0;  // on the disk; below cut.sequence the last batches are not covered yet
  LogPosition base;
  std::string hard_state;
  std::string damage;
  EntryIndex index;
  uint64_t next_index = 1;
  std::deque<LiveSegment> live;
  std::vector<UnusedFile> unused;
};

}  // namespace jfs::log

#endif  // CORE_LOG_LOG_START_H_
