#include "core/log/segment_pool.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace jfs::log {

SegmentPool::SegmentPool(Settings settings, RequestQueue* requests)
    : settings_(settings), requests_(requests) {}

void SegmentPool::GiveBack(std::string file, bool reusable) {
  // A preparation that waits for a spare takes this one, even if no further spare is wanted.
  const bool waiting =
      preparing_ && preparing_->step == Preparation::Step::kFile && preparing_->file.empty();
  const size_t wanted = wanted_spares_ + (waiting ? 1 : 0);
  if (reusable && spares_.size() < wanted) {
    spares_.push_back(std::move(file));
    Pump();
    return;
  }
  removals_.push_back(requests_->Add(RemoveFile{std::move(file)}));
}

void SegmentPool::Prepare(SegmentHeader::Kind kind, uint64_t epoch, uint64_t previous_epoch,
                          const CutPoint& cut, uint64_t blocks, std::string first_batch) {
  CHECK(!preparing_);
  // Not emplace(): to clang 14 a nested struct with initialised members is not yet default
  // constructible where the optional is declared.
  preparing_ = Preparation{};
  preparing_->header.kind = kind;
  preparing_->header.identity = settings_.identity;
  preparing_->header.epoch = epoch;
  preparing_->header.previous_epoch = previous_epoch;
  preparing_->header.cut = cut;
  preparing_->header.block_bytes = settings_.block_bytes;
  preparing_->header.segment_bytes = settings_.segment_bytes;
  preparing_->first_batch = std::move(first_batch);
  if (blocks > segment_blocks()) {
    // A batch larger than a segment gets a file of its own, which is removed afterwards, not
    // recycled. Sizes stay multiples of the larger block, so that a disk with that unit can read
    // any of them.
    const uint64_t bytes = blocks * settings_.block_bytes;
    const uint64_t unit = 4096;
    preparing_->header.segment_bytes = (bytes + unit - 1) / unit * unit;
    preparing_->file = SpareFileName(settings_.next_spare_number++);
    preparing_->token =
        requests_->Add(CreateFile{preparing_->file, preparing_->header.segment_bytes});
    return;
  }
  Pump();
}

std::optional<SegmentPool::Segment> SegmentPool::TakePrepared() {
  if (!preparing_ || preparing_->step != Preparation::Step::kDone) return std::nullopt;
  const SegmentHeader header = preparing_->header;
  preparing_.reset();
  return Segment{header.epoch, SegmentFileName(header.epoch), header.blocks()};
}

void SegmentPool::WantSpares(uint32_t count) {
  wanted_spares_ = count;
  while (spares_.size() > wanted_spares_) {
    removals_.push_back(requests_->Add(RemoveFile{std::move(spares_.back())}));
    spares_.pop_back();
  }
  Pump();
}

void SegmentPool::Pump() {
  const bool waiting =
      preparing_ && preparing_->step == Preparation::Step::kFile && preparing_->file.empty();
  if (waiting && !spares_.empty()) {
    preparing_->file = spares_.back();
    spares_.pop_back();
    WriteFirstBatch();
  }
  const bool still_waiting = preparing_ && preparing_->file.empty();
  if (!making_ && spares_.size() < wanted_spares_ + (still_waiting ? 1 : 0)) {
    making_ = SpareInTheMaking{};
    making_->file = SpareFileName(settings_.next_spare_number++);
    making_->token = requests_->Add(CreateFile{making_->file, settings_.segment_bytes});
  }
}

void SegmentPool::WriteFirstBatch() {
  if (preparing_->first_batch.empty()) {
    WriteHeader();
    return;
  }
  preparing_->step = Preparation::Step::kFirstBatch;
  preparing_->token =
      requests_->Add(WriteFile{preparing_->file, settings_.block_bytes,
                               SharedBytes(std::exchange(preparing_->first_batch, {}))});
}

void SegmentPool::WriteHeader() {
  preparing_->step = Preparation::Step::kHeader;
  preparing_->token = requests_->Add(
      WriteFile{preparing_->file, 0, SharedBytes(EncodeSegmentHeader(preparing_->header))});
}

void SegmentPool::GoOn() {
  switch (preparing_->step) {
    case Preparation::Step::kFile:
      WriteFirstBatch();
      return;
    case Preparation::Step::kFirstBatch:
      WriteHeader();
      return;
    case Preparation::Step::kHeader:
      preparing_->step = Preparation::Step::kRename;
      preparing_->token =
          requests_->Add(RenameFile{preparing_->file, SegmentFileName(preparing_->header.epoch)});
      return;
    case Preparation::Step::kRename:
      preparing_->step = Preparation::Step::kDone;
      return;
    case Preparation::Step::kDone:
      return;
  }
}

bool SegmentPool::Complete(DiskToken token) {
  if (preparing_ && preparing_->token == token && preparing_->step != Preparation::Step::kDone) {
    GoOn();
    return true;
  }
  if (making_ && making_->token == token) {
    if (!making_->created) {
      making_->created = true;
      SegmentHeader mark;
      mark.kind = SegmentHeader::Kind::kSpare;
      mark.identity = settings_.identity;
      mark.block_bytes = settings_.block_bytes;
      mark.segment_bytes = settings_.segment_bytes;
      making_->token =
          requests_->Add(WriteFile{making_->file, 0, SharedBytes(EncodeSegmentHeader(mark))});
      return true;
    }
    spares_.push_back(std::move(making_->file));
    making_.reset();
    Pump();
    return true;
  }
  const auto removed = std::find(removals_.begin(), removals_.end(), token);
  if (removed == removals_.end()) return false;
  removals_.erase(removed);
  return true;
}

}  // namespace jfs::log
