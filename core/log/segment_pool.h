#ifndef CORE_LOG_SEGMENT_POOL_H_
#define CORE_LOG_SEGMENT_POOL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/log/request_queue.h"
#include "core/log/segment_header.h"

namespace jfs::log {

// The files that are not in use: keeps spare ones ready and turns them into segments, step by step,
// each step durable before the next.
//   spare:   create zero-filled -> write the spare mark -> ready. A file without the mark is an
//   unfinished one. segment: [write the first batch] -> write the header -> rename to the segment's
//   name -> ready.
class SegmentPool {
 public:
  struct Settings {
    ClusterNode identity;
    uint64_t segment_bytes = 0;
    uint32_t block_bytes = 0;
    uint64_t next_spare_number = 1;
  };
  struct Segment {
    uint64_t epoch = 0;
    std::string file;
    uint32_t blocks = 0;
  };

  // `requests` must outlive the pool.
  SegmentPool(Settings settings, RequestQueue* requests);

  // A spare file that an earlier run left ready.
  void AddSpare(std::string file) { spares_.push_back(std::move(file)); }

  // Takes over a file that nothing needs any more. It becomes a spare if one is wanted and
  // `reusable` (right size and block size, no damaged block), else it is removed.
  void GiveBack(std::string file, bool reusable);

  // Starts making a segment with at least `blocks` blocks. `first_batch`, if not empty, is written
  // from block 1 on before the header. REQUIRES: !preparing().
  void Prepare(SegmentHeader::Kind kind, uint64_t epoch, uint64_t previous_epoch,
               const CutPoint& cut, uint64_t blocks, std::string first_batch);
  bool preparing() const { return preparing_.has_value(); }
  // The segment is ready: takes it. Unset while it is being made.
  std::optional<Segment> TakePrepared();

  // How many spares to keep; missing ones are made one after the other, superfluous ones removed.
  void WantSpares(uint32_t count);

  // True if the completed request was one of the pool's. REQUIRES: it completed without error.
  bool Complete(DiskToken token);

  // The number that the next file made gets.
  uint64_t next_spare_number() const { return settings_.next_spare_number; }
  uint32_t segment_blocks() const {
    return static_cast<uint32_t>(settings_.segment_bytes / settings_.block_bytes);
  }

 private:
  struct Preparation {
    SegmentHeader header;
    std::string first_batch;
    std::string file;  // empty: waiting for a spare
    enum class Step { kFile, kFirstBatch, kHeader, kRename, kDone } step = Step::kFile;
    DiskToken token;
  };
  struct SpareInTheMaking {
    std::string file;
    bool created = false;
    DiskToken token;
  };

  void Pump();
  void GoOn();
  void WriteFirstBatch();
  void WriteHeader();

  Settings settings_;
  RequestQueue* requests_;
  uint32_t wanted_spares_ = 0;
  std::vector<std::string> spares_;
  std::optional<SpareInTheMaking> making_;
  std::optional<Preparation> preparing_;
  std::vector<DiskToken> removals_;
};

}  // namespace jfs::log

#endif  // CORE_LOG_SEGMENT_POOL_H_
