#ifndef CORE_LOG_SEGMENT_SCAN_H_
#define CORE_LOG_SEGMENT_SCAN_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/log/batch_record.h"
#include "core/log/block.h"

namespace jfs::log {

// A batch all of whose blocks are whole and whose record decodes.
struct ScannedBatch {
  uint32_t first_block = 0;
  uint32_t blocks = 0;
  uint64_t sequence = 0;
  uint64_t watermark = 0;
  uint32_t crc = 0;
  BatchRecord record;
};

// A block of this segment's present life that belongs to no whole batch: what is left of a torn or
// rotten one.
struct LooseBlock {
  uint32_t number = 0;
  uint32_t part = 0;
  uint32_t parts = 0;
  uint64_t sequence = 0;
  uint64_t watermark = 0;
};

// Reads a stretch of blocks of one segment, in order and in pieces of any size, and sorts what is
// there without judging it: whole batches, loose blocks, and the kind of each block. Holds one
// batch being assembled besides its result.
class SegmentScan {
 public:
  // The stretch is blocks [first_block, end_block) of the segment. REQUIRES: first_block > 0.
  SegmentScan(uint64_t epoch, Incarnation incarnation, uint32_t block_bytes, uint32_t first_block,
              uint32_t end_block);

  // Next bytes of the stretch. Bytes beyond its end are ignored.
  void Feed(std::string_view bytes);
  // No more bytes: blocks not fed count as absent, a block fed in part as bad.
  void Finish();

  const std::vector<ScannedBatch>& batches() const { return batches_; }
  std::vector<ScannedBatch>& batches() { return batches_; }
  const std::vector<LooseBlock>& loose() const { return loose_; }
  uint32_t first_block() const { return first_block_; }
  uint32_t end_block() const { return end_block_; }
  // REQUIRES: number in [first_block, end_block), Finish() was called.
  BlockKind kind(uint32_t number) const;
  // Some block is bad, stray or absent: the file is not fit for another life.
  bool damaged_blocks() const { return damaged_blocks_; }

 private:
  void OneBlock(std::string_view bytes);
  void StartBatch(const DecodedBlock& block);
  void AddToBatch(const DecodedBlock& block);
  void FinishBatch();
  void AbandonBatch();
  void SetKind(BlockKind kind);

  uint64_t epoch_;
  Incarnation incarnation_;
  uint32_t block_bytes_;
  uint32_t first_block_;
  uint32_t end_block_;
  uint32_t next_ = 0;  // number of the block that comes next
  std::string partial_;
  std::vector<BlockKind> kinds_;
  std::vector<ScannedBatch> batches_;
  std::vector<LooseBlock> loose_;
  bool damaged_blocks_ = false;

  // The batch being assembled; its blocks so far are also in parts_.
  bool assembling_ = false;
  ScannedBatch batch_;
  std::string payload_;
  std::vector<LooseBlock> parts_;
};

}  // namespace jfs::log

#endif  // CORE_LOG_SEGMENT_SCAN_H_
