#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "core/base/check.h"
#include "core/log/block.h"
#include "core/log/log_impl.h"

// From calls to batches on the disk.
namespace jfs::log {
namespace {

// Queued calls are merged into one write up to this size. A larger write costs more time than a
// second one in flight.
constexpr uint64_t kMergeBytes = uint64_t{1} << 20;

}  // namespace

// The numbers of batches, segments and files are counted on from what the disk says, and recovery
// takes none beyond kLargestNumber for real. So what would end up there is not written at all.
absl::Status Log::Impl::CheckNumbersLeft() const {
  constexpr uint64_t kEnd = kLargestNumber - kNumbersInReserve;
  if (next_epoch_ <= kEnd && last_sequence_ <= kEnd && pool_.next_spare_number() <= kEnd)
    return absl::OkStatus();
  return absl::OutOfRangeError(
      absl::StrCat("log: epoch ", next_epoch_, ", batch ", last_sequence_, " or file number ",
                   pool_.next_spare_number(),
                   " comes close to the largest that the format allows, ", kLargestNumber,
                   ": no log grows that far, so its files are not as this program wrote them "
                   "(move them away and let the node come back with an empty disk)"));
}

absl::Status Log::Impl::CheckBounds(const Batch& batch) const {
  uint64_t index = batch.truncate_from.value_or(0);
  uint64_t term = 0;
  if (batch.reset_to) {
    index = std::max(index, batch.reset_to->index);
    term = batch.reset_to->term;
  }
  for (const LogEntry& entry : batch.entries) {
    index = std::max(index, entry.index);
    term = std::max(term, entry.term);
  }
  if (index <= kLargestNumber && term <= kLargestNumber) return CheckNumbersLeft();
  return absl::OutOfRangeError(absl::StrCat(
      "log: entry ", index, " or term ", term, " is beyond the largest that the format allows, ",
      kLargestNumber, ": no cluster counts that far, so a peer or the disk gave a wrong number"));
}

void Log::Impl::CheckAndQueue(Batch batch) {
  const bool first_of_run = !std::exchange(queued_any_, true);
  Item item;
  item.token = batch.token;
  item.truncate_from = batch.truncate_from;
  item.reset_to = batch.reset_to;
  item.damage_repaired = batch.damage_repaired;
  if (batch.hard_state) CHECK_LE(batch.hard_state->size(), kMaxHardStateBytes);
  item.hard_state = std::move(batch.hard_state);
  if (batch.reset_to) {
    CHECK(!batch.truncate_from) << "a reset voids everything already";
    // Only what a start finds out can take the log back behind what was durable in the state.
    CHECK(batch.reset_to->index >= queued_base_.index || first_of_run);
    EncodeOperation(ResetOperation{*batch.reset_to}, &item.operations);
    ++item.operation_count;
    next_index_ = batch.reset_to->index + 1;
    queued_base_ = *batch.reset_to;
  }
  if (batch.truncate_from) {
    // Entries at or below the base are applied and durable in the state: nobody may void them.
    CHECK_GT(*batch.truncate_from, queued_base_.index);
    CHECK_LE(*batch.truncate_from, next_index_);
    EncodeOperation(TruncateOperation{*batch.truncate_from}, &item.operations);
    ++item.operation_count;
    next_index_ = *batch.truncate_from;
  }
  if (!batch.entries.empty()) {
    item.first = next_index_;
    item.count = batch.entries.size();
    for (const LogEntry& entry : batch.entries) {
      CHECK_EQ(entry.index, next_index_);
      ++next_index_;
    }
    EncodeOperation(AppendOperation{std::move(batch.entries)}, &item.operations);
    ++item.operation_count;
  }
  CHECK_LE(item.operations.size(), kMaxBatchBytes);
  if (start_.options.mutations.Has(Mutation::kR15AckBeforeSync)) {
    out_.durable.push_back(*item.token);
    item.token.reset();
  }
  queue_.push_back(std::move(item));
}

LogOutput Log::Impl::Compact(LogPosition base) {
  if (!error_.ok()) {
    out_.error = error_;
    return TakeOutput();
  }
  if (base.index <= queued_base_.index) return TakeOutput();
  CHECK_LT(base.index, next_index_);
  if (absl::Status bounds = CheckNumbersLeft(); !bounds.ok()) {
    Die(std::move(bounds));
    return TakeOutput();
  }
  Start();
  queued_any_ = true;
  queued_base_ = base;
  Item item;
  item.base = base;
  if (queue_.empty() && open_) {
    std::optional<EntryExtent> none;
    Absorb(item, &none);
    // Worth a batch of its own only if it gives segments back; else the next batch carries it
    // along.
    if (OldestNeeded(live_.back().epoch) > last_oldest_) queue_.push_back(std::move(item));
  } else {
    queue_.push_back(std::move(item));
  }
  Pump();
  return TakeOutput();
}

// A segment is needed while it holds an entry that is. The segments from there on are one unbroken
// chain.
uint64_t Log::Impl::OldestNeeded(uint64_t current_epoch) const {
  return index_.empty() ? current_epoch : std::min(current_epoch, index_.front().epoch);
}

uint64_t Log::Impl::RecordBytes(uint64_t operation_bytes) const {
  BatchRecord head;
  head.previous_crc = last_crc_;
  head.oldest_epoch = UINT64_MAX;
  head.base = {UINT64_MAX, UINT64_MAX};
  head.damage = damage_;
  // The hard state that will be in force is one of these; take room for the longest.
  head.hard_state = hard_state_;
  for (const Item& item : queue_) {
    if (item.hard_state && item.hard_state->size() > head.hard_state.size())
      head.hard_state = *item.hard_state;
  }
  return AssembleRecord(head, UINT64_MAX, "").size() + operation_bytes;
}

size_t Log::Impl::GroupSize(uint64_t* operation_bytes, uint64_t* operation_count) const {
  const uint64_t segment_bytes = start_.options.segment_bytes;
  const uint64_t limit = std::min(kMergeBytes, segment_bytes / 4);
  size_t items = 0;
  *operation_bytes = 0;
  *operation_count = 0;
  for (const Item& item : queue_) {
    if (items > 0 && *operation_bytes + item.operations.size() > limit) break;
    *operation_bytes += item.operations.size();
    *operation_count += item.operation_count;
    ++items;
  }
  return items;
}

// True if the open segment takes a batch of `blocks` blocks, after moving on to the next one if
// need be. A batch that no segment takes gets one of its own size.
bool Log::Impl::MakeRoom(uint64_t blocks) {
  const auto fits = [&] { return live_.back().blocks - live_.back().used >= blocks; };
  while (!fits()) {
    if (!next_segment_) {
      if (!pool_.preparing()) {
        pool_.Prepare(SegmentHeader::Kind::kRolled, next_epoch_++, live_.back().epoch, CutPoint(),
                      1 + blocks, "");
      }
      return false;
    }
    LiveSegment live;
    live.epoch = next_segment_->epoch;
    live.file = next_segment_->file;
    live.block_bytes = start_.options.block_bytes;
    live.blocks = next_segment_->blocks;
    live.reusable = next_segment_->blocks == pool_.segment_blocks();
    live_.push_back(std::move(live));
    next_segment_.reset();
  }
  return true;
}

bool Log::Impl::WriteNext() {
  uint64_t operation_bytes = 0;
  uint64_t operation_count = 0;
  const size_t items = GroupSize(&operation_bytes, &operation_count);
  if (!MakeRoom(BlocksFor(RecordBytes(operation_bytes), start_.options.block_bytes))) return false;
  PutBatch(items, operation_count);
  return true;
}

// Moves the built view over `item`. `extent` is what the batch being built holds so far.
void Log::Impl::Absorb(const Item& item, std::optional<EntryExtent>* extent) {
  if (item.hard_state) hard_state_ = *item.hard_state;
  if (item.damage_repaired) damage_.clear();
  if (item.reset_to) {
    index_.Clear();
    extent->reset();
    base_ = *item.reset_to;
    built_next_index_ = item.reset_to->index + 1;
  }
  if (item.truncate_from) {
    index_.Truncate(*item.truncate_from);
    if (*extent && (*extent)->first >= *item.truncate_from) extent->reset();
    if (*extent) (*extent)->last = std::min((*extent)->last, *item.truncate_from - 1);
    built_next_index_ = *item.truncate_from;
  }
  if (item.count > 0) {
    if (!*extent) extent->emplace().first = item.first;
    (*extent)->last = item.first + item.count - 1;
    built_next_index_ = item.first + item.count;
  }
  if (item.base) {
    base_ = *item.base;
    index_.DropThrough(item.base->index);
    if (*extent && (*extent)->last <= item.base->index) extent->reset();
    if (*extent) (*extent)->first = std::max((*extent)->first, item.base->index + 1);
  }
}

void Log::Impl::PutBatch(size_t items, uint64_t operation_count) {
  LiveSegment& segment = live_.back();
  std::optional<EntryExtent> extent;
  std::string operations;
  Write write;
  bool matters = false;
  for (size_t i = 0; i < items; ++i) {
    const Item& item = queue_.front();
    Absorb(item, &extent);
    if (operations.empty()) {
      operations = item.operations;
    } else {
      operations.append(item.operations);
    }
    if (item.token) write.tokens.push_back(*item.token);
    matters |= item.matters;
    queue_.pop_front();
  }
  write.sequence = ++last_sequence_;
  BatchPlace place;
  place.epoch = segment.epoch;
  place.incarnation = start_.options.identity.incarnation;
  place.first_block = segment.used;
  place.sequence = write.sequence;
  place.watermark = durable_sequence_;

  BatchRecord head;
  head.previous_crc = last_crc_;
  head.base = base_;
  head.hard_state = hard_state_;
  head.damage = damage_;
  head.oldest_epoch = OldestNeeded(segment.epoch);
  EncodedBatch batch =
      EncodeBlocks(AssembleRecord(head, operation_count, operations), place, segment.block_bytes);
  const uint32_t blocks = static_cast<uint32_t>(batch.blocks.size() / segment.block_bytes);
  CHECK_LE(blocks, segment.blocks - segment.used);
  if (extent) {
    extent->epoch = segment.epoch;
    extent->first_block = segment.used;
    extent->blocks = blocks;
    extent->sequence = write.sequence;
    index_.Add(*extent);
  }
  write.oldest_epoch = head.oldest_epoch;
  write.disk_token =
      requests_.Add(WriteFile{segment.file, uint64_t{segment.used} * segment.block_bytes,
                              SharedBytes(std::move(batch.blocks))});
  segment.used += blocks;
  last_crc_ = batch.crc;
  last_watermark_ = place.watermark;
  last_oldest_ = head.oldest_epoch;
  if (matters) last_that_matters_ = write.sequence;
  in_flight_.push_back(std::move(write));
}

void Log::Impl::OnWritten(DiskToken token) {
  const auto write = std::find_if(in_flight_.begin(), in_flight_.end(),
                                  [&](const Write& one) { return one.disk_token == token; });
  CHECK(write != in_flight_.end()) << "token " << token;
  write->done = true;
  // Writes may complete in any order; what is durable is the part without a gap.
  while (!in_flight_.empty() && in_flight_.front().done) {
    const Write& first = in_flight_.front();
    CHECK_EQ(first.sequence, durable_sequence_ + 1);
    durable_sequence_ = first.sequence;
    durable_oldest_ = first.oldest_epoch;
    out_.durable.insert(out_.durable.end(), first.tokens.begin(), first.tokens.end());
    in_flight_.pop_front();
  }
  GiveBackSegments();
}

void Log::Impl::GiveBackSegments() {
  while (live_.size() > 1 && live_.front().epoch < durable_oldest_ && live_.front().reads == 0) {
    pool_.GiveBack(live_.front().file, live_.front().reusable);
    live_.pop_front();
  }
}

}  // namespace jfs::log
