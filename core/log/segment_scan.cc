#include "core/log/segment_scan.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace jfs::log {

SegmentScan::SegmentScan(uint64_t epoch, Incarnation incarnation, uint32_t block_bytes,
                         uint32_t first_block, uint32_t end_block)
    : epoch_(epoch),
      incarnation_(incarnation),
      block_bytes_(block_bytes),
      first_block_(first_block),
      end_block_(end_block),
      next_(first_block) {
  CHECK(IsBlockSize(block_bytes));
  CHECK_GT(first_block, 0u);
  CHECK_LE(first_block, end_block);
}

void SegmentScan::Feed(std::string_view bytes) {
  if (!partial_.empty()) {
    const std::string_view more = bytes.substr(0, block_bytes_ - partial_.size());
    partial_.append(more);
    bytes.remove_prefix(more.size());
    if (partial_.size() < block_bytes_) return;
    OneBlock(partial_);
    partial_.clear();
  }
  while (bytes.size() >= block_bytes_ && next_ < end_block_) {
    OneBlock(bytes.substr(0, block_bytes_));
    bytes.remove_prefix(block_bytes_);
  }
  if (next_ < end_block_) partial_ = std::string(bytes);
}

void SegmentScan::Finish() {
  if (!partial_.empty() && next_ < end_block_) {
    AbandonBatch();
    SetKind(BlockKind::kBad);
  }
  partial_.clear();
  AbandonBatch();
  while (next_ < end_block_) SetKind(BlockKind::kAbsent);
}

BlockKind SegmentScan::kind(uint32_t number) const {
  CHECK_GE(number, first_block_);
  CHECK_LT(number - first_block_, kinds_.size());
  return kinds_[number - first_block_];
}

void SegmentScan::SetKind(BlockKind kind) {
  kinds_.push_back(kind);
  ++next_;
  if (kind == BlockKind::kBad || kind == BlockKind::kStray || kind == BlockKind::kAbsent)
    damaged_blocks_ = true;
}

void SegmentScan::OneBlock(std::string_view bytes) {
  const DecodedBlock block = DecodeBlock(bytes, epoch_, incarnation_, next_);
  const bool continues = block.kind == BlockKind::kNew && assembling_ &&
                         block.sequence == batch_.sequence && block.parts == batch_.blocks &&
                         block.part == parts_.size() && block.watermark == batch_.watermark;
  if (continues) {
    AddToBatch(block);
  } else {
    AbandonBatch();
    if (block.kind == BlockKind::kNew && block.part == 0 && block.parts <= end_block_ - next_) {
      StartBatch(block);
    } else if (block.kind == BlockKind::kNew) {
      loose_.push_back({next_, block.part, block.parts, block.sequence, block.watermark});
    }
  }
  SetKind(block.kind);
  if (assembling_ && parts_.size() == batch_.blocks) FinishBatch();
}

void SegmentScan::StartBatch(const DecodedBlock& block) {
  assembling_ = true;
  batch_ = ScannedBatch();
  batch_.first_block = next_;
  batch_.blocks = block.parts;
  batch_.sequence = block.sequence;
  batch_.watermark = block.watermark;
  payload_.clear();
  parts_.clear();
  AddToBatch(block);
}

void SegmentScan::AddToBatch(const DecodedBlock& block) {
  batch_.crc = ExtendBatchCrc(batch_.crc, block.crc);
  payload_.append(block.payload);
  parts_.push_back({next_, block.part, block.parts, block.sequence, block.watermark});
}

void SegmentScan::FinishBatch() {
  assembling_ = false;
  // A batch that declared its own segment void would leave nothing of the log.
  if (DecodeRecord(SharedBytes(std::exchange(payload_, {})), &batch_.record).ok() &&
      batch_.record.oldest_epoch <= epoch_) {
    batches_.push_back(std::move(batch_));
    return;
  }
  // Every checksum holds and yet it makes no sense: no crash does that, so it counts as rot.
  for (uint32_t i = 0; i < batch_.blocks; ++i) {
    kinds_[batch_.first_block - first_block_ + i] = BlockKind::kBad;
  }
  damaged_blocks_ = true;
  loose_.insert(loose_.end(), parts_.begin(), parts_.end());
}

void SegmentScan::AbandonBatch() {
  if (!assembling_) return;
  assembling_ = false;
  loose_.insert(loose_.end(), parts_.begin(), parts_.end());
}

}  // namespace jfs::log
